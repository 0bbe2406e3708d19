"""A store of an earlier version is refused until it is upgraded, and then goes on as if nothing had been."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from comity.adapters.at_rest import AtRest
from comity.adapters.keyring import FileKeyring
from comity.adapters.store import schema
from comity.adapters.store import tables as t
from comity.adapters.store.sqlite import SqliteDatabase
from comity.domain.people import Account
from comity.domain.record import State
from comity.domain.terms import Instant
from comity.errors import Misconfigured
from comity.flows.drain import Drainer
from comity.flows.receive import Puller
from comity.node.assembly import open_node
from comity.node.storing import upgrade_store
from comity.ports.people import AccountKept
from tests.node.homes import fresh_home
from tests.upgrade.earlier import as_version_1
from tests.upgrade.furnished import close, furnished, told
from tests.worlds import letter, pair, sealed_indicator


def upgrade(folder: Path) -> list[str]:
    database = SqliteDatabase(folder / "store")
    database.seal_with(AtRest(FileKeyring(folder / "keys")))
    connection = database.writer(0)
    database.begin(connection)
    done: list[str] = []
    schema.upgrade(connection, done.append)
    connection.exec_driver_sql("commit")
    database.close()
    return done


def as_version_2(folder: Path) -> None:
    """The step that the program of version 2 would have taken."""
    as_version_1(folder / "store" / "node.db")
    database = SqliteDatabase(folder / "store")
    connection = database.writer(0)
    database.begin(connection)
    schema._stamp(connection, schema.FIRST)
    schema._steps(connection, "0002")
    connection.exec_driver_sql("commit")
    database.close()


def test_a_store_of_version_2_is_upgraded_and_has_people(tmp_path: Path) -> None:
    two = furnished(tmp_path)
    before = told(two.kr.store)
    close(two)
    for side in ("kr", "kh"):
        as_version_2(tmp_path / side)
    with pytest.raises(Misconfigured, match=r"schema-older.*found=2"):
        pair(tmp_path)
    for side in ("kr", "kh"):
        assert [title.split(" ")[0] for title in upgrade(tmp_path / side)] == ["0003"]
    two = pair(tmp_path, seed=2)
    assert told(two.kr.store) == before
    assert not two.kr.people.has_accounts()
    person = Account("a", "kim", "Kim (fictional)", ("officer",), "ko", "Asia/Seoul", "active", Instant(1), "")
    two.kr.store.keep([], [AccountKept(person)])
    assert two.kr.people.accounts() == (person,)
    close(two)


def test_a_store_of_version_1_is_upgraded_whole_and_syncs_on(tmp_path: Path) -> None:
    two = furnished(tmp_path)
    before = {world.me.name: told(world.store) for world in (two.kr, two.kh)}
    close(two)
    for side in ("kr", "kh"):
        as_version_1(tmp_path / side / "store" / "node.db")
    with pytest.raises(Misconfigured, match=f"schema-older.*mend={schema.MEND}"):
        pair(tmp_path)
    for side in ("kr", "kh"):
        done = upgrade(tmp_path / side)
        assert [title.split(" ")[0] for title in done] == ["0002", "0003"]
        assert upgrade(tmp_path / side) == []
    two = pair(tmp_path, seed=2)
    for world in (two.kr, two.kh):
        assert told(world.store) == before[world.me.name]
        assert world.store.rebuild(write=False) == ()
    states = {entry.state for entry in two.kh.store.entries(two.bulk.origin, 0, 400)}
    assert states == {State.PRESENT, State.ERASED, State.PARTED}
    two.kr.store.keep([letter(two.bulk.origin, sealed_indicator(two.kr, n)) for n in range(50)])
    for channel in (two.bulk, two.urgent):
        Puller(two.kh, two.kh_sees_kr).pull(channel.origin)
        assert two.kh.store.position(channel.origin).root == two.kr.store.position(channel.origin).root
    assert Drainer(two.kh, two.kr.me.name).drain_all() == 54
    assert two.kh.store.rebuild(write=False) == ()
    close(two)


def test_an_upgrade_that_comes_out_wrong_changes_nothing(tmp_path: Path) -> None:
    close(furnished(tmp_path))
    database = tmp_path / "kr" / "store" / "node.db"
    as_version_1(database)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("alter table acted add column planted integer")
        before = connection.execute("select sql from sqlite_master order by name").fetchall()
    config = replace(fresh_home(tmp_path / "home"), home=tmp_path / "kr")
    with pytest.raises(Misconfigured, match="schema-differs"):
        upgrade_store(config)
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("select sql from sqlite_master order by name").fetchall() == before
        assert connection.execute("select version from schema").fetchall() == [(1,)]


def test_a_damaged_database_is_not_upgraded(tmp_path: Path) -> None:
    config = fresh_home(tmp_path / "home")
    database = config.store / "node.db"
    as_version_1(database)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("pragma writable_schema = on")
        connection.execute("update sqlite_master set rootpage = 3 where name = 'entry_id'")
        connection.commit()
    with pytest.raises(Misconfigured, match="store-damaged"):
        upgrade_store(config)


def test_a_newer_store_is_refused_by_opening_and_by_upgrading(tmp_path: Path) -> None:
    config = fresh_home(tmp_path / "home")
    with closing(sqlite3.connect(config.store / "node.db")) as connection:
        connection.execute("update schema set version = ?", (t.SCHEMA_VERSION + 1,))
        connection.commit()
    with pytest.raises(Misconfigured, match="schema-newer"):
        upgrade_store(config)
    with pytest.raises(Misconfigured, match="schema-newer"):
        open_node(config)
