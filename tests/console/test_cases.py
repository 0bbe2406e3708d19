"""Cases on pages: opened, worked in, moved on and reopened; opened by others in an emergency, loudly; and chosen as what one works in."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.console.asked import Asked, visible
from tests.console.peopled import Peopled, opened_peopled

REASON = "FICTIONAL: a child may be in that flat tonight."
WHY = "FICTIONAL: shift begins"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peopled]:
    with opened_peopled(tmp_path_factory.mktemp("cases")) as made:
        yield made


def opened(asked: Asked, number: str) -> str:
    answer = asked.post(
        "/desk/cases", {"number": number, "title": f"{number} harbour (fictional)", "purposes": "crime"}
    )
    assert answer.status_code == 303, visible(answer.text)
    return str(answer.headers["location"]).partition("?")[0].rpartition("/")[2]


def strip(page: str) -> str:
    """The purpose strip of a page."""
    found = re.search(r'(?s)<section class="purpose.*?</section>', page)
    assert found is not None
    return found[0]


def test_a_case_is_opened_and_its_members_alone_see_it(house: Peopled) -> None:
    minji, junho = house.browser("minji"), house.browser("junho")
    case = opened(minji, "2026-1")
    page = visible(minji.page(f"/desk/cases/{case}"))
    assert "2026-1" in page
    assert "minji (fictional)" in page
    assert "2026-1" not in visible(junho.page("/desk/cases"))
    hidden, absent = junho.get(f"/desk/cases/{case}"), junho.get("/desk/cases/0193ffff-0000-7000-8000-0000000000ff")
    assert (hidden.status_code, visible(hidden.text)) == (absent.status_code, visible(absent.text))
    assert minji.post(f"/desk/cases/{case}/members", {"account": "nobody"}).status_code == 422
    assert minji.post(f"/desk/cases/{case}/members", {"account": "junho", "role": "analyst"}).status_code == 303
    assert "2026-1" in visible(junho.page("/desk/cases"))
    gone = minji.post(f"/desk/cases/{case}/members/remove", {"account": house.accounts["junho"]})
    assert gone.status_code == 303
    assert "2026-1" not in visible(junho.page("/desk/cases"))
    assert minji.post("/desk/cases", {"number": "2026-1", "title": "again", "purposes": "crime"}).status_code == 422


def test_a_request_is_put_into_it_by_the_address_of_its_page(house: Peopled) -> None:
    minji, junho = house.browser("minji"), house.browser("junho")
    case, request = opened(minji, "2026-2"), house.request
    assert junho.get(f"/desk/requests/{request}").status_code == 200
    wrong = minji.post(f"/desk/cases/{case}/links", {"what": "request", "thing": "https://x.example/nothing"})
    assert wrong.status_code == 422
    put = minji.post(
        f"/desk/cases/{case}/links",
        {"what": "request", "thing": f"http://127.0.0.1:8711/desk/requests/{request}?did=x"},
    )
    assert put.status_code == 303
    assert f"/desk/requests/{request}" in minji.page(f"/desk/cases/{case}")
    assert f'href="/desk/cases/{case}"' in minji.page(f"/desk/requests/{request}"), "and the other way round"
    assert junho.get(f"/desk/requests/{request}").status_code == 404
    refused = minji.post(f"/desk/cases/{case}/state", {"state": "closing", "reason": "FICTIONAL: all done"})
    assert refused.status_code == 303
    closing = minji.post(f"/desk/cases/{case}/state", {"state": "closed", "reason": "FICTIONAL: all done"})
    assert (closing.status_code, "A request that lies in it is open" in visible(closing.text)) == (422, True)
    assert minji.post(f"/desk/cases/{case}/links/undo", {"thing": request}).status_code == 303
    assert junho.get(f"/desk/requests/{request}").status_code == 200


def test_a_case_is_closed_and_reopened_with_reasons_that_stay(house: Peopled) -> None:
    minji = house.browser("minji")
    case = opened(minji, "2026-3")
    assert minji.post(f"/desk/cases/{case}/state", {"state": "closing", "reason": "short"}).status_code == 422
    for state in ("closing", "closed"):
        assert minji.post(f"/desk/cases/{case}/state", {"state": state, "reason": WHY}).status_code == 303
    ended = visible(minji.page(f"/desk/cases/{case}"))
    assert "This case is read, and nothing is done in it until it is reopened" in ended
    assert "2026-3" not in visible(minji.page("/desk/cases"))
    assert "2026-3" in visible(minji.page("/desk/cases?view=ended"))
    again = minji.post(f"/desk/cases/{case}/state", {"state": "active", "reason": "FICTIONAL: a new witness"})
    assert again.status_code == 303
    assert "FICTIONAL: a new witness" in visible(minji.page(f"/desk/cases/{case}"))
    assert "FICTIONAL: a new witness" in visible(house.browser("seo").page("/desk/journal?act=manage-case"))


def test_case_and_purpose_are_chosen_with_a_reason_and_stand_on_every_page(house: Peopled) -> None:
    minji = house.browser("minji")
    case = opened(minji, "2026-4")
    chosen = {
        "in_case": case,
        "for_purpose": "crime",
        "on_basis": "Act 7 (fictional)",
        "change_why": WHY,
        "back": "/desk/requests",
    }
    assert minji.post("/desk/context", {**chosen, "change_why": ""}).status_code == 422
    assert minji.post("/desk/context", {**chosen, "for_purpose": "rescue"}).status_code == 422, (
        "not what the case is for"
    )
    assert minji.post("/desk/context", {**chosen, "in_case": "0193ffff-0000-7000-8000-0000000000ff"}).status_code == 422
    assert (
        minji.post("/desk/context", {**chosen, "back": "//elsewhere.example"})
        .headers["location"]
        .startswith("/desk/cases/")
    )
    assert minji.post("/desk/context", chosen).headers["location"] == "/desk/requests?did=context"
    for path in ("/desk/today", "/desk/requests", "/desk/reports/new"):
        assert "2026-4" in strip(minji.page(path))
        assert "Act 7 (fictional)" in strip(minji.page(path))
    offered = minji.page(f"/desk/requests/{house.request}")
    assert f'action="/desk/cases/{case}/links"' in offered, (
        "what lies on the desk can be put into the case that one works in"
    )
    told = {"category": "voice-phishing", "country": "KR", "channel_in": "officer", "narrative": "FICTIONAL call."}
    made = minji.post("/desk/reports", told)
    report = str(made.headers["location"]).partition("?")[0]
    assert report in minji.page(f"/desk/cases/{case}"), "what is made in it lies in it"
    assert house.browser("junho").get(report).status_code == 404
    alone = minji.get("/desk/context?back=/desk/today", **{"hx-request": "true"}).text
    assert "<html" not in alone
    assert 'name="in_case"' in alone
    assert minji.post("/desk/context", {"in_case": "", "for_purpose": "crime", "change_why": WHY}).status_code == 303
    assert "2026-4" not in strip(minji.page("/desk/today"))


def test_a_case_of_others_is_opened_loudly(house: Peopled) -> None:
    junho, minji, lee = house.browser("junho"), house.browser("minji"), house.browser("lee")
    case = opened(junho, "2026-5")
    before = visible(minji.page("/desk/emergency"))
    assert "lee (fictional)" in before
    assert "seo (fictional)" in before, "whoever is told is named before"
    assert minji.post("/desk/emergency", {"number": "2026-5", "reason": "short"}).status_code == 422
    assert minji.post("/desk/emergency", {"number": "none", "reason": REASON}).status_code == 422
    answer = minji.post("/desk/emergency", {"number": "2026-5", "reason": REASON})
    assert answer.headers["location"] == f"/desk/cases/{case}?did=glass_broken"
    for path in ("/desk/today", f"/desk/cases/{case}"):
        assert 'class="purpose loud"' in strip(minji.page(path))
    assert "purpose loud" not in junho.page("/desk/today")
    waiting = lee.page("/desk/cases")
    assert REASON in visible(waiting)
    grant = re.search(r'action="/desk/cases/accesses/([0-9a-f-]+)"', waiting)
    assert grant is not None
    assert "Somebody else judges it" not in visible(waiting)
    assert f'action="/desk/cases/accesses/{grant[1]}"' not in minji.page("/desk/cases")
    assert lee.post(f"/desk/cases/accesses/{grant[1]}", {"verdict": "wrong"}).status_code == 303
    over = minji.get("/desk/today")
    assert (over.status_code, "You are not in this case" in visible(over.text)) == (422, True)
    assert "2026-5" not in strip(over.text)
    assert minji.post("/desk/context", {"in_case": "", "for_purpose": "crime", "change_why": WHY}).status_code == 303
    assert minji.get(f"/desk/cases/{case}").status_code == 404
    assert "purpose loud" not in minji.page("/desk/today")


def test_the_list_asks_the_store_as_often_for_many_cases_as_for_one(house: Peopled) -> None:
    lee = house.browser("lee")
    few = house.counted(lee, "/desk/cases")
    for number in range(30):
        house.case("lee", f"2026-many-{number}")
    assert house.counted(lee, "/desk/cases") <= few
