"""Coming back from a backup, once an operator has acknowledged it: what ends, what has to catch up, and the marks that say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, delete, insert, select, update

from comity.adapters.store import tables as t
from comity.adapters.store.group import Group
from comity.adapters.store.marks import HighWater, back_mark, line_mark, lost_mark, seen_mark, size_mark
from comity.adapters.store.rows import Log
from comity.domain.ledger import EMPTY_ROOT, Standing
from comity.domain.terms import NodeName

WITNESS = "witness"
"""Stands among the fences where an origin stands: what was cosigned as a witness is behind its marks."""
BACK = "store/back"
"""Cursor: how many returns from a backup were acknowledged here."""
WITNESS_BACK = "store/witness-back"
"""Cursor: the last of them that took the witness key with it."""
WHY = "restored-from-backup"
WHY_RETIRED = "restored-while-retired"


@dataclass(frozen=True)
class Restored:
    """What an acknowledged return from a backup has changed.

    n        how many there were, this one included; also `cursor("store/back")`
    retired  channels of ours that end: a successor has to go on from what can be regained
    behind   channels of others that show nothing until they have caught up
    lost     channels that were signed or cosigned on and that this database has never heard of
    witness  the witness key has to be replaced; then `cursor("store/witness-back")` is `n`
    """

    n: int
    retired: tuple[str, ...]
    behind: tuple[str, ...]
    lost: tuple[str, ...]
    witness: bool


def returns(connection: Connection, name: str = BACK) -> int:
    return connection.execute(select(t.cursor.c.at).where(t.cursor.c.name == name)).scalar() or 0


def acknowledge(group: Group, logs: Mapping[str, Log], fences: Mapping[str, str], told: HighWater) -> Restored:
    """Ends or sets back what the fences name, and every channel of others; the marks follow the COMMIT."""
    n = max(returns(group.connection), told.back) + 1
    retired, behind = [], []
    for origin, log in logs.items():
        standing = log.channel.standing
        if log.channel.writer == group.me:
            if origin in fences and standing is not Standing.RETIRED:
                retired.append(origin)
                _stand(group, origin, Standing.RETIRED, WHY)
        elif standing in (Standing.OPEN, Standing.RETIRED):
            behind.append(origin)
            _stand(group, origin, Standing.BEHIND, WHY if standing is Standing.OPEN else WHY_RETIRED)
        elif standing is Standing.BEHIND:
            behind.append(origin)
    witness = WITNESS in fences
    if witness:
        group.connection.execute(delete(t.witnessed))
    for name in (BACK, *((WITNESS_BACK,) if witness else ())):
        group.connection.execute(delete(t.cursor).where(t.cursor.c.name == name))
        group.connection.execute(insert(t.cursor).values(name=name, at=n))
    _ask_people_anew(group)
    lost = tuple(sorted((told.sizes.keys() | told.lines.keys()) - logs.keys() - told.lost))
    group.marks += returned_marks(group.me, n, {**logs, **group.touched}, told, witness=witness)
    return Restored(n, tuple(retired), tuple(behind), lost, witness)


def _ask_people_anew(group: Group) -> None:
    """What was ended or used up since the backup opens nothing again: every session and single-use secret ends."""
    s, k = t.person_session.c, t.ticket.c
    group.connection.execute(update(t.person_session).where(s.ended.is_(None)).values(ended=s.seen, why=WHY))
    group.connection.execute(update(t.ticket).where(k.used.is_(None)).values(used=k.made))


def _stand(group: Group, origin: str, standing: Standing, why: str) -> None:
    log = group.log(origin)
    group.about.channels.add(log.ch)
    log.channel = replace(log.channel, standing=standing, why=why)
    values = {"standing": standing.value, "why": why}
    group.connection.execute(update(t.channel).where(t.channel.c.ch == log.ch).values(**values))


def returned_marks(me: NodeName, n: int, logs: Mapping[str, Log], told: HighWater, *, witness: bool) -> list[str]:
    """Marks as they stand after the n-th return: what was lost is told, and what is caught up is measured anew."""
    lines: list[str] = []
    for origin, log in logs.items():
        if origin not in told.sizes:
            lines.append(size_mark(origin, 0, EMPTY_ROOT))
        if log.channel.writer != me and origin in told.lines:
            lines.append(line_mark(origin, log.line.size if log.line else 0, log.line.time_s if log.line else 0))
    for origin in sorted((told.sizes.keys() | told.lines.keys()) - logs.keys()):
        lines += [lost_mark(origin, n), size_mark(origin, 0, EMPTY_ROOT), line_mark(origin, 0, 0)]
    if witness:
        lines += [seen_mark(origin, 0) for origin in told.seen]
    return [*lines, back_mark(me, n, told.time_s)]


def finish_return(connection: Connection, me: NodeName, logs: Mapping[str, Log], told: HighWater) -> list[str]:
    """Marks of an acknowledged return that a crash kept out of the file; none when there was no such crash."""
    n = returns(connection)
    if n <= told.back:
        return []
    return returned_marks(me, n, logs, told, witness=returns(connection, WITNESS_BACK) == n)
