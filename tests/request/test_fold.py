"""Both ends read two channels as one story, and as the same one."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.adapters.catalog import FileCatalog
from comity.domain.request import Machine, RequestView, Side, Step, fold_request
from comity.domain.terms import NodeName

POLICE, PLATFORM = NodeName("police.kr.example"), NodeName("jobs.kh.example")
NODE: dict[Side, NodeName] = {"requester": POLICE, "requested": PLATFORM}
OTHER: dict[Side, Side] = {"requester": "requested", "requested": "requester"}
MACHINES = FileCatalog().machines()


@dataclass
class End:
    """One node that keeps the rules: it sees its own steps and what has been delivered, and issues what its view allows."""

    machine: Machine
    side: Side
    own: list[Step] = field(default_factory=list)
    got: int = 0

    def view(self, other: End) -> RequestView:
        return fold_request([*self.own, *other.own[: self.got]], self.machine)

    def issue(self, event: str, other: End, choice: str | None = None, kind: str = "decision") -> Step:
        place = len(self.own)
        step = Step(
            order=(0, place),
            issuer=NODE[self.side],
            event=event,
            by="officer",
            at="2026-11-24T09:00:00.000Z",
            kind=kind,
            id=f"{self.side}-{place}",
            after=tuple(self.view(other).after(self.side)),
            choice=choice,
            to=PLATFORM if kind == "request" else None,
        )
        self.own.append(step)
        return step


def both(name: str) -> tuple[End, End]:
    ends = End(MACHINES[name], "requester"), End(MACHINES[name], "requested")
    ends[0].issue(MACHINES[name].opens, ends[1], kind="request")
    return ends


def history(view: RequestView) -> list[str]:
    return [taken.step.event for taken in view.history]


@st.composite
def exchanges(draw: st.DrawFn) -> tuple[End, End, list[tuple[str, str]]]:
    """Two rule-keeping nodes, and any interleaving of acts and deliveries; some of it stays undelivered."""
    ends = both(draw(st.sampled_from(sorted(MACHINES))))
    applied: list[tuple[str, str]] = []
    for _ in range(draw(st.integers(0, 14))):
        turn = draw(st.integers(0, 1))
        me, other = ends[turn], ends[1 - turn]
        if draw(st.booleans()):
            me.got = draw(st.integers(me.got, len(other.own)))
            continue
        state = me.view(other).state
        events = me.machine.events(state, me.side) if me.got or me.side == "requester" else ()
        if events:
            event = draw(st.sampled_from(events))
            targets = me.machine.targets(state, event)
            choice = draw(st.sampled_from(targets)) if len(targets) > 1 else None
            applied.append((me.side, me.issue(event, other, choice).id))
    return ends[0], ends[1], applied


@settings(max_examples=300)
@given(exchanges(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_ends_in_the_same_view(
    exchange: tuple[End, End, list[tuple[str, str]]], chance: random.Random
) -> None:
    asker, asked, _ = exchange
    steps = [*asker.own, *asked.own]
    shuffled = [*steps, *chance.choices(steps, k=3)]
    chance.shuffle(shuffled)
    assert fold_request(shuffled, asker.machine) == fold_request(steps, asker.machine)
    asker.got, asked.got = len(asked.own), len(asker.own)
    assert asker.view(asked) == asked.view(asker)
    assert asker.view(asked).waiting == ()


@settings(max_examples=300)
@given(exchanges())
def test_what_an_addressee_did_lawfully_is_never_refused_later(
    exchange: tuple[End, End, list[tuple[str, str]]],
) -> None:
    asker, asked, _ = exchange
    whole = fold_request([*asker.own, *asked.own], asker.machine)
    assert [kept.step.id for kept in whole.refused_steps if kept.step.issuer == PLATFORM] == []


@settings(max_examples=300)
@given(exchanges())
def test_the_addressees_story_only_ever_grows(exchange: tuple[End, End, list[tuple[str, str]]]) -> None:
    asker, asked, _ = exchange
    before = asked.view(asker).history
    for count in range(asked.got, len(asker.own) + 1):
        asked.got = count
        after = asked.view(asker).history
        assert after[: len(before)] == before
        before = after


@settings(max_examples=300)
@given(exchanges())
def test_the_reading_is_the_one_that_the_rule_describes(exchange: tuple[End, End, list[tuple[str, str]]]) -> None:
    """Oracle: before each step of the addressee stand the requester's steps that it knew of; the others come last."""
    asker, asked, _ = exchange
    line: list[Step] = []
    told = 0
    for step in asked.own:
        knew = max((int(ref.split("-")[1]) + 1 for ref in step.after), default=1)
        line += asker.own[told:knew]
        told = max(told, knew)
        line.append(step)
    line += asker.own[told:]
    state, expected = asker.machine.opened, [asker.machine.opens]
    for step in line[1:]:
        to = asker.machine.next(state, step.event, step.choice)
        if to is not None:
            state = to
            expected.append(step.event)
    whole = fold_request([*asker.own, *asked.own], asker.machine)
    assert (whole.state, history(whole)) == (state, expected)


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([POLICE, PLATFORM, NodeName("stranger.example")]),
            st.sampled_from(["acknowledge", "accept", "withdraw", "close", "preserve", "no_such_event"]),
            st.lists(st.integers(0, 12), max_size=3),
        ),
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_lies_and_nonsense_neither_break_nor_divide_the_reading(
    told: list[tuple[NodeName, str, list[int]]], chance: random.Random
) -> None:
    steps = [
        Step((0, n), issuer, event, "x", "", "decision", f"s{n}", tuple(f"s{ref}" for ref in after))
        for n, (issuer, event, after) in enumerate(told, start=1)
    ]
    steps.append(Step((0, 0), POLICE, "send", "x", "", "request", "s0", to=PLATFORM))
    whole = fold_request(steps, MACHINES["request"])
    chance.shuffle(steps)
    assert fold_request(steps, MACHINES["request"]) == whole
    assert len(whole.history) + len(whole.refused_steps) + len(whole.waiting) == len(steps)


