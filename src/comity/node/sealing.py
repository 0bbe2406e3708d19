"""What a doctor sees of how things lie on disk: the keys of the seal, and whether the disk under a folder is encrypted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select

from comity.adapters.keyring.locking import is_locked, secrets_in
from comity.adapters.store import tables as t
from comity.adapters.store.sealed import MEND
from comity.config import Config
from comity.errors import ComityError
from comity.node.storing import database, own_keyring

Encrypted = Literal["yes", "no", "unknown"]
_MAPPED = "CRYPT-"
"""What device-mapper calls a device that dm-crypt made."""


@dataclass(frozen=True)
class Seen:
    """One thing that was looked at; members as those of a doctor's finding."""

    where: str
    good: bool
    code: str
    facts: dict[str, Any] = field(default_factory=dict)


def keys_on_disk(config: Config) -> Iterator[Seen]:
    """The keys of the database's seal, against what the database says."""
    try:
        there = sorted(own_keyring(config).at_rest_keys())
    except ComityError as fault:
        if fault.code.startswith("at-rest-"):  # what is wrong with files as files is told of each file
            yield Seen(str(config.keys), False, fault.code, dict(fault.facts))
        return
    try:
        wanted = _wanted(config)
    except ComityError as fault:
        if fault.code != "store-in-use":
            yield Seen(str(config.store), False, fault.code, dict(fault.facts))
        return  # a node runs on it: it has looked itself, or it wouldn't
    if lacking := sorted(set(wanted) - set(there)):
        facts = {"keys": lacking, "folder": str(config.keys), "found": there}
        yield Seen(str(config.keys), False, "at-rest-key-missing", facts)
    elif len(wanted) > 1:
        yield Seen(str(config.store), False, "at-rest-rotation-unfinished", {"mend": MEND})
    elif wanted:
        yield Seen(str(config.keys), True, "at-rest-key-there", {"key": wanted[0]})
        for each in sorted(set(there) - set(wanted)):
            yield Seen(str(config.keys), False, "at-rest-key-unneeded", {"key": each, "mend": MEND})


def _wanted(config: Config) -> list[str]:
    """Ids that the database names; none where there is no database of this version."""
    if not config.store_url and not (config.store / "node.db").exists():
        return []
    here = database(config)
    try:
        connection = here.writer(0.0)
        if not connection.dialect.has_table(connection, t.at_rest_key.name):
            return []
        return list(connection.execute(select(t.at_rest_key.c.id).order_by(t.at_rest_key.c.id)).scalars())
    finally:
        here.close()


# ---- disks -----------------------------------------------------------------------------------------------------------------


def disks(config: Config) -> Iterator[Seen]:
    """The disk under each folder that holds what must stay closed, once; and what that means for keys in plain files."""
    seen: dict[int, Encrypted] = {}
    for folder in (config.keys, config.store, config.files_folder, config.marks):
        if not folder.is_dir() or folder.stat().st_dev in seen:
            continue
        answer, device = encryption(folder)
        seen[folder.stat().st_dev] = answer
        code = {"yes": "disk-encrypted", "no": "disk-not-encrypted", "unknown": "disk-encryption-unknown"}[answer]
        yield Seen(str(folder), answer != "no", code, {"device": device})
    if not config.keys.is_dir():
        return
    plain = [path.name for path in secrets_in(config.keys) if not is_locked(path)]
    if not plain:
        yield Seen(str(config.keys), True, "keys-locked")
    elif config.passphrase_file is not None:
        yield Seen(str(config.keys), False, "keys-not-locked", {"files": plain})
    elif seen[config.keys.stat().st_dev] == "no":
        yield Seen(str(config.keys), False, "keys-in-the-clear")


def encryption(folder: Path, sys: Path = Path("/sys")) -> tuple[Encrypted, str]:
    """Whether the block device under a folder is one of dm-crypt, or lies on one; and what the device is called.

    Unknown where there is no block device to look at (network, overlay, ZFS), and where a disk may encrypt by itself.
    """
    number = os.stat(folder).st_dev
    named = f"{os.major(number)}:{os.minor(number)}"
    device = sys / "dev" / "block" / named
    if os.major(number) == 0 or not device.exists():
        return "unknown", f"device {named}"
    return _below(device.resolve()), device.resolve().name


def _below(device: Path) -> Encrypted:
    """Itself, what it is a part of, or all that it is made of."""
    mapped = device / "dm" / "uuid"
    try:
        if mapped.exists() and mapped.read_text().startswith(_MAPPED):
            return "yes"
    except OSError:
        return "unknown"
    whole = device.parent if (device / "partition").exists() else device
    made_of = sorted((whole / "slaves").iterdir()) if (whole / "slaves").is_dir() else []
    if not made_of:
        # A virtual or network disk may be encrypted by whoever gives it; a real one is not, unless it says so.
        virtual = whole.name.startswith(("vd", "xvd", "nbd", "rbd", "loop", "zd"))
        return "unknown" if virtual or not (whole / "device").exists() else "no"
    found = {_below(each.resolve()) for each in made_of}
    return "no" if "no" in found else "unknown" if "unknown" in found else "yes"
