"""Files in a folder of mode 0700, each encrypted under a key of its own.

<sha256>            the sealed file
<sha256>.key        its wrapped key; written last, destroyed first: without it the file doesn't count, and nobody reads it
<sha256>.part       what is here of a file that is still being fetched, whole chunks only; <sha256>.part.key beside it
storage-key-id      tells which storage key has wrapped the keys
*.tmp               what a crash left half-written; swept at the start
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256 as digest_of
from pathlib import Path
from typing import BinaryIO

from comity.adapters.files import disk
from comity.adapters.files.sealing import (
    CHUNK_BYTES,
    KEY_BYTES,
    MAGIC_BYTES,
    PLAIN,
    SEALED,
    TAG_BYTES,
    Sealer,
    chunk_count,
    chunk_sizes,
    sealed_bytes,
    sealer,
    storage_key_id,
    unwrap,
    wrap,
)
from comity.errors import Conflict, Malformed, Misconfigured, NotFound

_NAME = re.compile(r"[0-9a-f]{64}")
_SEALED_CHUNK = CHUNK_BYTES + TAG_BYTES


class FolderFiles:
    """Keeps files in `folder`; one process at a time, any number of threads. Memory doesn't grow with the size of a file.

    storage_key  32 bytes that wrap the files' keys; Misconfigured when the folder's keys were wrapped by another one
    encrypted    False writes new files in the clear, for tests that look for what erasing leaves on a disk
    """

    def __init__(self, folder: Path, storage_key: bytes, *, encrypted: bool = True) -> None:
        self._folder, self._storage_key = folder, storage_key
        self._magic = SEALED if encrypted else PLAIN
        self._lock = threading.Lock()
        self._extending: set[str] = set()
        with disk.told_plainly(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._settle()

    def __repr__(self) -> str:
        return f"FolderFiles({str(self._folder)!r})"

    def keep(self, chunks: Iterable[bytes], *, sha256: str | None = None) -> tuple[str, int]:
        key, digest, size = os.urandom(KEY_BYTES), digest_of(), 0
        seal = sealer(self._magic, key)
        with disk.told_plainly(self._folder), disk.temporary(self._folder) as draft:
            with _created(draft) as file:
                file.write(self._magic)
                for number, (piece, last) in enumerate(_cut(chunks)):
                    digest.update(piece)
                    size += len(piece)
                    file.write(seal.seal(number, piece, last=last))
                _sync(file)
            found = digest.hexdigest()
            if sha256 is not None and found != sha256:
                raise Malformed("file-of-another-digest", sha256=sha256, found=found)
            with self._lock:
                if self.size(found) is None:
                    self._commit(draft, key, found, size)
        return found, size

    def begun(self, sha256: str) -> int:
        part = self._path(sha256, ".part")
        try:
            whole = (part.stat().st_size - MAGIC_BYTES) // _SEALED_CHUNK
        except FileNotFoundError:
            return 0
        return max(0, whole) * CHUNK_BYTES

    def extend(self, sha256: str, size: int, start: int, chunks: Iterable[bytes]) -> int:
        with self._alone(sha256), disk.told_plainly(self._folder):
            if (here := self.size(sha256)) is not None:
                return here
            key = self._part_key(sha256, size)
            if self.begun(sha256) != start:
                raise Conflict("file-begun-elsewhere", sha256=sha256, start=start, begun=self.begun(sha256))
            part = self._path(sha256, ".part")
            with open(part, "r+b") as file:
                file.truncate(MAGIC_BYTES + start // CHUNK_BYTES * _SEALED_CHUNK)
                file.seek(0, os.SEEK_END)
                try:
                    whole = _append(file, sealer(self._magic, key), size, start // CHUNK_BYTES, chunks)
                except Malformed:
                    self._forget_part(sha256)
                    raise
                finally:
                    _sync(file)
            if not whole:
                return self.begun(sha256)
            self._complete(part, key, sha256, size)
            return size

    def size(self, sha256: str) -> int | None:
        try:
            _, size = self._key(sha256)
        except NotFound:
            return None
        return size if self._path(sha256).exists() else None

    def read(self, sha256: str, start: int = 0) -> Iterator[bytes]:
        key, size = self._key(sha256)
        if not 0 <= start <= size:
            raise NotFound("file-part", sha256=sha256, start=start)
        with disk.told_plainly(self._folder):
            try:
                file = _existing(self._path(sha256))
            except FileNotFoundError as fault:
                raise NotFound("file", sha256=sha256) from fault
        return _opened(file, key, size, start, sha256)

    def forget(self, sha256: str) -> bool:
        with self._lock, disk.told_plainly(self._folder):
            there = False
            for end in ("", ".part"):
                there |= disk.destroy(self._path(sha256, f"{end}.key"))
                there |= disk.drop(self._path(sha256, end))
            return there

    def names(self) -> tuple[str, ...]:
        found = (path.name.removesuffix(".key") for path in self._folder.glob("*.key"))
        return tuple(sorted(name for name in found if _NAME.fullmatch(name) and self._path(name).exists()))

    # ---- inside
    def _settle(self) -> None:
        """What a crash left goes; a folder whose keys another storage key has wrapped is refused before anything is lost."""
        mode = self._folder.stat().st_mode & 0o077
        if mode:
            raise Misconfigured("files-open-to-others", folder=str(self._folder), mode=f"{mode:04o}")
        known, mine = self._folder / "storage-key-id", storage_key_id(self._storage_key)
        if not known.exists():
            disk.write_whole(known, mine)
        elif known.read_bytes() != mine:
            raise Misconfigured("files-of-another-key", folder=str(self._folder))
        for path in self._folder.glob("*.key"):
            if not any(path.read_bytes()):
                path.unlink()  # it was being destroyed; its bytes go below
        for path in self._folder.iterdir():
            sealed = _NAME.fullmatch(path.name.removesuffix(".part"))
            lonely = sealed and not path.with_name(f"{path.name}.key").exists()
            unused = path.name.endswith(".part.key") and not path.with_suffix("").exists()
            if path.suffix == disk.TEMPORARY or lonely or unused:
                path.unlink()
        disk.sync_folder(self._folder)

    def _path(self, sha256: str, end: str = "") -> Path:
        if _NAME.fullmatch(sha256) is None:
            raise NotFound("file", sha256=sha256[:70])
        return self._folder / f"{sha256}{end}"

    def _key(self, sha256: str) -> tuple[bytes, int]:
        try:
            raw = self._path(sha256, ".key").read_bytes()
        except FileNotFoundError as fault:
            raise NotFound("file", sha256=sha256) from fault
        return unwrap(self._storage_key, raw, sha256)

    def _commit(self, sealed: Path, key: bytes, name: str, size: int) -> None:
        """The bytes first, then the key that makes them count. Called with the lock held."""
        os.replace(sealed, self._path(name))
        disk.sync_folder(self._folder)
        disk.write_whole(self._path(name, ".key"), wrap(self._storage_key, key, name, size))
        disk.drop(self._path(name, ".part"))
        disk.destroy(self._path(name, ".part.key"))

    @contextmanager
    def _alone(self, sha256: str) -> Iterator[None]:
        """One thread at a time goes on with a file."""
        with self._lock:
            if sha256 in self._extending:
                raise Conflict("file-begun-elsewhere", sha256=sha256)
            self._extending.add(sha256)
        try:
            yield
        finally:
            with self._lock:
                self._extending.discard(sha256)

    def _part_key(self, sha256: str, size: int) -> bytes:
        """Key of the part that is here, or of a fresh one; a part of another size, or one that nobody can read, begins anew."""
        part, kept = self._path(sha256, ".part"), self._path(sha256, ".part.key")
        try:
            key, sized = unwrap(self._storage_key, kept.read_bytes(), f"{sha256}.part")
            with open(part, "rb") as file:
                same = sized == size and file.read(MAGIC_BYTES) == self._magic
        except (FileNotFoundError, Malformed):
            same = False
        if same:
            return key
        self._forget_part(sha256)
        key = os.urandom(KEY_BYTES)
        disk.write_whole(part, self._magic)
        disk.write_whole(kept, wrap(self._storage_key, key, f"{sha256}.part", size))
        return key

    def _complete(self, part: Path, key: bytes, sha256: str, size: int) -> None:
        """Reads all of it again: what was written before a crash is trusted no more than what came now."""
        digest = digest_of()
        try:
            for piece in _opened(_existing(part), key, size, 0, sha256):
                digest.update(piece)
            found = digest.hexdigest()
            if found != sha256:
                raise Malformed("file-of-another-digest", sha256=sha256, found=found)
        except Malformed:
            self._forget_part(sha256)
            raise
        with self._lock:
            if not self._path(sha256, ".part.key").exists():
                raise Conflict("file-forgotten-meanwhile", sha256=sha256)
            self._commit(part, key, sha256, size)

    def _forget_part(self, sha256: str) -> None:
        with self._lock:
            disk.destroy(self._path(sha256, ".part.key"))
            disk.drop(self._path(sha256, ".part"))


def _created(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _existing(path: Path) -> BinaryIO:
    """For the generator that reads it, and closes it."""
    return open(path, "rb")


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _cut(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The same bytes in pieces of 64 KiB, each with whether it is the last; no bytes at all are one empty last piece."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) > CHUNK_BYTES:
            yield bytes(held[:CHUNK_BYTES]), False
            del held[:CHUNK_BYTES]
    yield bytes(held), True


def _append(file: BinaryIO, seal: Sealer, size: int, number: int, chunks: Iterable[bytes]) -> bool:
    """Seals what fills a chunk, from `number` on; says whether the file has all its bytes now. Malformed when there are more."""
    count = chunk_count(size)
    for piece, ended in _cut(chunks):
        want = min(CHUNK_BYTES, size - number * CHUNK_BYTES)
        if len(piece) > want or (number == count - 1 and len(piece) == want and not ended):
            raise Malformed("file-longer-than-named", bytes=size)
        if len(piece) < want:
            return False  # a piece of a chunk isn't worth a seal of its own; it comes again
        file.write(seal.seal(number, piece, last=number == count - 1))
        number += 1
    return number == count


def _opened(file: BinaryIO, key: bytes, size: int, start: int, sha256: str) -> Iterator[bytes]:
    """The bytes of a sealed file from `start`; Malformed at the first chunk that isn't what was stored."""
    with file:
        magic = file.read(MAGIC_BYTES)
        if magic not in (SEALED, PLAIN) or os.fstat(file.fileno()).st_size != sealed_bytes(size):
            raise Malformed("file-damaged", sha256=sha256)
        opener, first = sealer(magic, key), min(start // CHUNK_BYTES, chunk_count(size) - 1)
        file.seek(MAGIC_BYTES + first * _SEALED_CHUNK)
        for number, wide, last in chunk_sizes(size):
            if number >= first:
                piece = opener.open(number, file.read(wide + TAG_BYTES), last=last)
                if piece := piece[max(0, start - number * CHUNK_BYTES) :]:
                    yield piece
