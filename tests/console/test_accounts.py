"""From the first account on people come in as themselves: by invitation, by password, by a code; the token opens no page any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from comity.domain.terms import Actor, Granted
from comity.faces.api.desk import desk_app
from comity.faces.console.app import above
from comity.faces.console.words import book
from comity.flows.people.accounts import NewPerson, add
from comity.ports import World
from tests.console.asked import Asked, visible
from tests.faces.routes.desks import TOKEN, Desks, opened_desks, sent

PASSWORD = "three copper kettles boil"


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desks, str, str]]:
    """A desk with work, an administrator and an officer who has not come yet: the desks, a request, the officer's invitation."""
    with opened_desks(tmp_path_factory.mktemp("peopled")) as desks:
        request = sent(desks)
        world = desks.kr.node.world
        admin = Actor("api.token", world.me.name, "administrator")
        invited(world, admin, NewPerson("root", "관리 (fictional)", ("administrator",), "ko", "Asia/Seoul"))
        secret = invited(world, admin, NewPerson("minji", "민지 (fictional)", ("officer",), "vi", "Asia/Phnom_Penh"))
        yield desks, request, secret


def invited(world: World, by: Actor, person: NewPerson) -> str:
    made = add(world, by, person)
    assert isinstance(made, Granted)
    return made.value.secret


@pytest.fixture
def asked(peopled: tuple[Desks, str, str]) -> Iterator[Asked]:
    node = peopled[0].kr.node
    client: TestClient[Any]
    with TestClient(
        above(desk_app(node.itself, TOKEN), node.itself, TOKEN), base_url="http://127.0.0.1:8711"
    ) as client:
        yield Asked(client, peopled[0])


def test_an_invitation_opens_once_then_the_password_does(asked: Asked, peopled: tuple[Desks, str, str]) -> None:
    _, request, secret = peopled
    assert "invitation" in visible(asked.page("/desk/login"))
    told = {"secret": secret, "password": PASSWORD, "again": PASSWORD}
    assert asked.post("/desk/enter", {**told, "again": "another"}).status_code == 422
    assert asked.post("/desk/enter", {**told, "password": "short", "again": "short"}).status_code == 422
    answer = asked.post("/desk/enter", told)
    assert answer.headers["location"] == "/desk/settings?did=welcome"
    page = asked.page(f"/desk/requests/{request}", lang="en")
    assert "민지 (fictional)" in page
    assert '<html lang="vi"' in page, "the account's language"
    assert book()["vi"].texts["nav.today"][0] in page
    asked.post("/desk/leave")
    assert asked.get("/desk/today").status_code == 303
    assert asked.post("/desk/enter", told).status_code == 422, "an invitation opens once"
    entered = asked.post("/desk/login", {"login": "minji", "password": PASSWORD, "back": f"/desk/requests/{request}"})
    assert entered.headers["location"] == f"/desk/requests/{request}"


@pytest.mark.parametrize(("login", "password"), [("minji", "wrong"), ("nobody", "wrong"), ("root", "wrong")])
def test_whoever_is_not_let_in_learns_nothing(asked: Asked, login: str, password: str) -> None:
    answer = asked.post("/desk/login", {"login": login, "password": password})
    assert answer.status_code == 422
    assert "set-cookie" not in answer.headers
    assert "That opens nothing here" in visible(answer.text)


def test_the_token_opens_no_page_any_more(asked: Asked) -> None:
    assert asked.post("/desk/login", {"name": "Anybody (fictional)", "token": TOKEN}).status_code == 422
    assert asked.get("/desk/today", authorization=f"Bearer {TOKEN}").status_code == 303
