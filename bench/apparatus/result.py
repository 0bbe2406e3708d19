"""What a bench tells: one line of JSON for machines, and lines for people."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.apparatus.machine import Machine


@dataclass(frozen=True)
class Result:
    """One run of one bench.

    ratio    how many times the peer's time is ours
    floor    how many times our time is that of the least any machine would have to do
    split    where our time goes; the unit is in each name
    agree    whether every answer that could be checked came out the same on both sides
    ratios   the ratio for each variant that was measured
    sizes    how much work it was
    figures  all else that was measured, the peer's times among it
    """

    name: str
    ratio: float
    floor: float
    split: dict[str, float]
    agree: bool
    machine: Machine
    ratios: dict[str, float] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)

    def line(self) -> str:
        """The JSON, on one line, with four significant digits."""
        return json.dumps(_rounded(asdict(self)), separators=(", ", ": "))


def say(text: str) -> None:
    """One line for the person who waits; stdout belongs to the JSON."""
    print(text, file=sys.stderr, flush=True)


def _rounded(value: Any) -> Any:  # Any: JSON of a Result
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value
