"""When the other side should have acknowledged a request: a target out of the measure's data, told when it is missed."""

from __future__ import annotations

from dataclasses import dataclass

from comity.domain.terms import Instant, instant_from
from comity.flows.request_state import Dossier
from comity.ports import World

DAY_MS = 86_400_000


@dataclass(frozen=True)
class AnswerDue:
    """`at` is when the other side first said something; `overdue` that it did so late, or should have by now."""

    due: Instant
    at: str | None
    overdue: bool


def answer_due(world: World, found: Dossier) -> AnswerDue | None:
    """None for what hasn't left, and where the measure's data sets no target for its urgency."""
    days = found.measure.answer_days.get(found.ask.urgency)
    if days is None or found.sent is None:
        return None
    due = Instant(instant_from(found.sent.envelope.made) + int(days * DAY_MS))
    first = next((taken.step.at for taken in found.view.history if taken.side == "requested"), None)
    return AnswerDue(due, first, (instant_from(first) if first is not None else world.clock.now()) > due)
