"""Attacks on the listener, each with the kind under which it is told and the answers that are right."""

from __future__ import annotations

import gzip
import ssl
import struct
import warnings
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from comity.domain.ledger import Admission, Lane
from tests.faces.exchange.nodes import Node, make_node
from tests.hostile.siege import (
    CLOSED,
    Act,
    Siege,
    client_context,
    head,
    line_of,
    one_answer,
    plain_line,
    sent,
    statuses,
    to_the_end,
)

NOBODY, ENEMY = "", "captured.example"
WELL_KNOWN = "GET /.well-known/comity HTTP/1.1"
TEXT = "Content-Type: text/plain"


@dataclass(frozen=True)
class Attack:
    """`kinds` any of which tells it, about `peer`; `right` the answers of which each attempt must get one."""

    name: str
    act: Act
    kinds: tuple[str, ...]
    right: tuple[int, ...]
    peer: str = ENEMY


def _raw(*lines: str, body: bytes = b"") -> Act:
    """A head written to the letter; `{host}` and `{path}` are put in."""

    def act(siege: Siege) -> list[int]:
        text = "\r\n".join(lines).replace("{host}", siege.node.name).replace("{path}", siege.path())
        return sent(siege, text.encode("latin-1") + b"\r\n\r\n" + body)

    return act


def _get(target: str) -> Act:
    return _raw(f"GET {target} HTTP/1.1", "Host: {host}", "Connection: close")


def _post(*more: str, body: bytes = b"") -> Act:
    return _raw("POST {path}/cosign HTTP/1.1", "Host: {host}", "Connection: close", *more, body=body)


# ---- before anybody is known ---------------------------------------------------------------------------------------


def _as_client(client: Callable[[Siege], Node | None]) -> Act:
    def act(siege: Siege) -> list[int]:
        try:
            return sent_by(siege, client(siege))
        except (ssl.SSLError, ConnectionError):
            return [CLOSED]

    return act


def sent_by(siege: Siege, client: Node | None) -> list[int]:
    with line_of(siege, client) as line:
        with suppress(OSError):
            line.sendall(head(siege, WELL_KNOWN))
        return statuses(to_the_end(line))


def _made(siege: Siege, folder: str, name: str) -> Node:
    """Made once for the siege."""
    return make_node(siege.folder / folder, name)


def _impostor(siege: Siege) -> Node:
    return _made(siege, "impostor", siege.honest.name)


def _issued(siege: Siege) -> Node:
    """The honest peer's name, certified by an authority that nobody asked."""
    node = _made(siege, "issued", siege.honest.name)
    issuer, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, siege.honest.name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority (fictional)")]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(siege.honest.name)]), critical=False)
        .sign(issuer, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    node.keyring.certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    node.keyring.certificate_key_path.write_bytes(private)
    return node


def _older(version: ssl.TLSVersion) -> Act:
    def act(siege: Siege) -> list[int]:
        context = client_context(siege, siege.enemy)
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # that it is old is the point
            context.minimum_version = context.maximum_version = version
        with suppress(ssl.SSLError, ConnectionError), line_of(siege, siege.enemy, context):
            return [200]
        return [CLOSED]

    return act


def _bytes_first(raw: bytes) -> Act:
    """What comes instead of a handshake."""

    def act(siege: Siege) -> list[int]:
        with plain_line(siege) as line:
            with suppress(OSError):
                line.sendall(raw)
            heard = to_the_end(line)
        return [CLOSED] if not heard.startswith(b"HTTP/") else statuses(heard)

    return act


def _half_open(siege: Siege) -> list[int]:
    """Forty at once that begin a handshake and say no more."""
    with ExitStack() as stack:
        lines = [stack.enter_context(plain_line(siege)) for _ in range(40)]
        for line in lines:
            line.sendall(_CLIENT_HELLO[:20])
        return [CLOSED for line in lines if not to_the_end(line).startswith(b"HTTP/")]


_CLIENT_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32)
_OVERSIZED_HELLO = b"".join(
    b"\x16\x03\x01" + struct.pack(">H", 16384) + (b"\x01\x03\xff\xff" + bytes(16380) if at == 0 else bytes(16384))
    for at in range(16)
)


