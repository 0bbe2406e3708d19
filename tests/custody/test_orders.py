"""What an order does: at the issuer, at a holder, and at whoever got the record from that holder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from comity.domain.ledger import Lane
from comity.domain.record.custody import Course
from comity.domain.record.kinds import withdraw_1
from comity.domain.terms import Instant, Refused
from comity.flows.amend import amend
from comity.flows.carrying import held, transfer_body, transfers_in
from comity.flows.clear import propose_clearance
from comity.flows.custody import custody_of
from comity.flows.disposition import disposition_of
from comity.flows.drain import Drainer
from comity.flows.erase import propose_erasure
from comity.flows.hold import hold, lift
from comity.flows.lookup import Known, look_up, opened, read_value
from comity.flows.proposal import confirm
from comity.flows.receive import Puller
from comity.flows.transfer import permit, transfer, vouch
from comity.flows.withdraw import withdraw
from tests.worlds import START

from .circle import GREEN, NAMES, Circle, circle, granted, indicator, officer, put

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


def look(three: Circle, name: str, value: str = LURE) -> Known:
    (known,) = look_up(three[name], [read_value("domain", value)])
    return known


def test_an_amendment_takes_the_old_ones_place_down_the_chain_and_audit_still_reads_it(three: Circle) -> None:
    record = passed_on(three)
    body = indicator("right-harbour.example")
    issued = granted(amend(three[A], officer(three[A]), record, body, "wrong-domain", danger=True))
    three.exchange()
    for name in (A, B, C):
        assert look(three, name).statements == (), f"{name}: the old one isn't shown"
        assert look(three, name, "right-harbour.example").raises, f"{name}: the new one is"
        found = disposition_of(three[name], A, record)
        assert (found.course, found.reason) == (Course.AMENDED, "wrong-domain")
        assert three[name].store.find(found.replacement or "") or transfers_in(three[name], A, found.replacement or "")
    (place, *_) = (p for p in three[B].store.find(record))
    assert opened(three[B], place) is not None, "the old one is kept, for audit"
    (order,) = custody_of(three[A], record).orders
    assert (order.act.id, order.tally.complied, order.tally.holders) == (issued.act, 2, 2)
    assert order.holders[0].due - START < 2 * 3_600_000, "a person is in danger: one hour"


def test_an_amendment_is_of_the_same_kind(three: Circle) -> None:
    record, _ = put(three[A], indicator(LURE), [B])
    wrong = amend(three[A], officer(three[A]), record, withdraw_1.EXAMPLE, "x")
    assert isinstance(wrong, Refused)
    assert [reason.code for reason in wrong.reasons] == ["kind-differs"]


def test_a_clearance_stops_use_and_says_cleared(three: Circle) -> None:
    record = passed_on(three)
    proposed = granted(propose_clearance(three[A], officer(three[A]), [record], "acquitted"))
    granted(confirm(three[A], officer(three[A], "Lee (fictional)"), proposed.id))
    three.exchange()
    for name in (A, B, C):
        known = look(three, name)
        assert not known.raises
        assert {s.course for s in known.statements} == {Course.CLEARED}
    (order,) = custody_of(three[A], record).orders
    assert (order.tally.complied, order.tally.holders) == (2, 2)


def test_an_order_in_the_urgent_channel_comes_before_a_record_in_bulk_and_buries_it(three: Circle) -> None:
    record, _ = put(three[A], indicator(LURE), [B])
    granted(withdraw(three[A], officer(three[A]), [record], "mistake"))
    world = three[B]
    (peer,) = (p for p in world.store.peers() if p.name == A)
    urgent = next(c for c in world.store.channels() if c.writer == A and c.lane is Lane.URGENT)
    Puller(world, peer).pull(urgent.origin)
    Drainer(world, peer.name).drain_all()
    assert world.store.find(record) == []
    assert disposition_of(world, A, record).course is Course.WITHDRAWN
    three.exchange()
    assert not look(three, B).raises
    assert [n.kind for n in world.store.notices() if n.kind == "match"] == []
    acks = [p for p in world.store.of_kind("ack/2") if world.store.channel(p.origin).writer == B]
    assert len(acks) == 1, "the copy and the order are one: answered once"


def test_only_the_issuer_takes_back(three: Circle) -> None:
    record = passed_on(three)
    for name in (B, C):
        said = withdraw(three[name], officer(three[name]), [record], "mine now")
        assert isinstance(said, Refused)
        assert [reason.code for reason in said.reasons] == ["not-our-record"]
    forged = withdraw_1.Body(
        targets=(withdraw_1.Withdrawn(three[A].store.find(record)[0].origin, 0, record),), reason_code="forged"
    )
    put(three[B], forged, [C], lane=Lane.URGENT)
    three.exchange()
    assert look(three, C).raises, "what a relay orders about somebody else's record means nothing"


def test_a_legal_hold_keeps_a_record_out_of_use_and_is_shown_as_such_until_it_is_lifted(three: Circle) -> None:
    record = passed_on(three)
    review = Instant(three.clock.at + 90 * 24 * 3_600_000)
    granted(hold(three[B], officer(three[B]), record, "FICTIONAL act, section 4", review))
    proposed = granted(propose_erasure(three[A], officer(three[A]), [record], "court-order"))
    granted(confirm(three[A], officer(three[A], "Lee (fictional)"), proposed.id))
    three.exchange()
    (order,) = custody_of(three[A], record).orders
    (holder,) = order.holders
    assert holder.answer is not None
    assert (holder.answer.state, holder.answer.reason) == ("legal-hold", "FICTIONAL act, section 4")
    assert (order.tally.holders, order.tally.complied, order.tally.others) == (2, 1, 1), "who is behind it complied"
    (place,) = three[B].store.find(record)
    assert three[B].store.entries(place.origin, place.index, place.index + 1)[0].envelope is not None
    assert look(three, B).statements == (), "kept, and not used"
    assert granted(lift(three[B], officer(three[B]), record)) == 1
    three.exchange()
    assert three[B].store.entries(place.origin, place.index, place.index + 1)[0].envelope is None
    (order,) = custody_of(three[A], record).orders
    assert (order.tally.holders, order.tally.complied) == (2, 2)
    late = hold(three[B], officer(three[B]), record, "FICTIONAL", review)
    assert isinstance(late, Refused)


def test_one_field_can_go_while_the_record_stands(three: Circle) -> None:
    record, places = put(three[A], indicator("boss@lure.example", kind="email"), [B])
    three.exchange()
    wrong = propose_erasure(three[A], officer(three[A]), [record], "minor", ["/value"])
    assert isinstance(wrong, Refused)
    assert [reason.code for reason in wrong.reasons] == ["field-not-sealed"]
    proposed = granted(propose_erasure(three[A], officer(three[A]), [record], "minor", ["/personal_value"]))
    granted(confirm(three[A], officer(three[A], "Lee (fictional)"), proposed.id))
    three.exchange()
    for name in (A, B):
        (entry,) = three[name].store.entries(places[0].origin, places[0].index, places[0].index + 1)
        assert (entry.envelope is None, entry.fields) == (False, b"")
        found = disposition_of(three[name], A, record)
        assert found.course is Course.CURRENT
    assert custody_of(three[B], record).disposition.course is Course.CURRENT


@pytest.mark.parametrize("what", ["envelope", "issuer", "marking", "receipt", "stranger"])
def test_what_a_relay_changes_is_refused_and_found_by_nothing(three: Circle, what: str) -> None:
    record, _ = put(three[A], indicator(LURE), [B], marking=GREEN)
    three.exchange()
    granted(vouch(three[A], officer(three[A]), three[C].me.name, three[B].me.name))
    three.exchange()
    body = transfer_body(held(three[B], record), C, why="FICTIONAL", by="x", permission=None)
    marking = GREEN
    if what == "envelope":
        body = structs.replace(body, envelope=str(body.envelope).replace("FICTIONAL", "FICTIONAI"))
    elif what == "issuer":
        body = structs.replace(body, of=structs.replace(body.of, issuer="hub.th.example"))
    elif what == "marking":
        marking = structs.replace(GREEN, tlp="CLEAR")
    elif what == "receipt":
        body = structs.replace(body, receipt=str(body.receipt).replace("index 0", "index 1"))
    else:
        body = structs.replace(body, to="hub.th.example")
    put(three[B], body, [C], lane=Lane.URGENT, marking=marking)
    three.exchange()
    assert look(three, C).statements == ()
    (refused,) = [n for n in three[C].store.notices() if n.kind == "transfer-refused"]
    reasons = {
        "envelope": "transfer-not-proven",
        "issuer": "issuer-not-in-roster",
        "marking": "marking-loosened",
        "receipt": "transfer-not-proven",
        "stranger": "transfer-misaddressed",
    }
    assert refused.about["reason"] == reasons[what]
    answers = [n for n in three[B].store.notices() if n.kind == "order-answered"]
    assert [n.about["reason"] for n in answers] == [reasons[what]]


def test_without_the_issuers_key_nobody_believes_a_relay(three: Circle) -> None:
    record, _ = put(three[A], indicator(LURE), [B], marking=GREEN)
    three.exchange()
    granted(transfer(three[B], officer(three[B]), record, three[C].me.name, why="FICTIONAL"))
    three.exchange()
    assert look(three, C).statements == ()
    (refused,) = [n for n in three[C].store.notices() if n.kind == "transfer-refused"]
    assert refused.about["why"] == "no-known-signature"


def test_a_copy_that_comes_after_the_order_is_refused_and_stays_for_no_moment(three: Circle) -> None:
    record, _ = put(three[A], indicator(LURE), [B, C], marking=GREEN)
    three.exchange()
    carried = transfer_body(held(three[B], record), C, why="FICTIONAL", by="x", permission=None)
    granted(vouch(three[A], officer(three[A]), three[C].me.name, three[B].me.name))
    proposed = granted(propose_erasure(three[A], officer(three[A]), [record], "court-order"))
    granted(confirm(three[A], officer(three[A], "Lee (fictional)"), proposed.id))
    three.exchange()
    _, (place,) = put(three[B], carried, [C], lane=Lane.URGENT, marking=GREEN)
    three.exchange()
    (entry,) = three[C].store.entries(place.origin, place.index, place.index + 1)
    assert entry.fields == b""
    assert look(three, C).statements == ()
