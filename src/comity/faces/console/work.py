"""A request as work: what it is called, whose turn it is, which clock ends first. Lists and the day's page are made of these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from comity.domain.terms import Instant, instant_from, instant_text
from comity.errors import NotFound
from comity.faces.api.progress_view import ProgressView, progress_view
from comity.flows.lookup import opened
from comity.flows.opened import seen, served
from comity.flows.request_state import Dossier, dossier, requests
from comity.ports import Noticed, Place, World

Turn = Literal["us", "them", "nobody"]
LIFE = "rescue"
"""Measure whose requests are about a life in danger."""
# What may be done at nearly any time, so that it says nothing about whose turn it is.
_ALWAYS = frozenset(
    {
        "add_observation",
        "appeal",
        "ask_extension",
        "ask_release",
        "bounce",
        "countersign",
        "discard",
        "extend",
        "hold_lapsed",
        "lapse",
        "link_production_request",
        "no_action",
        "no_reply",
        "pass_on_objection",
        "refresh",
        "reopen",
        "safe_confirmed",
        "serve_order",
        "validation_failed",
        "withdraw",
    }
)
NEWEST = 200


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


def pieces(world: World, limit: int = NEWEST) -> list[Piece]:
    """The newest requests that can be read here, in the order of work: danger to life, our turn, the nearest clock, the newest."""
    found = [piece for each in requests(world, limit) if (piece := _piece_or_none(world, each)) is not None]
    return sorted(found, key=_order)


def _order(piece: Piece) -> tuple[bool, bool, bool, int, int]:
    due = piece.due
    return (
        piece.closed,
        not (piece.life and piece.turn == "us"),
        piece.turn != "us",
        due.due if due is not None else 1 << 62,
        -piece.changed,
    )


def _piece_or_none(world: World, request: str) -> Piece | None:
    try:
        return piece_of(world, dossier(world, request))
    except NotFound:
        return None  # its measure is no longer in the catalog, or it went meanwhile


def piece_of(world: World, found: Dossier) -> Piece:
    known = found.sent or found.draft
    assert known is not None
    targets = [target.value for target in found.ask.targets]
    history = found.view.history
    closed = found.view.state in found.machine.terminal
    made = instant_from(known.envelope.made)
    progress = progress_view(world, found)
    return Piece(
        request=found.request,
        measure=found.measure.id,
        label=found.measure.label,
        title=targets[0] if targets else "",
        more=max(len(targets) - 1, 0),
        other=str(found.other),
        side=found.side,
        state=found.view.state,
        closed=closed,
        life=found.measure.id == LIFE,
        turn=turn_of(found, progress),
        clocks=() if closed else tuple(sorted(_clocks(found, progress, made), key=lambda clock: clock.due)),
        changed=instant_from(history[-1].step.at) if history else made,
        by=history[-1].step.by if history else found.ask.drafted_by,
        acked=_acked(world, found),
    )


def turn_of(found: Dossier, progress: ProgressView) -> Turn:
    """Whose turn it is: whoever may take a step that isn't always open."""
    if progress.second_signature is not None and progress.second_signature.at is None and found.side == "requester":
        return "us"
    machine, state, side = found.machine, found.view.state, found.side
    if set(machine.events(state, side)) - _ALWAYS:
        return "us"
    other: Literal["requester", "requested"] = "requested" if side == "requester" else "requester"
    return "them" if set(machine.events(state, other)) - _ALWAYS else "nobody"


def _clocks(found: Dossier, progress: ProgressView, made: Instant) -> Iterator[Clock]:
    signed, answer, hold = progress.second_signature, progress.answer, progress.hold
    if signed is not None and signed.at is None:
        yield Clock("clock.second", instant_from(signed.due), made)
    if answer is not None and answer.at is None and found.view.state not in found.machine.stop_clock:
        ours = found.side == "requested"
        yield Clock("clock.our_answer" if ours else "clock.their_answer", instant_from(answer.due), made)
    if hold is not None and hold.held and hold.until is not None:
        yield Clock("clock.hold", instant_from(hold.until), made)
    if isinstance(found.ask.deadline, str):
        yield Clock("clock.deadline", instant_from(found.ask.deadline), made)
    last = next((step for step in reversed(found.view.history) if step.step.told.get("hold_until")), None)
    if last is not None and found.view.state in ("preserved", "postponed"):
        yield Clock("clock.kept", instant_from(str(last.step.told["hold_until"])), instant_from(last.step.at))


def _acked(world: World, found: Dossier) -> Acked | None:
    """Of our last record that crossed."""
    for place, record in reversed(found.records):
        channel = world.store.channel(place.origin)
        if (
            channel.writer == world.me.name
            and channel.audience != world.me.name
            and not record.envelope.kind.startswith("ack/")
        ):
            stored, looked = served(world, place), seen(world, place, record)
            return Acked(
                sent=record.envelope.made,
                stored=None if stored is None else instant_text(stored.at),
                opened=looked.at if looked is not None else None,
                opened_by=looked.by if looked is not None else None,
            )
    return None


@dataclass(frozen=True)
class News:
    """A notice as a line: what happened, when, and where it leads."""

    kind: str
    at: Instant
    path: str
    about: str
    life: bool = False


# Things that a person should do something about, as against what merely went on.
URGENT = frozenset(
    {
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
        "withheld",
    }
)


def news(world: World, notices: Iterable[Noticed]) -> list[News]:
    """The notices, each with the page about it as far as it says."""
    return [_news(world, notice) for notice in notices]


def _news(world: World, notice: Noticed) -> News:
    about = notice.about
    request = str(about.get("request", "")) or request_at(world, about.get("origin"), about.get("index"))
    peer = str(about.get("peer", "") or about.get("writer", "") or about.get("node", ""))
    if not peer and isinstance(about.get("origin"), str):
        peer = str(about["origin"]).partition("/ch/")[0]
    return News(notice.kind, notice.at, f"/desk/requests/{request}" if request else "", peer)


def request_at(world: World, origin: object, index: object) -> str:
    """The request that the record at this place belongs to; empty when it has none, or isn't here."""
    if not isinstance(origin, str) or not isinstance(index, int):
        return ""
    try:
        record = opened(world, Place(origin, index))
    except NotFound:
        return ""
    told = getattr(record.body, "request", "") if record is not None else ""
    return told if isinstance(told, str) else ""
