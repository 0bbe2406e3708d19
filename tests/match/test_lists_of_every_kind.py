"""A plain list of any kind comes in whole, and every line that doesn't is told with its number and its reason."""

from __future__ import annotations

import json

import pytest

from comity.domain.indicator import Indicator, kinds
from comity.domain.match import Suppressors, parse_warning_list, read_plain_list

KINDS = kinds()


def lines_of(kind: str) -> tuple[list[str], list[str], list[tuple[int, str]]]:
    """Lines of a list, the values that come of it, and number and code of every other line. Multi-line texts stay away."""
    lines, values, refused = [], [], []
    said = [*((raw, normal, "") for raw, normal in KINDS[kind].examples), *((r, "", c) for r, c in KINDS[kind].refused)]
    for raw, normal, code in said:
        if "\n" in raw or "\r" in raw or not raw.strip() or raw.strip().startswith(("#", "//")):
            continue
        lines.append(raw)
        if code:
            refused.append((len(lines), code))
        elif normal in values:
            refused.append((len(lines), "duplicate"))
        else:
            values.append(normal)
    return lines, values, refused


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_text_of_any_kind_is_read_line_by_line(kind: str) -> None:
    lines, values, refused = lines_of(kind)
    form = None if KINDS[kind].commas else "text"
    read = read_plain_list("\n".join(lines).encode(), kind, form=form)
    assert [value.value for value in read.indicators] == values
    assert [(line.number, line.code) for line in read.refused] == refused


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_array_of_any_kind_is_read_place_by_place(kind: str) -> None:
    lines, values, refused = lines_of(kind)
    read = read_plain_list(json.dumps(lines).encode(), kind)
    assert [value.value for value in read.indicators] == values
    assert [(line.number, line.code) for line in read.refused] == refused


def test_a_comma_makes_no_column_of_a_place_or_a_name() -> None:
    read = read_plain_list(b"geo:10.62,103.51\ngeo:11.55,104.92\n", "place")
    assert (read.form, [value.value for value in read.indicators]) == ("text", ["geo:10.62,103.51", "geo:11.55,104.92"])
    cut = read_plain_list(b"Fictional Compound,2026\nOther Compound,2025\n", "place", form="csv")
    assert [value.value for value in cut.indicators] == ["fictional compound", "other compound"]


def test_no_part_of_a_card_number_is_repeated_where_it_is_refused() -> None:
    (line,) = read_plain_list(b"4000 0000 0000 0002\n", "card").refused
    assert line.code == "card-is-number"
    assert "4000" not in json.dumps(dict(line.facts))
    assert "0002" not in json.dumps(dict(line.facts))


def network_list() -> Suppressors:
    raw = {"name": "shared network", "description": "FICTIONAL", "version": 1, "type": "cidr"}
    raw |= {"list": ["198.51.100.0/24", "2001:db8:5::/48"], "matching_attributes": ["ip-dst"]}
    return Suppressors([parse_warning_list(json.dumps(raw).encode())])


@pytest.mark.parametrize(
    ("value", "warned"),
    [
        ("198.51.100.7", True),
        ("198.51.100.0/25", True),
        ("198.51.0.0/16", True),
        ("2001:db8:5::1", True),
        ("2001:db8::/32", True),
        ("198.51.101.7", False),
        ("198.52.0.0/16", False),
        ("2001:db8:6::/48", False),
    ],
)
def test_an_address_or_network_is_warned_of_when_any_part_of_it_is_listed(value: str, warned: bool) -> None:
    hits = network_list().check(Indicator("ip", value))
    assert [(hit.list_name, hit.why) for hit in hits] == ([("shared network", "address-in-network")] if warned else [])
