"""After an erasure and a scrub no file of the database holds what was erased: neither the value nor what it is found by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from comity.adapters.at_rest import IN_THE_CLEAR
from comity.adapters.store.postgres import PostgresStore
from comity.adapters.store.sql import SqlStore
from comity.adapters.store.sqlite import SqliteStore
from comity.domain.ledger import Lane
from comity.domain.record import encode_fields, index_of
from comity.ports import Erasure, Place, World
from tests import postgres
from tests.worlds import channel_to, letter, node_world, sealed_indicator

SECRETS = 40


def holding(folder: Path, needles: list[bytes]) -> set[str]:
    """Names of the files below a folder that hold any of these bytes."""
    found = set()
    for path in folder.rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            if any(needle in raw for needle in needles):
                found.add(path.name)
    return found


def furnish(world: World) -> tuple[str, list[bytes]]:
    """Records among others, so that pages of table and index have split around them; what must not be found afterwards."""
    origin = channel_to(world, "taskforce.kh.example", Lane.BULK, "1" * 16).origin
    needles: list[bytes] = []
    for start in range(0, 400, 20):
        letters = []
        for n in range(start, start + 20):
            value = f"very-unlikely-{n:04d}.example.com" if n % (400 // SECRETS) == 0 else None
            sealed = sealed_indicator(world, n, value=value)
            letters.append(letter(origin, sealed))
            if value:
                told = index_of(sealed.envelope, encode_fields(sealed.fields))
                needles += [value.encode(), *(trace.key for trace in told.traces if trace.name == "value")]
        world.store.keep(letters)
    return origin, needles


def erase(world: World, origin: str) -> None:
    orders = [letter(origin, sealed_indicator(world, 1000 + n)) for n in range(SECRETS)]
    gone = [Erasure(Place(origin, n * (400 // SECRETS))) for n in range(SECRETS)]
    world.store.keep([replace(order, erases=(one,)) for order, one in zip(orders, gone, strict=True)])


@pytest.fixture
def kept_apart() -> Iterator[None]:
    """Old segments of the server's log are removed, not kept for use, as operators are told to set it."""
    there = postgres.server()
    there.ask("postgres", "alter system set wal_recycle = off")
    there.ask("postgres", "select pg_reload_conf()")
    yield
    there.ask("postgres", "alter system reset wal_recycle")
    there.ask("postgres", "select pg_reload_conf()")


def test_a_scrubbed_sqlite_file_holds_nothing_of_what_was_erased(tmp_path: Path) -> None:
    world = node_world(tmp_path, "police.kr.example", "KR", None, None, sealing=IN_THE_CLEAR)  # type: ignore[arg-type]
    origin, needles = furnish(world)
    assert len(needles) == 2 * SECRETS
    assert holding(tmp_path / "store", needles)
    erase(world, origin)
    assert isinstance(world.store, SqliteStore)
    assert world.store.scrub().done == ("file-rewritten", "write-ahead-log-truncated")
    assert holding(tmp_path / "store", needles) == set()
    after_scrub(world, origin)


def after_scrub(world: World, origin: str) -> None:
    """The store goes on."""
    world.store.keep([letter(origin, sealed_indicator(world, 5))])
    assert world.store.rebuild(write=False) == ()
    world.store.close()


@pytest.mark.pg
@pytest.mark.usefixtures("kept_apart")
def test_a_scrubbed_postgres_holds_nothing_of_what_was_erased_in_any_file(tmp_path: Path) -> None:
    world = node_world(tmp_path, "police.kr.example", "KR", None, None, store="postgres", sealing=IN_THE_CLEAR)  # type: ignore[arg-type]
    origin, needles = furnish(world)
    there = postgres.server()
    there.ask("postgres", "checkpoint")
    erase(world, origin)
    there.ask("postgres", "checkpoint")
    assert holding(Path(there.socket), needles), "before, tables and log hold it"
    assert isinstance(world.store, PostgresStore)
    told = world.store.scrub()
    assert (told.done, told.undone) == (
        ("table-rewritten", "statistics-rewritten", "log-segment-ended", "checkpoint"),
        (),
    )
    assert holding(Path(there.socket), needles) == set()
    after_scrub(world, origin)


@pytest.mark.pg
def test_what_a_server_keeps_or_does_not_allow_is_told(tmp_path: Path) -> None:
    there = postgres.server()
    name = there.fresh()
    there.ask(name, "create role plain login")
    there.ask(name, f"grant all on database {name} to plain")
    there.ask(name, "grant all on schema public to plain")
    try:
        url = there.url(name).replace("postgres@", "plain@")
        world = node_world(tmp_path, "police.kr.example", "KR", None, None, store="memory")  # type: ignore[arg-type]
        store = PostgresStore(url, tmp_path / "marks", world.me.name, world.keyring, world.mint.salt)
        assert isinstance(store, SqlStore)
        told = store.scrub()
        store.close()
    finally:
        there.ask(name, "drop owned by plain cascade")
        there.ask(name, "drop role plain")
    assert told.done == ("table-rewritten",)
    assert {code for code, _ in told.undone} == {
        "statistics-rewritten",
        "log-segment-ended",
        "checkpoint",
        "log-segments-removed",
    }
