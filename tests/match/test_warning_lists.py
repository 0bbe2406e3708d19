"""Warning lists: how each type compares, what a hit says, and that the real lists work whole."""

from __future__ import annotations

import json
from hashlib import sha256
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.indicator import Indicator, indicator
from comity.domain.match import Suppression, Suppressors, WarningList, parse_warning_list
from comity.errors import Malformed

NAMES = ["domain", "hostname", "url"]
ADDRESSES = ["ip-src", "ip-dst", "domain|ip"]


def listing(kind_of_list: str, entries: list[str], matching: list[str], name: str = "a list") -> bytes:
    return json.dumps(
        {"name": name, "description": "fictional", "version": 1, "type": kind_of_list, "list": entries,
         "matching_attributes": matching}
    ).encode()  # fmt: skip


def hits(kind_of_list: str, entries: list[str], matching: list[str], kind: str, raw: str) -> list[tuple[str, str]]:
    """(entry, why) of every warning that one list gives."""
    one = parse_warning_list(listing(kind_of_list, entries, matching))
    return [(hit.entry, hit.why) for hit in Suppressors([one]).check(indicator(kind, raw))]


@pytest.fixture(scope="module")
def lists(shared_data: Path) -> tuple[WarningList, ...]:
    files = sorted((shared_data / "warninglists").glob("*.json"))
    return tuple(parse_warning_list(file.read_bytes()) for file in files)


@pytest.fixture(scope="module")
def suppressors(lists: tuple[WarningList, ...]) -> Suppressors:
    return Suppressors(lists)


@pytest.mark.parametrize(
    ("entry", "kind", "raw", "expected"),
    [
        ("bank.example", "domain", "bank.example", [("bank.example", "listed")]),
        ("bank.example", "domain", "pay.bank.example", [("bank.example", "parent-listed")]),
        ("bank.example", "domain", "notbank.example", []),
        ("pay.bank.example", "domain", "bank.example", []),
        (".Bank.example", "domain", "a.bank.example", [(".Bank.example", "parent-listed")]),
        ("bank.example.", "domain", "bank.example", [("bank.example.", "listed")]),
        ("은행.example", "domain", "은행.example", [("은행.example", "listed")]),
        ("bank.example", "url", "https://bank.example/", [("bank.example", "listed")]),
        ("bank.example", "url", "https://bank.example/x", [("bank.example", "act-on-path")]),
        ("bank.example", "url", "https://m.bank.example/?q=1", [("bank.example", "act-on-path")]),
        ("bank.example", "email", "hr@bank.example", []),
    ],
)
def test_a_hostname_entry_is_the_host_or_a_parent_of_it(
    entry: str, kind: str, raw: str, expected: list[tuple[str, str]]
) -> None:
    assert hits("hostname", [entry], NAMES, kind, raw) == expected


@pytest.mark.parametrize(
    ("entry", "raw", "expected"),
    [
        ("bank.example", "bank.example", "listed"),
        ("bank.example", "a.b.bank.example", "registrable-listed"),
        ("a.bank.example", "b.a.bank.example", None),
        (".bank.example", "a.b.bank.example", "parent-listed"),
        ("github.io", "x.github.io", None),  # strangers below a public suffix are not its owner
        ("EXAMPLE", "bad.example", None),
    ],
)
def test_a_string_entry_is_the_value_or_its_registered_domain(entry: str, raw: str, expected: str | None) -> None:
    assert [why for _, why in hits("string", [entry], NAMES, "domain", raw)] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("raw", "hit"),
    [
        ("a@mail.example", True),
        ("a@x.mail.example", True),
        ("a@hotmail.example", False),
        ("mail.example@bad.example", False),
    ],
)
def test_a_substring_entry_is_looked_for_behind_the_at_sign_only(raw: str, hit: bool) -> None:
    expected = [("mail.example", "mail-domain-listed")] if hit else []
    assert hits("substring", ["mail.example"], ["email-src"], "email", raw) == expected


