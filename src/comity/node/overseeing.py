"""An overseer's own desk: a folder with its key and what it saw last. It needs no node, and what it is given it checks itself.

keys/                 the key by which it confirms, as a node keeps its keys
overseer              name of that key
seen-<16 digits>.json the last checkpoint of each journal that it cosigned; written before its line is given out
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from comity.adapters.keyring import FileKeyring
from comity.adapters.keyring.durable import write_secret
from comity.domain.ledger import (
    COSIGNATURE,
    VerifierKey,
    cosignature_line,
    note_bytes,
    parse_checkpoint,
    parse_note,
)
from comity.errors import Malformed, NotFound
from comity.flows.check_journal import JournalChecked, Seen, check_journal, note_of
from comity.node.static_files import homes, reader

NAME_FILE = "overseer"


class _SeenFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    origin: str
    size: int
    root: str
    note: str
    time_s: int


def make_key(desk: Path, name: str) -> VerifierKey:
    """The key of this desk, made now if there is none; the same again shows it."""
    if not name or "/" not in name or not name.isascii() or not name.isprintable() or " " in name:
        raise Malformed("overseer-key-name", name=name[:120])
    desk.mkdir(mode=0o700, parents=True, exist_ok=True)
    (desk / "keys").mkdir(mode=0o700, exist_ok=True)
    key = FileKeyring(desk / "keys").create(name, COSIGNATURE)
    write_secret(desk / NAME_FILE, name.encode())
    return key


def examine(
    desk: Path | None, folder: Path, log: VerifierKey, receipts: Sequence[tuple[str, bytes]] = ()
) -> JournalChecked:
    """The journal in this folder, checked against what this desk saw last. NotFound `no-pages` where it isn't in there."""
    channel = log.name.rpartition("/")[2]
    for home in homes(folder):
        if home.name == channel:
            return check_journal(reader(home), channel, log, last_seen(desk, channel), receipts)
    raise NotFound("no-pages", folder=str(folder), channel=channel)


def cosign(desk: Path, folder: Path, log: VerifierKey, now_s: int) -> tuple[JournalChecked, bytes]:
    """Checks, remembers, cosigns: the checkpoint with this desk's line, for the node. Raises as `check_journal`; nothing is signed then."""
    checked = examine(desk, folder, log)
    channel = log.name.rpartition("/")[2]
    home = next(home for home in homes(folder) if home.name == channel)
    note = parse_note(note_of(reader(home)))
    key = _key(desk)
    before = _seen_file(desk, channel)
    time_s = max(now_s, before.time_s if before is not None else 0)
    keyring = FileKeyring(desk / "keys")
    line = cosignature_line(key, lambda message: keyring.sign(key.name, message), note.text, time_s)
    writers = [each.to_bytes() for each in note.signatures if each.name == log.name]
    whole = note_bytes(note.text, [*writers, line])
    signed = parse_checkpoint(note.text)
    seen = _SeenFile(signed.origin, signed.size, signed.root.hex(), whole.decode(), time_s)
    write_secret(desk / f"seen-{channel}.json", msgspec.json.encode(seen))
    return checked, whole


def last_seen(desk: Path | None, channel: str) -> Seen | None:
    """What this desk cosigned last of a journal; None before the first time, and without a desk."""
    found = _seen_file(desk, channel) if desk is not None else None
    return Seen(found.origin, found.size, found.root, found.note) if found is not None else None


def _seen_file(desk: Path, channel: str) -> _SeenFile | None:
    file = desk / f"seen-{channel}.json"
    if not file.exists():
        return None
    try:
        return msgspec.json.decode(file.read_bytes(), type=_SeenFile)
    except msgspec.MsgspecError as fault:  # to begin anew would be to accept any other journal
        raise Malformed("overseer-memory-unreadable", file=str(file)) from fault


def _key(desk: Path) -> VerifierKey:
    file = desk / NAME_FILE
    if not file.is_file():
        raise NotFound("overseer-desk", folder=str(desk))
    return FileKeyring(desk / "keys").key(file.read_text().strip())
