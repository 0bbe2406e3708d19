"""Stores as earlier versions left them: today's rows in yesterday's tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

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
            names = ", ".join(f'"{row[1]}"' for row in there.execute(f"pragma main.table_info({table})"))
            there.execute(f"insert into main.{table} ({names}) select {names} from now.{table}")
        for name, document in there.execute("select name, document from peer").fetchall():
            told = msgspec.json.decode(document)
            kept = {key: value for key, value in told.items() if key not in YOUNGER}
            there.execute("update peer set document = ? where name = ?", (msgspec.json.encode(kept), name))
        there.execute("pragma journal_mode = wal")
        there.commit()
    for leaving in database.parent.glob(database.name + "*"):
        leaving.unlink()
    old.rename(database)
