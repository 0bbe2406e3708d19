"""The node's own journal, checked as an overseer would: every hash, every signature, and against what overseers have cosigned.

Who has the node's keys and its disk could write another journal and sign that; it would not be the one that overseers have cosigned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from comity.domain.ledger import Channel, Standing, parse_checkpoint, parse_note
from comity.domain.terms import Actor, Granted, Instant, Refused
from comity.errors import ComityError, NotFound
from comity.flows.access import permit, whole
from comity.flows.check_journal import Missing, Seen, check_journal, grown_from
from comity.flows.check_pages import Get
from comity.flows.journal import journals, own
from comity.flows.lines import largest_line
from comity.flows.oversight import Overseer, overseers
from comity.flows.pages import head_at, piece
from comity.ports import World


@dataclass(frozen=True)
class Confirmed:
    """What an overseer cosigned last of one journal, and whether today's journal is that and more.

    fault  code of what doesn't fit; empty when it does
    """

    overseer: str
    size: int
    at: Instant
    fault: str


@dataclass(frozen=True)
class Proven:
    """One journal of the node.

    entries    acts and reads that it tells of
    fault      code of the first thing that doesn't hold; empty when all does. `confirmed` and `missing` are empty then
    missing    receipts of others about records of ours for which it has no entry
    """

    origin: str
    size: int
    root: str
    entries: int
    fault: str
    confirmed: tuple[Confirmed, ...]
    missing: tuple[Missing, ...]


def prove(
    world: World, actor: Actor, receipts: Sequence[tuple[str, bytes]] = ()
) -> Granted[tuple[Proven, ...]] | Refused:
    """Every journal of the node, oldest first. `receipts`: name and bytes of receipt files, as partners hold them."""
    if reasons := permit(world, actor, "audit"):
        return Refused(reasons)
    alone = whole(own(world))
    watchers = overseers(alone)
    found = [_proven(alone, channel, watchers, receipts) for channel in journals(alone)]
    return Granted(tuple(each for each in found if each is not None))


def _proven(
    world: World, channel: Channel, watchers: Sequence[Overseer], receipts: Sequence[tuple[str, bytes]]
) -> Proven | None:
    origin = channel.origin
    size = world.store.position(origin).size
    if not size or channel.standing is Standing.BEHIND:
        return None
    get = _pages(world, channel, size)
    try:
        checked = check_journal(get, origin.rpartition("/")[2], channel.key, None, receipts)
    except ComityError as fault:
        return Proven(origin, size, "", 0, fault.code, (), ())
    confirmed = []
    for overseer in watchers:
        line = largest_line(world, origin, overseer.key.name, size)
        if line is None:
            continue
        wrong = ""
        try:
            note = world.store.note(origin, line.size)
            seen = Seen(origin, line.size, parse_checkpoint(parse_note(note).text).root.hex(), note.decode())
            grown_from(get, checked.pages, seen)
        except ComityError as fault:
            wrong = fault.code
        confirmed.append(Confirmed(overseer.name, line.size, Instant(line.time_s * 1000), wrong))
    return Proven(origin, size, checked.pages.root, checked.entries, "", tuple(confirmed), checked.missing)


def _pages(world: World, channel: Channel, size: int) -> Get:
    note = head_at(world, channel, size).checkpoint.encode()

    def get(path: str, limit: int) -> bytes:
        raw = note if path == "checkpoint" else piece(world, channel.origin, path, size, lambda entries: entries)
        if len(raw) > limit:
            raise NotFound("page-too-large", path=path)
        return raw

    return get
