"""Where a request stands: the fold of everything both sides said about it, equal at both ends."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from comity.domain.ledger import Lane
from comity.domain.record import Entry, Record, decode_fields, open_record
from comity.domain.request import Machine
from comity.domain.request.dossier import Dossier as Dossier
from comity.domain.request.dossier import assemble
from comity.domain.terms import NodeName
from comity.errors import NotFound
from comity.flows.lookup import opened
from comity.ports import Place, World


def dossier(world: World, request: str) -> Dossier:
    """Everything about one request. NotFound when there is none, or it is not readable here any more."""
    try:
        key = UUID(request).bytes
    except ValueError:
        raise NotFound("request", request=request[:60]) from None
    places = world.store.traced("request", [key]).get(key, [])
    placed = [(place, record) for place in places if (record := opened(world, place)) is not None]
    return _assembled(world, request, placed)


def dossiers(world: World, requests: Sequence[str]) -> dict[str, Dossier]:
    """Several at once, with as many questions to the store as for two; those that there are none of, or that can't be read, are left out."""
    keys = {UUID(request).bytes: request for request in requests}
    found = world.store.traced("request", list(keys))
    entries = world.store.entries_at([place for places in found.values() for place in places])
    made: dict[str, Dossier] = {}
    for key, request in keys.items():
        placed = [(place, read(entries[place])) for place in found.get(key, ()) if place in entries]
        with suppress(NotFound):
            made[request] = _assembled(world, request, placed)
    return made


def read(entry: Entry) -> Record[Any]:
    """A record that is here, with what is here of its values."""
    assert entry.envelope is not None
    return open_record(entry.envelope, decode_fields(entry.fields) if entry.fields else ())


def _assembled(world: World, request: str, placed: Sequence[tuple[Place, Record[Any]]]) -> Dossier:
    return assemble(
        request,
        placed,
        me=world.me.name,
        channels={channel.origin: channel for channel in world.store.channels()},
        measures=world.catalog.measures(),
        machine=world.catalog.machine,
        gone=lambda named, sides: _gone(world, named, sides),
    )


def lane_of(world: World, found: Dossier) -> Lane:
    """The lane in which our side speaks of a request: one and the same, since steps in two channels have no order.

    Where our side has said something already, there; else where the request came in, or what its measure's data says.
    """
    lanes = {channel.origin: channel for channel in world.store.channels()}
    crossed = [lanes[p.origin] for p, _ in found.records if lanes[p.origin].lane is not Lane.DESK]
    ours = [channel for channel in crossed if channel.writer == world.me.name]
    if ours or crossed:
        return (ours or crossed)[-1].lane
    return Lane(found.measure.lane)


def _gone(world: World, named: Sequence[str], sides: Sequence[NodeName]) -> set[str]:
    """Of the records that steps speak of, those that were here and were erased whole: nothing waits for them."""
    gone = {ref for side in sides for ref in world.store.buried(side, named)}
    return gone | {ref for ref in named if ref not in gone and _erased(world, ref)}


def _erased(world: World, record: str) -> bool:
    places = world.store.find(record)
    entries = [entry for place in places for entry in world.store.entries(place.origin, place.index, place.index + 1)]
    return bool(entries) and all(entry.envelope is None for entry in entries)


def drafting_path(machine: Machine) -> tuple[str, ...]:
    """Events that lead from the first state to the one in which the request may leave, shortest first."""
    paths: list[tuple[str, tuple[str, ...]]] = [(machine.initial, ())]
    seen = {machine.initial}
    while paths:
        state, events = paths.pop(0)
        if machine.targets(state, machine.opens):
            return events
        for event in sorted(machine.events(state, "requester")):
            for target in machine.targets(state, event):
                if target not in seen:
                    seen.add(target)
                    paths.append((target, (*events, event)))
    raise NotFound("drafting-path", machine=machine.name)


def requests(world: World, limit: int = 200) -> list[str]:
    """Ids of the newest requests, drafts included."""
    ids: dict[str, None] = {}
    for place in world.store.of_kind("request/1", limit * 4):
        record = opened(world, place)
        if record is not None:
            ids.setdefault(record.body.request)
    return list(ids)[:limit]
