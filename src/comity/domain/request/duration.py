"""Lengths of time as law writes them: calendar days and weeks where a clock on a wall counts, hours and minutes that simply pass."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from comity.domain.terms import Instant
from comity.errors import Malformed

_SHAPE = re.compile(
    r"P(?=.)(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?=.)(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?", re.ASCII
)

IsFree = Callable[[date], bool]
"""Whether nobody has to work on a day: weekends and holidays of one country."""


@dataclass(frozen=True)
class Duration:
    """Whole `days` by the calendar of a place, and then `ms` that pass everywhere alike."""

    days: int
    ms: int


def duration(text: str) -> Duration:
    """ISO 8601 of weeks, days, hours, minutes, seconds. Months and years are of no fixed length and refused: Malformed."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise Malformed("duration", text=text[:40], mend="P60D, P1W, PT8H, PT96H")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return Duration(weeks * 7 + days, ((hours * 60 + minutes) * 60 + seconds) * 1000)


def after(start: Instant, length: Duration, zone: tzinfo, is_free: IsFree | None = None) -> Instant:
    """The moment at which a time of this length that began at `start` is over, where the clocks of `zone` go.

    Days keep the time on the wall: over a change to summer time a day has 23 hours, or 25. A time on the wall that the change
    leaves out is taken as if the clock hadn't been changed yet, so it comes an hour later by the new one; of one that comes twice,
    the first counts.
    is_free  with it, only working days are counted
    """
    local = datetime.fromtimestamp(start / 1000, UTC).astimezone(zone)
    day = (
        local.date() + timedelta(days=length.days) if is_free is None else _working(local.date(), length.days, is_free)
    )
    wall = datetime.combine(day, local.time(), tzinfo=zone)
    return Instant(round(wall.timestamp() * 1000) + length.ms)


def _working(day: date, count: int, is_free: IsFree) -> date:
    """`count` working days after a day. A country that is free on a hundred days together would be a fault in its data: Malformed."""
    idle = 0
    while count > 0:
        day += timedelta(days=1)
        if is_free(day):
            idle += 1
            if idle > 100:
                raise Malformed("no-working-day", day=day.isoformat())
        else:
            count, idle = count - 1, 0
    return day
