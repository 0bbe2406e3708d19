"""Notices: what an officer should look at."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import get
from litestar.params import QueryParameter

from comity.domain.terms import instant_text
from comity.faces.api.asking import Here

Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=1000)]


class NoticeView(msgspec.Struct, frozen=True):
    """Something that happened: a match, a request that came in, a step, a record in quarantine, an order.

    about  places and ids, never a personal value
    """

    key: str
    at: str
    kind: str
    about: dict[str, Any]


@get("/notices", sync_to_thread=True, opt={"act": "status"})
def notices(world: Here, limit: Limit = 200) -> list[NoticeView]:
    """The newest notices."""
    found = world.store.notices(limit)
    return [NoticeView(each.key, instant_text(each.at), each.kind, dict(each.about)) for each in found]


routes = [notices]
