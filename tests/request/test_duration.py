"""Days of the law are days of a calendar: they keep the time on the wall through every change of the clocks."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.request.duration import Duration, after, duration
from comity.domain.terms import Instant, instant_from, instant_text
from comity.errors import Malformed

HOUR = 3_600_000


@pytest.mark.parametrize(
    ("text", "days", "ms"),
    [
        ("P60D", 60, 0),
        ("P1W", 7, 0),
        ("P2W3D", 17, 0),
        ("PT8H", 0, 8 * HOUR),
        ("PT96H", 0, 96 * HOUR),
        ("P1DT12H", 1, 12 * HOUR),
        ("PT30M15S", 0, 1_815_000),
    ],
)
def test_lengths_are_read(text: str, days: int, ms: int) -> None:
    assert duration(text) == Duration(days, ms)


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "60D", "P1M", "P1Y", "P-1D", "P1.5D", "PT8", "P1D ", "P٣D", "P999999D"]
)
def test_what_has_no_fixed_length_or_no_sense_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as fault:
        duration(text)
    assert fault.value.code == "duration"


@pytest.mark.parametrize(
    ("zone", "start", "length", "over"),
    [
        # No change of clocks: Seoul and Phnom Penh have none.
        ("Asia/Seoul", "2026-11-24T00:00:00Z", "P60D", "2027-01-23T00:00:00.000Z"),
        ("Asia/Phnom_Penh", "2028-02-28T17:00:00Z", "P1D", "2028-02-29T17:00:00.000Z"),
        # New York, noon on the day before the clocks go forward (2027-03-14): the day has 23 hours.
        ("America/New_York", "2027-03-13T17:00:00Z", "P1D", "2027-03-14T16:00:00.000Z"),
        # and back (2026-11-01): it has 25.
        ("America/New_York", "2026-10-31T16:00:00Z", "P1D", "2026-11-01T17:00:00.000Z"),
        # Hours simply pass.
        ("America/New_York", "2027-03-13T17:00:00Z", "PT24H", "2027-03-14T17:00:00.000Z"),
        # Berlin, 02:30 on 2027-03-28 doesn't exist: 01:30Z, by the old clock 02:30.
        ("Europe/Berlin", "2027-03-27T01:30:00Z", "P1D", "2027-03-28T01:30:00.000Z"),
        # Berlin, 02:30 on 2026-10-25 comes twice: the first counts, 00:30Z.
        ("Europe/Berlin", "2026-10-24T00:30:00Z", "P1D", "2026-10-25T00:30:00.000Z"),
        # Sixty days over the change keep the time on the wall.
        ("Europe/Berlin", "2027-03-01T11:00:00Z", "P60D", "2027-04-30T10:00:00.000Z"),
    ],
)
def test_a_day_keeps_the_time_on_the_wall(zone: str, start: str, length: str, over: str) -> None:
    assert instant_text(after(instant_from(start), duration(length), ZoneInfo(zone))) == over


def weekend(day: date) -> bool:
    return day.weekday() >= 5


def test_working_days_leave_out_weekends_and_holidays() -> None:
    friday = instant_from("2026-11-27T03:00:00Z")
    seoul = ZoneInfo("Asia/Seoul")
    assert instant_text(after(friday, duration("P1D"), seoul, weekend)) == "2026-11-30T03:00:00.000Z"
    holiday = lambda day: weekend(day) or day == date(2026, 11, 30)  # noqa: E731
    assert instant_text(after(friday, duration("P1D"), seoul, holiday)) == "2026-12-01T03:00:00.000Z"
    assert instant_text(after(friday, duration("P10D"), seoul, weekend)) == "2026-12-11T03:00:00.000Z"
    with pytest.raises(Malformed):
        after(friday, duration("P1D"), seoul, lambda _: True)


@given(
    start_s=st.integers(1_577_836_800, 2_051_222_400),
    days=st.integers(0, 400),
    zone=st.sampled_from(
        ["Asia/Seoul", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
    ),
)
def test_a_longer_time_is_never_over_earlier_and_the_wall_differs_by_no_more_than_a_change_of_clocks(
    start_s: int, days: int, zone: str
) -> None:
    begun = Instant(start_s * 1000)
    tz = ZoneInfo(zone)
    over, later = (after(begun, Duration(n, 0), tz) for n in (days, days + 1))
    assert begun <= over < later
    assert abs(over - begun - days * 24 * HOUR) <= 2 * HOUR
