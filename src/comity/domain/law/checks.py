"""Conditions on a draft that a measure's file calls by name, since data holds no expressions.

A condition is asked with the draft and the measure, and gives a finding for each thing that is missing. Whether it holds a draft
back or only tells is the measure's word: `blocks` or `advises`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from comity.domain.law.draft import Draft
from comity.domain.law.freeze_checks import FREEZE_CHECKS
from comity.domain.law.measure import Measure
from comity.domain.law.rescue_checks import RESCUE_CHECKS
from comity.domain.terms import Reason

Check = Callable[[Draft, Measure], Iterator[Reason]]

CHECKS: Mapping[str, Check] = {**FREEZE_CHECKS, **RESCUE_CHECKS}
