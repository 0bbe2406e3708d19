"""Duties that an order leaves to a person: to take back what had been carried out, and to say whether it went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from comity.domain.record.custody import Course
from comity.domain.record.kinds import ack_2
from comity.domain.record.orders import Target
from comity.domain.terms import Actor, Granted, Instant, Reason, Refused, instant_from
from comity.errors import NotFound
from comity.flows.access import permit, whole
from comity.flows.answering import Outcome, report
from comity.flows.disposition import disposition_of
from comity.flows.holders import Act, act_named, answered, rule_of
from comity.flows.obeying import REVERSAL_WAITS, built_on
from comity.ports import Place, World

_NEWEST = 2000


@dataclass(frozen=True)
class Duty:
    """An order whose reversal waits for an officer here.

    requests   what had been carried out for them is to be taken back
    """

    order: str
    kind: str
    issuer: str
    records: tuple[str, ...]
    requests: tuple[str, ...]
    since: str
    due: Instant


def duties(world: World) -> tuple[Duty, ...]:
    """Those that are open, the most pressing first."""
    open_: dict[str, Duty] = {}
    ours = {c.origin for c in world.store.channels() if c.writer == world.me.name and not c.lane.at_home}
    places = [place for place in world.store.of_kind(ack_2.KIND, _NEWEST) if place.origin in ours]
    for told in world.store.told(places).values():
        for trace in told.traces:
            order = _uuid(trace.key) if trace.name == "record" else None
            if order is not None and order not in open_ and (found := _duty(world, order)) is not None:
                open_[order] = found
    return tuple(sorted(open_.values(), key=lambda duty: duty.due))


def _duty(world: World, order: str) -> Duty | None:
    last = answered(world, order, world.me.name)
    if last is None or last.state != "partly" or last.reason != REVERSAL_WAITS:
        return None
    try:
        act = act_named(world, order)
    except NotFound:
        return None
    due = rule_of(world, act).due(instant_from(act.command.made), danger=act.command.danger)
    records = tuple(dict.fromkeys(target.id for target in act.command.targets))
    return Duty(order, act.command.kind, act.command.issuer, records, _requests(world, act), act.command.made, due)


def _requests(world: World, act: Act) -> tuple[str, ...]:
    """As far as the record still tells: what is erased names nothing any more, and the notices keep the requests."""
    from_notices = [
        str(notice.about["request"])
        for notice in world.store.notices(_NEWEST)
        if notice.kind == "reverse-what-was-done" and notice.about.get("order") == act.command.id
    ]
    named = [
        built.request
        for target in act.command.targets
        for built in built_on(world, act.command.issuer, target, _here(world, target))
        if built.executed
    ]
    return tuple(dict.fromkeys((*from_notices, *named)))


def _here(world: World, target: Target) -> list[Place]:
    return world.store.find(target.id)


def answer_duty(
    world: World, actor: Actor, order: str, state: Literal["reversed", "cannot-reverse"], reason: str | None = None
) -> Granted[Outcome] | Refused:
    """An officer says whether what had been done was taken back; it goes up to whoever gave us the order."""
    reasons = [*permit(world, actor, "answer")]
    if _duty(world, order) is None:
        reasons.append(Reason("no-duty", {"order": order[:60]}))
    if state == "cannot-reverse" and not reason:
        reasons.append(Reason("reason-missing", {"field": "reason", "mend": "say why it can't be taken back"}))
    if reasons:
        return Refused(tuple(reasons))
    outcome, world = Outcome(state, reason), whole(world)
    world.store.keep(report(world, act_named(world, order), said=outcome, by=actor.name))
    return Granted(outcome)


def taken_back(world: World, issuer: str, record: str) -> tuple[Reason, ...]:
    """Why nothing is carried out for a request any more, if its issuer took the record back."""
    found = disposition_of(world, issuer, record)
    if found.course is Course.CURRENT:
        return ()
    return (Reason("request-taken-back", {"record": record, "course": found.course.value, "reason": found.reason}),)


def _uuid(key: bytes) -> str:
    text = key.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
