"""Passing an order on to whoever got the record from us: the issuer's own order with its receipt, and our own copies cleared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from comity.domain.ledger import Lane
from comity.domain.record import AMEND, ERASE, Commanded, read_envelope, strictest
from comity.domain.record.custody import Receiver, may_transfer
from comity.domain.record.kinds import erase_1, transfer_1
from comity.domain.record.orders import Target
from comity.domain.terms import Granted, NodeName
from comity.errors import MalformedRecord, NotFound
from comity.flows.carrying import Carried, carried_at, transfer_body, transfers_out
from comity.flows.filing import letter, outgoing, sealed
from comity.flows.ordering import CUSTODY, goes_on_in
from comity.flows.transfer import permission_for
from comity.ports import Erasure, Fact, Letter, Noticed, Place, World

BY_THE_NODE = "node"
PASSED_ON = "passed-on"


@dataclass
class Passing:
    """What follows from passing one order on.

    told       nodes that get it
    unreached  nodes that hold the record and have no channel of ours
    """

    letters: list[Letter] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    told: list[NodeName] = field(default_factory=list)
    unreached: list[NodeName] = field(default_factory=list)


def pass_on(world: World, order: Carried, command: Commanded, here: Mapping[str, Place]) -> Passing:
    """The order itself travels as a transfer, so that whoever gets it sees the issuer's own word and not ours.

    here   records of the batch under way, by id: an amendment's new record may be among them
    """
    passing = Passing()
    already = {body.to for _, body in transfers_out(world, command.issuer, command.id)}
    for node, mine in _given_to(world, command).items():
        if node in already:
            continue
        origin = outgoing(world, node, Lane.URGENT)
        if origin is None:
            passing.unreached.append(node)
            continue
        passing.told.append(node)
        if command.kind == AMEND and command.replacement is not None:
            passing.letters += _replacement(world, command, node, origin, mine, here)
        body = transfer_body(order, node, why=command.kind, by=BY_THE_NODE, permission=None)
        marking = order.record.envelope.marking
        passing.letters.append(letter(origin, sealed(world, body, purpose=CUSTODY, marking=marking)))
        if command.kind == ERASE:
            passing.letters += _cleared(world, command, mine)
    if passing.unreached:
        about = {"order": command.id, "nodes": list(passing.unreached)}
        passing.facts.append(Noticed(f"unreached {command.id}", world.clock.now(), "order-reaches-nobody", about))
    return passing


Given = list[tuple[Target, Place, transfer_1.Body]]


def _given_to(world: World, command: Commanded) -> dict[NodeName, Given]:
    found: dict[NodeName, Given] = {}
    for target in command.targets:
        for place, body in transfers_out(world, command.issuer, target.id):
            found.setdefault(NodeName(body.to), []).append((target, place, body))
    return found


def _cleared(world: World, command: Commanded, mine: Given) -> list[Letter]:
    """Our own order over our own transfers: what they carried goes, with us in this transaction, with the receiver on arrival.

    An order over single fields takes all the fields that were passed along: they travel as one sealed value, and one can't be cut
    out of it without making another record.
    """
    letters = []
    by_channel: dict[str, dict[Place, tuple[str, tuple[str, ...]]]] = {}
    for target, place, body in mine:
        channel = goes_on_in(world, place.origin)
        if channel is None or not isinstance(body.envelope, str):
            continue
        told = world.store.told([place])[place]
        if told.header is not None:
            gone = transfer_1.CARRIED if target.pointers is None else ("/fields",)
            known = by_channel.setdefault(channel.origin, {}).get(place, (told.header.id, ()))[1]
            by_channel[channel.origin][place] = (told.header.id, tuple(sorted({*known, *gone})))
    for origin, places in by_channel.items():
        targets = tuple(
            erase_1.Erasure(origin=place.origin, index=place.index, id=record, fields=gone)
            for place, (record, gone) in places.items()
        )
        order = erase_1.Body(targets=targets, ground=PASSED_ON, ordered_by=command.issuer)
        plain = letter(origin, sealed(world, order, purpose=CUSTODY))
        erases = tuple(Erasure(place, gone) for place, (_, gone) in places.items())
        letters.append(Letter(origin, plain.sealed, plain.told, erases))
    return letters


def _replacement(
    world: World, command: Commanded, node: NodeName, origin: str, mine: Given, here: Mapping[str, Place]
) -> Sequence[Letter]:
    """The new record, for whoever was allowed the old one. Where that doesn't hold any more, only the order goes."""
    new = command.replacement or ""
    try:
        place = here.get(new) or next(iter(world.store.find(new)))
        carried = carried_at(world, place)
    except (StopIteration, NotFound):
        return ()
    peer = next((peer for peer in world.store.peers() if peer.name == node), None)
    if peer is None:
        return ()
    now = world.clock.now()
    marking, purpose = carried.record.envelope.marking, CUSTODY
    permission = permission_for(world, command.issuer, command.targets[0].id, node, now)
    for _, given, _ in mine:
        for entry in world.store.entries(given.origin, given.index, given.index + 1):
            if entry.envelope is not None:
                before = read_envelope(entry.envelope)
                marking, purpose = strictest(marking, before.marking), before.purpose
    receiver = Receiver(peer.name, peer.country, True, True)
    if not isinstance(may_transfer(marking, purpose, receiver, now, permission.lifted), Granted):
        return ()
    try:
        decision = permission.decision if permission.lifted else None
        body = transfer_body(carried, node, why="amendment", by=BY_THE_NODE, permission=decision)
        return (letter(origin, sealed(world, body, purpose=purpose, marking=marking)),)
    except MalformedRecord:
        return ()
