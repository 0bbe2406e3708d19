"""A reader's view of a desk without a request behind it, for what a page computes apart from being asked."""

from __future__ import annotations

from typing import Any

from litestar.testing import RequestFactory

from comity.faces.console.render import Desk
from comity.faces.console.who import Choices, Session
from tests.faces.routes.desks import Desks


def desk_of(desks: Desks, lang: str = "en") -> Desk:
    """The Korean desk, as a reader in Seoul sees it."""
    node: Any = desks.kr.node
    session = Session("김담당 (fictional)", node.world.clock.now())
    choices = Choices(lang, "Asia/Seoul", "", True)
    return Desk(RequestFactory().get("/desk/today"), node, session, choices, (), ())
