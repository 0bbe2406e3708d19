"""A report: what somebody says has happened to them or has been seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from msgspec import UNSET, Struct, UnsetType

from comity.domain.record.opened import Record, Said, Trace, said, said_values, uuid_trace, value_traces
from comity.domain.record.places import CountryCode, Personal, Time, Uuid, Value, Word, keep_open

KIND: Final = "report/1"


class Person(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who reports."""

    name: str | None = None
    contact: str | None = None


class Victim(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who suffers, as far as the report says."""

    name: str
    contact: str | None = None
    whereabouts: str | None = None
    note: str | None = None


class Body(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One report.

    indicators   what is no person's own: addresses of sites, domains, wallets, handles
    contacts     telephone numbers, e-mail addresses and every other kind
    fictional    made up for practice; never leads to a measure
    """

    report: Uuid
    channel_in: Literal["citizen", "officer", "partner", "file"]
    received: Time
    country: CountryCode
    category: Word
    indicators: tuple[Value, ...] = ()
    language: Word | None = None
    fictional: bool = False
    contacts: Personal[tuple[Value, ...]] = UNSET
    narrative: Personal[str] = UNSET
    reporter: Personal[Person] = UNSET
    victims: Personal[tuple[Victim, ...]] = UNSET

    def __post_init__(self) -> None:
        keep_open(self.indicators)


def traces(record: Record[Body]) -> Iterator[Trace]:
    yield uuid_trace("report", record.body.report)
    yield from value_traces(record.body.indicators)
    if not isinstance(record.body.contacts, UnsetType):
        yield from value_traces(record.body.contacts)


def texts(body: Body) -> Iterator[Said]:
    yield from said("/narrative", body.narrative)
    yield from said_values("/indicators", body.indicators)
    yield from said_values("/contacts", body.contacts)
    if isinstance(body.reporter, Person):
        yield from said("/reporter/name", body.reporter.name)
        yield from said("/reporter/contact", body.reporter.contact)
    for at, victim in enumerate(body.victims if isinstance(body.victims, tuple) else ()):
        for member in ("name", "contact", "whereabouts", "note"):
            yield from said(f"/victims/{at}/{member}", getattr(victim, member))
    yield from said("/category", body.category)


EXAMPLE: Final = Body(
    report="0193a5d0-0000-7000-8000-00000000f1c7",
    channel_in="citizen",
    received="2026-11-24T09:30:00.000Z",
    country="KR",
    category="overseas-job-lure",
    indicators=(
        Value("url", "https://jobs.lure.example/apply"),
        Value("domain", "lure.example"),
    ),
    language="ko",
    fictional=True,
    contacts=(Value("email", "boss@lure.example"),),
    narrative="FICTIONAL: an ad promised typing work abroad and asked for the passport first.",
    reporter=Person("Fictional Reporter", "reporter@citizen.example"),
    victims=(Victim("Fictional Victim", whereabouts="a fictional town"),),
)
