"""The door: the token once, a cookie that scripts don't see, forms from our own pages alone, and the same page for hidden and absent."""

from __future__ import annotations

import pytest

from comity.domain.terms import Instant
from comity.faces.console.app import POLICY
from comity.faces.console.pages.login import inside
from comity.faces.console.who import SESSION_MS, Sessions
from tests.console.asked import ORIGIN, Asked
from tests.faces.routes.desks import TOKEN


def test_the_root_leads_to_the_day_and_a_stranger_to_the_door(asked: Asked) -> None:
    assert asked.get("/").headers["location"] == "/desk/today"
    answer = asked.get("/desk/today")
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/login")


def test_a_stranger_comes_back_to_where_they_were_going(asked: Asked) -> None:
    assert asked.get("/desk/today?day=a b").headers["location"] == "/desk/login?back=%2Fdesk%2Ftoday%3Fday%3Da%2520b"


def test_the_api_keeps_every_other_path(asked: Asked) -> None:
    assert asked.get("/health").status_code == 401
    assert asked.get("/health", authorization=f"Bearer {TOKEN}").json()["status"] == "ok"


def test_the_session_does_not_open_the_api_and_the_token_no_page(asked: Asked) -> None:
    assert asked.get("/desk/today", authorization=f"Bearer {TOKEN}").status_code == 303
    asked.enter()
    assert asked.get("/health").status_code == 401


def test_the_cookie_is_for_this_node_alone(asked: Asked) -> None:
    answer = asked.post("/desk/login", {"name": "Sample (fictional)", "token": TOKEN})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("comity-desk-8711=")
    assert {"HttpOnly", "SameSite=strict", "Path=/desk"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", "ключ"])
def test_a_wrong_token_opens_nothing(asked: Asked, token: str) -> None:
    answer = asked.post("/desk/login", {"name": "Sample (fictional)", "token": token})
    assert answer.status_code == 422
    assert "set-cookie" not in answer.headers
    assert token == "" or token not in answer.text


def test_a_form_from_elsewhere_is_refused(asked: Asked) -> None:
    fields = {"name": "Sample (fictional)", "token": TOKEN}
    for origin in ("http://127.0.0.1:9999", "null", "https://evil.example", ""):
        assert asked.post("/desk/login", fields, origin=origin).status_code == 403
    assert asked.post("/desk/login", fields, sec_fetch_site="cross-site").status_code == 403
    assert asked.client.post("/desk/login", data=fields, follow_redirects=False).status_code == 403


def test_a_foreign_host_name_is_refused(asked: Asked) -> None:
    assert asked.get("/desk/login", host="desk.evil.example").status_code == 403
    assert asked.post("/desk/login", {}, host="desk.evil.example", origin="http://desk.evil.example").status_code == 403


def test_leaving_ends_the_session_at_the_node_too(asked: Asked) -> None:
    asked.enter()
    kept = dict(asked.client.cookies)
    asked.post("/desk/leave")
    asked.client.cookies.update(kept)
    assert asked.get("/desk/today").status_code == 303


@pytest.mark.parametrize("path", ["/desk/login", "/desk/today", "/desk/not-there", "/desk/requests/none"])
def test_every_page_says_what_a_browser_may_load(asked: Asked, path: str) -> None:
    asked.enter()
    headers = asked.get(path).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_assets_are_kept_for_good_under_their_digest_alone(asked: Asked) -> None:
    from comity.faces.console.assets import FOR_GOOD, address

    here = address("comity.css")
    assert asked.get(here).headers["cache-control"] == FOR_GOOD
    old = here.replace(here.split("/")[3], "0" * 16)
    assert (asked.get(old).status_code, asked.get(old).headers["cache-control"]) == (200, "no-store")
    for path in ("../app.py", "..%2f..%2fapp.py", "vendor/vendor.toml", "x.css"):
        assert asked.get(f"/desk/static/x/{path}").status_code in (303, 404)


def test_what_is_absent_looks_the_same_whatever_it_would_be(asked: Asked) -> None:
    asked.enter()
    pages = {asked.get(path).text.replace(path, "") for path in ("/desk/nothing", "/desk/other")}
    assert len(pages) == 1


def test_the_language_is_remembered_by_the_browser(asked: Asked) -> None:
    answer = asked.post("/desk/language", {"lang": "km", "back": "/desk/login"})
    assert answer.headers["location"] == "/desk/login"
    assert '<html lang="km"' in asked.page("/desk/login", lang="en")


@pytest.mark.parametrize(
    ("path", "goes"),
    [
        ("/desk/requests?q=1", "/desk/requests?q=1"),
        ("//evil.example/desk/", "/desk/today"),
        ("https://evil.example/desk/", "/desk/today"),
        ("/desk/../x//y", "/desk/today"),
        ("/desk/\\evil", "/desk/today"),
        ("/desk/login", "/desk/today"),
        ("", "/desk/today"),
    ],
)
def test_no_link_back_leads_out_of_here(path: str, goes: str) -> None:
    assert inside(path) == goes


def test_a_session_ends_by_itself() -> None:
    now = [Instant(1000)]
    sessions = Sessions(lambda: now[0])
    told = sessions.begin("Sample (fictional)")
    assert sessions.of(told) is not None
    assert sessions.of(told + "x") is None
    now[0] = Instant(1001 + SESSION_MS)
    assert sessions.of(told) is None


def test_origin_is_this_listener() -> None:
    assert ORIGIN.startswith("http://127.0.0.1:")
