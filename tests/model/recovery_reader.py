"""A reader that comes back from a backup: dark until it has caught up, then what it was before."""

from __future__ import annotations

from collections.abc import Iterator

from .recovery_values import (
    Answer,
    Deeds,
    Feed,
    Left,
    Line,
    Log,
    Place,
    Reader,
    ReaderDisk,
    RecoveryScope,
    Writer,
    chain,
    has,
    spend,
)
from .rules import RecoveryRule as R
from .values import NOTHING, Tree, extends, records, show, target, voided_by

Net = frozenset[Answer]
Cosigned = frozenset[Line]


def ask(
    scope: RecoveryScope, writer: Writer, reader: Reader, net: Net
) -> Iterator[tuple[str, tuple[Writer, Reader, Net]]]:
    """The reader asks for channels and notes; the answer is under way."""
    room = 2 if dict(scope.faults).get("late answer") else 1
    if writer.mode != "up" or reader.mode != "up" or len(net) >= room or not writer.disk.logs[-1].open:
        return
    answer = Answer(reader.epoch, tuple(_to_its_cut(log, writer.disk.logs) for log in writer.disk.logs))
    if any(_news(reader, log) for log in answer.logs) or any(feed.standing == "behind" for feed in reader.disk.feeds):
        yield "the reader asks for channels and notes", (writer, reader, net | {answer})


def _to_its_cut(log: Log, logs: tuple[Log, ...]) -> Log:
    """A channel that another one continues is shown to its cut, whatever was taken back above it."""
    cuts = [each.follows[1] for each in logs if each.follows is not None and each.follows[0] == log.origin]
    return log._replace(tree=log.tree[: cuts[0]]) if cuts else log


def _news(reader: Reader, log: Log) -> bool:
    feed = reader.disk.feed(log.origin)
    return feed is None or (log.tree not in (feed.held, feed.pending) and len(log.tree) > len(feed.held))


def drop(net: Net) -> Iterator[tuple[str, tuple[Net]]]:
    for answer in net:
        yield "the answer is lost", (net - {answer},)


def hear(scope: RecoveryScope, reader: Reader, net: Net, left: Left) -> Iterator[tuple[str, tuple[Reader, Net, Left]]]:
    """An answer arrives. One that was asked for before a restore counts as news, and doesn't end the catching up."""
    if reader.mode != "up":
        return
    for answer in net:
        late, disk = answer.epoch != reader.epoch, reader.disk
        fresh = not late or not scope.keeps(R.catch_up_fresh)
        for log in answer.logs:
            feed = disk.feed(log.origin)
            if feed is None:
                ahead = log.follows is not None and not _complete(disk, log.follows)
                if ahead and not scope.keeps(R.successor_free):
                    continue
                standing = "behind" if any(each.standing == "behind" for each in disk.feeds) else "open"
                feed = Feed(log.origin, log.follows, standing=standing)
            disk = disk.with_feed(_noted(feed, log.tree, fresh=fresh))
        disk = _ended(scope, disk)
        text = "a late answer reaches the reader: " if late else "the reader hears of "
        text += ", ".join(show(log.tree) for log in answer.logs)
        after = reader._replace(disk=disk)
        yield text, (after, net - {answer}, left)
        if has(left, "late answer"):
            yield text + " (a copy stays under way)", (after, net, spend(left, "late answer"))


def _complete(disk: ReaderDisk, place: Place) -> bool:
    feed = disk.feed(place[0])
    return feed is not None and len(feed.held) >= place[1]


def _noted(feed: Feed, tree: Tree, *, fresh: bool) -> Feed:
    best = feed.pending or feed.held
    if len(tree) > len(best) and extends(tree, best):
        feed = feed._replace(pending=tree)
    if fresh and feed.standing == "behind":
        feed = feed._replace(target=len(tree))
    return feed


def _ended(scope: RecoveryScope, disk: ReaderDisk) -> ReaderDisk:
    """What was pending above the cut of a channel that another one continues is cut back to it."""
    if not scope.keeps(R.pending_let_go):
        return disk
    for after in disk.feeds:
        feed = disk.feed(after.follows[0]) if after.follows is not None else None
        if feed is None or after.follows is None or feed.pending is None or len(feed.pending) <= after.follows[1]:
            continue
        cut = after.follows[1]
        rest = feed.pending[:cut] if cut > len(feed.held) else None
        got = frozenset((i, state) for i, state in feed.got if i < cut and not _above(feed, state, cut))
        got = got if rest else frozenset[tuple[int, str | Place]]()
        disk = disk.with_feed(feed._replace(pending=rest, got=got))
    return disk


def _above(feed: Feed, state: str | Place, cut: int) -> bool:
    """Whether it is said to be erased by an order that lies above the cut: then it is asked for again."""
    return not isinstance(state, str) and state[0] == feed.origin and state[1] >= cut


