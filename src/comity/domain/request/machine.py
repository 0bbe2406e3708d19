"""A request's life as states and events, read from data and checked before use.

Who may cause an event is written as actors (`requester.officer`, `recipient`); of these only the *side* can be proven by a
channel's signature, so sides decide what a step may do, and the finer role is for the node that acts to keep.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Literal

import msgspec

from comity.domain.terms import Reason

Side = Literal["requester", "requested"]
SIDES: tuple[Side, Side] = ("requester", "requested")


class Transition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"source": "from"}):
    """One arrow: `event` by one of `actors` leads from `source` to `to`, once the `guard` (for people to check) holds."""

    source: str
    to: str
    event: str
    actors: tuple[str, ...]
    guard: str = ""
    basis: str = ""
    standing: str = ""


class Walk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An example that runs as a test: the events in order, each by a side, and the state they end in."""

    events: tuple[tuple[Side, str], ...]
    ends: str
    refused: tuple[int, ...] = ()
    why: str = ""


class Machine(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    dict=True,
    rename={"transitions": "transition"},
):
    """States, events and who may cause them.

    opens           the event that the request record itself stands for; what lies before it stays at the requester's node
    sides           actor -> the sides that may act as it; `requester.x` and `requested.x` need no entry
    stop_clock      states in which targets and reply clocks stand still
    never_stopped   names of clocks that run on even then
    """

    name: str
    initial: str
    terminal: tuple[str, ...]
    states: tuple[str, ...]
    opens: str
    transitions: tuple[Transition, ...]
    sides: dict[str, tuple[Side, ...]] = {}
    stop_clock: tuple[str, ...] = ()
    never_stopped: tuple[str, ...] = ()
    source: str
    standing: str
    checked_on: date
    example: tuple[Walk, ...] = ()

    @cached_property
    def _arrows(self) -> dict[tuple[str, str], tuple[Transition, ...]]:
        arrows: dict[tuple[str, str], tuple[Transition, ...]] = {}
        for step in self.transitions:
            arrows[step.source, step.event] = (*arrows.get((step.source, step.event), ()), step)
        return arrows

    @cached_property
    def _events(self) -> dict[tuple[str, Side | None], tuple[str, ...]]:
        """What `events` has answered so far: a machine never changes."""
        return {}

    @cached_property
    def opened(self) -> str:
        """The state that a request record puts both ends in."""
        return next(step.to for step in self.transitions if step.event == self.opens)

    @cached_property
    def known_events(self) -> frozenset[str]:
        return frozenset(step.event for step in self.transitions)

    def targets(self, state: str, event: str) -> tuple[str, ...]:
        """Every state that `event` may lead to from `state`."""
        return tuple(step.to for step in self._arrows.get((state, event), ()))

    def next(self, state: str, event: str, choice: str | None = None) -> str | None:
        """Where `event` leads; None when it isn't allowed, or leads to several states and `choice` names none of them."""
        targets = self.targets(state, event)
        if choice is not None:
            return choice if choice in targets else None
        return targets[0] if len(targets) == 1 else None

    def actors(self, state: str, event: str) -> tuple[str, ...]:
        """Who may cause `event` in `state`: roles, for the node that acts."""
        return tuple(dict.fromkeys(actor for step in self._arrows.get((state, event), ()) for actor in step.actors))

    def allows(self, state: str, event: str, side: Side) -> bool:
        """Whether a node on this side may cause `event` in `state`."""
        return any(side in self._sides_of(actor) for actor in self.actors(state, event))

    def events(self, state: str, side: Side | None = None) -> tuple[str, ...]:
        """What may happen next, in the data's order; of one side, or of both."""
        known = self._events.get((state, side))
        if known is None:
            known = self._events[state, side] = tuple(
                event
                for source, event in self._arrows
                if source == state and (side is None or self.allows(state, event, side))
            )
        return known

    def _sides_of(self, actor: str) -> tuple[Side, ...]:
        if actor in self.sides:
            return self.sides[actor]
        return tuple(side for side in SIDES if actor.split(".", 1)[0] == side)


def check_machine(machine: Machine) -> tuple[Reason, ...]:
    """Every fault of a machine; an empty answer means it may be used."""
    known, arrows = set(machine.states), machine.transitions
    named = {machine.initial, *machine.terminal, *machine.stop_clock} | {
        end for a in arrows for end in (a.source, a.to)
    }
    faults = [Reason("state-unknown", {"state": state}) for state in sorted(named - known)]
    for place in sorted({(a.source, a.event, a.to) for a in arrows}):
        if sum((a.source, a.event, a.to) == place for a in arrows) > 1:
            faults.append(Reason("transition-repeated", dict(zip(("from", "event", "to"), place, strict=True))))
    reached = _closure({machine.initial}, [(a.source, a.to) for a in arrows])
    faults += [Reason("state-unreachable", {"state": state}) for state in sorted(known - reached)]
    ending = _closure(set(machine.terminal), [(a.to, a.source) for a in arrows])
    faults += [Reason("state-dead-end", {"state": state}) for state in sorted(known - ending)]
    faults += [
        Reason("terminal-goes-on", {"state": a.source, "event": a.event})
        for a in arrows
        if a.source in machine.terminal
    ]
    for step in arrows:
        faults += [
            Reason("actor-on-no-side", {"actor": a, "event": step.event})
            for a in step.actors
            if not machine._sides_of(a)
        ]
        if not step.actors:
            faults.append(Reason("event-of-nobody", {"event": step.event, "from": step.source}))
    opened = sorted({step.to for step in arrows if step.event == machine.opens})
    if len(opened) != 1:
        faults.append(Reason("opening-not-one-state", {"event": machine.opens, "states": opened}))
    elif not all(machine.allows(a.source, a.event, "requester") for a in arrows if a.event == machine.opens):
        faults.append(Reason("opening-not-the-requesters", {"event": machine.opens}))
    return tuple(faults)


def _closure(start: set[str], arrows: Iterable[tuple[str, str]]) -> set[str]:
    arrows, reached, front = list(arrows), set(start), set(start)
    while front:
        front = {to for source, to in arrows if source in front} - reached
        reached |= front
    return reached
