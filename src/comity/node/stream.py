"""A stream sealed in chunks, so that nobody alters, moves, drops or shortens any of it unnoticed.

    chunks   65,536 bytes each, AES-256-GCM (tag 16 bytes behind it); the last one may be shorter
    nonce    7 zero bytes, u32 number of the chunk, u8 1 for the last chunk and 0 for all others

The construction is STREAM (Hoang et al., 2015). A key seals one stream, ever.
"""

from __future__ import annotations

import io
from typing import Any, BinaryIO, ClassVar, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from comity.errors import Malformed

CHUNK_BYTES = 65_536
TAG_BYTES = 16
CHUNKS_MAX = 2**32


class Sink(Protocol):
    """Takes bytes."""

    def write(self, raw: bytes, /) -> int: ...


class SealingStream(io.RawIOBase):
    """Writes into `sink`, sealed; only `close` makes it whole."""

    def __init__(self, sink: Sink, key: bytes) -> None:
        self._sink, self._count, self._rest, self._cipher = sink, 0, bytearray(), AESGCM(key)

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


class OpeningStream(io.RawIOBase):
    """Reads what a `SealingStream` wrote; Malformed `sealed-damaged` as soon as a chunk is altered, moved, missing or too many."""

    damaged: ClassVar[str] = "sealed-damaged"

    def __init__(self, source: BinaryIO, key: bytes) -> None:
        self._source, self._count, self._rest, self._ended = source, 0, b"", False
        self._cipher = AESGCM(key)
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
            raise Malformed(self.damaged, chunk=self._count) from fault
        self._count += 1
        return chunk


def _nonce(number: int, *, last: bool) -> bytes:
    if number >= CHUNKS_MAX:
        raise Malformed("sealed-too-large", chunks=number)
    return bytes(7) + number.to_bytes(4, "big") + bytes([last])
