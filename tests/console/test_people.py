"""People by pages: an account is made and handed over once, two administrators let somebody in again, and one looks after one's own keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
from litestar.testing import TestClient

from comity.faces.api.desk import desk_app
from comity.faces.console.app import above
from comity.faces.console.words import LANGUAGES, book
from comity.node.assembly import Node, open_node
from tests.console.asked import Asked, visible
from tests.faces.routes.desks import TOKEN, Desks
from tests.node.homes import fresh_home
from tests.people.authenticator import Authenticator
from tests.people.house import CountedHasher

ORIGIN = "http://localhost:8711"
PASSWORD = "three copper kettles boil"
AHN = {"name": "안관리 (fictional)", "login": "ahn", "roles": ["administrator", "approver"], "language": "en"}
ZONE = {"zone": "Asia/Seoul"}


@dataclass
class House:
    """A node, and browsers of the people at it."""

    node: Node

    def browser(self) -> Asked:
        app = above(desk_app(lambda: self.node, TOKEN), lambda: self.node, TOKEN)
        client: TestClient[Any] = TestClient(app, base_url=ORIGIN)
        return At(client, cast(Desks, None))  # nobody else's desk is asked

    def inside(self, login: str) -> Asked:
        browser = self.browser()
        entered = browser.post("/desk/login", {"login": login, "password": PASSWORD})
        assert entered.status_code == 303, visible(entered.text)
        return browser

    def comes(self, secret: str) -> Asked:
        """Somebody takes an invitation or a reset."""
        browser = self.browser()
        told = {"secret": secret, "password": PASSWORD, "again": PASSWORD}
        assert browser.post("/desk/enter", told).status_code == 303
        return browser


class At(Asked):
    """By the name that passkeys need."""

    def post(self, path: str, fields: dict[str, Any] | None = None, **headers: str) -> Any:
        return super().post(path, fields, **{"origin": ORIGIN, **headers})


def secret_in(html: str) -> str:
    found = re.search(r'id="link">http://localhost:8711/desk/enter#([^<]+)<', html)
    assert found is not None, visible(html)
    return found[1]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Three people: two administrators and an officer, all made by pages."""
    with open_node(fresh_home(tmp_path_factory.mktemp("people") / "kr", "police.kr.example", "KR")) as node:
        made = House(replace(node, world=replace(node.world, hasher=CountedHasher())))
        first = made.browser()
        first.enter()
        assert "first account" in visible(first.page("/desk/people/new"))
        assert "no accounts" in visible(first.page("/desk/account"))
        answer = first.post("/desk/people/new", {**AHN, **ZONE})
        assert answer.status_code == 200, visible(answer.text)
        ahn = made.comes(secret_in(answer.text))
        for login, name, roles in (("bae", "배관리", ["administrator"]), ("cho", "조담당", ["officer"])):
            told = {**AHN, **ZONE, "login": login, "name": f"{name} (fictional)", "roles": roles}
            made.comes(secret_in(ahn.post("/desk/people/new", told).text))
        yield made


def test_everybody_is_listed_with_their_roles_and_standing(house: House) -> None:
    ahn = house.inside("ahn")
    page = visible(ahn.page("/desk/people"))
    for said in (
        "안관리 (fictional)",
        "배관리 (fictional)",
        "조담당 (fictional)",
        "Administrator",
        "Officer",
        "active",
    ):
        assert said in page, said
    assert "조담당" not in visible(ahn.page("/desk/people?standing=suspended"))


def test_an_officer_may_not_look_after_people(house: House) -> None:
    cho = house.inside("cho")
    assert cho.get("/desk/people").status_code == 422
    assert cho.post("/desk/people/new", {**AHN, **ZONE, "login": "x1"}).status_code == 422
    assert cho.post("/desk/people/bae/standing", {"to": "suspend"}).status_code == 422


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("login", "ㅂ", "login"), ("roles", [], "roles"), ("roles", ["king"], "roles"), ("zone", "Mars", "zone")],
)
def test_what_does_not_fit_is_said_beside_its_field(house: House, field: str, value: Any, said: str) -> None:
    ahn = house.inside("ahn")
    answer = ahn.post("/desk/people/new", {**AHN, **ZONE, "login": "dae", "name": "대 (fictional)", field: value})
    assert answer.status_code == 422
    assert f'href="#f-{said}"' in answer.text
    assert f'id="f-{said}' in answer.text


def test_a_link_is_shown_once_and_stands_in_no_address(house: House) -> None:
    ahn = house.inside("ahn")
    answer = ahn.post("/desk/people/new", {**AHN, **ZONE, "login": "eun", "name": "은 (fictional)"})
    secret = secret_in(answer.text)
    assert "location" not in answer.headers
    assert secret not in ahn.page("/desk/people/eun")
    again = secret_in(ahn.post("/desk/people/eun/invite").text)
    told = {"secret": secret, "password": PASSWORD, "again": PASSWORD}
    assert house.browser().post("/desk/enter", told).status_code == 422, "the old invitation has ended"
    house.comes(again)


