"""Reports: taken, listed, shown with what is known about their values by now."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from comity.domain.indicator import Indicator
from comity.domain.record import Record
from comity.domain.record.custody import Course
from comity.domain.terms import Country
from comity.errors import NotFound
from comity.faces.api.asking import Here, Officer, granted
from comity.faces.api.views import (
    CountryText,
    GivenValue,
    KnownView,
    Prose,
    ReasonView,
    ValueView,
    Word,
    known_view,
    value_view,
)
from comity.flows.lookup import Known, look_up, opened
from comity.flows.request_state import read
from comity.flows.take_report import Submission, take_report
from comity.ports import Place, World

VALUES_MAX = 200
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=1000)]
Text = Annotated[str, msgspec.Meta(max_length=2000)]


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who reports."""

    name: Text | None = None
    contact: Text | None = None


class Victim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who suffers, as far as the report says."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    contact: Text | None = None
    whereabouts: Text | None = None
    note: Text | None = None


class NewReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody hands in. Narrative, reporter, victims and personal kinds of values are sealed.

    values  each with its kind or without; a text that reads as no kind is kept with the narrative
    """

    country: CountryText
    category: Word
    channel_in: Literal["citizen", "officer", "partner", "file"] = "officer"
    values: Annotated[tuple[GivenValue, ...], msgspec.Meta(max_length=VALUES_MAX)] = ()
    narrative: Prose | None = None
    reporter: Person | None = None
    victims: Annotated[tuple[Victim, ...], msgspec.Meta(max_length=100)] = ()
    language: Word | None = None
    fictional: bool = False


class TakenView(msgspec.Struct, frozen=True):
    """A report that is kept.

    known   for each value, what others say and which warning list names it
    raised  values that somebody knows and no warning list names
    unread  texts that read as no kind, by their place in `values`; they stand in the narrative
    """

    report: str
    origin: str
    index: int
    known: list[KnownView]
    raised: list[ValueView]
    unread: list[ReasonView]


class ReportLine(msgspec.Struct, frozen=True):
    """A report in a list: nothing personal."""

    report: str
    received: str
    category: str
    country: str
    channel_in: str
    fictional: bool
    values: int
    origin: str
    index: int


class ReportView(msgspec.Struct, frozen=True):
    """A report as far as it is here.

    body      as it was kept, sealed members opened
    absent    pointers of sealed members that are not here any more
    known     what is known about its values today, apart from this report
    requests  ids of the requests that it led to
    """

    report: str
    made: str
    body: dict[str, Any]
    absent: list[str]
    known: list[KnownView]
    requests: list[str]
    origin: str
    index: int


@post("/reports", sync_to_thread=True, opt={"asks": "take-report"})
def take(world: Here, officer: Officer, data: JSONBody[NewReport]) -> TakenView:
    """Keeps a report on this node's own desk and tells what others know about its values."""
    said = Submission(
        channel_in=data.channel_in,
        country=Country(data.country),
        category=data.category,
        values=tuple((each.kind, each.value) for each in data.values),
        narrative=data.narrative,
        reporter=(data.reporter.name, data.reporter.contact) if data.reporter else None,
        victims=tuple((v.name, v.contact, v.whereabouts, v.note) for v in data.victims),
        language=data.language,
        fictional=data.fictional,
    )
    taken = granted(take_report(world, officer, said))
    places = {each.value: number for number, each in reversed(list(enumerate(data.values)))}
    return TakenView(
        report=taken.report,
        origin=taken.place.origin,
        index=taken.place.index,
        known=[known_view(each) for each in taken.known],
        raised=[value_view(each) for each in taken.raised],
        unread=[
            ReasonView(code, f"values[{places[text]}]", "correct it and hand it in again", {"text": text[:200]})
            for text, code in taken.unread
        ],
    )


@get("/reports", sync_to_thread=True, opt={"act": "view"})
def reports(world: Here, limit: Limit = 100) -> list[ReportLine]:
    """Reports that this node holds, newest first."""
    return report_lines(world, limit)


def report_lines(world: World, limit: int) -> list[ReportLine]:
    """The newest reports that can be read here."""
    places = world.store.of_kind("report/1", limit)
    entries = world.store.entries_at(places)
    return [_line(place, read(entries[place])) for place in places if place in entries]


@get("/reports/{report_id:str}", sync_to_thread=True, opt={"act": "view"})
def report(world: Here, report_id: FromPath[str]) -> ReportView:
    """One report, with what is known about its values today."""
    return report_view(world, report_id)


def report_view(world: World, report_id: str) -> ReportView:
    """One report as this world has it; NotFound when it has none."""
    place, record = _found(world, report_id)
    values = [Indicator(each.kind, each.value) for each in (*record.body.indicators, *_or_none(record.body.contacts))]
    others = [_without(each, record.envelope.id) for each in look_up(world, values)]
    return ReportView(
        report=report_id,
        made=record.envelope.made,
        body=msgspec.to_builtins(record.body),
        absent=sorted(record.absent),
        known=[known_view(each) for each in others],
        requests=_requests(world, report_id),
        origin=place.origin,
        index=place.index,
    )


def _without(known: Known, record: str) -> Known:
    """What is known apart from this record: a report is no witness for itself."""
    others = tuple(each for each in known.statements if each.record != record)
    raises = known.raises and any(each.course is Course.CURRENT for each in others)
    return replace(known, statements=others, raises=raises)


def _line(place: Place, record: Record[Any]) -> ReportLine:
    body = record.body
    return ReportLine(
        report=body.report,
        received=body.received,
        category=body.category,
        country=body.country,
        channel_in=body.channel_in,
        fictional=body.fictional,
        values=len(body.indicators) + len(_or_none(body.contacts)),
        origin=place.origin,
        index=place.index,
    )


def _or_none(values: Any) -> tuple[Any, ...]:
    """The values of a sealed member, or none where it isn't here."""
    return () if values is msgspec.UNSET else tuple(values)


def _found(world: World, report_id: str) -> tuple[Place, Record[Any]]:
    for place in _places(world, report_id):
        record = opened(world, place)
        if record is not None and record.envelope.kind.startswith("report/") and record.body.report == report_id:
            return place, record
    raise NotFound("report", report=report_id[:60])


def _requests(world: World, report_id: str) -> list[str]:
    found: dict[str, None] = {}
    for place in _places(world, report_id):
        record = opened(world, place)
        if record is not None and record.envelope.kind.startswith("request/"):
            found.setdefault(record.body.request)
    return list(found)


def _places(world: World, report_id: str) -> list[Place]:
    try:
        key = UUID(report_id).bytes
    except ValueError:
        return []
    return world.store.traced("report", [key]).get(key, [])


routes = [take, reports, report]
