"""Who holds what, who has done what was ordered, who is late: one overview out of records and the clock.

It shows compliance or silence. That bytes are gone elsewhere nobody can prove, and nothing here says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from comity.domain.ledger import Lane
from comity.domain.record import ORDERS
from comity.domain.record.custody import Disposition, Holder, Tally, stage, tally
from comity.domain.record.kinds import decision_1
from comity.domain.terms import Actor, Granted, NodeName, Reason, Refused, instant_text
from comity.errors import NotFound
from comity.flows.access import permit_on, whole
from comity.flows.answering import report
from comity.flows.carrying import transfers_in, transfers_out
from comity.flows.disposition import TRANSFER, Ordered, disposition_of, ordered_at, orders_about, speaking_of
from comity.flows.filing import desk, letter, sealed
from comity.flows.holders import RELEASE, Act, act_named, answered, holders_of, rule_of
from comity.flows.obeying import holding
from comity.flows.ordering import CUSTODY, ON_DESK
from comity.ports import Copied, Fact, Noticed, World

_NEWEST = 1000


@dataclass(frozen=True)
class Followed:
    """One act and how far it has come. `stages` has one word for each holder: see `domain.record.custody.stage`."""

    act: Act
    holders: tuple[Holder, ...]
    stages: tuple[str, ...]
    tally: Tally


@dataclass(frozen=True)
class Keeper:
    """A node that was given a record by us: from our own channel, or passed on.

    since      when the record was made, or passed on; None once it is erased
    accepted   state of its answer to a transfer; None where it is silent, or got the record in our channel
    """

    node: str
    since: str | None
    passed_on: bool
    accepted: str | None = None


@dataclass(frozen=True)
class Custody:
    """One record: what became of it, who has it from us, every order about it, and copies that left our control."""

    record: str
    issuer: str
    disposition: Disposition
    via: tuple[str, ...]
    keepers: tuple[Keeper, ...]
    orders: tuple[Followed, ...]
    copies: tuple[Copied, ...]
    hold: str | None
    review: str | None


def followed(world: World, act: Act) -> Followed:
    """Where one act stands now."""
    rule, now = rule_of(world, act), world.clock.now()
    holders = tuple(holders_of(world, act))
    return Followed(act, holders, tuple(stage(h, rule, now) for h in holders), tally(holders, rule, now))


def acts(world: World, limit: int = _NEWEST) -> tuple[Act, ...]:
    """Orders that somebody has to answer to us: our own, and those of others that we passed on. Newest first."""
    found: dict[str, Act] = {}
    for kind in ORDERS:
        for place in world.store.of_kind(kind, limit):
            if world.store.channel(place.origin).lane is Lane.DESK and (order := ordered_at(world, place)):
                found[order.command.id] = Act(order.command.id, order.command, True, place)
    for place in world.store.of_kind(TRANSFER, limit):
        if world.store.channel(place.origin).writer == world.me.name and (order := ordered_at(world, place)):
            found.setdefault(order.command.id, Act(order.command.id, order.command, False, place))
    return tuple(sorted(found.values(), key=lambda act: act.command.made, reverse=True)[:limit])


def custody_of(world: World, record: str) -> Custody:
    """Everything known here about one record. NotFound when there is none of this id."""
    issuer = _issuer(world, record)
    given = {act.id: act for each in orders_about(world, issuer, record) if (act := _act(world, each)) is not None}
    hold = holding(world, record)
    relays = (world.store.channel(place.origin).writer for place, _ in transfers_in(world, issuer, record))
    return Custody(
        record,
        issuer,
        disposition_of(world, issuer, record),
        tuple(dict.fromkeys(relays)),
        tuple(_keepers(world, issuer, record)),
        tuple(followed(world, act) for act in given.values()),
        world.store.copies(issuer, record),
        hold.reason if hold is not None else None,
        hold.review if hold is not None else None,
    )


def _act(world: World, each: Ordered) -> Act | None:
    try:
        return act_named(world, each.command.id)
    except NotFound:
        return None


def _issuer(world: World, record: str) -> str:
    """Who issued it: told by the record, by a transfer of it, or by its order where it is erased."""
    for place in world.store.find(record):
        told = world.store.told([place]).get(place)
        if told is not None and told.header is not None:
            return told.header.issuer
        return world.store.channel(place.origin).writer
    for _, body in (*transfers_in(world, None, record), *transfers_out(world, None, record)):
        return body.of.issuer
    for place in speaking_of(world, record):
        if (order := ordered_at(world, place)) is not None:
            return order.command.issuer
    raise NotFound("record", record=record[:60])


def _keepers(world: World, issuer: str, record: str) -> Iterator[Keeper]:
    if issuer == world.me.name:
        for place in world.store.find(record):
            channel = world.store.channel(place.origin)
            if channel.writer == world.me.name and not channel.lane.at_home:
                told = world.store.told([place]).get(place)
                header = told.header if told is not None else None
                yield Keeper(channel.audience, instant_text(header.made) if header is not None else None, False)
    for place, body in transfers_out(world, issuer, record):
        passed = world.store.told([place])[place].header
        if passed is not None:
            said = answered(world, passed.id, NodeName(body.to))
            yield Keeper(body.to, instant_text(passed.made), True, said.state if said is not None else None)


def release(world: World, actor: Actor, act: str, holder: str, reason: str) -> Granted[Followed] | Refused:
    """An overseer takes a holder out of the count, with a reason; it stays in the overview as released, not as complied."""
    found = act_named(world, act)
    reasons = [*permit_on(world, actor, "release", [found.id])]
    world = whole(world)
    if holder not in {each.node for each in holders_of(world, found)}:
        reasons.append(Reason("no-such-holder", {"field": "holder", "holder": holder}))
    if not reason.strip():
        reasons.append(Reason("reason-missing", {"field": "reason", "mend": "say why"}))
    if reasons:
        return Refused(tuple(reasons))
    body = decision_1.Body(
        request=found.id,
        event=RELEASE,
        by=actor.name,
        role="overseer",
        at=instant_text(world.clock.now()),
        terms=(decision_1.Term(holder, "holder"),),
        reason=reason,
    )
    world.store.keep([letter(desk(world), sealed(world, body, purpose=CUSTODY, marking=ON_DESK))])
    return Granted(followed(world, found))


def overdue(world: World, seen: set[str]) -> int:
    """Notices, once each, of holders that have become late; what goes up where somebody behind us is. Returns how many are late.

    seen   acts that need no further look and holders noticed already; grows. Only a cache: losing it costs another look
    """
    late = 0
    for act in acts(world):
        if act.id in seen:
            continue
        now = followed(world, act)
        names = [holder.node for holder, where in zip(now.holders, now.stages, strict=True) if where == "overdue"]
        fresh = [node for node in names if f"{act.id} {node}" not in seen]
        facts: list[Fact] = [_late(world, act, node) for node in fresh]
        letters = [] if act.ours else report(world, act)
        if facts or letters:
            world.store.keep(letters, facts)
        seen.update(f"{act.id} {node}" for node in fresh)
        late += now.tally.overdue
        if now.tally.complied == now.tally.holders:
            seen.add(act.id)
    return late


def _late(world: World, act: Act, node: str) -> Noticed:
    about = {"order": act.id, "kind": act.command.kind, "node": node}
    return Noticed(f"overdue {act.id} {node}", world.clock.now(), "holder-overdue", about)
