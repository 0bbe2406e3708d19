"""What is taken away is found no more, by no word of it, and the index says nothing that the records don't."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from comity.adapters.at_rest import AtRest
from comity.adapters.keyring import FileKeyring
from comity.adapters.store import sqlite as sqlite_module
from comity.adapters.store.sql import SqlStore
from comity.adapters.store.sqlite import SqliteDatabase
from comity.domain.ledger import Lane, Standing
from comity.domain.record import index_of
from comity.domain.record.kinds import withdraw_1
from comity.domain.search import read_query
from comity.domain.terms import Instant, NodeName
from comity.errors import Malformed
from comity.ports import Buried, Drained, Erased, Erasure, Place, Stopped, World
from tests.search.corpus import Written, corpus, sealed
from tests.search.test_exact import filled
from tests.worlds import channel_to, introduce, letter, node_world


def ids(here: World, question: str, *, kept: bool = False) -> list[str]:
    return [hit.header.id for hit in here.store.searched(read_query(question, kept=kept), 500).found]


def first(records: list[Written], kind_: str) -> int:
    return next(n for n, written in enumerate(records) if written.kind == kind_)


def test_an_erased_record_is_found_no_more(world: World) -> None:
    records = filled(world)
    origin = f"{world.me.name}/ch/{'1' * 16}"
    at = first(records, "report")
    assert records[at].ids[0] in ids(world, "kind:report")
    order = replace(letter(origin, sealed(world, records[-1].body)), erases=(Erasure(Place(origin, at)),))
    world.store.keep([order])
    assert records[at].ids[0] not in ids(world, "kind:report")
    assert len(ids(world, "kind:report")) == sum(each.kind == "report" for each in records) - 1
    assert world.store.rebuild(write=False) == ()


def test_erased_fields_are_found_no_more_and_the_rest_is(world: World) -> None:
    records = filled(world)
    origin = f"{world.me.name}/ch/{'1' * 16}"
    at, record = first(records, "report"), records[first(records, "report")].ids[0]
    order_of = ids(world, "kind:report")
    pointers = ("/narrative", "/victims")
    order = replace(letter(origin, sealed(world, records[-1].body)), erases=(Erasure(Place(origin, at), pointers),))
    world.store.keep([order])
    assert record not in ids(world, "해외취업") + ids(world, "telegram") + ids(world, "Fictional Kampot", kept=True)
    assert record in ids(world, "lure-none") + ids(world, "job lure kind:report")
    assert ids(world, "kind:report") == order_of, "it keeps its number in the order of filing"
    assert world.store.rebuild(write=False) == ()


def test_what_its_issuer_took_back_is_found_no_more(world: World) -> None:
    records = filled(world)
    origin = f"{world.me.name}/ch/{'1' * 16}"
    at = first(records, "message")
    record = records[at].ids[0]
    taken = withdraw_1.Body(targets=(withdraw_1.Withdrawn(origin, at, record),), reason_code="wrong-account")
    assert record in ids(world, "kind:message")
    world.store.keep([letter(origin, sealed(world, taken))])
    assert record not in ids(world, "kind:message")
    assert world.store.rebuild(write=False) == ()


def test_records_of_others_are_found_once_they_are_drained_and_not_when_they_are_buried(
    world: World,
    far: World,
) -> None:
    channel = channel_to(far, world.me.name, Lane.BULK, "4" * 16)
    written = [sealed(far, each.body) for each in corpus()[:9]]
    far.store.keep([letter(channel.origin, each) for each in written])
    introduce(world, far, [channel])
    entries = far.store.entries(channel.origin, 0, 9)
    world.store.hold(channel.origin, 9, far.store.position(channel.origin).note, entries)
    assert ids(world, "kind:report") == [], "what isn't drained isn't read"
    told = tuple(index_of(e.envelope or b"", e.fields) for e in entries)
    world.store.keep([], [Drained(channel.origin, 0, 9, told)])
    assert ids(world, "kind:report") == [each.id for each in reversed(written)]
    assert ids(world, f"from:{far.me.name} kind:report") == ids(world, "kind:report")
    order = Place(channel.origin, 8)
    world.store.keep([], [Buried(NodeName(far.me.name), written[0].id, order)])
    world.store.keep([], [Erased(Erasure(Place(channel.origin, 1)), order)])
    assert ids(world, "kind:report") == [each.id for each in reversed(written[2:])]
    world.store.keep([], [Stopped(channel.origin, Standing.BEHIND.value, "restored", Instant(1))])
    assert ids(world, "kind:report") == [], "a channel that has to catch up shows nothing"


def test_one_record_in_two_channels_is_one_hit(world: World) -> None:
    one, two = (channel_to(world, "taskforce.kh.example", Lane.BULK, n * 16).origin for n in "12")
    record = sealed(world, corpus()[0].body)
    world.store.keep([letter(one, record), letter(two, record)])
    hits = world.store.searched(read_query("kind:report"), 20)
    assert [hit.place for hit in hits.found] == [Place(two, 0)]
    assert hits.count == 1


def test_a_page_goes_on_only_after_what_was_found(world: World) -> None:
    filled(world)
    for nowhere in (Place(f"{world.me.name}/ch/{'1' * 16}", 10_000), Place("nobody.example/ch/0", 1)):
        with pytest.raises(Malformed, match="search-after-unknown"):
            world.store.searched(read_query("kind:report"), 5, nowhere)


# ---- SQLite alone: its files -------------------------------------------------------------------------------------------


@pytest.fixture
def sqlite(tmp_path: Path) -> World:
    return node_world(tmp_path, "police.kr.example", "KR", None, None)  # type: ignore[arg-type]


def again(world: World, folder: Path, told: list[tuple[str, int, int]] | None = None) -> World:
    world.store.close()
    salt, heard = world.mint.salt, [] if told is None else told
    database = SqliteDatabase(folder / "store")
    store = SqlStore(
        database, folder / "marks", world.me.name, world.keyring, salt, tell=lambda *each: heard.append(each)
    )
    return replace(world, store=store)


def ask(folder: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "store" / "node.db")) as connection:
        found = connection.execute(statement).fetchall()
        connection.commit()
    return found


def test_other_rules_fill_the_index_anew_at_the_next_start(sqlite: World, tmp_path: Path) -> None:
    filled(sqlite)
    before = {q: ids(sqlite, q) for q in ("집", "scam", "+821055501234")}
    sqlite.store.close()
    ask(tmp_path, "update cursor set at = 0 where name = 'search/version'")
    ask(tmp_path, "delete from search_place")
    told: list[tuple[str, int, int]] = []
    sqlite = again(sqlite, tmp_path, told)
    assert {q: ids(sqlite, q) for q in before} == before
    assert told[-1] == ("search-index", len(corpus()), len(corpus()))
    assert sqlite.store.rebuild(write=False) == ()
    sqlite = again(sqlite, tmp_path, told)
    assert len(told) == 1, "and only then"
    sqlite.store.close()


@pytest.mark.parametrize(
    "harm",
    [
        "update search_text set page = (select page from search_text where doc = 4) where doc = 3",
        "delete from search_place where doc = 5",
        "insert into search_words (search_words) values ('delete-all')",
        "insert into search_ended (issuer, id) values ('police.kr.example', 'x')",
    ],
)
def test_a_harmed_index_is_noticed_and_made_right(sqlite: World, tmp_path: Path, harm: str) -> None:
    filled(sqlite)
    before = {q: set(ids(sqlite, q)) for q in ("집", "scam", "kind:report")}
    sqlite.store.close()
    ask(tmp_path, harm)
    sqlite = again(sqlite, tmp_path)
    assert sqlite.store.rebuild(write=False)
    assert sqlite.store.rebuild(write=True)
    assert sqlite.store.rebuild(write=False) == ()
    assert {q: set(ids(sqlite, q)) for q in before} == before
    sqlite.store.close()


def test_no_token_of_an_erased_record_is_left_in_the_index(sqlite: World, tmp_path: Path) -> None:
    records = filled(sqlite)
    origin = f"{sqlite.me.name}/ch/{'1' * 16}"
    named = [at for at, written in enumerate(records) if ("phone", "+821055501234") in written.values]
    sealing = AtRest(FileKeyring(tmp_path / "keys"))
    sealing.fresh()
    sought = sealing.token("821055501234"), sealing.token("·821")

    def left() -> object:
        with closing(sqlite3.connect(tmp_path / "store" / "node.db")) as connection:
            connection.execute("create virtual table temp.vocabulary using fts5vocab(main, search_words, 'row')")
            return connection.execute("select count(*) from temp.vocabulary where term in (?, ?)", sought).fetchone()[0]

    assert left() == 2
    order = letter(origin, sealed(sqlite, records[first(records, "message")].body))
    sqlite.store.keep([replace(order, erases=tuple(Erasure(Place(origin, at)) for at in named))])
    assert left() == 0
    assert ask(tmp_path, "select at from cursor where name = 'search/owed'") == [(0,)]
    segments = b"".join(bytes(row[0]) for row in ask(tmp_path, "select block from search_words_data"))  # type: ignore[call-overload]
    assert b"821055501234" not in segments
    assert sqlite.store.rebuild(write=False) == ()
    sqlite.store.close()


def test_merging_that_a_crash_cut_short_goes_on_at_the_next_start(
    sqlite: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = filled(sqlite)
    origin = f"{sqlite.me.name}/ch/{'1' * 16}"
    at = first(records, "request")
    with monkeypatch.context() as patched:
        patched.setattr(sqlite_module, "purge", lambda connection: False)
        order = letter(origin, sealed(sqlite, records[first(records, "message")].body))
        sqlite.store.keep([replace(order, erases=(Erasure(Place(origin, at)),))])
        assert ask(tmp_path, "select at from cursor where name = 'search/owed'") == [(1,)]
        sqlite.store.close()
    sqlite = again(sqlite, tmp_path)
    assert ask(tmp_path, "select at from cursor where name = 'search/owed'") == [(0,)]
    sqlite.store.close()
