"""The courier trusts one certificate and believes nothing else."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from comity.adapters.courier import HttpsCourier, pinned
from comity.domain.ledger import Peer
from comity.domain.terms import NodeName
from comity.errors import Malformed, NotFound, Unreachable
from tests.courier.far_end import far_end
from tests.faces.exchange.nodes import Node, make_node

MUCH = 1 << 20


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    return make_node(tmp_path_factory.mktemp("far"), "police.kr.example")


@pytest.fixture(scope="module")
def me(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpsCourier]:
    mine = make_node(tmp_path_factory.mktemp("me"), "police.kh.example")
    courier = HttpsCourier(
        mine.keyring.certificate_path, mine.keyring.certificate_key_path, connect_s=2.0, read_s=0.5, silence_s=0.5
    )
    yield courier
    courier.close()


def _ok(body: bytes, more: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n" % len(body) + more + b"\r\n" + body


def _at(node: Node, address: str) -> Peer:
    return replace(node.card(), address=address)


def test_the_pinned_far_end_is_read(node: Node, me: HttpsCourier) -> None:
    with far_end(node, _ok(b"hello")) as address:
        assert me.get(_at(node, address), "/x", MUCH) == b"hello"


def test_what_is_asked_goes_out_plainly_and_says_little_about_us(node: Node, me: HttpsCourier) -> None:
    heads: list[bytes] = []

    def answer(line: ssl.SSLSocket, head: bytes) -> None:
        heads.append(head)
        line.sendall(_ok(b"", b"Set-Cookie: a=b; Path=/\r\n"))

    with far_end(node, answer) as address:
        me.get(_at(node, address), "/ch/00/tile/0/x001/234?skip=1", MUCH)
        me.get(_at(node, address), "/again", MUCH)
    lines = heads[0].decode().lower().split("\r\n")
    assert lines[0] == "get /ch/00/tile/0/x001/234?skip=1 http/1.1"
    assert sorted(line.split(":")[0] for line in lines[1:] if line) == [
        "accept",
        "accept-encoding",
        "connection",
        "host",
        "user-agent",
    ]
    assert {"host: police.kr.example", "accept-encoding: identity", "user-agent: comity"} <= set(lines)
    assert b"cookie" not in heads[1].lower()


def test_another_certificate_of_the_same_name_is_refused_before_a_byte_goes_out(
    node: Node, me: HttpsCourier, tmp_path: Path
) -> None:
    heads: list[bytes] = []
    impostor = make_node(tmp_path, node.name)
    with far_end(impostor, lambda line, head: heads.append(head)) as address, pytest.raises(Unreachable) as told:
        me.post(_at(node, address), "/x", b"secret")
    assert told.value.code == "certificate-not-the-pinned-one"
    assert heads == []


def test_the_pinned_certificate_must_bear_the_peers_name(node: Node, me: HttpsCourier) -> None:
    with far_end(node, _ok(b"")) as address, pytest.raises(Unreachable) as told:
        me.get(replace(_at(node, address), name=NodeName("police.vn.example")), "/x", MUCH)
    assert told.value.code == "certificate-not-the-pinned-one"
    assert "mismatch" in str(told.value.facts["why"]).lower()


def test_a_certificate_issued_by_the_pinned_one_is_refused(node: Node, me: HttpsCourier, tmp_path: Path) -> None:
    """A peer that pinned a certificate able to issue others: what it issues is not what was compared."""
    issuer_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer (fictional)")])
    now = datetime.now(UTC)

    def certify(subject: x509.Name, public: ec.EllipticCurvePublicKey, *, ca: bool) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(node.name)]), critical=False)
            .sign(issuer_key, hashes.SHA256())
        )

    issuer = certify(issuer_name, issuer_key.public_key(), ca=True)
    issued = certify(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, node.name)]), key.public_key(), ca=False)
    impostor = make_node(tmp_path, node.name)
    impostor.keyring.certificate_path.write_bytes(issued.public_bytes(serialization.Encoding.PEM))
    impostor.keyring.certificate_key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    pinned = issuer.public_bytes(serialization.Encoding.DER)
    with far_end(impostor, _ok(b"")) as address, pytest.raises(Unreachable) as told:
        me.get(replace(_at(node, address), certificate=pinned), "/x", MUCH)
    assert told.value.facts["why"] == "another certificate than the pinned one"


def test_an_older_tls_is_refused(node: Node, me: HttpsCourier) -> None:
    with far_end(node, _ok(b""), ssl.TLSVersion.TLSv1_2) as address, pytest.raises(Unreachable) as told:
        me.get(_at(node, address), "/x", MUCH)
    assert told.value.code in ("tls-failed", "refused-our-certificate")


@pytest.mark.parametrize(
    "status",
    [
        b"301 Moved\r\nLocation: /y",
        b"302 Found\r\nLocation: https://elsewhere.example/",
        b"204 No",
        b"403 No",
        b"409 No",
        b"500 No",
    ],
)
def test_every_other_status_than_200_is_a_fault_with_its_number_and_no_redirect_is_followed(
    node: Node, me: HttpsCourier, status: bytes
) -> None:
    with far_end(node, b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n") as address:
        with pytest.raises(Unreachable) as told:
            me.get(_at(node, address), "/x", MUCH)
        assert (told.value.code, told.value.facts["status"]) == ("peer-status", int(status[:3]))


def test_404_is_not_found(node: Node, me: HttpsCourier) -> None:
    with far_end(node, b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n") as address, pytest.raises(NotFound):
        me.get(_at(node, address), "/x", MUCH)


def test_a_post_brings_back_any_status_with_its_body(node: Node, me: HttpsCourier) -> None:
    with far_end(node, b"HTTP/1.1 409 No\r\nContent-Length: 4\r\n\r\n305\n") as address:
        reply = me.post(_at(node, address), "/x", b"body")
    assert (reply.status, reply.body) == (409, b"305\n")


@pytest.mark.parametrize(("size", "fits"), [(1000, True), (1001, False), (5_000_000, False)])
def test_a_body_over_the_limit_is_cut_while_it_streams(node: Node, me: HttpsCourier, size: int, fits: bool) -> None:
    sent: list[int] = []

    def answer(line: ssl.SSLSocket, head: bytes) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        for at in range(0, size, 1000):
            chunk = b"x" * min(1000, size - at)
            line.sendall(b"%x\r\n" % len(chunk) + chunk + b"\r\n")
            sent.append(len(chunk))
        line.sendall(b"0\r\n\r\n")

    with far_end(node, answer) as address:
        if fits:
            assert me.get(_at(node, address), "/x", 1000) == b"x" * size
            return
        with pytest.raises(Malformed) as told:
            me.get(_at(node, address), "/x", 1000)
    assert told.value.code == "body-too-large"
    assert size < 5_000_000 or sum(sent) < size


def test_an_encoded_body_is_not_unpacked(node: Node, me: HttpsCourier) -> None:
    with far_end(node, _ok(b"\x1f\x8b", b"Content-Encoding: gzip\r\n")) as address, pytest.raises(Malformed) as told:
        me.get(_at(node, address), "/x", MUCH)
    assert told.value.code == "body-is-encoded"


def test_a_drip_is_given_up(node: Node, me: HttpsCourier) -> None:
    enough = threading.Event()

    def answer(line: ssl.SSLSocket, head: bytes) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not enough.wait(0.05):
            line.sendall(b"x")

    with far_end(node, answer) as address:
        with pytest.raises(Unreachable) as told:
            me.get(_at(node, address), "/x", MUCH)
        enough.set()
    assert told.value.code == "body-too-slow"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "hung-up"),
        (b"nonsense\r\n\r\n", "answer-not-http"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "hung-up"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\nshort", "answer-not-http"),
    ],
    ids=["nothing", "no-http", "cut-short", "no-length"],
)
def test_a_far_end_that_breaks_off_or_speaks_otherwise_is_unreachable(
    node: Node, me: HttpsCourier, answer: bytes, code: str
) -> None:
    with far_end(node, answer) as address, pytest.raises(Unreachable) as told:
        me.get(_at(node, address), "/x", MUCH)
    assert told.value.code == code


@pytest.mark.parametrize("said", [b"HTTP/1.1 103 Early Hints\r\n\r\n" * 400, b"H"], ids=["hints", "drip"])
def test_an_answer_that_does_not_begin_is_given_up(
    node: Node, me: HttpsCourier, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pinned, "HEAD_S", 0.3)
    enough = threading.Event()

    def answer(line: ssl.SSLSocket, head: bytes) -> None:
        while not enough.wait(0.001 if len(said) > 1 else 0.05):
            line.sendall(said)

    with far_end(node, answer) as address:
        with pytest.raises(Unreachable) as told:
            me.get(_at(node, address), "/x", MUCH)
        enough.set()
    assert told.value.code == "head-too-long"


def test_a_far_end_that_says_nothing_times_out(node: Node, me: HttpsCourier) -> None:
    enough = threading.Event()
    with far_end(node, lambda line, head: (enough.wait(5), None)[1]) as address:
        with pytest.raises(Unreachable) as told:
            me.get(_at(node, address), "/x", MUCH)
        enough.set()
    assert told.value.code == "timeout"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("https://127.0.0.1:1", "connection-refused"),
        ("http://127.0.0.1:1", "address-not-https"),
        ("ftp://127.0.0.1", "address-not-https"),
        ("https://", "address-unusable"),
        ("", "address-not-https"),
        ("https://[::1", "address-unusable"),
        ("https://a:b", "address-unusable"),
        ("https://127.0.0.1:99999999", "address-unusable"),
    ],
)
def test_an_address_that_leads_nowhere_has_its_reason(node: Node, me: HttpsCourier, address: str, code: str) -> None:
    with pytest.raises(Unreachable) as told:
        me.get(_at(node, address), "/x", MUCH)
    assert told.value.code == code


@pytest.mark.parametrize("pinned", [b"", b"junk"])
def test_a_pinned_certificate_that_is_none_is_told(node: Node, me: HttpsCourier, pinned: bytes) -> None:
    with pytest.raises(Unreachable) as told:
        me.get(replace(node.card(), certificate=pinned), "/x", MUCH)
    assert told.value.code == "pinned-certificate-unreadable"


def test_the_environment_sends_nothing_elsewhere(node: Node, me: HttpsCourier, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with far_end(node, _ok(b"hello")) as address:
        assert me.get(_at(node, address), "/x", MUCH) == b"hello"


def test_a_connection_is_kept_for_the_next_request(node: Node, me: HttpsCourier) -> None:
    def answer(line: ssl.SSLSocket, head: bytes) -> None:
        for count in (1, 2, 3):
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % count)
            if count < 3:
                line.recv(65536)

    with far_end(node, answer) as address:
        assert [me.get(_at(node, address), "/x", MUCH) for _ in range(3)] == [b"1", b"2", b"3"]


def test_a_peer_with_a_new_certificate_is_not_reached_over_the_old_connection(
    node: Node, me: HttpsCourier, tmp_path: Path
) -> None:
    renewed = make_node(tmp_path, node.name)
    with far_end(node, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as address:
        peer = _at(node, address)
        me.get(peer, "/x", MUCH)
        with pytest.raises(Unreachable):
            me.get(replace(peer, certificate=renewed.keyring.certificate()), "/x", MUCH)


def test_an_event_stream_gives_its_sizes_and_ends_with_the_connection(node: Node, me: HttpsCourier) -> None:
    def answer(line: ssl.SSLSocket, head: bytes) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for part in (b": hi\n\n", b"event: checkpoint\nda", b"ta: 5\n\n", b"event: checkpoint\ndata: 9\n\n"):
            line.sendall(b"%x\r\n%b\r\n" % (len(part), part))

    with far_end(node, answer) as address:
        assert [one.size for one in me.events(_at(node, address), "/events")] == [5, 9]


def test_a_stream_silent_for_too_long_ends(node: Node, me: HttpsCourier) -> None:
    enough = threading.Event()

    def answer(line: ssl.SSLSocket, head: bytes) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        enough.wait(5)

    with far_end(node, answer) as address:
        assert list(me.events(_at(node, address), "/events")) == []
        enough.set()


def test_a_closed_courier_carries_nothing(node: Node, tmp_path: Path) -> None:
    mine = make_node(tmp_path, "police.kh.example")
    mine.courier.close()
    with pytest.raises(Unreachable) as told:
        mine.courier.get(node.card(), "/x", MUCH)
    assert told.value.code == "courier-closed"
