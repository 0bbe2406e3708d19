"""A writer that comes back from a backup: it ends what it signed, takes the tail back, and goes on in a successor."""

from __future__ import annotations

from collections.abc import Iterator

from .recovery_values import (
    Answer,
    Left,
    Log,
    Reader,
    RecoveryScope,
    Writer,
    WriterDisk,
    chain,
    doomed_in,
    grown,
    has,
    spend,
)
from .rules import RecoveryRule as R
from .values import Tree, extends, show, target

Calls = tuple[int, ...]
Published = frozenset[Log]
Net = frozenset[Answer]
Outcome = tuple[str, tuple[Calls, Writer, Published]]


def write(scope: RecoveryScope, calls: Calls, writer: Writer, published: Published) -> Iterator[Outcome]:
    """W1 to W4 in one step: a caller's record is appended, committed, marked and published."""
    log = writer.disk.logs[-1]
    if writer.mode != "up" or not log.open:
        return
    known = {record for _, record in chain(writer.disk.logs, log.origin)}
    looked_up = known if scope.keeps(R.ids_across_chain) else {record for record, _ in log.tree}
    for at, (record, call) in enumerate(zip(scope.requests, calls, strict=True)):
        about = target(record)
        if call == 2 or (about and about not in known):
            continue
        told = _answered(scope, calls, at)
        if record in looked_up:
            if call == 0:
                yield f"writer finds {record} standing and answers", (told, writer, published)
            continue
        after, out = _appended(writer, published, log, record)
        yield (
            f"writer appends {record} in channel {log.origin}, publishes {show(after.disk.logs[-1].tree)}",
            (
                told,
                after,
                out,
            ),
        )


def _answered(scope: RecoveryScope, calls: Calls, at: int) -> Calls:
    """Who orders an erasure takes the answer for the deed, and nobody repeats a record that he had erased."""
    record = scope.requests[at]
    after = [*calls[:at], 1, *calls[at + 1 :]]
    if record[0] == "E":
        after[at] = 1 if scope.marks_lost else 2
        after[scope.requests.index(record[1:])] = 2
    return tuple(after)


def _appended(writer: Writer, published: Published, log: Log, record: str) -> tuple[Writer, Published]:
    new = log._replace(tree=(*log.tree, (record, writer.attempt)))
    disk = writer.disk.with_log(new)
    gone = writer.gone
    bodies = disk.bodies | {record}
    if record[0] == "E":
        bodies = bodies - {record[1:]}
        gone = gone | {place for place, there in chain(disk.logs, new.origin) if there == record[1:]}
    marks = frozenset(m for m in writer.marks or () if m[0] != new.origin) | {(new.origin, new.tree)}
    return writer._replace(disk=disk._replace(bodies=bodies), gone=gone, marks=marks), grown(published, new)


def let_go(scope: RecoveryScope, calls: Calls, writer: Writer) -> Iterator[tuple[str, tuple[Calls, Writer]]]:
    if writer.mode != "up":
        return
    for at, (record, call) in enumerate(zip(scope.requests, calls, strict=True)):
        if call == 1 and record in writer.disk.covered:
            yield f"caller sees {record} covered and lets go", ((*calls[:at], 2, *calls[at + 1 :]), writer)


def suffer(
    scope: RecoveryScope, writer: Writer, net: Net, left: Left
) -> Iterator[tuple[str, tuple[Writer, Net, Left]]]:
    """With the process goes what it was just answering."""
    if has(left, "writer restore"):
        if writer.backup is None:
            yield "a backup of the writer is taken", (writer._replace(backup=writer.disk), net, left)
        elif writer.backup != writer.disk:
            after = writer._replace(disk=writer.backup, mode="down", attempt=writer.attempt + 1)
            if scope.marks_lost:
                after = after._replace(marks=None, gone=frozenset())
            yield "the writer's disk dies, the backup is restored", (after, frozenset(), spend(left, "writer restore"))


def start(scope: RecoveryScope, writer: Writer) -> Iterator[tuple[str, tuple[Writer]]]:
    """The start after a restore: an operator has acknowledged it."""
    if writer.mode != "down":
        return
    disk, marks = writer.disk, writer.marks
    if scope.keeps(R.ledger_replayed):
        disk = _replayed(disk, writer.gone)
    if scope.keeps(R.retires):
        known = dict(marks or ())
        old = {log.origin for log in disk.logs if marks is None or known.get(log.origin, ()) != log.tree}
        lost = marks is not None and bool(set(known) - {log.origin for log in disk.logs})
        logs = tuple(log._replace(open=log.open and log.origin not in old and not lost) for log in disk.logs)
        disk = disk._replace(logs=logs)
    dark = marks is None and scope.keeps(R.dark_without_marks)
    told = frozenset((log.origin, log.tree) for log in disk.logs) | frozenset(marks or ())
    after = writer._replace(
        disk=disk, mode="up", asked=disk.logs[-1].open, dark=dark, marks=marks if marks is not None else told
    )
    yield (
        "the restore is acknowledged; "
        + ", ".join(
            f"channel {log.origin} {'goes on' if log.open else 'is retired'} at {show(log.tree)}" for log in disk.logs
        ),
        (after,),
    )


