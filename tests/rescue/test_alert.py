"""An alert leaves on a name or a place alone, by one officer, at once; the second signature comes after, and nothing waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comity.adapters.catalog import FileCatalog
from comity.domain.ledger import Lane
from comity.domain.record import decode_fields, open_record
from comity.domain.terms import Actor, Granted, Instant, NodeName, Refused
from comity.flows.answer import Said, act, answer
from comity.flows.answer_due import answer_due
from comity.flows.attest_route import DAY_MS, attest_route, readings
from comity.flows.drain import Drainer
from comity.flows.receive import Puller, pull_all
from comity.flows.request import Ask, draft
from comity.flows.request_state import dossier
from comity.flows.rescue import SECOND_SIGNATURE_MS, Alert, Alerted, alert, alerts, countersign, second_signature
from comity.ports import World
from tests.worlds import START, Pair, channel_to, introduce, pair

KIM = Actor("kim (fictional)", NodeName("police.kr.example"), "officer")
LEE = Actor("lee (fictional)", NodeName("police.kr.example"), "approver")
SOK = Actor("sok (fictional)", NodeName("taskforce.kh.example"), "officer")
KH = NodeName("taskforce.kh.example")
TEXT = ("FICTIONAL memorandum of a desk", "a" * 64)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Pair]:
    made = pair(tmp_path, FileCatalog())
    yield made
    made.kr.store.close()
    made.kh.store.close()


def exchange(two: Pair) -> None:
    for _ in range(2):
        pull_all(Puller(two.kh, two.kh_sees_kr))
        Drainer(two.kh, two.kr.me.name).drain_all()
        pull_all(Puller(two.kr, two.kr_sees_kh))
        Drainer(two.kr, two.kh.me.name).drain_all()


def granted(result: object) -> Any:
    assert isinstance(result, Granted), result
    return result.value


def refused(result: object) -> list[str]:
    assert isinstance(result, Refused), result
    return [reason.code for reason in result.reasons]


def read_beforehand(world: World, *, route: str = "kr_kh.rescue", days: int = 90) -> None:
    until = Instant(world.clock.now() + days * DAY_MS)
    granted(
        attest_route(
            world, LEE, measure="rescue", to=KH, route=route, text_title=TEXT[0], text_sha256=TEXT[1], valid_until=until
        )
    )


@pytest.mark.parametrize(
    ("asked", "kinds"),
    [
        (Alert(KH, name="Jane Doe-Example"), ["person_name"]),
        (Alert(KH, place="geo:10.6271,103.5128"), ["place"]),
        (Alert(KH, place="Fictional Harbour Compound, building 7"), ["place"]),
    ],
)
def test_a_name_or_a_place_alone_is_enough(two: Pair, asked: Alert, kinds: list[str]) -> None:
    read_beforehand(two.kr)
    sent: Alerted = granted(alert(two.kr, KIM, asked))
    exchange(two)
    there = dossier(two.kh, sent.request)
    assert there.view.state == dossier(two.kr, sent.request).view.state == "handed_over"
    assert [target.kind for target in there.ask.personal_targets] == kinds
    assert (there.ask.drafted_by, there.ask.approved_by, there.ask.urgency) == (KIM.name, None, "emergency")
    assert there.ask.attestation.by == LEE.name, "who read the text beforehand is named, not who was on duty"


def test_nobody_else_and_nothing_else_is_asked_for_and_one_transaction_does_it(two: Pair) -> None:
    read_beforehand(two.kr)
    before = two.kr.store.position(two.urgent.origin).size
    sent: Alerted = granted(alert(two.kr, KIM, Alert(KH, name="Jane Doe-Example")))
    assert two.kr.store.position(two.urgent.origin).size == before + 1
    advised = {reason.code for reason in sent.advice}
    assert {"offence-missing", "emergency-facts", "member-open"} <= advised, "told, and not waited for"
    assert sent.countersign_by - START > SECOND_SIGNATURE_MS - DAY_MS


MEMBERS = ("person.nationality", "safe_contact.never_call", "consent", "reporter.relation", "family_told_all_well")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from([None, "Jane Doe-Example", "J4ne 1990"]),
    place=st.sampled_from([None, "geo:10.6271,103.5128", "Compound by the sea", "https://maps.example/@1,2"]),
    form=st.dictionaries(st.sampled_from(MEMBERS), st.text(max_size=8)),
    facts=st.sampled_from(["", "FICTIONAL"]),
    targets=st.lists(
        st.sampled_from([("phone", "+855 12 555 012"), ("phone", "no number"), (None, "?"), ("domain", "lure.example")])
    ),
)
def test_whatever_is_missing_or_unreadable_a_name_or_a_place_leaves(
    two: Pair,
    name: str | None,
    place: str | None,
    form: dict[str, str],
    facts: str,
    targets: list[tuple[str | None, str]],
) -> None:
    """Naming nobody and no place keeps an alert at home, and nothing else that an officer fills in does."""
    asked = Alert(KH, name, place, facts, tuple(targets), form, text=TEXT)
    result = alert(two.kr, KIM, asked)
    if name is None and place is None:
        assert "name-or-place-missing" in refused(result)
    else:
        sent: Alerted = granted(result)
        body = dossier(two.kr, sent.request).ask
        told = f"{body.personal_targets} {body.form_personal}".casefold()
        assert name is None or name.casefold() in told
        assert place is None or place.casefold().removeprefix("geo:") in told


def test_what_has_no_normal_form_goes_along_in_words(two: Pair) -> None:
    asked = Alert(KH, name="Jane 1990 (the tall one)", targets=(("phone", "ends in 77"),), text=TEXT)
    sent: Alerted = granted(alert(two.kr, KIM, asked))
    body = dossier(two.kr, sent.request).ask
    assert body.form_personal["person.name"] == "Jane 1990 (the tall one)"
    assert body.form_personal["also_given"] == "ends in 77"
    assert [reason.facts["why"] for reason in sent.advice if reason.code == "told-in-words"] == [
        "person_name-character",
        "phone-character",
    ]


def test_a_route_that_nobody_attested_needs_the_officers_own_reading_and_no_more(two: Pair) -> None:
    asked = Alert(KH, name="Jane Doe-Example")
    assert refused(alert(two.kr, KIM, asked)) == ["attest-missing"]
    assert two.kr.store.position(two.urgent.origin).size == 0
    sent: Alerted = granted(alert(two.kr, KIM, replace(asked, text=TEXT)))
    said = dossier(two.kr, sent.request).ask.attestation
    assert (said.by, said.text_title, said.text_sha256) == (KIM.name, *TEXT)


def test_an_attestation_holds_for_its_peer_its_route_and_its_time(two: Pair) -> None:
    read_beforehand(two.kr, days=10)
    (one,) = readings(two.kr)
    assert (one.said.to, one.said.route, one.in_force) == (KH, "kr_kh.rescue", True)
    other = Alert(KH, name="Jane Doe-Example", route="untoc.le")
    assert refused(alert(two.kr, KIM, other)) == ["attest-missing"]
    two.kr.clock.at = START + 11 * DAY_MS  # type: ignore[attr-defined]
    assert [one.in_force for one in readings(two.kr)] == [False]
    assert refused(alert(two.kr, KIM, Alert(KH, name="Jane Doe-Example"))) == ["attest-missing"]


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"route": "unc.le"}, ["no-route"]),
        ({"measure": "preserve", "route": "kr_kh.mla"}, ["attested-each-time"]),
        ({"valid_until": Instant(START - DAY_MS)}, ["validity-out-of-range"]),
        ({"valid_until": Instant(START + 400 * DAY_MS)}, ["validity-out-of-range"]),
    ],
)
def test_what_cant_be_attested_beforehand(two: Pair, changed: dict[str, Any], codes: list[str]) -> None:
    asked = {"measure": "rescue", "to": KH, "route": "kr_kh.rescue", "text_title": "x", "text_sha256": "a" * 64}
    asked |= {"valid_until": Instant(START + DAY_MS)} | changed
    assert refused(attest_route(two.kr, LEE, **asked)) == codes
    assert readings(two.kr) == []


def test_a_peers_attestation_counts_for_nothing_here(two: Pair) -> None:
    from comity.domain.record.kinds import attestation_1
    from comity.flows.filing import letter, sealed

    said = attestation_1.Body(
        measure="rescue",
        to=two.kh.me.name,
        route="kr_kh.rescue",
        by="sok (fictional)",
        at="2026-11-01T00:00:00.000Z",
        valid_until="2027-11-01T00:00:00.000Z",
        text_title="x",
        text_sha256="a" * 64,
    )
    two.kh.store.keep([letter(two.back.origin, sealed(two.kh, said, purpose="crime"))])
    exchange(two)
    assert readings(two.kr) == []
    assert refused(alert(two.kr, KIM, Alert(KH, name="Jane Doe-Example"))) == ["attest-missing"]


def test_the_second_signature_comes_after_by_somebody_else_and_once(two: Pair) -> None:
    sent: Alerted = granted(alert(two.kr, KIM, Alert(KH, name="Jane Doe-Example", text=TEXT)))
    exchange(two)
    granted(answer(two.kh, SOK, sent.request, Said("acknowledge")))
    exchange(two)
    assert refused(countersign(two.kr, KIM, sent.request)) == ["same-person-twice"]
    granted(countersign(two.kr, LEE, sent.request))
    assert refused(countersign(two.kr, LEE, sent.request)) == ["countersigned-already"]
    exchange(two)
    for world in (two.kr, two.kh):
        found = dossier(world, sent.request)
        signed = second_signature(world, found)
        assert found.view.state == "acknowledged", "it moves nothing"
        assert signed is not None
        assert (signed.by, signed.overdue) == (LEE.name, False)
    assert refused(countersign(two.kh, SOK, sent.request)) == ["no-alert-of-ours"]


def test_an_overdue_signature_is_told_and_holds_nothing_up(two: Pair) -> None:
    sent: Alerted = granted(alert(two.kr, KIM, Alert(KH, name="Jane Doe-Example", text=TEXT)))
    exchange(two)
    two.kr.clock.at = two.kh.clock.at = START + 2 * DAY_MS  # type: ignore[attr-defined]
    assert [each.request for each in alerts(two.kr)] == [sent.request]
    alerts(two.kr)
    kinds = [notice.kind for notice in two.kr.store.notices()]
    assert kinds.count("countersign-overdue") == 1
    assert [notice.kind for notice in two.kh.store.notices()].count("countersign-overdue") == 0
    granted(answer(two.kh, SOK, sent.request, Said("plan")))
    exchange(two)
    assert dossier(two.kr, sent.request).view.state == "operation_sealed"
    granted(countersign(two.kr, LEE, sent.request))
    signed = second_signature(two.kr, dossier(two.kr, sent.request))
    assert signed is not None
    assert (signed.by, signed.overdue) == (LEE.name, True)


def test_an_alert_travels_in_the_rescue_lane_where_there_is_one_and_all_its_steps_with_it(two: Pair) -> None:
    first: Alerted = granted(alert(two.kr, KIM, Alert(KH, name="Jane Doe-Example", text=TEXT)))
    assert first.lane is Lane.URGENT
    lane = channel_to(two.kr, KH, Lane.RESCUE, "d" * 16)
    seen = introduce(two.kh, two.kr, [two.urgent, two.bulk, lane])
    second: Alerted = granted(alert(two.kr, KIM, Alert(KH, place="Fictional Compound", text=TEXT)))
    assert (second.lane, second.place.origin) == (Lane.RESCUE, lane.origin)
    pull_all(Puller(two.kh, seen))
    Drainer(two.kh, two.kr.me.name).drain_all()
    for sent, origin in ((first, two.urgent.origin), (second, lane.origin)):
        granted(answer(two.kh, SOK, sent.request, Said("acknowledge")))
        (place, *_) = granted(countersign(two.kr, LEE, sent.request))
        assert place.origin == origin, "steps of one request keep to one lane, or they'd have no order"
        assert dossier(two.kh, sent.request).view.state == "acknowledged"


def test_a_rescue_is_never_drafted_to_wait_for_an_approval(two: Pair) -> None:
    asked = Ask("rescue", KH, "kr_kh.rescue", "via-state", "", (("person_name", "Jane Doe-Example"),), "")
    assert refused(draft(two.kr, KIM, asked)) == ["leaves-as-an-alert"]


def test_an_answer_is_looked_for_in_time_and_its_lateness_is_told(two: Pair) -> None:
    sent: Alerted = granted(alert(two.kr, KIM, Alert(KH, name="Jane Doe-Example", text=TEXT)))
    due = answer_due(two.kr, dossier(two.kr, sent.request))
    assert due is not None
    assert (due.at, due.overdue) == (None, False)
    two.kr.clock.at = due.due + 1  # type: ignore[attr-defined]
    late = answer_due(two.kr, dossier(two.kr, sent.request))
    assert late is not None
    assert late.overdue


# ---- what may be told of a person who was looked for ---------------------------------------------------------------------


def looked_for(two: Pair) -> str:
    sent: Alerted = granted(alert(two.kr, KIM, Alert(KH, name="Jane Doe-Example", text=TEXT)))
    exchange(two)
    granted(answer(two.kh, SOK, sent.request, Said("plan")))
    return sent.request


@pytest.mark.parametrize(
    ("told", "codes"),
    [
        ({"choice": "rescued"}, ["found-without-consent"]),
        ({"choice": "rescued", "consent": "family"}, ["consent-unknown"]),
        ({"choice": "not_found", "whereabouts": "a shelter"}, ["whereabouts-without-consent"]),
        ({"choice": "moved", "whereabouts": "across the border"}, ["whereabouts-without-consent"]),
        ({"choice": "not_found", "note": "we'd rather not say"}, ["not-found-says-nothing-more"]),
        (
            {"choice": "rescued", "whereabouts": "a shelter"},
            ["whereabouts-without-consent", "found-without-consent"],
        ),
    ],
)
def test_neither_where_nor_that_somebody_was_found_is_told_without_consent(
    two: Pair, told: dict[str, Any], codes: list[str]
) -> None:
    request = looked_for(two)
    size = two.kh.store.position(two.back.origin).size
    assert refused(act(two.kh, SOK, request, "report", taken="looked", **told)) == codes
    assert two.kh.store.position(two.back.origin).size == size, "nothing left"


def test_with_the_persons_own_consent_it_is_told_and_whereabouts_are_sealed(two: Pair) -> None:
    request = looked_for(two)
    told = {"choice": "rescued", "consent": "person", "whereabouts": "FICTIONAL shelter"}
    granted(act(two.kh, SOK, request, "report", taken="brought-to-safety", **told))
    entries = two.kh.store.entries(two.back.origin, 0, two.kh.store.position(two.back.origin).size)
    assert all(b"FICTIONAL shelter" not in (entry.envelope or b"") for entry in entries)
    exchange(two)
    step = dossier(two.kr, request).view.history[-1].step
    assert (step.told["consent"], step.told["whereabouts"]) == ("person", "FICTIONAL shelter")
    assert dossier(two.kr, request).view.state == "rescued"


def test_not_found_and_not_to_be_told_are_one_record(two: Pair) -> None:
    """Of somebody who wasn't found and of somebody under protection the same is said, member by member."""
    bodies = []
    for _ in range(2):
        request = looked_for(two)
        (place,) = granted(act(two.kh, SOK, request, "report", taken="looked", choice="not_found"))
        (entry,) = two.kh.store.entries(place.origin, place.index, place.index + 1)
        record = open_record(entry.envelope or b"", decode_fields(entry.fields) if entry.fields else ())
        envelope = record.envelope
        bodies.append((envelope.kind, envelope.sealed, record.body.taken, record.body.choice, record.body.note))
    assert bodies[0] == bodies[1]
    assert bodies[0][:2] == ("action/1", {})
