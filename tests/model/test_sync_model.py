"""Every world of the catalogue, explored whole; every rule, broken once; and the search itself on toys."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from . import custody, fold, recovery, recovery_values, sync, witness, worlds
from .custody import CustodyScope
from .fold import FoldScope
from .recovery_values import RecoveryScope
from .rules import CustodyRule, FoldRule, RecoveryRule, Rule, WitnessRule
from .scope import FAULTS, Scope
from .search import STUCK, Finding, Goal, Model, Process, TooManyStatesError, Truth, explore
from .witness import WitnessScope

AnyRule = Rule | FoldRule | RecoveryRule | WitnessRule | CustodyRule
AnyScope = Scope | FoldScope | RecoveryScope | WitnessScope | CustodyScope
EVERY_BREAK: list[tuple[AnyRule, str, AnyScope]] = [
    *worlds.BROKEN,
    *worlds.BROKEN_FOLDS,
    *worlds.BROKEN_RECOVERIES,
    *worlds.BROKEN_WITNESSES,
    *worlds.BROKEN_CUSTODIES,
]
BREAK_NAMES = [f"{type(rule).__name__}-{rule.name}-{truth}" for rule, truth, _ in EVERY_BREAK]
OTHER_WORLDS = [
    scope for scope in dict.fromkeys(scope for _, _, scope in worlds.BROKEN) if scope not in worlds.KEPT.values()
]


@cache
def found(scope: AnyScope) -> Finding:
    return explore(model_of(scope))


def model_of(scope: AnyScope) -> Model:
    match scope:
        case Scope():
            return sync.model(scope)
        case FoldScope():
            return fold.model(scope)
        case RecoveryScope():
            return recovery.model(scope)
        case WitnessScope():
            return witness.model(scope)
        case CustodyScope():
            return custody.model(scope)


def without(rule: AnyRule, scope: AnyScope) -> AnyScope:
    match (rule, scope):
        case (Rule(), Scope()):
            return scope.without(rule)
        case (FoldRule(), FoldScope()):
            return scope.without(rule)
        case (RecoveryRule(), RecoveryScope()):
            return scope.without(rule)
        case (WitnessRule(), WitnessScope()):
            return scope.without(rule)
        case (CustodyRule(), CustodyScope()):
            return scope.without(rule)
    raise AssertionError(f"{rule} is no rule of that model")


def told(finding: Finding) -> str:
    """What a failing test shows: the harm and the way to it."""
    return "\n".join([finding.broken or "nothing is broken", *finding.story])


@pytest.mark.parametrize("name", worlds.KEPT)
def test_with_every_rule_kept_all_truths_hold_and_the_goal_stays_within_reach(name: str) -> None:
    finding = found(worlds.KEPT[name])
    assert finding.broken is None, told(finding)


@pytest.mark.parametrize("name", worlds.FOLDS)
def test_with_every_rule_kept_all_orders_fold_to_what_the_issuer_shows(name: str) -> None:
    finding = found(worlds.FOLDS[name])
    assert finding.broken is None, told(finding)


@pytest.mark.parametrize("name", worlds.RECOVERIES)
def test_with_every_rule_kept_whoever_comes_back_from_a_backup_ends_where_nothing_had_been_lost(name: str) -> None:
    finding = found(worlds.RECOVERIES[name])
    assert finding.broken is None, told(finding)


@pytest.mark.parametrize("name", worlds.WITNESSES)
def test_with_every_rule_kept_no_key_of_a_witness_stands_under_two_histories(name: str) -> None:
    finding = found(worlds.WITNESSES[name])
    assert finding.broken is None, told(finding)


@pytest.mark.parametrize("name", worlds.CUSTODIES)
def test_with_every_rule_kept_done_means_that_no_holder_has_it(name: str) -> None:
    finding = found(worlds.CUSTODIES[name])
    assert finding.broken is None, told(finding)


@pytest.mark.parametrize(("rule", "truth", "scope"), EVERY_BREAK, ids=BREAK_NAMES)
def test_a_broken_rule_breaks_the_truth_that_it_guards(rule: AnyRule, truth: str, scope: AnyScope) -> None:
    finding = found(without(rule, scope))
    assert finding.truth == truth, told(finding)


@pytest.mark.parametrize("scope", OTHER_WORLDS, ids=[" ".join(r for r, _ in scope.requests) for scope in OTHER_WORLDS])
def test_the_same_world_holds_when_the_rule_is_kept(scope: Scope) -> None:
    finding = found(scope)
    assert finding.broken is None, told(finding)


def test_every_rule_is_shown_to_be_needed() -> None:
    assert {rule for rule, _, _ in EVERY_BREAK} == {*Rule, *FoldRule, *RecoveryRule, *WitnessRule, *CustodyRule}


def test_every_fault_befalls_somebody() -> None:
    scopes = [*worlds.KEPT.values(), *(scope for _, _, scope in worlds.BROKEN)]
    assert {fault for scope in scopes for fault, _ in scope.faults} == {*FAULTS}
    after = [*worlds.RECOVERIES.values(), *(scope for _, _, scope in worlds.BROKEN_RECOVERIES)]
    assert {fault for scope in after for fault, _ in scope.faults} == {*recovery_values.FAULTS}


def test_the_readme_tells_each_rule_with_its_harm_and_steps() -> None:
    page = (Path(__file__).parent / "README.md").read_text("utf-8")
    for rule, truth, scope in EVERY_BREAK:
        assert f"| {rule.name} | {truth} | {len(found(without(rule, scope)).story)} |" in page


# ---- the search, on a counter that goes from 0 to 5 and may fall into a pit


def _counter(*, worst: int, goal: int, pit: bool = False) -> Model:
    def move(value: int) -> Iterator[tuple[str, tuple[int]]]:
        if 0 <= value < 5:
            yield f"to {value + 1}", (value + 1,)
        if pit and value == 2:
            yield "into the pit", (-1,)

    truth = Truth((0,), lambda value: f"BAD: {value}" if value == worst else None)
    return Model((0,), (Process((0,), move),), (truth,), Goal((0,), lambda value: value == goal))


def test_the_search_finds_the_shortest_way_to_a_broken_truth() -> None:
    finding = explore(_counter(worst=3, goal=5))
    assert (finding.truth, finding.story) == ("BAD", ("to 1", "to 2", "to 3"))


def test_the_search_visits_every_state_once() -> None:
    assert explore(_counter(worst=9, goal=5)).states == 6


def test_the_search_finds_the_nearest_state_from_which_the_goal_is_out_of_reach() -> None:
    finding = explore(_counter(worst=9, goal=5, pit=True))
    assert (finding.broken, finding.story) == (STUCK, ("to 1", "to 2", "into the pit"))


def test_a_world_beyond_the_limit_shows_nothing() -> None:
    with pytest.raises(TooManyStatesError):
        explore(_counter(worst=9, goal=5), limit=3)
