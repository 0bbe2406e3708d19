"""Times several contestants in turns, so that whatever else the machine does hits all of them alike."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True)
class Times:
    """Seconds of one contestant: `runs[round][slice]`."""

    runs: tuple[tuple[float, ...], ...]

    @property
    def best_s(self) -> float:
        """The least that each slice ever took, summed: what it takes when nobody interrupts."""
        return float(sum(min(each) for each in zip(*self.runs, strict=True)))

    @property
    def median_s(self) -> float:
        """The median of whole rounds, interruptions included."""
        return median(map(sum, self.runs))


Contest = Mapping[str, Sequence[Callable[[], object]]]
"""For each contestant its work, cut into slices; all have as many."""


def in_turns(fresh: Callable[[], Contest], rounds: int) -> dict[str, Times]:
    """Each round makes the contest anew and takes slice by slice: A B C, A B C, ...

    The garbage collector is held during a slice and runs between them, so that nobody pays for another's garbage.
    """
    runs: dict[str, list[tuple[float, ...]]] = {}
    for _ in range(rounds):
        contest = fresh()
        spent: dict[str, list[float]] = {name: [] for name in contest}
        for slices in zip(*contest.values(), strict=True):
            for name, work in zip(contest, slices, strict=True):
                spent[name].append(timed(work))
        for name, seconds in spent.items():
            runs.setdefault(name, []).append(tuple(seconds))
    return {name: Times(tuple(all_)) for name, all_ in runs.items()}


def timed(work: Callable[[], object]) -> float:
    """Seconds that one piece of work took."""
    gc.collect(0)
    gc.disable()
    try:
        start_s = perf_counter()
        work()
        return perf_counter() - start_s
    finally:
        gc.enable()
