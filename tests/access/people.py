"""Fictional officers with accounts, and desks that are asked in their name."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from litestar.testing import TestClient
from sqlalchemy import event

from comity.domain.access import CaseFile, Link, Member
from comity.domain.terms import Actor
from comity.faces.api.desk import desk_app
from comity.node.assembly import Node
from comity.ports import World
from tests.faces.routes.desks import TOKEN, Desks, opened_desks

CASE_A, CASE_B = "0193a000-0000-7000-8000-00000000000a", "0193a000-0000-7000-8000-00000000000b"


class Named:
    """An ASGI app before the desk's, which puts the person in whose name it is asked where a session would put them."""

    def __init__(self, node: Node) -> None:
        self._app = desk_app(node.itself, TOKEN)
        self.actor: Actor | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # Any: as ASGI has it
        if scope["type"] == "http" and self.actor is not None:
            scope["state"] = {**scope.get("state", {}), "actor": self.actor}
        await self._app(scope, receive, send)


@dataclass
class Door:
    """A desk that is asked in one person's name after another's; `asked` counts the statements that reach the database."""

    named: Named
    client: TestClient[Any]
    world: World
    asked: list[int]

    def get(self, actor: Actor | None, path: str, **query: Any) -> Any:
        """The whole answer."""
        self.named.actor = actor
        return self.client.get(path, params=query, headers={"authorization": f"Bearer {TOKEN}"})

    def post(self, actor: Actor | None, path: str, body: object = None) -> Any:
        self.named.actor = actor
        raw = msgspec.json.encode({} if body is None else body)
        headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
        return self.client.post(path, content=raw, headers=headers)

    def counted(self, actor: Actor, path: str, **query: Any) -> tuple[int, bytes, int]:
        """Status, body, and how many statements it took."""
        self.asked[0] = 0
        answer = self.get(actor, path, **query)
        return answer.status_code, answer.content, self.asked[0]


@contextmanager
def opened_door(folder: Path) -> Iterator[tuple[Door, Desks]]:
    """The Korean desk of two nodes that know each other."""
    with opened_desks(folder) as desks:
        asked = [0]
        store: Any = desks.kr.node.world.store  # the SQL store; its engine is not part of the port

        def count(*_: object) -> None:
            # What reads: the journal is written by the one thread that writes, a moment later, and together with that of others.
            asked[0] += threading.current_thread().name != "sequencer"

        event.listen(store._engine, "before_cursor_execute", count)
        named = Named(desks.kr.node)
        app: Any = named  # the two libraries spell the types of an ASGI app differently
        with TestClient(app, base_url="http://127.0.0.1:8711") as client:
            yield Door(named, client, desks.kr.world, asked), desks


def person(world: World, account: str, *roles: str, case: str | None = None, purpose: str = "crime") -> Actor:
    """Somebody with an account; fictional."""
    name = f"{account} (fictional)"
    return Actor(name, world.me.name, roles[0], frozenset(roles), account, case, purpose)


def opened_case(world: World, case: str, number: str, *accounts: str, purposes: tuple[str, ...] = ("crime",)) -> None:
    """A case with these members."""
    now = world.clock.now()
    file = CaseFile(case, number, f"{number} (fictional)", purposes, accounts[0], now)
    world.store.keep([], [file, *(Member(case, account, "investigator", now) for account in accounts)])


def put(world: World, case: str, what: Any, *things: str) -> None:
    """These things lie in the case; Any: one of the four words."""
    now = world.clock.now()
    world.store.keep([], [Link(case, what, thing, "somebody", now) for thing in things])
