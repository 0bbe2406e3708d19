"""The times that run on requests: of one, and of all that are open, the most pressing first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo

from comity.domain.request.clocks import RouteClock, Running, pressing, running, timed
from comity.domain.terms import Country
from comity.flows.request_state import Dossier, dossiers
from comity.ports import World
from comity.ports.requests import Wanted

ZoneOf = Callable[[str], tzinfo]
"""The clock of an IANA zone. Whoever calls has the tables of zones; flows read none."""
_REQUESTERS = frozenset({"issuing_authority", "requester"})


@dataclass(frozen=True)
class Line:
    """One request on the board with its clocks, the most pressing first."""

    request: str
    measure: str
    state: str
    ours: bool
    other: str
    route: str | None
    clocks: tuple[Running, ...]


def clocks_of(world: World, found: Dossier, zone_of: ZoneOf) -> tuple[Running, ...]:
    """Every clock of the route of one request, each by the calendar of the side that it binds."""
    route = world.catalog.book().route(found.ask.route or "")
    if route is None:
        return ()
    by_zone: dict[str, list[RouteClock]] = {}
    for clock in timed(route.clocks, found.view):
        by_zone.setdefault(_zone(world, found, clock), []).append(clock)
    now = world.clock.now()
    told = [
        each
        for zone, clocks in by_zone.items()
        for each in running(found.view, found.machine, clocks, now, zone_of(zone) if zone else UTC)
    ]
    return tuple(sorted(told, key=pressing))


def _zone(world: World, found: Dossier, clock: RouteClock) -> str:
    asks = (clock.bound in _REQUESTERS) == (found.side == "requester")
    where = world.me.country if asks else _country_of(world, found.other)
    return world.catalog.book().zones.get(where or "", "")


def _country_of(world: World, name: str) -> Country | None:
    return next((peer.country for peer in world.store.peers() if peer.name == name), None)


def board(world: World, zone_of: ZoneOf, limit: int) -> tuple[Line, ...]:
    """Open requests on whose route a clock runs. Of the first `limit` in the order of work."""
    rows = world.store.requests(Wanted(view="open"), limit)
    lines = [_line(world, found, zone_of) for found in dossiers(world, [row.summary.request for row in rows]).values()]
    shown = [line for line in lines if any(clock.state in ("running", "stopped", "missed") for clock in line.clocks)]
    return tuple(sorted(shown, key=lambda line: pressing(line.clocks[0])))


def _line(world: World, found: Dossier, zone_of: ZoneOf) -> Line:
    return Line(
        request=found.request,
        measure=found.measure.id,
        state=found.view.state,
        ours=found.side == "requester",
        other=found.other,
        route=found.ask.route,
        clocks=clocks_of(world, found, zone_of),
    )


def loud(lines: Sequence[Line]) -> int:
    """How many holds run out with nothing asked for."""
    return sum(clock.loud for line in lines for clock in line.clocks)
