"""From an act to its basis, and from what others hold to what the journal says: what fits, and what lacks which.

An act that was never entered, and of which nobody else has anything, can't be found this way; nothing here says that it can.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from comity.domain.ledger import BETWEEN_NODES, Channel, Lane
from comity.domain.record.kinds import decision_1, request_1
from comity.domain.terms import Actor, Granted, Reason, Refused, instant_text
from comity.errors import NotFound
from comity.flows.access import permit, whole
from comity.flows.journal import journals
from comity.flows.journal_read import Kept, about, walk
from comity.flows.lines import largest_line
from comity.flows.request_state import dossier
from comity.ports import Place, World

PAGE: Final = 256
NEVER_ENTERED: Final = "never-entered-cannot-be-proven"
"""Stands in every answer: what it can't show."""


@dataclass(frozen=True)
class Document:
    """A text that somebody attested to have read: the basis of the request."""

    title: str
    sha256: str
    by: str
    at: str


@dataclass(frozen=True)
class Approval:
    """A decision by which somebody let it go on."""

    record: str
    event: str
    by: str
    role: str
    at: str


@dataclass(frozen=True)
class CaseBasis:
    """A case that the thing lies in, and the basis it was opened on."""

    id: str
    number: str
    basis: str | None


@dataclass(frozen=True)
class Lack:
    """One side has it and the other hasn't.

    code  `record-without-entry`, `sent-without-entry`, `received-without-entry`, `entry-without-record`
    """

    code: str
    record: str
    origin: str = ""
    index: int = -1


@dataclass(frozen=True)
class Trail:
    """What led to an act, as far as it is known here. `limit` names what this can't show."""

    thing: str
    acts: tuple[Kept, ...]
    route: str | None
    documents: tuple[Document, ...]
    approvals: tuple[Approval, ...]
    cases: tuple[CaseBasis, ...]
    lacking: tuple[Lack, ...]
    limit: str = NEVER_ENTERED


@dataclass(frozen=True)
class Compared:
    """Channels between nodes held against the journal.

    sent, received  records that were compared; `receipted` of those that were sent their reader has confirmed
    before          records that are older than the journal
    """

    sent: int
    receipted: int
    received: int
    acts: int
    before: int
    lacking: tuple[Lack, ...]
    limit: str = NEVER_ENTERED


def follow(world: World, actor: Actor, thing: str) -> Granted[Trail] | Refused:
    """Any act (by the id of a record, request, report or case) to its basis. NotFound where nothing here has this id."""
    reasons: tuple[Reason, ...] = permit(world, actor, "audit")
    if reasons:
        return Refused(reasons)
    world = whole(world)
    acts = about(world, thing)
    request = _request_of(world, thing, acts)
    documents: list[Document] = []
    approvals: list[Approval] = []
    lacking: list[Lack] = []
    route = None
    if request is not None:
        with suppress(NotFound):
            found = dossier(world, request)
            if request != thing:
                own = {(each.place, each.number) for each in acts}
                acts += [each for each in about(world, request) if (each.place, each.number) not in own]
                acts.sort(key=lambda each: each.entry.at)
            route = found.ask.route
            entered = {each for kept in acts for each in kept.entry.records}
            received = _covering(acts)
            for place, record in found.records:
                body = record.body
                if isinstance(body, request_1.Body) and body.attestation is not None:
                    said = body.attestation
                    documents.append(Document(said.text_title, said.text_sha256, said.by, said.at))
                if isinstance(body, decision_1.Decided):
                    approvals.append(Approval(record.envelope.id, body.event, body.by, body.role, body.at))
                ours = world.store.channel(place.origin).writer == world.me.name
                there = record.envelope.id in entered if ours else _covered(received, place)
                if not there:
                    lacking.append(Lack("record-without-entry", record.envelope.id, place.origin, place.index))
    if not acts and request is None:
        raise NotFound("act", act=thing[:60])
    ids = {one for each in world.store.lies_in([thing, *([request] if request else [])]) for one in each}
    cases = [CaseBasis(each.id, each.number, each.basis) for each in world.store.cases(sorted(ids))]
    unique = tuple(dict.fromkeys(documents))
    return Granted(Trail(thing, tuple(acts), route, unique, tuple(approvals), tuple(cases), tuple(lacking)))


