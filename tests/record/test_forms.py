"""Forms of text: exactly what the neighbours read."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from comity.domain.record.forms import FORMS, form, text_check
from comity.domain.terms import instant_from
from comity.errors import MalformedRecord

GOOD = {
    "uuid": "0193a5d1-1111-4000-8000-00000000f1c7",
    "uuid7": "0193a5d1-1111-7000-8000-00000000f1c7",
    "time": "2026-11-24T09:30:00.123Z",
    "sha256": "0f" * 32,
    "hex": "0f9c",
    "country": "KR",
    "kind": "request/12",
    "units": "1250000000000000000000",
}


def holds(name: str, text: str) -> bool:
    try:
        text_check(name)(text)
    except MalformedRecord:
        return False
    return True


def reads(text: str) -> bool:
    try:
        instant_from(text)
    except MalformedRecord:
        return False
    return True


@settings(max_examples=800, deadline=None)
@given(
    st.datetimes().map(lambda moment: moment.isoformat(timespec="milliseconds") + "Z"),
    st.lists(st.tuples(st.integers(0, 23), st.sampled_from("0123456789-:.TZ+ W٣")), max_size=3),
)
@example("2026-02-29T00:00:00.000Z", [])
@example("2024-02-29T00:00:00.000Z", [])
@example("2026-12-31T24:00:00.000Z", [])
@example("2026-W01-1T00:00:00.000Z", [])
def test_a_time_is_what_instant_from_reads(text: str, changes: list[tuple[int, str]]) -> None:
    for at, sign in changes:
        text = text[:at] + sign + text[at + 1 :]
    for one in (text, text[:19] + "Z", text + "\n", text.lower()):
        assert holds("time", one) == reads(one)


def test_every_day_of_four_centuries_is_one_and_no_other() -> None:
    day, days = date(1896, 1, 1), set()
    while day.year < 2297:
        days.add(day.strftime("%Y-%m-%d"))
        day += timedelta(days=1)
    for year in (1896, 1900, 1999, 2000, 2024, 2026, 2100):
        for month in range(14):
            for number in range(33):
                text = f"{year:04d}-{month:02d}-{number:02d}"
                assert holds("time", text + "T00:00:00Z") == (text in days)


@pytest.mark.parametrize("name", sorted(FORMS))
def test_the_schema_pattern_says_the_same_as_the_check(name: str) -> None:
    pattern = (form(name).extra_json_schema or {})["pattern"]
    for text in (
        GOOD[name],
        GOOD[name] + "\n",
        "\n" + GOOD[name],
        GOOD[name][:-1],
        "",
        GOOD[name].swapcase(),
        GOOD[name] + "x",
    ):
        assert (re.search(pattern, text) is not None) == holds(name, text)
    assert holds(name, GOOD[name])


def test_no_form_matches_a_line_feed() -> None:
    """Texts are joined by line feeds and matched together; that is the same as apart only because of this."""
    for pattern in FORMS.values():
        assert not re.search(r"\\s|\\S|\\W|\\D|(?<!\\)\.|\[\^|\\n|\n", pattern)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("0", True),
        ("1", True),
        ("9" * 40, True),
        ("00", False),
        ("01", False),
        ("9" * 41, False),
        ("-1", False),
        ("1.5", False),
    ],
)
def test_units_are_whole_and_have_one_spelling(text: str, good: bool) -> None:
    assert holds("units", text) is good
