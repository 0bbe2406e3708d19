"""Runs every check, each with a log of its own, and tells what came of it."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.witness.checks import Named, Settings, Unasked, checks
from conformance.witness.note import Log
from conformance.witness.talk import Broken, Witness

PREFIX = "witness-suite.example"


@dataclass(frozen=True)
class Result:
    """What came of one check: `kept`, `BROKEN` or `unasked`, and why."""

    name: str
    promise: str
    outcome: str
    why: str = ""


def log_for(name: str, seed: str) -> Log:
    """The log of one check; another seed makes other logs, so that a witness with a memory can be asked again."""
    return Log(f"{PREFIX}/{seed}/{name}", seed)


def vkeys(seed: str) -> list[str]:
    """What the witness has to be told before the suite can run."""
    return [log_for(each.name, seed).vkey for each in checks()]


def settings_for(seed: str, rounds: int = 50, restart_with: object = None) -> Settings:
    """Settings with the one log that must stay unknown."""
    return Settings(rounds, restart_with if callable(restart_with) else None, log_for("nobody-was-told", seed))


def run(witness: Witness, seed: str, settings: Settings, only: str = "") -> Iterator[Result]:
    """Every check whose name holds `only`, one after the other."""
    for each in checks():
        if only in each.name:
            yield _run(each, witness, log_for(each.name, seed), settings)


def _run(each: Named, witness: Witness, log: Log, settings: Settings) -> Result:
    try:
        each.run(witness, log, settings)
    except Broken as fault:
        return Result(each.name, each.promise, "BROKEN", str(fault))
    except Unasked as fault:
        return Result(each.name, each.promise, "unasked", str(fault))
    except (OSError, http.client.HTTPException) as fault:
        return Result(each.name, each.promise, "BROKEN", f"no answer: {fault!r}")
    return Result(each.name, each.promise, "kept")
