"""For every measure on every route that can carry it: a whole draft passes, and each field that is taken away or spoilt is named.

No list by hand: members come from the forms, the measures and the routes. Since many routes are closed today, they are weighed in a
book in which every text has been read, is in force, and binds both; the closing of routes has tests of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from msgspec import structs

from comity.adapters.catalog import FileCatalog
from comity.domain.law import (
    Attestation,
    Between,
    Draft,
    Findings,
    FormField,
    LawBook,
    Measure,
    Participation,
    RouteView,
    choices_of,
    lint,
    unfit,
    weigh_carriers,
)
from comity.domain.terms import Instant, country

CATALOG = FileCatalog()
DAY = date(2026, 11, 24)
NOW = Instant(int(datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp() * 1000))
GOOD_OF = {
    "date": "2026-11-24",
    "datetime": "2026-11-24T09:00:00+09:00",
    "iso3166": "KR",
    "EU/EEA country codes": "DE",
    "e164": "+82212345678",
    "email": "desk@police.example",
    "url": "https://jobs.example/1",
    "fqdn": "jobs.example",
    "bcp47": "ko",
    "language code, upper case": "KO",
    "iana_tz": "Asia/Seoul",
    "uuid": "0193a5d1-0000-7000-8000-00000000f1c7",
    "hex64": "a" * 64,
    "sha256": "a" * 64,
    "latlon": "10.61,103.52",
    "[A-Za-z0-9_-]+ up to 500": "fictional-1",
    "13 digits": "4006381333931",
    "int": "5",
    "decimal": "10",
    "decimal string": "10",
    "date 2000-01-01..2038-01-01": "2026-11-24",
    "date 2020-01-01..2038-01-01": "2026-11-24",
}
PARTICULAR = {
    "amount_units": "1500000",
    "asset": "KRW",
    "ends_at": "2026-12-10T00:00:00Z",
    "remedy_until": "2026-12-10T00:00:00Z",
    "max_penalty_years": "10",
    "max_penalty_requesting_years": "10",
}
TARGETS = {
    "url": "https://jobs.example/1",
    "domain": "jobs.example",
    "ip": "203.0.114.7",
    "email": "boss@lure.example",
    "phone": "+85512345678",
    "handle": "telegram:fictional",
    "wallet": "btc:fictional",
    "bank_account": "KR:fictional",
    "person_name": "Fictional Person",
    "place": "fictional compound",
    "transaction": "btc:fictional",
    "job_ad": "board:1",
}


def all_open() -> LawBook:
    """Every route open, and both states bound by everything."""
    book = CATALOG.book()
    instruments = {
        each.id: structs.replace(
            each,
            status="in_force",
            entered_into_force=date(2000, 1, 1),
            mla_treaty=False,
            checked_on=DAY,
            law_of=each.law_of and "KH",
            asked_by="anyone",
            routes=tuple(structs.replace(r, in_force=True, standing="text", send_gate="open") for r in each.routes),
        )
        for each in book.instruments.values()
    }
    rows = tuple(
        Participation(
            instrument=each,
            status="party",
            valid_from=date(2000, 1, 1),
            recorded_from=DAY,
            checked_on=DAY,
            source="this test",
            standing="text",
            state=state,
        )
        for each in instruments
        for state in ("KR", "KH")
    )
    return structs.replace(book, instruments=instruments, participation=rows)


BOOK = all_open()


def routes_of(measure: Measure) -> tuple[RouteView, ...]:
    carriers = [structs.replace(each, standing="text") for each in measure.carriers]
    between = Between(country("KR"), country("KH"), DAY, None, False, BOOK)
    return weigh_carriers(carriers, between)


PAIRS = [
    pytest.param(measure, view, id=f"{measure.id}-{view.row.id}")
    for measure in CATALOG.measures().values()
    for view in routes_of(measure)
]


def filled(field: FormField) -> str:
    """Something that may stand there."""
    particular = PARTICULAR.get(field.name)
    if particular is not None:
        return particular
    choices = choices_of(field.type)
    return choices[0] if choices else GOOD_OF.get(field.type, f"fictional {field.name}")


def members(measure: Measure, view: RouteView) -> dict[str, FormField]:
    found: dict[str, FormField] = {}
    for form in (*view.form, *measure.forms):
        for field in BOOK.forms[form].fields:
            found.setdefault(field.name, field)
    return found


def whole_account(name: str) -> bool:
    return name == "whole_account_reason"


def whole(measure: Measure, view: RouteView) -> Draft:
    """A draft that says everything its forms have a place for."""
    form = {
        name: filled(field)
        for name, field in members(measure, view).items()
        if field.from_record is None and not whole_account(name)
    }
    form |= {need.member: need.values[0] for need in view.row.needs if need.values}
    form |= {name: may[0] for may in view.row.issuers.values() for name in view.row.signers}
    form |= {"assistance_sought[]": measure.id} if "assistance_sought[]" in members(measure, view) else {}
    if measure.data:
        form |= {"targets[0].categories": ", ".join(c for c in measure.data if not view.row.data or c in view.row.data)}
        form |= {"targets[0].start": "2026-11-20T00:00:00+09:00", "targets[0].end": "2026-11-21T00:00:00+09:00"}
    form.pop("urgent_channel_reason", None)
    at_home = view.instrument.law_of is not None and "via-state" not in view.natures
    kind = next(kind for kind in measure.targets if kind in TARGETS)
    if "wallet" in measure.targets and measure.id == "freeze":
        kind = "wallet"
    return Draft(
        measure=measure.id,
        route=view.row.id,
        sender=country("KR"),
        receiver=country("KH"),
        nature=view.natures[0],
        law_of="KH" if at_home else None,
        offence="ict_fraud",
        targets=((kind, TARGETS[kind]),),
        form=form,
        facts="A fictional advertisement offered work that doesn't exist.",
        drafted_by="officer Han (fictional)",
        approved_by="chief Seo (fictional)",
        attestation=Attestation("officer Han (fictional)", "2026-11-24T09:00:00Z", "a" * 64, "fictional copy"),
        at=NOW,
    )


def looked_over(draft: Draft, measure: Measure) -> Findings:
    return lint(draft, measure, routes_of(measure), BOOK)


def named(found: Findings) -> set[str]:
    return {str(why.facts.get("field")) for why in (*found.blocking, *found.advisory)}


def test_every_measure_is_carried_by_some_route() -> None:
    carried = {pair.values[0].id for pair in PAIRS if isinstance(pair.values[0], Measure)}
    assert carried == set(CATALOG.measures())


@pytest.mark.parametrize(("measure", "view"), PAIRS)
def test_a_whole_draft_is_held_back_by_nothing(measure: Measure, view: RouteView) -> None:
    assert looked_over(whole(measure, view), measure).blocking == ()


def held(measure: Measure, view: RouteView) -> Iterator[str]:
    """The members without which the draft doesn't leave, by the measure and by the route; and those that a form requires."""
    for form in (*view.form, *measure.forms):
        yield from measure.members.get(form, ())
    yield from (need.member for need in view.row.needs if not need.measures or measure.id in need.measures)
    for field in members(measure, view).values():
        if field.required is True and field.from_record is None:
            yield field.name


