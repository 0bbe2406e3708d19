"""Breadth-first search over worlds made of slots: every reachable state, or the shortest way to a broken truth."""

from __future__ import annotations

import gc
from array import array
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

Outcome = tuple[str, tuple[Hashable, ...]]


@dataclass(frozen=True)
class Process:
    """Something that may happen: from the values of a few slots to sentences and the new values of the same slots.

    Reading few slots is what makes the search fast: outcomes are remembered for each combination of what was read.
    """

    slots: tuple[int, ...]
    act: Callable[..., Iterable[Outcome]]


@dataclass(frozen=True)
class Truth:
    """Something that must hold in every state: None, or the sentence that says how it is broken."""

    slots: tuple[int, ...]
    check: Callable[..., str | None]


@dataclass(frozen=True)
class Goal:
    """The end that every reachable state must still be able to reach; `reached` is None where nothing is demanded."""

    slots: tuple[int, ...]
    reached: Callable[..., bool] | None


@dataclass(frozen=True)
class Model:
    start: tuple[Hashable, ...]
    processes: tuple[Process, ...]
    truths: tuple[Truth, ...]
    goal: Goal


@dataclass(frozen=True)
class Finding:
    """What a search found. `broken` is None when all truths hold everywhere and the goal can be reached from everywhere."""

    broken: str | None
    states: int
    moves: int
    story: tuple[str, ...] = ()

    @property
    def truth(self) -> str | None:
        """Name of the broken truth, the word before the colon."""
        return self.broken.split(":")[0] if self.broken else None


STUCK = "STUCK: no way leads from here to full delivery, a stop with evidence, or a fence after a restore"
State = tuple[int, ...]
Change = tuple[tuple[int, int], ...]


class TooManyStatesError(Exception):
    """The world is larger than its limit, so nothing was shown."""


class _Values:
    """Every value of a slot once, as a number: states stay small and are compared by number."""

    def __init__(self) -> None:
        self.number: dict[Hashable, int] = {}
        self.value: list[Any] = []

    def of(self, value: Hashable) -> int:
        found = self.number.get(value)
        if found is None:
            found = self.number[value] = len(self.value)
            self.value.append(value)
        return found


def _getter(slots: Sequence[int]) -> Callable[[State], State]:
    if len(slots) == 1:
        only = slots[0]
        return lambda state: (state[only],)
    getter: Callable[[State], State] = itemgetter(*slots)
    return getter


class _Expander:
    """The outcomes of one process, worked out once for each combination of the slots that it reads."""

    def __init__(self, process: Process, values: _Values) -> None:
        self.process, self.values = process, values
        self.read = _getter(process.slots)
        self.known: dict[State, list[tuple[Change, str]]] = {}

    def learn(self, key: State) -> list[tuple[Change, str]]:
        slots, value = self.process.slots, self.values.value
        out: dict[Change, str] = {}
        for text, after in self.process.act(*[value[number] for number in key]):
            numbers = [self.values.of(item) for item in after]
            change = tuple((slot, new) for slot, old, new in zip(slots, key, numbers, strict=True) if old != new)
            if change:
                out.setdefault(change, text)
        found = self.known[key] = list(out.items())
        return found


def _after(state: State, change: Change) -> State:
    new = list(state)
    for slot, number in change:
        new[slot] = number
    return tuple(new)


def explore(model: Model, limit: int = 400_000) -> Finding:
    """All states of the model, nearest first; stops at the first broken truth, raises TooManyStatesError beyond the limit."""
    collects = gc.isenabled()
    gc.disable()  # millions of tuples, no cycles: saves a third of the time
    try:
        return _explore(model, limit)
    finally:
        if collects:
            gc.enable()


def _explore(model: Model, limit: int) -> Finding:
    values = _Values()
    start: State = tuple(values.of(value) for value in model.start)
    expanders = [_Expander(process, values) for process in model.processes]
    watched = [(truth, _getter(truth.slots), set[State]()) for truth in model.truths]
    index, order = {start: 0}, [start]
    parent, offsets, targets = array("i", [-1]), array("i"), array("i")
    for here, state in enumerate(order):  # `order` grows while we walk along it
        for truth, read, sound in watched:
            seen = read(state)
            if seen not in sound:
                broken = truth.check(*[values.value[number] for number in seen])
                if broken:
                    return Finding(broken, len(order), len(targets), _story(here, order, parent, expanders))
                sound.add(seen)
        offsets.append(len(targets))
        for expander in expanders:
            key = expander.read(state)
            outcomes = expander.known.get(key)
            if outcomes is None:
                outcomes = expander.learn(key)
            for change, _ in outcomes:
                after = _after(state, change)
                there = index.get(after)
                if there is None:
                    there = index[after] = len(order)
                    order.append(after)
                    parent.append(here)
                targets.append(there)
        if len(order) > limit:
            raise TooManyStatesError(f"more than {limit} states")
    offsets.append(len(targets))
    lost = _first_lost(model.goal, order, values, offsets, targets)
    if lost is None:
        return Finding(None, len(order), len(targets))
    return Finding(STUCK, len(order), len(targets), _story(lost, order, parent, expanders))


def _first_lost(
    goal: Goal, order: list[State], values: _Values, offsets: array[int], targets: array[int]
) -> int | None:
    """The nearest state from which the goal can't be reached; sweeps from the far end until nothing changes."""
    reached = goal.reached
    if reached is None:
        return None
    read, known = _getter(goal.slots), dict[State, bool]()
    good = bytearray(len(order))
    for here, state in enumerate(order):
        seen = read(state)
        if seen not in known:
            known[seen] = reached(*[values.value[number] for number in seen])
        good[here] = known[seen]
    waiting = [here for here in range(len(order) - 1, -1, -1) if not good[here]]
    while waiting:
        left = []
        for here in waiting:
            for there in targets[offsets[here] : offsets[here + 1]]:
                if good[there]:
                    good[here] = 1
                    break
            else:
                left.append(here)
        if len(left) == len(waiting):
            return min(left)
        waiting = left
    return None


def _story(end: int, order: list[State], parent: array[int], expanders: list[_Expander]) -> tuple[str, ...]:
    """The sentences from the start to this state, found by taking each step once more."""
    lines: list[str] = []
    while parent[end] >= 0:
        before, state = order[parent[end]], order[end]
        lines.append(
            next(
                text
                for expander in expanders
                for change, text in expander.known[expander.read(before)]
                if _after(before, change) == state
            )
        )
        end = parent[end]
    return tuple(reversed(lines))
