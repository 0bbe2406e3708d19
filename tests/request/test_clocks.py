"""Clocks of a request beside a simulation that lives through every hour: none is lost, none stands still that must run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.adapters.catalog import FileCatalog
from comity.domain.law import Clock
from comity.domain.request import Machine, Side, Step, fold_request
from comity.domain.request.clocks import ALARM_DAYS, ENDS, HOLDS, STARTS, Running, running, timed
from comity.domain.terms import Instant, NodeName, instant_text

CATALOG = FileCatalog()
MACHINE = CATALOG.machine("request")
HOUR = 3_600_000
BEGUN = int(datetime(2026, 11, 24, tzinfo=UTC).timestamp() * 1000)
NODES: dict[Side, NodeName] = {"requester": NodeName("a.example"), "requested": NodeName("b.example")}


def clock(name: str, kind: Literal["minimum", "maximum", "target", "service"], length: str, starts_at: str) -> Clock:
    return Clock(name=name, kind=kind, duration=length, starts_at=starts_at, bound="requested")


CLOCKS = (
    clock("hold", "minimum", "P60D", "preservation_effected"),
    clock("custodian_order", "maximum", "P90D", "order_served"),
    clock("produce", "maximum", "P10D", "order_received"),
    clock("recognise", "maximum", "P30D", "order_received"),
)


@dataclass(frozen=True)
class Lived:
    """One act in the life of a request: hours after the one before."""

    wait_h: int
    side: Side
    event: str
    choice: str | None


def told(acts: list[Lived]) -> list[Step]:
    """The records of both sides, each knowing all before."""
    steps = [
        Step(
            (0, 0),
            NODES["requester"],
            "send",
            "x",
            instant_text(Instant(BEGUN)),
            "request",
            "s0",
            (),
            NODES["requested"],
        )
    ]
    at = BEGUN
    for number, act in enumerate(acts, 1):
        at += act.wait_h * HOUR
        after = tuple(step.id for step in steps if step.issuer != NODES[act.side])
        steps.append(
            Step(
                (0, number),
                NODES[act.side],
                act.event,
                "x",
                instant_text(Instant(at)),
                "decision",
                f"s{number}",
                after,
                None,
                act.choice,
            )
        )
    return steps


@st.composite
def lives(draw: st.DrawFn, machine: Machine = MACHINE) -> list[Lived]:
    """A walk that both sides' rules allow, with hours between the acts."""
    state, acts = machine.opened, list[Lived]()
    for _ in range(draw(st.integers(0, 14))):
        sides: tuple[Side, Side] = ("requester", "requested")
        may = sorted((side, event) for side in sides for event in machine.events(state, side))
        if not may:
            break
        side, event = draw(st.sampled_from(may))
        to = draw(st.sampled_from(sorted(machine.targets(state, event))))
        acts.append(
            Lived(draw(st.integers(0, 24 * 40)), side, event, to if len(machine.targets(state, event)) > 1 else None)
        )
        state = to
    return acts


def simulated(acts: list[Lived], each: Clock, now_h: int) -> tuple[str, bool]:
    """(state, loud) of a clock by living through all hours, with none of the arithmetic of what is tested."""
    limit = int(each.duration[1:-1]) * 24
    state, at, left = MACHINE.opened, 0, list(acts)
    moments = []
    for act in left:
        at += act.wait_h
        moments.append(at)
    ends = ("decision_made", "release") if each.name in HOLDS else ENDS[each.name]
    counted, begun, ended, lapsed, linked, n = 0, False, False, False, False, 0
    for hour in range(now_h + 1):
        while n < len(acts) and moments[n] == hour:
            act = acts[n]
            state = act.choice or MACHINE.targets(state, act.event)[0]
            if not begun and act.event in STARTS[each.starts_at]:
                begun = True
            elif begun and act.event in ends:
                ended = True
            elif begun and each.name in HOLDS and act.event == "hold_lapsed":
                ended = lapsed = True
            if act.event == "link_production_request" and each.name == "hold":
                linked = True
            n += 1
        still = state in MACHINE.stop_clock and each.name not in MACHINE.never_stopped
        if begun and not ended and hour < now_h and not still:
            counted += 1
    if not begun:
        return "waiting", False
    if each.name in HOLDS:
        if ended:
            return ("missed" if lapsed else "met"), False
        if linked:
            return "endless", False
        if counted > limit:
            return "missed", each.name == "hold"
        loud = each.name == "hold" and state == "preserved" and limit - counted <= max(ALARM_DAYS) * 24
        return "running", loud
    if counted > limit:
        return "missed", False
    if ended:
        return "met", False
    return ("stopped" if state in MACHINE.stop_clock else "running"), False


