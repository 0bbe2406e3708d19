"""A passkey in software, written from the specification (WebAuthn Level 2, CTAP2 canonical CBOR), without the library under test."""

from __future__ import annotations

import hashlib
import json
import random
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

_SEEDS = count(7)
UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40
ES256, EDDSA, RS256 = -7, -8, -257


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def cbor(value: object) -> bytes:
    """As much of RFC 8949 as an authenticator writes."""
    match value:
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case bytes():
            return _head(2, len(value)) + value
        case str():
            return _head(3, len(value.encode())) + value.encode()
        case dict():
            pairs = sorted((cbor(key), cbor(each)) for key, each in value.items())
            return _head(5, len(pairs)) + b"".join(key + each for key, each in pairs)
    raise TypeError(value)


def _head(kind: int, number: int) -> bytes:
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 24:
            return bytes([kind << 5 | number])
        if number < 1 << 8 * size:
            return bytes([kind << 5 | info]) + number.to_bytes(size, "big")
    raise ValueError(number)


def _number(number: int, size: int) -> bytes:
    return number.to_bytes(size, "big")


@dataclass
class Key:
    """One key pair and its COSE form (RFC 9053)."""

    algorithm: int
    private: Any = None

    def __post_init__(self) -> None:
        if self.algorithm == ES256:
            self.private = ec.generate_private_key(ec.SECP256R1())
        elif self.algorithm == EDDSA:
            self.private = ed25519.Ed25519PrivateKey.generate()
        else:
            self.private = rsa.generate_private_key(65537, 2048)

    def cose(self) -> bytes:
        public = self.private.public_key()
        if self.algorithm == ES256:
            at = public.public_numbers()
            return cbor({1: 2, 3: ES256, -1: 1, -2: _number(at.x, 32), -3: _number(at.y, 32)})
        if self.algorithm == EDDSA:
            return cbor({1: 1, 3: EDDSA, -1: 6, -2: public.public_bytes_raw()})
        at = public.public_numbers()
        return cbor({1: 3, 3: RS256, -1: _number(at.n, 256), -2: _number(at.e, 3)})

    def sign(self, message: bytes) -> bytes:
        if self.algorithm == ES256:
            signed: bytes = self.private.sign(message, ec.ECDSA(hashes.SHA256()))
        elif self.algorithm == EDDSA:
            signed = self.private.sign(message)
        else:
            signed = self.private.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return signed


@dataclass
class Authenticator:
    """One device of one person, at one page.

    counts  whether it counts its signatures, as security keys do
    """

    origin: str
    algorithm: int = ES256
    counts: bool = True
    flags: int = UP | UV
    keys: dict[bytes, Key] = field(default_factory=dict)
    users: dict[bytes, bytes] = field(default_factory=dict)
    signatures: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(next(_SEEDS)))

    def create(self, options: dict[str, Any], **changed: Any) -> dict[str, Any]:
        """What `navigator.credentials.create` gives."""
        assert options["authenticatorSelection"]["userVerification"] == "required"
        assert self.algorithm in [each["alg"] for each in options["pubKeyCredParams"]]
        key, name = Key(self.algorithm), self.chance.randbytes(16)
        self.keys[name], self.users[name] = key, unb64(options["user"]["id"])
        attested = bytes(16) + len(name).to_bytes(2, "big") + name + key.cose()
        data = self._data(changed.pop("rp", options["rp"]["id"]), AT, changed.pop("flags", self.flags)) + attested
        client = self._client("webauthn.create", options["challenge"], changed)
        told = {
            "clientDataJSON": b64(client),
            "attestationObject": b64(cbor({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal"],
        }
        return {"id": b64(name), "rawId": b64(name), "type": "public-key", "response": told}

    def get(self, options: dict[str, Any], **changed: Any) -> dict[str, Any]:
        """What `navigator.credentials.get` gives."""
        assert options["userVerification"] == "required"
        allowed = [unb64(each["id"]) for each in options.get("allowCredentials", [])]
        name = next(each for each in self.keys if each in allowed or not allowed)
        data = self._data(changed.pop("rp", options["rpId"]), 0, changed.pop("flags", self.flags))
        client = self._client("webauthn.get", options["challenge"], changed)
        signature = self.keys[name].sign(data + hashlib.sha256(client).digest())
        told = {
            "clientDataJSON": b64(client),
            "authenticatorData": b64(data),
            "signature": b64(signature),
            "userHandle": b64(self.users[name]),
        }
        return {"id": b64(name), "rawId": b64(name), "type": "public-key", "response": told}

    def _data(self, rp: str, more: int, flags: int) -> bytes:
        self.signatures += 1 if self.counts else 0
        return hashlib.sha256(rp.encode()).digest() + bytes([flags | more]) + self.signatures.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str, changed: dict[str, Any]) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False, **changed}
        return json.dumps(told, separators=(",", ":")).encode()
