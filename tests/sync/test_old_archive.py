"""Records that were made long before they come, as those of an archive: each is held against our own words without being asked about."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from comity.domain.ledger import Line
from comity.domain.terms import Instant, NodeName
from comity.flows.drain import Drainer
from comity.flows.receipt_keys import lines_between
from comity.flows.receive import Puller, pull_all
from comity.ports import Store, World
from tests.worlds import TestClock, letter, pair, sealed_indicator

DAY_MS = 86_400_000
RECORDS = 400


class _Counting:
    """A store that counts what it is asked."""

    def __init__(self, inner: Store, asked: Counter[str]) -> None:
        self._inner, self._asked = inner, asked

    def __getattr__(self, name: str) -> Any:  # Any: whatever the store has
        self._asked[name] += 1
        return getattr(self._inner, name)


def _counted(world: World) -> tuple[World, Counter[str]]:
    asked: Counter[str] = Counter()
    return replace(world, store=_Counting(world.store, asked)), asked  # type: ignore[arg-type]


def test_an_archive_costs_no_question_for_each_record(tmp_path: Path) -> None:
    two = pair(tmp_path)
    two.kr.store.keep([letter(two.bulk.origin, sealed_indicator(two.kr, n)) for n in range(RECORDS)])
    clock = two.kh.clock
    assert isinstance(clock, TestClock)
    clock.at = Instant(clock.at + 30 * DAY_MS)
    world, asked = _counted(two.kh)
    pull_all(Puller(world, two.kh_sees_kr))
    before = asked["cosigned"]
    assert Drainer(world, two.kr.me.name).drain_all() == RECORDS
    assert asked["cosigned"] - before < 20
    kinds = [notice.kind for notice in two.kh.store.notices()]
    assert "record-back-dated" not in kinds, "nothing was confirmed before these came"


def test_the_lines_between_two_sizes_are_those_that_count(tmp_path: Path) -> None:
    two = pair(tmp_path)
    for n in range(3):
        two.kr.store.keep([letter(two.bulk.origin, sealed_indicator(two.kr, n))])
        pull_all(Puller(two.kh, two.kh_sees_kr))

    def between(above: int, size: int) -> list[int]:
        found: list[Line] = lines_between(two.kh, two.bulk.origin, NodeName(two.kh.me.name), above, size)
        return [line.size for line in found]

    assert between(0, 3) == [1, 2, 3]
    assert between(1, 2) == [2]
    assert between(3, 9) == []
