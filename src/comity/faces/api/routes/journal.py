"""The journal: who did and read what, and what in it deserves a second look."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import JSONBody, QueryParameter

from comity.domain.record.kinds import journal_1
from comity.errors import Malformed
from comity.faces.api.asking import Here, Officer, granted
from comity.faces.api.views import Word
from comity.flows.access import whole
from comity.flows.journal_read import Kept, newest, propose_forgetting
from comity.flows.misuse import report
from comity.ports import Place

Limit = Annotated[
    int, QueryParameter(name="limit", ge=1, le=1000, description="Records of the journal; one holds up to 128 entries.")
]
Before = Annotated[
    str | None, QueryParameter(name="before", max_length=300, description="`origin index` of the last record shown.")
]
Offset = Annotated[int, QueryParameter(name="utc_offset_minutes", ge=-840, le=840)]


class JournalLine(msgspec.Struct, frozen=True):
    """One entry. `name` and `why` are null where they were erased, or there were none."""

    origin: str
    index: int
    record: str
    actor: str | None
    roles: list[str]
    name: str | None
    why: str | None
    entry: journal_1.Entry


class LookView(msgspec.Struct, frozen=True):
    """Something to ask about; never a finding about somebody."""

    code: str
    actor: str
    count: int
    first: str
    last: str


class NewForgetting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record of the journal, and why what it says of a person goes."""

    record: Word
    ground: Word


class Forgetting(msgspec.Struct, frozen=True):
    """Id of the proposal; `POST /custody/proposals/{proposal}/confirm` by somebody else."""

    proposal: str


def journal_line(kept: Kept) -> JournalLine:
    """An entry as the API shows it."""
    place = kept.place
    return JournalLine(
        place.origin, place.index, kept.record, kept.actor, list(kept.roles), kept.name, kept.why, kept.entry
    )


@get("/journal", sync_to_thread=True, opt={"act": "audit"})
def journal(world: Here, officer: Officer, limit: Limit = 100, before: Before = None) -> list[JournalLine]:
    """The newest entries; that somebody read them is one of the next."""
    return [journal_line(each) for each in newest(whole(world), limit, place_of(before))]


@get("/journal/report", sync_to_thread=True, opt={"asks": "audit"})
def looks(world: Here, officer: Officer, utc_offset_minutes: Offset = 0) -> list[LookView]:
    """What stands out: own name, no case, nights, a great deal at once, many refusals, emergencies."""
    found = granted(report(world, officer, utc_offset_minutes * 60_000))
    return [LookView(each.code, each.actor, each.count, each.first, each.last) for each in found]


def place_of(before: str | None) -> Place | None:
    """The place that `origin index` names; Malformed when it names none."""
    if before is None:
        return None
    origin, _, index = before.rpartition(" ")
    if not origin or not index.isdecimal():
        raise Malformed("journal-place", before=before[:100])
    return Place(origin, int(index))


@post("/journal/forget", sync_to_thread=True, opt={"asks": "erase"})
def forget(world: Here, officer: Officer, data: JSONBody[NewForgetting]) -> Forgetting:
    """First of two persons: names and reasons in one record go, once somebody else has confirmed it like any erasure."""
    return Forgetting(granted(propose_forgetting(world, officer, data.record, data.ground)).id)


routes = [journal, looks, forget]
