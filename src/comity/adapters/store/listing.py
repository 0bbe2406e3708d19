"""What a store answers about everything beside channels and records: roster, lists, notices, copies, cursors, witnessed logs."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import and_, desc, select

from comity.adapters.store import tables as t
from comity.adapters.store.reading import Reading
from comity.adapters.store.rows import peer_of
from comity.adapters.store.witnessing import log_kept, witnessed_in
from comity.domain.ledger import Peer
from comity.domain.terms import Instant, NodeName
from comity.ports import Copied, Listed, LogKept, Noticed, Witnessed


def _noticed(row: Any) -> Noticed:
    return Noticed(row.key, Instant(row.at), row.kind, msgspec.json.decode(row.about))


class Listing(Reading):
    """The part of the port that lists."""

    def peers(self) -> tuple[Peer, ...]:
        with self._connect() as connection:
            return tuple(
                peer_of(raw) for raw in connection.execute(select(t.peer.c.document).order_by(t.peer.c.name)).scalars()
            )

    def warning_lists(self) -> tuple[Listed, ...]:
        with self._connect() as connection:
            rows = connection.execute(select(t.warning).order_by(t.warning.c.name))
            return tuple(Listed(row.name, row.sha256, row.raw, row.by, Instant(row.at)) for row in rows)

    def warning_versions(self) -> tuple[tuple[str, str], ...]:
        with self._connect() as connection:
            rows = connection.execute(select(t.warning.c.name, t.warning.c.sha256).order_by(t.warning.c.name))
            return tuple((row.name, row.sha256) for row in rows)

    def notices(self, limit: int = 200) -> tuple[Noticed, ...]:
        with self._connect() as connection:
            rows = connection.execute(select(t.notice).order_by(desc(t.notice.c.seq)).limit(limit))
            return tuple(_noticed(row) for row in rows)

    def evidence(self, origin: str) -> tuple[bytes, ...]:
        ch = self._log(origin).ch
        with self._connect() as connection:
            query = select(t.evidence.c.note).where(t.evidence.c.ch == ch).order_by(t.evidence.c.seq)
            return tuple(connection.execute(query).scalars())

    def notices_after(self, seq: int, limit: int = 200) -> tuple[tuple[int, Noticed], ...]:
        c = t.notice.c
        with self._connect() as connection:
            rows = connection.execute(select(t.notice).where(c.seq > seq).order_by(c.seq).limit(limit))
            return tuple((row.seq, _noticed(row)) for row in rows)

    def copies(self, issuer: str, record: str) -> tuple[Copied, ...]:
        c = t.copied.c
        with self._connect() as connection:
            rows = connection.execute(select(t.copied).where(and_(c.issuer == issuer, c.id == record)).order_by(c.seq))
            return tuple(
                Copied(NodeName(row.issuer), row.id, row.what, row.sha256, row.by, Instant(row.at)) for row in rows
            )

    def cursor(self, name: str) -> int:
        with self._connect() as connection:
            return connection.execute(select(t.cursor.c.at).where(t.cursor.c.name == name)).scalar() or 0

    def logs(self) -> tuple[LogKept, ...]:
        with self._connect() as connection:
            return tuple(log_kept(row) for row in connection.execute(select(t.log).order_by(t.log.c.origin)))

    def witnessed(self, origin: str) -> Witnessed | None:
        with self._connect() as connection:
            row = connection.execute(select(t.witnessed).where(t.witnessed.c.origin == origin)).first()
        return witnessed_in(row) if row else None