def _removed(siege: Siege) -> list[int]:
    """A connection that was let in stays open; the peer is suspended meanwhile. And no session is taken up again."""
    gone = _made(siege, "gone", "gone.example")
    siege.node.accept(gone)
    context = client_context(siege, gone)
    answered = []
    with line_of(siege, gone, context) as line:
        line.sendall(head(siege, WELL_KNOWN, close=False))
        first = one_answer(line)
        assert first.startswith(b"HTTP/1.1 200"), first[:100]
        session = line.session
        assert session is None or not session.has_ticket
        siege.node.accept(gone, Admission.SUSPENDED)
        line.sendall(head(siege, WELL_KNOWN))
        answered += [status for status in statuses(to_the_end(line)) if status != 200]
    with line_of(siege, gone, context) as line:
        assert not line.session_reused
        line.sendall(head(siege, WELL_KNOWN))
        return answered + statuses(to_the_end(line))


# ---- slow and large ------------------------------------------------------------------------------------------------


def _drip(raw: bytes, then: bytes = b"") -> Act:
    """`raw` at once and then a byte at a time, as long as anybody listens."""

    def act(siege: Siege) -> list[int]:
        text = raw.replace(b"{host}", siege.node.name.encode()).replace(b"{path}", siege.path().encode())
        with line_of(siege, siege.enemy) as line:
            line.sendall(text)
            line.settimeout(0.2)
            heard = b""
            for at in range(200):
                with suppress(TimeoutError):
                    piece = line.recv(65536)
                    heard += piece
                    if not piece:
                        break
                try:
                    if then:
                        line.sendall(then[at % len(then) :][:1])
                except OSError:
                    break
            return statuses(heard)

    return act


def _many_lines(siege: Siege) -> list[int]:
    """Thirty connections, of which a peer may have twelve: its own oldest ones end."""
    with ExitStack() as stack:
        lines = [stack.enter_context(line_of(siege, siege.enemy)) for _ in range(30)]
        lines[-1].sendall(head(siege, WELL_KNOWN))
        assert statuses(to_the_end(lines[-1])) == [200]
        return statuses(to_the_end(lines[0]))


def _pipelined(siege: Siege) -> list[int]:
    answered = sent(siege, head(siege, WELL_KNOWN, close=False) * 200)
    return [status for status in answered if status != 200] or [CLOSED]


def _flood(lane: Lane | None) -> Act:
    """Sixty requests on one connection, one after the other."""

    def act(siege: Siege) -> list[int]:
        first = WELL_KNOWN if lane is None else f"GET {siege.path(lane)}/checkpoint HTTP/1.1"
        answered: list[int] = []
        for _ in range(6):
            with line_of(siege, siege.enemy) as line:
                for _ in range(10):
                    line.sendall(head(siege, first, close=False))
                    if not (heard := one_answer(line)):
                        break
                    answered += statuses(heard)
        return answered

    return act


# ---- what is handed in ---------------------------------------------------------------------------------------------


def _hand_in(note: Callable[[Siege], bytes]) -> Act:
    def act(siege: Siege) -> list[int]:
        body = note(siege)
        first = f"POST {siege.path()}/cosign HTTP/1.1"
        return sent(siege, head(siege, first, TEXT, f"Content-Length: {len(body)}") + body)

    return act


def _theirs(siege: Siege) -> bytes:
    """Our checkpoint, with the line of another."""
    return siege.honest.cosign(siege.node.store.note(siege.channels[Lane.BULK], 3))


def _another_root(siege: Siege) -> bytes:
    note = siege.node.store.note(siege.channels[Lane.BULK], 3)
    lines = note.split(b"\n")
    lines[2] = b"A" * 43 + b"="
    return siege.enemy.cosign(b"\n".join(lines))


def _broken_line(siege: Siege) -> bytes:
    note = siege.enemy.cosign(siege.node.store.note(siege.channels[Lane.BULK], 3))
    return note[:-8] + (b"AAAAAAA\n" if note[-8:-1] != b"AAAAAAA" else b"BBBBBBB\n")


BOMB = gzip.compress(bytes(4 << 20))
_TO_PEERS_CHANNEL = "{path}/checkpoint"

