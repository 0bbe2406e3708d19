"""Receipts, records and notices over the API: files that verify, chosen values beside them, records as far as they are here."""

from __future__ import annotations

import pytest

from comity.domain.ledger import parse_policy
from comity.domain.receipt import verify_receipt
from comity.domain.record import decode_fields
from tests.faces.routes.desks import KH, KR, LURE, PROBLEM, Desks, sent


@pytest.fixture(scope="module")
def request_id(desks: Desks) -> str:
    return sent(desks)


def test_receipts_of_a_request_verify_under_the_policy_of_either_desk(desks: Desks, request_id: str) -> None:
    for side in (desks.kr, desks.kh):
        policy = parse_policy(side.raw("/policy").content)
        found = side.get(f"/requests/{request_id}/receipts")
        (line,) = found["receipts"]
        assert (line["kind"], line["cosigned_by"]) == ("request", [f"{KH}/receipt"])
        answer = side.raw(line["proof"])
        assert answer.headers["content-disposition"] == f'attachment; filename="{line["name"]}.tlog-proof"'
        shown = verify_receipt(answer.content, policy=policy)
        assert shown.keys_proven
        assert [each.name for each in shown.delivered] == [f"{KH}/receipt"]


def test_only_the_chosen_values_go_beside_a_receipt(desks: Desks, request_id: str) -> None:
    (line,) = desks.kr.get(f"/requests/{request_id}/receipts")["receipts"]
    assert line["openable"] == ["/facts", "/personal_targets"]
    proof = desks.kr.raw(line["proof"]).content
    assert b"victim@family" not in proof
    one = decode_fields(desks.kr.raw(line["fields"], open="/facts").content)
    both = decode_fields(desks.kr.raw(line["fields"], open=["/facts", "/personal_targets"]).content)
    assert [field.pointer for field in one] == ["/facts"]
    assert [field.pointer for field in both] == ["/facts", "/personal_targets"]
    assert desks.kr.raw(line["fields"]).content == b""
    shown = verify_receipt(proof, policy=parse_policy(desks.kr.raw("/policy").content), fields=one)
    assert (shown.opened, shown.closed) == (("/facts",), ("/personal_targets",))


def test_a_value_that_is_not_here_is_refused_with_those_that_are(desks: Desks, request_id: str) -> None:
    (line,) = desks.kr.get(f"/requests/{request_id}/receipts")["receipts"]
    answer = desks.kr.raw(line["fields"], open=["/facts", "/nothing"])
    (reason,) = answer.json()["facts"]["reasons"]
    assert (answer.status_code, reason["code"], reason["facts"]["field"]) == (422, "field-not-here", "/nothing")
    assert reason["facts"]["here"] == ["/facts", "/personal_targets"]


def test_what_the_reader_has_not_confirmed_is_told_as_waiting(desks: Desks) -> None:
    request = sent(desks)
    desks.kh.post(f"/requests/{request}/steps", {"event": "acknowledge"})
    (waiting,) = desks.kh.get(f"/requests/{request}/receipts")["waiting"]
    assert (waiting["kind"], waiting["waiting_for"]) == ("decision", KR)
    path = f"/receipts/{waiting['origin'].replace('/ch/', '/')}/{waiting['index']}.tlog-proof"
    answer = desks.kh.raw(path)
    assert (answer.status_code, answer.json()["code"]) == (409, "not-cosigned-yet")


@pytest.mark.parametrize(
    "path",
    [
        f"/receipts/{KR}/0000000000000000/0.tlog-proof",
        f"/receipts/{KR}/ORIGIN/999999.tlog-proof",
        f"/receipts/{KR}/ORIGIN/0.pdf",
        f"/receipts/{KR}/ORIGIN/-1.tlog-proof",
        f"/receipts/{KR}/ORIGIN/00.tlog-proof",
        f"/records/{KR}/0000000000000000/0",
        f"/records/{KR}/ORIGIN/999999",
        f"/records/{KR}/ORIGIN/x",
    ],
)
def test_what_is_not_there_is_a_problem(desks: Desks, request_id: str, path: str) -> None:
    (line,) = desks.kr.get(f"/requests/{request_id}/receipts")["receipts"]
    answer = desks.kr.raw(path.replace("ORIGIN", line["origin"].rpartition("/")[2]))
    assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)


def test_a_record_is_shown_with_its_envelope_its_values_and_who_holds_it(desks: Desks, request_id: str) -> None:
    (line,) = desks.kh.get(f"/requests/{request_id}/receipts")["receipts"]
    record = desks.kh.get(f"/records/{line['origin'].replace('/ch/', '/')}/{line['index']}")
    assert (record["writer"], record["audience"], record["lane"], record["state"]) == (KR, KH, "urgent", "present")
    assert (record["envelope"]["kind"], record["envelope"]["issuer"]) == ("request/1", KR)
    assert record["envelope"]["marking"]["tlp"] == "AMBER+STRICT"
    assert record["body"]["facts"].startswith("FICTIONAL")
    assert (record["absent"], record["fault"], record["order"], record["stopped_by"]) == ([], None, None, None)
    assert record["confirmed_at"].endswith("Z")


def test_notices_name_places_and_no_person(desks: Desks, request_id: str) -> None:
    answer = desks.kh.raw("/notices")
    kinds = {each["kind"] for each in answer.json()}
    assert "request-arrived" in kinds
    assert "victim@family" not in answer.text
    assert LURE not in answer.text
    assert len(desks.kh.get("/notices", limit=1)) == 1
    assert request_id
