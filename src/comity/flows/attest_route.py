"""A route attested beforehand: somebody read the text by day, so that nobody has to at night."""

from __future__ import annotations

from dataclasses import dataclass

from comity.domain.law import usable
from comity.domain.record.kinds import attestation_1
from comity.domain.terms import Actor, Granted, Instant, NodeName, Reason, Refused, instant_from, instant_text
from comity.flows.access import permit
from comity.flows.filing import desk, letter, sealed
from comity.flows.lookup import opened
from comity.flows.request import ON_DESK, measure_named, weigh_for
from comity.ports import World

DAY_MS = 86_400_000
DAYS_MAX = 365
"""Our own choice: law changes, and so do those who have read it."""
LOOKED_AT = 1000


@dataclass(frozen=True)
class Reading:
    """A standing attestation as it stands on the desk; `in_force` as of now."""

    record: str
    said: attestation_1.Body
    in_force: bool


def attest_route(
    world: World,
    actor: Actor,
    *,
    measure: str,
    to: NodeName,
    route: str,
    text_title: str,
    text_sha256: str,
    valid_until: Instant,
) -> Granted[Reading] | Refused:
    """Records on our desk that the actor has read the text that a route rests on, for one peer and until a day.

    Only for measures that leave as an alert: all others have somebody who reads, attests and approves each time.
    """
    now = world.clock.now()
    reasons = permit(world, actor, "attest")
    if measure_named(world, measure).leaves != "alert":
        reasons += (Reason("attested-each-time", {"field": "measure", "measure": measure, "mend": "attest-the-draft"}),)
    fits = [view.row.id for view in usable(weigh_for(world, measure, to))]
    if route not in fits:
        reasons += (Reason("no-route", {"field": "route", "route": route, "choices": fits, "mend": "choose"}),)
    if not now < valid_until <= now + DAYS_MAX * DAY_MS:
        facts = {"field": "valid_until", "valid_until": instant_text(valid_until), "days_max": DAYS_MAX}
        reasons += (Reason("validity-out-of-range", {**facts, "mend": "correct"}),)
    if reasons:
        return Refused(reasons)
    body = attestation_1.Body(
        measure=measure,
        to=to,
        route=route,
        by=actor.name,
        at=instant_text(now),
        valid_until=instant_text(valid_until),
        text_title=text_title,
        text_sha256=text_sha256,
    )
    record = sealed(world, body, purpose="crime", basis=route, marking=ON_DESK)
    world.store.keep([letter(desk(world), record)])
    return Granted(Reading(record.id, body, in_force=True))


def readings(world: World) -> list[Reading]:
    """Every standing attestation on our own desk, newest first. One that a peer might send counts for nothing."""
    now, ours = world.clock.now(), desk(world)
    found = []
    for place in world.store.of_kind(attestation_1.KIND, LOOKED_AT):
        record = opened(world, place) if place.origin == ours else None
        if record is not None:
            in_force = now < instant_from(record.body.valid_until)
            found.append(Reading(record.envelope.id, record.body, in_force))
    return found


def reading_for(world: World, measure: str, to: NodeName, route: str) -> Reading | None:
    """The newest one in force for this measure, peer and route."""
    wanted = (measure, to, route)
    said = (each for each in readings(world) if each.in_force)
    return next((each for each in said if (each.said.measure, each.said.to, each.said.route) == wanted), None)
