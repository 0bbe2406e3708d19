"""Reports over the API: kept whole, matched at once, shown with what is known, and silent about persons in lists."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faces.routes.desks import KR, Desks, ask

SHA = "d" * 64


def report(**changed: object) -> dict[str, Any]:
    return {"country": "KH", "category": "job-lure", "channel_in": "citizen", "fictional": True, **changed}


def share(desks: Desks, *values: str, kind: str = "domain") -> None:
    body = {"values": values, "kind": kind, "role": "scam-site", "source": "list", "source_sha256": SHA}
    desks.kr.post("/imports", {**body, "audience": desks.kh.world.me.name})
    desks.exchange()


def test_a_reported_link_meets_what_another_country_has_shared(desks: Desks) -> None:
    share(desks, "met-harbour.example")
    taken = desks.kh.post("/reports", report(values=[{"value": "https://a.met-harbour.example/x"}]))
    assert taken["raised"] == [{"kind": "url", "value": "https://a.met-harbour.example/x"}]
    (known,) = taken["known"]
    (said,) = known["statements"]
    assert (said["said_by"], said["exact"], said["value"]["value"]) == (KR, False, "met-harbour.example")
    assert said["said_at"].endswith("Z")
    assert known["raised"]


def test_a_report_is_shown_whole_to_its_desk_and_is_no_witness_for_itself(desks: Desks) -> None:
    body = report(
        values=[{"value": "own-harbour.example"}, {"kind": "phone", "value": "+855 12 345 111"}],
        narrative="FICTIONAL: promised typing work.",
        reporter={"name": "Fictional Reporter", "contact": "r@citizen.example"},
        victims=[{"name": "Fictional Victim", "whereabouts": "a fictional town"}],
        language="km",
    )
    taken = desks.kh.post("/reports", body)
    shown = desks.kh.get(f"/reports/{taken['report']}")
    assert shown["body"]["contacts"] == [{"kind": "phone", "value": "+85512345111"}]
    assert shown["body"]["victims"][0]["name"] == "Fictional Victim"
    assert shown["absent"] == []
    assert [known["statements"] for known in shown["known"]] == [[], []]
    again = desks.kh.post("/reports", report(values=[{"value": "own-harbour.example"}]))
    assert [each["kind"] for each in again["known"][0]["statements"]] == ["report/1"]


def test_the_list_of_reports_holds_nothing_personal(desks: Desks) -> None:
    taken = desks.kh.post("/reports", report(narrative="FICTIONAL-NARRATIVE", victims=[{"name": "FICTIONAL-NAME"}]))
    answer = desks.kh.raw("/reports")
    assert taken["report"] in answer.text
    assert "FICTIONAL-N" not in answer.text


def test_a_text_of_no_kind_is_kept_with_the_narrative_and_told(desks: Desks) -> None:
    taken = desks.kh.post("/reports", report(values=[{"value": "met-harbour.example"}, {"value": "call me maybe"}]))
    (unread,) = taken["unread"]
    assert (unread["code"], unread["field"]) == ("value-of-no-kind", "values[1]")
    assert "call me maybe" in desks.kh.get(f"/reports/{taken['report']}")["body"]["narrative"]


def test_a_report_leads_to_its_requests(desks: Desks) -> None:
    taken = desks.kr.post("/reports", report(country="KR", narrative="FICTIONAL"))
    request = desks.kr.post("/requests", ask(report=taken["report"]))["request"]
    assert desks.kr.get(f"/reports/{taken['report']}")["requests"] == [request]


def test_an_empty_report_is_refused_with_a_mend(desks: Desks) -> None:
    reasons = desks.kh.refused("/reports", report())
    assert reasons["report-empty"]["mend"]


@pytest.mark.parametrize(
    "changed",
    [{"channel_in": "rumour"}, {"country": "Cambodia"}, {"category": ""}, {"values": [{"value": ""}]}, {"values": "x"}],
    ids=str,
)
def test_a_report_that_does_not_fit_is_a_problem(desks: Desks, changed: dict[str, object]) -> None:
    answer = desks.kh.ask("/reports", report(narrative="n", **changed))
    assert (answer.status_code, answer.json()["code"]) == (400, "request-shape")


@pytest.mark.parametrize("report_id", ["01930000-0000-7000-8000-000000000000", "x"])
def test_an_unknown_report_is_not_found(desks: Desks, report_id: str) -> None:
    assert desks.kh.raw(f"/reports/{report_id}").status_code == 404


def test_nothing_that_was_reported_reaches_a_log(desks: Desks, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    desks.kh.post("/reports", report(narrative="FICTIONAL-SECRET", values=[{"value": "+85512999888"}]))
    desks.kh.ask("/reports", report(narrative="FICTIONAL-SECRET", surplus="+85512999888"))
    desks.kh.ask("/lookup", {"value": "FICTIONAL-SECRET ???"})
    assert "FICTIONAL-SECRET" not in caplog.text
    assert "12999888" not in caplog.text