@pytest.mark.parametrize(("measure", "view"), PAIRS)
def test_each_member_that_is_taken_away_is_named(measure: Measure, view: RouteView) -> None:
    draft = whole(measure, view)
    missed = []
    for name in dict.fromkeys(held(measure, view)):
        without = replace(draft, form={key: text for key, text in draft.form.items() if key != name})
        if f"form/{name}" not in named(looked_over(without, measure)):
            missed.append(name)
    assert missed == []


@pytest.mark.parametrize(("measure", "view"), PAIRS)
def test_each_member_that_is_spoilt_is_named(measure: Measure, view: RouteView) -> None:
    """Whatever has a type that can be checked is refused when it is something else."""
    draft = whole(measure, view)
    missed = []
    for name, field in members(measure, view).items():
        spoilt = "?!" * 1_500
        if name in draft.form and unfit(name, field.type, spoilt):
            found = looked_over(replace(draft, form={**draft.form, name: spoilt}), measure)
            if f"form/{name}" not in {why.facts["field"] for why in found.blocking}:
                missed.append(name)
    assert missed == []


@pytest.mark.parametrize(("measure", "view"), PAIRS)
def test_each_part_of_the_record_that_is_taken_away_is_named(measure: Measure, view: RouteView) -> None:
    draft = whole(measure, view)
    spoilt = {
        "route": replace(draft, route=None),
        "targets": replace(draft, targets=()),
        "offence": replace(draft, offence=" "),
        "facts": replace(draft, facts=" "),
        "drafted_by": replace(draft, drafted_by=""),
        "approved_by": replace(draft, approved_by=draft.drafted_by),
        "nature": replace(draft, nature="binding-order", law_of="KR"),
    }
    assert [field for field, each in spoilt.items() if field not in named(looked_over(each, measure))] == []
