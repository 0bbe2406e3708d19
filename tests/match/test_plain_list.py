"""Plain lists from outside: what was taken, and every line that was not."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.indicator import Indicator, indicator
from comity.domain.match import Suppressors, parse_warning_list, read_plain_list
from comity.errors import Malformed

DOMAINS = ["bad.example", "worse.example", "한국.example"]


def test_every_line_is_taken_or_named_with_its_reason() -> None:
    raw = b"# fictional\r\nbad.example\r\n\r\nBAD.example.\r\n*.bad.example\n\xff.example\n  worse.example\ngithub.io"
    told = read_plain_list(raw, "domain")
    assert [made.value for made in told.indicators] == ["bad.example", "worse.example"]
    assert [(line.number, line.code) for line in told.refused] == [
        (1, "comment"),
        (3, "blank"),
        (4, "duplicate"),
        (5, "domain-wildcard"),
        (6, "not-utf8"),
        (8, "domain-public-suffix"),
    ]
    assert told.refused[2].facts == {"first": 2}
    assert told.counts["duplicate"] == 1


LINES = st.lists(
    st.one_of(
        st.sampled_from([*DOMAINS, "", "#", "co.kr", "*.x.example", "a b", "http://bad.example/"]),
        st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=8),
    ),
    max_size=20,
)


@given(LINES)
def test_no_line_is_lost(lines: list[str]) -> None:
    told = read_plain_list("\n".join([*lines, ""]).encode(), "domain", form="text")
    numbers = sorted(line.number for line in told.refused)
    assert len(told.indicators) + len(told.refused) == len(lines)
    assert len(set(numbers)) == len(numbers)
    assert all(1 <= number <= len(lines) for number in numbers)


@given(LINES)
def test_the_three_forms_say_the_same(lines: list[str]) -> None:
    table = io.StringIO()
    csv.writer(table).writerows([line, "note, quoted"] for line in lines)
    text = read_plain_list("\n".join([*lines, ""]).encode(), "domain", form="text")
    as_csv = read_plain_list(table.getvalue().encode(), "domain", form="csv")
    as_json = read_plain_list(json.dumps({"deny": lines, "allow": []}).encode(), "domain", key="deny")
    assert text.indicators == as_csv.indicators == as_json.indicators
    assert (
        [line.code for line in text.refused]
        == [line.code for line in as_csv.refused]
        == [line.code for line in as_json.refused]
    )


@pytest.mark.parametrize(
    ("raw", "form"),
    [
        (b"bad.example\nworse.example\n", "text"),
        (b"domain,seen\nbad.example,2026-01-01\n", "csv"),
        (b"domain;seen\nbad.example;2026-01-01\n", "csv"),
        (b"bad.example\t1\nworse.example\t2\n", "csv"),
        (b"https://bad.example/a,b\nhttps://bad.example/c\n", "text"),  # a comma in a URL is no column
        (b'  ["bad.example"]', "json"),
        (b"", "text"),
        (b"\xef\xbb\xbfbad.example\n", "text"),
    ],
)
def test_the_form_is_seen_from_the_content(raw: bytes, form: str) -> None:
    assert read_plain_list(raw, None).form == form


def test_a_header_row_is_refused_like_any_line_that_is_no_indicator() -> None:
    told = read_plain_list(b'domain,seen\nbad.example,1\n"worse.example\nx",2\n', "domain")
    assert told.indicators == (Indicator("domain", "bad.example"),)
    assert [(line.number, line.code) for line in told.refused] == [(1, "domain-single-label"), (3, "domain-character")]


def test_without_a_kind_each_line_says_what_it_is() -> None:
    told = read_plain_list(b"bad.example\nhttps://t.me/golden_job\n+82 10-5550-1234\nhr@bad.example\nhello\n", None)
    assert [made.kind for made in told.indicators] == ["domain", "handle", "phone", "email"]
    assert [(line.number, line.code) for line in told.refused] == [(5, "kind-unclear")]


def test_a_prefix_gives_the_region_or_platform_that_a_list_leaves_out() -> None:
    assert read_plain_list(b"010-5550-1234\n", "phone", prefix="KR:").indicators == (
        Indicator("phone", "+821055501234"),
    )
    assert read_plain_list(b"@golden_job\n", "handle", prefix="telegram:").indicators[0].value == "telegram:golden_job"


@pytest.mark.parametrize(
    ("raw", "asked", "code"),
    [
        (b"{", {}, "list-json"),
        (b'{"deny": []}', {}, "list-key"),
        (b'{"deny": []}', {"key": "allow"}, "list-key"),
        (b'{"deny": 1}', {"key": "deny"}, "list-key"),
        (b"[]", {"key": "deny"}, "list-key"),
        (b"1", {"form": "json"}, "list-json"),
        (b"[" * 100_000, {}, "list-json"),
        (b'["\xff"]', {}, "list-not-utf8"),
        (b"a,b\n\xff,c\n", {"form": "csv"}, "list-not-utf8"),
        (b'"' + b"a" * 200_000 + b'",b\n', {"form": "csv"}, "list-csv"),
        (b"bad.example", {"form": "xlsx"}, "list-form"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_malformed(raw: bytes, asked: dict[str, str], code: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_plain_list(raw, "domain", **asked)
    assert refused.value.code == code


def test_what_is_no_text_in_a_json_array_is_named() -> None:
    told = read_plain_list(b'["bad.example", null, 7, {"a": 1}]', "domain")
    assert [(line.number, line.code) for line in told.refused] == [(2, "not-text"), (3, "not-text"), (4, "not-text")]


def test_the_real_domain_list_gives_all_but_ten_suffixes_and_four_addresses(shared_data: Path) -> None:
    raw = (shared_data / "domains" / "polkadot-all.json").read_bytes()
    told = read_plain_list(raw, "domain", key="deny")
    assert len(told.indicators) + len(told.refused) == 54_863
    assert told.counts == {"duplicate": 836, "domain-public-suffix": 10, "domain-is-address": 4}
    assert all(made.value.isascii() and made.value == made.value.lower() for made in told.indicators)
    written = {name.lower().rstrip(".") for name in json.loads(raw)["deny"] if name.isascii()}
    assert written - {made.value for made in told.indicators} == {
        line.facts["suffix"] for line in told.refused if line.code == "domain-public-suffix"
    } | {name for name in written if name.rpartition(".")[2].isdigit()}
    again = read_plain_list("\n".join(made.value for made in told.indicators).encode(), "domain")
    assert again.indicators == told.indicators
    assert again.refused == ()


def test_the_real_sanctions_lists_are_read_whole(shared_data: Path) -> None:
    taken, refused = 0, []
    for file in sorted((shared_data / "money" / "ofac").glob("sanctioned_addresses_*.txt")):
        told = read_plain_list(file.read_bytes(), "wallet")
        taken += len(told.indicators)
        refused += [(file.stem[-3:], line.number, line.code) for line in told.refused]
    assert (taken, refused) == (653, [("XMR", 2, "wallet-hash-not-address")])
    monero = (shared_data / "money" / "ofac" / "sanctioned_addresses_XMR.txt").read_bytes()
    assert len(read_plain_list(monero, "wallet", prefix="xmr:").indicators) == 3


def test_a_popular_name_on_a_real_list_is_known_before_anything_goes_out(shared_data: Path) -> None:
    suppressors = Suppressors(
        [parse_warning_list((shared_data / "warninglists" / "majestic_million.json").read_bytes())]
    )
    listed = read_plain_list(
        (shared_data / "domains" / "polkadot-all.json").read_bytes(), "domain", key="deny"
    ).indicators
    warned = {made.value: suppressors.check(made) for made in listed if suppressors.check(made)}
    assert len(warned) == 144
    assert all(hit.list_name.startswith("Top 10000") for hits in warned.values() for hit in hits)
    assert suppressors.check(indicator("domain", "binance.com"))[0].why == "listed"
