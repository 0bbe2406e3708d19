"""Imports: lists of indicators shared with a peer or kept at home, and warning lists."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import JSONBody, RawBody

from comity.domain.indicator import Indicator
from comity.domain.match import parse_warning_list
from comity.domain.terms import instant_text, node_name
from comity.errors import Malformed
from comity.faces.api.asking import Here, Officer
from comity.faces.api.views import HostText, KindName, ReasonView, Sha256Text, Word, Written
from comity.flows.import_list import import_values
from comity.flows.lookup import read_value
from comity.flows.suppress import import_warning_list

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


@post("/imports", sync_to_thread=True, status_code=200)
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
    return BatchView(kept.new, kept.known, kept.suppressed, kept.origin, refused)


@post("/imports/warning-list", sync_to_thread=True, status_code=200, request_max_body_size=WARNING_LIST_BYTES_MAX)
def warning_list(world: Here, officer: Officer, body: RawBody) -> WarningListView:
    """Keeps a MISP warning list as it came; a newer one of the same name takes its place.

    The body is the `list.json` itself, as application/json, up to 8 MiB.
    """
    parsed = parse_warning_list(body)
    listed = import_warning_list(world, officer, body)
    return WarningListView(
        name=listed.name,
        version=parsed.version,
        type=parsed.type,
        entries=len(parsed.entries),
        sha256=listed.sha256,
        by=listed.by,
        at=instant_text(listed.at),
    )


@get("/imports/warning-lists", sync_to_thread=True)
def warning_lists(world: Here) -> list[WarningListView]:
    """The warning lists of this node."""
    found = []
    for listed in world.store.warning_lists():
        parsed = parse_warning_list(listed.raw)
        at = instant_text(listed.at)
        view = WarningListView(
            parsed.name, parsed.version, parsed.type, len(parsed.entries), listed.sha256, listed.by, at
        )
        found.append(view)
    return found


def _read(data: JSONBody[Batch]) -> tuple[list[Indicator], list[ReasonView]]:
    values: dict[Indicator, None] = {}
    refused = []
    for number, text in enumerate(data.values):
        try:
            values.setdefault(read_value(data.kind, text))
        except Malformed as fault:
            if fault.code == "indicator-kind-unknown":
                raise  # the batch's own fault, not the line's
            mend = str(fault.facts.get("mend", ""))
            facts = {"value": text[:200], **{name: fact for name, fact in fault.facts.items() if name != "mend"}}
            refused.append(ReasonView(fault.code, f"values[{number}]", mend, facts))
    return list(values), refused


routes = [batch, warning_list, warning_lists]
