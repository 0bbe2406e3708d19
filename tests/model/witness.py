"""The fourth model: a witness between a writer that runs twice and two readers, each of whom sees another copy.

A tree stands for a signed note. The witness compares, records, and only then lends its line; two requests may be inside it at once.
Its disk may be lost and an old backup come back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import combinations
from typing import NamedTuple

from .rules import WitnessRule as R
from .search import Goal, Model, Process, Truth
from .values import Tree, extends, fits, show

Lines = frozenset[tuple[int, Tree]]  # key and tree of each line that left the witness
HISTORIES: tuple[Tree, ...] = ((("a", 0), ("b", 0)), (("a", 0), ("c", 1)))
"""What the two copies of the writer sign; they part after the first record."""


class Witness(NamedTuple):
    """disk: (key, tree recorded). inside: requests that were judged good, each with what was recorded when it was judged."""

    disk: tuple[int, Tree] = (0, ())
    backup: tuple[int, Tree] | None = None
    inside: frozenset[tuple[Tree, Tree]] = frozenset()
    owed: frozenset[Tree] = frozenset()  # recorded or about to be, and not yet answered
    unsaved: Tree | None = None
    used: int = 0
    restored: bool = False


@dataclass(frozen=True)
class WitnessScope:
    crashes: int = 0
    restores: int = 0
    broken: frozenset[R] = field(default=frozenset())

    def keeps(self, rule: R) -> bool:
        return rule not in self.broken

    def without(self, rule: R) -> WitnessScope:
        return replace(self, broken=self.broken | {rule})


Left = tuple[int, int]
Readers = tuple[Tree, Tree]


def judge(scope: WitnessScope, witness: Witness) -> Iterator[tuple[str, tuple[Witness]]]:
    """A copy of the writer submits some size of its history; what doesn't extend the record is refused."""
    if len(witness.inside) > 1:
        return
    recorded = witness.disk[1]
    seen = witness.unsaved if witness.unsaved is not None else recorded
    for history in HISTORIES:
        for size in (1, 2):
            tree = history[:size]
            new = len(tree) > len(seen) and extends(tree, seen)
            if (new or (not scope.keeps(R.compares) and tree != seen)) and (tree, seen) not in witness.inside:
                text = f"the witness judges {show(tree)} against {show(seen)}: good"
                yield text, (witness._replace(inside=witness.inside | {(tree, seen)}),)


def record(scope: WitnessScope, witness: Witness, lines: Lines) -> Iterator[tuple[str, tuple[Witness, Lines]]]:
    key, recorded = witness.disk
    if witness.unsaved is not None:
        saved = witness._replace(disk=(key, witness.unsaved), unsaved=None)
        yield f"the witness's record {show(witness.unsaved)} is on disk", (saved, lines)
    else:
        for tree, seen in sorted(witness.inside):
            rest = witness.inside - {(tree, seen)}
            if scope.keeps(R.in_the_transaction) and seen != recorded:
                yield f"another request was quicker: {show(tree)} is refused", (witness._replace(inside=rest), lines)
            elif scope.keeps(R.records_first):
                after = witness._replace(disk=(key, tree), inside=rest, owed=witness.owed | {tree})
                yield f"the witness records {show(tree)}", (after, lines)
            else:
                after = witness._replace(unsaved=tree, inside=rest, owed=witness.owed | {tree})
                yield f"the witness writes {show(tree)}, not yet on disk", (after, lines)
    owed = witness.owed | ({recorded} if recorded else set())  # who asks again for what is recorded gets the same line
    for tree in sorted(owed):
        after = witness._replace(owed=witness.owed - {tree})
        yield f"the witness answers with its line over {show(tree)}, key {key}", (after, lines | {(key, tree)})


def suffer(scope: WitnessScope, witness: Witness, left: Left) -> Iterator[tuple[str, tuple[Witness, Left]]]:
    dead = witness._replace(inside=frozenset(), owed=frozenset(), unsaved=None)
    if left[0] and dead != witness:
        yield "the witness crashes", (dead, (left[0] - 1, left[1]))
    if left[1] and witness.backup is None:
        yield "a backup of the witness is taken", (witness._replace(backup=witness.disk), left)
    elif left[1] and witness.backup is not None and witness.backup != witness.disk:
        used = witness.used + 1
        disk = (used, ()) if scope.keeps(R.retires) else witness.backup
        after = dead._replace(disk=disk, backup=None, used=used, restored=True)
        said = f"it goes on with key {used}, which has promised nothing" if scope.keeps(R.retires) else "it goes on"
        yield f"the witness's disk dies, the backup is restored; {said}", (after, (left[0], left[1] - 1))


def read(scope: WitnessScope, lines: Lines, readers: Readers) -> Iterator[tuple[str, tuple[Lines, Readers]]]:
    """Each reader sees one copy, and trusts the first key of the witness until its roster says otherwise."""
    for at, (history, held) in enumerate(zip(HISTORIES, readers, strict=True)):
        for size in (1, 2):
            tree = history[:size]
            shown = (0, tree) in lines or not scope.keeps(R.readers_demand)
            if len(tree) > len(held) and shown:
                after = (tree, readers[1]) if at == 0 else (readers[0], tree)
                yield f"reader {at} holds {show(tree)}", (lines, after)


def one_history_under_one_key(lines: Lines) -> str | None:
    for (key, one), (other_key, two) in combinations(sorted(lines), 2):
        if key == other_key and not fits(one, two):
            return f"WITNESS: {show(one)} and {show(two)} bear a line by one key of the witness"
    return None


def readers_agree(readers: Readers) -> str | None:
    if not fits(*readers):
        return f"SPLIT: one reader holds {show(readers[0])}, the other {show(readers[1])}"
    return None


def somebody_is_served(witness: Witness, readers: Readers) -> bool:
    return witness.restored or any(len(held) == 2 for held in readers)


def model(scope: WitnessScope) -> Model:
    """Slots: witness, lines that left it, readers, faults left."""
    return Model(
        (Witness(), frozenset(), ((), ()), (scope.crashes, scope.restores)),
        (
            Process((0,), partial(judge, scope)),
            Process((0, 1), partial(record, scope)),
            Process((0, 3), partial(suffer, scope)),
            Process((1, 2), partial(read, scope)),
        ),
        (Truth((1,), one_history_under_one_key), Truth((2,), readers_agree)),
        Goal((0, 2), somebody_is_served),
    )
