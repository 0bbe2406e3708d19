"""Requests: the list, which stands still while others act. Every filter is an address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get

from comity.domain.terms import instant_text
from comity.faces.console.rail import Entry
from comity.faces.console.render import Seen
from comity.faces.console.work import NEWEST, Piece, pieces

VIEWS: dict[str, Callable[[Piece], bool]] = {
    "open": lambda piece: not piece.closed,
    "us": lambda piece: piece.turn == "us" and not piece.closed,
    "them": lambda piece: piece.turn == "them" and not piece.closed,
    "sent": lambda piece: piece.side == "requester",
    "received": lambda piece: piece.side == "requested",
    "closed": lambda piece: piece.closed,
}


@get("/desk/requests", sync_to_thread=True)
def requests(desk: Seen) -> Response[Any]:
    """The newest requests of one view, ours and those made to us."""
    asked = desk.request.query_params
    view = asked.get("view", "open")
    view = view if view in VIEWS else "open"
    partner, measure = asked.get("with", ""), asked.get("measure", "")
    found = pieces(desk.world)
    here = [piece for piece in found if VIEWS[view](piece)]
    partners = sorted({piece.other for piece in found})
    measures = {piece.measure: piece.label for piece in found}
    here = [p for p in here if partner in ("", p.other) and measure in ("", p.measure)]

    def path(**changed: str) -> str:
        """This list with other filters."""
        wanted = {"view": view, "with": partner, "measure": measure, **changed}
        return "/desk/requests?" + urlencode({k: v for k, v in wanted.items() if v})

    return desk.show(
        "requests.html",
        pieces=here,
        view=view,
        views={name: sum(map(test, found)) for name, test in VIEWS.items()},
        partner=partner,
        partners=partners,
        measure=measure,
        measures=measures,
        path=path,
        newest=NEWEST,
        since=instant_text(desk.spoken.now),
    )


pages = [requests]
rail = [Entry("requests", "/desk/requests", "work", "swap", 2, go="r", act="view")]
