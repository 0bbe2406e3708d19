"""Two nodes that listen, pull from each other over HTTPS and show their consoles; people with accounts on one of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from comity.domain.terms import Actor, Granted
from comity.faces.api.serve import serving
from comity.faces.console.app import above
from comity.flows.people.accounts import NewPerson, add
from comity.node.assembly import Node, open_node
from tests.faces.routes.desks import TOKEN, introduced

OFFICER = NewPerson("minji", "민지 (fictional)", ("officer",), "ko", "Asia/Seoul")
APPROVER = NewPerson("jiho", "지호 (fictional)", ("approver",), "ko", "Asia/Seoul")


@dataclass(frozen=True)
class Served:
    """One node at work.

    address   of its console, by a name for which passkeys are valid
    invited   login -> the invitation that its person has got
    """

    node: Node
    address: str
    invited: dict[str, str]


@contextmanager
def two_served(folder: Path) -> Iterator[tuple[Served, Served]]:
    """Police in Korea, where people have accounts, and a task force in Cambodia, whose desk is opened by its token."""
    with ExitStack() as stack:
        served = []
        for config in introduced(folder):
            node = stack.enter_context(open_node(config))
            told = stack.enter_context(serving(node, TOKEN, above))
            served.append(Served(node, told.desk.replace("127.0.0.1", "localhost"), {}))
        kr, kh = served
        admin = Actor("api.token", kr.node.world.me.name, "administrator")
        root = NewPerson("root", "관리 (fictional)", ("administrator",), "ko", "Asia/Seoul")
        for person in (root, OFFICER, APPROVER):
            made = add(kr.node.world, admin, person)
            assert isinstance(made, Granted)
            kr.invited[person.login] = made.value.secret
        yield kr, kh
