"""The database goes away and comes back: nobody is told that something is kept when it isn't, or lost when it isn't."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from comity.adapters.keyring.files import FileKeyring
from comity.adapters.store import postgres as adapter
from comity.adapters.store import sql
from comity.adapters.store.postgres import PostgresStore
from comity.domain.ledger import Lane
from comity.domain.terms import Instant, NodeName
from comity.errors import Busy, Conflict, Fenced, Misconfigured
from comity.ports import Acted, Noticed, World
from tests import postgres
from tests.worlds import SeededMint, channel_to, letter, node_world, sealed_indicator

pytestmark = pytest.mark.pg
KR = "police.kr.example"


class Cutter:
    """Cuts every session of the node's database when a step is passed for the n-th time."""

    def __init__(self) -> None:
        self.at: dict[str, int] = {}
        self.cut: Callable[[], None] = lambda: None

    def __call__(self, name: str) -> None:
        if name in self.at:
            self.at[name] -= 1
            if self.at[name] == 0:
                self.cut()


@pytest.fixture
def cutter() -> Cutter:
    return Cutter()


@pytest.fixture
def world(tmp_path: Path, cutter: Cutter) -> Iterator[World]:
    made = node_world(tmp_path, KR, "KR", None, None, store="postgres", step=cutter)  # type: ignore[arg-type]
    cutter.cut = lambda: postgres.server().cut(name_of(tmp_path))
    yield made
    made.store.close()


def name_of(folder: Path) -> str:
    return postgres.server().taken[folder.resolve()]


def again(folder: Path, seed: int = 7) -> PostgresStore:
    keyring, url = FileKeyring(folder / "keys"), postgres.server().of(folder)
    return PostgresStore(url, folder / "marks", NodeName(KR), keyring, SeededMint(seed).salt)


def test_readers_ask_again_and_the_writer_comes_back_with_its_lock(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "OPEN_PATIENCE_S", 0.2)
    origin = channel_to(world, "taskforce.kh.example", Lane.BULK, "1" * 16).origin
    world.store.keep([letter(origin, sealed_indicator(world, 1))])
    for _ in range(3):
        assert len(world.store.entries(origin, 0, 9)) == world.store.position(origin).size
        postgres.server().cut(name_of(tmp_path))
        assert len(world.store.entries(origin, 0, 9)) == world.store.position(origin).size
        world.store.keep([letter(origin, sealed_indicator(world, 2))])
        with pytest.raises(Misconfigured, match="store-in-use"):
            again(tmp_path)
    assert world.store.position(origin).size == 4
    assert world.store.rebuild(write=False) == ()


def test_a_group_cut_before_its_commit_is_tried_again_and_kept_once(world: World, cutter: Cutter) -> None:
    origin = channel_to(world, "taskforce.kh.example", Lane.BULK, "1" * 16).origin
    cutter.at = {"W2": 1}
    world.store.keep([letter(origin, sealed_indicator(world, 1))], [Acted(world.me.name, "x", Instant(1), "done")])
    assert cutter.at == {"W2": -1}, "W2 was passed twice"
    assert world.store.position(origin).size == 1
    with pytest.raises(Conflict, match="already-acted"):
        world.store.keep([], [Acted(world.me.name, "x", Instant(1), "done")])
    assert world.store.rebuild(write=False) == ()


