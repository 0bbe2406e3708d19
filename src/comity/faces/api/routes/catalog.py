"""The catalog: kinds, schemas, measures and routes, as the folders hold them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter

from comity.domain import indicator, record
from comity.domain.law import LawBook, Measure, RouteView
from comity.domain.terms import node_name
from comity.errors import NotFound
from comity.faces.api.asking import Here
from comity.faces.api.views import ReasonView, reason_views
from comity.flows.request import measure_named, weigh_for

MeasureName = Annotated[str, QueryParameter(name="measure", min_length=1, max_length=120)]
PeerName = Annotated[str, QueryParameter(name="to", min_length=3, max_length=120)]


class IndicatorKindView(msgspec.Struct, frozen=True):
    """A kind of indicator. Values of a personal kind are sealed; `examples` are as people write them."""

    kind: str
    label: str
    personal: bool
    examples: list[str]


class RecordKindView(msgspec.Struct, frozen=True):
    """A kind of record with the version of its body; `personal` are the pointers of members that are sealed."""

    kind: str
    personal: list[str]
    schema: str


class KindsView(msgspec.Struct, frozen=True):
    """All kinds that this node knows."""

    indicators: list[IndicatorKindView]
    records: list[RecordKindView]


class MeasureView(msgspec.Struct, frozen=True):
    """One kind of act that may be asked for.

    unreviewed  languages whose wording no speaker has checked
    acts        events that say what was done; `done_by` are those with which it is done
    members     form -> its members without which no request leaves
    proves_not  language -> what a receipt of it does not show
    """

    id: str
    label: dict[str, str]
    unreviewed: list[str]
    targets: list[str]
    machine: str
    acts: list[str]
    done_by: list[str]
    members: dict[str, list[str]]
    proves_not: dict[str, str]
    source: str
    standing: str
    checked_on: str


class ClockView(msgspec.Struct, frozen=True):
    """A time that runs on a route."""

    name: str
    kind: str
    duration: str
    starts_at: str
    bound: str
    note: str


class MemberView(msgspec.Struct, frozen=True):
    """One member of a form. `held`: without it no request of this measure leaves. `from_record`: said by the request itself."""

    name: str
    required: Literal["yes", "no", "conditional", "warn"]
    held: bool
    type: str
    note: str
    from_record: str | None


class FormView(msgspec.Struct, frozen=True):
    """A form of a route."""

    id: str
    title: str
    members: list[MemberView]


class RouteLine(msgspec.Struct, frozen=True):
    """One route between two countries today. It never says that an act is lawful.

    gate        `open`, `attest` (an officer records having read the text) or `blocked`
    reasons     everything that limits or closes it; `effect` in the facts
    conditions  what a person has to make sure of
    natures     what a request on it may claim to be
    nearest     the best usable route, where this one is blocked
    """

    route: str
    instrument: str
    title: str
    article: str
    capability: str
    gate: str
    standing: str
    source: str
    natures: list[str]
    law_of: str | None
    nearest: str | None
    reasons: list[ReasonView]
    conditions: list[str]
    clocks: list[ClockView]
    forms: list[FormView]


@get("/kinds", sync_to_thread=True)
def kinds() -> KindsView:
    """Kinds of indicators and of records."""
    known = sorted(indicator.kinds().values(), key=lambda kind: kind.kind)
    return KindsView(
        indicators=[IndicatorKindView(k.kind, k.label, k.personal, [raw for raw, _ in k.examples]) for k in known],
        records=[
            RecordKindView(name, sorted(kind.personal), f"/schemas/{name}")
            for name, kind in sorted(record.kinds().items())
        ],
    )


@get("/schemas/{name:str}/{version:str}", sync_to_thread=True)
def schema(name: FromPath[str], version: FromPath[str]) -> dict[str, Any]:
    """JSON Schema of a record kind's body; what is sealed bears `"personal": true`."""
    kind = f"{name}/{version}"
    if kind not in record.kinds():
        raise NotFound("record-kind", kind=kind[:60], known=sorted(record.kinds()))
    return record.schema(kind)


@get("/measures", sync_to_thread=True)
def measures(world: Here) -> list[MeasureView]:
    """Measures that may be asked for."""
    return [_measure(measure) for _, measure in sorted(world.catalog.measures().items())]


@get("/routes", sync_to_thread=True)
def law_routes(world: Here, measure: MeasureName, to: PeerName) -> list[RouteLine]:
    """Every route for a measure from here to a peer, best first, with all that speaks for and against it."""
    weighed = weigh_for(world, measure, node_name(to))
    asked, book = measure_named(world, measure), world.catalog.book()
    return [route_line(view, asked, book) for view in weighed]


def route_line(view: RouteView, measure: Measure, book: LawBook) -> RouteLine:
    """A weighed route as JSON."""
    return RouteLine(
        route=view.row.id,
        instrument=view.instrument.id,
        title=view.instrument.title,
        article=view.row.article,
        capability=view.row.capability,
        gate=view.gate,
        standing=view.standing,
        source=view.source,
        natures=list(view.natures),
        law_of=view.law_of,
        nearest=view.nearest,
        reasons=reason_views(view.reasons),
        conditions=list(view.conditions),
        clocks=[ClockView(c.name, c.kind, c.duration, c.starts_at, c.bound, c.note) for c in view.clocks],
        forms=[_form(book, form, measure.members.get(form, ())) for form in view.form],
    )


def _form(book: LawBook, form: str, held: tuple[str, ...]) -> FormView:
    found = book.forms[form]
    members = [
        MemberView(
            name=member.name,
            required={True: "yes", False: "no"}.get(member.required, member.required),  # type: ignore[arg-type]  # a bool, or one of two words
            held=member.name in held,
            type=member.type,
            note=member.note,
            from_record=member.from_record,
        )
        for member in found.fields
    ]
    return FormView(found.id, found.title, members)


def _measure(measure: Measure) -> MeasureView:
    return MeasureView(
        id=measure.id,
        label=measure.label,
        unreviewed=list(measure.unreviewed),
        targets=list(measure.targets),
        machine=measure.machine,
        acts=list(measure.acts),
        done_by=list(measure.done_by),
        members={form: list(members) for form, members in measure.members.items()},
        proves_not=measure.proves_not,
        source=measure.source,
        standing=measure.standing,
        checked_on=measure.checked_on.isoformat(),
    )


routes = [kinds, schema, measures, law_routes]
