"""What became of a record: the fold of its issuer's orders, given to us directly or passed on with the issuer's receipt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from comity.domain.ledger import Channel, predecessors
from comity.domain.ledger.chain import chain_order
from comity.domain.record import ORDERS, PROPOSAL, Commanded, decode_fields, open_record, order_in
from comity.domain.record.custody import Course, Disposition, disposition
from comity.domain.record.kinds import transfer_1
from comity.domain.record.opened import uuid_trace
from comity.ports import Place, World

TRANSFER = transfer_1.KIND


@dataclass(frozen=True)
class Ordered:
    """An order that is here, where it stands, and whether a relay brought it."""

    place: Place
    command: Commanded
    relayed: bool


def speaking_of(world: World, record: str) -> list[Place]:
    """Every place of a record that speaks of this one; none for what is no id."""
    try:
        key = uuid_trace("record", record).key
    except ValueError:
        return []
    return world.store.traced("record", [key]).get(key, [])


def ordered_at(world: World, place: Place) -> Ordered | None:
    """The order that stands at a place or is carried there; None for anything else, a proposal included."""
    told = world.store.told([place]).get(place)
    header = told.header if told is not None and told.fault is None else None
    if header is None or header.kind not in (*ORDERS, TRANSFER):
        return None
    found = world.store.entries(place.origin, place.index, place.index + 1)
    if not found or found[0].envelope is None:
        return None
    if header.kind != TRANSFER:
        command = order_in(found[0].envelope, found[0].fields)
        return None if command is None or command.purpose == PROPOSAL else Ordered(place, command, False)
    if world.store.buried(header.issuer, [header.id]):
        return None  # it was refused when it came
    body = open_record(found[0].envelope, decode_fields(found[0].fields)).body
    inside = transfer_1.carries(body)
    command = order_in(*inside) if inside is not None else None
    return Ordered(place, command, True) if command is not None else None


def orders_about(world: World, issuer: str, record: str) -> list[Ordered]:
    """The orders of this issuer about its record, each once, in the order in which its channel gives them."""
    channels = world.store.channels()
    chain, known = chain_order(channels), {channel.origin: channel for channel in channels}
    found: dict[str, Ordered] = {}
    for place in speaking_of(world, record):
        one = ordered_at(world, place)
        if one is None or one.command.issuer != issuer:
            continue
        other = found.get(one.command.id)
        if other is None or (not _binds(other, record, known) and _binds(one, record, known)):
            found[one.command.id] = one
    given = list(found.values())
    heads = {_head(each.place.origin, known) for each in given}
    if len(heads) > 1:  # by several ways: only the issuer's clock puts them in one order
        return sorted(given, key=lambda each: (each.command.made, each.command.id))
    return sorted(given, key=lambda each: (chain.get(each.place.origin, 0), each.place.index))


def _binds(one: Ordered, record: str, known: Mapping[str, Channel]) -> bool:
    """Whether it stands in the record's own channel or in one that goes on from it; a copy in the urgent one doesn't."""
    heads = {_head(target.origin, known) for target in one.command.targets if target.id == record}
    return _head(one.place.origin, known) in heads


def _head(origin: str, known: Mapping[str, Channel]) -> str:
    """The first channel of the chain that this one belongs to."""
    channel = known.get(origin)
    earlier = [before.origin for before, _ in predecessors(channel, known)] if channel is not None else []
    return earlier[-1] if earlier else origin


def disposition_of(world: World, issuer: str, record: str) -> Disposition:
    """Cheap for a record of somebody else's that no order names. One that is buried and whose order can't be read is withdrawn."""
    buried = issuer != world.me.name and bool(world.store.buried(issuer, [record]))
    if issuer != world.me.name and not buried:
        return Disposition(Course.CURRENT)
    found = disposition(record, [each.command for each in orders_about(world, issuer, record)])
    return Disposition(Course.WITHDRAWN) if buried and found.course is Course.CURRENT else found


def versions(world: World, issuer: str, record: str) -> Iterator[str]:
    """The record and whatever amendments lead to it or from it, each once."""
    waiting, seen = [record], {record}
    while waiting:
        one = waiting.pop()
        yield one
        for each in orders_about(world, issuer, one):
            linked = [*(target.id for target in each.command.targets), each.command.replacement]
            if each.command.replacement is not None:
                fresh = [other for other in linked if other is not None and other not in seen]
                seen.update(fresh)
                waiting += fresh
