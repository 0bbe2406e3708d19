"""A report is kept as it was told, with the values in its words; its page says what is known, by whom, and where to go next."""

from __future__ import annotations

import pytest

from tests.console.asked import Asked, visible
from tests.faces.routes.desks import LURE, ask, sent

TOLD = "가상: 광고 https://jobs.lure-harbour.example/apply?id=7 에서 +82 10-5550-1234로 전화하라고 했다."
FIELDS = {
    "category": "overseas-job-lure",
    "country": "KH",
    "channel_in": "citizen",
    "language": "ko",
    "fictional": "yes",
}


def taken(asked: Asked, **fields: str) -> str:
    answer = asked.post("/desk/reports", {**FIELDS, "narrative": TOLD, **fields})
    assert answer.status_code == 303, visible(answer.text)
    path: str = answer.headers["location"].partition("?")[0]
    return path.rpartition("/")[2]


def test_what_the_words_hold_is_kept_as_values(asked: Asked) -> None:
    asked.enter()
    report = asked.desks.kr.get(f"/reports/{taken(asked)}")
    assert report["body"]["narrative"] == TOLD
    assert [each["value"] for each in report["body"]["indicators"]] == [LURE]
    assert [each["value"] for each in report["body"]["contacts"]] == ["+821055501234"]


def test_what_the_officer_leaves_out_is_left_out(asked: Asked) -> None:
    asked.enter()
    report = asked.desks.kr.get(f"/reports/{taken(asked, leave_out=f'url {LURE}')}")
    assert "indicators" not in report["body"] or report["body"]["indicators"] == []


def test_a_line_that_reads_as_nothing_is_kept_with_the_words(asked: Asked) -> None:
    asked.enter()
    report = asked.desks.kr.get(f"/reports/{taken(asked, values='the man with the hat')}")
    assert "the man with the hat" in report["body"]["narrative"]


def test_the_page_marks_the_values_and_says_who_has_named_them(asked: Asked) -> None:
    sent(asked.desks, targets=[{"value": LURE}])
    asked.enter()
    path = f"/desk/reports/{taken(asked)}"
    page = asked.page(path)
    assert f'<mark title="Address of a page: {LURE}">{LURE}</mark>' in page
    assert '<p class="told" lang="ko">' in page
    for said in (
        "original: 한국어",
        "translation: none",
        "somebody named it",
        "police.kr.example",
    ):
        assert said in visible(page), said


def test_a_report_is_no_witness_for_itself(asked: Asked) -> None:
    asked.enter()
    report = taken(asked, narrative="가상: +82 10-5550-9876 으로만 연락이 왔다.")
    (known,) = asked.desks.kr.get(f"/reports/{report}")["known"]
    assert (known["statements"], known["raised"]) == ([], False)
    page = visible(asked.page(f"/desk/reports/{report}"))
    assert "not known here" in page
    assert "mean that it is safe" in page


def test_danger_to_life_is_marked_and_leads_to_the_alert(asked: Asked) -> None:
    asked.enter()
    report = taken(asked, category="held-against-will", victim="가상인 나", whereabouts="가상 단지 3동")
    page = asked.page(f"/desk/reports/{report}")
    assert '<span class="state life">' in page
    assert f'class="btn main" href="/desk/rescue/new?report={report}"' in page
    alert = asked.page(f"/desk/rescue/new?report={report}")
    assert 'value="가상인 나"' in alert
    assert ">가상 단지 3동</textarea>" in alert
    assert '<span class="state life">' not in asked.page(f"/desk/reports/{taken(asked)}")


def test_the_list_has_danger_to_life_first(asked: Asked) -> None:
    asked.enter()
    taken(asked, category="life-in-danger")
    newest = taken(asked)
    page = visible(asked.page("/desk/reports"))
    assert page.index("Life in danger") < page.index(newest[-12:])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"narrative": "", "values": ""}, "Write what was told"),
        ({"country": "Korea"}, "longer than 2"),
        ({"country": "1X"}, "two letters"),
        ({"country": ""}, "empty"),
        ({"category": "gossip"}, "one of the choices"),
        ({"whereabouts": "somewhere"}, "Write the name"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_kept(asked: Asked, fields: dict[str, str], said: str) -> None:
    asked.enter()
    before = len(asked.desks.kr.get("/reports"))
    answer = asked.post("/desk/reports", {**FIELDS, "narrative": TOLD, **fields})
    assert answer.status_code == 422
    assert said in visible(answer.text)
    assert len(asked.desks.kr.get("/reports")) == before


@pytest.mark.parametrize("path", ["/desk/reports/found", "/desk/reports/look"])
def test_looking_first_keeps_nothing(asked: Asked, path: str) -> None:
    asked.enter()
    before = len(asked.desks.kr.get("/reports"))
    answer = asked.post(path, {**FIELDS, "narrative": TOLD, "values": "the man with the hat"})
    assert answer.status_code in (200, 201)
    assert "+821055501234" in answer.text
    assert "Reads as no kind" in answer.text
    assert len(asked.desks.kr.get("/reports")) == before


def test_a_report_that_is_not_there_is_the_same_page_as_any_other(asked: Asked) -> None:
    asked.enter()
    gone = "0193a5d0-0000-7000-8000-00000000f1c7"
    assert asked.get(f"/desk/reports/{gone}").text.replace(gone, "") == asked.get("/desk/reports/x").text.replace(
        "/x", "/"
    )


def test_a_request_that_came_of_it_stands_on_its_page(asked: Asked) -> None:
    asked.enter()
    report = taken(asked)
    request = asked.desks.kr.post("/requests", ask(report=report))["request"]
    assert request in asked.page(f"/desk/reports/{report}")
