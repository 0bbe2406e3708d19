"""Reads wait to be written together: how many, how long, what that costs, and what happens when it can't be done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import event

from comity.domain.ledger import Lane
from comity.domain.terms import Actor, NodeName
from comity.errors import Busy, NoSpace
from comity.flows.filing import desk, letter
from comity.flows.journal import acting, finished, journal_channel, keep_noted
from comity.flows.journal_read import walk
from comity.node.journalling import WAITING_MAX, WaitingReads
from comity.ports import World
from comity.ports.journal import Noted
from tests.access.people import opened_door, person
from tests.journal.reading import kept, size
from tests.journal.worlds import with_journal
from tests.worlds import DirectCourier, node_world, sealed_indicator

NAME = "police.kr.example"
KIM = Actor("kim (fictional)", NodeName(NAME), "officer", account="kim")
READS = 1280


def bare(folder: Path, store: str = "sqlite") -> World:
    nobody: Any = DirectCourier(NodeName(NAME), {})
    world = node_world(folder, NAME, "KR", nobody, None, store=store)
    world.store.keep([letter(desk(world), sealed_indicator(world, n)) for n in range(20)])
    journal_channel(world)
    return world


def read(world: World, actor: Actor = KIM, act: str = "view") -> None:
    """One question that opens twenty records, as a list of twenty does: each is told and opened."""
    mine = acting(world, actor, act)
    home = desk(world)
    for at in range(20):
        mine.store.entries(home, at, at + 1)
    finished(mine)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = bare(tmp_path)
    yield made
    made.store.close()


def statements(world: World, work: Any) -> int:
    asked = [0]
    store: Any = world.store

    def count(*_: object) -> None:
        asked[0] += 1

    event.listen(store._engine, "before_cursor_execute", count)
    work()
    event.remove(store._engine, "before_cursor_execute", count)
    return asked[0]


def test_a_flood_of_reads_costs_a_tenth_more_at_most(world: World) -> None:
    whole, waiting = with_journal(world)
    home = desk(world)

    def plainly() -> None:
        for _ in range(READS):
            for at in range(20):
                world.store.entries(home, at, at + 1)

    def journalled() -> None:
        for _ in range(READS):
            read(whole)
        waiting.flush()

    before, after = statements(world, plainly), statements(world, journalled)
    assert before >= READS
    assert after <= before * 1.10, (before, after)
    assert waiting.kept == READS // 128
    entries = [each.entry for each in walk(world)]
    assert (len(entries), sum(each.rows for each in entries)) == (READS, READS * 20)
    assert size(world) == READS // 128


def test_what_one_actor_reads_does_not_keep_anothers_waiting_any_longer(world: World) -> None:
    whole, waiting = with_journal(world)
    read(whole)
    for _ in range(128):
        read(whole, Actor("lee (fictional)", NodeName(NAME), "officer", account="lee"))
    assert {each.actor for each in walk(world)} == {"lee"}
    waiting.close()
    assert [each.actor for each in walk(world)].count("kim") == 1


def test_what_waits_is_kept_after_its_time_by_itself(world: World) -> None:
    done = threading.Event()

    def keep(noted: Any) -> None:
        keep_noted(world, noted)
        done.set()

    waiting = WaitingReads(keep, hold_s=0.0)
    whole, _ = with_journal(world)
    cast(Any, whole.store).waiting = waiting
    read(whole)
    assert done.wait(60)
    waiting.close()
    assert [each.actor for each in walk(world)] == ["kim"]


@pytest.mark.parametrize("act", ["export", "read-victim", "audit", "subject-access"])
def test_what_is_sensitive_is_kept_before_the_answer_leaves(world: World, act: str) -> None:
    whole, _ = with_journal(world)
    read(whole)
    assert list(walk(world)) == []
    read(whole, KIM, act)
    assert [each.entry.act for each in walk(world)] == ["view", act], "with what the same actor had waiting"


def test_nothing_is_lost_while_it_cannot_be_kept_and_then_nobody_reads(world: World) -> None:
    full = [True]

    def keep(noted: Any) -> None:
        if full[0]:
            raise NoSpace("no-space", folder="/")
        keep_noted(world, noted)

    waiting = WaitingReads(keep, hold_s=3600)
    whole, _ = with_journal(world)
    cast(Any, whole.store).waiting = waiting
    for _ in range(127):
        read(whole)
    with pytest.raises(NoSpace):
        read(whole)
    entry = Noted(None, next(iter(one for one in [_entry()])))
    for _ in range(WAITING_MAX - 128):
        waiting._waiting.setdefault("", []).append(entry)
        waiting._count += 1
    with pytest.raises(Busy, match="journal-waits"):
        waiting.add(entry, at_once=False)
    full[0] = False
    waiting.flush()
    assert len(list(walk(world))) == WAITING_MAX


def _entry() -> Any:
    from comity.domain.record.kinds import journal_1

    return journal_1.Entry(at="2026-11-25T07:30:00.000Z", act="view", rows=1)


def test_an_answer_whose_entry_cannot_be_kept_does_not_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened_door(tmp_path) as (door, _):
        auditor = person(door.world, "lee", "auditor")
        assert door.get(auditor, "/journal").status_code == 200
        store: Any = door.world.store

        def keep(_: object) -> None:
            raise NoSpace("no-space", folder="/")

        with monkeypatch.context() as patched:
            patched.setattr(store.waiting, "_keep", keep)
            answer = door.get(auditor, "/journal")
        assert answer.status_code == 507, answer.text
        assert "entry" not in answer.text
        assert any(each.entry.act == "audit" for each in kept(door.world))


def test_the_memory_store_keeps_the_same_journal(tmp_path: Path) -> None:
    told = []
    for store in ("memory", "sqlite"):
        world = bare(tmp_path / store, store)
        whole, waiting = with_journal(world)
        mine = acting(whole, KIM, "share")
        mine.store.keep([letter(desk(mine), sealed_indicator(mine, 99))])
        read(whole)
        waiting.flush()
        channels = [c.origin for c in world.store.channels() if c.lane is not Lane.JOURNAL]
        entries = [
            (e.actor, e.name, e.entry.act, e.entry.rows, e.entry.what, len(e.entry.records)) for e in walk(world)
        ]
        told.append((len(channels), entries))
        world.store.close()
    assert told[0] == told[1]
    assert told[0][1] == [
        ("kim", "kim (fictional)", "share", 0, ("indicator/1",), 1),
        ("kim", "kim (fictional)", "view", 20, (), 0),
    ]
