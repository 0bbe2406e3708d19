"""Sessions: stolen, replayed, fixed, forged from another page, ended; and what they are for."""

from __future__ import annotations

from typing import Any

import pytest

from comity.domain.people import key_of
from tests.journal.reading import kept, size
from tests.people.house import OTHER, PASSWORD, House, no, token_of, yes

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


# ---- what the node keeps ---------------------------------------------------------------------------------------------------
def test_the_node_keeps_nothing_that_opens_a_session(house: House) -> None:
    admin = house.first()
    token = token_of(admin)
    found = house.world.people.whose(key_of(token))
    assert found is not None
    assert token not in repr(found)
    assert len(token) == 43


def test_a_session_of_before_is_not_the_session_of_after(house: House) -> None:
    """Fixation: a token that was there before coming in opens nothing afterwards, and a new one is made each time."""
    house.first()
    browser = house.browser()
    browser.client.cookies.set("comity_session_8711", "x" * 43, domain="localhost.local")
    browser.log_in("ahn")
    first = token_of(browser)
    assert first != "x" * 43
    browser.log_in("ahn")
    assert token_of(browser) != first
    thief = house.browser()
    for stale in ("x" * 43, first):
        thief.client.cookies.set("comity_session_8711", stale, domain="localhost.local")
        answer = thief.ask("GET", "/session")
        assert (answer.status_code, answer.json()["code"]) == (401, "session-ended")


def test_a_session_ends_unused_and_at_the_latest_after_its_time(house: House) -> None:
    admin = house.first()
    for _ in range(23):
        house.clock.at += 29 * MINUTE
        assert admin.ask("GET", "/session").status_code == 200
    house.clock.at += 54 * MINUTE
    assert admin.ask("GET", "/session").json()["code"] == "session-ended"
    admin.log_in("ahn")
    for _ in range(24):
        house.clock.at += 29 * MINUTE
        admin.ask("GET", "/session")
    house.clock.at += 29 * MINUTE
    assert admin.ask("GET", "/session").json()["code"] == "session-ended"


def test_leaving_ends_it_here_and_in_the_browser(house: House) -> None:
    admin = house.first()
    token = token_of(admin)
    answer = admin.ask("DELETE", "/session")
    assert any("comity_session_8711" in line and "Max-Age=0" in line for line in answer.headers.get_list("set-cookie"))
    thief = house.browser()
    thief.client.cookies.set("comity_session_8711", token, domain="localhost.local")
    assert thief.ask("GET", "/session").status_code == 401


def test_sessions_are_listed_and_ended_one_by_one_or_all_others(house: House) -> None:
    admin = house.first()
    kim = house.add(admin, "kim", "officer")
    others = [house.browser_of("kim") for _ in range(3)]
    listed = kim.get("/sessions")
    assert [each["this"] for each in listed] == [False, False, False, True]
    yes(kim.ask("DELETE", f"/sessions/{listed[0]['id']}"))
    assert others[2].ask("GET", "/session").status_code == 401
    assert admin.ask("DELETE", f"/sessions/{listed[1]['id']}").status_code == 404
    assert yes(kim.ask("DELETE", "/sessions"))["ended"] == 2
    assert [each.ask("GET", "/session").status_code for each in (*others, kim)] == [401, 401, 401, 200]


def test_a_new_password_ends_every_other_session(house: House) -> None:
    admin = house.first()
    other = house.browser_of("ahn")
    assert list(admin.refused("/session/password", {"present": OTHER, "password": OTHER})) == ["present-password-wrong"]
    assert "password-short" in admin.refused("/session/password", {"present": PASSWORD, "password": "short"})
    assert admin.post("/session/password", {"present": PASSWORD, "password": OTHER})["ended"] == 1
    assert other.ask("GET", "/session").status_code == 401
    assert admin.ask("GET", "/session").status_code == 200
    assert house.browser().ask("POST", "/session", {"login": "ahn", "password": PASSWORD}).status_code == 401
    house.browser().log_in("ahn", OTHER)


