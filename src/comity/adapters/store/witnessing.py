"""What a witness keeps inside a transaction: whose logs it watches, and the one checkpoint of each that it cosigned last."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, insert, select

from comity.adapters.store import tables as t
from comity.adapters.store.group import Group
from comity.adapters.store.marks import seen_mark
from comity.domain.ledger import Line, VerifierKey
from comity.domain.terms import Instant, NodeName
from comity.errors import Conflict
from comity.ports import LogKept, Witnessed


def log_kept(row: Any) -> LogKept:
    return LogKept(VerifierKey.parse(row.vkey), NodeName(row.writer), Instant(row.at))


def witnessed_in(row: Any) -> Witnessed:
    line = Line(row.line_name, row.line_size, row.line_time, row.line)
    return Witnessed(row.origin, row.before, row.size, row.root, row.note, line)


def keep_log(group: Group, fact: LogKept) -> None:
    there = group.connection.execute(select(t.log.c.vkey).where(t.log.c.origin == fact.key.name)).scalar()
    if there is None:
        row = {"origin": fact.key.name, "vkey": fact.key.text, "writer": fact.writer, "at": fact.at}
        group.connection.execute(insert(t.log).values(**row))
    elif there != fact.key.text:
        raise Conflict("log-differs", origin=fact.key.name)


def witness(group: Group, fact: Witnessed) -> None:
    """Compare and set: of two requests that saw the same size, the second finds that it has moved."""
    here = t.witnessed.c.origin == fact.origin
    there = group.connection.execute(select(t.witnessed.c.size, t.witnessed.c.root).where(here)).first()
    size = there.size if there else 0
    if size != fact.before:
        raise Conflict("witnessed-elsewhere", origin=fact.origin, at=size, expected=fact.before)
    if there is not None and (fact.size < size or (fact.size == size and fact.root != there.root)):
        raise Conflict("witness-goes-back", origin=fact.origin, at=size, size=fact.size)
    line = fact.line
    row = {
        "origin": fact.origin,
        "before": fact.before,
        "size": fact.size,
        "root": fact.root,
        "note": fact.note,
        "line_name": line.name,
        "line_size": line.size,
        "line_time": line.time_s,
        "line": line.line,
    }
    group.connection.execute(delete(t.witnessed).where(here))
    group.connection.execute(insert(t.witnessed).values(**row))
    if there is None:
        group.marks_first.append(seen_mark(fact.origin, 0))
    group.marks.append(seen_mark(fact.origin, fact.size))
