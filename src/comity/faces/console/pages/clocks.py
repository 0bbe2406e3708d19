"""The board of clocks: what runs on open requests, and what is about to be lost with nobody having asked for it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response, get

from comity.domain.terms import instant_text
from comity.faces.console.rail import Entry
from comity.faces.console.render import Seen
from comity.flows.clock_board import board, loud

SHOWN = 100


@get("/desk/clocks", sync_to_thread=True, opt={"act": "view"})
def clocks(desk: Seen) -> Response[Any]:
    """Requests on which a clock runs, of the first hundred in the order of work, the most pressing first."""
    lines = board(desk.world, ZoneInfo, SHOWN)
    return desk.show("clocks.html", lines=lines, loud=loud(lines), text=instant_text)


pages = [clocks]
rail = [Entry("clocks", "/desk/clocks", "work", "clock", 6)]