@pytest.mark.parametrize("there", [True, False])
def test_a_commit_whose_answer_was_lost_is_told_as_it_came_out(
    world: World, tmp_path: Path, there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line breaks after the server has committed, or before it has heard of the commit."""
    origin = channel_to(world, "taskforce.kh.example", Lane.BULK, "1" * 16).origin
    assert isinstance(world.store, PostgresStore)
    database = world.store._db
    passed = []

    def mark(connection: sql.Connection) -> str:
        told = adapter.PostgresDatabase.mark(database, connection)  # type: ignore[arg-type]
        if not passed:
            if there:
                connection.exec_driver_sql("commit")
            postgres.server().cut(name_of(tmp_path))
        passed.append(told)
        return told

    monkeypatch.setattr(database, "mark", mark)
    fact = Acted(world.me.name, "x", Instant(1), "done")
    (place,) = world.store.keep([letter(origin, sealed_indicator(world, 1))], [fact])
    assert place.index == 0
    assert len(passed) == (1 if there else 2), "what went through isn't done again, what didn't is"
    assert world.store.position(origin).size == 1
    assert world.store.acted(world.me.name, "x") == "done"
    assert f"size {origin} 1 " in (tmp_path / "marks" / "high-water").read_text()
    world.store.keep([letter(origin, sealed_indicator(world, 2))])
    assert world.store.rebuild(write=False) == ()


def test_an_outcome_that_nobody_can_tell_stops_the_store_until_it_is_opened_anew(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = channel_to(world, "taskforce.kh.example", Lane.BULK, "1" * 16).origin
    assert isinstance(world.store, PostgresStore)
    database, there, name = world.store._db, postgres.server(), name_of(tmp_path)
    monkeypatch.setattr(sql, "UNKNOWN_PATIENCE_S", 0.3)

    def mark(connection: sql.Connection) -> str:
        told = adapter.PostgresDatabase.mark(database, connection)  # type: ignore[arg-type]
        connection.exec_driver_sql("commit")
        there.ask("postgres", f"alter database {name} allow_connections false")
        there.cut(name)
        return told

    monkeypatch.setattr(database, "mark", mark)
    try:
        with pytest.raises(Fenced, match="commit-unknown"):
            world.store.keep([letter(origin, sealed_indicator(world, 1))])
    finally:
        there.ask("postgres", f"alter database {name} allow_connections true")
    with pytest.raises(Fenced):
        world.store.keep([], [Noticed("a", Instant(1), "k")])
    world.store.close()
    store = again(tmp_path)  # an ordinary start: the database is ahead of the file, not behind it
    assert store.position(origin).size == 1
    store.close()


def test_a_transaction_whose_number_went_to_another_is_not_taken_for_done(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a loss of power the server gives the last numbers out again: what tells is a row of the transaction's own."""
    assert isinstance(world.store, PostgresStore)
    database = world.store._db
    world.store.keep([], [Noticed("a", Instant(1), "k")])
    before = postgres.server().ask(name_of(tmp_path), "select at from cursor where name = %s", adapter.TURN)
    passed = []

    def cut(connection: sql.Connection) -> str:
        told = adapter.PostgresDatabase.mark(database, connection)  # type: ignore[arg-type]
        if not passed:
            postgres.server().cut(name_of(tmp_path))
        passed.append(told)
        return told

    monkeypatch.setattr(database, "mark", cut)
    world.store.keep([], [Acted(world.me.name, "x", Instant(1), "done")])
    assert len(passed) == 2
    assert len({before[0][0], *map(int, passed)}) == 3
    assert world.store.acted(world.me.name, "x") == "done"


def test_a_database_that_comes_back_older_is_not_signed_on(world: World, tmp_path: Path) -> None:
    origin = channel_to(world, "taskforce.kh.example", Lane.BULK, "1" * 16).origin
    world.store.keep([letter(origin, sealed_indicator(world, 1))])
    there, name = postgres.server(), name_of(tmp_path)
    older = there.ask(name, "select note, peaks from channel where origin = %s", origin)[0]
    world.store.keep([letter(origin, sealed_indicator(world, 2))])
    there.ask(name, "update channel set size = 1, pending = 1, drained = 1, note = %s, peaks = %s", *older)
    there.cut(name)
    with pytest.raises(Fenced, match="database-went-back"):
        world.store.keep([letter(origin, sealed_indicator(world, 3))])
    world.store.close()
    with pytest.raises(Fenced, match="signed-more-than-stored"):
        again(tmp_path)


def test_while_the_database_is_away_callers_are_told_to_come_back(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = channel_to(world, "taskforce.kh.example", Lane.BULK, "1" * 16).origin
    monkeypatch.setattr(sql, "BACK_PATIENCE_S", 0.3)
    there, name = postgres.server(), name_of(tmp_path)
    there.ask("postgres", f"alter database {name} allow_connections false")
    try:
        there.cut(name)
        with pytest.raises(Busy, match="database-away"):
            world.store.keep([letter(origin, sealed_indicator(world, 1))])
        with pytest.raises(Busy, match="database-away"):
            world.store.entries(origin, 0, 9)
    finally:
        there.ask("postgres", f"alter database {name} allow_connections true")
    world.store.keep([letter(origin, sealed_indicator(world, 2))])
    assert world.store.position(origin).size == 1


def test_another_process_that_took_over_meanwhile_is_not_written_beside(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "BACK_PATIENCE_S", 0.3)
    postgres.server().cut(name_of(tmp_path))
    other = again(tmp_path)
    with pytest.raises(Misconfigured, match="store-in-use"):
        world.store.keep([], [Noticed("a", Instant(1), "k")])
    other.keep([], [Noticed("b", Instant(1), "k")])
    other.close()
    world.store.keep([], [Noticed("c", Instant(1), "k")])
    assert {notice.key for notice in world.store.notices()} == {"b", "c"}
