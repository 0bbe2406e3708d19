"""What is told as done: held against what was asked, before it leaves."""

from comity.domain.action.checks import ACT_CHECKS
from comity.domain.action.done import Done, Held
from comity.domain.action.freeze_acts import outcome

__all__ = ["ACT_CHECKS", "Done", "Held", "outcome"]
