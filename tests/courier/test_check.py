"""`check` names the step at which the way to a peer ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from comity.adapters.courier import Finding
from comity.domain.ledger import Admission
from comity.domain.terms import Instant
from tests.courier.far_end import far_end
from tests.faces.exchange.nodes import Node, make_node, serving


@dataclass(frozen=True)
class Two:
    """`me` looks at `them`, who listen and have accepted me."""

    me: Node
    them: Node

    def check(self, **changed: object) -> list[Finding]:
        peer = replace(self.them.card(), **changed)  # type: ignore[arg-type]
        return self.me.courier.check(peer, self.me.world.clock.now())


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    me, them = make_node(tmp_path, "police.kh.example"), make_node(tmp_path, "police.kr.example")
    them.accept(me)
    with serving(them):
        yield Two(me, them)


def _steps(found: list[Finding]) -> list[tuple[str, bool]]:
    return [(finding.step, finding.good) for finding in found]


def _bad(found: list[Finding]) -> list[str]:
    return [finding.code for finding in found if not finding.good]


def test_an_open_way_is_good_at_every_step(two: Two) -> None:
    steps = ["address", "connect", "tls", "name", "validity", "certificate", "admitted", "clock", "node"]
    assert _steps(two.check()) == [(step, True) for step in steps]


@pytest.mark.parametrize(
    ("address", "step", "code"),
    [
        ("http://127.0.0.1:1", "address", "address-unusable"),
        ("https://a:b", "address", "address-unusable"),
        ("https://127.0.0.1:1", "connect", "connection-refused"),
        ("https://nowhere.invalid", "connect", "host-unknown"),
    ],
)
def test_an_address_that_leads_nowhere(two: Two, address: str, step: str, code: str) -> None:
    found = two.check(address=address)
    assert (found[-1].step, found[-1].good, found[-1].code) == (step, False, code)


def test_a_server_that_speaks_no_tls(two: Two, tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:
        two.me.courier._connect_s = 0.3
        found = two.check(address=f"https://127.0.0.1:{listening.getsockname()[1]}")
    assert _bad(found) == ["tls-failed"]


def test_another_certificate_shows_both_fingerprints(two: Two, tmp_path: Path) -> None:
    renewed = make_node(tmp_path / "renewed", two.them.name)
    found = two.check(certificate=renewed.keyring.certificate())
    assert _bad(found) == ["certificate-not-the-pinned-one"]
    assert set(found[-1].facts) == {"shown", "pinned"}


def test_a_name_that_the_certificate_does_not_bear(two: Two) -> None:
    assert _bad(two.check(name="other.kr.example")) == ["name-not-in-certificate", "certificate-not-the-pinned-one"]


def test_a_node_that_has_not_admitted_us(two: Two, tmp_path: Path) -> None:
    stranger = make_node(tmp_path / "stranger", "stranger.example")
    assert _bad(stranger.courier.check(two.them.card(), two.me.world.clock.now())) == ["refused-our-certificate"]
    two.them.accept(two.me, Admission.SUSPENDED)
    assert _bad(two.check()) == ["not-admitted"]


def test_clocks_that_differ(two: Two) -> None:
    behind = Instant(two.me.world.clock.now() - 3_600_000)
    found = two.me.courier.check(two.them.card(), behind)
    assert _bad(found) == ["clocks-differ"]
    (clock,) = [finding for finding in found if finding.step == "clock"]
    assert 3590 < clock.facts["ahead_s"] < 3700


def test_a_certificate_out_of_date(two: Two) -> None:
    later = Instant(two.me.world.clock.now() + 1000 * 86_400_000)
    assert "certificate-out-of-date" in _bad(two.me.courier.check(two.them.card(), later))


def test_another_receipt_key_than_in_the_roster(two: Two) -> None:
    assert _bad(two.check(receipt_key=two.me.card().receipt_key)) == ["another-receipt-key"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"nonsense", "description-unreadable"),
        (b"{}", "description-unreadable"),
        (b'{"node":"other.example","keys":[]}', "another-node"),
    ],
)
def test_a_description_that_is_not_this_nodes(two: Two, body: bytes, code: str) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body
    with far_end(two.them, answer) as address:
        assert _bad(two.check(address=address)) == ["no-date-told", code]
