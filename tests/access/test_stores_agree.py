"""Every store hides the same: each marking for each purpose, on the reference store and on both databases; and no question walks a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from comity.adapters.catalog import FileCatalog
from comity.domain.record.kinds import indicator_1
from comity.flows.access import seen_by
from comity.flows.filing import desk, letter, sealed
from comity.ports import Noticed, World
from tests.access.people import CASE_A, CASE_B, opened_case, person, put
from tests.access.test_matrix import FIT_FOR, MARKINGS, PURPOSES
from tests.worlds import node_world

OURS = {"for-others"}
"""Markings that bind those to whom a record goes, and not its own issuer."""
VALUE = "https://lure-harbour.example/a"


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.pg)])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    none: Any = None  # nothing is carried here
    made = node_world(tmp_path, "police.kr.example", "KR", none, FileCatalog(), store=str(request.param))
    yield made
    made.store.close()


def kept(world: World, marking: str) -> str:
    body = indicator_1.Body(
        kind="url", role="scam-site", source=indicator_1.Source("list", "a" * 64, marking), value=VALUE
    )
    record = sealed(world, body, purpose="crime", marking=MARKINGS[marking])
    world.store.keep([letter(desk(world), record)])
    return record.id


def test_each_marking_hides_the_same_everywhere(world: World) -> None:
    places = {marking: world.store.find(kept(world, marking))[0] for marking in MARKINGS}
    for purpose in PURPOSES:
        mine = seen_by(world, person(world, "kim", "officer", purpose=purpose)).store
        wanted = {m for m in MARKINGS if purpose in FIT_FOR[m] or m in OURS}
        assert {m for m, place in places.items() if place in mine.of_kind("indicator/1")} == wanted, purpose
        assert {m for m, place in places.items() if place in mine.told(list(places.values()))} == wanted, purpose
        assert {m for m, p in places.items() if mine.entries(p.origin, p.index, p.index + 1)} == wanted, purpose


def test_notices_are_hidden_with_what_they_name(world: World) -> None:
    opened_case(world, CASE_A, "A-1", "kim")
    record = kept(world, "open")
    place = world.store.find(record)[0]
    put(world, CASE_A, "record", record)
    told = {
        "by-id": {"record": record},
        "by-place": {"origin": place.origin, "index": place.index},
        "ours": {"ours": place.origin, "ours_index": place.index},
        "node": {"peer": "taskforce.kh.example"},
        "desk": {"request": "0193ffff-0000-7000-8000-0000000000ff"},
    }
    world.store.keep([], [Noticed(kind, world.clock.now(), kind, about) for kind, about in told.items()])
    kinds = {
        who: {each.kind for each in seen_by(world, person(world, who, role)).store.notices()}
        for who, role in (("kim", "officer"), ("lee", "officer"), ("admin", "administrator"), ("guest", "partner"))
    }
    assert kinds["kim"] == set(told)
    assert kinds["lee"] == {"node", "desk"}
    assert kinds["admin"] == {"node"}
    assert kinds["guest"] == set()


def test_a_guest_sees_the_case_and_no_desk(world: World) -> None:
    opened_case(world, CASE_B, "B-1", "kim", "guest")
    inside, outside = kept(world, "open"), kept(world, "open")
    put(world, CASE_B, "record", inside)
    mine = seen_by(world, person(world, "guest", "partner")).store
    assert [len(mine.find(record)) for record in (inside, outside)] == [1, 0]
    assert len(mine.of_kind("indicator/1")) == 1


def test_a_question_that_nobody_thought_of_is_not_answered_from_the_whole_store(tmp_path: Path) -> None:
    none: Any = None
    world = node_world(tmp_path, "police.kr.example", "KR", none, FileCatalog())
    mine: Any = seen_by(world, person(world, "kim", "officer")).store
    whole: Any = world.store
    assert callable(whole.regain)
    assert callable(mine.keep)
    with pytest.raises(AttributeError):
        mine.regain  # noqa: B018
    world.store.close()


def test_what_one_person_asks_walks_no_table(tmp_path: Path) -> None:
    none: Any = None
    world = node_world(tmp_path, "police.kr.example", "KR", none, FileCatalog())
    opened_case(world, CASE_A, "A-1", "kim")
    record = kept(world, "open")
    put(world, CASE_A, "record", record)
    place, store = world.store.find(record)[0], world.store
    whole: Any = store
    said: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        said.append((statement, parameters))

    mine = seen_by(world, person(world, "kim", "officer")).store
    event.listen(whole._engine, "before_cursor_execute", note)
    mine.find(record), mine.told([place]), mine.entries(place.origin, 0, 1)
    mine.traced("record", [b"0" * 16]), mine.hidden("file", [b"0" * 16])
    event.remove(whole._engine, "before_cursor_execute", note)
    assert len(said) >= 6
    with whole._engine.connect() as connection:
        for statement, parameters in said:
            plan = connection.exec_driver_sql(f"explain query plan {statement}", parameters).all()
            walks = [row[3] for row in plan if row[3].startswith("SCAN") and "json_each" not in row[3]]
            assert [walk for walk in walks if walk.split()[1] in ("entry", "trace", "case_link", "known")] == [], (
                statement
            )
        assert connection.execute(text("select count(*) from entry")).scalar() == 1
    store.close()
