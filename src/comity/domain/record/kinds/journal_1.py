"""The journal: who did or read what in this node, in which case, for which purpose, on which basis. It never leaves, but for overseers.

What it says of a person lies in two fields; without them it still says which account acted, when, and about what.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct

from comity.domain.record.opened import Record, Trace, is_uuid, uuid_trace
from comity.domain.record.places import Count, Hex, Origin, Personal, Time, Uuid, Word

KIND: Final = "journal/1"
ENTRIES_MAX: Final = 128
THINGS_MAX: Final = 500
"""Of each list in one entry; what has more of them is several entries."""
TRACE: Final = "journal"
"""Name of the postings of records and things that were acted on; what was only read has none, for it is a great deal."""


class Read(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Entries [first, last] of one channel."""

    origin: Origin
    first: Count
    last: Count


class Entry(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One act, or what was read to answer one question.

    act      the word that a role names (`approve`, `view`), or what the machine did (`came-in`, `received`, `attack` …)
    case     id; None on the desk
    basis    id of the legal basis; None where none was named and the case has none
    outcome  `refused` with the code of every reason
    records  ids of the records that were kept by the act
    about    ids of what else it was about: requests, cases, accounts, peers
    what     codes: kinds of what was kept
    places   entries that were opened for it
    rows     how many records that were
    queries  for each value or text that was asked for, HMAC-SHA256 under a key of the node, the first 16 bytes; never the text
    """

    at: Time
    act: Word
    case: Word | None = None
    purpose: Word | None = None
    basis: Word | None = None
    outcome: Literal["granted", "refused"] = "granted"
    reasons: Annotated[tuple[Word, ...], Meta(max_length=THINGS_MAX)] = ()
    records: Annotated[tuple[Uuid, ...], Meta(max_length=THINGS_MAX)] = ()
    about: Annotated[tuple[Word, ...], Meta(max_length=THINGS_MAX)] = ()
    what: Annotated[tuple[Word, ...], Meta(max_length=THINGS_MAX)] = ()
    places: Annotated[tuple[Read, ...], Meta(max_length=THINGS_MAX)] = ()
    rows: Count = 0
    queries: Annotated[tuple[Hex, ...], Meta(max_length=THINGS_MAX)] = ()


class Body(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What one actor did or read, in the order of time.

    actor  id of the account; None for the machine, for strangers, and on a node without accounts
    roles  that counted for it; `node` for the machine
    name   of the person
    why    what they gave as their reason
    """

    actor: Word | None = None
    roles: Annotated[tuple[Word, ...], Meta(max_length=64)] = ()
    entries: Annotated[tuple[Entry, ...], Meta(min_length=1, max_length=ENTRIES_MAX)]
    name: Personal[str] = UNSET
    why: Personal[str] = UNSET


def traces(record: Record[Body]) -> Iterator[Trace]:
    things = (thing for entry in record.body.entries for thing in (*entry.records, *entry.about) if is_uuid(thing))
    yield from (uuid_trace(TRACE, thing) for thing in dict.fromkeys(things))


EXAMPLE: Final = Body(
    actor="0193a5d3-0000-7000-8000-0000000acc01",
    roles=("approver", "officer"),
    entries=(
        Entry(
            at="2026-11-25T07:30:00.000Z",
            act="approve",
            case="0193a000-0000-7000-8000-00000000000a",
            purpose="crime",
            basis="kr_kh.mou",
            records=("0193a5d1-1111-7000-8000-00000000f1c7",),
            about=("0193a5d3-0000-7000-8000-00000000f1c7",),
            what=("decision/1",),
            places=(Read(origin="police.kr.example/ch/00000000000f1c70", first=3, last=9),),
            rows=7,
        ),
        Entry(
            at="2026-11-25T07:31:00.000Z",
            act="send",
            purpose="crime",
            outcome="refused",
            reasons=("not-approved",),
            queries=("11" * 16,),
        ),
    ),
    name="Fictional Officer",
    why="FICTIONAL: the second account came up in the interview",
)
