"""Vectors of invitations: the exact bytes, their fingerprint, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from comity.errors import ComityError
from comity.flows.invitation import grouped, read_invitation
from tests.spec.making import (
    ORIGIN,
    OTHER_ORIGIN,
    OWN_RECEIPT,
    PLATFORM,
    POLICE,
    RECEIPT,
    WARNING,
    base64,
    key,
    seed,
    spelled,
)


def _certificate(name: str) -> str:
    """A certificate whose bytes never change: Ed25519 signs without chance."""
    private = Ed25519PrivateKey.from_private_bytes(seed(f"tls {name}"))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2028, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(private, None)
    )
    return made.public_bytes(Encoding.PEM).decode("ascii")


def _channel(name: str, lane: str) -> dict[str, str]:
    return {"vkey": key(name).text, "lane": lane}


def _members() -> dict[str, Any]:
    return {
        "format": 1,
        "node": POLICE,
        "country": "KR",
        "title": "경찰청 (fictional)",
        "address": f"https://{POLICE}:8443",
        "certificate": _certificate(POLICE),
        "receipt": key(OWN_RECEIPT).text,
        "channels": [_channel(ORIGIN, "urgent"), _channel(OTHER_ORIGIN, "bulk")],
        "for": PLATFORM,
        "made": "2026-11-24T09:30:00.123Z",
    }


def _written(**changed: Any) -> bytes:
    members = _members() | changed
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode() + b"\n"


def invitations() -> dict[str, Any]:
    return {
        "what": f"invitation.md: the bytes of HOST.peer.json. The certificate's private key is published too: {WARNING}",
        "PRIVATE_TEST_KEY": seed(f"tls {POLICE}").hex(),
        "cases": [_case(name, raw) for name, raw in _cases()],
    }


def _case(name: str, raw: bytes) -> dict[str, Any]:
    case: dict[str, Any] = {"name": name, **spelled(raw)}
    try:
        read = read_invitation(raw)
    except ComityError as fault:
        return {**case, "code": fault.code}
    told = {
        "node": read.node,
        "for": read.audience,
        "certificate_sha256": sha256(read.certificate).hexdigest(),
        "channels": [[each.name, lane.value] for each, lane in read.channels],
        "fingerprint": grouped(read.digest),
    }
    return {**case, "result": told}


def _cases() -> Iterator[tuple[str, bytes]]:
    good = _written()
    yield "an invitation", good
    yield "one channel", _written(channels=[_channel(ORIGIN, "urgent")])
    yield "no LF at the end", good[:-1]
    yield "white space", good.replace(b'"format":1', b'"format": 1')
    yield "another order of members", json.dumps(_members(), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    yield "a letter as escape", json.dumps(_members(), separators=(",", ":"), sort_keys=True).encode() + b"\n"
    yield "a member too many", _written(mood="good")
    yield "a member twice", good.replace(b'"format":1', b'"format":1,"format":1')
    yield "another format", _written(format=2)
    yield "an address with a path", _written(address=f"https://{POLICE}/x")
    yield "an address without TLS", _written(address=f"http://{POLICE}")
    yield "a title of nothing", _written(title=" ")
    yield "a receipt key of another node", _written(receipt=key(RECEIPT).text)
    yield "a writer's key for receipts", _written(receipt=key(ORIGIN).text)
    yield "no channel", _written(channels=[])
    yield "a channel twice", _written(channels=[_channel(ORIGIN, "urgent"), _channel(ORIGIN, "bulk")])
    yield "a lane that never leaves its node", _written(channels=[_channel(ORIGIN, "desk")])
    yield "a certificate of another name", _written(certificate=_certificate(PLATFORM))
    yield "two certificates", _written(certificate=_certificate(POLICE) * 2)
    yield "no certificate", _written(certificate="none")
    yield "a country in small letters", _written(country="kr")
    yield "a node name that is none", _written(node="police")
    later: dict[str, Any] = {"format": 2, "witness": None, "seal": None}
    yield "format 2, without witness and seal key", _written(**later)
    yield "format 2, with a witness key", _written(**later | {"witness": key(f"{POLICE}/witness").text})
    yield "format 2, with a seal key", _written(**later | {"seal": base64(bytes(range(64)))})
    yield "format 2, with later keys", _written(**later | {"receipt": key(f"{POLICE}/receipt-2").text})
    yield "format 2, with a rescue lane", _written(**later | {"channels": [_channel(ORIGIN, "rescue")]})
    yield "format 1 with members of format 2", _written(witness=None, seal=None)
    yield "format 1 with a later receipt key", _written(receipt=key(f"{POLICE}/receipt-2").text)
    yield "format 1 with a rescue lane", _written(channels=[_channel(ORIGIN, "rescue")])
    yield "a number that no second key has", _written(**later | {"receipt": key(f"{POLICE}/receipt-1").text})
    yield "a witness key of another node", _written(**later | {"witness": key(f"{PLATFORM}/witness").text})
    yield "a seal key that is none", _written(**later | {"seal": "AAAA"})
