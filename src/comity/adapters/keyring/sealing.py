"""The key to which others seal what is carried to this node by hand: ML-KEM-768 with X25519, so that a copy of a stick kept for
thirty years stays shut.

seal.key.json   seeds of both private keys, mode 0600
public form     ML-KEM-768 public key (1,184 bytes) ‖ X25519 public key (32 bytes)
sealed key      HPKE (RFC 9180 with KEM MLKEM768-X25519, HKDF-SHA256, AES-256-GCM) of a 32-byte key
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from comity.adapters.keyring.locking import Lock
from comity.errors import Malformed, Misconfigured

FILE = "seal.key.json"
LATTICE_BYTES, CURVE_BYTES = 1184, 32
PUBLIC_BYTES = LATTICE_BYTES + CURVE_BYTES
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class _SealFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seeds. Never shown."""

    lattice: bytes
    curve: bytes

    def __repr__(self) -> str:
        return "_SealFile()"


class SealKey:
    """The key in a folder of keys, made at first use."""

    def __init__(self, folder: Path, lock: Lock) -> None:
        path = folder / FILE
        if not path.exists():
            seeds = MLKEM768PrivateKey.generate().private_bytes_raw(), X25519PrivateKey.generate().private_bytes_raw()
            lock.write(path, msgspec.json.encode(_SealFile(*seeds)))
        try:
            file = msgspec.json.decode(lock.read(path), type=_SealFile)
            lattice = MLKEM768PrivateKey.from_seed_bytes(file.lattice)
            curve = X25519PrivateKey.from_private_bytes(file.curve)
        except (msgspec.MsgspecError, UnicodeDecodeError, ValueError):
            raise Misconfigured("key-file-unreadable", file=FILE) from None
        self._private = MLKEM768X25519PrivateKey(lattice, curve)
        self.public = lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """Malformed when it wasn't sealed to this key with this info."""
        try:
            return bytes(_SUITE.decrypt(sealed, self._private, info))
        except (InvalidTag, ValueError) as fault:
            raise Malformed("sealed-to-another") from fault


def seal_to(public: bytes, secret: bytes, info: bytes) -> bytes:
    """`secret` for whoever holds the private half. Malformed when `public` isn't such a key."""
    try:
        lattice = MLKEM768PublicKey.from_public_bytes(public[:LATTICE_BYTES])
        curve = X25519PublicKey.from_public_bytes(public[LATTICE_BYTES:])
        return bytes(_SUITE.encrypt(secret, MLKEM768X25519PublicKey(lattice, curve), info))
    except ValueError as fault:
        raise Malformed("seal-key", bytes=len(public), wanted=PUBLIC_BYTES) from fault
