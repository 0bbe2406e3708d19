"""What lies on the disks of a writer and a reader that may come back from a backup, and what travels between them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from .rules import RecoveryRule
from .values import NOTHING, Records, Tree, extends, target

Place = tuple[int, int]  # origin, index


class Log(NamedTuple):
    """One channel of the writer. Origins are numbers; `follows` is the channel it continues, and that one's cut."""

    origin: int
    tree: Tree = ()
    follows: Place | None = None
    open: bool = True


class WriterDisk(NamedTuple):
    logs: tuple[Log, ...] = (Log(0),)
    bodies: Records = NOTHING
    covered: Records = NOTHING  # records under a merged cosignature
    acks: frozenset[tuple[str, int]] = frozenset()  # the reader's acknowledgements that we hold

    def log(self, origin: int) -> Log | None:
        return next((log for log in self.logs if log.origin == origin), None)

    def with_log(self, log: Log) -> WriterDisk:
        if self.log(log.origin) is None:
            return self._replace(logs=(*self.logs, log))
        return self._replace(logs=tuple(log if each.origin == log.origin else each for each in self.logs))


class Writer(NamedTuple):
    """mode: up, down. `asked`: channels whose tail the reader was asked for since the restore. `dark`: nothing is readable."""

    disk: WriterDisk = WriterDisk()
    backup: WriterDisk | None = None
    marks: frozenset[tuple[int, Tree]] | None = frozenset([(0, ())])
    gone: frozenset[Place] = frozenset()
    mode: str = "up"
    attempt: int = 0
    asked: bool = True
    dark: bool = False


class Feed(NamedTuple):
    """One channel as the reader has it. standing: open, behind."""

    origin: int
    follows: Place | None = None
    held: Tree = ()
    pending: Tree | None = None
    got: frozenset[tuple[int, str | Place]] = frozenset()  # index and "body", or the place of the order
    drained: int = 0
    line: tuple[int, int] | None = None
    standing: str = "open"
    target: int | None = None

    def lacks(self, index: int) -> bool:
        return self.pending is not None and len(self.held) <= index < len(self.pending) and index not in dict(self.got)


class ReaderDisk(NamedTuple):
    feeds: tuple[Feed, ...] = (Feed(0),)
    bodies: Records = NOTHING
    done: Records = NOTHING
    tombs: Records = NOTHING
    acks: frozenset[tuple[str, int]] = frozenset()

    def feed(self, origin: int) -> Feed | None:
        return next((feed for feed in self.feeds if feed.origin == origin), None)

    def with_feed(self, feed: Feed) -> ReaderDisk:
        if self.feed(feed.origin) is None:
            return self._replace(feeds=(*self.feeds, feed))
        return self._replace(feeds=tuple(feed if each.origin == feed.origin else each for each in self.feeds))

    @property
    def held(self) -> Records:
        return frozenset(record for feed in self.feeds for record, _ in feed.held)


class Reader(NamedTuple):
    """`marks`: high water of its lines by channel; `time`: the latest that the file tells of. `epoch` counts its restores."""

    disk: ReaderDisk = ReaderDisk()
    backup: ReaderDisk | None = None
    marks: tuple[tuple[int, int], ...] = ()
    time: int = 0
    gone: frozenset[Place] = frozenset()
    mode: str = "up"
    epoch: int = 0
    key: int = 0
    clock: int = 1
    regained: bool = True


class Answer(NamedTuple):
    """What the writer said when it was asked for its channels and their notes, by a reader of that epoch."""

    epoch: int
    logs: tuple[Log, ...]


class Line(NamedTuple):
    """A cosignature that left the reader."""

    origin: int
    tree: Tree
    time: int
    key: int


class Deeds(NamedTuple):
    """What the reader did in the world."""

    acts: Records = NOTHING
    obeyed: Records = NOTHING
    wrong: Records = NOTHING


FAULTS = (
    "writer restore",
    "reader restore",
    "late answer",  # a copy of an answer stays under way
    "cut",  # an operator doesn't wait for the reader
    "forge",  # the reader hands back a tail that nobody signed
    "set back",  # the reader's clock is set back
)
Left = tuple[int, ...]


@dataclass(frozen=True)
class RecoveryScope:
    """requests: records in the order of the callers. marks_lost: the writer's restore loses its high-water file too."""

    requests: tuple[str, ...]
    faults: tuple[tuple[str, int], ...] = ()
    marks_lost: bool = False
    both_lost: bool = False  # both ends are restored: what neither has is lost, and no truth can bring it back
    progress: bool = True
    broken: frozenset[RecoveryRule] = field(default=frozenset())

    def keeps(self, rule: RecoveryRule) -> bool:
        return rule not in self.broken

    def without(self, rule: RecoveryRule) -> RecoveryScope:
        return replace(self, broken=self.broken | {rule})

    @property
    def budget(self) -> Left:
        given = dict(self.faults)
        return tuple(given.get(fault, 0) for fault in FAULTS)


def recovery(*records: str, **settings: Any) -> RecoveryScope:  # faults by name with underscores, and fields
    names = {fault.replace(" ", "_"): fault for fault in FAULTS}
    faults = tuple((names[key], int(count)) for key, count in settings.items() if key in names)
    rest = {key: value for key, value in settings.items() if key not in names}
    return RecoveryScope(records, faults, **rest)


def has(left: Left, fault: str) -> bool:
    return left[FAULTS.index(fault)] > 0


def spend(left: Left, fault: str) -> Left:
    at = FAULTS.index(fault)
    return (*left[:at], left[at] - 1, *left[at + 1 :])


def chain(logs: tuple[Log, ...], origin: int) -> list[tuple[Place, str]]:
    """Places and records along the chain that ends in this channel, as far as each counts."""
    known, found = {log.origin: log for log in logs}, list[tuple[Place, str]]()
    log, cut = known.get(origin), None
    while log is not None:
        tree = log.tree if cut is None else log.tree[:cut]
        found = [((log.origin, index), record) for index, (record, _) in enumerate(tree)] + found
        if log.follows is None:
            break
        cut = log.follows[1]
        log = known.get(log.follows[0])
    return found


def doomed_in(tree: Tree) -> Records:
    return frozenset(about for record, _ in tree if record[0] == "E" and (about := target(record)))


def grown(published: frozenset[Log], log: Log) -> frozenset[Log]:
    """What has left, with this log's tree: a shorter version of the same history gives way."""
    shorter = {
        each
        for each in published
        if each.origin == log.origin and each.follows == log.follows and extends(log.tree, each.tree)
    }
    longer = any(
        each.origin == log.origin and each.follows == log.follows and extends(each.tree, log.tree) for each in published
    )
    return published if longer and log not in shorter else (published - shorter) | {log._replace(open=True)}
