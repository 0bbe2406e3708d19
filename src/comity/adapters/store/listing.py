"""What a store answers about everything beside channels and records: roster, lists, notices, copies, cursors, witnessed logs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, Table, and_, desc, select

from comity.adapters.at_rest import Sealing
from comity.adapters.store import tables as t
from comity.adapters.store.reading import Reading
from comity.adapters.store.rows import peer_of
from comity.adapters.store.sealed import opened, sealing_of
from comity.adapters.store.witnessing import log_kept, witnessed_in
from comity.domain.ledger import Peer
from comity.domain.terms import Instant, NodeName
from comity.ports import Copied, Listed, LogKept, Noticed, Witnessed


def noticed(sealing: Sealing, row: Any) -> Noticed:
    """A notice as its row has it."""
    told = opened(sealing, t.notice, row).told
    return Noticed(row.key, Instant(row.at), row.kind, msgspec.json.decode(told))


class Listing(Reading):
    """The part of the port that lists."""

    def peers(self) -> tuple[Peer, ...]:
        return tuple(peer_of(row.document) for row in self._opened(t.peer, select(t.peer).order_by(t.peer.c.name)))

    def warning_lists(self) -> tuple[Listed, ...]:
        rows = self._opened(t.warning, select(t.warning).order_by(t.warning.c.name))
        return tuple(Listed(row.name, row.sha256, row.raw, row.by, Instant(row.at)) for row in rows)

    def warning_versions(self) -> tuple[tuple[str, str], ...]:
        rows = self._rows(select(t.warning.c.name, t.warning.c.sha256).order_by(t.warning.c.name))
        return tuple((row.name, row.sha256) for row in rows)

    def notices(self, limit: int = 200) -> tuple[Noticed, ...]:
        query = select(t.notice).order_by(desc(t.notice.c.seq)).limit(limit)

        def ask(connection: Connection) -> tuple[Noticed, ...]:
            return tuple(noticed(sealing_of(connection), row) for row in connection.execute(query).all())

        return self._read(ask)

    def notices_after(self, seq: int, limit: int = 200) -> tuple[tuple[int, Noticed], ...]:
        c = t.notice.c
        query = select(t.notice).where(c.seq > seq).order_by(c.seq).limit(limit)

        def ask(connection: Connection) -> tuple[tuple[int, Noticed], ...]:
            sealing = sealing_of(connection)
            return tuple((row.seq, noticed(sealing, row)) for row in connection.execute(query).all())

        return self._read(ask)

    def evidence(self, origin: str) -> tuple[bytes, ...]:
        c = t.evidence.c
        rows = self._rows(select(c.note).where(c.ch == self._log(origin).ch).order_by(c.seq))
        return tuple(row.note for row in rows)

    def copies(self, issuer: str, record: str) -> tuple[Copied, ...]:
        c = t.copied.c
        query = select(t.copied).where(and_(c.issuer == issuer, c.id == record)).order_by(c.seq)
        rows = self._opened(t.copied, query)
        return tuple(
            Copied(NodeName(row.issuer), row.id, row.what, row.sha256, row.by, Instant(row.at)) for row in rows
        )

    def cursor(self, name: str) -> int:
        rows = self._rows(select(t.cursor.c.at).where(t.cursor.c.name == name))
        return rows[0].at if rows else 0

    def logs(self) -> tuple[LogKept, ...]:
        return tuple(log_kept(row) for row in self._rows(select(t.log).order_by(t.log.c.origin)))

    def witnessed(self, origin: str) -> Witnessed | None:
        rows = self._rows(select(t.witnessed).where(t.witnessed.c.origin == origin))
        return witnessed_in(rows[0]) if rows else None

    def _opened(self, table: Table, query: Select[Any]) -> Sequence[Any]:
        """All rows of a table, with their sealed columns opened. Any: as below."""

        def ask(connection: Connection) -> list[Any]:
            sealing = sealing_of(connection)
            return [opened(sealing, table, row) for row in connection.execute(query).all()]

        return self._read(ask)

    def _rows(self, query: Select[Any]) -> Sequence[Any]:
        """All rows; Any: their columns are those that the query names."""
        return self._read(lambda connection: connection.execute(query).all())
