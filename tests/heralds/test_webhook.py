"""Webhooks to a real server: signed, over verified TLS, and never into a network that nobody meant."""

from __future__ import annotations

import hmac
import ipaddress
import json
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.adapters.partner.webhook import WebhookHerald
from comity.adapters.partner.whereto import is_public
from comity.domain.terms import Instant
from comity.errors import Misconfigured, Unreachable
from comity.ports import Word
from tests.heralds.far_ends import Posts, http_server, server_context

WORD = Word(
    "police.kr.example webhook 0-3", "[comity police.kr.example] 3 waiting", "3 wait.\n", Instant(1_795_500_000_000)
)
SECRET = b"a shared secret of a test"


def herald(url: str, **changed: Any) -> WebhookHerald:
    settings: dict[str, Any] = {"node": "police.kr.example", "url": url, "secret": SECRET, "private": True}
    return WebhookHerald(**{**settings, **changed})


def test_a_word_arrives_signed_and_fresh() -> None:
    posts = Posts()
    with http_server(posts) as port:
        herald(f"http://127.0.0.1:{port}/in?desk=1").tell(WORD)
    ((path, headers, body),) = posts.taken
    assert (path, headers["content-type"], headers["host"]) == ("/in?desk=1", "application/json", f"127.0.0.1:{port}")
    assert json.loads(body) == {
        "key": WORD.key,
        "node": "police.kr.example",
        "subject": WORD.subject,
        "text": WORD.text,
        "at": "2026-11-24T06:00:00.000Z",
    }
    sent_s = headers["comity-timestamp"]
    assert abs(int(sent_s) - time.time()) < 60
    expected = hmac.digest(SECRET, f"{sent_s}.".encode() + body, "sha256").hex()
    assert headers["comity-signature"] == f"v1={expected}"
    assert "secret" not in repr(herald("https://x.example"))


def test_https_is_verified_with_the_name_that_the_settings_give(tmp_path: Path) -> None:
    posts, context = Posts(), server_context(tmp_path)
    other = server_context(tmp_path, "hooks.elsewhere.example")
    with http_server(posts, tls=context) as port:
        herald(f"https://localhost:{port}/", ca=tmp_path / "localhost.pem").tell(WORD)
        assert posts.taken[0][1]["host"] == f"localhost:{port}"
        with pytest.raises(Unreachable, match="webhook-unreachable"):
            herald(f"https://localhost:{port}/").tell(WORD)
    with http_server(posts, tls=other) as port, pytest.raises(Unreachable, match="webhook-unreachable"):
        herald(f"https://localhost:{port}/", ca=tmp_path / "hooks.elsewhere.example.pem").tell(WORD)
    assert len(posts.taken) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 500, 503])
def test_only_a_yes_counts_and_redirects_are_not_followed(status: int) -> None:
    posts, elsewhere = Posts(status=status), Posts()
    with http_server(elsewhere) as there, http_server(posts) as port:
        posts.location = f"http://127.0.0.1:{there}/"
        with pytest.raises(Unreachable) as told:
            herald(f"http://127.0.0.1:{port}/").tell(WORD)
    assert (told.value.code, told.value.facts["status"]) == ("webhook-refused", status)
    assert elsewhere.taken == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]", "2130706433", "0x7f.1"]
)
def test_a_private_address_however_it_is_written_is_refused_unless_allowed(host: str) -> None:
    posts = Posts()
    with http_server(posts) as port, pytest.raises(Misconfigured, match="webhook-address-private"):
        herald(f"https://{host}:{port}/", private=False).tell(WORD)
    assert posts.taken == []


def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def names(host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("8.8.8.8", "10.0.0.9")]

    monkeypatch.setattr(socket, "getaddrinfo", names)
    with pytest.raises(Misconfigured, match="webhook-address-private"):
        herald("https://hooks.example/", private=False).tell(WORD)


def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A name that leads elsewhere the second time it is asked gains nothing."""
    posts, context, asked = Posts(), server_context(tmp_path), []
    real = socket.getaddrinfo

    def names(host: Any, port: Any, *given: Any, **named: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1" if host == "localhost" else host, port, *given, **named)

    with http_server(posts, tls=context) as port:
        monkeypatch.setattr(socket, "getaddrinfo", names)
        herald(f"https://localhost:{port}/", ca=tmp_path / "localhost.pem").tell(WORD)
    assert asked.count("localhost") == 1
    assert len(posts.taken) == 1


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://hooks.example/", "webhook-url"),
        ("https://user:pass@hooks.example/", "webhook-url"),
        ("https:///nowhere", "webhook-url"),
        ("not a url", "webhook-url"),
        ("http://10.0.0.1/", "webhook-not-https"),
    ],
)
def test_what_is_no_address_for_a_webhook_is_refused(url: str, code: str) -> None:
    with pytest.raises(Misconfigured) as told:
        herald(url).tell(WORD)
    assert told.value.code == code


def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="webhook-unreachable"):
        herald("http://127.0.0.1:1/").tell(WORD)


PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "64:ff9b:1::a00:1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_spelling_of_a_private_address_is_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_as_public_inside_ipv6_as_by_itself(address: ipaddress.IPv4Address) -> None:
    nat = ipaddress.IPv6Address((0x64FF9B << 96) | int(address))
    assert is_public(nat) == is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))
