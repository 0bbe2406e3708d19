"""The truths: what must hold in every state of every world, and where every state must still be able to arrive."""

from __future__ import annotations

from itertools import combinations

from .reader import Reader, stored
from .scope import Scope
from .values import Cosigned, Deeds, Published, erased_by, fits, records, show, target, voided_by
from .writer import Calls, Writer


def one_history_leaves(published: tuple[Published, ...]) -> str | None:
    for origin in published:
        if origin.other is not None:
            return (
                f"FORK: signed trees {show(origin.tree)} and {show(origin.other)} of one honest origin are both outside"
            )
    return None


def one_history_is_cosigned(cosigned: Cosigned) -> str | None:
    for one, two in combinations(sorted(cosigned), 2):
        if one.channel != two.channel:
            continue
        if not fits(one.tree, two.tree):
            return f"SPLIT: the reader cosigned {show(one.tree)} and {show(two.tree)} of one origin"
        if len(one.tree) == len(two.tree) and one.time != two.time:
            return f"TIME: two cosignatures over size {len(one.tree)}, times {one.time} and {two.time}"
        small, large = sorted((one, two), key=lambda line: len(line.tree))
        if small.time > large.time:
            return f"TIME: size {len(small.tree)} at {small.time}, the larger size {len(large.tree)} at {large.time}"
    return None


def what_is_cosigned_is_stored(scope: Scope, reader: Reader, cosigned: Cosigned) -> str | None:
    """Suspended from a restore of the reader until it runs again."""
    if reader.restored:
        return None
    there = stored(scope, reader) | erased_by(reader.disk.held)
    for line in cosigned:
        for index, (record, _) in enumerate(line.tree):
            if record not in there:
                return f"HELD: a cosignature over size {len(line.tree)} is out, record {index} ({record}) is not on the reader's disk"
    return None


def effects_are_lawful(scope: Scope, deeds: Deeds) -> str | None:
    if deeds.wrong:
        return f"EFFECT: the reader acted on {min(deeds.wrong)} though it had obeyed or held its erasure or withdrawal"
    for one, two in combinations([record for record, _ in deeds.acts], 2):
        if one == two:
            return f"TWICE: the reader acted twice on {one}"
    return None


def what_the_reader_erased_stays_erased(reader: Reader, deeds: Deeds) -> str | None:
    """A held order that still waits in the inbox hides its record, so a body on disk is no harm then."""
    if reader.mode == "up":
        waiting = {record for _, _, record in reader.disk.inbox}
        for order in deeds.obeyed:
            if order[0] == "E" and order[1:] in reader.disk.bodies and order not in waiting:
                return f"ERASE: the reader shows {order[1:]} again after it had erased it"
    return None


def the_writer_is_whole(writer: Writer) -> str | None:
    names = [record for record, _ in writer.disk.tree]
    ordered, replayed = erased_by(frozenset(names)), {entry for _, entry in writer.ledger or ()}
    for record, salt in writer.disk.tree:
        if names.count(record) > 1:
            return f"DOUBLE: one envelope id stands twice in the origin, {show(writer.disk.tree)}"
        if record not in writer.disk.bodies and record not in ordered and (record, salt) not in replayed:
            return f"LOST: the writer's body of {record} is gone and no committed order explains it"
    return None


def what_callers_were_told_holds(scope: Scope, calls: Calls, reader: Reader, *writers: Writer) -> str | None:
    for (record, channel), call in zip(scope.requests, calls, strict=True):
        mine = [writer for writer, where in zip(writers, scope.writers, strict=True) if where == channel]
        there = records(reader.disk.feeds[channel].held).union(*(records(writer.disk.tree) for writer in mine))
        if call == 2 and record not in there:
            return f"LOST: the caller let go of {record}, and neither end has it"
        if call and record[0] == "E":
            for writer in mine:
                if writer.mode in ("up", "open") and record[1:] in writer.disk.bodies:
                    return f"ERASE: the caller was told that {record[1:]} is erased, and the writer shows it"
    return None


def all_is_delivered(scope: Scope, calls: Calls, reader: Reader, deeds: Deeds, *writers: Writer) -> bool:
    """Full delivery, or a channel stopped with evidence, or a fence after a true restore."""
    if any(feed.stopped for feed in reader.disk.feeds):
        return True
    if (reader.restored and reader.mode == "fenced") or any(
        writer.restored and writer.mode in ("fenced", "open") for writer in writers
    ):
        return True
    if any(call < 2 for call in calls) or reader.mode != "up" or reader.disk.inbox or reader.acting or reader.owed:
        return False
    for channel, feed in enumerate(reader.disk.feeds):
        mine = [writer for writer, where in zip(writers, scope.writers, strict=True) if where == channel]
        if not any(
            writer.mode == "up" and writer.disk.tree == feed.held and writer.disk.covered == len(feed.held)
            for writer in mine
        ):
            return False
    held, acted = reader.disk.held, {record for record, _ in deeds.acts}
    due = {record for record in held if record != "u" and not target(record)} - voided_by(held)
    return due <= acted and not erased_by(held) & reader.disk.bodies
