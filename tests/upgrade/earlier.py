"""Stores as earlier versions left them: today's rows in yesterday's tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import msgspec

from comity.adapters.at_rest import AtRest
from comity.adapters.keyring import FileKeyring
from comity.adapters.store import tables as t
from comity.adapters.store.sealed import body_in, place_of, unposted

VERSION_1 = (Path(__file__).parent / "version_1.sql").read_text("utf-8")
YOUNGER = ("past", "next_certificate", "witness_key", "version")
"""Members of a peer's document that version 1 didn't write."""


def as_version_1(database: Path) -> None:
    """Puts the rows of a closed store into a database that the program of version 1 would have made."""
    old = database.with_suffix(".v1")
    with closing(sqlite3.connect(old)) as there:
        there.executescript(VERSION_1)
        there.execute("attach ? as now", (str(database),))
        for (table,) in there.execute("select name from main.sqlite_master where type = 'table'").fetchall():
            if table == "schema":
                there.execute("insert into schema values (1)")
                continue
            here, now = (
                [row[1] for row in there.execute(f"pragma {schema}.table_info({table})")] for schema in ("main", "now")
            )
            names = ", ".join(f'"{name}"' for name in here if name in now)
            there.execute(f"insert into main.{table} ({names}) select {names} from now.{table}")
        _open_all(there, database.parent.parent / "keys")
        for name, document in there.execute("select name, document from peer").fetchall():
            told = msgspec.json.decode(document)
            kept = {key: value for key, value in told.items() if key not in YOUNGER}
            there.execute("update peer set document = ? where name = ?", (msgspec.json.encode(kept), name))
        there.execute("pragma journal_mode = wal")
        there.commit()
    for leaving in database.parent.glob(database.name + "*"):
        leaving.unlink()
    old.rename(database)


def _open_all(there: sqlite3.Connection, keys: Path) -> None:
    """What is sealed today stood open then."""
    sealing = AtRest(FileKeyring(keys))
    ((key,),) = there.execute("select id from now.at_rest_key").fetchall()
    sealing.use(key)
    for ch, idx, body, marking in there.execute("select ch, idx, body, marking from now.entry").fetchall():
        parts = body_in(sealing, ch, idx, body, marking)
        there.execute(
            "update main.entry set salt = ?, envelope = ?, fields = ? where ch = ? and idx = ?", (*parts, ch, idx)
        )
    for name, raw, ch, idx in there.execute("select name, key, ch, idx from now.trace where name = 'value'").fetchall():
        place = (unposted(sealing, name, raw), name, raw, ch, idx)
        there.execute("update main.trace set key = ? where name = ? and key = ? and ch = ? and idx = ?", place)
    for name, document in there.execute("select name, document from now.peer").fetchall():
        place = place_of(t.peer, "document", SimpleNamespace(name=name))
        there.execute("update main.peer set document = ? where name = ?", (sealing.open(place, document), name))
    for key, told in there.execute("select key, told from now.notice").fetchall():
        place = place_of(t.notice, "told", SimpleNamespace(key=key))
        there.execute("update main.notice set about = ? where key = ?", (sealing.open(place, told), key))
    for issuer, id_, outcome in there.execute("select issuer, id, outcome from now.acted").fetchall():
        place = place_of(t.acted, "outcome", SimpleNamespace(issuer=issuer, id=id_))
        there.execute(
            "update main.acted set outcome = ? where issuer = ? and id = ?",
            (sealing.open_text(place, outcome), issuer, id_),
        )
    for name, by in there.execute("select name, by from now.warning").fetchall():
        place = place_of(t.warning, "by", SimpleNamespace(name=name))
        there.execute("update main.warning set by = ? where name = ?", (sealing.open_text(place, by), name))
