"""Makes a backup of a node, while it runs or not, and opens one again.

A backup holds the database with the keys of its seal, the encrypted files, the settings and catalog folders that lie in the home; the
private keys only when that is asked for. Never the marks: they must not come back.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import secrets
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

import comity
from comity.adapters.clock import SystemClock
from comity.adapters.keyring.durable import write_secret
from comity.adapters.space import told_plainly
from comity.adapters.store.snapshot import FILE_NAME as DATABASE
from comity.adapters.store.snapshot import check_snapshot, snapshot
from comity.config import FILE_NAME, Config
from comity.domain.terms import instant_text
from comity.errors import Conflict, Malformed, Misconfigured, NotFound
from comity.node.archive import Counted, Head, Opener, Sealer, read_head
from comity.node.backup_keys import BackupKeys, Made
from comity.node.storing import AT_REST, place
from comity.node.stream import CHUNK_BYTES

MANIFEST = "manifest.json"
STORE, FILES, KEYS = "store", "files", "keys"
_PATH = re.compile(r"(?!.*(?:^|/)\.\.?(?:/|$))[A-Za-z0-9._@+=,~ -]+(?:/[A-Za-z0-9._@+=,~ -]+)*")


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a backup, by its path below the node's home."""

    path: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup holds.

    schema  version of the database's tables
    keys    whether private keys are among the files
    apart   folders of the node that a backup leaves out
    """

    node: str
    made: str
    version: str
    schema: int
    keys: bool
    files: tuple[Member, ...]
    apart: tuple[str, ...]


@dataclass(frozen=True)
class Backup:
    """A backup whose every byte was checked, laid out in `folder`."""

    manifest: Manifest
    folder: Path


def make_backup(config: Config, out: Path, *, with_keys: bool = False) -> Made:
    """Writes a new file `out` of mode 0600; it is there whole, or not at all.

    Conflict when it exists, or would lie where it must not: among the marks or in the store's folder. NoSpace when it doesn't fit.
    Misconfigured when the store is on a server, which has means of its own.
    """
    out = out.absolute()
    if config.store_url:
        raise Misconfigured("backup-elsewhere", where=place(config))
    if out.exists():
        raise Conflict("backup-exists", file=str(out))
    if any(out.resolve().is_relative_to(folder.resolve()) for folder in (config.marks, config.store, config.keys)):
        raise Conflict("backup-in-the-wrong-place", file=str(out))
    made = instant_text(SystemClock().now())
    keys, head = BackupKeys(config.marks), Head(config.name, made, made[:10], secrets.token_bytes(32))
    part = out.with_name(f"{out.name}.{secrets.token_hex(4)}.part")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as fault:
        raise NotFound("file-not-written", file=str(out), why=fault.strerror or "") from fault
    try:
        erased = _erased(config)  # before the snapshot: what it counts is surely not in it
        with told_plainly(out.parent), os.fdopen(handle, "wb") as sink, _snapshot(config) as database:
            hashed = _Hashed(sink)
            sealer = Sealer(hashed, head, keys.key_for(head.day))
            _write(sealer, config, database, made, with_keys=with_keys)
            sink.flush()
            os.fsync(sink.fileno())
        told = Made(made, head.day, str(out), hashed.size, hashed.hash.hexdigest(), erased)
        os.replace(part, out)
        _sync(out.parent)
        try:
            keys.note(told)
        except BaseException:
            out.unlink()  # a backup that isn't listed would be forgotten when its key should go
            raise
    finally:
        part.unlink(missing_ok=True)
    return told


@contextmanager
def opened_backup(file: Path, day_keys: Mapping[str, bytes], stage: Path) -> Iterator[Backup]:
    """Lays a backup out in the new folder `stage`, checks all of it, and takes the folder away again at the end.

    day_keys  key of each day that can be opened
    Malformed when anything is altered, missing or too much; NotFound when its day's key is gone.
    """
    with told_plainly(stage.parent):
        stage.mkdir(mode=0o700)
    try:
        with told_plainly(stage.parent), _reading(file) as source:
            head, line = read_head(source)
            if head.day not in day_keys:
                raise NotFound("backup-key", day=head.day)
            manifest = _lay_out(Opener(source, head, line, day_keys[head.day]), stage)
        if (manifest.node, manifest.made) != (head.node, head.made):
            raise Malformed("backup-damaged", why="head and manifest differ")
        if check_snapshot(stage / STORE / DATABASE) != manifest.schema:
            raise Malformed("backup-damaged", why="schema")
        yield Backup(manifest, stage)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


class Kept(msgspec.Struct, frozen=True):
    """A backup that was made, as it stands today.

    opens  whether its day's key is still there
    holds  erasures that came after it: it still holds what they took away
    """

    made: str
    to: str
    bytes: int
    sha256: str
    opens: bool
    holds: int


def kept_backups(config: Config) -> tuple[Kept, ...]:
    """Backups that were made here, oldest first."""
    keys, erased = BackupKeys(config.marks), _erased(config)
    days = keys.days()
    return tuple(
        Kept(each.made, each.to, each.bytes, each.sha256, each.day in days, max(erased - each.erased, 0))
        for each in keys.made()
    )


def write_new(file: Path, raw: bytes) -> None:
    """A new file of mode 0600, durable; Conflict when it exists."""
    if file.exists():
        raise Conflict("backup-exists", file=str(file))
    write_secret(file.absolute(), raw)


def day_of(file: Path) -> str:
    """The day whose key opens this backup."""
    with _reading(file) as source:
        return read_head(source)[0].day


# ---- writing
@contextmanager
def _snapshot(config: Config) -> Iterator[Path]:
    copy = config.home / f"backup-{secrets.token_hex(4)}.part"
    try:  # around the copying too: on a full disk half a copy must not stay
        snapshot(config.store, copy)
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def _write(sealer: Sealer, config: Config, database: Path, made: str, *, with_keys: bool) -> None:
    members: list[Member] = []
    try:
        with tarfile.open(fileobj=sealer, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            members.append(_put(tar, f"{STORE}/{DATABASE}", database))
            for path, file in _plain(config, with_keys=with_keys):
                try:
                    members.append(_put(tar, path, file))
                except FileNotFoundError:  # forgotten meanwhile, and so it shall be
                    continue
            apart = [config.marks, *([] if with_keys else [config.keys])]
            apart += [folder for folder in config.overlays if not folder.is_relative_to(config.home)]
            manifest = Manifest(
                config.name,
                made,
                comity.__version__,
                check_snapshot(database),
                with_keys,
                tuple(members),
                tuple(map(str, apart)),
            )
            raw = msgspec.json.encode(manifest)
            tar.addfile(_info(MANIFEST, len(raw)), io.BytesIO(raw))
    except BaseException:
        sealer.abandon()
        raise
    sealer.close()


def _plain(config: Config, *, with_keys: bool) -> Iterator[tuple[str, Path]]:
    """(path in the backup, file) of everything but the database."""
    folders = [(FILES, config.files_folder), *([(KEYS, config.keys)] if with_keys else [])]
    folders += [
        (folder.relative_to(config.home).as_posix(), folder)
        for folder in config.overlays
        if folder.is_relative_to(config.home)
    ]
    if (config.home / FILE_NAME).exists():
        yield FILE_NAME, config.home / FILE_NAME
    if not with_keys:  # those of the database's seal come along even so: without them it opens for nobody
        yield from ((f"{AT_REST}/{file.name}", file) for file in sorted(config.keys.glob("at-rest-*.secret")))
    for top, folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and not file.is_symlink():
                path = f"{top}/{file.relative_to(folder).as_posix()}"
                if _PATH.fullmatch(path) is None:
                    raise Misconfigured("file-name-unusable", file=str(file))
                yield path, file


def _put(tar: tarfile.TarFile, path: str, file: Path) -> Member:
    with open(file, "rb") as source:
        info = _info(path, os.fstat(source.fileno()).st_size)
        counted = Counted(source.read)
        tar.addfile(info, counted)
    return Member(path, counted.size, counted.sha256)


def _info(path: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.size, info.mode = size, 0o600
    return info


def _erased(config: Config) -> int:
    file = config.marks / "high-water"
    return sum(line.startswith(b"gone ") for line in file.read_bytes().splitlines()) if file.exists() else 0


class _Hashed(io.RawIOBase):
    """Passes on what is written and keeps its number of bytes and its hash."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink, self.hash, self.size = sink, hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def write(self, raw: bytes) -> int:  # type: ignore[override]  # the sealer hands over bytes alone
        self._sink.write(raw)
        self.hash.update(raw)
        self.size += len(raw)
        return len(raw)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# ---- reading
