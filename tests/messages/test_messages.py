"""Messages between the two sides of a request: one thread, equal at both ends, and no word of it changes the state."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from comity.domain.ledger import Lane
from comity.domain.record import open_record, seal
from comity.domain.record.kinds import ack_1, message_1
from comity.domain.terms import Actor, NodeName
from comity.flows import files
from comity.flows.filing import channel_to, letter, sealed
from comity.flows.message import CODES, FIELDS, messages
from comity.flows.opened import open_request, seen
from comity.flows.request_state import Dossier, dossier
from comity.ports import Place
from tests.faces.routes.desks import KH, KR, Desks, Side, ask, opened_desks, sent
from tests.files.kept import digest
from tests.worlds import marking

NOBODY = {"stored_at": None, "stored_size": None, "stored_by": None, "opened_at": None, "opened_by": None}


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    with opened_desks(tmp_path_factory.mktemp("desks")) as made:
        yield made


@pytest.fixture(scope="module")
def request_id(desks: Desks) -> str:
    return sent(desks)


def write(side: Side, request: str, **said: Any) -> dict[str, Any]:
    """The message as its writer's desk shows it."""
    thread: list[dict[str, Any]] = side.post(f"/requests/{request}/messages", said)
    return thread[-1]


def thread_at(side: Side, request: str) -> list[dict[str, Any]]:
    """The thread without what only one end can know yet."""
    found: list[dict[str, Any]] = side.get(f"/requests/{request}/messages")
    assert side.get(f"/requests/{request}")["messages"] == found
    return [{**each, "service": None} for each in found]


def test_both_ends_see_one_thread_in_one_order_and_the_state_stays(desks: Desks) -> None:
    request = sent(desks)
    before = [side.get(f"/requests/{request}")["state"] for side in (desks.kr, desks.kh)]
    first = write(desks.kh, request, text="FICTIONAL: 어느 계정인가요?", lang="ko", asks=[{"field": "facts"}])
    crossing = write(desks.kr, request, text="FICTIONAL: one more thing")
    desks.exchange()
    write(desks.kr, request, text="FICTIONAL: the second one", reply_to=first["record"])
    desks.exchange()
    here, there = thread_at(desks.kr, request), thread_at(desks.kh, request)
    assert here == there
    assert [(each["node"], each["text"]) for each in here] == [
        (KH, "FICTIONAL: 어느 계정인가요?"),
        (KR, "FICTIONAL: one more thing"),
        (KR, "FICTIONAL: the second one"),
    ]
    assert (here[0]["lang"], here[0]["asks"]) == ("ko", [{"field": "facts", "code": "unclear"}])
    assert (here[1]["record"], here[2]["reply_to"]) == (crossing["record"], first["record"])
    assert [side.get(f"/requests/{request}")["state"] for side in (desks.kr, desks.kh)] == before


def test_the_text_is_sealed_and_the_codes_are_not(desks: Desks, request_id: str) -> None:
    write(desks.kh, request_id, text="FICTIONAL: Person Name", asks=[{"field": "targets", "code": "too-broad"}])
    world = desks.kh.world
    place = world.store.of_kind("message/1", 1)[0]
    (entry,) = world.store.entries(place.origin, place.index, place.index + 1)
    assert entry.envelope is not None
    assert b"Person Name" not in entry.envelope
    assert b"Person Name" in entry.fields
    assert b"too-broad" in entry.envelope


def test_an_arriving_message_is_noticed_once_with_nothing_of_its_text(desks: Desks, request_id: str) -> None:
    message = write(desks.kh, request_id, text="FICTIONAL: a very particular phrase")
    desks.exchange()
    desks.exchange()
    notices = [each for each in desks.kr.get("/notices") if each["kind"] == "message-arrived"]
    mine = [each for each in notices if each["key"].endswith(message["record"])]
    assert [each["about"]["request"] for each in mine] == [request_id]
    assert "particular" not in str(notices)


