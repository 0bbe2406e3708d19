"""The reader, R1 to R7: checks a note, fetches what it lacks, holds it whole, cosigns it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .rules import Rule
from .scope import Left, Scope, has, spend
from .values import NOTHING, Bundle, Cosigned, Line, Net, Note, Records, Tree, extends, records, show

Stamp = tuple[int, int]  # size and time of a cosignature


class Feed(NamedTuple):
    """One channel as the reader has it on disk (in a small gap, `pending` and `got` live in memory)."""

    held: Tree = ()
    pending: Tree | None = None
    got: frozenset[tuple[int, str | int]] = frozenset()
    line: Stamp | None = None
    stopped: bool = False  # two notes of one size are kept as evidence

    def lacks(self, index: int) -> bool:
        return self.pending is not None and len(self.held) <= index < len(self.pending) and index not in dict(self.got)


class Disk(NamedTuple):
    feeds: tuple[Feed, ...]
    bodies: Records = NOTHING
    inbox: tuple[tuple[int, int, str], ...] = ()  # channel, index, record
    done: frozenset[object] = frozenset()
    tombs: Records = NOTHING

    @property
    def held(self) -> Records:
        return frozenset().union(*(records(feed.held) for feed in self.feeds))

    def with_feed(self, channel: int, feed: Feed) -> Disk:
        return self._replace(feeds=(*self.feeds[:channel], feed, *self.feeds[channel + 1 :]))


class Reader(NamedTuple):
    """One reader. mode: up, down, fenced."""

    disk: Disk
    marks: tuple[
        Stamp | None, ...
    ]  # high water of its lines, beside the database; size 0 is written at the join, None is lost
    backup: Disk | None = None
    mode: str = "up"
    acting: tuple[str, object] | None = None  # record and key of an effect that is not yet noted as done
    owed: tuple[tuple[int, int, str], ...] = ()  # inbox rows that live in memory only
    clock: int = 1
    restored: bool = False

    def with_feed(self, channel: int, feed: Feed) -> Reader:
        return self._replace(disk=self.disk.with_feed(channel, feed))


def newborn(scope: Scope) -> Reader:
    return Reader(Disk((Feed(),) * scope.channels), ((0, 0),) * scope.channels)


def receive(scope: Scope, reader: Reader, message: Note | Bundle) -> tuple[str, Reader] | None:
    """What an answer of the writer changes; None when it is ignored."""
    feed = reader.disk.feeds[message.channel]
    if reader.mode != "up" or feed.stopped:
        return None
    if isinstance(message, Note):
        return _check_note(scope, reader, feed, message)
    return _take_bundle(scope, reader, feed, message)


def _check_note(scope: Scope, reader: Reader, feed: Feed, note: Note) -> tuple[str, Reader] | None:
    """R1-R3. Smaller is stale; a root that can't be reached is refused, it may be bad transport."""
    tree, best = note.tree, feed.pending or feed.held
    strict = scope.keeps(Rule.check_extends)
    if strict and any(
        mine is not None and len(mine) == len(tree) and mine != tree for mine in (feed.held, feed.pending)
    ):
        return f"R1 reader sees two roots of {show(tree)} and {show(best)}: stops with both notes", reader.with_feed(
            note.channel, feed._replace(stopped=True)
        )
    if len(tree) <= len(best) or (strict and not extends(tree, best)):
        return None
    if feed.pending is not None and not scope.keeps(Rule.extend_pending):
        return None
    return f"R1-R3 reader stores {show(tree)} as pending", reader.with_feed(note.channel, feed._replace(pending=tree))


