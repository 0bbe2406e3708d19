"""Indicators: the addresses, numbers and names by which a scam is recognised, each in one normal form.

A kind is one file in `kinds/`; nothing here lists them.
"""

from comity.domain.indicator.registry import (
    IndicatorKind,
    broader,
    guess,
    indicator,
    is_open,
    kinds,
    kinds_from,
    open_kinds,
)
from comity.domain.indicator.value import Indicator

__all__ = [
    "Indicator",
    "IndicatorKind",
    "broader",
    "guess",
    "indicator",
    "is_open",
    "kinds",
    "kinds_from",
    "open_kinds",
]
