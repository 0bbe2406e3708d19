"""The times that run on a request: when each began, when it is over, whether it stands still, and which alarm is due.

Clocks belong to the route; this reads them against what has happened. While somebody has been asked, or the other side weighs a
refusal, targets stand still; a hold never does: data that are kept for sixty days are gone on the sixty-first, whoever waits for whom.
The alarm that matters most is a hold that runs out while nobody has asked for what is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal, Protocol

from comity.domain.request.duration import IsFree, after, duration
from comity.domain.request.machine import Machine
from comity.domain.request.step import RequestView, Taken
from comity.domain.terms import Instant, instant_from

DAY_MS = 86_400_000
ALARM_DAYS = (1, 3, 7, 14, 30)
"""Days before a hold's end at which an alarm rises; our own choice."""
RENEW_BEFORE_DAYS = 15
"""Days before the end of an order on a custodian at which the side that holds has to renew it; our own choice."""
HELD = "preserved"
"""The state in which a hold runs and nothing that is held has been asked for."""

State = Literal["waiting", "running", "stopped", "met", "missed", "endless"]
"""waiting: hasn't begun · stopped: stands still · met: what it waits for came in time · endless: runs until a decision."""


class RouteClock(Protocol):
    """A clock as the law's data have it."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> Literal["minimum", "maximum", "target", "service"]: ...
    @property
    def duration(self) -> str: ...
    @property
    def starts_at(self) -> str: ...
    @property
    def bound(self) -> str: ...
    @property
    def counts(self) -> Literal["calendar", "working"]: ...


STARTS: Mapping[str, tuple[str, ...]] = {
    "order_received": ("acknowledge",),
    "request_received": ("acknowledge",),
    "preservation_effected": ("preserve",),
    "order_served": ("preserve",),
    "recognised": ("accept", "accept_part", "grant", "grant_part", "accept_terms"),
    "served": ("start",),
    "report_received": ("notify",),
}
"""What the data call a beginning -> the events that are one. A beginning that isn't here is no event of a request."""

ENDS: Mapping[str, tuple[str, ...]] = {
    "acknowledge": ("acknowledge",),
    "recognise": ("accept", "accept_part", "grant", "grant_part", "offer_terms", "refuse", "postpone"),
    "execute": ("finish", "report_impossible"),
    "produce": ("deliver", "report_impossible"),
    "produce_emergency": ("deliver", "report_impossible"),
    "provider_reply": ("deliver", "report_impossible"),
    "serve_provider": ("start",),
    "return_subscriber": ("deliver", "report_impossible"),
    "return_traffic": ("deliver", "report_impossible"),
    "review_and_demand": ("report_action", "decline"),
}
HOLDS = ("hold", "custodian_order")
LINKED, RELEASED = "link_production_request", ("decision_made", "hold_lapsed", "release")


@dataclass(frozen=True)
class _AsTold:
    """A hold on a route that sets none: its end is what the side that holds has said."""

    name: str = "hold"
    kind: Literal["minimum", "maximum", "target", "service"] = "minimum"
    duration: str = "P0D"
    starts_at: str = "preservation_effected"
    bound: str = "requested"
    counts: Literal["calendar", "working"] = "calendar"


AS_TOLD = _AsTold()


@dataclass(frozen=True)
class Running:
    """One clock of one request, as it stands at a moment.

    due    when it is over; None while it waits, and for one that runs until a decision. One that stands still has the moment at
           which it would be over if it went on now
    alarm  the number of days, of `ALARM_DAYS`, that have begun to be the last; None where there is none
    loud   a hold that runs out with nothing asked for
    """

    name: str
    kind: str
    bound: str
    state: State
    began: Instant | None = None
    due: Instant | None = None
    alarm: int | None = None
    loud: bool = False


def timed(clocks: Iterable[RouteClock], view: RequestView) -> tuple[RouteClock, ...]:
    """Those of a route that run on its requests; and where it sets no hold, the one that the other side has told."""
    found = tuple(clock for clock in clocks if clock.kind != "service")
    told = _said_ends(view) and all(clock.name != "hold" for clock in found)
    return (*found, AS_TOLD) if told else found


