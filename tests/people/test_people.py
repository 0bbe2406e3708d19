"""Accounts: made and looked after by administrators, none of whom can do it alone where it matters."""

from __future__ import annotations

import pytest

from tests.people.house import OTHER, PASSWORD, House, no, yes

HOUR = 3_600_000


def test_only_an_administrator_manages_people(house: House) -> None:
    admin = house.first()
    kim = house.add(admin, "kim", "officer", "duty-officer")
    for path, body in (
        ("/people", {"login": "x1", "name": "X (fictional)", "roles": ["officer"]}),
        ("/people/ahn/suspend", None),
        ("/people/ahn", {"roles": ["officer"]}),
        ("/people/ahn/reset", None),
        ("/people/ahn/sessions/end", None),
    ):
        assert "role-lacks-act" in kim.refused(path, body), path
    assert "role-lacks-act" in no(kim.ask("GET", "/people"))
    assert [each["login"] for each in admin.get("/people")] == ["ahn", "kim"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"login": "k"}, "login-name"),
        ({"login": "kim jong"}, "login-name"),
        ({"login": "../etc"}, "login-name"),
        ({"name": ""}, "display-name"),
        ({"name": "a\nb"}, "display-name"),
        ({"name": "x" * 81}, "display-name"),
        ({"roles": []}, "no-role"),
        ({"roles": ["king"]}, "role-unknown"),
        ({"zone": "Mars"}, None),
        ({"zone": "../../x"}, "time-zone"),
    ],
)
def test_what_is_wrong_with_an_account_is_said(house: House, asked: dict[str, object], code: str | None) -> None:
    admin = house.first()
    whole = {"login": "kim", "name": "Kim (fictional)", "roles": ["officer"], **asked}
    if code is None:
        admin.post("/people", whole)
    else:
        assert code in admin.refused("/people", whole)


def test_no_two_people_have_one_name(house: House) -> None:
    admin = house.first()
    house.add(admin, "kim", "officer", name="Kim (fictional)")
    for asked in ({"login": "KIM", "name": "Other (fictional)"}, {"login": "kim2", "name": "KIM  (FICTIONAL)"}):
        answer = admin.ask("POST", "/people", {**asked, "roles": ["officer"]})
        assert (answer.status_code, answer.json()["code"].endswith("-taken")) == (409, True)


def test_nobody_changes_their_own_roles_or_standing_and_the_last_administrator_stays(house: House) -> None:
    admin = house.first()
    assert {"own-roles"} == admin.refused("/people/ahn", {"roles": ["administrator", "officer"]}).keys()
    assert {"own-standing", "last-administrator"} == admin.refused("/people/ahn/leave").keys()
    bae = house.add(admin, "bae", "administrator")
    assert bae.post("/people/ahn", {"roles": ["officer"]})["roles"] == ["officer"]
    assert "role-lacks-act" in no(admin.ask("GET", "/people"))
    assert {"own-standing", "last-administrator"} == bae.refused("/people/bae/suspend").keys()


def test_new_roles_count_from_the_next_request_on(house: House) -> None:
    admin = house.first()
    kim = house.add(admin, "kim", "officer")
    assert kim.ask("GET", "/requests").status_code == 200
    admin.post("/people/kim", {"roles": ["administrator"], "name": "Kim the Second (fictional)", "language": "vi"})
    assert "role-lacks-act" in no(kim.ask("GET", "/requests"))
    assert kim.get("/session")["person"]["name"] == "Kim the Second (fictional)"


