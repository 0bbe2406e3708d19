"""A peer that is trusted and lies: in its acknowledgements, its records, its emergencies, its names."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec import UNSET, structs
from rich.console import Console

from comity.adapters.catalog import FileCatalog
from comity.domain.ledger import Lane
from comity.domain.record.kinds import ack_1, ack_2, request_1
from comity.domain.request.call_back import claims
from comity.domain.terms import Actor, Granted, NodeName, Refused, instant_text
from comity.domain.terms.lookalike import taken_for
from comity.errors import Malformed
from comity.faces.api.request_view import request_view
from comity.faces.cli.request_text import request_whole
from comity.faces.cli.session import json_text
from comity.faces.cli.showing import plain
from comity.flows import roster
from comity.flows.call_back import note_contact
from comity.flows.custody import custody_of
from comity.flows.drain import Drainer
from comity.flows.filing import letter, outgoing, sealed
from comity.flows.receive import Puller
from comity.flows.withdraw import withdraw
from comity.ports import Letter, World
from tests.custody.circle import NAMES, circle, granted, indicator, officer, put
from tests.node.homes import officer as someone
from tests.node.test_roster import KH, KR, make_world
from tests.worlds import Pair, pair, sealed_indicator
from tests.worlds import letter as raw_letter

NEVER_SENT = "0193a5d0-{:04d}-7000-8000-00000000f1c7"
REAL, FORGED = "+82 2 555 0100 (fictional)", "+1 900 555 0199 (fictional)"


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Pair]:
    made = pair(tmp_path, FileCatalog())
    yield made
    for world in (made.kr, made.kh):
        world.store.close()


def _heard(here: World, puller: Puller, origin: str) -> Counter[str]:
    """Pulls and drains one channel; what was told of it."""
    seen: Counter[str] = Counter()
    puller.pull(origin)
    Drainer(here, puller.peer.name, saw=lambda kind, peer: seen.update([kind])).drain_all()
    return seen


def _notices(world: World, kind: str) -> list[dict[str, object]]:
    return [dict(notice.about) for notice in world.store.notices() if notice.kind == kind]


# ---- acknowledgements ----------------------------------------------------------------------------------------------


def _ack(two: Pair, of: str) -> Letter:
    body = ack_1.Body(of=of, of_kind="indicator/1", state="stored", reason=None, at=instant_text(two.kh.clock.now()))
    return letter(two.back.origin, sealed(two.kh, body, purpose="acknowledgement"))


def test_acknowledging_what_was_never_sent_is_told_once_a_day_however_often_it_is_done(two: Pair) -> None:
    two.kh.store.keep([_ack(two, NEVER_SENT.format(n)) for n in range(60)])
    seen = _heard(two.kr, Puller(two.kr, two.kr_sees_kh), two.back.origin)
    assert seen == {"claim-unfounded": 60}
    (told,) = _notices(two.kr, "claim-unfounded")
    assert told["writer"] == two.kh.me.name
    assert told["count"] == 60


def test_acknowledging_what_was_sent_is_no_attack(two: Pair) -> None:
    ours = sealed_indicator(two.kr, 1)
    two.kr.store.keep([raw_letter(two.bulk.origin, ours)])
    two.kh.store.keep([_ack(two, ours.id)])
    assert _heard(two.kr, Puller(two.kr, two.kr_sees_kh), two.back.origin) == {}
    assert not _notices(two.kr, "claim-unfounded")


def test_whoever_holds_nothing_can_not_comply_for_those_who_do(tmp_path: Path) -> None:
    three = circle(tmp_path)
    a, b, c = (three[name] for name in NAMES[:3])
    record, _ = put(a, indicator("lure-harbour.example"), [b.me.name])
    three.exchange()
    three.offline.add(b.me.name)
    granted(withdraw(a, officer(a), [record], "wrong-account"))
    before = custody_of(a, record).orders[0]
    origin = outgoing(c, a.me.name, Lane.URGENT)
    assert origin is not None
    counts = ack_2.Counts(holders=1_000_000, complied=1_000_000, overdue=0)
    for of in (before.act.id, record):
        lie = ack_2.Body(of=of, of_kind="withdraw/1", state="done", at=instant_text(c.clock.now()), counts=counts)
        c.store.keep([letter(origin, sealed(c, lie, purpose="acknowledgement"))])
    three.exchange()
    after = custody_of(a, record).orders[0]
    assert after.tally == before.tally
    assert [holder.node for holder in after.holders] == [b.me.name]
    assert [told["writer"] for told in _notices(a, "claim-unfounded")] == [c.me.name]
    three.close()


# ---- records -------------------------------------------------------------------------------------------------------


BROKEN = {
    "a key twice": lambda raw: raw.replace(b'"purpose":', b'"purpose":"crime","purpose":', 1),
    "a key twice in disguise": lambda raw: raw.replace(b'"purpose":', b'"\\u0070urpose":"crime","purpose":', 1),
    "a number beyond range": lambda raw: raw.replace(b'"confidence":50', b'"confidence":9007199254740993', 1),
    "a number without end": lambda raw: raw.replace(b'"confidence":50', b'"confidence":' + b"9" * 5000, 1),
    "a fraction": lambda raw: raw.replace(b'"confidence":50', b'"confidence":5e1', 1),
    "depth": lambda raw: raw.replace(b'"confidence":50', b'"confidence":' + b"[" * 5000 + b"]" * 5000, 1),
    "depth that never ends": lambda raw: raw.replace(b'"confidence":50', b'"confidence":' + b'{"a":' * 50_000, 1),
    "an unknown member": lambda raw: raw.replace(b'"confidence":50', b'"confidence":50,"sudo":true', 1),
    "not UTF-8": lambda raw: raw.replace(b"fictional list", b"fictional \xff\xfe", 1),
    "half a surrogate": lambda raw: raw.replace(b"fictional list", b"fictional \\ud800", 1),
    "another's name": lambda raw: raw.replace(b"police.kr.example", b"police.vn.example", 1),
    "nothing": lambda raw: b"",
    "nonsense": lambda raw: b"\x00" * 1000,
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_record_that_can_not_be_read_is_kept_apart_told_and_stops_nothing(two: Pair, broken: str) -> None:
    good, bad = sealed_indicator(two.kr, 1), sealed_indicator(two.kr, 2)
    envelope = BROKEN[broken](bad.envelope)
    assert envelope != bad.envelope
    lie = raw_letter(two.bulk.origin, structs.replace(bad, envelope=envelope))
    two.kr.store.keep([lie, raw_letter(two.bulk.origin, good)])
    seen = _heard(two.kh, Puller(two.kh, two.kh_sees_kr), two.bulk.origin)
    assert set(seen) <= {"quarantined"}
    position = two.kh.store.position(two.bulk.origin)
    assert position.size == position.drained == 2
    told = _notices(two.kh, "quarantined")
    assert [about["index"] for about in told] == [0]
    assert seen["quarantined"] == 1


# ---- emergencies ---------------------------------------------------------------------------------------------------


def _emergency(two: Pair, form: dict[str, str]) -> str:
    """A request that a captured machine writes by itself, past every check of its own node."""
    body = request_1.Body(
        request=two.kr.mint.record_id(),
        measure="preserve",
        to=two.kh.me.name,
        nature="voluntary",
        route=None,
        drafted_by="Kim (fictional)",
        approved_by=None,
        approved_at=None,
        urgency="emergency",
        form={"callback_phone": FORGED, **form},
        facts="FICTIONAL",
        form_personal={"officer_contact": FORGED},
        personal_targets=UNSET,
    )
    two.kr.store.keep([letter(two.urgent.origin, sealed(two.kr, body, purpose="crime"))])
    Puller(two.kh, two.kh_sees_kr).pull(two.urgent.origin)
    Drainer(two.kh, two.kr.me.name).drain_all()
    return body.request


def _printed(view: object) -> str:
    out = io.StringIO()
    request_whole(Console(file=out, width=200), msgspec.json.decode(json_text(view)))
    return out.getvalue()


def test_whom_to_call_comes_from_our_roster_and_never_from_the_request(two: Pair) -> None:
    sok = Actor("Sok (fictional)", two.kh.me.name, "officer")
    assert isinstance(note_contact(two.kh, two.kr.me.name, REAL, by=sok), Granted)
    view = request_view(two.kh, _emergency(two, {"safe_contact.never_call": "true"}))
    assert (view.call_back.node, view.call_back.contact) == (two.kr.me.name, REAL)
    assert view.call_back.claimed == {"form.callback_phone": FORGED, "form_personal.officer_contact": FORGED}
    assert FORGED not in str(view.ask)
    assert view.ask["form"] == {"safe_contact.never_call": "true"}  # how to reach the person in danger stays
    printed = _printed(view)
    assert REAL in printed
    assert FORGED not in printed
    assert "Don't call them: form.callback_phone, form_personal.officer_contact" in printed


def test_without_a_noted_contact_none_is_shown_at_all(two: Pair) -> None:
    view = request_view(two.kh, _emergency(two, {}))
    assert view.call_back.contact == ""
    printed = _printed(view)
    assert FORGED not in printed
    assert f"comity peer contact {two.kr.me.name}" in printed


def test_a_new_invitation_of_the_peer_does_not_change_whom_we_call(tmp_path: Path) -> None:
    kr, kh = make_world(tmp_path / "kr", KR, "KR", 1), make_world(tmp_path / "kh", KH, "KH", 2)
    for lanes in ((Lane.URGENT,), (Lane.URGENT, Lane.BULK)):
        raw = roster.invite(kr, KH, lanes, by=someone(KR))
        assert isinstance(roster.accept(kh, raw, roster.fingerprint(raw), by=someone(KH)), Granted)
        if len(lanes) == 1:
            note_contact(kh, KR, REAL, by=someone(KH))
    assert roster.peer_named(kh, KR).contact == REAL


@pytest.mark.parametrize("contact", ["a\nb", "\u202e0010 555 2 28+", "x" * 201, "\x1b[2J"])
def test_a_contact_that_would_not_be_shown_as_it_is_is_refused(two: Pair, contact: str) -> None:
    outcome = note_contact(two.kh, two.kr.me.name, contact, by=Actor("Sok (fictional)", two.kh.me.name, "officer"))
    assert isinstance(outcome, Refused)


@pytest.mark.parametrize(
    ("name", "is_claim"),
    [
        ("callback_phone", True),
        ("Call-Back", True),
        ("officer.contact", True),
        ("safe_contact.never_call", False),
        ("persons_at_risk", False),
    ],
)
def test_members_that_name_the_senders_own_contact_are_known_by_their_names(name: str, is_claim: bool) -> None:
    assert (claims([(name, "x")]) == {name: "x"}) is is_claim


# ---- names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["po1ice.kr.example", "pol1ce.kr.example", "p0lice.kr.example", "po-lice.kr.example"])
def test_a_name_that_would_be_taken_for_a_known_one_is_not_admitted(tmp_path: Path, name: str) -> None:
    kr, kh = make_world(tmp_path / "kr", KR, "KR", 1), make_world(tmp_path / "kh", KH, "KH", 2)
    twin = make_world(tmp_path / "twin", NodeName(name), "KR", 3)
    for writer, good in ((kr, True), (twin, False)):
        raw = roster.invite(writer, KH, (Lane.URGENT,), by=someone(writer.me.name))
        outcome = roster.accept(kh, raw, roster.fingerprint(raw), by=someone(KH))
        assert isinstance(outcome, Granted) is good
    assert isinstance(outcome, Refused)
    assert [reason.code for reason in outcome.reasons] == ["node-name-looks-like"]


@pytest.mark.parametrize(
    "name", ["pоlice.kr.example", "police\u202e.kr.example", "POLICE.kr.example", "police.kr.example."]
)
def test_a_node_name_is_ascii_and_nothing_else(tmp_path: Path, name: str) -> None:
    """The first one has a Cyrillic letter."""
    kr, kh = make_world(tmp_path / "kr", KR, "KR", 1), make_world(tmp_path / "kh", KH, "KH", 2)
    raw = roster.invite(kr, KH, (Lane.URGENT,), by=someone(KR)).replace(
        b'"node":"police.kr.example"', b'"node":"%b"' % name.encode()
    )
    with pytest.raises(Malformed):
        roster.accept(kh, raw, roster.fingerprint(raw), by=someone(KH))


def test_an_invitation_brought_again_after_the_peer_was_removed_admits_nobody(tmp_path: Path) -> None:
    kr, kh = make_world(tmp_path / "kr", KR, "KR", 1), make_world(tmp_path / "kh", KH, "KH", 2)
    raw = roster.invite(kr, KH, (Lane.URGENT,), by=someone(KR))
    assert isinstance(roster.accept(kh, raw, roster.fingerprint(raw), by=someone(KH)), Granted)
    kh.clock.at += 60_000  # type: ignore[attr-defined]  # the clock of tests
    assert isinstance(roster.expel(kh, KR, "a test", by=someone(KH)), Granted)
    assert isinstance(roster.accept(kh, raw, roster.fingerprint(raw), by=someone(KH)), Refused)


@pytest.mark.parametrize("text", ["a\u202eb", "a\u2066b", "a\x1b[31mb", "a\u200eb", "a\x00b"])
def test_what_would_turn_a_line_around_is_shown_as_an_escape(text: str) -> None:
    shown = plain(text)
    assert shown.isprintable()
    assert "\\" in shown


def test_names_that_differ_to_the_eye_are_not_taken_for_each_other() -> None:
    assert taken_for("police.kh.example", ["police.kr.example", "taskforce.kh.example"]) is None
    assert taken_for("police.kr.example", ["police.kr.example"]) is None
