"""Makes one book of what was read, and finds every fault in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from comity.domain.law.checks import CHECKS
from comity.domain.law.measure import Measure
from comity.domain.law.predicates import PREDICATES
from comity.domain.law.values import (
    Authority,
    CountryLaw,
    DataCategory,
    ForbiddenGround,
    Form,
    Gate,
    Instrument,
    LawBook,
    OffenceKind,
    Participation,
    Phrases,
    RefusalCode,
    Route,
)
from comity.domain.terms import Reason

_LOOSENESS: dict[Gate, int] = {"blocked": 0, "attest": 1, "open": 2}


def law_book(
    instruments: Iterable[Instrument],
    countries: Iterable[CountryLaw],
    forms: Iterable[Form],
    refusals: Iterable[RefusalCode],
    forbidden_grounds: Iterable[ForbiddenGround],
    *,
    offences: Iterable[OffenceKind] = (),
    categories: Iterable[DataCategory] = (),
    phrases: Iterable[Phrases] = (),
) -> LawBook:
    """One book. Of participation rows that speak of the same days and were learnt the same day, the last one counts."""
    names: dict[str, dict[str, str]] = {}
    authorities: dict[str, tuple[Authority, ...]] = {}
    zones: dict[str, str] = {}
    rows: dict[tuple[object, ...], Participation] = {}
    for law in countries:
        names.setdefault(law.country, {}).update(law.name)
        authorities[law.country] = (*authorities.get(law.country, ()), *law.authorities)
        if law.zone:
            zones[law.country] = law.zone
        for row in law.participation:
            rows[law.country, row.instrument, row.valid_from, row.recorded_from] = replace(row, state=law.country)
    return LawBook(
        instruments={
            i.id: replace(i, routes=tuple(replace(r, instrument=i.id) for r in i.routes)) for i in instruments
        },
        countries=names,
        participation=tuple(rows.values()),
        forms={form.id: form for form in forms},
        refusals={refusal.code: refusal for refusal in refusals},
        forbidden_grounds={ground.ground: ground for ground in forbidden_grounds},
        authorities=authorities,
        zones=zones,
        offences={offence.id: offence for offence in offences},
        categories={category.id: category for category in categories},
        phrases={each.lang: each for each in phrases},
    )


def gate_allowed(route: Route) -> Gate:
    """The loosest gate that the row's standing and force allow."""
    if not route.in_force:
        return "blocked"
    return {"text": "open", "secondary": "attest"}.get(route.standing, "blocked")  # type: ignore[return-value]


def check_book(book: LawBook, measures: Mapping[str, Measure] | None = None) -> tuple[Reason, ...]:
    """Every fault; an empty answer means the book may be used."""
    faults = [fault for route in book.routes for fault in _route_faults(route, book)]
    repeated = Counter(route.id for route in book.routes)
    faults += [Reason("route-repeated", {"route": route}) for route, count in repeated.items() if count > 1]
    faults += [fault for instrument in book.instruments.values() for fault in _instrument_faults(instrument)]
    faults += [fault for row in book.participation for fault in _participation_faults(row, book)]
    faults += [fault for measure in (measures or {}).values() for fault in _measure_faults(measure, book)]
    faults += [fault for offence in book.offences.values() for fault in _offence_faults(offence, book)]
    return tuple(faults)


def _route_faults(route: Route, book: LawBook) -> Iterator[Reason]:
    at = {"route": route.id}
    if route.instrument not in book.instruments:
        yield Reason("instrument-unknown", {**at, "instrument": route.instrument})
    elif route.in_force and book.instruments[route.instrument].status not in ("in_force", "applies"):
        yield Reason("route-outruns-instrument", {**at, "instrument": route.instrument})
    yield from (Reason("form-unknown", {**at, "form": form}) for form in route.form if form not in book.forms)
    yield from (Reason("refusal-unknown", {**at, "refusal": c}) for c in route.refusal if c not in book.refusals)
    allowed = gate_allowed(route)
    if _LOOSENESS[route.send_gate] > _LOOSENESS[allowed]:
        yield Reason("gate-too-loose", {**at, "gate": route.send_gate, "allowed": allowed})
    if route.applies_if is not None and route.applies_if not in PREDICATES:
        yield Reason("predicate-unknown", {**at, "applies_if": route.applies_if})
    named = (*route.data, *route.penalty_for, *route.issuers)
    yield from (Reason("category-unknown", {**at, "category": c}) for c in named if c not in book.categories)
    members = {field.name for form in route.form if form in book.forms for field in book.forms[form].fields}
    asked = (*(need.member for need in route.needs), *route.signers)
    if all(form in book.forms for form in route.form):
        yield from (Reason("member-unknown", {**at, "member": m}) for m in asked if m not in members)


def _instrument_faults(instrument: Instrument) -> Iterator[Reason]:
    domestic = instrument.kind in ("domestic", "eu_regulation", "eu_directive")
    if domestic != (instrument.law_of is not None):
        yield Reason("law-of-nobody" if domestic else "law-of-a-treaty", {"instrument": instrument.id})


def _participation_faults(row: Participation, book: LawBook) -> Iterator[Reason]:
    at = {"state": row.state, "instrument": row.instrument}
    if row.instrument not in book.instruments:
        yield Reason("instrument-unknown", at)
    spans = ((row.valid_from, row.valid_to), (row.recorded_from, row.recorded_to))
    if any(start and end and end <= start for start, end in spans):
        yield Reason("span-backwards", at)


def _offence_faults(offence: OffenceKind, book: LawBook) -> Iterator[Reason]:
    at = {"offence": offence.id}
    yield from (
        Reason("instrument-unknown", {**at, "instrument": i}) for i in offence.articles if i not in book.instruments
    )
    yield from (
        Reason("country-unknown", {**at, "state": f.state}) for f in offence.fits if f.state not in book.countries
    )


def _measure_faults(measure: Measure, book: LawBook) -> Iterator[Reason]:
    at = {"measure": measure.id}
    offered = {route.capability for route in book.routes}
    yield from (Reason("capability-unknown", {**at, "capability": c}) for c in measure.capabilities if c not in offered)
    for form, members in measure.members.items():
        if form not in book.forms:
            yield Reason("form-unknown", {**at, "form": form})
            continue
        names = {field.name for field in book.forms[form].fields}
        yield from (Reason("member-unknown", {**at, "form": form, "member": m}) for m in members if m not in names)
    yield from (Reason("form-unknown", {**at, "form": form}) for form in measure.forms if form not in book.forms)
    yield from (Reason("category-unknown", {**at, "category": c}) for c in measure.data if c not in book.categories)
    named = (*measure.blocks, *measure.advises)
    yield from (Reason("check-unknown", {**at, "check": name}) for name in named if name not in CHECKS)
    undone = sorted(set(measure.done_by) - set(measure.acts))
    yield from (Reason("done-by-no-act", {**at, "event": event}) for event in undone)
