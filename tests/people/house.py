"""A node with people, asked through its desk's API in this process: browsers with cookies, and the command line with tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from litestar.testing import TestClient

from comity.adapters.people import Argon2Hasher
from comity.config import Config
from comity.domain.people import Rules
from comity.faces.api.desk import desk_app
from comity.node.assembly import Node, open_node
from comity.ports import World
from tests.node.homes import fresh_home
from tests.people.authenticator import Authenticator, b64
from tests.worlds import TestClock

TOKEN = "t0ken"
HOST = "localhost:8711"
ORIGIN = f"http://{HOST}"
PASSWORD = "lantern orbit cedar 41 fjord"
OTHER = "marble kettle drizzle 77 onyx"
ADMIN = {"login": "ahn", "name": "Ahn (fictional)", "roles": ["administrator"], "language": "ko", "zone": "Asia/Seoul"}


class CountedHasher:
    """The real one with the cheapest parameters, and a count of its computations."""

    def __init__(self) -> None:
        self._real = Argon2Hasher(8, 1, 1)
        self.computed = 0

    @property
    def stand_in(self) -> str:
        return self._real.stand_in

    def hash(self, password: str) -> str:
        self.computed += 1
        return self._real.hash(password)

    def fits(self, kept: str, password: str) -> bool:
        self.computed += 1
        return self._real.fits(kept, password)

    def is_outdated(self, kept: str) -> bool:
        return self._real.is_outdated(kept)


@dataclass
class Browser:
    """Somebody's browser at this node's pages."""

    client: TestClient[Any]
    origin: str = ORIGIN
    csrf: str = ""
    passkey: Authenticator = field(default_factory=lambda: Authenticator(ORIGIN))

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        sent = {"origin": self.origin, "sec-fetch-site": "same-origin", "x-comity-csrf": self.csrf}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in sent.items() if value}
        return self.client.request(method, path, json={} if body is None and method != "GET" else body, headers=sent)

    def get(self, path: str) -> Any:
        return yes(self.ask("GET", path))

    def post(self, path: str, body: object = None) -> Any:
        return yes(self.ask("POST", path, body))

    def sign(self, act: str, thing: str, **more: Any) -> dict[str, str]:
        """The header that goes along with an act, once its person has unlocked their device."""
        answer = self.passkey.get(self.post("/passkeys/sign", {"act": act, "thing": thing, **more}))
        return {"x_comity_passkey": b64(json.dumps(answer).encode())}

    def refused(self, path: str, body: object = None) -> dict[str, Any]:
        return no(self.ask("POST", path, body))

    def enter(self, answer: Any) -> dict[str, Any]:
        """In, if the answer says so."""
        told: dict[str, Any] = yes(answer)
        self.csrf = told["csrf"]
        return told

    def log_in(self, login: str, password: str = PASSWORD) -> dict[str, Any]:
        return self.enter(self.ask("POST", "/session", {"login": login, "password": password}))

    def enrol(self, name: str = "phone (fictional)", **changed: Any) -> dict[str, Any]:
        answer = self.passkey.create(self.post("/passkeys/options"), **changed)
        told: dict[str, Any] = self.post("/passkeys", {"name": name, "answer": answer})
        return told


@dataclass
class House:
    """One node with people."""

    node: Node
    app: Any
    clock: TestClock
    hasher: CountedHasher

    @property
    def world(self) -> World:
        return self.node.world

    def browser(self, origin: str = ORIGIN) -> Browser:
        client = TestClient(self.app, base_url=origin)
        client.__enter__()
        return Browser(client, origin, passkey=Authenticator(origin))

    def by_token(self, method: str, path: str, body: object = None, token: str = TOKEN, **headers: str) -> Any:
        client = TestClient(self.app, base_url=ORIGIN)
        with client:
            sent = {"authorization": f"Bearer {token}", **headers}
            return client.request(method, path, json={} if body is None and method != "GET" else body, headers=sent)

    def first(self) -> Browser:
        """The first administrator, in."""
        made = yes(self.by_token("POST", "/people", ADMIN))
        return self.take(made["secret"])

    def take(self, secret: str, password: str = PASSWORD) -> Browser:
        """Whoever follows a link, in."""
        browser = self.browser()
        browser.enter(browser.ask("POST", "/session/link", {"secret": secret, "password": password}))
        return browser

    def browser_of(self, login: str) -> Browser:
        """Somebody who comes in anew."""
        browser = self.browser()
        browser.log_in(login)
        return browser

    def add(self, admin: Browser, login: str, *roles: str, name: str = "") -> Browser:
        """One more person, in."""
        asked = {"login": login, "name": name or f"{login.title()} (fictional)", "roles": list(roles)}
        return self.take(admin.post("/people", asked)["secret"])


def yes(answer: Any) -> Any:
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def no(answer: Any, status: int = 422) -> dict[str, Any]:
    """The reasons of a no, by code."""
    assert answer.status_code == status, answer.text
    return {each["code"]: each["facts"] for each in answer.json()["facts"]["reasons"]}


def token_of(browser: Browser) -> str:
    """The session's token, as a thief of the cookie has it."""
    return next(value for name, value in browser.client.cookies.items() if name.startswith("comity_session"))


@contextmanager
def opened_house(folder: Path, config: Config | None = None, **rules: Any) -> Iterator[House]:
    clock, hasher = TestClock(), CountedHasher()
    with open_node(config or fresh_home(folder / "kr")) as node:
        world = replace(node.world, clock=clock, hasher=hasher, rules=Rules(**rules))
        house = replace(node, world=world)
        yield House(house, desk_app(lambda: house, TOKEN), clock, hasher)