def test_an_attachment_is_a_file_that_is_here_and_crosses_like_evidence(desks: Desks, request_id: str) -> None:
    raw = b"FICTIONAL: page two of the form"
    refused = desks.kh.refused(
        f"/requests/{request_id}/messages", {"attachments": [{"sha256": digest(raw), "media_type": "text/plain"}]}
    )
    assert refused.keys() == {"attachment-not-here"}
    desks.kh.world.files.keep([raw])
    write(desks.kh, request_id, attachments=[{"sha256": digest(raw), "media_type": "text/plain"}])
    desks.exchange()
    (attached,) = thread_at(desks.kr, request_id)[-1]["attachments"]
    assert attached == {
        "sha256": digest(raw), "bytes": len(raw), "media_type": "text/plain", "state": "named", "held": 0,
    }  # fmt: skip
    (wanted,) = [each for each in files.wanted_now(desks.kr.world) if each.sha256 == digest(raw)]
    assert wanted.writer == KH


REFUSED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "it says nothing": ({}, {"message-empty"}),
    "it asks about what no request has": ({"asks": [{"field": "form/favourite_colour"}]}, {"ask-field-unknown"}),
    "it answers a record that isn't of this request": (
        {"text": "x", "reply_to": "0193a5d1-9999-7000-8000-00000000f1c7"},
        {"reply-to-unknown"},
    ),
    "several at once": (
        {"asks": [{"field": "colour"}], "reply_to": "nothing"},
        {"ask-field-unknown", "reply-to-unknown"},
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_message_is_refused_with_every_reason(desks: Desks, request_id: str, why: str) -> None:
    said, codes = REFUSED[why]
    assert desks.kr.refused(f"/requests/{request_id}/messages", said).keys() == codes


def test_a_coded_question_may_name_every_member_of_the_request_and_of_its_forms(desks: Desks, request_id: str) -> None:
    asks = [{"field": field, "code": code} for field in (*FIELDS, "form/use_limitation") for code in CODES]
    assert len(write(desks.kh, request_id, asks=asks)["asks"]) == len(asks)


def test_nobody_writes_about_a_draft_or_about_what_is_closed(desks: Desks) -> None:
    draft = desks.kr.post("/requests", ask())["request"]
    assert desks.kr.refused(f"/requests/{draft}/messages", {"text": "x"}).keys() == {"not-sent-yet"}
    request = sent(desks)
    desks.kh.post(f"/requests/{request}/steps", {"event": "acknowledge"})
    desks.exchange()
    desks.kr.post(f"/requests/{request}/steps", {"event": "withdraw", "reason": "FICTIONAL: not needed"})
    desks.exchange()
    closing = [each["event"] for each in desks.kr.get(f"/requests/{request}")["allowed"]]
    desks.kr.post(f"/requests/{request}/steps", {"event": closing[0]})
    desks.exchange()
    for side in (desks.kr, desks.kh):
        assert side.get(f"/requests/{request}")["closed"]
        assert side.refused(f"/requests/{request}/messages", {"text": "x"}).keys() == {"request-closed"}


def test_a_message_of_a_third_party_is_no_part_of_the_thread(desks: Desks, request_id: str) -> None:
    """A node may write what it likes into its own channel; only the two sides speak in the thread."""
    world = desks.kr.world
    found = dossier(world, request_id)
    body = message_1.Body(
        request=request_id, by="x (fictional)", at="2026-11-25T07:30:00.000Z", text="FICTIONAL: I am KH"
    )

    def with_one_of(issuer: str) -> Dossier:
        made = seal(
            body,
            id=world.mint.record_id(),
            issuer=NodeName(issuer),
            made=world.clock.now(),
            marking=marking(),
            purpose="crime",
            salt=world.mint.salt,
        )
        place = Place(f"{issuer}/ch/{'0' * 16}", 0)
        return replace(found, records=(*found.records, (place, open_record(made.envelope, made.fields))))

    assert len(messages(with_one_of("bank.vn.example"))) == len(messages(found))
    assert len(messages(with_one_of(KH))) == len(messages(found)) + 1


def test_a_first_look_is_told_once_by_name_and_both_desks_show_it_apart_from_storing(desks: Desks) -> None:
    request = sent(desks)
    kr, kh = desks.kr, desks.kh
    assert _request_line(kr, request)["opened_at"] is None
    stored = _request_line(kr, request)
    assert (stored["stored_by"], stored["opened_by"]) == (f"{KH}/receipt", None)
    assert stored["stored_size"] >= 1
    assert len(kh.post(f"/requests/{request}/opened", by="sok (fictional)")["told"]) == 1
    assert kh.post(f"/requests/{request}/opened", by="dara (fictional)")["told"] == []
    desks.exchange()
    for side in (kr, kh):
        line = _request_line(side, request)
        assert line["opened_by"] == "sok (fictional)"
        assert line["opened_at"] >= line["stored_at"][:19]
        assert line["stored_at"] == stored["stored_at"]


def test_each_message_is_opened_by_itself_by_whoever_it_was_written_to(desks: Desks) -> None:
    request = sent(desks)
    desks.kh.post(f"/requests/{request}/opened")
    write(desks.kr, request, text="FICTIONAL: to you")
    assert desks.kr.post(f"/requests/{request}/opened")["told"] == [], "one's own message isn't opened by oneself"
    desks.exchange()
    assert len(desks.kh.post(f"/requests/{request}/opened", by="dara (fictional)")["told"]) == 1
    write(desks.kh, request, text="FICTIONAL: and to you")
    desks.exchange()
    first, second = desks.kr.get(f"/requests/{request}/messages")
    assert (first["service"]["opened_by"], second["service"]["opened_by"]) == ("dara (fictional)", None)
    assert second["service"]["stored_by"] == f"{KR}/receipt"
    assert len(desks.kr.post(f"/requests/{request}/opened")["told"]) == 1
    desks.exchange()
    assert desks.kh.get(f"/requests/{request}/messages")[1]["service"]["opened_by"] == desks.kr.officer


def test_what_nobody_has_stored_yet_says_so(desks: Desks) -> None:
    request = sent(desks)
    assert write(desks.kr, request, text="FICTIONAL: just now")["service"] == NOBODY


def test_opening_a_draft_or_nothing_tells_nobody(desks: Desks) -> None:
    draft = desks.kr.post("/requests", ask())["request"]
    assert desks.kr.post(f"/requests/{draft}/opened")["told"] == []
    assert desks.kr.ask("/requests/0193a5d1-9999-7000-8000-00000000f1c7/opened").status_code == 404


def test_a_word_about_opening_counts_only_from_the_reader_itself(desks: Desks) -> None:
    """The sender can't say that the other side opened its letter."""

    request = sent(desks)
    world = desks.kr.world
    found = dossier(world, request)
    place, record = next((p, r) for p, r in found.records if r is found.sent)
    body = ack_1.Body(
        of=record.envelope.id,
        of_kind="request/1",
        state="opened",
        at="2026-11-25T07:30:00.000Z",
        by="forged (fictional)",
    )
    world.store.keep([letter(channel_to(world, desks.kh.world.me.name, Lane.URGENT), sealed(world, body, purpose="x"))])
    assert seen(world, place, record) is None


def test_two_officers_at_once_give_one_word(desks: Desks) -> None:

    request = sent(desks)
    world, told = desks.kh.world, []

    def look(name: str) -> None:
        told.extend(open_request(world, Actor(name, world.me.name, "officer"), request))

    threads = [threading.Thread(target=look, args=(f"officer {n} (fictional)",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 1


def _request_line(side: Side, request: str) -> dict[str, Any]:
    """What is known of the request record's service."""
    lines = side.get(f"/requests/{request}")["records"]
    (line,) = [each for each in lines if each["kind"] == "request/1" and each["service"]["stored_at"]]
    service: dict[str, Any] = line["service"]
    return service
