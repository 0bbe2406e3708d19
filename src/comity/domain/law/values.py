"""The law as data: instruments with their routes, who is bound since when, forms, grounds of refusal, measures.

Every row says where it is from (`source`) and how well it is known (`standing`). Nothing here declares an act lawful: a row is a
candidate basis, and a named officer decides.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

Standing = Literal["text", "secondary", "memory", "design"]
"""text: primary text read · secondary: second-hand · memory: not seen, never to be sent on · design: our own choice."""

Gate = Literal["open", "attest", "blocked"]
"""open: a draft may be approved and sent · attest: once an officer records the reading of the text · blocked: shown only."""

Nature = Literal["binding-order", "via-state", "voluntary"]
Kind = Literal["bilateral", "multilateral", "eu_regulation", "eu_directive", "domestic", "mou", "practice"]
InstrumentStatus = Literal["in_force", "applies", "not_in_force", "unknown"]
PartyStatus = Literal[
    "party",
    "applies",
    "ratified_not_in_force",
    "signed",
    "invited_not_party",
    "not_signed",
    "not_party",
    "not_in_force_for_anyone",
    "denounced",
    "unknown",
]


class Clock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A time that runs on a route; `duration` is ISO 8601, `bound` says whom it binds, `counts` which days it is made of."""

    name: str
    kind: Literal["minimum", "maximum", "target", "service"]
    duration: str
    starts_at: str
    bound: str
    counts: Literal["calendar", "working"] = "calendar"
    note: str = ""


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An example that runs as a test: between whom, on which day, and what each route's gate must be.

    capability     what is asked, for examples of an instrument; a measure's own examples leave it out
    penalty_years  highest penalty of the offence
    reasons        route -> code of a reason that has to be among those given
    """

    sender: str
    receiver: str
    at: date
    capability: str | None = None
    known: date | None = None
    agreed_in_lieu: bool = False
    penalty_years: float | None = None
    addressee: Literal["authority", "company"] | None = None
    gates: dict[str, Gate] = {}
    reasons: dict[str, str] = {}
    absent: tuple[str, ...] = ()
    best: str | None = None
    why: str = ""


class Need(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A member without which no request leaves on a route, and the article that asks for it.

    values    what it has to say, where the text leaves no choice; `measures` for which it is asked, all when empty
    """

    member: str
    article: str
    values: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()


class Route(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One capability that one article of an instrument carries, with all that comes with it.

    applies_if         name of a predicate in `predicates.py`
    applies_if_note    what alone the predicate decides; empty when it decides the route
    penalty_years_min  least maximum penalty of the offence; `penalty_for` names the data for which alone it is asked
    data               categories of data that it carries; all when empty
    issuers            category -> what one of the members `signers` has to say: who may sign or validate
    send_gate          the row's own gate: never looser than its standing and force allow
    """

    id: str
    instrument: str = ""
    capability: str
    article: str
    in_force: bool
    in_force_note: str = ""
    dual_criminality: str = ""
    penalty_years_min: float | None = None
    deadline: str = ""
    clocks: tuple[Clock, ...] = ()
    preconditions: tuple[str, ...] = ()
    applies_if: str | None = None
    applies_if_note: str = ""
    form: tuple[str, ...] = ()
    refusal: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    penalty_for: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    issuers: dict[str, tuple[str, ...]] = {}
    signers: tuple[str, ...] = ()
    standing: Standing
    standing_note: str = ""
    source: str
    send_gate: Gate


class Instrument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"routes": "route"}):
    """A treaty, regulation, law, arrangement or practice, and the routes in it.

    law_of       country whose law it is, for domestic instruments; `EU` for the Union's
    asked_by     for domestic instruments: authorities of that country (`home`), of others (`abroad`), or `anyone`
    mla_treaty   a treaty on mutual legal assistance, to which the general conventions yield
    """

    id: str
    title: str
    kind: Kind
    status: InstrumentStatus
    entered_into_force: date | None = None
    entry_condition: str = ""
    law_of: str | None = None
    asked_by: Literal["home", "abroad", "anyone"] = "anyone"
    mla_treaty: bool = False
    checked_on: date
    source: str
    standing: Standing
    note: str = ""
    routes: tuple[Route, ...] = ()
    example: tuple[Case, ...] = ()


class Reservation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a state took out of an instrument, or what it asks for under it; no article means all of it.

    effect  `blocks` the route · `conditions` to look after · `central-authority`: even urgent requests reach it through that one alone
    """

    text: str
    article: str | None = None
    effect: Literal["blocks", "conditions", "central-authority"] = "conditions"


class Participation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A state's standing under an instrument: true from `valid_from`, known to us from `recorded_from`. Ends are exclusive.

    A row is never edited: what was learnt later is a further row with a later `recorded_from`.
    as_of   day for which alone a negative statement was made
    """

    instrument: str
    status: PartyStatus
    as_of: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    recorded_from: date
    recorded_to: date | None = None
    reservations: tuple[Reservation, ...] = ()
    checked_on: date
    source: str
    standing: Standing
    note: str = ""
    state: str = ""


class Authority(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom a country has named to receive requests, and in which languages it reads them, where that is known.

    role  central: letters of request · extradition · point-24-7: preservation and first advice · rescue: its desk
    way   how a request travels to it; `instrument` under which it was named, empty where it is the usual one
    """

    role: Literal["central", "extradition", "point-24-7", "rescue"]
    name: dict[str, str]
    way: str = ""
    instrument: str = ""
    languages: tuple[str, ...] = ()
    checked_on: date
    source: str
    standing: Standing


class CountryLaw(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"authorities": "authority"}
):
    """What we know of one country: whom it named, and its treaty relations.

    zone  IANA name of the time by which its authorities' days are counted; the capital's, where there are several
    """

    country: str
    name: dict[str, str] = {}
    zone: str = ""
    authorities: tuple[Authority, ...] = ()
    participation: tuple[Participation, ...] = ()


