"""A request as work: what it is called, whose turn it is, which clock ends first. Lists and the day's page are made of these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from comity.domain.request.summary import Clock as Runs
from comity.domain.request.summary import Summary, Turn
from comity.domain.terms import Instant, instant_text
from comity.errors import NotFound
from comity.flows.request_list import Listed, ending, found_by, line_of, listed
from comity.flows.request_state import Dossier, read
from comity.ports import Noticed, Place, World
from comity.ports.requests import EVERY, Wanted

LIFE = "rescue"
"""Measure whose requests are about a life in danger."""
SHOWN = 50
"""Requests on one page of a list."""
AMONG = 200
"""Requests whose words are looked through for something typed."""


@dataclass(frozen=True)
class Clock:
    """Something that ends. `what` is a message; `since` when it began to run, where that is known."""

    what: str
    due: Instant
    since: Instant | None = None


@dataclass(frozen=True)
class Acked:
    """How far our last word has come at the other side: stored by its machine, opened by a person. Either may be missing."""

    sent: str
    stored: str | None
    opened: str | None
    opened_by: str | None


@dataclass(frozen=True)
class Piece:
    """One request in a list.

    title    first target, nothing personal; `more` how many others
    changed  when the last step was taken, or the record made
    """

    request: str
    measure: str
    label: dict[str, str]
    title: str
    more: int
    other: str
    side: str
    state: str
    closed: bool
    life: bool
    turn: Turn
    clocks: tuple[Clock, ...]
    changed: Instant
    by: str
    acked: Acked | None

    @property
    def due(self) -> Clock | None:
        """The clock that ends first."""
        return self.clocks[0] if self.clocks else None


def pieces(world: World, wanted: Wanted = EVERY, limit: int = SHOWN, after: str = "") -> list[Piece]:
    """Requests in the order of work: danger to life, our turn, the nearest clock, the newest. What can't be read here is left out."""
    labels = _labels(world)
    return [_piece(labels, line) for line in listed(world, wanted, limit, after)]


def pieces_of(world: World, requests: Iterable[str]) -> dict[str, Piece]:
    """These, by their ids, as far as they may be seen."""
    ids = tuple(dict.fromkeys(requests))
    return {piece.request: piece for piece in pieces(world, Wanted(ids=ids), len(ids))} if ids else {}


def ending_soon(world: World, since: Instant, until: Instant, limit: int) -> tuple[list[Piece], int]:
    """Those whose nearest clock ends in this time, and how many there are in all."""
    labels, (found, count) = _labels(world), ending(world, since, until, limit)
    return [_piece(labels, line) for line in found], count


def pieces_with(world: World, words: str, limit: int) -> list[Piece]:
    """By the end of an id, or by words of what a list shows; the latter among the first in the order of work."""
    plain, labels = words.casefold(), _labels(world)
    by_id = pieces(world, Wanted(ends=words.lower()), limit) if len(words) > 3 and set(plain) <= _OF_IDS else []

    def fits(one: Summary, targets: tuple[str, ...]) -> bool:
        said = (one.request, *targets[:1], one.other, *labels.get(one.measure, {}).values())
        return plain in " ".join(said).casefold()

    found = {piece.request: piece for piece in by_id}
    for line in found_by(world, fits, AMONG, limit):
        found.setdefault(line.summary.request, _piece(labels, line))
    return list(found.values())[:limit]


_OF_IDS = frozenset("0123456789abcdef-")


def piece_of(world: World, found: Dossier) -> Piece:
    """One that was read already."""
    line = line_of(world, found)
    if line is None:
        raise NotFound("request", request=found.request)
    return _piece({found.measure.id: found.measure.label}, line)


def _labels(world: World) -> dict[str, dict[str, str]]:
    return {measure.id: measure.label for measure in world.catalog.measures().values()}


def _piece(labels: dict[str, dict[str, str]], line: Listed) -> Piece:
    one, said = line.summary, line.said
    acked = None
    if said is not None:
        acked = Acked(said.sent, None if said.stored is None else instant_text(said.stored), said.opened, said.by)
    return Piece(
        request=one.request,
        measure=one.measure,
        label=labels[one.measure],
        title=line.targets[0] if line.targets else "",
        more=max(len(line.targets) - 1, 0),
        other=str(one.other),
        side=one.side,
        state=one.state,
        closed=one.closed,
        life=one.measure == LIFE,
        turn=one.turn,
        clocks=tuple(map(_clock, one.clocks)),
        changed=one.changed,
        by=line.by,
        acked=acked,
    )


def _clock(runs: Runs) -> Clock:
    return Clock(f"clock.{runs.what}", runs.due, runs.since)


@dataclass(frozen=True)
class News:
    """A notice as a line: what happened, when, and where it leads."""

    kind: str
    at: Instant
    path: str
    about: str
    life: bool = False


ELSEWHERE = {"attack": "/desk/channels", "break-glass": "/desk/cases"}
"""Kind of notice that is about no request -> the page about it."""

# Things that a person should do something about, as against what merely went on.
URGENT = frozenset(
    {
        "break-glass",
        "confirmed-and-lost",
        "countersign-overdue",
        "file-wrong",
        "fork",
        "holder-overdue",
        "match",
        "order",
        "order-reaches-nobody",
        "quarantined",
        "report-matches",
        "rights-lift",
        "withheld",
    }
)


def news(world: World, notices: Iterable[Noticed]) -> list[News]:
    """The notices, each with the page about it as far as it says."""
    found = list(notices)
    unnamed = [place for each in found if not each.about.get("request") and (place := _place(each)) is not None]
    requests = requests_at(world, unnamed)
    return [_news(notice, requests) for notice in found]


def _news(notice: Noticed, requests: dict[Place, str]) -> News:
    about, place = notice.about, _place(notice)
    request = str(about.get("request", "")) or (requests.get(place, "") if place is not None else "")
    peer = str(about.get("peer", "") or about.get("writer", "") or about.get("node", ""))
    if not peer and isinstance(about.get("origin"), str):
        peer = str(about["origin"]).partition("/ch/")[0]
    path = f"/desk/requests/{request}" if request else ELSEWHERE.get(notice.kind, "")
    return News(notice.kind, notice.at, path, peer or str(about.get("by", "")))


def _place(notice: Noticed) -> Place | None:
    origin, index = notice.about.get("origin"), notice.about.get("index")
    return Place(origin, index) if isinstance(origin, str) and isinstance(index, int) else None


def requests_at(world: World, places: Sequence[Place]) -> dict[Place, str]:
    """The request that the record at each place belongs to; none for one that has none, or isn't here."""
    known = {channel.origin for channel in world.store.channels()}
    entries = world.store.entries_at([place for place in places if place.origin in known])
    told = {place: getattr(read(entry).body, "request", "") for place, entry in entries.items()}
    return {place: request for place, request in told.items() if isinstance(request, str) and request}


def request_at(world: World, origin: object, index: object) -> str:
    """The same of one place; empty when it has none, or isn't here."""
    if not isinstance(origin, str) or not isinstance(index, int):
        return ""
    place = Place(origin, index)
    return requests_at(world, [place]).get(place, "")
