"""Imports: lists of indicators shared with a peer or kept at home, and warning lists."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import JSONBody, RawBody

from comity.domain.indicator import Indicator
from comity.domain.match import Listing, parse_warning_list, read_host_list
from comity.domain.terms import instant_text, node_name
from comity.errors import Malformed
from comity.faces.api.asking import Here, Officer
from comity.faces.api.views import HostText, KindName, ReasonView, Sha256Text, Word, Written
from comity.flows.import_list import Imported, import_listings, import_values
from comity.flows.lookup import read_value
from comity.flows.suppress import import_suppressing_list, import_warning_list
from comity.ports import Listed

BATCH_MAX = 1000
WARNING_LIST_BYTES_MAX = 8 * 1024 * 1024


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to 1,000 values of one list.

    kind      of every value; null lets each be read as the surest kind that fits
    role      what the values are in the scheme: `scam-site`, `recruiter`, `wallet` …
    source    name of the list; `source_sha256` is the digest of the whole file
    audience  peer that the values are shared with; null keeps them on this desk
    """

    values: Annotated[tuple[Written, ...], msgspec.Meta(min_length=1, max_length=BATCH_MAX)]
    role: Word
    source: Word
    source_sha256: Sha256Text
    kind: KindName | None = None
    audience: HostText | None = None
    confidence: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None


class ListingGiven(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value of a list, with what the list says about it."""

    kind: KindName
    value: Written
    role: Word
    note: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    said_on: Annotated[str, msgspec.Meta(max_length=40)] | None = None


class Listings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to 1,000 values of one list that says of each what it is; otherwise as for a batch of like values."""

    listings: Annotated[tuple[ListingGiven, ...], msgspec.Meta(min_length=1, max_length=BATCH_MAX)]
    source: Word
    source_sha256: Sha256Text
    audience: HostText | None = None
    confidence: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None


class Suppressing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A list of domains that many share, so that none of them is acted on as a whole; pages below them may be."""

    name: Word
    source_sha256: Sha256Text
    values: Annotated[tuple[Written, ...], msgspec.Meta(min_length=1, max_length=100_000)]


class BatchView(msgspec.Struct, frozen=True):
    """What became of a batch.

    new, known  records that are new, and those that stood there before from the same list
    suppressed  how many of both a warning list names: kept and shown, and nothing is raised because of them
    refused     values that aren't of the kind, by their place in `values`
    """

    new: int
    known: int
    suppressed: int
    origin: str
    refused: list[ReasonView]


class WarningListView(msgspec.Struct, frozen=True):
    """A warning list that is kept."""

    name: str
    version: int
    type: str
    entries: int
    sha256: str
    by: str
    at: str


@post("/imports", sync_to_thread=True, status_code=200, opt={"act": "share"})
def batch(world: Here, officer: Officer, data: JSONBody[Batch]) -> BatchView:
    """Keeps one record for each value, in one transaction. The same value of the same list is kept once, however often it is sent."""
    audience = node_name(data.audience) if data.audience is not None else None
    values, refused = _read(data)
    kept = import_values(
        world,
        officer,
        values,
        role=data.role,
        source=data.source,
        source_sha256=data.source_sha256,
        audience=audience,
        confidence=data.confidence,
    )
    return _batch_view(kept, refused)


@post("/imports/listings", sync_to_thread=True, status_code=200, opt={"act": "share"})
def listings(world: Here, officer: Officer, data: JSONBody[Listings]) -> BatchView:
    """Like `/imports`, where each value comes with its own role and note."""
    audience = node_name(data.audience) if data.audience is not None else None
    read: list[Listing] = []
    refused: list[ReasonView] = []
    for number, each in enumerate(data.listings):
        try:
            read.append(Listing(read_value(each.kind, each.value), each.role, each.note, each.said_on))
        except Malformed as fault:
            refused.append(_refused(f"listings[{number}]", each.value, fault))
    kept = import_listings(
        world,
        officer,
        read,
        source=data.source,
        source_sha256=data.source_sha256,
        audience=audience,
        confidence=data.confidence,
    )
    return _batch_view(kept, refused)


def _batch_view(kept: Imported, refused: list[ReasonView]) -> BatchView:
    return BatchView(kept.new, kept.known, kept.suppressed, kept.origin, refused)


@post(
    "/imports/suppressing-list",
    sync_to_thread=True,
    status_code=200,
    request_max_body_size=WARNING_LIST_BYTES_MAX,
    opt={"act": "manage-node", "takes": "application/json"},
)
def suppressing_list(world: Here, officer: Officer, data: JSONBody[Suppressing]) -> WarningListView:
    """Keeps a plain list of shared hosts as a warning list under its name; a newer one takes its place."""
    read = read_host_list("\n".join(data.values).encode(), form="text")
    if read.refused:
        first = read.refused[0]
        raise Malformed(first.code, line=first.number, **{k: v for k, v in first.facts.items() if k != "line"})
    listed = import_suppressing_list(world, officer, read.hosts, name=data.name, source_sha256=data.source_sha256)
    return _listed_view(listed)


@post(
    "/imports/warning-list",
    sync_to_thread=True,
    status_code=200,
    request_max_body_size=WARNING_LIST_BYTES_MAX,
    opt={"act": "manage-node", "takes": "application/json"},
)
def warning_list(world: Here, officer: Officer, body: RawBody) -> WarningListView:
    """Keeps a MISP warning list as it came; a newer one of the same name takes its place.

    The body is the `list.json` itself, as application/json, up to 8 MiB.
    """
    return _listed_view(import_warning_list(world, officer, body))


@get("/imports/warning-lists", sync_to_thread=True, opt={"act": "status"})
def warning_lists(world: Here) -> list[WarningListView]:
    """The warning lists of this node."""
    return [_listed_view(listed) for listed in world.store.warning_lists()]


def _listed_view(listed: Listed) -> WarningListView:
    parsed = parse_warning_list(listed.raw)
    at = instant_text(listed.at)
    return WarningListView(parsed.name, parsed.version, parsed.type, len(parsed.entries), listed.sha256, listed.by, at)


def _read(data: JSONBody[Batch]) -> tuple[list[Indicator], list[ReasonView]]:
    values: dict[Indicator, None] = {}
    refused = []
    for number, text in enumerate(data.values):
        try:
            values.setdefault(read_value(data.kind, text))
        except Malformed as fault:
            if fault.code == "indicator-kind-unknown":
                raise  # the batch's own fault, not the line's
            refused.append(_refused(f"values[{number}]", text, fault))
    return list(values), refused


def _refused(field: str, text: str, fault: Malformed) -> ReasonView:
    mend = str(fault.facts.get("mend", ""))
    facts = {"value": text[:200], **{name: fact for name, fact in fault.facts.items() if name != "mend"}}
    return ReasonView(fault.code, field, mend, facts)


routes = [batch, listings, suppressing_list, warning_list, warning_lists]
