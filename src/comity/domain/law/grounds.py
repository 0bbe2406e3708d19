"""Every reason that limits or closes one route, each with its `effect`: warning, attest or blocked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from comity.domain.law.measure import Carrier
from comity.domain.law.participation import BOUND, in_force, standing_of
from comity.domain.law.predicates import PREDICATES, Between
from comity.domain.law.values import Instrument, LawBook, Participation, Route
from comity.domain.terms import Reason

CHECK_WARNS_AFTER_DAYS = 90
CHECK_BLOCKS_AFTER_DAYS = 365

Addressee = Literal["authority", "company"]
Effect = Literal["warning", "attest", "blocked"]


@dataclass(frozen=True)
class Offence:
    """What the request is about, as far as routes ask."""

    code: str
    max_penalty_years: float | None = None


def offence_in(book: LawBook, code: str, state: str) -> Offence:
    """An offence of the catalog with the highest penalty that the law of a state is known to set; None where no source says one."""
    known = [fit.max_penalty_years for fit in book.offences[code].fits if fit.state == state]
    return Offence(code, max((years for years in known if years is not None), default=None))


def reasons_for(
    route: Route,
    instrument: Instrument,
    carrier: Carrier,
    rows: Mapping[str, Participation | None],
    between: Between,
    offence: Offence | None,
    addressee: Addressee | None,
) -> tuple[Reason, ...]:
    """All of them, never just the first."""
    return (
        *_force(route, instrument, between),
        *_own_standing(route),
        *_carries(carrier),
        *_party_reasons(instrument, rows, between),
        *_reservations(route, rows),
        *_applies(route, between),
        *_penalty(route, offence),
        *_who_is_asked(instrument, addressee),
    )


def _because(effect: Effect, code: str, **facts: object) -> Reason:
    return Reason(code, {"effect": effect, **facts})


def party_rows(instrument: Instrument, between: Between) -> dict[str, Participation | None]:
    """Both states' rows, where the instrument is one that states join."""
    if instrument.kind in ("domestic", "practice"):
        return {}
    states = dict.fromkeys((between.sender, between.receiver))
    return {state: standing_of(state, instrument.id, between.at, between.book, between.known) for state in states}


def _force(route: Route, instrument: Instrument, between: Between) -> Iterator[Reason]:
    facts: dict[str, object] = {"instrument": instrument.id, "status": instrument.status, "source": instrument.source}
    if not in_force(instrument, between.at):
        yield _because("blocked", "not-in-force", entry_condition=instrument.entry_condition, **facts)
    elif not route.in_force:
        yield _because("blocked", "route-not-in-force", route=route.id, note=route.in_force_note)
    yield from _age(instrument.checked_on, between.at, facts)


def _age(checked_on: date, at: date, facts: dict[str, object]) -> Iterator[Reason]:
    days = (at - checked_on).days
    if days > CHECK_BLOCKS_AFTER_DAYS:
        yield _because("blocked", "status-too-old", days=days, checked_on=checked_on.isoformat(), **facts)
    elif days > CHECK_WARNS_AFTER_DAYS:
        yield _because("warning", "status-stale", days=days, checked_on=checked_on.isoformat(), **facts)


def _own_standing(route: Route) -> Iterator[Reason]:
    facts = {"route": route.id, "standing": route.standing, "note": route.standing_note}
    if route.standing == "secondary":
        yield _because("attest", "text-not-read", **facts)
    elif route.standing != "text":
        yield _because("blocked", "row-from-memory", **facts)
    if route.send_gate == "blocked" and route.in_force and route.standing in ("text", "secondary"):
        yield _because("blocked", "row-held-back", **facts)


def _carries(carrier: Carrier) -> Iterator[Reason]:
    """That the capability covers the measure may itself be a reading which somebody has to confirm in the text."""
    facts = {"capability": carrier.capability, "source": carrier.source, "note": carrier.note}
    if carrier.standing == "memory":
        yield _because("blocked", "carrier-from-memory", **facts)
    elif carrier.standing != "text":
        yield _because("attest", "carrier-to-confirm", **facts)


def _party_reasons(
    instrument: Instrument, rows: Mapping[str, Participation | None], between: Between
) -> Iterator[Reason]:
    union = instrument.kind in ("eu_regulation", "eu_directive")
    if rows and between.sender == between.receiver and not union:
        yield _because("blocked", "same-state", state=between.sender, instrument=instrument.id)
    for state, row in rows.items():
        if row is None or row.status == "unknown":
            yield _because("blocked", "status-unknown", state=state, instrument=instrument.id)
            continue
        facts: dict[str, object] = {"state": state, "instrument": instrument.id, "source": row.source}
        if row.status not in BOUND:
            checked_on = row.checked_on.isoformat()
            yield _because("blocked", "not-party", status=row.status, checked_on=checked_on, **facts)
        if row.standing == "secondary":
            yield _because("attest", "party-second-hand", **facts)
        elif row.standing != "text":
            yield _because("blocked", "party-from-memory", **facts)
        yield from _age(row.checked_on, between.at, facts)


def touches(article: str | None, route: Route) -> bool:
    """Whether a reservation on `article` (all of it, when None) concerns the route: the first numbers are compared."""
    if article is None:
        return True
    return re.findall(r"\d+", article)[:1] == re.findall(r"\d+", route.article)[:1]


def _reservations(route: Route, rows: Mapping[str, Participation | None]) -> Iterator[Reason]:
    for state, row in rows.items():
        for mark in row.reservations if row else ():
            if touches(mark.article, route):
                effect: Effect = "blocked" if mark.effect == "blocks" else "warning"
                yield _because(effect, "reservation", state=state, article=mark.article, text=mark.text)


def _applies(route: Route, between: Between) -> Iterator[Reason]:
    """A condition that decides only part of a route (`applies_if_note`) warns; else a treaty that binds blocks."""
    why = PREDICATES[route.applies_if](between) if route.applies_if else None
    if why is not None:
        effect: Effect = "attest" if why.code == "treaty-may-bind" else "blocked"
        yield _because(
            "warning" if route.applies_if_note else effect, why.code, note=route.applies_if_note, **why.facts
        )


def _penalty(route: Route, offence: Offence | None) -> Iterator[Reason]:
    least, most = route.penalty_years_min, offence.max_penalty_years if offence else None
    if route.penalty_for:  # asked for some data alone: the draft knows which
        return
    if least is not None and most is not None and most < least:
        yield _because("blocked", "penalty-too-low", years=most, years_min=least)


def _who_is_asked(instrument: Instrument, addressee: Addressee | None) -> Iterator[Reason]:
    if instrument.kind == "practice" and addressee == "authority":
        yield _because("blocked", "addressee-not-a-company", instrument=instrument.id)
    if instrument.kind in ("bilateral", "multilateral", "mou") and addressee == "company":
        yield _because("blocked", "addressee-not-an-authority", instrument=instrument.id)
