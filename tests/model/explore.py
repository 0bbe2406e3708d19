"""Prints what the model finds: `python -m tests.model [WORD ...]`, where a word is a rule or part of the name of a world."""

from __future__ import annotations

import time
from collections.abc import Iterator

from . import custody, fold, recovery, sync, witness, worlds
from .search import Model, explore


def runs() -> Iterator[tuple[str, str | None, Model]]:
    """Name, truth that is expected to break, model; worlds with every rule kept come first."""
    for name, scope in worlds.KEPT.items():
        yield name, None, sync.model(scope)
    for name, channels in worlds.FOLDS.items():
        yield f"fold: {name}", None, fold.model(channels)
    for name, recovered in {**worlds.RECOVERIES, **worlds.LARGE}.items():
        yield f"recovery: {name}", None, recovery.model(recovered)
    for name, seen in worlds.WITNESSES.items():
        yield f"witness: {name}", None, witness.model(seen)
    for name, kept in worlds.CUSTODIES.items():
        yield f"custody: {name}", None, custody.model(kept)
    for rule, truth, scope in worlds.BROKEN:
        yield f"without {rule.name}", truth, sync.model(scope.without(rule))
    for fold_rule, truth, channels in worlds.BROKEN_FOLDS:
        yield f"without {fold_rule.name} (fold)", truth, fold.model(channels.without(fold_rule))
    for recovery_rule, truth, recovered in worlds.BROKEN_RECOVERIES:
        yield f"without {recovery_rule.name} (recovery)", truth, recovery.model(recovered.without(recovery_rule))
    for witness_rule, truth, seen in worlds.BROKEN_WITNESSES:
        yield f"without {witness_rule.name} (witness)", truth, witness.model(seen.without(witness_rule))
    for custody_rule, truth, kept in worlds.BROKEN_CUSTODIES:
        yield f"without {custody_rule.name} (custody)", truth, custody.model(kept.without(custody_rule))


def main(words: list[str]) -> int:
    """Stories are printed when a word narrows the choice; the exit code tells whether all came out as expected."""
    unexpected = states = 0
    began = time.process_time()
    for name, truth, model in runs():
        if words and not any(word in name for word in words):
            continue
        start = time.process_time()
        found = explore(model)
        states += found.states
        unexpected += found.truth != truth
        said = found.broken or "every truth holds, the goal stays within reach"
        steps = f"{len(found.story):3d} steps" if found.broken else " " * 9
        print(f"{name:48s} {found.states:7d} states {time.process_time() - start:5.1f} s {steps}  {said}", flush=True)
        if words:
            for number, line in enumerate(found.story, 1):
                print(f"    {number:2d} {line}")
    print(f"{states} states, {time.process_time() - began:.0f} s of processor time, {unexpected} not as expected")
    return min(unexpected, 1)