# ---- recovery ------------------------------------------------------------------------------------------------------------
def test_ten_codes_each_open_once_with_a_new_password(house: House) -> None:
    admin = house.first()
    codes = admin.post("/session/codes")["codes"]
    assert (len(set(codes)), {len(code) for code in codes}) == (10, {19})
    assert admin.get("/session")["codes"] == 10
    lost = house.browser()
    spelled = codes[0].lower().replace("-", " ")
    lost.enter(lost.ask("POST", "/session/code", {"login": "ahn", "code": spelled, "password": OTHER}))
    assert admin.ask("GET", "/session").status_code == 401
    assert lost.get("/session")["codes"] == 9
    again = house.browser().ask("POST", "/session/code", {"login": "ahn", "code": codes[0], "password": OTHER})
    assert (again.status_code, again.json()["code"]) == (401, "not-let-in")
    house.browser().log_in("ahn", OTHER)
    assert [each.kind for each in house.world.store.notices()].count("code-used") == 1
    lost.post("/session/codes")
    assert (
        house.browser()
        .ask("POST", "/session/code", {"login": "ahn", "code": codes[1], "password": PASSWORD})
        .status_code
        == 401
    )


def test_a_code_of_another_person_an_unknown_name_and_a_wrong_code_get_one_answer(house: House) -> None:
    admin = house.first()
    kim = house.add(admin, "kim", "officer")
    code = kim.post("/session/codes")["codes"][0]
    answers = {
        house.browser().ask("POST", "/session/code", {"login": login, "code": given, "password": "x"}).content
        for login, given in (("ahn", code), ("nobody", code), ("kim", "AAAA-AAAA-AAAA-AAAA"), ("kim", ""))
    }
    assert len(answers) == 1
    admin.post("/people/kim/suspend")
    refused = house.browser().ask("POST", "/session/code", {"login": "kim", "code": code, "password": OTHER})
    assert refused.content in answers


def test_codes_are_not_guessed(house: House) -> None:
    house.first()
    stranger = house.browser()
    asked = {"login": "ahn", "code": "AAAA-AAAA-AAAA-AAAA", "password": OTHER}
    assert [stranger.ask("POST", "/session/code", asked).status_code for _ in range(6)] == [401] * 5 + [429]
    house.browser().log_in("ahn")


def test_two_administrators_let_somebody_start_over(house: House) -> None:
    admin = house.first()
    bae = house.add(admin, "bae", "administrator")
    kim = house.add(admin, "kim", "officer")
    kim.enrol()
    code = kim.post("/session/codes")["codes"][0]
    assert "no-reset-asked" in bae.refused("/people/kim/reset/confirm")
    admin.post("/people/kim/reset")
    assert kim.ask("GET", "/session").status_code == 200
    assert "four-eyes" in admin.refused("/people/kim/reset/confirm")
    assert "own-reset" in bae.refused("/people/bae/reset")
    assert bae.get("/people/kim")["reset_asked_by"] is not None
    link = bae.post("/people/kim/reset/confirm")
    for path, body in (
        ("/session", {"login": "kim", "password": PASSWORD}),
        ("/session/code", {"login": "kim", "code": code, "password": OTHER}),
    ):
        assert house.browser().ask("POST", path, body).status_code == 401
    assert kim.ask("GET", "/session").status_code == 401
    again = house.take(link["secret"], OTHER)
    assert again.get("/session")["session"]["how"] == "reset"
    assert again.get("/passkeys") == []
    assert "link-ended" in no(
        house.browser().ask("POST", "/session/link", {"secret": link["secret"], "password": OTHER})
    )
    assert "no-reset-asked" in bae.refused("/people/kim/reset/confirm")


def test_a_reset_waits_three_days_and_no_longer(house: House) -> None:
    admin = house.first()
    bae = house.add(admin, "bae", "administrator")
    house.add(admin, "kim", "officer")
    admin.post("/people/kim/reset")
    house.clock.at += 73 * HOUR
    bae.log_in("bae")
    assert "no-reset-asked" in bae.refused("/people/kim/reset/confirm")


def test_an_administrator_ends_somebodys_sessions(house: House) -> None:
    admin = house.first()
    kim = house.add(admin, "kim", "officer")
    assert [each["this"] for each in admin.get("/people/kim/sessions")] == [False]
    assert admin.post("/people/kim/sessions/end")["ended"] == 1
    assert kim.ask("GET", "/session").status_code == 401
    assert yes(house.by_token("GET", "/health"))["accounts"] is True