def test_two_administrators_let_somebody_in_again(house: House) -> None:
    ahn = house.inside("ahn")
    assert ahn.post("/desk/people/cho/reset").headers["location"] == "/desk/people/cho?did=reset_asked#reset"
    page = ahn.page("/desk/people/cho")
    assert "it has to be another person" in visible(page)
    assert 'aria-disabled="true" aria-describedby="why-reset"' in page
    assert ahn.post("/desk/people/cho/reset/confirm").status_code == 422, "the first is not the second"
    bae = house.inside("bae")
    assert "reset waits" in visible(bae.page("/desk/people"))
    done = bae.post("/desk/people/cho/reset/confirm")
    assert done.status_code == 200, visible(done.text)
    assert house.browser().post("/desk/login", {"login": "cho", "password": PASSWORD}).status_code == 422
    house.comes(secret_in(done.text))


def test_a_suspended_account_opens_nothing_until_it_is_reinstated(house: House) -> None:
    ahn, cho = house.inside("ahn"), house.inside("cho")
    assert ahn.post("/desk/people/cho/standing", {"to": "suspend"}).status_code == 303
    assert cho.get("/desk/today").status_code == 303, "their session has ended"
    assert ahn.post("/desk/people/cho/standing", {"to": "king"}).status_code == 422
    assert ahn.post("/desk/people/cho/standing", {"to": "reinstate"}).status_code == 303
    house.inside("cho")


def test_nobody_changes_their_own_standing_or_roles(house: House) -> None:
    ahn = house.inside("ahn")
    assert ahn.post("/desk/people/ahn/standing", {"to": "suspend"}).status_code == 422
    answer = ahn.post("/desk/people/ahn", {**AHN, **ZONE, "roles": ["administrator"]})
    assert answer.status_code == 422
    assert "f-roles-fault" in answer.text
    assert 'aria-describedby="why-st"' in ahn.page("/desk/people/ahn")


def test_one_ends_ones_other_sessions_and_not_somebody_elses(house: House) -> None:
    here, there = house.inside("cho"), house.inside("cho")
    ids = re.findall(r"/desk/account/sessions/([^/]+)/end", here.page("/desk/account"))
    assert ids
    assert house.inside("bae").post(f"/desk/account/sessions/{ids[0]}/end").status_code == 404
    assert here.post("/desk/account/sessions/end").status_code == 303
    assert there.get("/desk/today").status_code == 303
    assert re.findall(r"/desk/account/sessions/([^/]+)/end", here.page("/desk/account")) == []


def test_the_present_password_is_asked_for_before_another_counts(house: House) -> None:
    bae = house.inside("bae")
    told = {"present": "wrong", "password": "four tin lanterns glow", "again": "four tin lanterns glow"}
    answer = bae.post("/desk/account/password", told)
    assert answer.status_code == 422
    assert "f-present-fault" in answer.text
    assert "wrong" not in re.findall(r'value="([^"]*)"', answer.text)
    weak = {**told, "present": PASSWORD, "password": "short", "again": "short"}
    assert bae.post("/desk/account/password", weak).status_code == 422
    differ = {**told, "present": PASSWORD, "again": "another one altogether"}
    assert "f-again-fault" in bae.post("/desk/account/password", differ).text
    assert bae.post("/desk/account/password", {**told, "present": PASSWORD}).status_code == 303
    changed = {**told, "present": told["password"], "password": PASSWORD, "again": PASSWORD}
    assert bae.post("/desk/account/password", changed).status_code == 303


def test_codes_are_shown_once_and_each_opens_once(house: House) -> None:
    cho = house.inside("cho")
    page = cho.post("/desk/account/codes").text
    codes = re.findall(r'<li class="print secret">([^<]+)</li>', page)
    assert len(codes) == 10
    assert codes[0] not in cho.page("/desk/account")
    assert "10 codes are left" in visible(cho.page("/desk/account"))
    told = {"login": "cho", "code": codes[0], "password": PASSWORD, "again": PASSWORD}
    assert house.browser().post("/desk/recover", told).status_code == 303
    assert house.browser().post("/desk/recover", told).status_code == 422


def test_a_passkey_is_added_renamed_and_removed(house: House) -> None:
    """As the page's own script does it, with an authenticator of software in the browser's place."""
    cho = house.inside("cho")
    page = cho.page("/desk/account")
    csrf = re.search(r'id="enrol" data-csrf="([^"]+)"', page)
    assert csrf is not None
    headers = {"origin": ORIGIN, "x-comity-csrf": csrf[1]}
    options = cho.client.post("/passkeys/options", json={}, headers=headers)
    assert options.status_code == 200, options.text
    answer = Authenticator(ORIGIN).create(options.json())
    made = cho.client.post("/passkeys", json={"name": "열쇠 (fictional)", "answer": answer}, headers=headers)
    assert made.status_code == 201, made.text
    (key,) = set(re.findall(r"/desk/account/passkeys/([^/]+)/name", cho.page("/desk/account")))
    assert "열쇠 (fictional)" in visible(cho.page("/desk/account"))
    assert cho.post(f"/desk/account/passkeys/{key}/name", {"name": " "}).status_code == 422
    assert cho.post(f"/desk/account/passkeys/{key}/name", {"name": "둘째 (fictional)"}).status_code == 303
    assert house.inside("bae").post(f"/desk/account/passkeys/{key}/remove").status_code == 404
    assert cho.post(f"/desk/account/passkeys/{key}/remove").status_code == 303
    assert "No passkey yet" in visible(cho.page("/desk/account"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_role_has_its_words(house: House, lang: str) -> None:
    words = book()[lang]
    for role in house.node.world.catalog.roles():
        assert words.has(f"post.{role}"), role
        assert words.has(f"post_note.{role}"), role
