"""The 32 bytes that stand for a record in its channel's tree.

They commit to the envelope and, without the salt, say nothing about it: so a body can be erased and every proof still holds.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from comity.domain.ledger.merkle import leaf_hash, leaf_hashes
from comity.errors import MalformedRecord

SALT_BYTES = 32


def commitment(salt: bytes, envelope: bytes) -> bytes:
    """HMAC-SHA256 of the envelope's exact bytes under the record's salt: the entry.

    salt   exactly 32 random bytes, fresh per record and per channel
    """
    # HMAC pads keys with zeros: with free lengths `salt` and `salt ‖ 00` would open the same entry.
    if len(salt) != SALT_BYTES:
        raise MalformedRecord("salt-length", bytes=len(salt), expected=SALT_BYTES)
    return hmac.digest(salt, envelope, "sha256")


def leaf_of(salt: bytes, envelope: bytes) -> bytes:
    """Leaf hash of a record."""
    return leaf_hash(commitment(salt, envelope))


def leaves_of(records: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    """Leaf hashes of many (salt, envelope) at once."""
    return leaf_hashes(commitment(salt, envelope) for salt, envelope in records)
