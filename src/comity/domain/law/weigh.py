"""Every route that might carry a measure between two countries on a day, best first, with every reason for or against.

This never says that an act is lawful. It says which doors are shut and why, and what a person still has to check.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from comity.domain.law.grounds import Addressee, Effect, Offence, party_rows, reasons_for, touches
from comity.domain.law.measure import Carrier, Measure
from comity.domain.law.predicates import Between
from comity.domain.law.values import Clock, Gate, Instrument, LawBook, Nature, Reservation, Route, Standing
from comity.domain.terms import Country, Reason

_GATE: dict[Effect, Gate] = {"warning": "open", "attest": "attest", "blocked": "blocked"}
_RANK: dict[Gate, int] = {"open": 0, "attest": 1, "blocked": 2}
_NEARNESS = ("eu_regulation", "eu_directive", "bilateral", "mou", "domestic", "multilateral", "practice")
"""What was made for these two comes before the receiver's own law on helping others, and that before what binds many."""


@dataclass(frozen=True)
class RouteView:
    """One route as it stands between these two on that day.

    gate        the weakest of all that was found
    reasons     each with `effect` in its facts: warning, attest or blocked
    conditions  what a person has to make sure of; the data's own words
    natures     what a request on this route may claim to be
    law_of      whose law a binding order rests on
    marks       what the two states took out of the article or declared to it
    nearest     the best usable route, where this one is blocked
    """

    row: Route
    instrument: Instrument
    gate: Gate
    reasons: tuple[Reason, ...]
    conditions: tuple[str, ...]
    clocks: tuple[Clock, ...]
    form: tuple[str, ...]
    standing: Standing
    source: str
    natures: tuple[Nature, ...]
    law_of: Country | None = None
    marks: tuple[tuple[str, Reservation], ...] = ()
    nearest: str | None = None


def weigh(
    measure: Measure,
    sender: Country,
    receiver: Country,
    at: date,
    book: LawBook,
    *,
    known: date | None = None,
    offence: Offence | None = None,
    agreed_in_lieu: bool = False,
    addressee: Addressee | None = None,
) -> tuple[RouteView, ...]:
    """Every route that might carry `measure`, best first. See `weigh_carriers`."""
    between = Between(sender, receiver, at, known, agreed_in_lieu, book)
    return weigh_carriers(measure.carriers, between, offence=offence, addressee=addressee)


def weigh_carriers(
    carriers: Iterable[Carrier],
    between: Between,
    *,
    offence: Offence | None = None,
    addressee: Addressee | None = None,
) -> tuple[RouteView, ...]:
    """Every route that offers what one of the carriers names, best first.

    Left out are bilateral instruments and domestic laws of other countries: they aren't routes between these two. What could be
    a route and is closed is shown with every reason.
    """
    carrier_of = {carrier.capability: carrier for carrier in carriers}
    views = [
        _view(route, instrument, carrier_of[route.capability], between, offence, addressee)
        for instrument in between.book.instruments.values()
        if _concerns(instrument, between)
        for route in instrument.routes
        if route.capability in carrier_of
    ]
    views.sort(key=_preference)
    nearest = next((view.row.id for view in views if view.gate != "blocked"), None)
    return tuple(replace(view, nearest=nearest) if view.gate == "blocked" else view for view in views)


def _preference(view: RouteView) -> tuple[int, int, int, str]:
    blocking = sum(reason.facts["effect"] == "blocked" for reason in view.reasons)
    return _RANK[view.gate], blocking, _NEARNESS.index(view.instrument.kind), view.row.id


def _concerns(instrument: Instrument, between: Between) -> bool:
    """Whether the instrument could be a route between these two at all."""
    if instrument.kind in ("bilateral", "mou"):
        named = {row.state for row in between.book.participation if row.instrument == instrument.id}
        return between.sender != between.receiver and {between.sender, between.receiver} <= named
    if instrument.kind == "domestic":
        at_home = between.sender == instrument.law_of
        asked = {"home": at_home, "abroad": not at_home, "anyone": True}[instrument.asked_by]
        return between.receiver == instrument.law_of and asked
    return True


def _view(
    route: Route,
    instrument: Instrument,
    carrier: Carrier,
    between: Between,
    offence: Offence | None,
    addressee: Addressee | None,
) -> RouteView:
    rows = party_rows(instrument, between)
    found = reasons_for(route, instrument, carrier, rows, between, offence, addressee)
    gates: list[Gate] = [route.send_gate, *(_GATE[reason.facts["effect"]] for reason in found)]
    marks = tuple(
        (state, mark)
        for state, row in rows.items()
        for mark in (row.reservations if row else ())
        if touches(mark.article, route)
    )
    return RouteView(
        row=route,
        instrument=instrument,
        gate=max(gates, key=_RANK.__getitem__),
        reasons=found,
        conditions=(*route.preconditions, *(mark.text for _, mark in marks)),
        clocks=route.clocks,
        form=route.form,
        standing=route.standing,
        source=route.source,
        natures=_natures(instrument, between),
        law_of=Country(instrument.law_of) if instrument.law_of else None,
        marks=marks,
    )


def _natures(instrument: Instrument, between: Between) -> tuple[Nature, ...]:
    """Nobody outside a country can claim to bind somebody in it."""
    if instrument.kind == "practice":
        return ("voluntary",)
    if instrument.law_of is None:
        return ("via-state",)
    at_home = between.sender == between.receiver == instrument.law_of
    return ("binding-order", "voluntary") if at_home else ("via-state", "voluntary")


def usable(views: Sequence[RouteView]) -> tuple[RouteView, ...]:
    """Those on which a draft can be made."""
    return tuple(view for view in views if view.gate != "blocked")
