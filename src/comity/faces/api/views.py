"""How values that several routes show are written in JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import msgspec

from comity.domain.indicator import Indicator
from comity.domain.terms import Reason, instant_text
from comity.errors import NotFound
from comity.flows.lookup import Known
from comity.ports import Place, World

VALUE_CHARACTERS_MAX = 4096
Written = Annotated[str, msgspec.Meta(min_length=1, max_length=VALUE_CHARACTERS_MAX)]
"""A value as somebody wrote it."""
KindName = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Prose = Annotated[str, msgspec.Meta(max_length=200_000)]
Sha256Text = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
CountryText = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}$")]
HostText = Annotated[str, msgspec.Meta(min_length=3, max_length=120)]


class GivenValue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value as it is handed in; without a kind, the surest one that fits is taken."""

    value: Written
    kind: KindName | None = None


class ValueView(msgspec.Struct, frozen=True):
    """A value in the normal form of its kind."""

    kind: str
    value: str


class ReasonView(msgspec.Struct, frozen=True):
    """One reason.

    field  what it is about, empty when it is about the whole
    mend   what would settle it, where that can be said
    """

    code: str
    field: str
    mend: str
    facts: dict[str, object]


class PlaceView(msgspec.Struct, frozen=True):
    """Where a record stands: `GET /records/{origin}/{index}` shows it."""

    origin: str
    index: int


class StatementView(msgspec.Struct, frozen=True):
    """One record that names the value, or a wider one that covers it.

    said_by  node whose record it is
    said_at  when it made it, RFC 3339 in UTC
    exact    whether `value` is the very value that was asked for
    via      node that passed the record on; null where its issuer gave it to us itself
    course   `current`; `withdrawn` or `cleared` are shown and raise nothing
    """

    said_by: str
    said_at: str
    value: ValueView
    exact: bool
    role: str | None
    source: str | None
    kind: str
    record: str
    origin: str
    index: int
    via: str | None = None
    course: str = "current"


class SuppressionView(msgspec.Struct, frozen=True):
    """A warning list that names the value, and why nothing is raised because of it."""

    list: str
    entry: str
    why: str


class KnownView(msgspec.Struct, frozen=True):
    """What is known about a value.

    raised  whether it is worth an officer's attention: somebody named it, and no warning list does
    """

    value: ValueView
    raised: bool
    statements: list[StatementView]
    suppressed: list[SuppressionView]


def value_view(value: Indicator) -> ValueView:
    return ValueView(value.kind, value.value)


def reason_views(reasons: Iterable[Reason]) -> list[ReasonView]:
    return [_reason_view(reason) for reason in reasons]


def _reason_view(reason: Reason) -> ReasonView:
    facts = {name: value for name, value in reason.facts.items() if name not in ("field", "mend")}
    return ReasonView(reason.code, str(reason.facts.get("field", "")), str(reason.facts.get("mend", "")), facts)


def known_view(known: Known) -> KnownView:
    return KnownView(
        value=value_view(known.value),
        raised=known.raises,
        statements=[
            StatementView(
                said_by=each.said_by,
                said_at=instant_text(each.said_at),
                value=value_view(each.value),
                exact=each.exact,
                role=each.role,
                source=each.source,
                kind=each.kind,
                record=each.record,
                origin=each.place.origin,
                index=each.place.index,
                via=each.via,
                course=each.course.value,
            )
            for each in known.statements
        ],
        suppressed=[SuppressionView(each.list_name, each.entry, each.why) for each in known.suppressed],
    )


def place_view(place: Place) -> PlaceView:
    return PlaceView(place.origin, place.index)


def place_named(world: World, host: str, channel: str, index: int) -> Place:
    """The place that a path names; NotFound when this node knows no such channel."""
    origin = f"{host}/ch/{channel}"
    if all(known.origin != origin for known in world.store.channels()):
        raise NotFound("channel", origin=origin)
    return Place(origin, index)