def _take_bundle(scope: Scope, reader: Reader, feed: Feed, bundle: Bundle) -> tuple[str, Reader] | None:
    """R4: each record in its own transaction, and only for an index that the current pending lacks."""
    index, entry, state = bundle.at, bundle.entry, bundle.state
    wanted = feed.lacks(index) and feed.pending is not None and feed.pending[index] == entry
    if not wanted:
        if scope.keeps(Rule.late_bundle_ignored) or state != "body" or entry[0] in reader.disk.bodies:
            return None
        disk = reader.disk._replace(bodies=reader.disk.bodies | {entry[0]})
        return f"R4 reader stores a late copy of {entry[0]}", reader._replace(disk=disk)
    if state == "withheld" and scope.keeps(Rule.withheld_not_held):
        return None
    if isinstance(state, int) and scope.keeps(Rule.state0_reask) and not covered(scope, feed, index, state):
        return None
    after = feed._replace(got=feed.got | {(index, state)})
    return f"R4 reader stores the answer for index {index}: {_said(state)}", reader.with_feed(bundle.channel, after)


def _said(state: str | int) -> str:
    return state if isinstance(state, str) else f"erased by record {state}"


def covered(scope: Scope, feed: Feed, index: int, order: int) -> bool:
    """Whether 'erased by record `order`' may be believed: it lies below the pending size and erases this index."""
    tree = feed.pending or ()
    return not scope.keeps(Rule.erase_covered) or (order < len(tree) and tree[order][0] == "E" + tree[index][0])


def whole(scope: Scope, feed: Feed) -> bool:
    """Whether every record of the pending note is there, or rightly erased."""
    if feed.pending is None:
        return False
    got = dict(feed.got)
    for index in range(len(feed.held), len(feed.pending)):
        state = got.get(index)
        if state is None or (isinstance(state, int) and not covered(scope, feed, index, state)):
            return False
        if feed.pending[index][0] == "u" and not scope.keeps(Rule.quarantine):
            return False
    return True


def work(scope: Scope, reader: Reader) -> Iterator[tuple[str, tuple[Reader]]]:
    """R5-R6 and the local part of R7; a start."""
    if reader.mode == "down":
        yield _start(scope, reader)
    if reader.mode != "up":
        return
    for channel, feed in enumerate(reader.disk.feeds):
        if feed.stopped:
            continue
        if whole(scope, feed):
            yield _hold(scope, reader, channel, feed)
        last = feed.line or (0, 0)
        if last[0] < len(feed.held):
            time = max(reader.clock, last[1]) if scope.keeps(Rule.line_time_monotonic) else reader.clock
            after = reader.with_feed(channel, feed._replace(line=(len(feed.held), time)))
            yield (
                f"R7 reader signs size {len(feed.held)} of channel {channel} at time {time} and stores the line",
                (after,),
            )
        if feed.line and feed.line != reader.marks[channel]:
            marks = (*reader.marks[:channel], feed.line, *reader.marks[channel + 1 :])
            yield f"R7 reader fsyncs the high-water line of size {last[0]}", (reader._replace(marks=marks),)
    if reader.owed:
        disk = reader.disk._replace(inbox=reader.disk.inbox + reader.owed)
        yield "reader writes the inbox rows in a second transaction", (reader._replace(disk=disk, owed=()),)


def _hold(scope: Scope, reader: Reader, channel: int, feed: Feed) -> tuple[str, tuple[Reader]]:
    got, tree = dict(feed.got), feed.pending or ()
    come = [(channel, at, tree[at][0]) for at in range(len(feed.held), len(tree)) if got[at] == "body"]
    shut = reader.disk.tombs if scope.keeps(Rule.tombstone) else NOTHING
    bodies = reader.disk.bodies | (frozenset(record for _, _, record in come) - shut)
    disk = reader.disk._replace(bodies=bodies).with_feed(
        channel, feed._replace(held=tree, pending=None, got=frozenset())
    )
    if not scope.keeps(Rule.inbox_with_hold):
        return f"R5 reader holds {show(tree)}, without its inbox rows", (
            reader._replace(disk=disk, owed=reader.owed + tuple(come)),
        )
    disk = disk._replace(inbox=disk.inbox + tuple(come))
    return f"R5-R6 reader holds {show(tree)} whole, inbox rows in the same transaction", (reader._replace(disk=disk),)


