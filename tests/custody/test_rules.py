"""The pure rules of custody: who may pass on, what an order leaves of a record, and who counts as late."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from comity.adapters.catalog import FileCatalog
from comity.domain.record import AMEND, CLEAR, CLOSED, ERASE, WITHDRAW, Commanded, Marking, strictest
from comity.domain.record.custody import (
    HOUR_MS,
    Answer,
    Course,
    Holder,
    Lift,
    OrderRule,
    Receiver,
    RuleExample,
    disposition,
    is_at_least,
    may_transfer,
    stage,
    tally,
)
from comity.domain.record.marking import Hcode, Pap, Tlp
from comity.domain.record.orders import Target
from comity.domain.terms import Granted, Instant, Refused
from comity.errors import MalformedRecord

RULES = FileCatalog().orders()
NOW = Instant(1_795_500_000_000)
TO = Receiver("bank.vn.example", "VN", community=True, custody=True)
EXAMPLES = [(rule, example) for rule in RULES.values() for example in rule.example]

words = st.sampled_from(["crime", "rescue", "tax"])
audience = st.sampled_from(["bank.vn.example", "VN", "KH", "hub.th.example"])


@st.composite
def markings(draw: st.DrawFn) -> Marking:
    try:
        return Marking(
            tlp=draw(st.sampled_from(get_args(Tlp))),
            hcodes=tuple(draw(st.sets(st.sampled_from(get_args(Hcode))))),
            pap=draw(st.sampled_from(get_args(Pap))),
            purpose=draw(st.none() | st.lists(words, max_size=2).map(tuple)),
            releasable_to=draw(st.none() | st.lists(audience, max_size=2).map(tuple)),
            expires=draw(st.none() | st.sampled_from(["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"])),
        )
    except MalformedRecord:
        return CLOSED


@st.composite
def receivers(draw: st.DrawFn) -> Receiver:
    return replace(TO, community=draw(st.booleans()), custody=draw(st.booleans()))


lifts = st.frozensets(st.sampled_from(get_args(Lift)))


@given(markings(), markings(), words, receivers(), lifts)
def test_tightening_a_marking_never_turns_a_no_into_a_yes(
    a: Marking, b: Marking, purpose: str, to: Receiver, lifted: frozenset[Lift]
) -> None:
    said = may_transfer(a, purpose, to, NOW, lifted)
    tighter = may_transfer(strictest(a, b), purpose, to, NOW, lifted)
    if isinstance(said, Refused):
        assert isinstance(tighter, Refused)


@given(markings(), words, receivers(), lifts, lifts)
def test_more_permission_and_a_willing_receiver_never_turn_a_yes_into_a_no(
    a: Marking, purpose: str, to: Receiver, lifted: frozenset[Lift], more: frozenset[Lift]
) -> None:
    if isinstance(may_transfer(a, purpose, to, NOW, lifted), Granted):
        assert isinstance(may_transfer(a, purpose, TO, NOW, lifted | more), Granted)


@given(markings(), words, receivers(), lifts)
def test_an_empty_audience_reaches_nobody_and_red_goes_nowhere(
    a: Marking, purpose: str, to: Receiver, lifted: frozenset[Lift]
) -> None:
    if a.tlp != "CLEAR":
        assert isinstance(may_transfer(structs.replace(a, releasable_to=()), purpose, to, NOW, lifted), Refused)
        assert isinstance(may_transfer(structs.replace(a, tlp="RED"), purpose, to, NOW, lifted), Refused)


@given(markings(), markings())
def test_a_relay_that_takes_the_strictest_tightens_and_one_that_drops_anything_doesnt(a: Marking, b: Marking) -> None:
    assert is_at_least(a, a)
    assert is_at_least(strictest(a, b), a)
    assert is_at_least(strictest(a, b), b)
    if is_at_least(a, b) and isinstance(may_transfer(b, "crime", TO, NOW), Refused):
        assert isinstance(may_transfer(a, "crime", TO, NOW), Refused)


OPEN = Marking(tlp="GREEN", hcodes=("H0",))


@pytest.mark.parametrize(
    ("marking", "purpose", "to", "lifted", "codes"),
    [
        (OPEN, "crime", TO, (), []),
        (structs.replace(OPEN, tlp="AMBER"), "crime", TO, (), ["tlp-keeps-it-here"]),
        (structs.replace(OPEN, tlp="AMBER+STRICT"), "crime", TO, ("TLP",), []),
        (structs.replace(OPEN, tlp="RED"), "crime", TO, ("TLP", "H2", "H3"), ["tlp-red-never-onward"]),
        (structs.replace(OPEN, hcodes=("H2", "H3")), "crime", TO, ("H2",), ["handling-code-without-permission"]),
        (OPEN, "tax", TO, (), ["purpose-not-against-crime"]),
        (structs.replace(OPEN, purpose=("rescue",)), "crime", TO, (), ["purpose-not-allowed"]),
        (structs.replace(OPEN, releasable_to=("KH",)), "crime", TO, (), ["not-releasable-to"]),
        (structs.replace(OPEN, releasable_to=("VN",)), "crime", TO, (), []),
        (structs.replace(OPEN, expires="2026-01-01T00:00:00Z"), "crime", TO, (), ["marking-expired"]),
        (OPEN, "crime", replace(TO, community=False), (), ["not-of-the-community"]),
        (OPEN, "crime", replace(TO, custody=False), (), ["receiver-takes-no-custody"]),
        (
            CLOSED,
            "tax",
            replace(TO, custody=False),
            (),
            ["tlp-red-never-onward", *["handling-code-without-permission"] * 2, "receiver-takes-no-custody"],
        ),
    ],
)
def test_every_reason_against_passing_on_is_told(
    marking: Marking, purpose: str, to: Receiver, lifted: tuple[Lift, ...], codes: list[str]
) -> None:
    said = may_transfer(marking, purpose, to, NOW, lifted)
    assert ([reason.code for reason in said.reasons] if isinstance(said, Refused) else []) == codes


# ---- the fold ----------------------------------------------------------------------------------------------------------


def order(
    kind: str, number: int, *, replacement: str | None = None, pointers: tuple[str, ...] | None = None
) -> Commanded:
    target = Target("a.example/ch/00", 1, "r", pointers)
    return Commanded(kind, "a.example", (target,), id=f"o{number}", reason=f"why-{number}", replacement=replacement)


def test_taking_back_is_never_undone_by_whatever_order_comes_first() -> None:
    given_ = [order(WITHDRAW, 1), order(CLEAR, 2), order(ERASE, 3)]
    for several in permutations(given_):
        assert (disposition("r", several).course, disposition("r", several).order) == (Course.ERASED, "o3")
    for several in permutations(given_[:2]):
        assert disposition("r", several).course is Course.CLEARED


def test_the_last_amendment_counts_and_other_records_dont() -> None:
    found = disposition("r", [order(AMEND, 1, replacement="x"), order(AMEND, 2, replacement="y")])
    assert (found.course, found.replacement, found.order) == (Course.AMENDED, "y", "o2")
    assert disposition("another", [order(ERASE, 1)]).course is Course.CURRENT


def test_fields_that_went_leave_the_record_standing() -> None:
    found = disposition("r", [order(ERASE, 1, pointers=("/facts",)), order(ERASE, 2, pointers=("/a", "/facts"))])
    assert (found.course, found.fields) == (Course.CURRENT, ("/a", "/facts"))


# ---- who is late -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=lambda value: getattr(value, "why", ""))
def test_the_deadline_is_as_its_file_says(rule: OrderRule, example: RuleExample) -> None:
    due = rule.due(NOW, danger=example.danger)
    answer = Answer(example.state, "") if example.state is not None else None
    assert stage(Holder("h", due, answer), rule, Instant(NOW + example.hours * HOUR_MS)) == example.comes_to


def test_every_kind_of_order_has_a_rule_with_examples_that_hold_its_source() -> None:
    assert set(RULES) == {"erase", "withdraw", "amend", "clear"}
    assert all(rule.example and rule.source and rule.standing == "design" for rule in RULES.values())
    hours = {name: (rule.deadline_h, rule.danger_h) for name, rule in RULES.items()}
    assert hours["withdraw"] == (24, 1)
    assert hours["erase"] == (72, 72)
    assert hours["amend"][1] == 1


def test_counts_of_a_chain_are_summed_and_a_released_holder_is_out() -> None:
    late, soon = Instant(NOW - 1), Instant(NOW + 1)
    holders = [
        Holder("a", late, Answer("done", "", holders=3, complied=2, overdue=1, named=("x",))),
        Holder("b", late),
        Holder("c", soon),
        Holder("d", late, Answer("legal-hold", "")),
        Holder("e", late, released="FICTIONAL: dissolved"),
        Holder("f", late, nameable=False),
    ]
    counted = tally(holders, RULES["erase"], NOW)
    assert (counted.holders, counted.complied, counted.overdue, counted.waiting, counted.others) == (7, 2, 3, 1, 1)
    assert counted.named_overdue == ("b", "x")


@given(st.integers(-5, 9), st.integers(0, 9), st.integers(0, 9))
def test_a_holder_that_counts_oddly_can_spoil_only_its_own_part(holders: int, complied: int, overdue: int) -> None:
    odd = Holder("odd", NOW, Answer("done", "", holders=holders, complied=complied, overdue=overdue))
    counted = tally([odd, Holder("good", NOW, Answer("done", ""))], RULES["erase"], NOW)
    assert counted.complied <= counted.holders == 1 + max(holders, 1)
    assert counted.overdue < max(holders, 1)
