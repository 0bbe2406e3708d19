"""When the other side should have acknowledged a request: a target out of the measure's data, told when it is missed."""

from __future__ import annotations

from dataclasses import dataclass

from comity.domain.request.summary import answer_due_by, first_answer
from comity.domain.terms import Instant, instant_from
from comity.flows.request_state import Dossier
from comity.ports import World


@dataclass(frozen=True)
class AnswerDue:
    """`at` is when the other side first said something; `overdue` that it did so late, or should have by now."""

    due: Instant
    at: str | None
    overdue: bool


def answer_due(world: World, found: Dossier) -> AnswerDue | None:
    """None for what hasn't left, and where the measure's data sets no target for its urgency."""
    due, first = answer_due_by(found), first_answer(found.view)
    if due is None:
        return None
    return AnswerDue(due, first, (instant_from(first) if first is not None else world.clock.now()) > due)
