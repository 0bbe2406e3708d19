"""Keys of backups: one for each day, wrapped by a master key, both beside the high-water file and in no backup.

A backup holds bodies that an order may erase later. When the wrap of its day is destroyed, nobody opens it any more, wherever its copies
lie. Each destruction also changes the master key, so that a trace of an old wrap on the disk is of no use.

    backup-master-<8 hex>   32 bytes
    backup-days             JSON: which master, and the wrapped key of each day
    backups                 a line of JSON for each backup that was made
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from comity.adapters.keyring.durable import locked, read_secret, write_secret
from comity.adapters.space import told_plainly
from comity.errors import Malformed, Misconfigured, NotFound

KEY_BYTES = 32
NONCE_BYTES = 12


class Made(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A backup that was made.

    erased  erasures in the high-water file at that time: what came later, the backup still holds
    """

    made: str
    day: str
    to: str
    bytes: int
    sha256: str
    erased: int


class _Days(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which master key wraps, and what it wraps."""

    master: str
    wraps: dict[str, bytes]


class DayKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Keys of days in the clear, for a safe: whoever has them and a backup has all that it holds."""

    days: dict[str, bytes]


class BackupKeys:
    """The keys in one marks folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def key_for(self, day: str) -> bytes:
        """The key of this day, made at first use. Durable before it answers."""
        with locked(self._folder):
            days, master = self._load()
            if day not in days.wraps:
                days = self._keep(_Days(days.master, {**days.wraps, day: _wrap(master, day, secrets.token_bytes(32))}))
            return _unwrap(master, day, days.wraps[day])

    def key_of(self, day: str) -> bytes:
        """The key of this day; NotFound when there is none, or none any more."""
        if not self._path.exists():
            raise NotFound("backup-key", day=day, folder=str(self._folder))
        with locked(self._folder):
            days, master = self._load()
        if day not in days.wraps:
            raise NotFound("backup-key", day=day, folder=str(self._folder))
        return _unwrap(master, day, days.wraps[day])

    def days(self) -> tuple[str, ...]:
        """Days whose backups can be opened."""
        if not self._path.exists():
            return ()
        with locked(self._folder):
            return tuple(sorted(self._load()[0].wraps))

    def forget(self, before: str) -> tuple[str, ...]:
        """Destroys the keys of all days before this one; returns those days. Durable before it answers."""
        if not self._path.exists():
            return ()
        with locked(self._folder):
            days, master = self._load()
            gone = tuple(sorted(day for day in days.wraps if day < before))
            if gone:
                name, fresh = self._new_master()
                kept = {d: _wrap(fresh, d, _unwrap(master, d, w)) for d, w in days.wraps.items() if d not in gone}
                self._keep(_Days(name, kept))
                self._sweep(name)
            return gone

    def export(self) -> bytes:
        """Every key of a day, as `DayKeys` in JSON."""
        return msgspec.json.encode(DayKeys({day: self.key_of(day) for day in self.days()}))

    # ---- what was made
    def note(self, made: Made) -> None:
        """Writes down that a backup was made; durable before it answers. NoSpace when the line doesn't fit, all of it."""
        path = self._folder / "backups"
        with told_plainly(self._folder):
            lines = path.read_bytes() if path.exists() else b""
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(handle, "ab") as file:
                file.truncate(lines.rfind(b"\n") + 1)  # a torn last line must not begin this one
                file.write(msgspec.json.encode(made) + b"\n")
                file.flush()
                os.fsync(file.fileno())

    def made(self) -> tuple[Made, ...]:
        """Backups that were made, oldest first; a torn last line is passed over."""
        path = self._folder / "backups"
        lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
        try:
            return tuple(msgspec.json.decode(line, type=Made) for line in lines if line)
        except msgspec.MsgspecError as fault:
            raise Misconfigured("backup-list-unreadable", file=str(path)) from fault

    # ---- files
    @property
    def _path(self) -> Path:
        return self._folder / "backup-days"

    def _load(self) -> tuple[_Days, bytes]:
        if not self._path.exists():
            name, master = self._new_master()
            return self._keep(_Days(name, {})), master
        try:
            days = msgspec.json.decode(read_secret(self._path), type=_Days)
        except msgspec.MsgspecError as fault:
            raise Misconfigured("backup-keys-unreadable", file=str(self._path)) from fault
        self._sweep(days.master)
        return days, read_secret(self._folder / f"backup-master-{days.master}")

    def _keep(self, days: _Days) -> _Days:
        write_secret(self._path, msgspec.json.encode(days))
        return days

    def _new_master(self) -> tuple[str, bytes]:
        name, master = secrets.token_hex(4), secrets.token_bytes(KEY_BYTES)
        write_secret(self._folder / f"backup-master-{name}", master)
        return name, master

    def _sweep(self, current: str) -> None:
        """Destroys masters that wrap nothing any more: overwritten, then removed."""
        for path in self._folder.glob("backup-master-*"):
            if path.name != f"backup-master-{current}":
                with open(path, "r+b") as file:
                    file.write(bytes(path.stat().st_size))
                    file.flush()
                    os.fsync(file.fileno())
                path.unlink()


def read_day_keys(raw: bytes) -> dict[str, bytes]:
    """Keys from an exported file; Malformed when it isn't one."""
    try:
        return dict(msgspec.json.decode(raw, type=DayKeys).days)
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise Malformed("not-backup-keys") from fault


def _wrap(master: bytes, day: str, key: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(master).encrypt(nonce, key, day.encode())


def _unwrap(master: bytes, day: str, wrapped: bytes) -> bytes:
    try:
        return AESGCM(master).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], day.encode())
    except (InvalidTag, ValueError) as fault:
        raise Misconfigured("backup-keys-unreadable", day=day) from fault
