"""Search: everything that the asking person may see, by words, phrases and values in any notation."""

from __future__ import annotations

from typing import Annotated

from litestar import get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct

from comity.domain.indicator import guess, is_open
from comity.domain.terms import Actor, Reason, Refused, instant_text
from comity.errors import Malformed
from comity.faces.api.asking import Asking, Here, acting_in, granted
from comity.flows.search import SHOWN, SHOWN_MAX, Answer, Found, search, suggest
from comity.ports import Place, World

CHARACTERS_MAX = 400
PLACE_CHARACTERS_MAX = 400

Question = Annotated[str, QueryParameter(name="q", min_length=1, max_length=CHARACTERS_MAX)]
After = Annotated[str | None, QueryParameter(name="after", max_length=PLACE_CHARACTERS_MAX)]
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=SHOWN_MAX)]


class GivenQuestion(Struct, frozen=True, forbid_unknown_fields=True):
    """A question; `after` is what the page before said."""

    q: Annotated[str, Meta(min_length=1, max_length=CHARACTERS_MAX)]
    after: Annotated[str, Meta(max_length=PLACE_CHARACTERS_MAX)] | None = None
    limit: Annotated[int, Meta(ge=1, le=SHOWN_MAX)] = SHOWN


class SnippetView(Struct, frozen=True):
    """A part of one text as it was written.

    pointer  where the text stands in the record's body
    spans    what was found: start and end in `text`, in characters (Unicode code points)
    """

    pointer: str
    text: str
    spans: list[list[int]]
    cut_before: bool
    cut_after: bool


class FoundView(Struct, frozen=True):
    """One record, and the text in which most was found."""

    origin: str
    index: int
    record: str
    kind: str
    issuer: str
    made: str
    snippet: SnippetView | None


class PeerFound(Struct, frozen=True):
    """A partner whose name or title holds it."""

    name: str
    title: str
    country: str


class CaseFound(Struct, frozen=True):
    """A case whose title or number holds it."""

    id: str
    number: str
    title: str


class SearchView(Struct, frozen=True):
    """What a question finds, the last filed first.

    count, exact   how many records there are, and whether all of them were counted
    after          to be sent along for the next page; null when this was the last
    peers, cases   on the first page alone
    """

    records: list[FoundView]
    count: int
    exact: bool
    after: str | None
    peers: list[PeerFound]
    cases: list[CaseFound]


class SuggestView(Struct, frozen=True):
    """How the last word of a question may go on, the most common first."""

    words: list[str]


@get("/search", sync_to_thread=True, opt={"act": "search"})
def search_text(request: Asking, world: Here, q: Question, after: After = None, limit: Limit = SHOWN) -> SearchView:
    """Records, partners and cases that hold what is asked for. A value that is a person's own goes into a body: POST /search."""
    if values := [value for value in guess(q) if not is_open(value.kind)]:
        mend = "send it in a body: POST /search"
        facts = {"field": "q", "mend": mend, "kind": values[0].kind}
        granted(Refused((Reason("personal-value-in-address", facts),)))
    return _answer(world, _acting(request, world), q, after, limit)


@post("/search", sync_to_thread=True, status_code=200, opt={"act": "search"})
def search_any(request: Asking, world: Here, data: JSONBody[GivenQuestion]) -> SearchView:
    """The same for questions of every kind."""
    return _answer(world, _acting(request, world), data.q, data.after, data.limit)


@get("/search/suggest", sync_to_thread=True, opt={"act": "search"})
def search_suggest(request: Asking, world: Here, q: Question) -> SuggestView:
    """How the last word may go on, out of the last records that the asking person may see."""
    return SuggestView(list(suggest(world, _acting(request, world), q)))


def _acting(request: Asking, world: World) -> Actor:
    return acting_in(request) or Actor("", world.me.name, "officer")


def _answer(world: World, actor: Actor, text: str, after: str | None, limit: int) -> SearchView:
    return search_view(search(world, actor, text, limit, _place(after) if after else None))


def _place(text: str) -> Place:
    origin, _, index = text.rpartition("/")
    if not (index.isascii() and index.isdecimal() and len(index) < 16):
        raise Malformed("search-after-unknown", after=text[:80])
    return Place(origin, int(index))


def search_view(answer: Answer) -> SearchView:
    """The answer as it is sent."""
    after = answer.after
    return SearchView(
        [_found(each) for each in answer.records],
        answer.count,
        answer.exact,
        f"{after.origin}/{after.index}" if after is not None else None,
        [PeerFound(peer.name, peer.title, peer.country) for peer in answer.peers],
        [CaseFound(case.id, case.number, case.title) for case in answer.cases],
    )


def _found(each: Found) -> FoundView:
    header, shown = each.header, each.snippet
    view = None
    if shown is not None:
        spans = [list(span) for span in shown.spans]
        view = SnippetView(shown.pointer, shown.text, spans, shown.cut_before, shown.cut_after)
    made = instant_text(header.made)
    return FoundView(each.place.origin, each.place.index, header.id, header.kind, header.issuer, made, view)


routes = [search_text, search_any, search_suggest]
