"""One value of a list, with what the list says about it."""

from __future__ import annotations

from dataclasses import dataclass

from comity.domain.indicator import Indicator


@dataclass(frozen=True)
class Listing:
    """A value and its part in the scheme.

    role      `scam-site`, `sanction`, `service-hack` …
    note      what the list says beyond that, for a person to read
    said_on   day on which the list last changed this, as it writes it; None where it doesn't say
    """

    value: Indicator
    role: str
    note: str = ""
    said_on: str | None = None
