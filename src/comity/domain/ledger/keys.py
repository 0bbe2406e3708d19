"""Verifier keys (vkeys) and the two signature algorithms behind them.

One key = one name = one meaning: a cosignature doesn't name its cosigner, so a key that served two purposes could be quoted
for the wrong one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from comity.domain.ledger.lines import base64_bytes, base64_text, is_key_name, is_utf8
from comity.errors import MalformedNote

ED25519 = 1
"""A log's Ed25519 signature over the note text."""
COSIGNATURE = 4
"""A timestamped Ed25519 cosignature (cosignature/v1)."""
MLDSA44 = 6
"""A timestamped ML-DSA-44 cosignature (subtree/v1)."""

PUBLIC_BYTES = {ED25519: 32, COSIGNATURE: 32, MLDSA44: 1312}

Sign = Callable[[bytes], bytes]
"""Message to raw signature; the private key stays with whoever made the function."""


@dataclass(frozen=True)
class VerifierKey:
    """Whose signatures are recognised, and by what.

    name     key name: no space, no plus sign; a log's is its origin
    kind     ED25519, COSIGNATURE or MLDSA44
    public   raw public key: 32 or 1,312 bytes
    """

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name) or not is_utf8(self.name):
            raise MalformedNote("key-name", name=self.name[:60])
        if self.kind not in PUBLIC_BYTES:
            raise MalformedNote("key-kind", name=self.name, kind=self.kind)
        if len(self.public) != PUBLIC_BYTES[self.kind]:
            raise MalformedNote("key-length", name=self.name, kind=self.kind, bytes=len(self.public))

    @cached_property
    def id(self) -> bytes:
        """Four bytes that tell keys of one name apart; an identifier, no fingerprint to trust."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    @property
    def text(self) -> str:
        """The vkey: `name+id+key`."""
        return f"{self.name}+{self.id.hex()}+{base64_text(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Reads a vkey; its id must be that of its key."""
        # Base64 holds plus signs too: only the first two separate.
        parts = text.split("+", 2)
        if len(parts) != 3:
            raise MalformedNote("key-shape", text=text[:60])
        name, key_id, encoded = parts
        raw = base64_bytes(encoded, "key-base64")
        if not raw:
            raise MalformedNote("key-length", name=name[:60], bytes=0)
        key = cls(name, raw[0], raw[1:])
        if key.id.hex() != key_id:
            raise MalformedNote("key-id", name=name, stated=key_id[:16], computed=key.id.hex())
        return key


@lru_cache(maxsize=1024)
def _ed25519(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)


@lru_cache(maxsize=256)
def _mldsa44(public: bytes) -> MLDSA44PublicKey:
    return MLDSA44PublicKey.from_public_bytes(public)


def verify_ed25519(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this Ed25519 signature (RFC 8032) is good; a key or signature of wrong length is not."""
    if len(public) != PUBLIC_BYTES[ED25519]:
        return False
    try:
        _ed25519(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def verify_mldsa44(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this ML-DSA-44 signature (FIPS 204, empty context) is good; a key or signature of wrong length is not."""
    if len(public) != PUBLIC_BYTES[MLDSA44]:
        return False
    try:
        _mldsa44(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True