def test_a_suspension_ends_everything_at_once(house: House) -> None:
    admin = house.first()
    kim = house.add(admin, "kim", "officer")
    token = yes(house.browser().ask("POST", "/session", {"login": "kim", "password": PASSWORD, "kind": "token"}))[
        "token"
    ]
    admin.post("/people/kim/suspend")
    assert kim.ask("GET", "/session").status_code == 401
    assert house.by_token("GET", "/session", token=token).status_code == 401
    assert house.browser().ask("POST", "/session", {"login": "kim", "password": PASSWORD}).status_code == 401
    admin.post("/people/kim/reinstate")
    assert kim.ask("GET", "/session").status_code == 401
    house.browser_of("kim")
    admin.post("/people/kim/leave")
    assert "standing" in admin.refused("/people/kim/reinstate")


# ---- other pages -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "headers",
    [
        {"x_comity_csrf": ""},
        {"x_comity_csrf": "wrong"},
        {"origin": ""},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": "http://localhost:9999"},
        {"origin": "https://localhost:8711"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
    ids=str,
)
def test_the_cookie_alone_changes_nothing(house: House, headers: dict[str, str]) -> None:
    """Another page, another port of this machine, or one that can't say where it comes from."""
    admin = house.first()
    if headers == {"origin": ""}:
        headers = {"origin": "", "sec_fetch_site": ""}
    for method, path in (("POST", "/session/codes"), ("DELETE", "/sessions"), ("POST", "/people/ahn/suspend")):
        answer = admin.ask(method, path, None, **headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign-page")
    assert admin.get("/session")["codes"] == 0


def test_the_word_of_a_page_is_of_its_session_and_dies_with_it(house: House) -> None:
    admin = house.first()
    before = admin.csrf
    assert admin.get("/session")["csrf"] == before
    admin.log_in("ahn")
    assert admin.ask("POST", "/session/codes", None, x_comity_csrf=before).status_code == 403
    assert admin.ask("POST", "/session/codes").status_code == 200


def test_a_cookie_is_no_token_and_a_token_no_cookie(house: House) -> None:
    admin = house.first()
    assert house.by_token("GET", "/session", token=token_of(admin)).status_code == 401
    token = yes(admin.ask("POST", "/session", {"login": "ahn", "password": PASSWORD, "kind": "token"}))["token"]
    thief = house.browser()
    thief.client.cookies.set("comity_session_8711", token, domain="localhost.local")
    assert thief.ask("GET", "/session").status_code == 401
    assert house.by_token("GET", "/session", token=token).status_code == 200


# ---- tokens of the command line ----------------------------------------------------------------------------------------------
def test_a_token_ends_when_it_was_said_to_and_never_later_than_the_node_allows(house: House) -> None:
    house.first()
    asked = {"login": "ahn", "password": PASSWORD, "kind": "token"}
    short, long = (yes(house.browser().ask("POST", "/session", {**asked, "days": days}))["token"] for days in (1, 365))
    house.clock.at += 23 * HOUR
    assert house.by_token("GET", "/session", token=short).status_code == 200
    house.clock.at += 2 * HOUR
    assert house.by_token("GET", "/session", token=short).json()["code"] == "session-ended"
    house.clock.at += 88 * DAY
    assert house.by_token("GET", "/session", token=long).status_code == 200
    house.clock.at += 2 * DAY
    assert house.by_token("GET", "/session", token=long).status_code == 401


def test_a_token_for_reading_changes_nothing(house: House) -> None:
    admin = house.first()
    house.add(admin, "kim", "officer")
    asked = {"login": "kim", "password": PASSWORD, "kind": "token", "scope": "read"}
    token = yes(house.browser().ask("POST", "/session", asked))["token"]
    assert house.by_token("GET", "/requests", token=token).status_code == 200
    for path in ("/session/codes", "/requests", "/reports"):
        answer = house.by_token("POST", path, token=token)
        assert (answer.status_code, answer.json()["code"]) == (403, "reads-only")
    assert house.by_token("DELETE", "/session", token=token).status_code == 200


# ---- what a session is for -----------------------------------------------------------------------------------------------------
def test_the_purpose_is_chosen_with_a_reason_that_is_kept(house: House) -> None:
    admin = house.first()
    kim = house.add(admin, "kim", "officer")
    assert "context-without-reason" in kim.refused("/session/context", {"reason": "x", "purpose": "rescue"})
    case = kim.post("/cases", {"number": "2026-1", "title": "FICTIONAL harbour", "purposes": ["crime", "rescue"]})[
        "file"
    ]["case"]
    told = kim.post(
        "/session/context",
        {"reason": "a call at night (fictional)", "purpose": "rescue", "case": case, "basis": "act-1"},
    )
    assert (told["session"]["purpose"], told["session"]["case"], told["session"]["basis"]) == ("rescue", case, "act-1")
    kim.post("/session/context", {"reason": "back to the desk (fictional)"})
    kept = kim.get("/session")["contexts"]
    assert [(each["purpose"], each["reason"]) for each in kept] == [("rescue", "a call at night (fictional)"), ("crime", "back to the desk (fictional)")]  # fmt: skip
    assert "not-a-member" in house.add(admin, "lee", "officer").refused(
        "/session/context", {"reason": "not my case", "case": case}
    )


def test_a_browser_changes_its_purpose_by_no_header(house: House) -> None:
    admin = house.first()
    for header in ("x_comity_case", "x_comity_purpose", "x_comity_basis"):
        answer = admin.ask("GET", "/people", None, **{header: "court"})
        assert (answer.status_code, answer.json()["code"]) == (400, "context-is-chosen")


def test_a_header_moves_a_token_no_further_than_its_person_may_go_and_not_without_a_reason(house: House) -> None:
    admin = house.first()
    kim = house.add(admin, "kim", "officer")
    house.add(admin, "lee", "officer")
    mine, theirs = (
        each.post("/cases", {"number": number, "title": "FICTIONAL"})["file"]["case"]
        for each, number in ((kim, "2026-1"), (house.browser_of("lee"), "2026-2"))
    )
    asked = {"login": "kim", "password": PASSWORD, "kind": "token"}
    token = yes(house.browser().ask("POST", "/session", asked))["token"]
    why = {"x-comity-reason": "FICTIONAL%3A%20%EB%8B%B9%EC%A7%81"}

    def read(**headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return house.by_token("GET", "/cases", None, token, **named)

    assert no(read(x_comity_case=theirs, **why)).keys() == {"not-a-member"}
    assert no(read(x_comity_case=mine)).keys() == {"context-without-reason"}
    assert no(read(x_comity_purpose="rescue")).keys() == {"context-without-reason"}
    assert no(read(x_comity_basis="act-1")).keys() == {"context-without-reason"}
    assert read(x_comity_purpose="crime").status_code == 200, "as the session has it"
    start = size(house.world)
    assert read(x_comity_case=mine, **why).status_code == 200
    answer = house.by_token("POST", f"/cases/{mine}/state", {"state": "active", "reason": "FICTIONAL: begun"}, token, **{"x-comity-case": mine, **why})  # fmt: skip
    assert answer.status_code == 200, answer.text
    told = [(each.entry.case, each.why) for each in kept(house.world, start) if each.entry.records or each.entry.what]
    assert told == [(mine, "FICTIONAL: begun")]
    assert no(read(x_comity_case=theirs, **why))["not-a-member"] == {"case": theirs}
    assert [each.why for each in kept(house.world, start) if "not-a-member" in each.entry.reasons] == [
        "FICTIONAL: 당직"
    ]


def test_whoever_a_header_names_the_person_of_the_session_acts(house: House) -> None:
    admin = house.first()
    kim = house.add(admin, "kim", "officer", name="Kim (fictional)")
    case = yes(
        kim.ask("POST", "/cases", {"number": "2026-2", "title": "FICTIONAL"}, x_comity_officer="Ahn%20(fictional)")
    )
    account = house.world.people.account_named("kim")
    assert account is not None
    assert case["file"]["lead"] == account.id


def test_each_knows_their_own_words(house: House) -> None:
    admin = house.first()
    told = admin.post("/session/person", {"language": "km", "zone": "Asia/Phnom_Penh"})
    assert (told["person"]["language"], told["person"]["zone"]) == ("km", "Asia/Phnom_Penh")
    assert no(admin.ask("POST", "/session/person", {"zone": "../../etc"}))["time-zone"]["field"] == "zone"
