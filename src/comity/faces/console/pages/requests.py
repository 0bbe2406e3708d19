"""Requests: the list, which stands still while others act. Every filter is an address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get

from comity.domain.request.summary import CLOSED
from comity.domain.terms import instant_text
from comity.faces.console.rail import Entry
from comity.faces.console.render import Seen
from comity.faces.console.work import SHOWN, pieces
from comity.ports.requests import Count, View, Wanted

VIEWS: dict[View, Callable[[Count], bool]] = {
    "open": lambda each: each.rank < CLOSED,
    "us": lambda each: each.turn == "us" and each.rank < CLOSED,
    "them": lambda each: each.turn == "them" and each.rank < CLOSED,
    "sent": lambda each: each.side == "requester",
    "received": lambda each: each.side == "requested",
    "closed": lambda each: each.rank == CLOSED,
}


@get("/desk/requests", sync_to_thread=True)
def requests(desk: Seen) -> Response[Any]:
    """Requests of one view, ours and those made to us, a page of them; `after` goes on behind one."""
    asked = desk.request.query_params
    view: View = next((name for name in VIEWS if name == asked.get("view")), "open")
    partner, measure, after = asked.get("with", ""), asked.get("measure", ""), asked.get("after", "")
    counts, labels = desk.world.store.counted(), desk.world.catalog.measures()
    here = pieces(desk.world, Wanted(view, partner, measure), SHOWN + 1, after)
    count = sum(
        each.n for each in counts if VIEWS[view](each) and partner in ("", each.other) and measure in ("", each.measure)
    )

    def path(**changed: str) -> str:
        """This list with other filters, from its beginning."""
        wanted = {"view": view, "with": partner, "measure": measure, **changed}
        return "/desk/requests?" + urlencode({k: v for k, v in wanted.items() if v})

    return desk.show(
        "requests.html",
        pieces=here[:SHOWN],
        count=count,
        view=view,
        views={name: sum(each.n for each in counts if fits(each)) for name, fits in VIEWS.items()},
        partner=partner,
        partners=sorted({each.other for each in counts}),
        measure=measure,
        measures={name: labels[name].label for name in sorted({each.measure for each in counts}) if name in labels},
        path=path,
        further=path(after=here[SHOWN - 1].request) if len(here) > SHOWN else "",
        after=after,
        since=instant_text(desk.spoken.now),
    )


pages = [requests]
rail = [Entry("requests", "/desk/requests", "work", "swap", 2, go="r", act="view")]