def fetch(scope: RecoveryScope, writer: Writer, reader: Reader) -> Iterator[tuple[str, tuple[Writer, Reader]]]:
    """R4, one record at a time, question and answer in one step."""
    if writer.mode != "up" or reader.mode != "up":
        return
    for feed in reader.disk.feeds:
        log = writer.disk.log(feed.origin)
        if feed.pending is None or log is None:
            continue
        for index in range(len(feed.held), min(len(feed.pending), len(log.tree))):
            if not feed.lacks(index) or feed.pending[index] != log.tree[index]:
                continue
            record = log.tree[index][0]
            state: str | Place | None = "body" if record in writer.disk.bodies else _order_of(writer, record)
            if state is None or (not isinstance(state, str) and not _covered(scope, reader, feed, state)):
                continue
            said = "its body" if state == "body" else f"erased by {state}"
            after = reader.disk.with_feed(feed._replace(got=feed.got | {(index, state)}))
            yield f"the reader gets {feed.origin}/{index}: {said}", (writer, reader._replace(disk=after))


def _order_of(writer: Writer, record: str) -> Place | None:
    """The order as it counts along the chain; one above a cut counts no more."""
    places = [place for place, said in chain(writer.disk.logs, writer.disk.logs[-1].origin) if said == "E" + record]
    return places[0] if places else None


def _covered(scope: RecoveryScope, reader: Reader, feed: Feed, order: Place) -> bool:
    """'Erased' counts if the order lies below the pending size here, or is held in another channel."""
    if order[0] == feed.origin:
        return feed.pending is not None and order[1] < len(feed.pending)
    other = reader.disk.feed(order[0])
    return scope.keeps(R.order_names_origin) and other is not None and order[1] < len(other.held)


def work(
    scope: RecoveryScope, reader: Reader, deeds: Deeds, cosigned: Cosigned
) -> Iterator[tuple[str, tuple[Reader, Deeds, Cosigned]]]:
    """R5 to R8, and what ends the catching up."""
    if reader.mode != "up":
        return
    for feed in reader.disk.feeds:
        if feed.pending is not None and all(not feed.lacks(i) for i in range(len(feed.held), len(feed.pending))):
            yield f"R5 the reader holds {feed.origin} {show(feed.pending)}", (_held(reader, feed), deeds, cosigned)
        dark = feed.standing == "behind" and scope.keeps(R.catch_up)
        if dark:
            continue
        size = len(feed.held)
        if size and (feed.line is None or feed.line[0] < size):
            yield _sign(scope, reader, feed, deeds, cosigned)
        if feed.line is not None and feed.drained < feed.line[0]:
            yield _drain(reader, feed, deeds, cosigned)
    if any(feed.standing == "behind" for feed in reader.disk.feeds):
        yield from _caught_up(scope, reader, deeds, cosigned)


def _held(reader: Reader, feed: Feed) -> Reader:
    got, tree = dict(feed.got), feed.pending or ()
    come = frozenset(tree[i][0] for i in range(len(feed.held), len(tree)) if got[i] == "body")
    disk = reader.disk._replace(bodies=reader.disk.bodies | (come - _erased_before(reader.disk)))
    return reader._replace(disk=disk.with_feed(feed._replace(held=tree, pending=None, got=frozenset())))


def _erased_before(disk: ReaderDisk) -> frozenset[str]:
    return frozenset(tomb[1:] for tomb in disk.tombs if tomb[0] == "E")


def _sign(
    scope: RecoveryScope, reader: Reader, feed: Feed, deeds: Deeds, cosigned: Cosigned
) -> tuple[str, tuple[Reader, Deeds, Cosigned]]:
    lines = [each.line[1] for each in reader.disk.feeds if each.line]
    time = max([reader.clock, *lines, *([reader.time] if scope.keeps(R.time_from_marks) else [])])
    line = Line(feed.origin, feed.held, time, reader.key)
    marks = dict(reader.marks) | {feed.origin: len(feed.held)}
    after = reader._replace(
        disk=reader.disk.with_feed(feed._replace(line=(len(feed.held), time))),
        marks=tuple(sorted(marks.items())),
        time=max(reader.time, time),
    )
    return f"R7 the reader cosigns {feed.origin} {show(feed.held)} at time {time}", (after, deeds, cosigned | {line})


def _drain(reader: Reader, feed: Feed, deeds: Deeds, cosigned: Cosigned) -> tuple[str, tuple[Reader, Deeds, Cosigned]]:
    """R8: effect, acknowledgement and cursor in one transaction."""
    record, disk = feed.held[feed.drained][0], reader.disk.with_feed(feed._replace(drained=feed.drained + 1))
    about = target(record)
    if about:
        after, said = _obey(reader._replace(disk=disk), record), f"obeys {record}"
        return f"R8 the reader {said}", (after, deeds._replace(obeyed=deeds.obeyed | {record}), cosigned)
    answered = {name for name, _ in disk.acks}
    shut = voided_by(disk.held) | {tomb[1:] for tomb in disk.tombs}
    if record in disk.done | answered or record in shut or record not in disk.bodies:
        return f"R8 the reader passes over {record}", (reader._replace(disk=disk), deeds, cosigned)
    disk = disk._replace(done=disk.done | {record}, acks=disk.acks | {(record, reader.epoch)})
    wrong = deeds.wrong | ({record} if record in voided_by(deeds.obeyed) else NOTHING)
    after_deeds = deeds._replace(acts=deeds.acts | {record}, wrong=wrong)
    return f"R8 the reader acts on {record} and acknowledges it", (reader._replace(disk=disk), after_deeds, cosigned)


