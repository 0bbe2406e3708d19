"""A weighed route as the API tells it."""

from __future__ import annotations

from typing import Literal

import msgspec

from comity.domain.law import LawBook, Measure, RouteView
from comity.faces.api.views import ReasonView, reason_views


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