def _replayed(disk: WriterDisk, gone: frozenset[tuple[int, int]]) -> WriterDisk:
    names = {log.tree[i][0] for log in disk.logs for o, i in gone if o == log.origin and i < len(log.tree)}
    return disk._replace(bodies=disk.bodies - names)


def regain(
    scope: RecoveryScope, writer: Writer, reader: Reader, left: Left
) -> Iterator[tuple[str, tuple[Writer, Reader, Left]]]:
    """The reader is asked what it holds of our channels; the tail comes back, or there is none."""
    if writer.mode != "up" or reader.mode != "up" or writer.asked or not scope.keeps(R.regains):
        return
    disk = writer.disk
    for feed in reader.disk.feeds:
        log = disk.log(feed.origin)
        if log is None:
            if not scope.keeps(R.successors_regained):
                continue
            log = Log(feed.origin, (), feed.follows, open=False)
        disk = _with_tail(scope, writer, reader, disk, log, feed.held)
    if has(left, "forge") and not disk.logs[-1].open:
        last = disk.logs[-1]
        false = (*last.tree, ("x", 99))
        if not scope.keeps(R.tail_verified):
            forged = disk.with_log(last._replace(tree=false))
            yield (
                "the reader hands back a record that nobody signed, and it is taken",
                (
                    writer._replace(disk=forged, asked=True, dark=False),
                    reader,
                    spend(left, "forge"),
                ),
            )
    text = "the reader hands back what it holds: " + ", ".join(show(log.tree) for log in disk.logs)
    yield text, (writer._replace(disk=disk, asked=True, dark=False), reader, left)


def _with_tail(
    scope: RecoveryScope, writer: Writer, reader: Reader, disk: WriterDisk, log: Log, held: Tree
) -> WriterDisk:
    if log.open or not extends(held, log.tree):
        return disk.with_log(log) if disk.log(log.origin) is None and not log.open else disk
    fresh = held[len(log.tree) :]
    disk = disk.with_log(log._replace(tree=held))
    come = frozenset(record for record, _ in fresh) & reader.disk.bodies
    disk = disk._replace(bodies=disk.bodies | come)
    if scope.keeps(R.tail_obeyed):
        disk = _replayed(disk, writer.gone)
        disk = disk._replace(bodies=disk.bodies - doomed_in(held))
    return disk


def go_on(
    scope: RecoveryScope, writer: Writer, left: Left, published: Published
) -> Iterator[tuple[str, tuple[Writer, Left, Published]]]:
    """A successor opens at the cut; without the tail only when an operator says so."""
    last = writer.disk.logs[-1]
    if writer.mode != "up" or last.open:
        return
    waits = not writer.asked and scope.keeps(R.regains)
    if waits and not has(left, "cut"):
        return
    used = {log.origin for log in published} | {log.origin for log in writer.disk.logs}
    new = Log(max(used) + 1, (), (last.origin, len(last.tree)))
    marks = frozenset(writer.marks or ()) | {(new.origin, ())}
    after = writer._replace(disk=writer.disk.with_log(new), marks=marks, asked=True, dark=False)
    how = " without having asked the reader" if waits else ""
    text = f"channel {new.origin} opens and continues {last.origin} at size {len(last.tree)}{how}"
    yield text, (after, spend(left, "cut") if waits else left, published | {new})


def take_more(scope: RecoveryScope, writer: Writer, reader: Reader) -> Iterator[tuple[str, tuple[Writer, Reader]]]:
    """What the reader holds above a cut comes back too, once it is seen there; nothing is signed for it."""
    if writer.mode != "up" or reader.mode != "up" or not writer.disk.logs[-1].open or not scope.keeps(R.orphans):
        return
    for log in writer.disk.logs:
        feed = reader.disk.feed(log.origin)
        if log.open or feed is None or len(feed.held) <= len(log.tree):
            continue
        disk = _with_tail(scope, writer, reader, writer.disk, log, feed.held)
        if disk != writer.disk:
            yield (
                f"the reader hands back what it holds above the cut: {show(feed.held)}",
                (
                    writer._replace(disk=disk),
                    reader,
                ),
            )


def reissue(
    scope: RecoveryScope, calls: Calls, writer: Writer, published: Published
) -> Iterator[tuple[str, tuple[Calls, Writer, Published]]]:
    """What stands above a cut is issued again, and so is an erasure whose order nobody holds any more."""
    log = writer.disk.logs[-1]
    if writer.mode != "up" or not log.open:
        return
    known = {record for _, record in chain(writer.disk.logs, log.origin)}
    for each in writer.disk.logs:
        if each.open or not scope.keeps(R.orphans):
            continue
        for record, _ in each.tree:
            if record in known or record not in writer.disk.bodies:
                continue
            after, out = _appended(writer, published, log, record)
            yield f"writer issues {record} again, which the reader holds above the cut", (calls, after, out)
            return
    for origin, index in sorted(writer.gone):
        old = writer.disk.log(origin)
        if old is None or index >= len(old.tree) or not scope.keeps(R.lost_orders_again):
            continue
        order = "E" + old.tree[index][0]
        if order not in known:
            after, out = _appended(writer, published, log, order)
            yield f"writer orders again what its high-water file says was erased: {order}", (calls, after, out)
            return