def running(
    view: RequestView,
    machine: Machine,
    clocks: Iterable[RouteClock],
    now: Instant,
    zone: tzinfo,
    is_free: IsFree | None = None,
) -> tuple[Running, ...]:
    """Every clock, the most pressing first. `clocks` as `timed` gives them.

    zone     where the days of a time are counted: at the side that it binds
    is_free  for clocks that count working days
    """
    found = [_one(clock, view, machine, now, zone, is_free if clock.counts == "working" else None) for clock in clocks]
    return tuple(sorted(found, key=pressing))


def pressing(clock: Running) -> tuple[int, int, str]:
    """The order of clocks: loud first, then what is missed, then what raises an alarm, then by its end; what is over last."""
    if clock.loud:
        rank = 0
    elif clock.state == "missed":
        rank = 1
    elif clock.alarm is not None:
        rank = 2
    else:
        rank = 3 if clock.state in ("running", "stopped") else 4
    return rank, clock.due or 0, clock.name


def _one(
    clock: RouteClock, view: RequestView, machine: Machine, now: Instant, zone: tzinfo, is_free: IsFree | None
) -> Running:
    start = next((each for each in view.history if each.step.event in STARTS.get(clock.starts_at, ())), None)
    if start is None:
        return Running(clock.name, clock.kind, clock.bound, "waiting")
    began = instant_from(start.step.at)
    due = after(began, duration(clock.duration), zone, is_free)
    if clock.name in HOLDS:
        return _hold(clock, view, began, due, now)
    end = next((e for e in view.history if e.step.event in ENDS.get(clock.name, ()) and e is not start), None)
    until = instant_from(end.step.at) if end is not None else now
    stopped = 0 if clock.name in machine.never_stopped else _stood_still(view.history, machine, began, until)
    due = Instant(due + stopped)
    if end is not None:
        return Running(clock.name, clock.kind, clock.bound, "met" if until <= due else "missed", began, due)
    still = view.state in machine.stop_clock and clock.name not in machine.never_stopped
    state: State = "stopped" if still and now <= due else "running" if now <= due else "missed"
    return Running(clock.name, clock.kind, clock.bound, state, began, due)


def _stood_still(history: tuple[Taken, ...], machine: Machine, began: Instant, until: Instant) -> int:
    """Ms between the two moments during which the request was in a state that stops clocks."""
    total = 0
    for number, taken in enumerate(history):
        if taken.state not in machine.stop_clock:
            continue
        left = history[number + 1].step.at if number + 1 < len(history) else None
        start = max(instant_from(taken.step.at), began)
        end = min(instant_from(left), until) if left is not None else until
        total += max(0, end - start)
    return total


def _said_ends(view: RequestView) -> list[str]:
    """Until when the other side has said that it holds, the latest word last."""
    told = [each.step.told.get("hold_until") for each in view.history if each.step.event in ("preserve", "extend")]
    return [str(end) for end in told if end]


def _hold(clock: RouteClock, view: RequestView, began: Instant, due: Instant, now: Instant) -> Running:
    """What is held until when. Told ends count before the route's own; once it is asked for, there is no end but a decision."""
    events = [each.step.event for each in view.history]
    said = _said_ends(view)
    if clock.name == "hold" and said:
        due = instant_from(said[-1])
    ended = next((e for e in view.history if e.step.event in RELEASED), None)
    if ended is not None:
        state: State = "met" if ended.step.event != "hold_lapsed" else "missed"
        return Running(clock.name, clock.kind, clock.bound, state, began, due)
    if clock.name == "hold" and LINKED in events:
        return Running(clock.name, clock.kind, clock.bound, "endless", began)
    if now > due:
        return Running(clock.name, clock.kind, clock.bound, "missed", began, due, 0, clock.name == "hold")
    left = due - now
    if clock.name == "custodian_order":
        renew = left <= RENEW_BEFORE_DAYS * DAY_MS
        return Running(clock.name, clock.kind, clock.bound, "running", began, due, RENEW_BEFORE_DAYS if renew else None)
    alarm = next((days for days in ALARM_DAYS if left <= days * DAY_MS), None)
    return Running(
        clock.name, clock.kind, clock.bound, "running", began, due, alarm, alarm is not None and view.state == HELD
    )
