"""Coming in: from the first account on every act has a person, and who knocks in vain learns nothing."""

from __future__ import annotations

import pytest

from tests.people.house import ADMIN, OTHER, PASSWORD, House, no, yes

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


# ---- single-operator mode ------------------------------------------------------------------------------------------------
def test_without_accounts_the_token_opens_everything_and_health_says_so(house: House) -> None:
    assert yes(house.by_token("GET", "/health"))["accounts"] is False
    assert house.by_token("GET", "/requests").status_code == 200
    answer = house.by_token("POST", "/session", {"login": "ahn", "password": PASSWORD}, token="wrong")
    assert (answer.status_code, answer.json()["code"]) == (401, "token-wrong")


def test_from_the_first_account_on_the_token_opens_only_what_keeps_the_node_running(house: House) -> None:
    admin = house.first()
    assert yes(house.by_token("GET", "/health"))["accounts"] is True
    for path in ("/status", "/doctor", "/people", "/people/roles"):
        assert house.by_token("GET", path).status_code == 200
    for method, path in (("GET", "/requests"), ("GET", "/reports"), ("POST", "/peers/invite"), ("POST", "/scrub"), ("GET", "/session"), ("POST", "/people/ahn/suspend")):  # fmt: skip
        answer = house.by_token(method, path, None, **{"x-comity-officer": "ahn"})
        assert (answer.status_code, answer.json()["code"]) == (401, "person-needed"), path
    assert admin.get("/session")["person"]["login"] == "ahn"


def test_the_first_account_administers_the_node(house: House) -> None:
    told = no(house.by_token("POST", "/people", {**ADMIN, "roles": ["officer"]}))
    assert "first-account-administers" in told
    assert yes(house.by_token("GET", "/health"))["accounts"] is False


def test_who_has_the_token_can_make_another_administrator_and_everybody_sees_it(house: House) -> None:
    house.first()
    yes(house.by_token("POST", "/people", {**ADMIN, "login": "bae", "name": "Bae (fictional)"}))
    loud = [each.about["name"] for each in house.world.store.notices() if each.kind == "account-by-token"]
    assert loud == ["Bae (fictional)", "Ahn (fictional)"]


# ---- invitations ---------------------------------------------------------------------------------------------------------
def test_an_invitation_opens_once_and_for_three_days(house: House) -> None:
    first = yes(house.by_token("POST", "/people", ADMIN))
    admin = house.take(first["secret"])
    for secret in (first["secret"], "", "x" * 43):
        told = no(house.browser().ask("POST", "/session/link", {"secret": secret, "password": PASSWORD}))
        assert list(told) == ["link-ended"]
    asked = {"login": "kim", "name": "Kim (fictional)", "roles": ["officer"]}
    late = admin.post("/people", asked)["secret"]
    house.clock.at += 73 * HOUR
    assert list(no(house.browser().ask("POST", "/session/link", {"secret": late, "password": PASSWORD}))) == [
        "link-ended"
    ]
    admin.log_in("ahn")
    again = admin.post("/people/kim/invite")["secret"]
    assert house.take(again).get("/session")["person"]["standing"] == "active"
    assert list(admin.refused("/people/kim/invite")) == ["not-invited"]


def test_an_invitation_is_spent_only_by_a_password_that_will_do(house: House) -> None:
    secret = yes(house.by_token("POST", "/people", ADMIN))["secret"]
    browser = house.browser()
    for password, code in (("short", "password-short"), ("ahn and the long road", "password-has-name"), ("qwertyuiop1234567890", "password-common")):  # fmt: skip
        assert code in no(browser.ask("POST", "/session/link", {"secret": secret, "password": password}))
    browser.enter(browser.ask("POST", "/session/link", {"secret": secret, "password": PASSWORD}))


# ---- passwords -----------------------------------------------------------------------------------------------------------
def test_the_password_opens_and_the_cookie_keeps_to_itself(house: House) -> None:
    house.first()
    browser = house.browser()
    answer = browser.ask("POST", "/session", {"login": " AHN ", "password": PASSWORD})
    cookies = {line.split("=")[0]: line for line in answer.headers.get_list("set-cookie")}
    assert sorted(cookies) == ["comity_csrf_8711", "comity_device_8711", "comity_session_8711"]
    for name in ("comity_session_8711", "comity_device_8711"):
        assert "HttpOnly" in cookies[name]
        assert "SameSite=strict" in cookies[name]
        assert "Secure" not in cookies[name]
    assert answer.json()["token"] == ""
    assert cookies["comity_session_8711"].split("=")[1].split(";")[0] not in answer.text


def test_who_knocks_in_vain_learns_nothing(house: House) -> None:
    """The same status, body, headers, computations of a hash and questions to the store, whatever it is that doesn't fit."""
    admin = house.first()
    house.add(admin, "kim", "officer")
    admin.post("/people/kim/suspend")
    admin.post("/people", {"login": "lee", "name": "Lee (fictional)", "roles": ["officer"]})
    seen = set()
    house.browser().ask(
        "POST", "/session", {"login": "somebody", "password": OTHER}
    )  # from now on the address is counted
    for login, password in (("ahn", OTHER), ("nobody", OTHER), ("kim", PASSWORD), ("lee", PASSWORD), ("nobody" * 100, OTHER), ("ключ", "x")):  # fmt: skip
        before, asked = house.hasher.computed, questions(house)
        answer = house.browser().ask("POST", "/session", {"login": login, "password": password})
        headers = tuple(sorted(answer.headers.items()))
        work = (house.hasher.computed - before, len(asked()))
        seen.add((answer.status_code, answer.content, headers, work))
    assert len(seen) == 1
    ((status, body, _, work),) = seen
    assert (status, work[0]) == (401, 1)
    assert b"not-let-in" in body


