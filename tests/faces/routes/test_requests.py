"""Requests over the API: from draft to preserved, and every no along the way with all its reasons."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faces.routes.desks import KR, LURE, PROBLEM, Desks, ask, sent

UNTIL = "2027-01-22T00:00:00Z"
ITEM = {"sha256": "b" * 64, "bytes": 512, "media_type": "application/json", "method": "export"}


def allowed(view: dict[str, Any]) -> dict[str, str]:
    return {each["event"]: each["how"] for each in view["allowed"]}


def test_a_request_goes_from_draft_to_preserved_and_both_desks_show_the_same(desks: Desks) -> None:
    request = sent(desks)
    there = desks.kh.get(f"/requests/{request}")
    assert (there["state"], there["side"], there["other"]) == ("sent", "requested", KR)
    assert there["ask"]["facts"].startswith("FICTIONAL")
    assert there["findings"] is None
    desks.kh.post(f"/requests/{request}/steps", {"event": "accept"})
    body = {"event": "preserve", "taken": "logs-held", "hold_until": UNTIL, "items": [ITEM]}
    desks.kh.post(f"/requests/{request}/actions", body)
    desks.exchange()
    here, there = desks.kr.get(f"/requests/{request}"), desks.kh.get(f"/requests/{request}")
    assert here["state"] == there["state"] == "preserved"
    crossing = [s for s in here["history"] if s["event"] not in ("submit", "approve")]
    # Where the letter came from is the sender's own affair: drafting steps never left its desk.
    assert [{**s, "before": ""} for s in crossing] == [{**s, "before": ""} for s in there["history"]]
    assert here["history"][-1]["told"] == {"taken": "logs-held", "hold_until": "2027-01-22T00:00:00.000Z"}
    assert [item["sha256"] for item in here["evidence"]] == ["b" * 64]
    assert here["ask"]["drafted_by"] == desks.kr.officer
    assert here["ask"]["approved_by"] == "lee (fictional)"
    assert (here["refused_steps"], here["waiting"], here["absent"]) == ([], [], [])
    desks.exchange()
    here = desks.kr.get(f"/requests/{request}")
    assert all(r["service"]["stored_at"] for r in here["records"] if r["kind"] in ("action/1", "evidence/1"))


def test_what_is_allowed_names_the_way_in_which_it_is_done(desks: Desks) -> None:
    view = desks.kr.post("/requests", ask())
    request = view["request"]
    assert allowed(view) == {"submit": "submit"}
    desks.kr.post(f"/requests/{request}/attest", {"text_title": "t", "text_sha256": "a" * 64})
    view = desks.kr.post(f"/requests/{request}/submit")
    assert allowed(view) == {"approve": "approve"}
    view = desks.kr.post(f"/requests/{request}/approve", by="lee (fictional)")
    assert allowed(view) == {"send": "send"}
    view = desks.kr.post(f"/requests/{request}/send")
    assert allowed(view)["withdraw"] == "steps"
    desks.exchange()
    there = desks.kh.get(f"/requests/{request}")
    assert "withdraw" not in allowed(there)
    implied = {each["event"]: each["implied"] for each in there["allowed"]}
    assert (implied["acknowledge"], implied["accept"]) == (False, True)
    view = desks.kh.post(f"/requests/{request}/steps", {"event": "accept"})
    assert allowed(view)["preserve"] == "actions"


def test_a_draft_tells_what_is_missing_and_stays_at_home(desks: Desks) -> None:
    view = desks.kr.post("/requests", ask(form={}, offence="", facts="", targets=[]))
    findings = {each["code"]: each for each in view["findings"]["blocking"]}
    assert set(findings) == {"target-missing", "offence-missing", "facts-missing", "attest-missing", "member-missing"}
    assert (findings["facts-missing"]["field"], findings["facts-missing"]["mend"]) == ("facts", "fill-in")
    assert view["route"]["gate"] == "attest"
    assert not view["sent"]
    reasons = desks.kr.refused(f"/requests/{view['request']}/submit")
    assert set(reasons) == set(findings)
    assert reasons["attest-missing"]["route"] == "kr_kh.mla"


def test_a_target_on_a_warning_list_is_said_before_anything_goes_out(desks: Desks) -> None:
    listed = {
        "name": "shared (fictional)",
        "description": "d",
        "version": 1,
        "type": "hostname",
        "matching_attributes": ["hostname", "domain", "url"],
        "list": ["common-harbour.example"],
    }
    desks.kr.post("/imports/warning-list", listed)
    view = desks.kr.post("/requests", ask(targets=[{"value": "https://common-harbour.example/a"}]))
    (warning,) = view["findings"]["warnings"]
    assert (warning["code"], warning["facts"]["list"]) == ("target-on-warning-list", "shared (fictional)")


def test_four_eyes_and_the_order_of_the_steps_are_kept(desks: Desks) -> None:
    request = desks.kr.post("/requests", ask())["request"]
    base = f"/requests/{request}"
    assert "not-submitted" in desks.kr.refused(f"{base}/approve", by="lee (fictional)")
    assert set(desks.kr.refused(f"{base}/send")) == {"not-approved"}
    desks.kr.post(f"{base}/attest", {"text_title": "t", "text_sha256": "a" * 64})
    desks.kr.post(f"{base}/submit")
    assert "four-eyes" in desks.kr.refused(f"{base}/approve")
    assert set(desks.kr.refused(f"{base}/submit")) == {"not-a-draft"}


def sizes(desks: Desks) -> dict[str, int]:
    """Of every channel but the journal, where each refusal leaves its entry."""
    return {c["origin"]: c["size"] for c in desks.kr.get("/channels") if c["lane"] != "journal"}


@pytest.mark.parametrize("event", ["submit", "approve", "send", "withdraw"])
@pytest.mark.parametrize("role", ["officer", "approver"])
def test_no_step_goes_out_for_a_draft_and_nobody_approves_by_a_step(desks: Desks, event: str, role: str) -> None:
    request = desks.kr.post("/requests", ask())["request"]
    size = sizes(desks)
    said = {"event": event, "role": role, "reason": "FICTIONAL"}
    assert "not-sent-yet" in desks.kr.refused(f"/requests/{request}/steps", said, by="lee (fictional)")
    assert "not-sent-yet" in desks.kr.refused(f"/requests/{request}/actions", {"event": event, "taken": "x"})
    assert sizes(desks) == size


def test_what_was_done_is_told_by_an_action_and_what_is_answered_by_a_step(desks: Desks) -> None:
    request = sent(desks)
    desks.kh.post(f"/requests/{request}/steps", {"event": "accept"})
    assert "event-needs-an-action" in desks.kh.refused(f"/requests/{request}/steps", {"event": "preserve"})
    desks.kh.post(f"/requests/{request}/actions", {"event": "start", "taken": "begun"})
    bare = {"event": "refuse", "taken": "nothing"}
    assert "event-is-no-action" in desks.kh.refused(f"/requests/{request}/actions", bare)


def test_preserving_says_until_when(desks: Desks) -> None:
    request = sent(desks)
    desks.kh.post(f"/requests/{request}/steps", {"event": "accept"})
    body = {"event": "preserve", "taken": "logs-held"}
    assert set(desks.kh.refused(f"/requests/{request}/actions", body)) == {"hold-until-missing"}


def test_a_refusal_has_a_ground_of_its_route_and_a_reason(desks: Desks) -> None:
    request = sent(desks)
    base = f"/requests/{request}/steps"
    desks.kh.post(base, {"event": "intend_to_refuse_or_postpone", "reason": "FICTIONAL: scope unclear"})
    assert set(desks.kh.refused(base, {"event": "refuse"})) == {"ground-missing", "reason-missing"}
    forbidden = desks.kh.refused(base, {"event": "refuse", "ground": "BANK_SECRECY", "reason": "FICTIONAL"})
    assert set(forbidden) == {"ground-forbidden"}
    said = {"event": "refuse", "ground": "DUAL_CRIMINALITY", "reason": "FICTIONAL: no offence here"}
    view = desks.kh.post(base, said)
    assert view["state"] == "refused"
    desks.exchange()
    told = desks.kr.get(f"/requests/{request}")["history"][-1]["told"]
    assert (told["ground"], told["reason"]) == ("DUAL_CRIMINALITY", "FICTIONAL: no offence here")


def test_terms_are_shown_to_both(desks: Desks) -> None:
    request = sent(desks)
    base = f"/requests/{request}/steps"
    assert set(desks.kh.refused(base, {"event": "offer_terms"})) == {"terms-missing"}
    term = {"text": "FICTIONAL: this case only", "kind": "use", "until": UNTIL}
    desks.kh.post(base, {"event": "offer_terms", "terms": [term], "role": "approver"})
    desks.exchange()
    (offered,) = desks.kr.get(f"/requests/{request}")["terms"]
    assert (offered["text"], offered["until"], offered["event"]) == ("FICTIONAL: this case only", UNTIL, "offer_terms")
    desks.kr.post(base, {"event": "accept_terms", "role": "approver"})
    desks.exchange()
    assert desks.kh.get(f"/requests/{request}")["state"] == "accepted"


def test_one_side_cannot_take_the_others_step_and_is_told_its_own(desks: Desks) -> None:
    request = sent(desks)
    reasons = desks.kr.refused(f"/requests/{request}/steps", {"event": "accept"})
    assert "withdraw" in reasons["event-not-allowed-here"]["allowed"]
    assert "accept" not in reasons["event-not-allowed-here"]["allowed"]


def test_the_list_holds_nothing_personal(desks: Desks) -> None:
    request = sent(desks)
    for side, direction in ((desks.kr, "requester"), (desks.kh, "requested")):
        rows = {row["request"]: row for row in side.get("/requests")}
        assert (rows[request]["side"], rows[request]["sent"]) == (direction, True)
    assert "victim@family" not in desks.kh.raw("/requests").text
    assert len(desks.kr.get("/requests", limit=1)) == 1


def test_values_that_read_as_no_kind_are_refused_by_their_place(desks: Desks) -> None:
    reasons = desks.kr.refused("/requests", ask(targets=[{"value": LURE}, {"value": "???"}]))
    assert reasons["value-of-no-kind"]["field"] == "targets[1]"


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"to": "nobody.example"}, 404, "peer"),
        ({"to": "Not A Host"}, 400, "node-name"),
        ({"measure": "teleport"}, 404, "measure"),
        ({"nature": "polite"}, 400, "request-shape"),
        ({"deadline": "tomorrow, at ten o'clock"}, 400, None),
        ({"report": "not-an-id"}, 400, None),
        ({"surplus": 1}, 400, "request-shape"),
    ],
    ids=str,
)
def test_a_draft_that_does_not_fit_is_a_problem(
    desks: Desks, changed: dict[str, Any], status: int, code: str | None
) -> None:
    answer = desks.kr.ask("/requests", ask(**changed))
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), answer.text
    assert code is None or answer.json()["code"] == code


@pytest.mark.parametrize("request_id", ["01930000-0000-7000-8000-000000000000", "nonsense", "%2e%2e"])
@pytest.mark.parametrize("what", ["", "/receipts"])
def test_an_unknown_request_is_not_found(desks: Desks, request_id: str, what: str) -> None:
    assert desks.kr.raw(f"/requests/{request_id}{what}").status_code == 404


def test_what_is_theirs_cannot_be_approved_or_sent_here(desks: Desks) -> None:
    request = sent(desks)
    for act in ("submit", "approve", "send"):
        assert desks.kh.ask(f"/requests/{request}/{act}").status_code == 404


ACTS = [
    ("/reports", {"country": "KR", "category": "c", "narrative": "n"}),
    ("/imports", {"values": ["a.example"], "role": "r", "source": "s", "source_sha256": "0" * 64}),
    ("/imports/warning-list", {}),
    ("/requests", ask()),
    *[(f"/requests/x/{act}", {}) for act in ("submit", "approve", "send")],
    ("/requests/x/attest", {"text_title": "t", "text_sha256": "a" * 64}),
    ("/requests/x/steps", {"event": "accept"}),
    ("/requests/x/actions", {"event": "preserve", "taken": "t"}),
]


@pytest.mark.parametrize(("path", "body"), ACTS, ids=lambda value: value if isinstance(value, str) else "")
def test_an_act_without_an_officer_is_refused(desks: Desks, path: str, body: dict[str, Any]) -> None:
    answer = desks.kr.client.post(path, json=body, headers={"authorization": "Bearer t0ken"})
    assert (answer.status_code, answer.json()["code"]) == (400, "officer-not-named")


@pytest.mark.parametrize(
    ("path", "body"), [each for each in ACTS if each[1]], ids=lambda value: value if isinstance(value, str) else ""
)
def test_an_unknown_member_is_refused(desks: Desks, path: str, body: dict[str, Any]) -> None:
    answer = desks.kr.ask(path, {**body, "surplus": 1})
    assert (answer.status_code, answer.json()["code"]) == (400, "request-shape")
    assert "surplus" in answer.text
