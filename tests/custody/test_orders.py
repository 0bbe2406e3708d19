"""What an order does: at the issuer, at a holder, and at whoever got the record from that holder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.domain.ledger import Lane
from comity.domain.record.custody import Course
from comity.domain.terms import Refused
from comity.flows.disposition import disposition_of
from comity.flows.lookup import look_up, read_value
from comity.flows.transfer import permit, transfer
from comity.flows.withdraw import withdraw

from .circle import NAMES, Circle, circle, granted, indicator, officer, put

A, B, C = NAMES[:3]
LURE = "lure-harbour.example"


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Circle]:
    made = circle(tmp_path)
    yield made
    made.close()


def passed_on(three: Circle, *, lane: Lane = Lane.BULK) -> str:
    """A record of A's that B has passed on to C with A's permission."""
    record, _ = put(three[A], indicator(LURE), [B], lane=lane)
    three.exchange()
    granted(permit(three[A], officer(three[A]), record, three[B].me.name, three[C].me.name, ["TLP"]))
    three.exchange()
    granted(transfer(three[B], officer(three[B]), record, three[C].me.name, why="FICTIONAL"))
    three.exchange()
    return record


def test_what_a_relay_passes_on_is_found_with_its_issuer_and_the_way_it_came(three: Circle) -> None:
    record = passed_on(three)
    (known,) = look_up(three[C], [read_value("domain", LURE)])
    assert known.raises
    assert [(s.said_by, s.record, s.via) for s in known.statements] == [(A, record, B)]


def test_without_permission_an_amber_record_stays_where_it_is(three: Circle) -> None:
    record, _ = put(three[A], indicator(LURE), [B])
    three.exchange()
    said = transfer(three[B], officer(three[B]), record, three[C].me.name, why="FICTIONAL")
    assert isinstance(said, Refused)
    assert [reason.code for reason in said.reasons] == ["tlp-keeps-it-here"]


def test_a_withdrawn_record_raises_nothing_with_anybody_down_the_chain(three: Circle) -> None:
    record = passed_on(three)
    granted(withdraw(three[A], officer(three[A]), [record], "wrong-account"))
    three.exchange()
    for name in (A, B, C):
        (known,) = look_up(three[name], [read_value("domain", LURE)])
        assert not known.raises, name
        assert {s.course for s in known.statements} == {Course.WITHDRAWN}, name
        assert disposition_of(three[name], A, record).reason == "wrong-account"