def _obey(reader: Reader, order: str) -> Reader:
    disk = reader.disk._replace(tombs=reader.disk.tombs | {order})
    gone = reader.gone
    if order[0] == "E":
        disk = disk._replace(bodies=disk.bodies - {order[1:]})
        gone = gone | {(f.origin, i) for f in disk.feeds for i, (record, _) in enumerate(f.held) if record == order[1:]}
    return reader._replace(disk=disk, gone=gone)


def _caught_up(
    scope: RecoveryScope, reader: Reader, deeds: Deeds, cosigned: Cosigned
) -> Iterator[tuple[str, tuple[Reader, Deeds, Cosigned]]]:
    """Every channel is held up to what a fresh answer says: orders first, then all of them open at once."""
    feeds = reader.disk.feeds
    if any(f.standing == "behind" and (f.target is None or len(f.held) < f.target) for f in feeds):
        return
    if not reader.regained and scope.keeps(R.acks_regained):
        return
    after = reader
    if scope.keeps(R.orders_first):
        for feed in feeds:
            for record, _ in feed.held:
                if record[0] in "EW":
                    after = _obey(after, record)
    for feed in after.disk.feeds:
        after = after._replace(disk=after.disk.with_feed(feed._replace(standing="open", target=None)))
    short = any(size > len(feed.held) for origin, size in reader.marks if (feed := after.disk.feed(origin)) is not None)
    unknown = any(after.disk.feed(origin) is None for origin, _ in reader.marks)
    text = "the reader has caught up"
    if (short or unknown) and scope.keeps(R.key_retired):
        held = tuple((origin, len(f.held)) for origin, _ in reader.marks if (f := after.disk.feed(origin)) is not None)
        after = after._replace(key=reader.key + 1, marks=held)
        text += "; what it had cosigned is nowhere, so its receipt key is retired"
    yield text, (after, deeds, cosigned)


def merge(writer: Writer, reader: Reader) -> Iterator[tuple[str, tuple[Writer, Reader]]]:
    """The stored lines reach the writer, and it reads the acknowledgements."""
    if writer.mode != "up" or reader.mode != "up":
        return
    covered = writer.disk.covered
    for feed in reader.disk.feeds:
        log = writer.disk.log(feed.origin)
        if log is not None and feed.line is not None and extends(log.tree, feed.held[: feed.line[0]]):
            covered = covered | records(feed.held[: feed.line[0]])
    if covered != writer.disk.covered:
        yield (
            "W5 the writer merges the reader's lines",
            (
                writer._replace(disk=writer.disk._replace(covered=covered)),
                reader,
            ),
        )
    if not reader.disk.acks <= writer.disk.acks and reader.regained:
        acks = writer.disk.acks | reader.disk.acks
        yield (
            "the writer holds the reader's acknowledgements",
            (
                writer._replace(disk=writer.disk._replace(acks=acks)),
                reader,
            ),
        )


def regain(scope: RecoveryScope, writer: Writer, reader: Reader) -> Iterator[tuple[str, tuple[Writer, Reader]]]:
    """A restored reader takes the end of its own channel back from the writer."""
    if writer.mode != "up" or reader.mode != "up" or reader.regained:
        return
    mine = writer.disk.acks if scope.keeps(R.acks_regained) else frozenset[tuple[str, int]]()
    after = reader._replace(disk=reader.disk._replace(acks=reader.disk.acks | mine), regained=True)
    yield "the reader takes its own acknowledgements back from the writer", (writer, after)


def suffer(scope: RecoveryScope, reader: Reader, left: Left) -> Iterator[tuple[str, tuple[Reader, Left]]]:
    if has(left, "reader restore"):
        if reader.backup is None:
            yield "a backup of the reader is taken", (reader._replace(backup=reader.disk), left)
        elif reader.backup != reader.disk:
            yield (
                "the reader's disk dies, the backup is restored",
                (
                    _restored(reader, reader.backup),
                    spend(left, "reader restore"),
                ),
            )
    if has(left, "set back"):
        yield "the reader's clock is set back", (reader._replace(clock=reader.clock - 1), spend(left, "set back"))


def _restored(reader: Reader, disk: ReaderDisk) -> Reader:
    """Erasures of its own high-water file are carried out again; every channel of the writer's is behind."""
    names = {f.held[i][0] for f in disk.feeds for o, i in reader.gone if o == f.origin and i < len(f.held)}
    feeds = tuple(feed._replace(standing="behind", target=None) for feed in disk.feeds)
    disk = disk._replace(feeds=feeds, bodies=disk.bodies - names)
    return reader._replace(disk=disk, epoch=reader.epoch + 1, regained=False)
