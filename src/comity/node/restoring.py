"""Puts a backup back into a node's home. What it replaces is moved aside, never lost.

The files are laid out and checked beside the ones they replace; only when all is there does a rename make each count. A crash in
between leaves the folder `restoring`, and no node opens until the restore was repeated to its end. When it is done, the file
`restored.json` says so: a node whose state is old must not act before `comity node recover`.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec

from comity.adapters.clock import SystemClock
from comity.adapters.keyring.durable import open_folder, write_secret
from comity.config import FILE_NAME, Config, config_text, read_config
from comity.domain.terms import instant_text
from comity.errors import Misconfigured
from comity.node.backup import FILES, KEYS, STORE, Manifest, opened_backup
from comity.node.presence import running
from comity.node.storing import AT_REST, place

STAGE, MARK, ASIDE = "restoring", "restored.json", "replaced"


class Restored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A backup was put back and the node has not recovered from it yet.

    made    when the backup was made
    at      when it was put back
    marks   whether the high-water file was there
    """

    made: str
    at: str
    marks: bool


def check(file: Path, day_keys: Mapping[str, bytes], beside: Path) -> Manifest:
    """Opens a backup, checks every byte of it, and leaves nothing behind but the answer."""
    with opened_backup(file, day_keys, beside / f"checking-{secrets.token_hex(4)}") as backup:
        return backup.manifest


def restore(home: Path, marks: Path, file: Path, day_keys: Mapping[str, bytes]) -> tuple[Manifest, Path | None]:
    """Puts a backup into `home`, which may be empty; returns what it holds, and the folder with what it replaced.

    marks  the node's marks folder, which stays as it is
    Misconfigured while the node runs, or when the home is another node's.
    """
    here = read_config(home, {}) if (home / FILE_NAME).exists() else None
    if here is not None and here.store_url:
        raise Misconfigured("backup-elsewhere", where=place(here))
    if here is not None and running(here) is not None:
        raise Misconfigured("node-runs-already", file=str(here.presence))
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    now = instant_text(SystemClock().now())
    stage = home / f"{STAGE}-{secrets.token_hex(4)}"
    with _store_free(home), opened_backup(file, day_keys, stage) as backup:
        manifest = backup.manifest
        if here is not None:
            if here.name != manifest.node:
                raise Misconfigured("backup-of-another-node", node=manifest.node, here=here.name)
            (backup.folder / FILE_NAME).unlink(missing_ok=True)  # the settings of a home that stands stay
        _sync_all(backup.folder)
        files = here.files_folder if here is not None else home / FILES
        aside = _put_back(home, files, backup.folder, manifest, now)
        if here is None:
            _settle(home, marks)
        told = Restored(manifest.made, now, (marks / "high-water").exists())
        write_secret(home / MARK, msgspec.json.encode(told))
        (home / STAGE).unlink()
    return manifest, aside


def refuse_unfinished(config: Config) -> None:
    """Misconfigured while a restore was begun and not ended, or was ended and the node hasn't recovered."""
    if (config.home / STAGE).exists():
        raise Misconfigured("restore-unfinished", home=str(config.home))
    told = restored(config)
    if told is not None:
        raise Misconfigured("restored-not-recovered", made=told.made, at=told.at)


def restored(config: Config) -> Restored | None:
    """The restore that waits for a recovery, or None."""
    path = config.home / MARK
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Restored)
    except msgspec.MsgspecError as fault:
        raise Misconfigured("restore-unfinished", home=str(config.home)) from fault


def recovered(config: Config) -> None:
    """From now on the node opens again."""
    (config.home / MARK).unlink(missing_ok=True)


@contextmanager
def _store_free(home: Path) -> Iterator[None]:
    """Nobody has the store inside the block; Misconfigured when somebody does."""
    lock = home / STORE / "node.lock"
    if not lock.exists():
        yield
        return
    handle = os.open(lock, os.O_RDWR)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            raise Misconfigured("store-in-use", path=str(lock.parent)) from fault
        yield
    finally:
        os.close(handle)


def _settle(home: Path, marks: Path) -> None:
    """A home that was empty: its settings name the marks as they lie now, and the desk gets a token."""
    config = read_config(home, {})
    if config.marks != marks:
        write_secret(home / FILE_NAME, config_text(replace(config, marks=marks)).encode())
    if not config.token.exists():
        write_secret(config.token, secrets.token_urlsafe(32).encode())


def _put_back(home: Path, files: Path, staged: Path, manifest: Manifest, now: str) -> Path | None:
    """Moves what is there aside and what was staged in; the keys of a home that has some stay."""
    aside = home / ASIDE / now.replace(":", "")
    tops = [STORE, FILES, FILE_NAME, *([KEYS] if manifest.keys and not (home / KEYS).exists() else [])]
    tops += sorted(
        {member.path.partition("/")[0] for member in manifest.files} - {STORE, FILES, FILE_NAME, KEYS, AT_REST}
    )
    write_secret(home / STAGE, now.encode())
    moved = False
    for top in tops:
        new, old = staged / top, files if top == FILES else home / top
        if old.exists() and (new.exists() or top == FILES):
            (aside / top).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.replace(old, aside / top)
            moved = True
        if new.exists():
            os.replace(new, old)
    _take_keys(home, staged)
    if (home / KEYS).exists():
        open_folder(home / KEYS)
    _sync_all(home, deep=False)
    return aside if moved else None


def _take_keys(home: Path, staged: Path) -> None:
    """Keys of the database's seal wait for the node's other keys in a folder of their own; `own_keyring` takes them in."""
    came = sorted([*(staged / AT_REST).glob("at-rest-*.secret"), *(staged / KEYS).glob("at-rest-*.secret")])
    if came:
        (home / AT_REST).mkdir(mode=0o700, exist_ok=True)
    for file in came:
        write_secret(home / AT_REST / file.name, file.read_bytes())


def _sync_all(folder: Path, *, deep: bool = True) -> None:
    for each in [folder, *(path for path in folder.rglob("*") if deep and path.is_dir())]:
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
