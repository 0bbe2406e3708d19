"""What an order does at a node that holds the record: the body goes, use stops, and what was built on it is told to an officer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from comity.domain.ledger import Lane
from comity.domain.record import AMEND, ERASE, Commanded, decode_fields, open_record
from comity.domain.record.kinds import ack_2, transfer_1
from comity.domain.record.opened import uuid_trace
from comity.domain.record.orders import Target
from comity.domain.terms import NodeName
from comity.flows.answering import Outcome, worst
from comity.flows.carrying import transfers_in
from comity.flows.disposition import speaking_of
from comity.flows.forgetting import forget_files
from comity.ports import Buried, Erased, Erasure, Fact, Noticed, Place, World

REVERSAL_WAITS = "reversal-waiting"


@dataclass(frozen=True)
class Built:
    """A request that names what the record named, or that the record itself makes.

    executed   whether we carried a measure out for it
    """

    request: str
    executed: bool


@dataclass
class Obeyed:
    """What follows at this node from one order."""

    outcome: Outcome = field(default_factory=Outcome)
    facts: list[Fact] = field(default_factory=list)
    buried: list[str] = field(default_factory=list)


def obey(
    world: World,
    command: Commanded,
    order: Place,
    *,
    again: bool = False,
    fresh: Mapping[str, Sequence[Place]] | None = None,
    lifted: str | None = None,
) -> Obeyed:
    """Everything that the order means for what we hold. Nothing is kept here.

    order   where the order stands at this node
    again   it had its effect before (a copy in another channel): only what came since is taken away
    fresh   transfers of the batch under way, by the id of the record inside
    lifted  a record whose hold ends with this
    """
    done = Obeyed()
    outcomes: list[Outcome] = []
    for target in command.targets:
        copies = list(_copies(world, command, target, fresh or {}))
        hold = holding(world, target.id) if command.kind == ERASE and target.id != lifted else None
        if not again:
            outcomes.append(_told(world, command, order, target, [place for place, _ in copies], done))
        if hold is not None:
            outcomes.append(Outcome("legal-hold", hold.reason, hold.review))
        elif command.kind == ERASE:
            done.facts += [Erased(Erasure(place, pointers), order) for place, pointers in copies]
            forget_files(world, [Target(p.origin, p.index, target.id, pointers) for p, pointers in copies])
        if target.pointers is None:
            done.facts.append(Buried(NodeName(command.issuer), target.id, order))
            done.buried.append(target.id)
    done.outcome = worst(outcomes)
    return done


def _copies(
    world: World, command: Commanded, target: Target, fresh: Mapping[str, Sequence[Place]]
) -> Iterator[tuple[Place, tuple[str, ...] | None]]:
    """Where the record is here, and what of it the order names: in its issuer's channels, and inside transfers."""
    seen: set[Place] = set()
    writers = {channel.origin: channel.writer for channel in world.store.channels()}
    named = [Place(target.origin, target.index), *world.store.find(target.id)]
    for place in named:
        if writers.get(place.origin) != command.issuer or place in seen:
            continue
        if place.index < world.store.position(place.origin).size:
            seen.add(place)
            yield place, target.pointers
    pointers = transfer_1.CARRIED if target.pointers is None else ("/fields",)
    relayed = [place for place, _ in transfers_in(world, command.issuer, target.id)]
    for place in dict.fromkeys((*relayed, *fresh.get(target.id, ()))):
        yield place, pointers


def _told(
    world: World, command: Commanded, order: Place, target: Target, copies: Sequence[Place], done: Obeyed
) -> Outcome:
    """Notices for every request that was built on the record; a measure carried out for one is a duty of an officer."""
    if target.pointers is not None:
        return Outcome()
    waits = False
    for built in built_on(world, command.issuer, target, copies):
        reverse = built.executed and command.kind != AMEND
        waits = waits or reverse
        kind = "reverse-what-was-done" if reverse else "request-built-on-it"
        about = {"origin": order.origin, "index": order.index, "order": command.id, "kind": command.kind}
        about |= {"record": target.id, "request": built.request}
        done.facts.append(Noticed(f"{kind} {command.id} {built.request}", world.clock.now(), kind, about))
    return Outcome("partly", REVERSAL_WAITS) if waits else Outcome()


def built_on(world: World, issuer: str, target: Target, copies: Sequence[Place]) -> list[Built]:
    """Requests of anybody that name a value which the record names, and the one that the record makes. Each once."""
    keys: dict[bytes, None] = {}
    requests: dict[str, None] = {}
    for told in world.store.told(copies).values():
        keys |= dict.fromkeys(trace.key for trace in told.traces if trace.name == "value")
    places = [place for found in world.store.traced("value", list(keys)).values() for place in found]
    for place in dict.fromkeys((*places, *copies)):
        if (request := _request_at(world, place)) is not None:
            requests[request] = None
    return [Built(request, _executed(world, request)) for request in requests]


def _request_at(world: World, place: Place) -> str | None:
    told = world.store.told([place]).get(place)
    if told is None or told.fault is not None or told.header is None or told.header.kind != "request/1":
        return None
    for entry in world.store.entries(place.origin, place.index, place.index + 1):
        if entry.envelope is not None:
            request: str = open_record(entry.envelope, decode_fields(entry.fields)).body.request
            return request
    return None


def _executed(world: World, request: str) -> bool:
    key = uuid_trace("request", request).key
    told = world.store.told(world.store.traced("request", [key]).get(key, []))
    headers = [one.header for one in told.values() if one.fault is None and one.header is not None]
    return any(header.kind.startswith("action/") and header.issuer == world.me.name for header in headers)


def holding(world: World, record: str) -> ack_2.Body | None:
    """The legal hold that an officer of ours has put on a record, if it stands."""
    last: tuple[Place, ack_2.Body] | None = None
    for place in speaking_of(world, record):
        channel = world.store.channel(place.origin)
        told = world.store.told([place])[place]
        if channel.lane is not Lane.DESK or told.header is None or told.header.kind != ack_2.KIND:
            continue
        for entry in world.store.entries(place.origin, place.index, place.index + 1):
            if entry.envelope is not None:
                body: ack_2.Body = open_record(entry.envelope, decode_fields(entry.fields)).body
                if body.of == record and (last is None or place.index > last[0].index):
                    last = place, body
    return last[1] if last is not None and last[1].state == "legal-hold" else None
