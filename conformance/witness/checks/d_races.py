"""Two requests at once: checking and recording are one step, or a log can be rolled back."""

from __future__ import annotations

from conformance.witness.checks import Settings, check
from conformance.witness.note import Log
from conformance.witness.talk import Answer, Broken, Witness, conflict, refused, stands_at


@check("race-growth", "Of two steps from one size exactly one is cosigned; the other is told where the log now stands")
def race_growth(witness: Witness, log: Log, settings: Settings) -> None:
    size = 0
    for at in range(settings.rounds):
        steps = (size + 1, size + 2) if at % 2 else (size + 2, size + 1)
        answers = witness.at_once([log.body(size, step) for step in steps])
        won = _one(answers)
        witness.cosigned(answers[won], log.text(steps[won]))
        conflict(answers[1 - won], steps[won])
        size = steps[won]
    stands_at(witness, log, size)


@check("race-fork", "Of two histories that part at the next leaf exactly one is cosigned, and the other never again")
def race_fork(witness: Witness, log: Log, settings: Settings) -> None:
    turns: tuple[int, ...] = ()
    size = 4
    witness.take(log, 0, size)
    for _ in range(settings.rounds):
        ways: list[tuple[int, ...]] = [turns, (*turns, size)]
        answers = witness.at_once([log.body(size, size + 1, way) for way in ways])
        won = _one(answers)
        witness.cosigned(answers[won], log.text(size + 1, ways[won]))
        refused(answers[1 - won], 409, 422)
        refused(witness.add(log.body(size + 1, size + 1, ways[1 - won])), 422, 409)
        turns = ways[won]
        size += 1


def _one(answers: list[Answer]) -> int:
    """Which of the two was cosigned; Broken unless it's exactly one."""
    good = [at for at, answer in enumerate(answers) if answer.status == 200]
    if len(good) != 1:
        raise Broken(f"{len(good)} of two requests from one size were cosigned: {answers[0]} · {answers[1]}")
    return good[0]
