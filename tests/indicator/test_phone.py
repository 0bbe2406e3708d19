"""Telephone numbers, region by region."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat as Format

from comity.domain.indicator import guess, indicator
from comity.domain.indicator.kinds.phone import written

MOBILE = phonenumbers.PhoneNumberType.MOBILE
REGIONS = sorted(r for r in phonenumbers.SUPPORTED_REGIONS if phonenumbers.example_number_for_type(r, MOBILE))


@pytest.mark.parametrize("region", REGIONS)
def test_a_number_as_written_at_home_and_abroad_is_one_number(region: str) -> None:
    number = phonenumbers.example_number_for_type(region, MOBILE)
    expected = phonenumbers.format_number(number, Format.E164)
    home = f"{region}:{phonenumbers.format_number(number, Format.NATIONAL)}"
    abroad = phonenumbers.format_number(number, Format.INTERNATIONAL)
    assert indicator("phone", home).value == indicator("phone", abroad).value == expected
    assert phonenumbers.is_valid_number(phonenumbers.parse(expected))
    assert expected in written(expected)


@given(st.lists(st.sampled_from([" ", "-", ".", "(", ")", "\u2011", "\u00a0", "\u200b", ""]), min_size=11, max_size=11))
def test_what_stands_between_the_digits_does_not_matter(fillings: list[str]) -> None:
    spelled = "".join(digit + filling for digit, filling in zip("82105550123", fillings, strict=True)) + "4"
    assert indicator("phone", "+" + spelled).value == "+821055501234"


def test_full_width_and_arabic_digits_are_digits() -> None:
    assert indicator("phone", "+８２１０５５５０１２３４") == indicator("phone", "+٨٢١٠٥٥٥٠١٢٣٤")


def test_a_number_without_its_country_is_no_guess() -> None:
    assert guess("010-5550-1234") == ()


def test_lists_that_keep_the_trunk_zero_are_met() -> None:
    assert written("+447700900123") == ("+447700900123", "+4407700900123")
    assert written("+12025550123") == ("+12025550123",)


def test_a_bracketed_zero_is_dropped_only_behind_the_country_code() -> None:
    assert indicator("phone", "+44 (0)20 7946 0018").value == "+442079460018"
    assert indicator("phone", "+82 10 555(0)1234").value == "+821055501234"