def questions(house: House):  # type: ignore[no-untyped-def]  # a function that tells how many statements have run since
    from sqlalchemy import event

    ran: list[str] = []

    def told(_c: object, _u: object, statement: str, *_: object) -> None:
        ran.append(statement)

    engine = house.world.store._engine  # type: ignore[attr-defined]
    event.listen(engine, "before_cursor_execute", told)

    def done() -> list[str]:
        event.remove(engine, "before_cursor_execute", told)
        return ran

    return done


def test_guessing_waits_longer_and_longer_and_never_for_good(house: House) -> None:
    house.first()
    stranger = house.browser()
    wrong = {"login": "ahn", "password": OTHER}
    assert [stranger.ask("POST", "/session", wrong).status_code for _ in range(5)] == [401] * 5
    waits = []
    for _ in range(9):
        answer = stranger.ask("POST", "/session", wrong)
        assert (answer.status_code, answer.json()["code"]) == (429, "too-many-tries")
        before = house.hasher.computed
        assert stranger.ask("POST", "/session", {**wrong, "password": PASSWORD}).status_code == 429
        assert house.hasher.computed == before
        waits.append(int(answer.headers["retry-after"]))
        house.clock.at += waits[-1] * 1000
        assert stranger.ask("POST", "/session", wrong).status_code == 401
    assert waits == [15, 30, 60, 120, 240, 480, 900, 900, 900]
    house.clock.at += 900_000
    assert house.browser().log_in("ahn")["login"] == "ahn"
    assert stranger.ask("POST", "/session", wrong).status_code == 401


def test_a_name_that_nobody_has_waits_as_well(house: House) -> None:
    house.first()
    stranger = house.browser()
    told = [stranger.ask("POST", "/session", {"login": "nobody", "password": OTHER}).status_code for _ in range(6)]
    assert told == [401] * 5 + [429]


def test_no_stranger_locks_a_colleague_out(house: House) -> None:
    admin = house.first()
    admin.ask("DELETE", "/session")
    stranger = house.browser()
    for _ in range(6):
        last = stranger.ask("POST", "/session", {"login": "ahn", "password": OTHER})
    assert last.status_code == 429
    assert admin.log_in("ahn")["login"] == "ahn"
    stolen = next(value for name, value in admin.client.cookies.items() if name.startswith("comity_device"))
    thief = house.browser()
    thief.client.cookies.set("comity_device_8711", stolen, domain="localhost.local")
    told = [thief.ask("POST", "/session", {"login": "ahn", "password": OTHER}).status_code for _ in range(7)]
    assert told == [401] * 5 + [429] * 2


def test_a_known_browser_is_known_for_its_own_person_alone(house: House) -> None:
    admin = house.first()
    house.add(admin, "kim", "officer")
    told = [admin.ask("POST", "/session", {"login": "kim", "password": OTHER}).status_code for _ in range(6)]
    assert told == [401] * 5 + [429]
    assert house.browser().ask("POST", "/session", {"login": "kim", "password": OTHER}).status_code == 429


def test_many_names_from_one_place_wait_but_only_for_a_minute(house: House) -> None:
    house.first()
    stranger = house.browser()
    told = [stranger.ask("POST", "/session", {"login": f"name{n}", "password": OTHER}) for n in range(70)]
    assert [each.status_code for each in told[:50]] == [401] * 50
    assert told[-1].status_code == 429
    assert max(int(each.headers.get("retry-after", 0)) for each in told) <= 60


def test_a_hash_made_with_other_parameters_is_made_anew(house: House) -> None:
    from dataclasses import replace

    from comity.adapters.people import Argon2Hasher
    from comity.domain.people import as_typed
    from comity.ports.people import AccountKept

    house.first()
    account = house.world.people.account_named("ahn")
    assert account is not None
    old = replace(account, password=Argon2Hasher(16, 1, 1).hash(as_typed(PASSWORD)), version=account.version + 1)
    house.world.store.keep([], [AccountKept(old, over=account.version)])
    house.browser().log_in("ahn")
    renewed = house.world.people.account_named("ahn")
    assert renewed is not None
    assert "m=8,t=1,p=1" in renewed.password
    assert house.browser().log_in("ahn")["login"] == "ahn"


@pytest.mark.parametrize(
    "path", ["/session", "/session/link", "/session/code", "/session/passkey", "/session/passkey/options"]
)
def test_the_door_itself_takes_nothing_from_another_page(house: House, path: str) -> None:
    house.first()
    browser = house.browser()
    for headers in (
        {"origin": "http://evil.example"},
        {"origin": "http://localhost:9"},
        {"sec_fetch_site": "same-site"},
        {"origin": "null"},
    ):
        answer = browser.ask("POST", path, {"login": "ahn", "password": PASSWORD}, **headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign-page")