class Fit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provision of a country's law that meets an offence of the conventions, as far as a source says so.

    max_penalty_years  highest penalty of deprivation of liberty; none where the source doesn't say, 99 stands for life
    covers             `whole`: the conduct as the convention words it · `part`: `note` says what is left out
    """

    state: str
    statute: str
    article: str
    title: str
    max_penalty_years: float | None = None
    covers: Literal["whole", "part"]
    note: str = ""
    checked_on: date
    source: str
    standing: Standing


class OffenceKind(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename={"fits": "fit", "articles": "article"},
):
    """A conduct that conventions oblige their parties to punish, and where it is found in the laws of countries.

    articles  instrument -> article that describes it
    conduct   what is done, in words of no country's law: the test of dual criminality asks for this
    """

    id: str
    label: dict[str, str]
    unreviewed: tuple[str, ...] = ()
    conduct: str
    articles: dict[str, str]
    fits: tuple[Fit, ...] = ()
    checked_on: date
    source: str
    standing: Standing


class DataCategory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of data that an addressee may hold; `window_days`: a longer time is told, since answers to it are cut."""

    id: str
    label: dict[str, str]
    unreviewed: tuple[str, ...] = ()
    window_days: int | None = None
    checked_on: date
    source: str
    standing: Standing


class Phrases(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words of one language, in lower case, that set a request no limit."""

    lang: str
    without_limit: tuple[str, ...]
    checked_on: date
    source: str
    standing: Standing


class FormField(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A member of a form; `from_record` names the part of the request record that already says it."""

    name: str
    required: bool | Literal["conditional", "warn"]
    type: str
    note: str = ""
    from_record: str | None = None


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"fields": "field"}):
    """What a request, answer or notice of this kind has to contain."""

    id: str
    title: str
    standing: Standing
    source: str
    checked_on: date
    note: str = ""
    fields: tuple[FormField, ...]


class RefusalCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ground that an answer may name; `is_refusal` is false for postponed, conditional and partial answers."""

    code: str
    is_refusal: bool
    meaning: str
    found_in: str
    standing: Standing
    checked_on: date


class ForbiddenGround(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ground on which assistance may not be refused."""

    ground: str
    basis: str
    standing: Standing
    checked_on: date


class LawBook(msgspec.Struct, frozen=True, kw_only=True):
    """All of the law that this node knows, as one value."""

    instruments: dict[str, Instrument] = {}
    countries: dict[str, dict[str, str]] = {}
    participation: tuple[Participation, ...] = ()
    forms: dict[str, Form] = {}
    refusals: dict[str, RefusalCode] = {}
    forbidden_grounds: dict[str, ForbiddenGround] = {}
    authorities: dict[str, tuple[Authority, ...]] = {}
    zones: dict[str, str] = {}
    offences: dict[str, OffenceKind] = {}
    categories: dict[str, DataCategory] = {}
    phrases: dict[str, Phrases] = {}

    @property
    def routes(self) -> tuple[Route, ...]:
        """Every route of every instrument."""
        return tuple(route for instrument in self.instruments.values() for route in instrument.routes)

    def route(self, route_id: str) -> Route | None:
        """The route of this id."""
        return next((route for route in self.routes if route.id == route_id), None)
