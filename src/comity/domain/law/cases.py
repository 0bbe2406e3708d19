"""Examples in the data, run: each difference between what a row promises and what weighing gives."""

from __future__ import annotations

from collections.abc import Iterator

from comity.domain.law.grounds import Offence
from comity.domain.law.measure import Carrier, Measure
from comity.domain.law.predicates import Between
from comity.domain.law.values import Case, Instrument, LawBook
from comity.domain.law.weigh import weigh_carriers
from comity.domain.terms import Reason, country


def run_case(case: Case, owner: Instrument | Measure, book: LawBook) -> tuple[Reason, ...]:
    """What doesn't hold; empty when the example is kept."""
    return tuple(_differences(case, owner, book))


def _differences(case: Case, owner: Instrument | Measure, book: LawBook) -> Iterator[Reason]:
    if case.capability is not None:
        asked: tuple[Carrier, ...] = (Carrier(capability=case.capability, source="the case itself", standing="text"),)
    elif isinstance(owner, Measure):
        asked = owner.carriers
    else:
        yield Reason("case-without-capability", {"of": owner.id})
        return
    between = Between(country(case.sender), country(case.receiver), case.at, case.known, case.agreed_in_lieu, book)
    offence = Offence("", case.penalty_years) if case.penalty_years is not None else None
    weighed = weigh_carriers(asked, between, offence=offence, addressee=case.addressee)
    views = {view.row.id: view for view in weighed}
    for route, gate in case.gates.items():
        got = views[route].gate if route in views else None
        if got != gate:
            yield Reason("case-gate-differs", {"of": owner.id, "route": route, "expected": gate, "got": got})
    for route, code in case.reasons.items():
        codes = [reason.code for reason in views[route].reasons] if route in views else []
        if code not in codes:
            yield Reason("case-reason-missing", {"of": owner.id, "route": route, "expected": code, "got": codes})
    for route in case.absent:
        if route in views:
            yield Reason("case-route-present", {"of": owner.id, "route": route})
    best = next(iter(views), None)
    if case.best is not None and best != case.best:
        yield Reason("case-best-differs", {"of": owner.id, "expected": case.best, "got": best})
