"""Legal holds: what an officer keeps from being erased, on a stated basis and until a stated day."""

from __future__ import annotations

from comity.domain.record import ERASE
from comity.domain.record.custody import Course
from comity.domain.record.kinds import ack_2
from comity.domain.terms import Actor, Granted, Instant, Reason, Refused, instant_text
from comity.errors import NotFound
from comity.flows.access import permit_on, whole
from comity.flows.answering import Outcome, report
from comity.flows.carrying import held
from comity.flows.disposition import disposition_of, orders_about
from comity.flows.filing import desk, letter, sealed
from comity.flows.holders import act_named
from comity.flows.obeying import holding, obey
from comity.flows.ordering import CUSTODY, ON_DESK
from comity.ports import Fact, Letter, World


def hold(world: World, actor: Actor, record: str, basis: str, review: Instant) -> Granted[str] | Refused:
    """Holds a record of another node's; an order to erase it is answered with the hold from now on. Too late once it is erased.

    review   the day on which somebody looks at it again
    """
    reasons = [*permit_on(world, actor, "hold", [record])]
    if not basis.strip():
        reasons.append(Reason("reason-missing", {"field": "basis", "mend": "name the basis of the hold"}))
    if review <= world.clock.now():
        reasons.append(Reason("review-in-the-past", {"field": "review", "review": instant_text(review)}))
    try:
        issuer = held(world, record).issuer
    except NotFound:
        return Refused((*reasons, Reason("record-not-here", {"record": record[:60]})))
    if disposition_of(world, issuer, record).course is Course.ERASED and holding(world, record) is None:
        reasons.append(Reason("record-erased", {"record": record}))
    if reasons:
        return Refused(tuple(reasons))
    at = instant_text(world.clock.now())
    body = ack_2.Body(
        of=record,
        of_kind=held(world, record).record.envelope.kind,
        state="legal-hold",
        at=at,
        reason=basis,
        review=instant_text(review),
        by=actor.name,
    )
    world.store.keep([letter(desk(world), sealed(world, body, purpose=CUSTODY, marking=ON_DESK))])
    return Granted(issuer)


def lift(world: World, actor: Actor, record: str) -> Granted[int] | Refused:
    """Ends a hold; orders to erase that came meanwhile are carried out in the same transaction. Returns how many."""
    held_as = holding(world, record)
    if held_as is None:
        return Refused((Reason("no-hold", {"record": record[:60]}),))
    if reasons := permit_on(world, actor, "hold", [record]):
        return Refused(reasons)
    world = whole(world)
    at = instant_text(world.clock.now())
    body = ack_2.Body(of=record, of_kind=held_as.of_kind, state="done", at=at, by=actor.name)
    letters: list[Letter] = [letter(desk(world), sealed(world, body, purpose=CUSTODY, marking=ON_DESK))]
    facts: list[Fact] = []
    issuer = held(world, record).issuer
    waiting = [each for each in orders_about(world, issuer, record) if each.command.kind == ERASE]
    for each in waiting:
        facts += obey(world, each.command, each.place, again=True, lifted=record).facts
        letters += report(world, act_named(world, each.command.id), said=Outcome(), by=actor.name)
    world.store.keep(letters, facts)
    return Granted(len(waiting))
