"""Markings: what can't be read is closed, and where two meet nothing gets looser."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.domain.record import CLOSED, Marking, read_marking, strictest
from comity.domain.terms import Instant, instant_from, instant_text
from comity.errors import MalformedRecord

TLP = ["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]
PAP = ["CLEAR", "GREEN", "AMBER", "RED"]
GRADES = ["A", "B", "C", "X", None]
INFOS = [1, 2, 3, 4, None]
WORDS = st.none() | st.lists(st.sampled_from(["crime", "rescue", "court", "KR", "VN"]), max_size=3).map(tuple)


@st.composite
def markings(draw: st.DrawFn) -> Marking:
    tlp = draw(st.sampled_from(TLP))
    codes = ["H0", "H1"] if tlp == "CLEAR" else ["H0", "H1", "H2", "H3"]
    return Marking(
        tlp=tlp,  # type: ignore[arg-type]
        hcodes=tuple(draw(st.lists(st.sampled_from(codes), unique=True))),  # type: ignore[arg-type]
        pap=draw(st.sampled_from(PAP)),  # type: ignore[arg-type]
        source=draw(st.sampled_from(GRADES)),  # type: ignore[arg-type]
        info=draw(st.sampled_from(INFOS)),  # type: ignore[arg-type]
        purpose=draw(WORDS),
        releasable_to=None if tlp == "CLEAR" else draw(WORDS),
        expires=draw(st.none() | st.integers(0, 10**12).map(lambda ms: instant_text(Instant(ms)))),
        note=draw(st.none() | st.sampled_from(["ask first", "not to the press", "ask first\nnot by mail"])),
    )


def narrower(a: tuple[str, ...] | None, b: tuple[str, ...] | None) -> bool:
    return b is None or (a is not None and set(a) <= set(b))


def at_least_as_strict(a: Marking, b: Marking) -> bool:
    """Written down member by member from exchange.md §7, apart from the code under test."""
    return (
        TLP.index(a.tlp) >= TLP.index(b.tlp)
        and set(a.hcodes) >= set(b.hcodes)
        and PAP.index(a.pap) >= PAP.index(b.pap)
        and GRADES.index(a.source) >= GRADES.index(b.source)
        and INFOS.index(a.info) >= INFOS.index(b.info)
        and narrower(a.purpose, b.purpose)
        and narrower(a.releasable_to, b.releasable_to)
        and (b.expires is None or (a.expires is not None and instant_from(a.expires) <= instant_from(b.expires)))
    )


def may(marking: Marking, purpose: str, to: str, at: Instant, code: str, openness: int) -> bool:
    """One plain permission check of the kind that flows make."""
    return (
        TLP.index(marking.tlp) <= openness
        and code not in marking.hcodes
        and (marking.purpose is None or purpose in marking.purpose)
        and (marking.releasable_to is None or to in marking.releasable_to)
        and (marking.expires is None or at < instant_from(marking.expires))
    )


@settings(deadline=None)
@given(markings(), markings())
def test_the_strictest_of_two_is_as_strict_as_either(a: Marking, b: Marking) -> None:
    both = strictest(a, b)
    assert at_least_as_strict(both, a)
    assert at_least_as_strict(both, b)


@settings(deadline=None)
@given(markings(), markings(), st.integers(0, 10**12))
def test_tightening_never_turns_a_no_into_a_yes(a: Marking, b: Marking, at: int) -> None:
    both = strictest(a, b)
    for purpose, to, code, openness in itertools.product(["crime", "tax"], ["KR", "US"], ["H1", "H2"], range(5)):
        if may(both, purpose, to, Instant(at), code, openness):
            assert may(a, purpose, to, Instant(at), code, openness)
            assert may(b, purpose, to, Instant(at), code, openness)


@settings(deadline=None)
@given(markings(), markings(), markings())
def test_order_and_grouping_of_markings_change_nothing(a: Marking, b: Marking, c: Marking) -> None:
    def ordered(marking: Marking) -> Marking:
        return strictest(marking, Marking("GREEN", pap="CLEAR", source="A", info=1))

    assert strictest(a, a) == a
    assert ordered(strictest(a, b)) == ordered(strictest(b, a))
    assert ordered(strictest(strictest(a, b), c)) == ordered(strictest(a, strictest(b, c)))


@settings(deadline=None)
@given(markings())
def test_a_marking_comes_back_as_it_was_written(marking: Marking) -> None:
    assert read_marking(msgspec.json.encode(marking)) == marking


@settings(deadline=None)
@given(st.binary(max_size=40) | st.text(max_size=30).map(lambda text: b'{"tlp":"' + text.encode() + b'"}'))
def test_what_is_no_marking_is_closed(raw: bytes) -> None:
    found = read_marking(raw)
    assert found == CLOSED or found.tlp in TLP


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"{}",
        b'"AMBER"',
        b'{"tlp":"amber"}',
        b'{"tlp":"WHITE"}',
        b'{"tlp":["AMBER","RED"]}',
        b'{"tlp":"AMBER","hcodes":["H9"]}',
        b'{"tlp":"AMBER","hcodes":"H1"}',
        b'{"tlp":"AMBER","sharing":"all"}',
        b'{"tlp":"AMBER","info":5}',
        b'{"tlp":"AMBER","source":"D"}',
        b'{"tlp":"AMBER","expires":"tomorrow"}',
        b'{"tlp":"AMBER","expires":"2026-02-30T00:00:00Z"}',
        b'{"tlp":"CLEAR","hcodes":["H2"]}',
        b'{"tlp":"CLEAR","releasable_to":["KR"]}',
        b"[" * 5000,
        b'{"tlp":"AMBER","note":"' + b"x" * 5000,
        b'{"tlp":"AMBER","note":"\xff"}',
    ],
)
def test_missing_unknown_and_contradictory_markings_are_red_and_closed(raw: bytes) -> None:
    assert read_marking(raw) == CLOSED
    assert CLOSED.tlp == "RED"
    assert set(CLOSED.hcodes) == {"H2", "H3"}


def test_an_empty_audience_reaches_nobody_and_none_narrows_nothing() -> None:
    some = Marking("AMBER", releasable_to=("KR", "VN"))
    assert strictest(some, Marking("AMBER", releasable_to=())).releasable_to == ()
    assert strictest(some, Marking("AMBER")).releasable_to == ("KR", "VN")
    assert strictest(some, Marking("AMBER", releasable_to=("TH",))).releasable_to == ()


def test_a_marking_that_contradicts_itself_can_not_be_made() -> None:
    with pytest.raises(MalformedRecord) as fault:
        Marking("CLEAR", ("H3",))
    assert fault.value.code == "marking-contradicts-itself"