def _start(scope: Scope, reader: Reader) -> tuple[str, tuple[Reader]]:
    lost = None in reader.marks and scope.keeps(Rule.absence_fences)
    behind = any(
        mark and mark > (feed.line or (0, 0)) for feed, mark in zip(reader.disk.feeds, reader.marks, strict=True)
    )
    if (lost or behind) and scope.keeps(Rule.reader_fence):
        why = "its high-water lines are lost" if lost else "it is behind its own lines"
        return f"reader starts, {why}: fenced", (reader._replace(mode="fenced"),)
    return "reader starts", (reader._replace(mode="up", restored=False),)


def post(
    scope: Scope, channel: int, covered_size: int, reader: Reader, net: Net, cosigned: Cosigned
) -> Iterator[tuple[str, tuple[Reader, Net, Cosigned]]]:
    """R7: the line leaves, again and again until the writer has merged it."""
    feed = reader.disk.feeds[channel]
    if reader.mode != "up" or feed.stopped or len(net) >= scope.net_max:
        return
    if not scope.keeps(Rule.hold_before_cosign) and whole(scope, feed) and feed.pending is not None:
        early = Line(channel, feed.pending, reader.clock)
        if early not in net:
            yield (
                f"R7 reader posts a line over {show(feed.pending)} before R6",
                (reader, net | {early}, cosigned | {early}),
            )
    if feed.line is None or feed.line[0] <= covered_size:
        return
    if feed.line != reader.marks[channel] and scope.keeps(Rule.line_mark_before_post):
        return
    size, time = feed.line
    if not scope.keeps(Rule.line_stored):
        time = max(reader.clock, time)
    line = Line(channel, feed.held[:size], time)
    if line not in net:
        yield (
            f"R7 reader posts its line over size {size} of channel {channel}, time {time}",
            (reader, net | {line}, cosigned | {line}),
        )


def suffer(scope: Scope, reader: Reader, left: Left) -> Iterator[tuple[str, tuple[Reader, Left]]]:
    """Crash, old backup, a clock that moves or is set back."""
    if reader.mode == "up" and has(left, "reader crash"):
        yield "reader crashes", (_dead(scope, reader), spend(left, "reader crash"))
    if has(left, "reader restore"):
        if reader.backup is None:
            yield "a backup of the reader is taken", (reader._replace(backup=_durable(scope, reader.disk)), left)
        elif reader.backup != reader.disk:
            after = _dead(scope, reader)._replace(disk=reader.backup, backup=None, restored=True)
            if scope.outside_lost:
                after = after._replace(marks=(None,) * len(reader.marks))
            yield "the reader's disk dies, the backup is restored", (after, spend(left, "reader restore"))
    if has(left, "tick"):
        yield "a second passes", (reader._replace(clock=reader.clock + 1), spend(left, "tick"))
    if has(left, "set back"):
        yield "the reader's clock is set back", (reader._replace(clock=reader.clock - 1), spend(left, "set back"))


def _durable(scope: Scope, disk: Disk) -> Disk:
    if not scope.small_gap:
        return disk
    return disk._replace(feeds=tuple(feed._replace(pending=None, got=frozenset()) for feed in disk.feeds))


def _dead(scope: Scope, reader: Reader) -> Reader:
    return reader._replace(mode="down", acting=None, owed=(), disk=_durable(scope, reader.disk))


def stored(scope: Scope, reader: Reader) -> Records:
    """Bodies on the reader's disk, those of pending notes included."""
    if scope.small_gap:
        return reader.disk.bodies
    fetched = (
        feed.pending[index][0]
        for feed in reader.disk.feeds
        if feed.pending
        for index, state in feed.got
        if state == "body"
    )
    return reader.disk.bodies | frozenset(fetched)
