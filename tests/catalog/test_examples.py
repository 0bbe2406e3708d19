"""Every example in the data is kept, and every instrument, measure and machine brings one."""

from __future__ import annotations

import pytest

from comity.adapters.catalog import FileCatalog
from comity.domain.law import Case, Instrument, Measure, run_case
from comity.domain.request import Machine, Side, Step, Walk, fold_request
from comity.domain.terms import NodeName

CATALOG = FileCatalog()
BOOK = CATALOG.book()
OWNERS: list[Instrument | Measure] = [*BOOK.instruments.values(), *CATALOG.measures().values()]
CASES = [(owner, case) for owner in OWNERS for case in owner.example]
WALKS = [(machine, walk) for machine in CATALOG.machines().values() for walk in machine.example]


@pytest.mark.parametrize(("owner", "case"), CASES, ids=lambda value: getattr(value, "id", ""))
def test_the_case_comes_out_as_its_file_says(owner: Instrument | Measure, case: Case) -> None:
    assert run_case(case, owner, BOOK) == ()


@pytest.mark.parametrize(("machine", "walk"), WALKS, ids=lambda value: getattr(value, "why", ""))
def test_the_walk_ends_where_its_file_says(machine: Machine, walk: Walk) -> None:
    """Steps up to the opening are the requester's drafting; then the sides take turns, each knowing all before."""
    state, refused = machine.initial, []
    for place, (side, event) in enumerate(walk.events):
        to = machine.next(state, event) if machine.allows(state, event, side) else None
        if to is None:
            refused.append(place)
        else:
            state = to
    assert (state, refused) == (walk.ends, list(walk.refused))


@pytest.mark.parametrize(("machine", "walk"), WALKS, ids=lambda value: getattr(value, "why", ""))
def test_the_walk_folds_to_the_same_end(machine: Machine, walk: Walk) -> None:
    node: dict[Side, NodeName] = {"requester": NodeName("a.example"), "requested": NodeName("b.example")}
    steps: list[Step] = []
    opened = False
    for place, (side, event) in enumerate(walk.events):
        opening = event == machine.opens and not opened
        opened = opened or opening
        after = tuple(step.id for step in steps if step.issuer != node[side])
        kind = "request" if opening else "decision"
        to = node["requested"] if opening else None
        steps.append(Step((0, place), node[side], event, "x", "", kind, f"s{place}", after, to))
    view = fold_request(steps, machine)
    assert view.state == walk.ends
    assert [kept.step.id for kept in view.refused_steps] == [f"s{place}" for place in walk.refused]


def test_every_instrument_measure_and_machine_brings_an_example() -> None:
    assert [owner.id for owner in OWNERS if not owner.example] == []
    assert [machine.name for machine in CATALOG.machines().values() if not machine.example] == []


def test_every_row_names_its_source() -> None:
    sources = [
        *((row.id, row.source) for row in BOOK.instruments.values()),
        *((row.id, row.source) for row in BOOK.routes),
        *((row.id, row.source) for row in BOOK.forms.values()),
        *((row.id, row.source) for row in CATALOG.measures().values()),
        *((row.state, row.source) for row in BOOK.participation),
    ]
    assert [name for name, source in sources if not source.strip()] == []


def test_every_measure_is_named_in_five_languages_and_only_english_counts_as_reviewed() -> None:
    five = {"en", "ko", "vi", "km", "zh"}
    for measure in CATALOG.measures().values():
        assert set(measure.label) == set(measure.proves_not) == five
        assert set(measure.unreviewed) == five - {"en"}
    assert set(BOOK.countries) == {"KR", "KH", "VN", "US", "JP", "EU", "KP"}
