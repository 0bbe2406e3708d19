"""Every fault of a book is found, and all at once."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from comity.adapters.catalog import FileCatalog
from comity.domain.law import Carrier, Gate, LawBook, Measure, Route, Standing, check_book, gate_allowed

CATALOG = FileCatalog()
BOOK = CATALOG.book()
PRESERVE = CATALOG.measures()["preserve"]


def with_route(**changes: object) -> LawBook:
    budapest = BOOK.instruments["budapest"]
    first, *rest = budapest.routes
    changed = replace(budapest, routes=(replace(first, **changes), *rest))
    return replace(BOOK, instruments={**BOOK.instruments, "budapest": changed})


def with_row(**changes: object) -> LawBook:
    return replace(BOOK, participation=(*BOOK.participation, replace(BOOK.participation[0], **changes)))


def with_instrument(name: str, **changes: object) -> LawBook:
    return replace(BOOK, instruments={**BOOK.instruments, name: replace(BOOK.instruments[name], **changes)})


def codes(book: LawBook, *measures: Measure) -> list[str]:
    return [fault.code for fault in check_book(book, {measure.id: measure for measure in measures})]


def test_the_shipped_book_has_no_fault() -> None:
    assert check_book(BOOK, CATALOG.measures()) == ()


@pytest.mark.parametrize(
    ("book", "code"),
    [
        (with_route(instrument="nowhere"), "instrument-unknown"),
        (with_route(form=("F_NONE",)), "form-unknown"),
        (with_route(refusal=("BECAUSE",)), "refusal-unknown"),
        (with_route(standing="secondary"), "gate-too-loose"),
        (with_route(in_force=False), "gate-too-loose"),
        (with_route(applies_if="when_the_moon_is_full"), "predicate-unknown"),
        (with_route(id="bud.trace"), "route-repeated"),
        (with_row(instrument="nowhere"), "instrument-unknown"),
        (with_row(valid_from=date(2026, 2, 1), valid_to=date(2026, 2, 1)), "span-backwards"),
        (with_row(recorded_to=date(2026, 1, 1)), "span-backwards"),
        (with_instrument("kr_kmcc", law_of=None), "law-of-nobody"),
        (with_instrument("untoc", law_of="KR"), "law-of-a-treaty"),
        (with_instrument("kr_kh_mla", status="unknown"), "route-outruns-instrument"),
    ],
)
def test_each_fault_of_a_book_is_named(book: LawBook, code: str) -> None:
    assert codes(book) == [code]


@pytest.mark.parametrize(
    ("measure", "code"),
    [
        (
            replace(PRESERVE, carriers=(Carrier(capability="wish", source="fiction", standing="text"),)),
            "capability-unknown",
        ),
        (replace(PRESERVE, members={"F_NONE": ()}), "form-unknown"),
        (replace(PRESERVE, members={"F_MLA": ("horoscope",)}), "member-unknown"),
        (replace(PRESERVE, done_by=("vanish",)), "done-by-no-act"),
    ],
)
def test_each_fault_of_a_measure_is_named(measure: Measure, code: str) -> None:
    assert codes(BOOK, measure) == [code]


def test_faults_are_told_all_at_once() -> None:
    assert codes(with_route(form=("F_NONE",), refusal=("BECAUSE",), in_force=False)) == [
        "form-unknown",
        "refusal-unknown",
        "gate-too-loose",
    ]


@pytest.mark.parametrize("in_force", [True, False])
@pytest.mark.parametrize("standing", ["text", "secondary", "memory", "design"])
def test_a_gate_is_as_loose_as_standing_and_force_allow(standing: Standing, in_force: bool) -> None:
    route = Route(
        id="x", capability="x", article="1", in_force=in_force, standing=standing, source="fiction", send_gate="blocked"
    )
    expected: Gate = "blocked"
    if in_force and standing == "text":
        expected = "open"
    elif in_force and standing == "secondary":
        expected = "attest"
    assert gate_allowed(route) == expected
