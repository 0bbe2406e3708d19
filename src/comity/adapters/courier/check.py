"""Is the way to a peer open, and if not, at which step does it end?"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from cryptography import x509

from comity.adapters.courier.pinned import unpinned_context
from comity.domain.ledger import Peer
from comity.domain.terms import Instant, seconds
from comity.errors import ComityError, Unreachable

SKEW_S_MAX = 60
WELL_KNOWN = "/.well-known/comity"

Ask = Callable[[str], tuple[int, str, bytes]]
"""Path to (status, Date header, body), over the trusted connection."""


@dataclass(frozen=True)
class Finding:
    """One step of the way.

    step   address, connect, tls, certificate, name, validity, admitted, clock or node
    code   stable, kebab-case; wording lives in the faces
    """

    step: str
    good: bool
    code: str
    facts: dict[str, Any] = field(default_factory=dict)


class _Stated(msgspec.Struct, frozen=True):
    """What we need of the peer's own description."""

    node: str
    keys: list[str]


def check_peer(peer: Peer, now: Instant, own: tuple[Path, Path], wait_s: float, ask: Ask) -> list[Finding]:
    """Steps in order; the list ends with the first step that the next ones can't do without."""
    found: list[Finding] = []
    for finding in _steps(peer, now, own, wait_s, ask):
        found.append(finding)
        if not finding.good and finding.step in ("address", "connect", "tls", "certificate", "admitted"):
            break
    return found


def _steps(peer: Peer, now: Instant, own: tuple[Path, Path], wait_s: float, ask: Ask) -> Iterator[Finding]:
    try:
        parts = urlsplit(peer.address)
        host, port = parts.hostname, parts.port or 443
    except ValueError:
        host, port = None, 0
    usable = host is not None and parts.scheme == "https"
    yield Finding("address", usable, "address-read" if usable else "address-unusable", {"address": peer.address})
    try:
        line = socket.create_connection((host, port), wait_s)
    except OSError as fault:
        yield Finding("connect", False, _connect_code(fault), {"host": host, "port": port})
        return
    with line:
        yield Finding("connect", True, "connected", {"host": host, "port": port})
        try:
            with unpinned_context(*own).wrap_socket(line, server_hostname=peer.name) as tls:
                shown = tls.getpeercert(binary_form=True) or b""
        except OSError as fault:
            yield Finding("tls", False, "tls-failed", {"why": getattr(fault, "reason", None) or type(fault).__name__})
            return
    yield Finding("tls", True, "tls-1.3")
    try:
        yield from _certificate(peer, now, shown)
    except ValueError:  # what OpenSSL lets pass, another reader may not
        yield Finding("certificate", False, "certificate-unreadable", {"shown": sha256(shown).hexdigest()})
    yield from _answers(peer, now, ask)


def _certificate(peer: Peer, now: Instant, shown: bytes) -> Iterator[Finding]:
    at = datetime.fromtimestamp(seconds(now), UTC)
    certificate = x509.load_der_x509_certificate(shown)
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    dates = {"since": since.isoformat(), "until": until.isoformat()}
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        listed = names.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        listed = []
    yield Finding(
        "name",
        peer.name in listed,
        "name-is-in-certificate" if peer.name in listed else "name-not-in-certificate",
        {"name": peer.name, "names": listed[:10]},
    )
    yield Finding(
        "validity",
        since <= at <= until,
        "certificate-valid" if since <= at <= until else "certificate-out-of-date",
        dates,
    )
    same = shown in (peer.certificate, peer.next_certificate)
    prints = {"shown": sha256(shown).hexdigest(), "pinned": sha256(peer.certificate).hexdigest()}
    yield Finding("certificate", same, "certificate-pinned" if same else "certificate-not-the-pinned-one", prints)


def _answers(peer: Peer, now: Instant, ask: Ask) -> Iterator[Finding]:
    try:
        status, dated, body = ask(WELL_KNOWN)
    except Unreachable as fault:
        # Under TLS 1.3 a server that doesn't know our certificate just hangs up.
        code = "refused-our-certificate" if fault.code in ("hung-up", "refused-our-certificate") else fault.code
        yield Finding("admitted", False, code, dict(fault.facts))
        return
    except ComityError as fault:
        yield Finding("admitted", False, fault.code, dict(fault.facts))
        return
    yield Finding("admitted", status == 200, "admitted" if status == 200 else "not-admitted", {"status": status})
    yield _clock(now, dated)
    yield _node(peer, body)


def _clock(now: Instant, dated: str) -> Finding:
    try:
        skew_s = round(parsedate_to_datetime(dated).timestamp()) - seconds(now)
    except ValueError:
        return Finding("clock", False, "no-date-told")
    good = abs(skew_s) <= SKEW_S_MAX
    return Finding("clock", good, "clocks-agree" if good else "clocks-differ", {"ahead_s": skew_s, "max_s": SKEW_S_MAX})


def _node(peer: Peer, body: bytes) -> Finding:
    try:
        stated = msgspec.json.decode(body, type=_Stated)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Finding("node", False, "description-unreadable")
    if stated.node != peer.name:
        return Finding("node", False, "another-node", {"node": stated.node[:130], "expected": peer.name})
    if peer.receipt_key.text not in stated.keys:
        return Finding("node", False, "another-receipt-key", {"expected": peer.receipt_key.text})
    return Finding("node", True, "node-as-in-roster", {"node": peer.name})


def _connect_code(fault: OSError) -> str:
    match fault:
        case ConnectionRefusedError():
            return "connection-refused"
        case TimeoutError():
            return "timeout"
        case socket.gaierror():
            return "host-unknown"
        case _:
            return "connection-failed"
