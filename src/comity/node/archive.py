"""A backup as one sealed file: without the key of its day nobody reads it, and nobody alters or shortens it unnoticed.

    comity-backup/1 LF
    <head: one line of JSON> LF
    a tar stream, sealed in chunks as `stream` has it

key     HKDF-SHA256(key of the day, salt of the head, info "comity-backup/1" and SHA-256 of the head's line)
Each archive has a salt of its own, so a key seals one stream.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import BinaryIO

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from comity.errors import Malformed
from comity.node.stream import CHUNK_BYTES, OpeningStream, SealingStream, Sink

MAGIC = b"comity-backup/1"
HEAD_BYTES_MAX = 4_096


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


class Sealer(SealingStream):
    """Writes the head into `sink` and what follows sealed; only `close` makes it whole."""

    def __init__(self, sink: Sink, head: Head, day_key: bytes) -> None:
        line = msgspec.json.encode(head) + b"\n"
        sink.write(MAGIC + b"\n" + line)
        super().__init__(sink, _key(head, line, day_key))


class Opener(OpeningStream):
    """Reads what a `Sealer` wrote behind its head."""

    damaged = "backup-damaged"

    def __init__(self, source: BinaryIO, head: Head, line: bytes, day_key: bytes) -> None:
        super().__init__(source, _key(head, line, day_key))


def _key(head: Head, line: bytes, day_key: bytes) -> bytes:
    return HKDF(SHA256(), 32, head.salt, MAGIC + hashlib.sha256(line).digest()).derive(day_key)


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