def test_a_withdrawal_that_crosses_an_acceptance_withdraws_at_both_ends() -> None:
    asker, asked = both("request")
    asked.got = 1
    asked.issue("acknowledge", asker)
    asker.got = 1
    asker.issue("withdraw", asked)
    asked.issue("accept", asker)
    asker.got, asked.got = 2, 2
    assert asker.view(asked) == asked.view(asker)
    assert history(asked.view(asker)) == ["send", "acknowledge", "accept", "withdraw"]
    assert asked.view(asker).state == "withdrawn"


def test_a_withdrawal_that_crosses_the_execution_comes_too_late_and_is_shown_so() -> None:
    asker, asked = both("request")
    asked.got = 1
    for event in ("acknowledge", "accept", "start"):
        asked.issue(event, asker)
    asker.got = 3
    asker.issue("withdraw", asked)
    asked.issue("finish", asker)
    assert asker.view(asked).state == "withdrawn", "before the answer arrives the requester can't know better"
    asker.got, asked.got = 4, 2
    assert asker.view(asked) == asked.view(asker)
    (late,) = asked.view(asker).refused_steps
    assert (late.step.event, late.reason.code) == ("withdraw", "event-not-allowed-here")
    assert late.reason.facts["overtaken_by"] == ["requested-3"]
    assert asked.view(asker).state == "executed"


def test_a_step_that_knows_more_than_we_hold_waits() -> None:
    asker, asked = both("request")
    asked.got = 1
    for event in ("acknowledge", "ask"):
        asked.issue(event, asker)
    asker.got = 2
    asker.issue("answer", asked)
    asked.got = 2
    asked.issue("accept", asker)
    only_the_addressees = fold_request([asker.own[0], *asked.own], asker.machine)
    assert only_the_addressees.state == "clarification_asked"
    assert [step.event for step in only_the_addressees.waiting] == ["accept"]
    erased = fold_request([asker.own[0], *asked.own], asker.machine, gone={"requester-1"})
    assert erased.waiting == ()


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (Step((0, 9), PLATFORM, "withdraw", "x", "", "decision", "s9"), "event-of-the-other-side"),
        (Step((0, 9), POLICE, "acknowledge", "x", "", "decision", "s9"), "event-of-the-other-side"),
        (Step((0, 9), PLATFORM, "finish", "x", "", "decision", "s9"), "event-not-allowed-here"),
        (Step((0, 9), PLATFORM, "sing", "x", "", "decision", "s9"), "event-unknown"),
        (Step((0, 9), PLATFORM, "send", "x", "", "request", "s9", to=POLICE), "event-of-the-other-side"),
        (Step((0, 9), POLICE, "send", "x", "", "request", "s9", to=PLATFORM), "request-repeated"),
        (Step((0, 9), NodeName("stranger.example"), "acknowledge", "x", "", "decision", "s9"), "step-of-a-third-party"),
    ],
)
def test_an_illegal_step_is_kept_shown_and_changes_nothing(step: Step, code: str) -> None:
    opening = Step((0, 0), POLICE, "send", "x", "", "request", "s0", to=PLATFORM)
    view = fold_request([opening, step], MACHINES["request"])
    assert view.state == "sent"
    assert [(kept.step.id, kept.reason.code) for kept in view.refused_steps] == [("s9", code)]


def test_an_outcome_that_could_be_several_has_to_be_named() -> None:
    asker, asked = both("rescue")
    asked.got = 1
    asked.issue("acknowledge", asker)
    asked.issue("plan", asker)
    asked.issue("report", asker)
    assert [kept.reason.code for kept in asked.view(asker).refused_steps] == ["outcome-not-named"]
    asked.issue("report", asker, choice="rescued")
    assert asked.view(asker).state == "rescued"


def test_drafting_at_home_and_what_the_other_side_sees_end_in_the_same_state() -> None:
    drafting = [
        Step((-1, n), POLICE, event, "x", "", "decision", f"d{n}") for n, event in enumerate(("submit", "approve"))
    ]
    opening = Step((0, 0), POLICE, "send", "x", "", "request", "s0", to=PLATFORM)
    at_home = fold_request(drafting, MACHINES["request"], requester=POLICE)
    assert at_home.state == "approved"
    assert fold_request([*drafting, opening], MACHINES["request"]).state == "sent"
    assert fold_request([opening], MACHINES["request"]).state == "sent"


def test_nothing_counts_before_the_request_itself_is_here() -> None:
    early = Step((0, 0), PLATFORM, "acknowledge", "x", "", "decision", "a0", after=("s0",))
    view = fold_request([early], MACHINES["request"])
    assert (view.state, view.waiting, view.history) == ("draft", (early,), ())
