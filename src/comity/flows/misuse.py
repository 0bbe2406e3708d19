"""What in the journal deserves a second look: a person who looks for themselves, looks without a case, looks at night, or all at once.

Each is a question to ask, never a finding about somebody.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from comity.domain.search import read_query
from comity.domain.terms import Actor, Granted, Refused, instant_from
from comity.errors import Malformed
from comity.flows.access import permit, whole
from comity.flows.journal import commitment, query_key
from comity.flows.journal_read import Kept, newest, walk
from comity.flows.lookup import read_value
from comity.ports import World

HOUR_MS: Final = 3_600_000
NIGHT: Final = (22, 6)
NIGHT_ROWS: Final = 30
HOUR_ROWS: Final = 300
WITHOUT_CASE: Final = 10
REFUSED: Final = 5


@dataclass(frozen=True)
class Look:
    """One thing to ask about.

    code    `own-name`, `asked-without-case`, `night-peak`, `many-at-once`, `refused-often`, `break-glass`
    first, last  when
    """

    code: str
    actor: str
    count: int
    first: str
    last: str


def report(
    world: World, actor: Actor, utc_offset_ms: int = 0, records: int | None = None
) -> Granted[tuple[Look, ...]] | Refused:
    """Everything that stands out, by person.

    utc_offset_ms  of the place whose nights are meant
    records        look at so many of the newest records of the journal alone
    """
    reasons = permit(world, actor, "audit")
    if reasons:
        return Refused(reasons)
    world = whole(world)
    found: dict[tuple[str, str], list[Any]] = {}
    hours: dict[tuple[str, int], list[Kept]] = defaultdict(list)
    refused: Counter[tuple[str, str]] = Counter()
    names = _own_names(world)
    for kept in walk(world) if records is None else reversed(list(newest(world, records))):
        if not (who := kept.actor or kept.name or ""):
            continue
        entry = kept.entry
        if names.get(who, frozenset()) & set(entry.queries):
            _add(found, "own-name", who, kept, 1)
        if entry.queries and entry.case is None and entry.outcome == "granted":
            _add(found, "asked-without-case", who, kept, 1)
        if "break-glass" in entry.what:
            _add(found, "break-glass", who, kept, 1)
        if entry.outcome == "refused":
            refused[who, entry.at[:10]] += 1
            _add(found, "refused-often", who, kept, 1)
        hour = (instant_from(entry.at) + utc_offset_ms) // HOUR_MS
        hours[who, hour].append(kept)
    for (who, hour), some in hours.items():
        rows = sum(each.entry.rows for each in some)
        night = hour % 24 >= NIGHT[0] or hour % 24 < NIGHT[1]
        for code, stands_out in (("night-peak", night and rows >= NIGHT_ROWS), ("many-at-once", rows >= HOUR_ROWS)):
            if stands_out:
                _add(found, code, who, some[0], rows)
                found[code, who][2] = some[-1].entry.at
    often = {who for (who, _), count in refused.items() if count >= REFUSED}
    looks = [
        Look(code, who, count, first, last)
        for (code, who), (count, first, last) in found.items()
        if (code != "asked-without-case" or count >= WITHOUT_CASE) and (code != "refused-often" or who in often)
    ]
    return Granted(tuple(sorted(looks, key=lambda each: (each.code, each.actor))))


def _add(found: dict[tuple[str, str], list[Any]], code: str, who: str, kept: Kept, count: int) -> None:
    mine = found.setdefault((code, who), [0, kept.entry.at, kept.entry.at])
    mine[0] += count
    mine[2] = max(mine[2], kept.entry.at)


def _own_names(world: World) -> dict[str, frozenset[str]]:
    """What somebody's own name, as they would type it, stands in the journal as."""
    key = query_key(world)
    found = {}
    for account in world.store.accounts():
        mine = set()
        for text in {account.name, account.name.partition(" (")[0], account.login}:
            with suppress(Malformed):
                mine.add(commitment(key, read_value("person_name", text).key))
            for asked in (text, f'"{text}"'):
                for keeps in (False, True):
                    with suppress(Malformed):
                        mine.add(commitment(key, repr(read_query(asked, kept=keeps)).encode()))
        found[account.id] = frozenset(mine)
    return found
