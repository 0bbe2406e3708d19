"""What must hold while nodes come back from backups, and where every state must still be able to arrive."""

from __future__ import annotations

from itertools import combinations

from .recovery_reader import Cosigned
from .recovery_values import Deeds, Log, Reader, RecoveryScope, Writer, chain
from .recovery_writer import Calls
from .rules import RecoveryRule as R
from .values import erased_by, extends, fits, show, target, voided_by


def one_history_leaves(published: frozenset[Log]) -> str | None:
    for one, two in combinations(sorted(published, key=repr), 2):
        if one.origin == two.origin and not fits(one.tree, two.tree):
            return f"FORK: {show(one.tree)} and {show(two.tree)} of one origin are both outside"
    return None


def one_chain_is_taken_up(reader: Reader) -> str | None:
    for one, two in combinations(reader.disk.feeds, 2):
        if one.follows is not None and two.follows is not None and one.follows[0] == two.follows[0]:
            return f"CHAIN: the reader has two channels, {one.origin} and {two.origin}, that both continue {one.follows[0]}"
    return None


def what_is_signed_was_signed(writer: Writer, published: frozenset[Log]) -> str | None:
    for log in writer.disk.logs:
        if not any(each.origin == log.origin and extends(each.tree, log.tree) for each in published):
            return f"FORGED: the writer took {show(log.tree)} for its own, and never signed it"
    names = [record for _, record in chain(writer.disk.logs, writer.disk.logs[-1].origin)]
    for name in names:
        if names.count(name) > 1:
            return f"DOUBLE: {name} stands twice along the chain"
    return None


def what_is_cosigned_is_stored(reader: Reader, cosigned: Cosigned) -> str | None:
    """Suspended until a restored reader has caught up; a retired key promises nothing any more."""
    if any(feed.standing == "behind" for feed in reader.disk.feeds):
        return None
    there = reader.disk.bodies | erased_by(reader.disk.held) | {tomb[1:] for tomb in reader.disk.tombs}
    for line in cosigned:
        feed = reader.disk.feed(line.origin)
        whole = feed is not None and extends(feed.held, line.tree)
        if line.key == reader.key and not (whole and all(record in there for record, _ in line.tree)):
            return f"HELD: a cosignature over {show(line.tree)} is out, and not all of it is on the reader's disk"
    return None


def lines_go_forward(cosigned: Cosigned) -> str | None:
    for one, two in combinations(sorted(cosigned), 2):
        if one.origin != two.origin or one.key != two.key:
            continue
        small, large = sorted((one, two), key=lambda line: len(line.tree))
        if len(small.tree) < len(large.tree) and small.time > large.time:
            return f"TIME: size {len(small.tree)} at {small.time}, the larger size {len(large.tree)} at {large.time}"
    return None


def effects_are_lawful(writer: Writer, deeds: Deeds) -> str | None:
    if deeds.wrong:
        return f"EFFECT: the reader acted on {min(deeds.wrong)} though it had obeyed its withdrawal"
    for (one, _), (two, _) in combinations(sorted(writer.disk.acks), 2):
        if one == two:
            return f"TWICE: the writer holds two acknowledgements of {one}"
    return None


def what_was_erased_stays_erased(
    scope: RecoveryScope, calls: Calls, writer: Writer, reader: Reader, deeds: Deeds
) -> str | None:
    shown = writer.mode == "up" and not writer.dark
    for record, call in zip(scope.requests, calls, strict=True):
        about = target(record)
        if record[0] == "E" and call == 2 and shown and about in writer.disk.bodies:
            return f"ERASE: the caller was told that {about} is erased, and the writer shows it"
    open_ = not scope.keeps(R.catch_up) or all(feed.standing == "open" for feed in reader.disk.feeds)
    for order in deeds.obeyed:
        if order[0] == "E" and open_ and order[1:] in reader.disk.bodies:
            return f"ERASE: the reader shows {order[1:]} again after it had erased it"
    return None


def nothing_is_lost(scope: RecoveryScope, calls: Calls, writer: Writer, reader: Reader) -> str | None:
    if scope.both_lost:
        return None
    there = {record for log in writer.disk.logs for record, _ in log.tree} | reader.disk.held
    for record, call in zip(scope.requests, calls, strict=True):
        erased = "E" + record in scope.requests and calls[scope.requests.index("E" + record)]
        if call == 2 and record not in there and record[0] != "E" and not erased:
            return f"LOST: the caller let go of {record}, and neither end has it"
    return None


def all_is_delivered(scope: RecoveryScope, calls: Calls, writer: Writer, reader: Reader, deeds: Deeds) -> bool:
    """Everything that was asked for is held and done, or erased at both ends; both ends agree on the chain."""
    if writer.mode != "up" or not writer.disk.logs[-1].open:
        return False
    feeds = reader.disk.feeds
    if any(f.standing != "open" or f.pending is not None or f.drained != len(f.held) for f in feeds):
        return False
    mine = {record for _, record in chain(writer.disk.logs, writer.disk.logs[-1].origin)}
    bodies = writer.disk.bodies | reader.disk.bodies
    doomed = {record[1:] for record, call in zip(scope.requests, calls, strict=True) if record[0] == "E" and call}
    for record, call in zip(scope.requests, calls, strict=True):
        if record in doomed or record[0] == "E":
            if record in bodies if record in doomed else record[1:] in bodies or not call:
                return False
        elif call < 2 or (record not in reader.disk.held and not scope.both_lost):
            return False
    if not reader.disk.held - doomed <= mine | doomed or not {f.origin for f in feeds} >= {writer.disk.logs[-1].origin}:
        return False
    due = {record for record in reader.disk.held if not target(record)} - voided_by(reader.disk.held) - doomed
    return due <= deeds.acts and reader.disk.acks <= writer.disk.acks
