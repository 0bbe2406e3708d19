"""Search: texts, ids, and what is known about a value, in what this reader may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post

from comity.domain.indicator import guess, is_open
from comity.errors import Malformed, NotFound
from comity.faces.api.routes.search import FoundView, search_view
from comity.faces.api.views import KnownView, known_view
from comity.faces.console.forms import Sent
from comity.faces.console.render import Desk, Seen
from comity.faces.console.work import SHOWN, Piece, piece_of, pieces_with, requests_at
from comity.flows.access import permit
from comity.flows.lookup import look_up, read_value
from comity.flows.request_state import dossier, read
from comity.flows.search import search as find
from comity.ports import Place

WANTED_CHARACTERS_MAX = 400
HOME_DIGITS_MIN = 7
"""Fewer are a year or the end of an id rather than a telephone number."""


@dataclass(frozen=True)
class Hit:
    """One record that holds what was asked for.

    parts  of its text: (words, whether they were found)
    path   of the page about it; empty where it has none
    """

    found: FoundView
    parts: tuple[tuple[str, bool], ...]
    path: str


@get("/desk/search", sync_to_thread=True, opt={"act": "view"})
def address(desk: Seen) -> Response[Any]:
    """An address that can be passed on: for what is nobody's own. Addresses get written down, so a personal value isn't looked up by one."""
    asked = desk.request.query_params
    return _shown(desk, asked.get("q", "").strip()[:WANTED_CHARACTERS_MAX], "", by_address=True)


@post("/desk/search", sync_to_thread=True, opt={"act": "view"})
def search(desk: Seen, form: Sent) -> Response[Any]:
    """What is found for `q`, whatever it is; the value is in the body alone."""
    wanted = form.text("q", most=WANTED_CHARACTERS_MAX)[:WANTED_CHARACTERS_MAX]
    return _shown(desk, wanted, form.text("after", most=WANTED_CHARACTERS_MAX), by_address=False)


def _shown(desk: Desk, wanted: str, after: str, *, by_address: bool) -> Response[Any]:
    personal = by_address and any(not is_open(value.kind) for value in guess(wanted))
    known, texts, word, fault = None, None, "personal" if personal else "", None
    if wanted and not personal:
        if not permit(desk.world, desk.officer, "look-up"):
            known = _known(desk, wanted)
        if permit(desk.world, desk.officer, "search"):
            word = "not_yours"
        else:
            try:
                texts = search_view(find(desk.world, desk.officer, wanted, after=_place(after)))
            except Malformed as malformed:
                fault = malformed
    return desk.show(
        "search.html",
        q=wanted,
        posted=not by_address,
        known=known,
        word_said=word,
        found=[] if personal else _requests(desk, wanted),
        texts=texts,
        hits=_hits(desk, texts.records) if texts is not None else [],
        fault=fault,
    )


def _known(desk: Desk, wanted: str) -> KnownView | None:
    """What is known about the value; a number that is written as at home is one of this node's country."""
    at_home = f"{desk.world.me.country}:{wanted}"
    for kind, text in ((None, wanted), ("phone", at_home)):
        if kind == "phone" and sum(map(str.isdecimal, wanted)) < HOME_DIGITS_MIN:
            break
        try:
            return known_view(look_up(desk.world, [read_value(kind, text)])[0])
        except Malformed:
            continue
    return None  # words, and no value


def _place(after: str) -> Place | None:
    origin, _, index = after.rpartition("/")
    return Place(origin, int(index)) if origin and index.isascii() and index.isdecimal() and len(index) < 16 else None


def _hits(desk: Desk, found: Sequence[FoundView]) -> list[Hit]:
    requests = requests_at(desk.world, [Place(each.origin, each.index) for each in found])
    return [_hit(each, _path(desk, each, requests.get(Place(each.origin, each.index), ""))) for each in found]


def _path(desk: Desk, found: FoundView, request: str) -> str:
    """Where the record is shown; empty where no page is about it."""
    kind = found.kind.partition("/")[0]
    if kind == "report":
        entry = desk.world.store.entries(found.origin, found.index, found.index + 1)
        return f"/desk/reports/{read(entry[0]).body.report}" if entry else ""
    if kind == "indicator":
        return f"/desk/signals/{found.record}"
    if not request:
        return ""
    try:
        dossier(desk.world, request)
    except NotFound:
        return ""  # a decision about something else than a request
    return f"/desk/requests/{request}"


def _hit(found: FoundView, path: str) -> Hit:
    parts: list[tuple[str, bool]] = []
    if found.snippet is not None:
        text, at = found.snippet.text, 0
        for start, end in found.snippet.spans:
            parts += [(text[at:start], False), (text[start:end], True)]
            at = end
        parts.append((text[at:], False))
    return Hit(found, tuple(part for part in parts if part[0]), path)


def _requests(desk: Desk, wanted: str) -> list[Piece]:
    """By id, by the end of one, or by a word of what a list shows."""
    if not wanted:
        return []
    try:
        return [piece_of(desk.world, dossier(desk.world, wanted))]
    except NotFound:
        pass
    return pieces_with(desk.world, wanted, SHOWN)


pages = [address, search]
