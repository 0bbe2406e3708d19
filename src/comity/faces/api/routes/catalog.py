"""The catalog: kinds, schemas, measures and routes, as the folders hold them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter

from comity.domain import indicator, record
from comity.domain.law import Measure
from comity.domain.terms import node_name
from comity.errors import NotFound
from comity.faces.api.asking import Here
from comity.faces.api.route_view import RouteLine, route_line
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


@get("/kinds", sync_to_thread=True, opt={"act": "status"})
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


@get("/schemas/{name:str}/{version:str}", sync_to_thread=True, opt={"act": "status"})
def schema(name: FromPath[str], version: FromPath[str]) -> dict[str, Any]:
    """JSON Schema of a record kind's body; what is sealed bears `"personal": true`."""
    kind = f"{name}/{version}"
    if kind not in record.kinds():
        raise NotFound("record-kind", kind=kind[:60], known=sorted(record.kinds()))
    return record.schema(kind)


@get("/measures", sync_to_thread=True, opt={"act": "status"})
def measures(world: Here) -> list[MeasureView]:
    """Measures that may be asked for."""
    return [_measure(measure) for _, measure in sorted(world.catalog.measures().items())]


@get("/routes", sync_to_thread=True, opt={"act": "status"})
def law_routes(world: Here, measure: MeasureName, to: PeerName) -> list[RouteLine]:
    """Every route for a measure from here to a peer, best first, with all that speaks for and against it."""
    weighed = weigh_for(world, measure, node_name(to))
    asked, book = measure_named(world, measure), world.catalog.book()
    return [route_line(view, asked, book) for view in weighed]


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
