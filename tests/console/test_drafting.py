"""A draft: every route with its gate and reasons, findings beside their fields, nothing kept by looking, two persons before it leaves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.console.asked import Asked, visible
from tests.faces.routes.desks import KH, LURE, sent

AUTHOR, OTHER = "김담당 (fictional)", "이승인 (fictional)"
READ = {"text_title": "FICTIONAL treaty", "text_sha256": "a" * 64}
BARE = {"measure": "preserve", "to": KH}
WHOLE = {
    **BARE,
    "route": "kr_kh.mla",
    "nature": "via-state",
    "targets": f"{LURE}\nvictim@family.example",
    "offence": "fraud",
    "facts": "FICTIONAL: the page recruits for a compound.",
    "m:central_authority": "MOJ",
    "m:subject_and_nature": "fraud",
    "m:use_limitation": "this case",
}


def kept(asked: Asked, **fields: str) -> str:
    answer = asked.post("/desk/requests/new", {**WHOLE, "do": "keep", **fields})
    assert answer.status_code == 303, visible(answer.text)
    path: str = answer.headers["location"].partition("?")[0]
    assert path.endswith("/draft")
    return path.split("/")[3]


def act(asked: Asked, request: str, how: str) -> Any:
    view = asked.desks.kr.get(f"/requests/{request}")
    event = next(each["event"] for each in view["allowed"] if each["how"] == how)
    return asked.post(f"/desk/requests/{request}/act", {"how": how, "event": event, "state": view["state"]})


def test_an_empty_form_shows_every_route_open_or_closed_with_its_reasons(asked: Asked) -> None:
    asked.enter()
    html = asked.page("/desk/requests/new")
    page = visible(html)
    for said in (
        "kr_kh.mla",
        "vol.preserve",
        "unc.preserve",
        "Nobody here has read its text yet",
        "It isn&#39;t in force",
        "A state isn&#39;t party",
    ):
        assert said in page, said
    assert '<input type="radio" name="route" value="unc.preserve" id="way-unc.preserve" disabled>' in html
    assert '<input type="radio" name="route" value="kr_kh.mla" id="way-kr_kh.mla">' in html


def test_looking_keeps_nothing_and_puts_each_finding_beside_its_field(asked: Asked) -> None:
    asked.enter()
    before = len(asked.desks.kr.get("/requests"))
    answer = asked.post("/desk/requests/new", {**BARE, "route": "kr_kh.mla", "do": "look"})
    assert answer.status_code in (200, 201)
    field = answer.text.partition('id="f-offence"')[2].partition("<textarea")[0]
    assert "The offence isn&#39;t named. Fill it in." in field
    assert 'href="#f-m:central_authority"' in answer.text
    assert "Central authority" in visible(answer.text)
    assert len(asked.desks.kr.get("/requests")) == before


@pytest.mark.parametrize("path", ["/desk/requests/weigh", "/desk/requests/check"])
def test_what_is_weighed_while_typing_is_kept_nowhere(asked: Asked, path: str) -> None:
    asked.enter()
    before = len(asked.desks.kr.get("/requests"))
    answer = asked.post(path, {**WHOLE, "targets": "nothing that reads"})
    assert answer.status_code in (200, 201)
    assert "<main" not in answer.text
    assert len(asked.desks.kr.get("/requests")) == before


def test_the_findings_say_what_is_missing_and_that_nothing_is(asked: Asked) -> None:
    asked.enter()
    missing = visible("<main>" + asked.post("/desk/requests/check", BARE).text)
    assert "No legal route is chosen" in missing
    whole = visible("<main>" + asked.post("/desk/requests/check", WHOLE).text)
    assert "1 thing keeps it here" in whole
    assert "Read the text and record it." in whole


def test_a_kept_draft_is_what_was_written_and_persons_travel_sealed(asked: Asked) -> None:
    asked.enter()
    ask = asked.desks.kr.get(f"/requests/{kept(asked, **{'m:persons[].identity': 'Fictional Person'})}")["ask"]
    assert [each["value"] for each in ask["targets"]] == [LURE]
    assert [each["value"] for each in ask["personal_targets"]] == ["victim@family.example"]
    assert ask["form"] == {"central_authority": "MOJ", "subject_and_nature": "fraud", "use_limitation": "this case"}
    assert ask["form_personal"] == {"persons[].identity": "Fictional Person"}
    assert ask["drafted_by"] == AUTHOR


def test_a_target_that_reads_as_nothing_is_named(asked: Asked) -> None:
    asked.enter()
    answer = asked.post("/desk/requests/new", {**WHOLE, "targets": "the man with the hat", "do": "keep"})
    assert answer.status_code == 422
    assert "reads as no kind of value" in visible(answer.text)
    assert "the man with the hat</textarea>" in answer.text


def test_from_the_draft_to_its_leaving_two_persons_act(asked: Asked) -> None:
    asked.enter(AUTHOR)
    request = kept(asked)
    page = asked.page(f"/desk/requests/{request}/draft")
    assert "Nobody has recorded having read the text" in visible(page)
    assert act(asked, request, "submit").status_code == 422
    assert asked.post(f"/desk/requests/{request}/attest", READ).status_code == 303
    assert act(asked, request, "submit").status_code == 303
    page = asked.page(f"/desk/requests/{request}/draft")
    assert "The author can&#39;t approve" in visible(page)
    assert "You wrote it, so you can&#39;t approve it" in visible(page)
    assert 'disabled aria-disabled="true" aria-describedby="why-approve"' in page
    assert act(asked, request, "approve").status_code == 422
    asked.post("/desk/leave")
    asked.enter(OTHER)
    page = asked.page(f"/desk/requests/{request}/draft")
    assert "You may, since you did not write it" in visible(page)
    assert act(asked, request, "approve").status_code == 303
    page = asked.page(f"/desk/requests/{request}/draft")
    assert OTHER in visible(page)
    assert "data-leaves" in page
    assert act(asked, request, "send").status_code == 303
    assert "It has left" in visible(asked.page(f"/desk/requests/{request}/draft"))


def test_a_changed_draft_takes_the_place_of_the_earlier_one(asked: Asked) -> None:
    asked.enter()
    old = kept(asked)
    html = asked.page(f"/desk/requests/new?from={old}")
    assert 'value="MOJ"' in html
    assert f'name="replaces" value="{old}"' in html
    assert '<input type="radio" name="route" value="kr_kh.mla" id="way-kr_kh.mla" checked>' in html
    new = kept(asked, replaces=old, offence="aggravated fraud")
    assert asked.desks.kr.get(f"/requests/{old}")["state"] == "withdrawn"
    assert asked.desks.kr.get(f"/requests/{new}")["ask"]["offence"] == "aggravated fraud"


def test_what_has_left_is_not_discarded_and_that_is_said(asked: Asked) -> None:
    old = sent(asked.desks)
    asked.enter()
    answer = asked.post("/desk/requests/new", {**WHOLE, "do": "keep", "replaces": old})
    assert answer.headers["location"].endswith("did=draft_kept_both")
    assert asked.desks.kr.get(f"/requests/{old}")["state"] != "withdrawn"


def test_a_draft_begins_from_a_report(asked: Asked) -> None:
    asked.enter()
    body = {
        "country": "KH",
        "category": "overseas-job-lure",
        "values": [{"value": LURE}],
        "narrative": "가상: 광고",
        "fictional": True,
    }
    report = asked.desks.kr.post("/reports", body)["report"]
    html = asked.page(f"/desk/requests/new?report={report}")
    assert f">{LURE}</textarea>" in html
    assert ">가상: 광고</textarea>" in html
    request = kept(asked, report=report)
    assert asked.desks.kr.get(f"/reports/{report}")["requests"] == [request]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"measure": "rescue"}, "one of the choices"),
        ({"to": "nobody.example"}, "one of the choices"),
        ({"deadline": "soon"}, "a day and a time"),
        ({"offence": "x" * 121}, "longer than 120"),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_is_kept(asked: Asked, fields: dict[str, str], said: str) -> None:
    asked.enter()
    before = len(asked.desks.kr.get("/requests"))
    answer = asked.post("/desk/requests/new", {**WHOLE, "do": "keep", **fields})
    assert answer.status_code == 422
    assert said in visible(answer.text)
    assert len(asked.desks.kr.get("/requests")) == before


def test_what_the_reader_sees_is_in_their_language(asked: Asked) -> None:
    asked.enter()
    html = asked.page("/desk/requests/new", lang="km")
    assert "មិនទាន់មានអ្នកអានអត្ថបទ" in html
    assert "Nobody here" not in html


def test_a_request_of_the_other_side_has_no_draft_page(asked: Asked) -> None:
    asked.enter()
    assert asked.get("/desk/requests/0193a5d0-0000-7000-8000-00000000f1c7/draft").status_code == 404
