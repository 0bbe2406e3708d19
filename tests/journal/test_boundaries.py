"""No end of the process, wherever it comes, leaves an act without its entry or an entry without its act."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from comity.domain.ledger import Lane
from comity.domain.terms import Actor, NodeName
from comity.flows.filing import desk, letter
from comity.flows.journal import acting, journal_channel, journals
from comity.flows.journal_read import walk
from comity.ports import Noticed, Step, World, no_step
from tests.faults.test_every_boundary import EXIT, in_child
from tests.journal.worlds import with_journal
from tests.worlds import DirectCourier, node_world, sealed_indicator

NAME = "police.kr.example"


def opened(folder: Path, step: Step = no_step, seed: int = 1) -> World:
    nobody: Any = DirectCourier(NodeName(NAME), {})
    return node_world(folder, NAME, "KR", nobody, None, step=step, seed=seed)


def act(folder: Path, step: Step) -> None:
    """Two acts of one person, one of them with a fact beside its letter."""
    world, _ = with_journal(opened(folder, step, seed=2))
    mine = acting(world, Actor("kim (fictional)", NodeName(NAME), "officer", account="kim"), "share")
    mine.store.keep([letter(desk(mine), sealed_indicator(mine, 1))])
    told = Noticed("told", mine.clock.now(), "report-matches", {})
    mine.store.keep([letter(desk(mine), sealed_indicator(mine, 2))], [told])


def test_an_act_and_its_entry_are_both_there_or_neither(tmp_path: Path) -> None:
    before = tmp_path / "before"
    world = opened(before)
    desk(world), journal_channel(world)
    world.store.close()
    passed = tmp_path / "passed"

    def counting(name: str) -> None:
        with passed.open("a") as file:
            file.write(name + "\n")

    shutil.copytree(before, tmp_path / "whole")
    assert in_child(lambda: act(tmp_path / "whole", counting)) == 0
    boundaries = passed.read_text().split()
    assert {"W2", "W4"} <= set(boundaries)
    seen = set()
    for at, name in enumerate(boundaries):
        folder = tmp_path / f"at-{at}"
        shutil.copytree(before, folder)
        left = at

        def exiting(_: str) -> None:
            nonlocal left
            if left == 0:
                os._exit(EXIT)
            left -= 1

        assert in_child(lambda folder=folder, exiting=exiting: act(folder, exiting)) == EXIT, name
        seen.add(both(opened(folder), f"exit at boundary {at}, {name}"))
    seen.add(both(opened(tmp_path / "whole"), "no exit"))
    assert seen == {0, 1, 2}, "some ends come before the first act, some between the two, some after both"


def both(world: World, where: str) -> int:
    """How many acts are there; each with its entry, each entry with its act."""
    home = next(channel for channel in world.store.channels() if channel.lane is Lane.DESK)
    size = world.store.position(home.origin).size
    kept = {told.header.id for told in world.store.told(places(home.origin, size)).values() if told.header}
    entered = {each for one in walk(world) for each in one.entry.records}
    assert kept == entered, where
    (journal,) = journals(world)
    assert world.store.position(journal.origin).size == size, where
    world.store.close()
    return size


def places(origin: str, size: int) -> list[Any]:
    from comity.ports import Place

    return [Place(origin, index) for index in range(size)]


@pytest.mark.parametrize("store", ["memory", "sqlite"])
def test_an_act_that_is_refused_by_the_store_leaves_no_entry(tmp_path: Path, store: str) -> None:
    from comity.errors import Conflict
    from comity.ports import Moved

    nobody: Any = DirectCourier(NodeName(NAME), {})
    world, _ = with_journal(node_world(tmp_path, NAME, "KR", nobody, None, store=store))
    mine = acting(world, Actor("kim (fictional)", NodeName(NAME), "officer", account="kim"), "share")
    home = desk(mine)
    before = [each.entry for each in walk(world)]
    with pytest.raises(Conflict):
        mine.store.keep([letter(home, sealed_indicator(mine, 1))], [Moved("elsewhere", 5, 6)])
    assert [each.entry for each in walk(world)] == before
    world.store.close()
