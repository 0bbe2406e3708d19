"""The writer: one sequencer that queues, signs, commits, marks the high water, and only then answers and publishes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .rules import Rule
from .scope import Left, Scope, has, spend
from .values import NOTHING, Entry, Published, Records, Tree, erased_by, extends, records, show, target

Calls = tuple[int, ...]  # for each request: 0 held and unanswered, 1 held and answered, 2 let go
Step = tuple[str, "Writer"]
Due = frozenset[str]  # "size", "orders"

# What was erased. The file names places only; the entry stands beside it for the truths.
Ledger = frozenset[tuple[int, Entry]]


class Disk(NamedTuple):
    """Committed transactions: what a backup holds."""

    tree: Tree = ()
    bodies: Records = NOTHING
    covered: int = 0  # largest size under a merged cosignature
    exists: bool = True  # the row of the channel


class Batch(NamedTuple):
    """A transaction under way: built and signed in memory."""

    tree: Tree
    answers: tuple[str, ...]
    fresh: tuple[str, ...]


class Writer(NamedTuple):
    """One writer. mode: up, down, fenced, open (mended: readable, never signing), absent."""

    disk: Disk
    backup: Disk | None = None
    mark: Tree | None = ()  # high-water line, beside the database
    ledger: Ledger | None = frozenset()  # erase orders in the same file; None when the file is lost
    mode: str = "up"
    memory: Tree = ()
    queue: tuple[str, ...] = ()
    batch: Batch | None = None
    told: tuple[str, ...] = ()  # committed, not yet answered
    served: Tree | None = None
    due: Due = frozenset()  # lines that the high-water file still lacks
    attempt: int = 0  # number of the next salts
    restored: bool = False


def newborn(scope: Scope) -> Writer:
    return Writer(Disk(exists=False), mark=None) if scope.birth else Writer(Disk())


def ids(writer: Writer, scope: Scope) -> Records:
    """What the look-up of an id finds on disk."""
    rows = records(writer.disk.tree)
    return rows if scope.keeps(Rule.ids_survive_erase) else rows & writer.disk.bodies


def queue(
    scope: Scope, name: str, channel: int, calls: Calls, writer: Writer, left: Left
) -> Iterator[tuple[str, tuple[Calls, Writer, Left]]]:
    """W1: a caller sends or repeats a request; its loss is a call that was not made."""
    if writer.mode != "up" or not writer.disk.exists or scope.coarse:
        return
    known, on_disk = ids(writer, scope), records(writer.disk.tree)
    for (record, where), call in zip(scope.requests, calls, strict=True):
        about = target(record)
        if where != channel or (about and (about, channel) in scope.requests and about not in on_disk):
            continue  # an order follows its record; a copy of it in another channel may come at any time
        waits = record in writer.queue or record in writer.told
        under_way = waits or (writer.batch is not None and record in writer.batch.answers)
        if call < 2 and not waits and not (call == 1 and record in known):
            yield f"W1 caller sends {record} to {name}", (calls, _queued(scope, writer, record), left)
        if has(left, "late call") and (call or under_way) and record not in known:
            text = f"W1 a late copy of the request {record} reaches {name}"
            yield text, (calls, _queued(scope, writer, record), spend(left, "late call"))


def _queued(scope: Scope, writer: Writer, record: str) -> Writer:
    if not scope.keeps(Rule.ids_in_transaction) and record in ids(writer, scope):
        return writer._replace(told=(*writer.told, record))
    return writer._replace(queue=(*writer.queue, record))


def work(scope: Scope, name: str, writer: Writer) -> Iterator[tuple[str, tuple[Writer]]]:
    """Everything that the writer does by itself."""
    match writer.mode:
        case "down":
            steps = _start(scope, name, writer)
        case "fenced":
            steps = _mend(scope, name, writer)
        case "up" if not writer.disk.exists:
            steps = _create(scope, name, writer)
        case "up":
            steps = _sequence(scope, name, writer)
        case _:
            return
    for text, after in steps:
        yield text, (after,)


def _start(scope: Scope, name: str, writer: Writer) -> Iterator[Step]:
    disk, mark = writer.disk, writer.mark
    lacks = mark is None and disk.exists and scope.keeps(Rule.absence_fences)
    behind = mark is not None and not extends(disk.tree, mark)
    if (lacks or behind) and scope.keeps(Rule.fence):
        yield (
            f"{name} starts, its high-water line is {'absent' if lacks else 'ahead'}: fenced",
            writer._replace(mode="fenced"),
        )
        return
    disk = _replayed(scope, writer)
    due = _lacking(scope, writer) if disk.exists and scope.keeps(Rule.marks_caught_up) else frozenset()
    yield (
        f"{name} starts at {show(disk.tree)}",
        writer._replace(mode="up", disk=disk, memory=disk.tree, due=due, restored=False),
    )


def _lacking(scope: Scope, writer: Writer) -> Due:
    """Lines that the high-water file needs before anything may leave."""
    orders = scope.keeps(Rule.erase_ledger) and not _orders(writer.disk.tree) <= (writer.ledger or frozenset())
    return frozenset((["size"] if writer.mark != writer.disk.tree else []) + (["orders"] if orders else []))


def _orders(tree: Tree) -> Ledger:
    """What the orders of a tree erase, by place."""
    doomed = erased_by(tree)
    return frozenset((index, entry) for index, entry in enumerate(tree) if entry[0] in doomed)


def _replayed(scope: Scope, writer: Writer) -> Disk:
    """The disk without what the ledger says was erased at these places."""
    disk = writer.disk
    if not scope.keeps(Rule.erase_ledger) or writer.ledger is None:
        return disk
    gone = frozenset(disk.tree[index][0] for index, _ in writer.ledger if index < len(disk.tree))
    return disk._replace(bodies=disk.bodies - gone)


def _mend(scope: Scope, name: str, writer: Writer) -> Iterator[Step]:
    if writer.ledger is not None:  # without it nobody knows what must stay hidden
        text = f"an operator opens {name} for reading, the erase ledger is replayed first"
        yield text, writer._replace(mode="open", disk=_replayed(scope, writer))


def _create(scope: Scope, name: str, writer: Writer) -> Iterator[Step]:
    if writer.mark is None and scope.keeps(Rule.mark_before_channel):
        yield f"{name} writes the high-water line of size 0", writer._replace(mark=(), ledger=frozenset())
    else:
        yield f"{name} creates the row of the channel", writer._replace(disk=writer.disk._replace(exists=True))


def _sequence(scope: Scope, name: str, writer: Writer) -> Iterator[Step]:
    """W2, W3 and W3b."""
    batch, disk = writer.batch, writer.disk
    busy = bool(batch or writer.due or writer.told) if scope.keeps(Rule.one_group_at_a_time) else batch is not None
    if writer.queue and not busy:
        known = ids(writer, scope) if scope.keeps(Rule.ids_in_transaction) else NOTHING
        fresh = tuple(record for record in writer.queue if record not in known)
        if scope.keeps(Rule.ids_in_transaction):
            fresh = tuple(dict.fromkeys(fresh))
        if not fresh:
            yield f"W2 {name} finds every id on disk", writer._replace(queue=(), told=writer.told + writer.queue)
        else:
            tree = writer.memory + tuple((record, writer.attempt) for record in fresh)
            memory = writer.memory if scope.keeps(Rule.memory_after_commit) else tree
            after = writer._replace(batch=Batch(tree, writer.queue, fresh), queue=(), memory=memory)
            yield f"W2 {name} builds and signs {show(tree)} in memory", after
    if batch is not None:
        doomed = erased_by(frozenset(batch.fresh))
        committed = disk._replace(tree=batch.tree, bodies=(disk.bodies | frozenset(batch.fresh)) - doomed)
        after = writer._replace(disk=committed, memory=batch.tree, batch=None, told=writer.told + batch.answers)
        after = after._replace(due=_lacking(scope, after))
        yield (
            f"W3 {name} commits {show(batch.tree)}"
            + (f"; the body of {', '.join(doomed)} goes with it" if doomed else ""),
            after,
        )
        if not scope.keeps(Rule.erase_with_order) and doomed & disk.bodies:
            early = writer._replace(disk=disk._replace(bodies=disk.bodies - doomed))
            yield f"{name} deletes the body of {', '.join(doomed)} before the order is committed", early
    if writer.due:
        yield _fsync_beside(scope, name, writer)


def _fsync_beside(scope: Scope, name: str, writer: Writer) -> Step:
    """W3b: two kinds of lines into one file; power may go between them."""
    tree = writer.disk.tree
    if "orders" in writer.due and (scope.keeps(Rule.ledger_before_answer) or "size" not in writer.due):
        ledger = (writer.ledger or frozenset()) | _orders(tree)
        return f"W3b {name} fsyncs the erase order outside the backup set", writer._replace(
            ledger=ledger, due=writer.due - {"orders"}
        )
    return f"W3b {name} fsyncs the high-water line {show(tree)}", writer._replace(mark=tree, due=writer.due - {"size"})


def publish(
    scope: Scope, name: str, channel: int, calls: Calls, writer: Writer, published: tuple[Published, ...]
) -> Iterator[tuple[str, tuple[Calls, Writer, tuple[Published, ...]]]]:
    """W4: the note leaves, callers are answered; an answer may be lost."""
    if writer.mode != "up":
        return
    tree, batch = writer.disk.tree, writer.batch
    if batch is not None and not scope.keeps(Rule.publish_after_commit) and writer.served != batch.tree:
        out = _left(scope, published, channel, batch.tree)
        yield f"W4 {name} publishes {show(batch.tree)} before COMMIT", (calls, writer._replace(served=batch.tree), out)
    if ("size" in writer.due and scope.keeps(Rule.highwater_before_publish)) or (
        "orders" in writer.due and scope.keeps(Rule.ledger_before_answer)
    ):
        return
    if tree and (writer.served != tree or writer.told):
        after, out = writer._replace(served=tree, told=()), _left(scope, published, channel, tree)
        if writer.told:
            answered = 1 if scope.keeps(Rule.caller_keeps) else 2
            told = tuple(
                max(call, answered) if where == channel and record in writer.told else call
                for (record, where), call in zip(scope.requests, calls, strict=True)
            )
            yield f"W4 {name} publishes {show(tree)} and answers {', '.join(writer.told)}", (told, after, out)
        yield f"W4 {name} publishes {show(tree)}" + ("; the answer is lost" if writer.told else ""), (calls, after, out)


def _left(scope: Scope, published: tuple[Published, ...], channel: int, tree: Tree) -> tuple[Published, ...]:
    """What left the honest writer of a channel; two copies of one database are no honest writer."""
    if scope.copies > 1:
        return published
    return (*published[:channel], published[channel].with_(tree), *published[channel + 1 :])


def at_once(
    scope: Scope, name: str, channel: int, calls: Calls, writer: Writer, published: tuple[Published, ...]
) -> Iterator[tuple[str, tuple[Calls, Writer, tuple[Published, ...]]]]:
    """W1 to W4 in one step, for worlds in which the writer suffers nothing in between."""
    if not scope.coarse or writer.mode != "up":
        return
    disk = writer.disk
    for at, ((record, where), call) in enumerate(zip(scope.requests, calls, strict=True)):
        about = target(record)
        early = about and (about, channel) in scope.requests and about not in records(disk.tree)
        if where != channel or call == 2 or early or record in records(disk.tree):
            continue
        tree = (*disk.tree, (record, writer.attempt))
        bodies = (disk.bodies | {record}) - erased_by(frozenset((record,)))
        done = writer._replace(disk=disk._replace(tree=tree, bodies=bodies), mark=tree, memory=tree, served=tree)
        done = done._replace(ledger=(writer.ledger or frozenset()) | _orders(tree))
        told = (*calls[:at], 1, *calls[at + 1 :])
        yield (
            f"W1-W4 {name} takes {record}, commits, publishes {show(tree)}, answers",
            (told, done, _left(scope, published, channel, tree)),
        )


def let_go(scope: Scope, channel: int, calls: Calls, writer: Writer) -> Iterator[tuple[str, tuple[Calls, Writer]]]:
    """A caller learns that a recipient's cosignature covers its record, and forgets the request."""
    if writer.mode != "up":
        return
    covered = records(writer.disk.tree[: writer.disk.covered])
    for at, ((record, where), call) in enumerate(zip(scope.requests, calls, strict=True)):
        if call == 1 and where == channel and record in covered:
            yield (
                f"caller sees {record} covered by a cosignature and lets go",
                ((*calls[:at], 2, *calls[at + 1 :]), writer),
            )