@pytest.mark.parametrize(
    ("entry", "raw", "hit"),
    [
        ("192.0.2.0/24", "http://192.0.2.7/x", True),
        ("192.0.2.7", "http://192.0.2.7/", True),
        ("192.0.2.6/31", "http://0xC0000207/", True),
        ("192.0.2.7/24", "http://192.0.2.200/", True),  # host bits set: some lists do
        ("192.0.2.8", "http://192.0.2.7/", False),
        ("2001:DB8::/32", "http://[2001:db8::7]:8080/", True),
        ("::/0", "http://192.0.2.7/", False),
        ("0.0.0.0/0", "https://bad.example/", False),
    ],
)
def test_a_network_holds_hosts_that_are_addresses(entry: str, raw: str, hit: bool) -> None:
    assert hits("cidr", [entry], ADDRESSES, "url", raw) == ([(entry, "address-in-network")] if hit else [])


@given(
    st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 32)), min_size=1, max_size=6),
    st.integers(0, 2**32 - 1),
    st.integers(0, 32),
)
def test_networks_agree_with_the_standard_library(networks: list[tuple[int, int]], near: int, shift: int) -> None:
    entries = [f"{ip_address(number)}/{prefix}" for number, prefix in networks]
    address = ip_address(networks[0][0] ^ near >> shift)
    holding = [entry for entry in entries if address in ip_network(entry, strict=False)]
    found = hits("cidr", entries, ADDRESSES, "url", f"http://{address}/")
    assert bool(found) == bool(holding)
    assert all(entry in holding for entry, _ in found)


def test_the_narrowest_network_speaks_for_its_list() -> None:
    assert hits("cidr", ["192.0.0.0/8", "192.0.2.0/24", "192.0.0.0/16"], ADDRESSES, "url", "http://192.0.2.7/") == [
        ("192.0.2.0/24", "address-in-network")
    ]


def test_a_pattern_is_searched_and_heeds_its_flags() -> None:
    assert hits("regex", ["/^abuse@/i"], ["email-src"], "email", "ABUSE@bad.example") == [("/^abuse@/i", "pattern")]
    assert hits("regex", ["/BAD/"], ["email-src"], "email", "a@bad.example") == []
    assert hits("regex", ["#bad#g"], ["email-src"], "email", "a@bad.example") == [("#bad#g", "pattern")]


def test_listed_values_without_a_host_are_compared_in_normal_form() -> None:
    hot = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    assert hits("string", [hot, "nonsense"], ["btc"], "wallet", hot.lower()) == [(hot, "listed")]
    assert hits("string", ["+82 10-5550-1234"], ["phone-number"], "phone", "+821055501234") == [
        ("+82 10-5550-1234", "listed")
    ]
    assert hits("string", ["HTTPS://bank.example/a#b"], ["url"], "url", "https://bank.example/a") == [
        ("HTTPS://bank.example/a#b", "listed")
    ]


def test_a_list_about_no_kind_of_ours_is_named_as_not_applied() -> None:
    hashes = parse_warning_list(listing("string", ["00" * 32], ["ssdeep", "filename|ssdeep"], "hashes"))
    names = parse_warning_list(listing("string", ["bank.example"], ["domain|ip"], "names"))
    assert Suppressors([hashes, names]).not_applied == ("hashes",)
    assert Suppressors([hashes, names]).check(indicator("domain", "bank.example"))


def test_one_list_warns_once_and_lists_keep_their_order() -> None:
    first = parse_warning_list(listing("hostname", ["example", "bank.example", "a.bank.example"], NAMES, "first"))
    second = parse_warning_list(listing("string", ["a.bank.example", "bank.example"], NAMES, "second"))
    assert Suppressors([first, second]).check(indicator("domain", "a.bank.example")) == (
        Suppression("first", "a.bank.example", "listed"),
        Suppression("second", "a.bank.example", "listed"),
    )


