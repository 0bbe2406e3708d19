"""What happens while a list is on the screen: changed rows grey in their place, new ones wait behind one button."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from litestar import Response, get
from litestar.concurrency import sync_to_thread
from litestar.response import Stream

from comity.domain.terms import Instant, instant_from
from comity.errors import Malformed
from comity.faces.console.render import Desk, Seen
from comity.faces.console.who import session_in
from comity.faces.console.work import News, news, pieces_of

EVENTS_TYPE = "text/event-stream"
LOOK_S = 3.0
"""Between two looks at the notices: one cheap question for each open window."""
QUIET_S = 15.0
"""A comment after so long without news, so that a dead line is noticed."""
LATEST = 100


@get("/desk/live", sync_to_thread=False)
def live(desk: Seen) -> Response[Any]:
    """News since `since` (RFC 3339), as pieces of HTML in server-sent events. Losing one costs nothing: a reload shows all."""
    asked = desk.request.query_params.get("since", "")
    try:
        since = instant_from(asked)
    except Malformed:
        since = desk.spoken.now
    extensions = desk.request.scope.get("extensions") or {}
    closing = extensions.get("closing") or asyncio.Event()
    headers = {"content-type": EVENTS_TYPE, "cache-control": "no-store"}
    return Stream(_told(desk, since, closing), media_type=EVENTS_TYPE, headers=headers)


async def _told(desk: Desk, since: Instant, closing: Any) -> AsyncIterator[bytes]:
    quiet, told = 0.0, 0
    while True:
        found = await sync_to_thread(_since, desk, since)
        if len(found) > told:
            told, quiet = len(found), 0.0
            yield _event(await sync_to_thread(_html, desk, found, since))
        elif quiet >= QUIET_S:
            quiet = 0.0
            yield b": still here\n\n"
        if await _happens(closing, LOOK_S):
            return
        quiet += LOOK_S
        if await sync_to_thread(session_in, desk.request, desk.node) is None:
            return


def _since(desk: Desk, since: Instant) -> list[News]:
    """Newest first; what was there at the same millisecond was on the page."""
    return news(desk.world, (each for each in desk.world.store.notices(LATEST) if each.at > since))


def _html(desk: Desk, found: list[News], since: Instant) -> str:
    changed: dict[str, News] = {}
    for each in found:
        if each.path:
            changed.setdefault(each.path.rpartition("/")[2], each)
    known = pieces_of(desk.world, changed)
    pieces = [(known[request], each) for request, each in changed.items() if request in known]
    return desk.html("parts/fresh.html", count=len(changed) or len(found), since=since, changed=pieces)


def _event(html: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in html.splitlines() if line.strip())
    return f"{lines}\n".encode()


async def _happens(event: asyncio.Event, within_s: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), within_s)
    except TimeoutError:
        return False
    return True


pages = [live]
