"""A backup as one sealed file: without the key of its day nobody reads it, and nobody alters or shortens it unnoticed.

    comity-backup/1 LF
    <head: one line of JSON> LF
    chunks: 65,536 bytes of a tar stream, each AES-256-GCM (tag 16 bytes behind it); the last one may be shorter

key     HKDF-SHA256(key of the day, salt of the head, info "comity-backup/1" and SHA-256 of the head's line)
nonce   7 zero bytes, u32 number of the chunk, u8 1 for the last chunk and 0 for all others
Each archive has a salt of its own, so no nonce is used twice under one key. The construction is STREAM (Hoang et al., 2015).
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any, BinaryIO, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from comity.errors import Malformed

MAGIC = b"comity-backup/1"
CHUNK_BYTES = 65_536
TAG_BYTES = 16
HEAD_BYTES_MAX = 4_096
CHUNKS_MAX = 2**32


class Sink(Protocol):
    """Takes bytes."""

    def write(self, raw: bytes, /) -> int: ...


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What anybody may read of a backup: whose it is, when it was made, and which day's key opens it."""

    node: str
    made: str
    day: str
    salt: bytes


def read_head(source: BinaryIO) -> tuple[Head, bytes]:
    """The head and its line, with the stream left where the chunks begin. Malformed when it isn't a backup."""
    if source.readline(len(MAGIC) + 1) != MAGIC + b"\n":
        raise Malformed("not-a-backup")
    line = source.readline(HEAD_BYTES_MAX)
    try:
        return msgspec.json.decode(line, type=Head), line
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise Malformed("not-a-backup", why="head") from fault


class Sealer(io.RawIOBase):
    """Writes into `sink`, sealed; only `close` makes it whole."""

    def __init__(self, sink: Sink, head: Head, day_key: bytes) -> None:
        self._sink, self._count, self._rest = sink, 0, bytearray()
        line = msgspec.json.encode(head) + b"\n"
        sink.write(MAGIC + b"\n" + line)
        self._cipher = _cipher(head, line, day_key)

    def writable(self) -> bool:
        return True

    def write(self, raw: Any) -> int:
        """Any buffer, as the standard library hands them over."""
        self._rest += raw
        while len(self._rest) > CHUNK_BYTES:  # one chunk at least stays back: it may be the last
            self._seal(bytes(self._rest[:CHUNK_BYTES]), last=False)
            del self._rest[:CHUNK_BYTES]
        return len(raw)

    def close(self) -> None:
        if not self.closed:
            self._seal(bytes(self._rest), last=True)
        super().close()

    def abandon(self) -> None:
        """Ends without a last chunk: what was written opens for nobody."""
        super().close()

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        self._sink.write(self._cipher.encrypt(_nonce(self._count, last=last), chunk, None))
        self._count += 1


class Opener(io.RawIOBase):
    """Reads what a `Sealer` wrote; Malformed as soon as a chunk is altered, moved, missing or too many."""

    def __init__(self, source: BinaryIO, head: Head, line: bytes, day_key: bytes) -> None:
        self._source, self._count, self._rest, self._ended = source, 0, b"", False
        self._cipher = _cipher(head, line, day_key)
        self._next = source.read(CHUNK_BYTES + TAG_BYTES)

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        """Any writable buffer, as the standard library hands them over."""
        while not self._rest and not self._ended:
            self._rest = self._open()
        given = self._rest[: len(target)]
        target[: len(given)] = given
        self._rest = self._rest[len(given) :]
        return len(given)

    def finish(self) -> None:
        """Reads to the end, so that a missing end is seen."""
        while self.read(CHUNK_BYTES):
            pass

    def _open(self) -> bytes:
        sealed, self._next = self._next, self._source.read(CHUNK_BYTES + TAG_BYTES)
        self._ended = not self._next
        try:
            chunk = self._cipher.decrypt(_nonce(self._count, last=self._ended), sealed, None)
        except (InvalidTag, ValueError) as fault:
            raise Malformed("backup-damaged", chunk=self._count) from fault
        self._count += 1
        return chunk


def _cipher(head: Head, line: bytes, day_key: bytes) -> AESGCM:
    info = MAGIC + hashlib.sha256(line).digest()
    return AESGCM(HKDF(SHA256(), 32, head.salt, info).derive(day_key))


def _nonce(number: int, *, last: bool) -> bytes:
    if number >= CHUNKS_MAX:
        raise Malformed("backup-too-large", chunks=number)
    return bytes(7) + number.to_bytes(4, "big") + bytes([last])


class Counted(io.RawIOBase):
    """Passes bytes on and keeps their number and SHA-256."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read, self._hash, self.size = read, hashlib.sha256(), 0

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        raw = self._read(CHUNK_BYTES if size is None or size < 0 else size)
        self._hash.update(raw)
        self.size += len(raw)
        return raw

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()
