"""The 32 bytes that stand for a record in its channel's tree.

They commit to the envelope and, without the salt, say nothing about it: so a body can be erased and every proof still holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from comity.domain.ledger.merkle import leaf_hash, leaf_hashes
from comity.errors import MalformedRecord

SALT_BYTES = 32

_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_INNER_PAD, _OUTER_PAD = b"\x36" * 32, b"\x5c" * 32


def hmac_of(salt: bytes, message: bytes) -> bytes:
    """HMAC-SHA256 under a key of exactly 32 bytes; the caller sees to the length.

    Spelled out, because `hmac.digest` makes OpenSSL look up three algorithms anew for each key: a third of the whole for the
    0.9 kB of a usual record. A test holds it to the definition.
    source   RFC 2104
    """
    inner = sha256(salt.translate(_INNER) + _INNER_PAD + message).digest()
    return sha256(salt.translate(_OUTER) + _OUTER_PAD + inner).digest()


def commitment(salt: bytes, envelope: bytes) -> bytes:
    """HMAC-SHA256 of the envelope's exact bytes under the record's salt: the entry.

    salt   exactly 32 random bytes, fresh per record and per channel
    """
    # HMAC pads keys with zeros: with free lengths `salt` and `salt ‖ 00` would open the same entry.
    if len(salt) != SALT_BYTES:
        raise MalformedRecord("salt-length", bytes=len(salt), expected=SALT_BYTES)
    return hmac_of(salt, envelope)


def leaf_of(salt: bytes, envelope: bytes) -> bytes:
    """Leaf hash of a record."""
    return leaf_hash(commitment(salt, envelope))


def leaves_of(records: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    """Leaf hashes of many (salt, envelope) at once."""
    return leaf_hashes(commitment(salt, envelope) for salt, envelope in records)
