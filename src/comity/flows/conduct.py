"""What a writer's records show about the writer: an id used twice, a time that can't be. Noticed and kept as evidence, never a stop.

A record that is there counts, and is cosigned, whatever it says; what it may not do twice it doesn't do twice anyway.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from comity.domain.ledger import Channel, Line
from comity.domain.receipt.evidence import BACK_DATED_MS
from comity.domain.record import Entry, Told
from comity.domain.terms import Instant, NodeName, instant_text
from comity.flows.evidence import back_dated_document, replay_document, went_back_document
from comity.flows.receipt_keys import farthest_line, lines_between
from comity.ports import Fact, Noticed, Stopped, World


def conduct(world: World, channel: Channel, entries: Sequence[Entry], told: Sequence[Told]) -> list[Fact]:
    """What follows from these entries of one channel, which have just come."""
    now = world.clock.now()
    read = [
        (entry.index, one.header.id, one.header.made)
        for entry, one in zip(entries, told, strict=True)
        if one.header is not None and one.fault is None
    ]
    facts = _twice(world, channel, [(index, id_) for index, id_, _ in read], now)
    ahead = [index for index, _, made in read if made > now + world.skew_ms]
    if ahead:
        about = {"origin": channel.origin, "writer": channel.writer, "indexes": ahead[:20], "count": len(ahead)}
        facts.append(Noticed(f"made-ahead {channel.origin} {ahead[0]}", now, "made-in-the-future", about))
    return facts + _late(world, channel, [(index, made) for index, _, made in read if made < now - world.skew_ms], now)


def went_back(world: World, channel: Channel, reader: NodeName, line: Line) -> list[Fact]:
    """A reader that has cosigned a smaller tree of ours later than this one contradicts itself: noticed, and kept as evidence."""
    before = farthest_line(world, channel.origin, reader, line.size - 1)
    if before is None or before.time_s <= line.time_s:
        return []
    now = world.clock.now()
    about = {"origin": channel.origin, "reader": reader, "sizes": [before.size, line.size]}
    notice = Noticed(f"went-back {channel.origin} {line.size}", now, "cosigner-went-back", about)
    return [notice, *_kept(channel, went_back_document(world, channel, line, before), now)]


def _twice(world: World, channel: Channel, ids: Sequence[tuple[int, str]], now: Instant) -> list[Fact]:
    seen = world.store.standing(channel.origin, [id_ for _, id_ in ids])
    facts: list[Fact] = []
    for index, id_ in ids:
        first = seen.setdefault(id_, index)
        if first == index:
            continue
        about = {"origin": channel.origin, "writer": channel.writer, "record": id_, "indexes": [first, index]}
        facts.append(Noticed(f"replayed {channel.origin} {index}", now, "record-replayed", about))
        if len(facts) == 1:  # one document convinces; a flood of them would only fill the disk
            facts += _kept(channel, replay_document(world, channel, first, index), now)
    return facts


def _late(world: World, channel: Channel, old: Sequence[tuple[int, Instant]], now: Instant) -> list[Fact]:
    """Records that say they are older than what was confirmed before they came; at most one notice and document for a batch."""
    if not old:
        return []
    # Indexes rise, so the lines are walked once beside them: an old archive is late in every record.
    first = old[0][0]
    line = farthest_line(world, channel.origin, world.me.name, first) if first else None
    later = deque(lines_between(world, channel.origin, world.me.name, line.size if line else first, old[-1][0]))
    found: list[tuple[int, Instant, int]] = []
    for index, made in old:
        while later and later[0].size <= index:
            line = later.popleft()
        if line is not None and made <= line.time_s * 1000 - max(world.skew_ms, BACK_DATED_MS):
            found.append((index, made, line.size))
    if not found:
        return []
    index, made, size_then = found[0]
    about = {
        "origin": channel.origin,
        "writer": channel.writer,
        "index": index,
        "made": instant_text(made),
        "confirmed_before": size_then,
        "count": len(found),
    }
    notice = Noticed(f"back-dated {channel.origin} {index}", now, "record-back-dated", about)
    return [notice, *_kept(channel, back_dated_document(world, channel, index, size_then), now)]


def _kept(channel: Channel, document: bytes | None, now: Instant) -> list[Fact]:
    """Evidence beside a channel whose standing doesn't change."""
    return [Stopped(channel.origin, channel.standing.value, channel.why, now, (document,))] if document else []