@contextmanager
def _reading(file: Path) -> Iterator[BinaryIO]:
    try:
        source = file.open("rb")
    except OSError as fault:
        raise NotFound("file-missing", file=str(file), why=fault.strerror or "") from fault
    with source:
        yield source


def _lay_out(opener: Opener, stage: Path) -> Manifest:
    found: dict[str, Member] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(fileobj=opener, mode="r|") as tar:
            for info in tar:
                source = tar.extractfile(info)
                if source is None or not info.isreg() or manifest is not None or info.name in found:
                    raise Malformed("backup-damaged", why="member", member=info.name[:200])
                if info.name == MANIFEST:
                    manifest = msgspec.json.decode(source.read(), type=Manifest)
                    continue
                if _PATH.fullmatch(info.name) is None:
                    raise Malformed("backup-damaged", why="path", member=info.name[:200])
                found[info.name] = _take(info.name, Counted(source.read), stage / info.name)
        opener.finish()
    except (tarfile.TarError, msgspec.MsgspecError) as fault:
        raise Malformed("backup-damaged", why=str(fault)[:200]) from fault
    if manifest is None or {member.path: member for member in manifest.files} != found:
        raise Malformed("backup-damaged", why="manifest")
    if f"{STORE}/{DATABASE}" not in found:
        raise Malformed("backup-damaged", why="no database")
    return manifest


def _take(path: str, source: Counted, target: Path) -> Member:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as sink:
        while raw := source.read(CHUNK_BYTES):
            sink.write(raw)
        sink.flush()
        os.fsync(sink.fileno())
    return Member(path, source.size, source.sha256)
