"""Files in memory: for tests, and for a node that is to leave nothing behind."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from hashlib import sha256 as digest_of

from comity.adapters.files.sealing import CHUNK_BYTES
from comity.errors import Conflict, Malformed, NotFound


class MemoryFiles:
    """A second way to keep files, held to the same promises as the folder, except that nothing survives the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._whole: dict[str, bytes] = {}
        self._begun: dict[str, bytes] = {}

    def keep(self, chunks: Iterable[bytes], *, sha256: str | None = None) -> tuple[str, int]:
        raw = b"".join(chunks)
        found = digest_of(raw).hexdigest()
        if sha256 is not None and found != sha256:
            raise Malformed("file-of-another-digest", sha256=sha256, found=found)
        with self._lock:
            self._whole[found] = raw
            self._begun.pop(found, None)
        return found, len(raw)

    def begun(self, sha256: str) -> int:
        return len(self._begun.get(sha256, b""))

    def extend(self, sha256: str, size: int, start: int, chunks: Iterable[bytes]) -> int:
        with self._lock:
            if sha256 in self._whole:
                return len(self._whole[sha256])
            if len(self._begun.get(sha256, b"")) != start:
                raise Conflict("file-begun-elsewhere", sha256=sha256, start=start)
            held = self._begun.get(sha256, b"")
        try:
            for chunk in chunks:
                held += chunk
                if len(held) > size:
                    break
        finally:
            if len(held) < size:
                self._begun[sha256] = held[: len(held) // CHUNK_BYTES * CHUNK_BYTES]
        if len(held) < size:
            return self.begun(sha256)
        self._begun.pop(sha256, None)
        found = digest_of(held).hexdigest()
        if len(held) > size or found != sha256:
            raise Malformed("file-of-another-digest", sha256=sha256, found=found)
        self._whole[sha256] = held
        return size

    def size(self, sha256: str) -> int | None:
        raw = self._whole.get(sha256)
        return None if raw is None else len(raw)

    def read(self, sha256: str, start: int = 0) -> Iterator[bytes]:
        raw = self._whole.get(sha256)
        if raw is None or not 0 <= start <= len(raw):
            raise NotFound("file", sha256=sha256)
        return (raw[at : at + CHUNK_BYTES] for at in range(start, len(raw), CHUNK_BYTES))

    def forget(self, sha256: str) -> bool:
        with self._lock:
            begun = self._begun.pop(sha256, None) is not None
            return self._whole.pop(sha256, None) is not None or begun

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._whole))