def _request_of(world: World, thing: str, acts: Sequence[Kept]) -> str | None:
    for one in (thing, *dict.fromkeys(each for kept in acts for each in kept.entry.about)):
        with suppress(NotFound):
            return dossier(world, one).request
    return None


def compare(world: World, actor: Actor) -> Granted[Compared] | Refused:
    """Each record that was sent or received must have its entry, and each entry about a record that record."""
    reasons = permit(world, actor, "audit")
    if reasons:
        return Refused(reasons)
    world = whole(world)
    entered: dict[str, None] = {}
    acts = []
    for kept in walk(world):
        entered.update(dict.fromkeys(kept.entry.records))
        if kept.entry.act == "received":
            acts.append(kept)
    covered = _covering(acts)
    started = instant_text(journals(world)[0].opened) if journals(world) else ""
    lacking: list[Lack] = []
    sent = receipted = received = before = 0
    for channel in world.store.channels():
        if channel.lane not in BETWEEN_NODES:
            continue
        ours = channel.writer == world.me.name
        confirmed = _confirmed(world, channel) if ours else 0
        for place, record, made in _headers(world, channel, ours=ours):
            if made < started:
                before += 1
            elif ours:
                sent, receipted = sent + 1, receipted + (place.index < confirmed)
                if record not in entered:
                    lacking.append(Lack("sent-without-entry", record, place.origin, place.index))
            else:
                received += 1
                if not _covered(covered, place):
                    lacking.append(Lack("received-without-entry", record, place.origin, place.index))
    lacking += [Lack("entry-without-record", each) for each in _without_record(world, list(entered))]
    return Granted(Compared(sent, receipted, received, len(entered), before, tuple(lacking)))


def _confirmed(world: World, channel: Channel) -> int:
    size = world.store.position(channel.origin).size
    peers = [peer for peer in world.store.peers() if peer.name == channel.audience]
    lines = [largest_line(world, channel.origin, peer.receipt_key.name, size) for peer in peers]
    return max((line.size for line in lines if line is not None), default=0)


def _headers(world: World, channel: Channel, *, ours: bool) -> Iterator[tuple[Place, str, str]]:
    """(place, id, when it was made) of what stands in a channel and has had its effect."""
    position = world.store.position(channel.origin)
    size = position.size if ours else position.drained
    for at in range(0, size, PAGE):
        places = [Place(channel.origin, index) for index in range(at, min(at + PAGE, size))]
        for place, told in world.store.told(places).items():
            if told.header is not None:
                yield place, told.header.id, instant_text(told.header.made)


def _covering(acts: Sequence[Kept]) -> dict[str, list[tuple[int, int]]]:
    """What was received, by channel, as ranges in ascending order."""
    found: dict[str, list[tuple[int, int]]] = {}
    for kept in acts:
        for read in kept.entry.places if kept.entry.act == "received" else ():
            found.setdefault(read.origin, []).append((read.first, read.last))
    return {origin: sorted(ranges) for origin, ranges in found.items()}


def _covered(ranges: dict[str, list[tuple[int, int]]], place: Place) -> bool:
    mine = ranges.get(place.origin, [])
    at = bisect_right(mine, (place.index, 1 << 62)) - 1
    return at >= 0 and mine[at][0] <= place.index <= mine[at][1]


def _without_record(world: World, entered: list[str]) -> list[str]:
    """Ids that the journal names and no channel of ours has, not even as erased."""
    left = dict.fromkeys(entered)
    for channel in world.store.channels():
        if channel.writer == world.me.name and channel.lane is not Lane.JOURNAL:
            for record in world.store.standing(channel.origin, list(left)):
                left.pop(record, None)
    return [record for record in left if not world.store.find(record)]