@settings(max_examples=150)
@given(acts=lives(), later_h=st.integers(0, 24 * 100))
def test_every_clock_stands_where_a_life_lived_hour_by_hour_has_it(acts: list[Lived], later_h: int) -> None:
    view = fold_request(told(acts), MACHINE)
    assert view.refused_steps == (), "no illegal transition"
    backwards = fold_request(list(reversed(told(acts))), MACHINE)
    assert backwards.state == view.state, "both ends read alike"
    now_h = sum(act.wait_h for act in acts) + later_h
    now = Instant(BEGUN + now_h * HOUR)
    found = {each.name: each for each in running(view, MACHINE, timed(CLOCKS, view), now, UTC)}
    assert set(found) == {each.name for each in CLOCKS}
    for each in CLOCKS:
        got = found[each.name]
        assert (got.state, got.loud) == simulated(acts, each, now_h), each.name
    assert running(backwards, MACHINE, CLOCKS, now, UTC) == running(view, MACHINE, timed(CLOCKS, view), now, UTC)


HELD = [
    Lived(1, "requested", "acknowledge", None),
    Lived(1, "requested", "accept", None),
    Lived(1, "requested", "preserve", None),
]


def hold_after(days: int, acts: list[Lived] = HELD) -> Running:
    now = Instant(BEGUN + 3 * HOUR + days * 24 * HOUR)
    (found,) = [r for r in running(fold_request(told(acts), MACHINE), MACHINE, CLOCKS, now, UTC) if r.name == "hold"]
    return found


@pytest.mark.parametrize(
    ("days", "alarm", "loud"),
    [
        (0, None, False),
        (29, None, False),
        (30, 30, True),
        (46, 14, True),
        (53, 7, True),
        (57, 3, True),
        (59, 1, True),
        (60, 1, True),
    ],
)
def test_an_alarm_rises_at_thirty_fourteen_seven_three_and_one_day(days: int, alarm: int | None, loud: bool) -> None:
    found = hold_after(days)
    assert (found.state, found.alarm, found.loud) == ("running", alarm, loud)


def test_a_hold_that_has_lapsed_unasked_stays_loud() -> None:
    found = hold_after(61)
    assert (found.state, found.alarm, found.loud) == ("missed", 0, True)


def test_once_production_is_asked_for_a_hold_has_no_end_until_the_decision() -> None:
    asked = [*HELD, Lived(24, "requester", "link_production_request", None)]
    assert hold_after(400, asked).state == "endless"
    assert hold_after(400, [*asked, Lived(1, "requested", "decision_made", None)]).state == "met"


def test_what_is_most_pressing_stands_first() -> None:
    now = Instant(BEGUN + 50 * 24 * HOUR)
    assert next(iter(running(fold_request(told(HELD), MACHINE), MACHINE, CLOCKS, now, UTC))).name == "hold"


def test_every_beginning_in_the_data_is_an_event_or_said_to_be_none() -> None:
    """A clock that could never begin would be a promise nobody keeps."""
    no_event = {"always", "within_hold", "notification_received"}
    for route in CATALOG.book().routes:
        for each in route.clocks:
            assert each.starts_at in STARTS or each.starts_at in no_event, (route.id, each.name)
    known = frozenset[str]().union(*(machine.known_events for machine in CATALOG.machines().values()))
    assert {event for events in (*STARTS.values(), *ENDS.values()) for event in events} <= known
