"""Matching: what an indicator is held against, and what warns that it should not be acted on."""

from comity.domain.match.plain import Line, PlainList, read_plain_list
from comity.domain.match.suppress import Suppression, Suppressors
from comity.domain.match.warning import WarningList, parse_warning_list

__all__ = [
    "Line",
    "PlainList",
    "Suppression",
    "Suppressors",
    "WarningList",
    "parse_warning_list",
    "read_plain_list",
]
