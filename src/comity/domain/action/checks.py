"""Conditions on what is told as done, which a measure's file calls by name in `act_checks`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from comity.domain.action.done import Done
from comity.domain.action.freeze_acts import FREEZE_ACTS
from comity.domain.action.rescue_acts import RESCUE_ACTS
from comity.domain.terms import Reason

ACT_CHECKS: Mapping[str, Callable[[Done], Iterator[Reason]]] = {**FREEZE_ACTS, **RESCUE_ACTS}
