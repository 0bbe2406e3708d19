"""What an order leaves to people: measures that were carried out are taken back, or somebody says why not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.domain.ledger import Lane
from comity.domain.terms import Actor, Instant, Refused
from comity.flows.answer import Said, act, answer
from comity.flows.custody import custody_of
from comity.flows.duty import answer_duty, duties
from comity.flows.erase import propose_erasure
from comity.flows.proposal import confirm
from comity.flows.request import Ask, approve, attest, draft, send, submit
from comity.flows.request_state import dossier
from comity.flows.withdraw import withdraw

from .circle import NAMES, Circle, circle, granted, indicator, officer, put

A, B = NAMES[:2]
LURE = "jobs.lure-harbour.example"
FORM = {
    "custodian_or_location": "host in KH",
    "necessity": "logs lapse",
    "intent_to_file_mla": "true",
    "central_authority": "MOJ",
    "subject_and_nature": "fraud",
    "use_limitation": "this case",
}


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Circle]:
    made = circle(tmp_path, NAMES[:2], countries=("KR", "KH"))
    yield made
    made.close()


def asked(two: Circle) -> str:
    """A request from A to B about the lure, sent and arrived."""
    kr, kim = two[A], officer(two[A])
    said = Ask("preserve", two[B].me.name, "kr_kh.mla", "via-state", "fraud", (("domain", LURE),), "FICTIONAL", FORM)
    request: str = granted(draft(kr, kim, said)).request
    granted(attest(kr, kim, request, "Korea-Cambodia MLA treaty", "a" * 64))
    granted(submit(kr, kim, request))
    granted(approve(kr, Actor("Lee (fictional)", kr.me.name, "approver"), request))
    granted(send(kr, kim, request))
    two.exchange()
    return request


def carried_out(two: Circle, request: str) -> None:
    granted(answer(two[B], officer(two[B]), request, Said("accept")))
    until = Instant(two.clock.at + 60 * 86_400_000)
    granted(act(two[B], officer(two[B]), request, "preserve", taken="logs-held", hold_until=until))
    two.exchange()


def test_what_was_built_on_a_withdrawn_statement_becomes_a_duty_until_an_officer_answers(two: Circle) -> None:
    record, _ = put(two[A], indicator(LURE), [B])
    request = asked(two)
    carried_out(two, request)
    granted(withdraw(two[A], officer(two[A]), [record], "wrong-account"))
    two.exchange()
    (duty,) = duties(two[B])
    assert (duty.records, duty.requests, duty.issuer) == ((record,), (request,), A)
    (order,) = custody_of(two[A], record).orders
    assert (order.stages, order.tally.complied) == (("answered",), 0)
    two.hours(25)
    (order,) = custody_of(two[A], record).orders
    assert order.stages == ("overdue",), "a reversal doesn't wait for ever"
    mute = answer_duty(two[B], officer(two[B]), duty.order, "cannot-reverse")
    assert isinstance(mute, Refused)
    granted(answer_duty(two[B], officer(two[B]), duty.order, "reversed"))
    two.exchange()
    (order,) = custody_of(two[A], record).orders
    assert (order.stages, order.tally.complied) == (("complied",), 1)
    assert duties(two[B]) == ()


def test_nothing_is_begun_for_a_request_that_was_taken_back(two: Circle) -> None:
    request = asked(two)
    sent = dossier(two[A], request).sent
    assert sent is not None
    granted(answer(two[B], officer(two[B]), request, Said("accept")))
    granted(withdraw(two[A], officer(two[A]), [sent.envelope.id], "wrong-person"))
    two.exchange()
    until = Instant(two.clock.at + 60 * 86_400_000)
    late = act(two[B], officer(two[B]), request, "preserve", taken="logs-held", hold_until=until)
    assert isinstance(late, Refused)
    assert "request-taken-back" in {reason.code for reason in late.reasons}
    flagged = [n for n in two[B].store.notices() if n.kind == "request-built-on-it"]
    assert [n.about["request"] for n in flagged] == [request]


def test_erasing_a_request_takes_its_drafts_on_our_desk_along(two: Circle) -> None:
    request = asked(two)
    sent = dossier(two[A], request).sent
    assert sent is not None
    home = [c.origin for c in two[A].store.channels() if c.lane is Lane.DESK]

    def whole() -> int:
        entries = [entry for origin in home for entry in two[A].store.entries(origin, 0, 1000)]
        return sum(entry.envelope is not None and b'"kind":"request/1"' in entry.envelope for entry in entries)

    assert whole() == 2, "drafted, attested"
    proposed = granted(propose_erasure(two[A], officer(two[A]), [sent.envelope.id], "mistaken-identity"))
    granted(confirm(two[A], officer(two[A], "Lee (fictional)"), proposed.id))
    assert whole() == 0
    two.exchange()
    (order,) = custody_of(two[A], sent.envelope.id).orders
    assert (order.tally.complied, order.tally.holders) == (1, 1)
