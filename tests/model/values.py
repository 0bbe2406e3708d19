"""The values that travel and lie on disks: records, trees, messages; a tree stands for a signed note.

A signed note is modelled as the tuple of its entries, so equal root <=> equal tuple. An entry is a record and the number of its salt,
which is fresh in every attempt. Leaves commit to the record, so a body can't be exchanged under way.
"""

from __future__ import annotations

from typing import NamedTuple

Entry = tuple[str, int]
Tree = tuple[Entry, ...]
Records = frozenset[str]
NOTHING: Records = frozenset()


class Note(NamedTuple):
    """Answer to GET checkpoint."""

    channel: int
    tree: Tree


class Bundle(NamedTuple):
    """Answer to GET records for one index. `state`: "body", "withheld", or the index of the order that erased it."""

    channel: int
    at: int
    entry: Entry
    state: str | int


class Line(NamedTuple):
    """A reader's cosignature on its way to the writer."""

    channel: int
    tree: Tree
    time: int


Message = Note | Bundle | Line
Net = frozenset[Message]
Cosigned = frozenset[Line]


class Deeds(NamedTuple):
    """What the reader did in the world: (record, idempotency key) of each effect, what it ever obeyed, what it should not have done."""

    acts: frozenset[tuple[str, object]]
    obeyed: Records
    wrong: Records


class Published(NamedTuple):
    """The longest signed tree of one origin that left its writer, and one that does not fit to it, if there is one."""

    tree: Tree = ()
    other: Tree | None = None

    def with_(self, tree: Tree) -> Published:
        if not fits(tree, self.tree):
            return self._replace(other=tree)
        return Published(max(tree, self.tree, key=len), self.other)


def extends(new: Tree, old: Tree) -> bool:
    return new[: len(old)] == old


def fits(one: Tree, other: Tree) -> bool:
    return extends(one, other) or extends(other, one)


def records(tree: Tree) -> Records:
    return frozenset(record for record, _ in tree)


def target(record: str) -> str | None:
    """What an order (E: erase, W: withdraw) is about."""
    return record[1:] if record[0] in "EW" else None


def erased_by(names: Records | Tree) -> Records:
    """Records that these records order to erase."""
    told = records(names) if isinstance(names, tuple) else names
    return frozenset(record[1:] for record in told if record[0] == "E")


def voided_by(names: Records) -> Records:
    """Records that these records erase or withdraw."""
    return frozenset(about for about in map(target, names) if about)


def show(tree: Tree) -> str:
    return f"size {len(tree)} [" + " ".join(f"{record}.{salt}" for record, salt in tree) + "]"
