"""What a report's words hold is found at its place, in any script around it, and the text is whole afterwards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.indicator import kinds
from comity.domain.report import FOUND_MAX, found_in

TOLD = (
    "FICTIONAL: 광고는 https://lure-harbour.example/apply?id=7에서 봤고 t.me/fict_recruiter로 연락. hxxps://bad[.]example/pay, "
    "(boss@lure.example). Call +82 10-5550-1234, IBAN GB29 NWBK 6016 1331 9268 19; 钱包bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4。"
)
HELD = [
    ("url", "https://lure-harbour.example/apply?id=7"),
    ("handle", "telegram:fict_recruiter"),
    ("url", "https://bad.example/pay"),
    ("email", "boss@lure.example"),
    ("phone", "+821055501234"),
    ("bank_account", "GB29NWBK60161331926819"),
    ("wallet", "btc:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
]


def test_every_value_is_found_where_it_stands() -> None:
    found = found_in(TOLD)
    assert [(each.value.kind, each.value.value) for each in found] == HELD
    assert [TOLD[each.start : each.end] for each in found][:2] == [
        "https://lure-harbour.example/apply?id=7",
        "t.me/fict_recruiter",
    ]


@pytest.mark.parametrize(
    "text", ["", "e.g. at 10:30, 3.5 o'clock", "가상인 나는 어제 전화했다.", "C:/temp ... --- :::", "a" * 700]
)
def test_plain_words_hold_nothing(text: str) -> None:
    assert found_in(text) == ()


@given(
    st.text(max_size=400) | st.lists(st.sampled_from([*TOLD.split(" "), "+", "[.]", "://"]), max_size=30).map(" ".join)
)
def test_places_lie_in_order_within_the_text_and_read_as_what_they_are(text: str) -> None:
    at = 0
    for each in found_in(text):
        assert at <= each.start < each.end <= len(text)
        assert kinds()[each.value.kind].normalise(text[each.start : each.end]) == each.value.value
        at = each.end


def test_a_long_text_is_not_searched_without_end() -> None:
    many = " ".join(f"lure-{n}.example" for n in range(FOUND_MAX * 3))
    assert len(found_in(many)) == FOUND_MAX
