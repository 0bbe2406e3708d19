"""What runs for each record or group finds its rows by key: no statement reads a table that grows with the records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from comity.adapters.store.sql import SqlStore
from comity.flows.drain import Drainer
from comity.flows.receive import Puller
from tests.worlds import Pair, letter, pair, sealed_indicator

GROWING = ("entry", "known", "trace", "tile", "checkpoint", "cosignature", "notice", "tombstone", "acted")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.pg)])
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    made = pair(tmp_path, store=request.param)
    yield made
    made.kr.store.close()
    made.kh.store.close()


def scans(store: SqlStore, said: dict[str, Any]) -> list[str]:
    """Statements whose plan goes through all of a growing table, or through all that one channel has there."""
    found = []
    with store._engine.connect() as connection:
        postgres = connection.dialect.name == "postgresql"
        if postgres:  # small tables are read whole where they may be; where there is another way, it is taken now
            connection.exec_driver_sql("set enable_seqscan = off")
        for text, parameters in said.items():
            plan = connection.exec_driver_sql(f"explain {'' if postgres else 'query plan '}{text}", parameters)
            steps = [row[0] if postgres else row[3] for row in plan]
            bounded = " limit " in " ".join(text.lower().split())
            if any(
                is_scan(step, table) or (is_walk(step, table) and not bounded) for step in steps for table in GROWING
            ):
                found.append(f"{text} -> {steps}")
        if postgres:
            connection.exec_driver_sql("reset enable_seqscan")
    return found


def is_scan(step: str, table: str) -> bool:
    words = step.replace("->", " ").split()
    return words[:2] == ["SCAN", table] or words[:4] == ["Seq", "Scan", "on", table]


def is_walk(step: str, table: str) -> bool:
    """In SQLite's words: the channel is all that narrows it."""
    return step.startswith(f"SEARCH {table} ") and step.endswith("(ch=?)")


def listen(store: object) -> dict[str, Any]:
    """Every select, insert and update of this store from now on, with the parameters of its last run."""
    said: dict[str, Any] = {}
    assert isinstance(store, SqlStore)

    def hear(_connection: object, _cursor: object, text: str, parameters: Any, _context: object, many: bool) -> None:
        if text.lower().startswith(("select", "insert", "update")) and " pg_" not in text:
            said[text] = parameters[0] if many else parameters

    event.listen(store._engine, "before_cursor_execute", hear)
    event.listen(store._writing.engine, "before_cursor_execute", hear)
    return said


def test_writing_pulling_and_draining_scan_nothing_that_grows(two: Pair) -> None:
    said = {world.me.name: listen(world.store) for world in (two.kr, two.kh)}
    two.kr.store.keep([letter(two.bulk.origin, sealed_indicator(two.kr, n)) for n in range(300)])
    two.kr.store.keep([letter(two.urgent.origin, sealed_indicator(two.kr, 300))])
    for channel in (two.bulk, two.urgent):
        Puller(two.kh, two.kh_sees_kr).pull(channel.origin)
    assert Drainer(two.kh, two.kr.me.name).drain_all() == 301
    assert two.kh.store.find("00000000-0000-7000-8000-000000000000") == []
    assert two.kh.store.parted(two.bulk.origin, 0, 300) == []
    for world in (two.kr, two.kh):
        store = world.store
        assert isinstance(store, SqlStore)
        assert len(said[world.me.name]) > 8
        assert scans(store, said[world.me.name]) == []


def test_a_planted_scan_is_found(two: Pair) -> None:
    assert isinstance(two.kr.store, SqlStore)
    by_key = "select idx from known where ch = 1 and id = 'x'"
    by_half_a_key = "select leaf from entry where state = 7"
    by_channel = "select leaf from entry where ch = 1 and state = 7"
    found = scans(two.kr.store, {by_key: (), by_half_a_key: (), by_channel: ()})
    walks = two.kr.store._engine.dialect.name == "sqlite"  # the other planner says nothing of how far an index narrows
    assert [line.partition(" -> ")[0] for line in found] == [by_half_a_key, *([by_channel] if walks else [])]
