"""Host names, public suffixes and numeric hosts, against other people's readers of the same rules."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.indicator import Indicator, broader, indicator, kinds
from comity.domain.indicator.hostname import host_name
from comity.domain.indicator.ip_address import ipv4_text, looks_numeric
from comity.domain.indicator.public_suffix import parents, registrable
from comity.errors import Malformed


@pytest.mark.parametrize(
    ("host", "root"),
    [
        ("a.b.bad.example", "bad.example"),
        ("bad.co.kr", "bad.co.kr"),
        ("a.bad.com.kh", "bad.com.kh"),
        ("x.github.io", "x.github.io"),
        ("a.x.github.io", "x.github.io"),
        ("github.io", None),
        ("x.pages.dev", "x.pages.dev"),
        ("pages.dev", None),
        ("co.kr", None),
        ("com", None),
        ("a.b.ck", "a.b.ck"),  # *.ck: every name below is a suffix
        ("b.ck", None),
        ("www.ck", "www.ck"),  # the list's own exception
        ("a.b.unheard-of", "b.unheard-of"),
        ("unheard-of", None),
    ],
)
def test_the_registrable_name_is_one_label_more_than_the_suffix(host: str, root: str | None) -> None:
    assert registrable(host) == root


def test_a_listing_of_a_tenant_never_covers_the_shared_host() -> None:
    assert broader(indicator("url", "https://a.x.github.io/login")) == (
        Indicator("domain", "a.x.github.io"),
        Indicator("domain", "x.github.io"),
    )
    with pytest.raises(Malformed):
        indicator("domain", "github.io")


def test_broader_walks_from_the_page_to_the_registered_domain() -> None:
    assert [wider.value for wider in broader(indicator("url", "http://a.b.bad.co.kr:81/x?y"))] == [
        "a.b.bad.co.kr",
        "b.bad.co.kr",
        "bad.co.kr",
    ]
    assert [wider.value for wider in broader(indicator("domain", "a.b.bad.co.kr"))] == ["b.bad.co.kr", "bad.co.kr"]
    assert broader(indicator("domain", "bad.co.kr")) == ()
    assert broader(indicator("email", "hr@a.bad.example")) == ()
    assert broader(indicator("url", "http://192.0.2.7/")) == broader(indicator("url", "http://[2001:db8::7]/")) == ()
    assert broader(indicator("url", "https://github.io/")) == ()


@given(st.lists(st.from_regex(r"[a-z0-9]{1,5}", fullmatch=True), max_size=5))
def test_parents_are_the_suffixes_down_to_the_registrable_name(labels: list[str]) -> None:
    host = ".".join([*labels, "bad", "co", "kr"])
    suffixes = [host.split(".", n)[-1] for n in range(1, len(labels) + 1)]
    assert list(parents(host)) == suffixes


@given(st.from_regex(r"[가-힣a-zäöüñß0-9đơ]{1,12}(\.[a-z가-힣ạế]{1,8}){1,3}", fullmatch=True))
def test_internationalised_names_agree_with_idna_wherever_idna_accepts_them(name: str) -> None:
    try:
        expected = idna.encode(name, uts46=True, transitional=False).decode()
    except idna.IDNAError:
        return
    assert host_name(name, "domain") == expected


def test_the_real_names_in_other_scripts_agree_with_idna(shared_data: Path) -> None:
    listed = json.loads((shared_data / "domains" / "polkadot-all.json").read_text())["deny"]
    foreign = [name for name in listed if not name.isascii()]
    assert len(foreign) > 40
    for name in foreign:
        assert host_name(name, "domain") == idna.encode(name, uts46=True, transitional=False).decode().rstrip(".")


def test_names_that_browsers_resolve_but_registries_do_not_sell_have_a_form() -> None:
    assert host_name("😀.example", "domain") == "xn--e28h.example"
    assert host_name("-shop_.example", "domain") == "-shop_.example"


@pytest.mark.parametrize("label", ["xn--", "xn--a", "xn--zzzzzzzzzzz", "xn--abc-", "xn--4ca-"])
def test_an_a_label_that_no_browser_would_make_is_refused(label: str) -> None:
    with pytest.raises(Malformed) as refused:
        host_name(f"{label}.example", "domain")
    assert refused.value.code == "domain-bad-a-label"


def test_a_giant_name_is_refused_before_any_quadratic_work() -> None:
    with pytest.raises(Malformed) as refused:
        host_name("한" * 1_000_000, "url")
    assert refused.value.code == "url-too-long"


NUMBERS = st.one_of(
    st.integers(0, 2**33).map(str),
    st.integers(0, 2**33).map(hex),
    st.integers(0, 2**33).map(lambda n: f"0{n:o}"),
    st.integers(0, 300).map(str),
    st.integers(0, 300).map(hex),
)


@given(st.lists(NUMBERS, min_size=1, max_size=5))
def test_numeric_hosts_are_read_as_the_system_resolver_reads_them(parts: list[str]) -> None:
    host = ".".join(parts)
    assert looks_numeric(host)
    try:
        expected = socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        with pytest.raises(Malformed):
            ipv4_text(host, "url")
    else:
        assert ipv4_text(host, "url") == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HTTP://BAD.example:80", "http://bad.example/#top"),
        ("https://bad.example/%41%2d%7E", "https://bad.example/A-~"),
        ("https://bad.example/a/%2e%2e/b", "https://bad.example/b"),
        ("https://bad.example/한", "https://bad.example/%ed%95%9c"),
        ("https://user:secret@bad.example/", "https://bad.example/"),
        ("https://bad.example./", "https://bad.example/"),
        ("https://b%61d.example/", "https://bad.example/"),
        ("https://bad.example/?", "https://bad.example/"),
        ("https://bad.example:0443/", "https://bad.example/"),
        ("http://0xC0.0.2.7/", "http://192.0.2.7/"),
    ],
)
def test_two_spellings_of_one_page_meet(one: str, other: str) -> None:
    assert indicator("url", one) == indicator("url", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://bad.example/", "https://bad.example/"),
        ("https://bad.example/A", "https://bad.example/a"),
        ("https://bad.example/a/", "https://bad.example/a"),
        ("https://bad.example/a%2Fb", "https://bad.example/a/b"),
        ("https://bad.example/?a=1&b=2", "https://bad.example/?b=2&a=1"),
        ("https://www.bad.example/", "https://bad.example/"),
        ("https://bad.example:8443/", "https://bad.example/"),
    ],
)
def test_two_pages_stay_two(one: str, other: str) -> None:
    assert indicator("url", one) != indicator("url", other)


def test_no_password_survives_in_a_normal_form() -> None:
    assert "secret" not in kinds()["url"].normalise("https://joe:secret@bad.example/login")
