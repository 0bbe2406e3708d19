"""What each side said about a request, in the order of its own channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from comity.domain.request.machine import Side
from comity.domain.terms import NodeName, Reason


@dataclass(frozen=True)
class Step:
    """One request, decision or action record, as far as the state of a request depends on it.

    order    place in its issuer's own record of events: (position in the chain of channels, index)
    id       envelope id
    kind     `request`, `decision` or `action`
    event    the machine's event; a request record stands for the opening event whatever is written here
    to       the addressee's node; said by request records only
    choice   the state meant, where an event may lead to several
    after    ids of the other side's steps that the issuer had taken into account; the last one is enough
    told     what the faces show beside it (ground, reason, terms, taken, hold_until ...); never decides anything
    """

    order: tuple[int, int]
    issuer: NodeName
    event: str
    by: str
    at: str
    kind: str
    id: str
    after: tuple[str, ...] = ()
    to: NodeName | None = None
    choice: str | None = None
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Taken:
    """A step that moved the request from one state to another."""

    step: Step
    side: Side
    before: str
    state: str


@dataclass(frozen=True)
class RefusedStep:
    """A step that is kept and shown, and changed nothing."""

    step: Step
    state: str
    reason: Reason


@dataclass(frozen=True)
class RequestView:
    """Where a request stands, and how it came there; equal at both ends once both hold the same records.

    waiting   steps that speak of a step of the other side which isn't here yet
    seen      for each side, the id of its last step judged here: what the other side's next record says in `after`
    """

    request: str | None
    requester: NodeName | None
    addressee: NodeName | None
    state: str
    history: tuple[Taken, ...] = ()
    refused_steps: tuple[RefusedStep, ...] = ()
    waiting: tuple[Step, ...] = ()
    seen: Mapping[Side, str] = field(default_factory=dict)

    def after(self, side: Side) -> list[str]:
        """What a record that `side` issues now has to say in `after`."""
        other: Side = "requested" if side == "requester" else "requester"
        return [self.seen[other]] if other in self.seen else []
