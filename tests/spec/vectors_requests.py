"""Vectors of requests: machines as both ends must have them, and exchanges with the state that both ends must reach."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

from comity.adapters.catalog import FileCatalog
from comity.domain.request import SIDES, Machine, RequestView, Step, Transition, fold_request
from comity.domain.terms import NodeName
from tests.spec.making import PLATFORM, POLICE

MACHINES = ("request", "takedown", "freeze", "rescue")
"""The machines of the measures in this version; each measure names one."""


FORK = "fork"
"""A machine for these vectors alone: small, with an event that leads to several states."""


@cache
def machine_of(name: str) -> Machine:
    return _fork() if name == FORK else FileCatalog().machine(name)


def _fork() -> Machine:
    arrows = (
        ("draft", "asked", "send", "requester"),
        ("asked", "won", "judge", "requested"),
        ("asked", "lost", "judge", "requested"),
        ("asked", "lost", "close", "requested"),
    )
    return Machine(
        name=FORK,
        initial="draft",
        terminal=("won", "lost"),
        states=("draft", "asked", "won", "lost"),
        opens="send",
        transitions=tuple(
            Transition(source=source, to=to, event=event, actors=(f"{side}.officer",))
            for source, to, event, side in arrows
        ),
        source="tests",
        standing="design",
        checked_on=date(2026, 11, 24),
    )


def machine(name: str) -> dict[str, Any]:
    """What of a machine decides: states, events, and the side that may cause them."""
    read = machine_of(name)
    transitions = [
        {
            "from": step.source,
            "event": step.event,
            "to": step.to,
            "sides": [side for side in SIDES if read.allows(step.source, step.event, side)],
        }
        for step in read.transitions
    ]
    return {
        "name": read.name,
        "initial": read.initial,
        "opens": read.opens,
        "terminal": list(read.terminal),
        "transitions": transitions,
    }


Said = tuple[str, str, tuple[str, ...]] | tuple[str, str, tuple[str, ...], str]


def _steps(*said: Said) -> list[Step]:
    """Steps from (side and number, event, what it names in `after`, choice)."""
    return [_step(*each) for each in said]


def _step(place: str, event: str, after: tuple[str, ...], choice: str | None = None) -> Step:
    side, number = place[0], int(place[1:])
    opening = event in ("send", "notify", "hand_over")
    return Step(
        order=(0, number),
        issuer=NodeName({"a": POLICE, "b": PLATFORM, "c": "stranger.example"}[side]),
        event=event,
        by="fictional officer",
        at="2026-11-24T10:00:00.000Z",
        kind="request" if opening else "decision",
        id=place,
        after=after,
        to=NodeName(PLATFORM) if opening else None,
        choice=choice,
    )


def requests() -> dict[str, Any]:
    return {
        "what": "requests.md: the steps of a request in any order, with `order` telling their place in their issuer's channel, "
        "and the state that both ends fold them to. `gone` are ids of records that were erased whole.",
        "machines": {FORK: machine(FORK)},
        "cases": [_case(*parts) for parts in _cases()],
    }


def _case(name: str, machine_name: str, steps: list[Step], gone: tuple[str, ...] = ()) -> dict[str, Any]:
    view = fold_request(steps, machine_of(machine_name), gone=gone)
    case: dict[str, Any] = {"name": name, "machine": machine_name, "gone": list(gone)}
    return {**case, "steps": [_told(step) for step in steps], "result": _view(view)}


def _told(step: Step) -> dict[str, Any]:
    said: dict[str, Any] = {"id": step.id, "issuer": step.issuer, "order": list(step.order), "kind": step.kind}
    if step.kind == "request":
        return said | {"to": step.to}
    return said | {"event": step.event, "choice": step.choice, "after": list(step.after)}


def _view(view: RequestView) -> dict[str, Any]:
    return {
        "requester": view.requester,
        "addressee": view.addressee,
        "state": view.state,
        "history": [[taken.step.id, taken.side, taken.before, taken.state] for taken in view.history],
        "refused": [[kept.step.id, kept.state, kept.reason.code] for kept in view.refused_steps],
        "waiting": [step.id for step in view.waiting],
        "seen": dict(view.seen),
    }


def _cases() -> Iterator[tuple[Any, ...]]:
    sent: Said = ("a0", "send", ())
    got: Said = ("b0", "acknowledge", ("a0",))
    yield "nothing yet", "request", []
    yield "sent", "request", _steps(sent)
    yield "asked, acknowledged, accepted", "request", _steps(sent, got, ("b1", "accept", ("a0",)))
    yield "the same in another order, and twice", "request", _steps(("b1", "accept", ("a0",)), got, sent, got)
    yield "an answer before its question waits", "request", _steps(got)
    yield "a step that names what isn't here waits", "request", _steps(sent, ("b0", "acknowledge", ("a0", "a1")))
    crossing = ("a1", "withdraw", ())
    accepted: Said = ("b1", "accept", ("a0",))
    yield (
        "a withdrawal crosses an acceptance: the addressee's goes first",
        "request",
        _steps(sent, got, accepted, crossing),
    )
    done = _steps(sent, got, accepted, ("b2", "start", ("a0",)), ("b3", "finish", ("a0",)), crossing)
    yield "a withdrawal crosses what is already done", "request", done
    yield (
        "a withdrawal that was read stops the answer",
        "request",
        _steps(sent, got, crossing, ("b1", "accept", ("a1",))),
    )
    yield "an event that the machine doesn't have", "request", _steps(sent, ("b0", "sing", ("a0",)))
    yield "an event of the other side", "request", _steps(sent, ("a1", "acknowledge", ()))
    yield "a step of a third party", "request", _steps(sent, ("c0", "acknowledge", ("a0",)))
    yield "the request twice", "request", _steps(sent, ("a1", "send", ()))
    yield (
        "a record that was erased holds nothing up",
        "request",
        _steps(sent, ("b0", "acknowledge", ("a0", "a7"))),
        ("a7",),
    )
    yield from _choices()
    yield "a takedown", "takedown", _steps(("a0", "notify", ()), ("b0", "acknowledge", ("a0",)))
    ordered = _steps(sent, got, accepted, ("b2", "order_hold", ("a0",)))
    part = _steps(
        ("b3", "confirm_hold", ("a0",), "partly_held"), ("a1", "ask_release", ("b3",)), ("b4", "release", ("a1",))
    )
    yield "a freeze holds a part and lets go", "freeze", [*ordered, *part]
    unread = _steps(("b3", "confirm_hold", ("a0",), "held"), ("a1", "withdraw", ("b2",)))
    yield "a freeze is withdrawn while it is being held", "freeze", [*ordered, *unread]
    alert: Said = ("a0", "hand_over", ())
    signed = _steps(
        alert, ("b0", "acknowledge", ("a0",)), ("a1", "countersign", ()), ("b1", "report", ("a0",), "not_found")
    )
    yield "a rescue alert, countersigned while it is being answered", "rescue", signed


def _choices() -> Iterator[tuple[Any, ...]]:
    """An event that may lead to several states."""
    sent: Said = ("a0", "send", ())
    yield "several outcomes, one named", "fork", _steps(sent, ("b0", "judge", ("a0",), "lost"))
    yield "several outcomes, none named", "fork", _steps(sent, ("b0", "judge", ("a0",)))
    yield "an outcome that isn't one of them", "fork", _steps(sent, ("b0", "judge", ("a0",), "draft"))
    yield "one outcome, and it is named", "fork", _steps(("a0", "send", (), "asked"), ("b0", "close", ("a0",), "lost"))
    yield "one outcome, and another is named", "fork", _steps(sent, ("b0", "close", ("a0",), "won"))
