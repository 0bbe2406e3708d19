"""What a list says of a request: how it stands, whose turn it is, which clock ends first. Nothing here depends on the time of day.

So a store may keep it beside the records and hand it out for as long as none of them changes. It holds no word that anybody wrote:
places where such words stand take their room.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from comity.domain.ledger import Channel, Place
from comity.domain.request.dossier import Dossier
from comity.domain.request.machine import Side
from comity.domain.request.step import RequestView, Step
from comity.domain.terms import Instant, NodeName, instant_from

Turn = Literal["us", "them", "nobody"]
DAY_MS: Final = 86_400_000
SECOND_SIGNATURE_MS: Final = DAY_MS
"""Our own choice: a day."""
NEVER: Final = 1 << 62
CLOSED: Final = 3
"""Rank of what is closed."""
HOLDS: Final = "freeze"
"""Machine of requests by which something is held until a day."""
HOLDING: Final = frozenset({"held", "partly_held", "release_asked"})
KEPT: Final = frozenset({"preserved", "postponed"})
# What may be done at nearly any time, so that it says nothing about whose turn it is.
_ALWAYS: Final = frozenset(
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


@dataclass(frozen=True)
class Clock:
    """Something that ends. `what` is a code; `since` when it began to run, where that is known."""

    what: str
    due: Instant
    since: Instant | None = None


@dataclass(frozen=True)
class Summary:
    """One request in a list.

    alert    it left by one officer's word, because a life is in danger
    clocks   that run while it isn't closed, the nearest first
    changed  when the last step was taken, or the record made
    shown    the request as it left or came in, else its latest draft
    last     the record of the last step; None before the first
    ours     our last record that crossed; None while there is none
    second   until when the second signature is due that we have to give and haven't given
    """

    request: str
    measure: str
    other: NodeName
    side: Side
    state: str
    closed: bool
    alert: bool
    turn: Turn
    clocks: tuple[Clock, ...]
    changed: Instant
    shown: Place
    last: Place | None
    ours: Place | None
    second: Instant | None

    @property
    def rank(self) -> int:
        """In the order of work: danger to life and our turn, our turn, what waits for others, what is closed."""
        if self.closed:
            return CLOSED
        return (0 if self.alert else 1) if self.turn == "us" else 2

    @property
    def due(self) -> int:
        """When the nearest clock ends; NEVER where none runs."""
        return self.clocks[0].due if self.clocks else NEVER

    @property
    def order(self) -> tuple[int, int, int, str]:
        """By rank, then the nearest clock, then the newest."""
        return self.rank, self.due, -self.changed, self.request


def summary_of(found: Dossier, me: NodeName, channels: dict[str, Channel]) -> Summary:
    """What is said of this one. `channels` by origin, those of its records at least."""
    known = found.sent or found.draft
    assert known is not None
    history = found.view.history
    closed = found.view.state in found.machine.terminal
    places = {(record.envelope.issuer, record.envelope.id): place for place, record in reversed(found.records)}
    made = instant_from(known.envelope.made)
    last = history[-1].step if history else None
    second = second_signature_due(found) if found.side == "requester" and countersigned(found.view) is None else None
    return Summary(
        request=found.request,
        measure=found.measure.id,
        other=found.other,
        side=found.side,
        state=found.view.state,
        closed=closed,
        alert=found.measure.leaves == "alert",
        turn=turn_of(found),
        clocks=() if closed else tuple(sorted(_clocks(found, made), key=lambda clock: clock.due)),
        changed=instant_from(last.at) if last is not None else made,
        shown=next(place for place, record in found.records if record is known),
        last=places.get((last.issuer, last.id)) if last is not None else None,
        ours=_ours(found, me, channels),
        second=second,
    )


def _ours(found: Dossier, me: NodeName, channels: dict[str, Channel]) -> Place | None:
    for place, record in reversed(found.records):
        channel = channels[place.origin]
        if channel.writer == me != channel.audience and not record.envelope.kind.startswith("ack/"):
            return place
    return None


def turn_of(found: Dossier) -> Turn:
    """Whose turn it is: whoever may take a step that isn't always open."""
    if found.side == "requester" and second_signature_due(found) is not None and countersigned(found.view) is None:
        return "us"
    machine, state, side = found.machine, found.view.state, found.side
    if set(machine.events(state, side)) - _ALWAYS:
        return "us"
    other: Side = "requested" if side == "requester" else "requester"
    return "them" if set(machine.events(state, other)) - _ALWAYS else "nobody"


def _clocks(found: Dossier, made: Instant) -> Iterator[Clock]:
    second, answer, state = second_signature_due(found), answer_due_by(found), found.view.state
    if second is not None and countersigned(found.view) is None:
        yield Clock("second", second, made)
    if answer is not None and first_answer(found.view) is None and state not in found.machine.stop_clock:
        yield Clock("our_answer" if found.side == "requested" else "their_answer", answer, made)
    until = held_until(found.view)
    if found.machine.name == HOLDS and until is not None and state in HOLDING | {"under_order"}:
        yield Clock("hold", until, made)
    if isinstance(found.ask.deadline, str):
        yield Clock("deadline", instant_from(found.ask.deadline), made)
    last = next((taken.step for taken in reversed(found.view.history) if taken.step.told.get("hold_until")), None)
    if last is not None and state in KEPT:
        yield Clock("kept", instant_from(str(last.told["hold_until"])), instant_from(last.at))


def second_signature_due(found: Dossier) -> Instant | None:
    """Until when an alert's second signature is looked for; None where the measure asks for none or nothing has left."""
    if found.measure.leaves != "alert" or found.sent is None:
        return None
    return Instant(instant_from(found.sent.envelope.made) + SECOND_SIGNATURE_MS)


def countersigned(view: RequestView) -> Step | None:
    """The step by which the second signature was given."""
    return next((taken.step for taken in view.history if taken.step.event == "countersign"), None)


def answer_due_by(found: Dossier) -> Instant | None:
    """When the addressee should have said something; None for what hasn't left, and where the measure's data sets no target."""
    days = found.measure.answer_days.get(found.ask.urgency)
    if days is None or found.sent is None:
        return None
    return Instant(instant_from(found.sent.envelope.made) + int(days * DAY_MS))


def first_answer(view: RequestView) -> str | None:
    """When the addressee first said something."""
    return next((taken.step.at for taken in view.history if taken.side == "requested"), None)


def held_until(view: RequestView) -> Instant | None:
    """Until when what was told last holds; None where nothing is said to."""
    told = [taken.step.told.get("hold_until") for taken in view.history]
    last = next((text for text in reversed(told) if text), None)
    return instant_from(last) if last is not None else None