ATTACKS = (
    Attack("no certificate", _as_client(lambda siege: None), ("no-certificate",), (CLOSED,), NOBODY),
    Attack("a stranger", _as_client(lambda siege: siege.stranger), ("foreign-certificate",), (CLOSED,), NOBODY),
    Attack("the right name, another key", _as_client(_impostor), ("foreign-certificate",), (CLOSED,), NOBODY),
    Attack("the right name, another authority", _as_client(_issued), ("foreign-certificate",), (CLOSED,), NOBODY),
    Attack("TLS 1.0", _older(ssl.TLSVersion.TLSv1), ("old-tls",), (CLOSED,), NOBODY),
    Attack("TLS 1.1", _older(ssl.TLSVersion.TLSv1_1), ("old-tls",), (CLOSED,), NOBODY),
    Attack("TLS 1.2", _older(ssl.TLSVersion.TLSv1_2), ("old-tls",), (CLOSED,), NOBODY),
    Attack("an oversized hello", _bytes_first(_OVERSIZED_HELLO), ("tls-nonsense",), (CLOSED,), NOBODY),
    Attack("plain HTTP", _bytes_first(b"GET / HTTP/1.1\r\n\r\n"), ("tls-nonsense",), (CLOSED,), NOBODY),
    Attack("half-open handshakes", _half_open, ("handshake-stalled",), (CLOSED,), NOBODY),
    Attack("a removed peer", _removed, ("not-admitted",), (403,), "gone.example"),
    Attack("a long head", _get("/" + "a" * 40_000), ("head-too-large",), (431,)),
    Attack(
        "many headers",
        _raw("GET /channels HTTP/1.1", "Host: {host}", *(f"X-{n}: a" for n in range(200))),
        ("head-too-large",),
        (431,),
    ),
    Attack("a head that drips", _drip(b"GET / HTTP/1.1\r\nX: ", b"a"), ("head-too-slow",), (408,)),
    Attack("a silent line", _drip(b""), ("head-too-slow",), (408,)),
    Attack(
        "a body that drips",
        _drip(
            b"POST {path}/cosign HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/plain\r\nContent-Length: 9999\r\n\r\n",
            b"a",
        ),
        ("body-too-slow",),
        (408,),
    ),
    Attack(
        "a chunked body that drips",
        _drip(
            b"POST {path}/cosign HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/plain\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n1\r\n",
            b"a\r\n1\r\n",
        ),
        ("body-too-slow",),
        (408,),
    ),
    Attack(
        "two lengths",
        _post(TEXT, "Content-Length: 5", "Content-Length: 6", body=b"hello"),
        ("framing", "not-http"),
        (400,),
    ),
    Attack(
        "length and chunks",
        _post(TEXT, "Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
        ("framing", "not-http"),
        (400,),
    ),
    Attack(
        "chunks twice said",
        _post(TEXT, "Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=b"0\r\n\r\n"),
        ("framing", "not-http"),
        (400,),
    ),
    Attack(
        "chunks in disguise",
        _post(TEXT, "Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
        ("framing", "not-http"),
        (400,),
    ),
    Attack(
        "a folded header",
        _raw(WELL_KNOWN, "Host: {host}", "X-Folded: a", " Transfer-Encoding: chunked", "Connection: close"),
        ("framing", "not-http"),
        (400,),
    ),
    Attack(
        "a chunk size that isn't one",
        _post(TEXT, "Transfer-Encoding: chunked", body=b"zz\r\nhello\r\n0\r\n\r\n"),
        ("not-http",),
        (400,),
    ),
    Attack(
        "a chunk size without end",
        _post(TEXT, "Transfer-Encoding: chunked", body=b"F" * 40 + b"\r\n"),
        ("not-http",),
        (400,),
    ),
    Attack(
        "trailers",
        _post(TEXT, "Transfer-Encoding: chunked", body=b"1\r\na\r\n0\r\nHost: other.example\r\n\r\n"),
        ("framing",),
        (400,),
    ),
    Attack("a blank before the colon", _raw(WELL_KNOWN, "Host : {host}"), ("not-http",), (400,)),
    Attack("a zero byte in a header", _raw(WELL_KNOWN, "Host: {host}", "X: a\x00b"), ("not-http",), (400,)),
    Attack("two hosts", _raw(WELL_KNOWN, "Host: {host}", "Host: other.example"), ("framing",), (400,)),
    Attack("no host", _raw(WELL_KNOWN), ("framing",), (400,)),
    Attack("another host", _raw(WELL_KNOWN, "Host: other.example"), ("host-trick",), (421,)),
    Attack("a host with more behind it", _raw(WELL_KNOWN, "Host: {host}@other.example"), ("host-trick",), (421,)),
    Attack("an absolute form", _get("https://other.example/channels"), ("path-trick",), (400,)),
    Attack("two slashes", _get("//other.example/channels"), ("path-trick",), (404,)),
    Attack("dots in escapes", _get("/%2e%2e/channels"), ("path-trick",), (404,)),
    Attack("a zero in escapes", _get(_TO_PEERS_CHANNEL + "%00"), ("path-trick",), (404,)),
    Attack("escapes in escapes", _get("/%252e%252e/channels"), ("path-trick",), (404,)),
    Attack("a path parameter", _get("/..;/channels"), ("path-trick",), (404,)),
    Attack("a backslash", _get("/..\\channels"), ("path-trick", "not-http"), (400, 404)),
    Attack("TRACE", _raw("TRACE /channels HTTP/1.1", "Host: {host}"), ("method-trick",), (405,)),
    Attack("CONNECT", _raw("CONNECT other.example:443 HTTP/1.1", "Host: {host}"), ("method-trick",), (400,)),
    Attack("OPTIONS of everything", _raw("OPTIONS * HTTP/1.1", "Host: {host}"), ("path-trick",), (400,)),
    Attack(
        "DELETE",
        _raw("DELETE {path}/checkpoint HTTP/1.1", "Host: {host}", TEXT, "Connection: close"),
        ("method-trick",),
        (405,),
    ),
    Attack(
        "an overriding method",
        _raw(WELL_KNOWN, "Host: {host}", "X-HTTP-Method-Override: DELETE"),
        ("override-header",),
        (400,),
    ),
    Attack("HTTP/2 unasked", _raw("PRI * HTTP/2.0", "", "SM", ""), ("not-http", "framing"), (400,)),
    Attack(
        "HTTP/2 by upgrade",
        _raw(
            WELL_KNOWN, "Host: {host}", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAA"
        ),
        ("method-trick",),
        (400,),
    ),
    Attack("pipelining without end", _pipelined, ("pipelining",), (400, CLOSED)),
    Attack(
        "a bomb",
        _post(TEXT, "Content-Encoding: gzip", f"Content-Length: {len(BOMB)}", body=BOMB),
        ("encoded-body",),
        (415,),
    ),
    Attack(
        "deflated",
        _post(TEXT, "Content-Encoding: deflate", "Content-Length: 5", body=b"hello"),
        ("encoded-body",),
        (415,),
    ),
    Attack("a length beyond the limit", _post(TEXT, "Content-Length: 99999999"), ("body-too-large",), (413,)),
    Attack(
        "chunks beyond the limit",
        _post(
            TEXT,
            "Transfer-Encoding: chunked",
            body=(b"8000\r\n" + b"a" * 32768 + b"\r\n") * 6,
        ),
        ("body-too-large",),
        (413,),
    ),
    Attack(
        "another type",
        _post("Content-Type: application/json", "Content-Length: 2", body=b"{}"),
        ("wrong-type",),
        (415,),
    ),
    Attack("a note that is none", _hand_in(lambda siege: b"x" * 1000), ("malformed",), (400,)),
    Attack("a note of deep nonsense", _hand_in(lambda siege: b"[" * 100_000), ("malformed",), (400,)),
    Attack("another's cosignature", _hand_in(_theirs), ("forged-cosignature",), (403,)),
    Attack("a cosignature of another root", _hand_in(_another_root), ("forged-cosignature",), (403,)),
    Attack("a broken cosignature", _hand_in(_broken_line), ("forged-cosignature",), (403,)),
    Attack("more connections than its share", _many_lines, ("connections-over-quota",), (CLOSED,)),
    Attack("a flood of urgent requests", _flood(Lane.URGENT), ("over-quota-urgent",), (200, 429)),
    Attack("a flood of rescues", _flood(Lane.RESCUE), ("over-quota-rescue",), (200,)),
    Attack("a flood", _flood(None), ("over-quota",), (200, 429)),
)
