"""Moments: one spelling, one meaning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.terms import Instant, instant_from, instant_text, seconds
from comity.errors import MalformedRecord

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 12, 31)))  # noqa: DTZ001  made aware below
def test_reading_agrees_with_the_calendar(moment: datetime) -> None:
    whole = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    text = whole.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + f".{whole.microsecond // 1000:03d}Z"
    at = instant_from(text)
    assert at == (whole - EPOCH) // timedelta(milliseconds=1)
    assert instant_text(at) == text
    assert seconds(at) == at // 1000


@given(st.integers(0, 4_000_000_000_000))
def test_writing_and_reading_are_inverse(at: int) -> None:
    assert instant_from(instant_text(Instant(at))) == at


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24T09:30:00",
        "2026-11-24 09:30:00Z",
        "2026-11-24T09:30:00+00:00",
        "2026-11-24T24:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-11-24T09:30:60Z",
        "2026-11-24T09:30:00.1Z",
        "2026-11-24T09:30:00.123456Z",
        "٢026-11-24T09:30:00Z",
        "2026-W48-2T00:00:00Z",
        "",
    ],
)
def test_every_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(MalformedRecord):
        instant_from(text)
