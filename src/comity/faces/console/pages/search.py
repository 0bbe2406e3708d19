"""Search: ids, and what is known about a value, in what this reader may see."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from comity.domain.indicator import is_open
from comity.errors import Malformed, NotFound
from comity.faces.api.views import known_view
from comity.faces.console.forms import Sent
from comity.faces.console.render import Desk, Seen
from comity.faces.console.work import Piece, piece_of, pieces
from comity.flows.access import permit
from comity.flows.lookup import look_up, read_value
from comity.flows.request_state import dossier

WANTED_CHARACTERS_MAX = 400


@get("/desk/search", sync_to_thread=True, opt={"act": "view"})
def address(desk: Seen) -> Response[Any]:
    """An address that can be passed on: for what is nobody's own. Addresses get written down, so a personal value isn't looked up by one."""
    return _shown(desk, desk.request.query_params.get("q", "").strip()[:WANTED_CHARACTERS_MAX], by_address=True)


@post("/desk/search", sync_to_thread=True, opt={"act": "view"})
def search(desk: Seen, form: Sent) -> Response[Any]:
    """What is found for `q`, whatever it is; the value is in the body alone."""
    return _shown(desk, form.text("q", most=WANTED_CHARACTERS_MAX)[:WANTED_CHARACTERS_MAX], by_address=False)


def _shown(desk: Desk, wanted: str, *, by_address: bool) -> Response[Any]:
    known, word = None, ""
    if wanted:
        try:
            value = read_value(None, wanted)
        except Malformed:
            word = "no_value"
        else:
            if by_address and not is_open(value.kind):
                word = "personal"
            elif permit(desk.world, desk.officer, "look-up"):
                word = "not_yours"
            else:
                known = known_view(look_up(desk.world, [value])[0])
    return desk.show("search.html", q=wanted, known=known, word_said=word, found=_requests(desk, wanted))


def _requests(desk: Desk, wanted: str) -> list[Piece]:
    """By id, by the end of one, or by a word of what a list shows."""
    if not wanted:
        return []
    try:
        return [piece_of(desk.world, dossier(desk.world, wanted))]
    except NotFound:
        pass
    plain = wanted.casefold()
    return [
        piece
        for piece in pieces(desk.world)
        if plain in " ".join((piece.request, piece.title, piece.other, *piece.label.values())).casefold()
    ][:50]


pages = [address, search]
