"""The journal: who did and read what, and what in it deserves a second look."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import JSONBody, QueryParameter

from comity.domain.record.kinds import journal_1
from comity.domain.terms import instant_from, instant_text
from comity.errors import Malformed
from comity.faces.api.asking import Here, Officer, granted
from comity.faces.api.views import Word
from comity.flows.access import whole
from comity.flows.journal_read import Kept, Wanted, matching, newest, propose_forgetting
from comity.flows.misuse import report
from comity.ports import Place

Limit = Annotated[
    int, QueryParameter(name="limit", ge=1, le=1000, description="Records of the journal; one holds up to 128 entries.")
]
Before = Annotated[
    str | None, QueryParameter(name="before", max_length=300, description="`origin index` of the last record shown.")
]
Sought = Annotated[str | None, QueryParameter(max_length=300)]
Outcome = Annotated[Literal["granted", "refused"] | None, QueryParameter()]
Moment = Annotated[
    str | None, QueryParameter(min_length=20, max_length=24, description="RFC 3339 in UTC: 2026-12-24T10:00:00Z")
]
EVERYTHING = 1 << 53
"""More records than a journal has."""
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
def journal(
    world: Here,
    officer: Officer,
    limit: Limit = 100,
    before: Before = None,
    who: Sought = None,
    act: Sought = None,
    case: Sought = None,
    purpose: Sought = None,
    basis: Sought = None,
    outcome: Outcome = None,
    since: Moment = None,
    until: Moment = None,
) -> list[JournalLine]:
    """The newest entries, or the newest that fit: by part of a name, account or role; act; case; purpose; part of a basis; outcome; time.

    That somebody read them is one of the next. Where something is looked for, `limit` counts entries, and all of the journal is looked through.
    """
    asked = {"who": who, "act": act, "case": case, "purpose": purpose, "basis": basis, "outcome": outcome}
    asked |= {name: instant_text(instant_from(at)) for name, at in (("since", since), ("until", until)) if at}
    wanted = Wanted(**{name: text for name, text in asked.items() if text})
    everything, place = whole(world), place_of(before)
    if wanted == Wanted():
        return [journal_line(each) for each in newest(everything, limit, place)]
    return [journal_line(each) for each in matching(everything, wanted, limit, place, scan=EVERYTHING).entries]


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
