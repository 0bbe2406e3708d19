"""A node that comes back from a backup: no second history, nothing erased comes back, nothing happens twice, both ends agree."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.domain.ledger import Lane, Standing, note_bytes, open_note, parse_note
from comity.flows.recover import without
from comity.ports import Place
from tests.restore.comeback import (
    KH,
    KR,
    Nodes,
    both_agree,
    each_answer_came_once,
    no_fork,
    nodes,
    nothing_erased_is_back,
)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Nodes]:
    made = nodes(tmp_path)
    yield made
    made.close()


def all_is_well(two: Nodes) -> None:
    two.settle()
    for name in (KR, KH):
        both_agree(two, name)
        each_answer_came_once(two, name)
        assert two[name].store.rebuild(write=False) == ()
    no_fork(two)
    nothing_erased_is_back(two)


def test_a_restored_writer_takes_its_tail_back_and_goes_on_in_a_successor(two: Nodes) -> None:
    first = two.indicate(KR)
    two.settle(2)
    two.backup(KR)
    second = two.indicate(KR)
    two.settle(2)
    two.restore(KR)
    assert first is not None
    assert second is not None
    assert two[KR].store.channel(second.origin).standing is Standing.RETIRED
    assert two[KR].store.position(second.origin).size == 1
    done = two.go_on(KR)
    assert done is not None
    assert done.regained == 1
    assert two[KR].store.position(second.origin).size == 2
    third = two.indicate(KR)
    assert third is not None
    assert third.origin != second.origin
    all_is_well(two)


def test_what_a_reader_never_held_is_lost_and_said_to_be_repeated(two: Nodes) -> None:
    two.indicate(KR)
    two.settle(2)
    two.backup(KR)
    lost = two.indicate(KR)
    two.restore(KR)
    all_is_well(two)
    assert lost is not None
    assert two[KH].store.position(lost.origin).size == 1


def test_a_restored_reader_shows_nothing_before_it_has_caught_up(two: Nodes) -> None:
    place = two.indicate(KR, "to-be-erased.example.com")
    two.request(KR)
    two.settle(2)
    two.backup(KH)
    assert place is not None
    assert two.erase(KR, place)
    two.request(KR)
    two.settle(3)
    two.offline.add(KR)
    two.restore(KH)
    two.settle(2)
    behind = [c for c in two[KH].store.channels() if c.writer == KR]
    assert {c.standing for c in behind} == {Standing.BEHIND}
    assert two[KH].store.of_kind("indicator/1") == []
    nothing_erased_is_back(two)
    two.offline.clear()
    all_is_well(two)
    assert {c.standing for c in two[KH].store.channels() if c.writer == KR} == {Standing.OPEN}


def test_an_erasure_that_nobody_heard_of_is_ordered_again(two: Nodes) -> None:
    place = two.indicate(KR, "gone-for-good.example.com")
    two.settle(2)
    two.backup(KR)
    assert place is not None
    assert two.erase(KR, place)
    two.restore(KR)
    all_is_well(two)


@pytest.mark.parametrize("who", [KR, KH])
def test_restored_twice_from_the_same_backup_it_ends_well_too(two: Nodes, who: str) -> None:
    two.indicate(KR)
    two.request(KH)
    two.settle(2)
    two.backup(who)
    two.request(KR)
    two.indicate(KH)
    two.settle(2)
    two.restore(who)
    two.settle(3)
    two.request(KR)
    two.request(KH)
    two.settle(2)
    two.restore(who)
    all_is_well(two)


@pytest.mark.parametrize("who", [KR, KH])
def test_with_its_marks_lost_it_ends_well_too(two: Nodes, who: str) -> None:
    place = two.indicate(KR, "gone.example.com")
    two.request(KR)
    two.settle(2)
    two.backup(who)
    assert place is not None
    assert two.erase(KR, place)
    two.request(KH)
    two.settle(3)
    two.restore(who, marks_lost=True)
    all_is_well(two)


def play(two: Nodes, chance: random.Random, count: int) -> None:
    """Officers and machines at random, on both sides."""
    places: dict[str, list[Place]] = {KR: [], KH: []}
    for _ in range(count):
        name = chance.choice([KR, KH])
        match chance.choice("iirewppdd"):
            case "i":
                lane = chance.choice([Lane.BULK, Lane.URGENT])
                value = f"secret-{chance.randrange(10**9)}.example.com"
                places[name] += [place] if (place := two.indicate(name, value, lane)) else []
            case "r":
                places[name] += [place] if (place := two.request(name)) else []
            case "e" if places[name]:
                two.erase(name, chance.choice(places[name]))
            case "w" if places[name]:
                two.withdraw(name, chance.choice(places[name]))
            case "p":
                two.pull(name)
            case "d":
                two.drain(name)
            case _:
                two.go_on(name)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_around_a_restore_both_ends_agree_in_the_end(two: Nodes, seed: int) -> None:
    chance = random.Random(seed)
    who = (KR, KH)[seed % 2]
    play(two, chance, 25)
    two.backup(who)
    play(two, chance, 25)
    two.restore(who)
    play(two, chance, 25)
    if seed % 3 == 0:
        two.restore(who)
        play(two, chance, 10)
    all_is_well(two)


def test_what_both_ends_have_lost_is_confirmed_no_more(two: Nodes) -> None:
    two.indicate(KR)
    two.settle(2)
    two.backup(KR)
    two.backup(KH)
    two.indicate(KR)
    two.settle(2)
    two.restore(KR)
    two.restore(KH)
    two.settle()
    for name in (KR, KH):
        both_agree(two, name)
    no_fork(two)
    assert "confirmed-and-lost" in {notice.kind for notice in two[KH].store.notices()}
    assert any(past.why == "restored-from-backup" for past in two.peer(KR).past)


def test_a_successor_that_did_not_wait_gets_what_the_reader_still_holds(two: Nodes) -> None:
    two.indicate(KR)
    two.settle(2)
    two.backup(KR)
    held = two.indicate(KR, "held-above-the-cut.example.com")
    two.settle(2)
    two.restore(KR)
    two.offline.add(KH)
    without(two[KR], two.peer(KR))
    place = two.indicate(KR)
    assert held is not None
    assert place is not None
    assert place.origin != held.origin
    two.offline.clear()
    all_is_well(two)
    again = [p for p in two[KR].store.of_kind("indicator/1") if p.origin == place.origin]
    assert len(again) == 2, "what was written since, and what came back"


def test_receipts_from_before_and_after_both_stand(two: Nodes) -> None:
    first = two.indicate(KR)
    two.settle(2)
    two.backup(KR)
    second = two.indicate(KR)
    two.settle(2)
    two.restore(KR)
    two.settle()
    third = two.indicate(KR)
    all_is_well(two)
    name = two.peer(KR).receipt_key.name
    for place in (first, second, third):
        assert place is not None
        line = two[KR].store.cosigned(place.origin, name, place.index)
        assert line is not None, place
        note = parse_note(two[KR].store.note(place.origin, line.size))
        good = open_note(note_bytes(note.text, [line.line]), [two.peer(KR).receipt_key]).good
        assert good[two.peer(KR).receipt_key] == line.time_s


class Cut(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("who", [KR, KH])
def test_cut_off_at_any_step_it_goes_on_where_it_was(tmp_path: Path, who: str) -> None:
    """Each run is cut at the n-th boundary of its recovery, every 13th there is."""
    at, more = 1, True
    while more:
        two = nodes(tmp_path / str(at))
        place = two.indicate(KR, "cut-and-gone.example.com")
        two.request(KR)
        two.request(KH)
        two.settle(2)
        two.backup(who)
        assert place is not None
        two.erase(KR, place)
        two.request(KR)
        two.request(KH)
        two.settle(2)
        left = [at]

        def step(name: str, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise Cut

        two.restore(who)
        two.stop(who)
        two.steps[who] = step
        two.start(who)
        try:
            for _ in range(4):
                two.go_on(who)
                two.pull(two.other(who))
            more = False
        except Cut:
            two.steps.clear()
            two.stop(who)
            two.start(who)
        two.steps.clear()
        two.stop(who)
        two.start(who)
        all_is_well(two)
        two.close()
        at += 13  # the others are reached when this number is changed
    assert at > 30


def test_orders_are_carried_out_before_anything_opens(two: Nodes) -> None:
    """Without the high-water file nothing but the writer's order tells a restored reader what it had erased."""
    place = two.indicate(KR, "erased-and-back.example.com")
    two.settle(2)
    two.backup(KH)
    assert place is not None
    two.erase(KR, place)
    two.settle(3)
    two.restore(KH, marks_lost=True)
    two.go_on(KH)
    assert two[KH].store.channel(place.origin).standing is Standing.OPEN
    (entry,) = two[KH].store.entries(place.origin, place.index, place.index + 1)
    assert entry.envelope is None
    nothing_erased_is_back(two)
