"""A scope: one small world to explore, with its budget of faults and the rules that are broken in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from .rules import Rule

FAULTS = (
    "late call",  # an old copy of a request reaches the writer once more
    "double",  # the network delivers a message and keeps a copy
    "writer crash",
    "commit fails",  # the transaction is rolled back and the process lives on
    "writer restore",
    "copy",  # the writer's database and key are duplicated, both run
    "lie",  # the writer answers 'erased' for a record that is not
    "reader crash",
    "reader restore",
    "tick",  # the reader's clock moves on
    "set back",  # the reader's clock is set back
)
Left = tuple[int, ...]


@dataclass(frozen=True)
class Scope:
    """requests: (record, channel) in the order of the callers. Records: a, b plain; Ea erases a; Wa withdraws a; u undecodable.

    copies        writers on one origin: 2 allows the fault "copy"
    net_max       messages under way at once
    small_gap     R2-R6 in one go: pending and its records live in memory only
    coarse        W1 to W4 are one step, where the writer suffers nothing
    birth         the channel is created within the world
    outside_lost  the restore of the writer also loses the high-water file
    withheld      record whose body the writer never gives
    progress      whether the goal must stay within reach
    """

    requests: tuple[tuple[str, int], ...]
    faults: tuple[tuple[str, int], ...] = ()
    copies: int = 1
    net_max: int = 2
    small_gap: bool = False
    coarse: bool = False
    birth: bool = False
    outside_lost: bool = False
    withheld: str | None = None
    progress: bool = True
    broken: frozenset[Rule] = field(default=frozenset())

    def keeps(self, rule: Rule) -> bool:
        return rule not in self.broken

    def without(self, rule: Rule) -> Scope:
        return replace(self, broken=self.broken | {rule})

    @property
    def channels(self) -> int:
        return 1 + max(channel for _, channel in self.requests)

    @property
    def writers(self) -> tuple[int, ...]:
        """Channel of each writer: one writer a channel, and with copies a second one on channel 0."""
        return tuple(range(self.channels)) + (0,) * (self.copies - 1)

    @property
    def budget(self) -> Left:
        given = dict(self.faults)
        return tuple(given.get(fault, 0) for fault in FAULTS)


def world(
    *records: str, **settings: Any
) -> Scope:  # faults and fields of Scope; a misspelt one is refused by the dataclass
    """A scope from words: "a" is record a in channel 0, "a@1" in channel 1; faults by name with underscores."""
    requests = tuple((word.split("@")[0], int((word + "@0").split("@")[1])) for word in records)
    names = {fault.replace(" ", "_"): fault for fault in FAULTS}
    faults = tuple((names[key], int(count)) for key, count in settings.items() if key in names)
    rest = {key: value for key, value in settings.items() if key not in names}
    return Scope(requests, faults, **rest)


def has(left: Left, fault: str) -> bool:
    return left[FAULTS.index(fault)] > 0


def spend(left: Left, fault: str) -> Left:
    at = FAULTS.index(fault)
    return (*left[:at], left[at] - 1, *left[at + 1 :])
