"""The human-rights gate of a request: what it says, and how two persons lift what it holds."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from comity.faces.api.asking import Here, Officer, granted
from comity.flows import rights
from comity.flows.two_persons import Proposed

Why = Annotated[str, msgspec.Meta(max_length=rights.REASON_MAX)]


class NewLift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the request is looked into all the same; sealed."""

    reason: Why


class LiftDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the second person lets it go, and why."""

    confirmed: bool
    reason: Why


class RightsRowView(msgspec.Struct, frozen=True):
    """A row of the gate that speaks of the request. `lifted`: two persons have lifted it for this one."""

    row: str
    effect: Literal["block", "hold", "protect"]
    text: str
    basis: str
    lifted: bool


class LiftView(msgspec.Struct, frozen=True):
    """A proposal to lift what is held, and what became of it. Reasons are null where they are erased or not given yet."""

    proposal: str
    rows: list[str]
    by: str
    at: str
    reason: str | None
    state: str
    decided_by: str | None
    decided_at: str | None
    answer: str | None


class GateView(msgspec.Struct, frozen=True):
    """The gate of one request. `stopped`: nothing is looked up for it."""

    request: str
    stopped: bool
    rows: list[RightsRowView]
    proposals: list[LiftView]


@get("/requests/{request_id:str}/rights", sync_to_thread=True, opt={"act": "view"})
def gate(world: Here, request_id: FromPath[str]) -> GateView:
    """What the gate says of a partner's request."""
    return gate_view(rights.gate(world, request_id))


@post("/requests/{request_id:str}/rights", sync_to_thread=True, opt={"asks": "look-up"})
def propose(world: Here, officer: Officer, request_id: FromPath[str], data: JSONBody[NewLift]) -> LiftView:
    """First of two persons. What is blocked is never lifted."""
    return lift_view(granted(rights.propose_lift(world, officer, request_id, data.reason)))


@post("/requests/{request_id:str}/rights/{proposal:str}", sync_to_thread=True, status_code=200, opt={"asks": "confirm"})
def decide(
    world: Here, officer: Officer, request_id: FromPath[str], proposal: FromPath[str], data: JSONBody[LiftDecision]
) -> LiftView:
    """Second of two persons."""
    found = rights.decide_lift(world, officer, request_id, proposal, data.reason, confirmed=data.confirmed)
    return lift_view(granted(found))


def gate_view(found: rights.Gate) -> GateView:
    """The gate as the API shows it."""
    rows = [
        RightsRowView(
            **{name: each.facts[name] for name in ("row", "effect", "text", "basis")},
            lifted=each.facts["row"] in found.lifted,
        )
        for each in found.rows
    ]
    return GateView(found.request, bool(found.stopping), rows, [lift_view(each) for each in found.proposals])


def lift_view(found: Proposed) -> LiftView:
    """A proposal as the API shows it."""
    return LiftView(
        found.id,
        found.terms.get("rows", "").split(),
        found.by,
        found.at,
        found.reason,
        found.state,
        found.decided_by,
        found.decided_at,
        found.answer,
    )


routes = [gate, propose, decide]
