"""Who was bound by what, on which day, as known on which day."""

from __future__ import annotations

from datetime import date
from typing import Literal

from comity.domain.law.values import Instrument, LawBook, Participation

BOUND = frozenset({"party", "applies"})
MAYBE = frozenset({"signed", "ratified_not_in_force", "unknown"})

Bond = Literal["bound", "maybe", "no"]


def standing_of(
    state: str, instrument: str, at: date, book: LawBook, known: date | None = None
) -> Participation | None:
    """The row that was true on `at`, as known on `known` (None: all that is known now); None when nothing is known.

    Of several, the one learnt last speaks. A status without a first day is known from the day it was checked, not before.
    """
    rows = [row for row in book.participation if (row.state, row.instrument) == (state, instrument)]
    rows = [row for row in rows if _known(row, known) and _true(row, at)]
    return max(rows, key=lambda row: (row.recorded_from, row.valid_from or date.min), default=None)


def _known(row: Participation, known: date | None) -> bool:
    if known is None:
        return row.recorded_to is None
    return row.recorded_from <= known and (row.recorded_to is None or known < row.recorded_to)


def _true(row: Participation, at: date) -> bool:
    start = row.valid_from
    if start is None:
        start = row.checked_on if row.status in BOUND else date.min
    return start <= at and (row.valid_to is None or at < row.valid_to)


def in_force(instrument: Instrument, at: date) -> bool:
    """Whether the instrument had legal force on `at`; without a first day, only from the day that was checked."""
    if instrument.status not in ("in_force", "applies"):
        return False
    return (instrument.entered_into_force or instrument.checked_on) <= at


def binds(instrument: Instrument, states: tuple[str, str], at: date, book: LawBook, known: date | None) -> Bond:
    """Whether both states are bound by the instrument; `maybe` when both are named and nothing rules it out."""
    rows = [standing_of(state, instrument.id, at, book, known) for state in states]
    held = [row for row in rows if row is not None]
    if len(held) < len(states) or any(row.status not in BOUND | MAYBE for row in held):
        return "no"
    if all(row.status in BOUND for row in held) and in_force(instrument, at):
        return "bound"
    return "maybe" if instrument.status != "not_in_force" else "no"
