"""The board of clocks: what runs on open requests, and what is about to be lost."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from litestar import get
from litestar.params import QueryParameter

from comity.domain.request.clocks import Running
from comity.domain.terms import Instant, instant_text
from comity.faces.api.asking import Here
from comity.flows.clock_board import board

Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=1000)]


class RunningView(msgspec.Struct, frozen=True):
    """One clock. `loud`: a hold that runs out with nothing asked for. `alarm`: how many days, at most, are left."""

    name: str
    kind: str
    bound: str
    state: Literal["waiting", "running", "stopped", "met", "missed", "endless"]
    began: str | None
    due: str | None
    alarm: int | None
    loud: bool


class ClockLine(msgspec.Struct, frozen=True):
    """A request with its clocks, the most pressing first."""

    request: str
    measure: str
    state: str
    side: Literal["requester", "requested"]
    other: str
    route: str | None
    clocks: list[RunningView]


def running_view(clock: Running) -> RunningView:
    """A clock as JSON."""
    return RunningView(
        name=clock.name,
        kind=clock.kind,
        bound=clock.bound,
        state=clock.state,
        began=_text(clock.began),
        due=_text(clock.due),
        alarm=clock.alarm,
        loud=clock.loud,
    )


def _text(at: Instant | None) -> str | None:
    return instant_text(at) if at is not None else None


@get("/clocks", sync_to_thread=True, opt={"act": "view"})
def clocks(world: Here, limit: Limit = 200) -> list[ClockLine]:
    """Open requests on which a clock of their route runs, the most pressing first."""
    return [
        ClockLine(
            request=line.request,
            measure=line.measure,
            state=line.state,
            side="requester" if line.ours else "requested",
            other=line.other,
            route=line.route,
            clocks=[running_view(clock) for clock in line.clocks],
        )
        for line in board(world, ZoneInfo, limit)
    ]


routes = [clocks]
