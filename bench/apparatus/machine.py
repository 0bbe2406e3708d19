"""On what it was measured, and how busy that was."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Machine:
    """The machine of one run.

    load_before, load_after   runnable processes on average over the last minute; above `cores`, others took part of the time
    """

    cores: int
    cpu: str
    python: str
    system: str
    at: str
    load_before: float
    load_after: float


class Observed:
    """Notes the load when made, and once more when asked for the machine."""

    def __init__(self) -> None:
        self._load_before = os.getloadavg()[0]

    def machine(self) -> Machine:
        """The machine, with the load since."""
        return Machine(
            cores=len(os.sched_getaffinity(0)),
            cpu=_cpu(),
            python=platform.python_version(),
            system=platform.system(),
            at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ"),
            load_before=self._load_before,
            load_after=os.getloadavg()[0],
        )


def _cpu() -> str:
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except FileNotFoundError:
        return platform.processor() or "unknown"
    parts = dict(line.split(":", 1) for line in told.split("\n\n", 1)[0].splitlines() if ":" in line)
    facts = {name.strip(): value.strip() for name, value in parts.items()}
    return (
        f"{facts.get('model name', 'unknown')} (family {facts.get('cpu family', '?')}, model {facts.get('model', '?')})"
    )
