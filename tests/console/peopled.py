"""A desk with accounts of several roles; fictional people, each with a browser of their own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from litestar.testing import TestClient
from sqlalchemy import event

from comity.domain.terms import Actor, Granted
from comity.faces.api.desk import desk_app
from comity.faces.console.app import above
from comity.flows import cases
from comity.flows.journal import acting
from comity.flows.people.accounts import NewPerson, add
from comity.ports import World
from tests.console.asked import Asked
from tests.faces.routes.desks import TOKEN, Desks, opened_desks, sent

PASSWORD = "three copper kettles boil"
ROLES = {
    "root": ("administrator",),
    "minji": ("officer",),
    "junho": ("officer",),
    "lee": ("approver",),
    "seo": ("auditor",),
}
"""Login -> roles."""


@dataclass
class Peopled:
    """The Korean desk with people.

    request   that was sent before there were accounts
    accounts  login -> id
    """

    desks: Desks
    stack: ExitStack
    request: str
    accounts: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    browsers: dict[str, Asked] = field(default_factory=dict)
    asked: list[int] = field(default_factory=lambda: [0])

    @property
    def world(self) -> World:
        return self.desks.kr.node.world

    def actor(self, login: str, case: str | None = None) -> Actor:
        """Who acts when flows are asked without a page."""
        roles = ROLES[login]
        name = f"{login} (fictional)"
        return Actor(name, self.world.me.name, roles[0], frozenset(roles), self.accounts[login], case)

    def browser(self, login: str) -> Asked:
        """A browser in which this person has come in; the same one each time."""
        if login not in self.browsers:
            node = self.desks.kr.node
            app: Any = above(desk_app(node.itself, TOKEN), node.itself, TOKEN)
            client = self.stack.enter_context(TestClient(app, base_url="http://127.0.0.1:8711"))
            asked = Asked(client, self.desks)
            told = {"secret": self.secrets[login], "password": PASSWORD, "again": PASSWORD}
            assert asked.post("/desk/enter", told).status_code == 303
            self.browsers[login] = asked
        return self.browsers[login]

    def case(self, login: str, number: str, **more: Any) -> str:
        """A case that this person has opened."""
        asked = cases.NewCase(number, f"{number} harbour (fictional)", **more)
        made = cases.open_case(self.world, self.actor(login), asked)
        assert isinstance(made, Granted)
        return made.value.file.id

    def broken_glass(self, login: str, reason: str) -> str:
        """An emergency access to a case of somebody else's."""
        number = f"2026-G{len(self.world.store.cases())}"
        self.case("junho", number)
        actor = self.actor(login)
        made = cases.break_glass(acting(self.world, actor), actor, number, reason)
        assert isinstance(made, Granted)
        return made.value.id

    def counted(self, asked: Asked, path: str) -> int:
        """How many statements a page takes."""
        asked.page(path)
        self.asked[0] = 0
        asked.page(path)
        return self.asked[0]


@contextmanager
def opened_peopled(folder: Path) -> Iterator[Peopled]:
    with ExitStack() as stack:
        desks = stack.enter_context(opened_desks(folder))
        made = Peopled(desks, stack, sent(desks))
        store: Any = made.world.store
        engine = store.inner._engine if hasattr(store, "inner") else store._engine

        def count(*_: object) -> None:
            made.asked[0] += threading.current_thread().name != "sequencer"

        event.listen(engine, "before_cursor_execute", count)
        admin = Actor("api.token", made.world.me.name, "administrator")
        for login, roles in ROLES.items():
            new = add(made.world, admin, NewPerson(login, f"{login} (fictional)", roles, "en", "Asia/Seoul"))
            assert isinstance(new, Granted)
            made.secrets[login], made.accounts[login] = new.value.secret, new.value.account.id
        yield made
