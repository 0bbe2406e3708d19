"""Today: what needs this reader, what ends soon, what changed, who waits for whom."""

from __future__ import annotations

from litestar import Response, get

from comity.faces.console.rail import Entry
from comity.faces.console.render import Seen


@get("/desk/today", sync_to_thread=True)
def today(desk: Seen) -> Response[str]:
    """The day at a glance."""
    return desk.show("today.html")


pages = [today]
rail = [Entry("today", "/desk/today", "work", "today", 1, go="t")]
