"""Taking a body, or some of its fields, out of a row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, delete, select, update

from comity.adapters.store import tables as t
from comity.adapters.store.inverted import page_in, unfile
from comity.adapters.store.rows import trace_rows
from comity.adapters.store.sealed import body_columns, body_in, sealing_of
from comity.domain.record import State, decode_fields, encode_fields, filed
from comity.domain.search import Page
from comity.ports import Erasure, Place


def erase_row(connection: Connection, ch: int, erasure: Erasure, order: Place) -> list[dict[str, Any]]:
    """Erases and drops what was derived; returns the traces that remain true. What is gone already stays gone."""
    index = erasure.place.index
    here = and_(t.entry.c.ch == ch, t.entry.c.idx == index)
    row, sealing = connection.execute(select(t.entry).where(here)).first(), sealing_of(connection)
    if row is None or row.state == State.ERASED:
        return []
    change: dict[str, Any] = {"order_origin": order.origin, "order_index": order.index}
    remain: list[dict[str, Any]] = []
    page: Page | None = None
    if erasure.pointers is None:
        nothing = ("body", "marking", "id", "kind", "issuer", "made", "fault")
        change |= {"state": int(State.ERASED)} | dict.fromkeys(nothing)
    else:
        salt, envelope, fields = body_in(sealing, ch, index, row.body, row.marking)
        rest = encode_fields([f for f in decode_fields(fields) if f.pointer not in erasure.pointers])
        change |= {"state": int(State.PARTED), **body_columns(sealing, ch, index, salt, envelope, rest)}
        if row.settled:
            told = filed(erasure.place.origin, envelope, rest)
            remain, page = trace_rows(sealing, ch, index, told), page_in(envelope, rest, told)
    connection.execute(update(t.entry).where(here).values(**change))
    connection.execute(delete(t.trace).where(and_(t.trace.c.ch == ch, t.trace.c.idx == index)))
    unfile(connection, ch, index, page)
    return remain
