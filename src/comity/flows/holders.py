"""Who was given an order, what each answered, and what we ourselves answered: read from records alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from comity.domain.ledger import Lane
from comity.domain.ledger.chain import chain_order
from comity.domain.record import ORDERS, Commanded, Record, decode_fields, open_record
from comity.domain.record.custody import Answer, Holder, OrderRule
from comity.domain.record.kinds import ack_2, decision_1, decision_2
from comity.domain.record.opened import uuid_trace
from comity.domain.terms import NodeName, instant_from
from comity.errors import NotFound
from comity.flows.carrying import transfers_in, transfers_out
from comity.flows.disposition import ordered_at, speaking_of
from comity.ports import Place, World

RELEASE: Final = "release_holder"
Heard = Mapping[str, ack_2.Body]
"""Answers about one order that came with the batch and aren't settled yet, by node."""


@dataclass(frozen=True)
class Act:
    """Something ordered, as one act: by us, or by another issuer whose order reached us.

    id       of our own note of the act; of the issuer's order, where it isn't ours
    command  the order as it stands here
    ours     whether we gave it
    place    where it stands here
    """

    id: str
    command: Commanded
    ours: bool
    place: Place

    @property
    def name(self) -> str:
        """Kind without its version: `erase`."""
        return self.command.kind.partition("/")[0]


def act_named(world: World, wanted: str) -> Act:
    """An act by its own id, or by the id of an order that belongs to it. NotFound."""
    for place in world.store.find(wanted):
        found = ordered_at(world, place)
        if found is not None and found.command.id == wanted and not found.relayed:
            return _act(world, place, found.command)
    for place, body in transfers_in(world, None, wanted):
        found = ordered_at(world, place)
        if found is not None and body.of.kind in ORDERS:
            return Act(wanted, found.command, False, place)
    raise NotFound("order", order=wanted[:60])


def _act(world: World, place: Place, command: Commanded) -> Act:
    channel = world.store.channel(place.origin)
    if channel.writer != world.me.name:
        return Act(command.id, command, False, place)
    if channel.lane is Lane.DESK:
        return Act(command.id, command, True, place)
    if command.replaces is None:  # given before acts were noted
        return Act(command.id, command, True, place)
    return act_named(world, command.replaces)


def rule_of(world: World, act: Act) -> OrderRule:
    """Deadlines and answers for this kind of order."""
    return world.catalog.orders()[act.name]


def holders_of(world: World, act: Act, heard: Heard | None = None) -> list[Holder]:
    """Everybody we gave the order to, with the last answer, in the order of names."""
    rule, freed = rule_of(world, act), released(world, act.id)
    holders = []
    for node, order, made, nameable in _given(world, act):
        since = instant_from(made)
        body = (heard or {}).get(node) or answered(world, order, NodeName(node))
        answer = _answer(body) if body is not None else None
        due = rule.due(since, danger=act.command.danger)
        holders.append(Holder(node, due, answer, freed.get(node), nameable))
    return sorted(holders, key=lambda holder: holder.node)


def _given(world: World, act: Act) -> Iterator[tuple[str, str, str, bool]]:
    """(node, id of the order it got, when, whether the issuer knows of it): each node once."""
    seen: set[str] = set()
    if not act.ours:
        permitted = {
            body.to
            for target in act.command.targets
            for _, body in transfers_out(world, act.command.issuer, target.id)
            if body.permission is not None
        }
        for place, body in transfers_out(world, act.command.issuer, act.id):
            told = world.store.told([place])[place]
            if body.to not in seen and told.header is not None:
                seen.add(body.to)
                made = _opened(world, place)
                if made is not None:
                    yield body.to, act.id, made.envelope.made, body.to in permitted
        return
    for record in dict.fromkeys(target.id for target in act.command.targets):
        for place in speaking_of(world, record):
            channel = world.store.channel(place.origin)
            found = ordered_at(world, place) if channel.writer == world.me.name else None
            if found is None or found.relayed or channel.lane.at_home or channel.audience in seen:
                continue
            if act.id in (found.command.replaces, found.command.id):
                seen.add(channel.audience)
                yield channel.audience, found.command.id, found.command.made, True


def answered(world: World, of: str, node: NodeName) -> ack_2.Body | None:
    """The last acknowledgement of this order, or of this transfer, by a node; our own where `node` is ourselves."""
    chain = chain_order(world.store.channels())
    last: tuple[int, str, int] | None = None
    found: ack_2.Body | None = None
    for place in speaking_of(world, of):
        channel = world.store.channel(place.origin)
        if channel.writer != node or channel.lane.at_home:
            continue
        record = _opened(world, place)
        if record is None or record.envelope.kind != ack_2.KIND or record.body.of != of:
            continue
        at = (chain.get(place.origin, 0), record.body.at, place.index)
        if last is None or at > last:
            last, found = at, record.body
    return found


def answered_to(world: World, of: str, to: NodeName) -> bool:
    """Whether we have told this node anything about the order."""
    ours = [world.store.channel(place.origin) for place in speaking_of(world, of) if _is_ack(world, place)]
    return any(channel.writer == world.me.name and channel.audience == to for channel in ours)


def _is_ack(world: World, place: Place) -> bool:
    told = world.store.told([place]).get(place)
    return told is not None and told.header is not None and told.header.kind == ack_2.KIND


def _answer(body: ack_2.Body) -> Answer:
    if body.counts is None:
        return Answer(body.state, body.at, body.reason, body.review, named=body.named)
    counts = body.counts
    return Answer(
        body.state,
        body.at,
        body.reason,
        body.review,
        counts.holders,
        counts.complied,
        counts.overdue,
        body.named,
    )


def released(world: World, act: str) -> dict[str, str]:
    """Holders that an overseer released from this act, each with the reason."""
    found: dict[str, str] = {}
    key = uuid_trace("request", act).key
    for place in world.store.traced("request", [key]).get(key, []):
        record = _opened(world, place) if world.store.channel(place.origin).lane is Lane.DESK else None
        if (
            record is None
            or not isinstance(record.body, decision_1.Body | decision_2.Body)
            or record.body.event != RELEASE
        ):
            continue
        reason = record.body.reason if isinstance(record.body.reason, str) else "reason erased"
        found |= {term.text: reason for term in record.body.terms if term.kind == "holder"}
    return found


def upstream(world: World, act: Act) -> list[Place]:
    """Where a foreign order came to us, one place for each node that gave it: its issuer, or relays."""
    found: dict[NodeName, Place] = {}
    for place in (*world.store.find(act.id), *(p for p, _ in transfers_in(world, act.command.issuer, act.id))):
        writer = world.store.channel(place.origin).writer
        if writer != world.me.name:
            found.setdefault(writer, place)
    return list(found.values())


def counted(body: ack_2.Body, holders: int, complied: int, overdue: int, named: tuple[str, ...], at: str) -> ack_2.Body:
    """Our own answer with other counts: ourselves and those behind us."""
    counts = ack_2.Counts(holders=holders, complied=complied, overdue=overdue)
    return ack_2.Body(
        of=body.of,
        of_kind=body.of_kind,
        state=body.state,
        at=at,
        counts=counts,
        reason=body.reason,
        review=body.review,
        by=body.by,
        named=named[: ack_2.NAMES_MAX],
    )


def _opened(world: World, place: Place) -> Record[Any] | None:
    told = world.store.told([place]).get(place)
    if told is None or told.fault is not None or told.header is None:
        return None
    for entry in world.store.entries(place.origin, place.index, place.index + 1):
        if entry.envelope is not None:
            return open_record(entry.envelope, decode_fields(entry.fields))
    return None