def test_an_unknown_kind_meets_no_list(suppressors: Suppressors) -> None:
    assert suppressors.check(Indicator("shoe-size", "42")) == ()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "warning-list-json"),
        (b"[]", "warning-list-json"),
        (b"\xff{}", "warning-list-json"),
        (b'{"name":"a","description":"","version":1,"type":"string","list":[1]}', "warning-list-json"),
        (b'{"name":"a","description":"","version":1,"type":"string"}', "warning-list-json"),
        (listing("fuzzy", ["a"], NAMES), "warning-list-type"),
        (listing("hostname", ["a.example", " . "], NAMES), "warning-list-entry-empty"),
        (listing("cidr", ["192.0.2.0/33"], ADDRESSES), "warning-list-network"),
        (listing("cidr", ["192.0.2/24"], ADDRESSES), "warning-list-network"),
        (listing("cidr", ["192.0.2.0/"], ADDRESSES), "warning-list-network"),
        (listing("cidr", ["bank.example"], ADDRESSES), "warning-list-network"),
        (listing("regex", ["abc"], NAMES), "pattern-form"),
        (listing("regex", ["/abc/e"], NAMES), "pattern-flag"),
        (listing("regex", ["/(abc/"], NAMES), "pattern-syntax"),
        (listing("regex", ["/(a+)+$/"], NAMES), "pattern-unbounded"),
    ],
)
def test_a_list_that_cannot_be_compared_whole_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(Malformed) as refused:
        parse_warning_list(raw)
    assert refused.value.code == code


def test_the_edition_is_known_by_the_digest_of_its_bytes() -> None:
    raw = listing("string", ["bank.example"], NAMES)
    assert parse_warning_list(raw).sha256 == sha256(raw).hexdigest()


def test_all_real_lists_are_read_whole(lists: tuple[WarningList, ...], suppressors: Suppressors) -> None:
    assert len(lists) == 44
    assert sum(len(one.entries) for one in lists) == 109_030
    assert suppressors.not_applied == tuple(
        one.name for one in lists if all("domain" not in m and "ip-" not in m and "mail" not in m and "phone" not in m
                                         and "md5" not in m and "sha" not in m
                                             and m not in ("url", "uri", "hostname") for m in one.matching)
    )  # fmt: skip
    assert suppressors.not_applied == ()


@pytest.mark.parametrize(
    ("kind", "raw", "name", "why"),
    [
        ("domain", "naver.com", "Top 10000 websites from Majestic Million", "listed"),
        ("domain", "evil.naver.com", "Top 10000 websites from Majestic Million", "registrable-listed"),
        ("domain", "mail.google.com", "List of known google domains", "registrable-listed"),
        ("domain", "login.eihbank.com", "List of known bank domains", "parent-listed"),
        ("url", "https://bit.ly/3abc", "List of known URL Shorteners domains", "act-on-path"),
        ("url", "https://bit.ly/", "List of known URL Shorteners domains", "listed"),
        ("url", "http://10.0.0.1/login", "List of RFC 1918 CIDR blocks", "address-in-network"),
        ("url", "http://[2606:4700::1]/", "List of known Cloudflare IP ranges", "address-in-network"),
        ("email", "abuse@bad.example", "Common contact e-mail addresses", "pattern"),
        ("email", "joe@0-mail.com", "List of disposable email domains", "mail-domain-listed"),
        ("phone", "+12025550123", "Unattributed phone number.", "pattern"),
        ("phone", "+447700900123", "Unattributed phone number.", "pattern"),
        ("phone", "+61491570006", "Unattributed phone number.", "pattern"),
    ],
)
def test_a_known_name_is_shown_with_the_list_and_the_reason(
    suppressors: Suppressors, kind: str, raw: str, name: str, why: str
) -> None:
    assert (name, why) in [(hit.list_name, hit.why) for hit in suppressors.check(indicator(kind, raw))]


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("domain", "golden-job.example"),
        ("domain", "someone.github.io"),
        ("url", "https://golden-job.example/apply"),
        ("url", "http://203.0.114.9/"),
        ("email", "hr@golden-job.example"),
        ("phone", "+821055501234"),
        ("wallet", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"),
        ("handle", "telegram:golden_job"),
    ],
)
def test_an_unknown_value_meets_no_warning(suppressors: Suppressors, kind: str, raw: str) -> None:
    assert suppressors.check(indicator(kind, raw)) == ()


def test_every_entry_of_every_applied_list_of_names_finds_itself(
    lists: tuple[WarningList, ...], suppressors: Suppressors
) -> None:
    asked = refused = 0
    for one in lists:
        if one.type in ("string", "hostname") and one.name not in suppressors.not_applied:
            for entry in one.entries[:: max(1, len(one.entries) // 200)]:
                try:
                    value = indicator("domain", entry.lstrip("."))
                except Malformed:  # a public suffix, which our domains never are
                    refused += 1
                    continue
                assert one.name in [hit.list_name for hit in suppressors.check(value)], entry
                asked += 1
    assert asked > 1500
    assert refused > 150
