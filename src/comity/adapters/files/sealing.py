"""How a file lies on disk: chunks sealed one by one under a key of its own, and that key wrapped by the node's storage key.

    sealed file   magic ‖ chunk 0 ‖ chunk 1 ‖ … ‖ last chunk
    chunk         AES-256-GCM of at most 64 KiB; nonce = u96 number of the chunk, AAD = label ‖ u64 number ‖ u8 (1 for the last one)
    key file      magic ‖ u64 bytes of the file ‖ nonce[12] ‖ AES-256-GCM of the file's key, AAD = label ‖ SHA-256 of the file ‖ u64 bytes

The number and the last one's mark stand under the tag, so chunks can't be dropped, doubled, swapped or cut off unnoticed; the digest
stands under the wrap's, so a key doesn't open another name. Every key seals one file once: a counter is nonce enough.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from hashlib import blake2b
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from comity.errors import Malformed

CHUNK_BYTES: Final = 64 * 1024
TAG_BYTES: Final = 16
KEY_BYTES: Final = 32
SEALED: Final = b"comity file 1 s\n"
PLAIN: Final = b"comity file 1 p\n"
MAGIC_BYTES: Final = len(SEALED)
_WRAP: Final = b"comity file key 1\x00"
_CHUNK: Final = b"comity file chunk 1\x00"
KEY_FILE_BYTES: Final = MAGIC_BYTES + 8 + 12 + KEY_BYTES + TAG_BYTES


class Sealer(Protocol):
    """Seals and opens the chunks of one file."""

    def seal(self, number: int, chunk: bytes, *, last: bool) -> bytes: ...
    def open(self, number: int, sealed: bytes, *, last: bool) -> bytes:
        """Malformed when it isn't what was sealed at this number."""


class Encrypted:
    """AES-256-GCM under the file's own key."""

    def __init__(self, key: bytes) -> None:
        self._aes = AESGCM(key)

    def seal(self, number: int, chunk: bytes, *, last: bool) -> bytes:
        return self._aes.encrypt(number.to_bytes(12, "big"), chunk, _aad(number, last))

    def open(self, number: int, sealed: bytes, *, last: bool) -> bytes:
        try:
            return self._aes.decrypt(number.to_bytes(12, "big"), sealed, _aad(number, last))
        except InvalidTag as fault:
            raise Malformed("file-damaged", chunk=number) from fault


class InTheClear:
    """The same layout with a checksum in the place of the tag. For tests that look for traces of erased files on a disk."""

    def seal(self, number: int, chunk: bytes, *, last: bool) -> bytes:
        return chunk + _checksum(number, chunk, last)

    def open(self, number: int, sealed: bytes, *, last: bool) -> bytes:
        chunk, sum_ = sealed[:-TAG_BYTES], sealed[-TAG_BYTES:]
        if len(sealed) < TAG_BYTES or sum_ != _checksum(number, chunk, last):
            raise Malformed("file-damaged", chunk=number)
        return chunk


def sealer(magic: bytes, key: bytes) -> Sealer:
    """By the first bytes of a sealed file."""
    return Encrypted(key) if magic == SEALED else InTheClear()


def wrap(storage_key: bytes, key: bytes, name: str, size: int) -> bytes:
    """The key file of the file `name` (hex SHA-256, or a name of its own while it isn't whole)."""
    nonce = os.urandom(12)
    return SEALED + struct.pack(">Q", size) + nonce + AESGCM(storage_key).encrypt(nonce, key, _named(name, size))


def unwrap(storage_key: bytes, raw: bytes, name: str) -> tuple[bytes, int]:
    """(key, bytes of the file). Malformed when it was not wrapped for this name by this storage key."""
    if len(raw) != KEY_FILE_BYTES or not raw.startswith(SEALED):
        raise Malformed("file-key-damaged", file=name)
    (size,) = struct.unpack_from(">Q", raw, MAGIC_BYTES)
    nonce, wrapped = raw[MAGIC_BYTES + 8 : MAGIC_BYTES + 20], raw[MAGIC_BYTES + 20 :]
    try:
        return AESGCM(storage_key).decrypt(nonce, wrapped, _named(name, size)), size
    except InvalidTag as fault:
        raise Malformed("file-key-damaged", file=name) from fault


def storage_key_id(storage_key: bytes) -> bytes:
    """What tells one storage key from another without telling anything about it."""
    return blake2b(b"comity storage key 1", key=storage_key, digest_size=16).hexdigest().encode()


def chunk_count(size: int) -> int:
    """Chunks of a whole file; an empty one has one, which says that it is the last."""
    return max(1, -(-size // CHUNK_BYTES))


def sealed_bytes(size: int) -> int:
    """Bytes of a whole sealed file on disk."""
    return MAGIC_BYTES + size + chunk_count(size) * TAG_BYTES


def chunk_sizes(size: int) -> Iterator[tuple[int, int, bool]]:
    """(number, bytes of the chunk before sealing, whether it is the last) of a whole file."""
    count = chunk_count(size)
    for number in range(count):
        yield number, min(CHUNK_BYTES, size - number * CHUNK_BYTES), number == count - 1


def _aad(number: int, last: bool) -> bytes:
    return _CHUNK + struct.pack(">QB", number, last)


def _named(name: str, size: int) -> bytes:
    return _WRAP + name.encode() + struct.pack(">Q", size)


def _checksum(number: int, chunk: bytes, last: bool) -> bytes:
    return blake2b(_aad(number, last) + chunk, digest_size=TAG_BYTES).digest()
