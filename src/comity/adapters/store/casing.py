"""Cases in the database: who works in them, what lies in them, and emergency access."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, Table, and_, delete, desc, insert, or_, select, update

from comity.adapters.store import tables as t
from comity.adapters.store.group import Group
from comity.adapters.store.reading import Reading
from comity.adapters.store.sealed import digest, opened, sealed, sealing_of
from comity.domain.access import CaseFile, CaseMoved, Grant, Link, Member
from comity.domain.record.opened import uuid_trace
from comity.domain.terms import Instant
from comity.errors import Conflict

IN_MAX = 500


def keep_case(group: Group, fact: CaseFile | CaseMoved | Member | Link | Grant) -> None:
    """The row stands from now on as the fact says it. Conflict for a case whose number another one has."""
    match fact:
        case CaseFile():
            _one_number(group, fact)
            row = {**_columns(fact), "purposes": msgspec.json.encode(fact.purposes)}
            _put(group, t.case_file, ("id",), sealed(group.sealing, t.case_file, row))
        case CaseMoved():
            _move_on(group, fact)
        case Member():
            _put(group, t.case_member, ("case_id", "account", "since"), _columns(fact))
        case Link():
            row = {**_columns(fact), "key": key_of(fact.id)}
            _put(group, t.case_link, ("key", "case_id"), sealed(group.sealing, t.case_link, row))
            group.about.things.add(key_of(fact.id))
        case Grant():
            _put(group, t.case_grant, ("id",), sealed(group.sealing, t.case_grant, _columns(fact)))


def key_of(thing: str) -> bytes:
    """A thing's id as postings have it: of a UUID its bytes, of a file the first half of its digest."""
    return bytes.fromhex(thing[:32]) if len(thing) == 64 else uuid_trace("record", thing).key


def _one_number(group: Group, fact: CaseFile) -> None:
    c = t.case_file.c
    where = and_(c.number_key == digest(group.sealing, t.case_file, "number_key", fact.number), c.id != fact.id)
    if group.connection.execute(select(c.id).where(where)).first() is not None:
        raise Conflict("case-number-taken", number=fact.number)


def _move_on(group: Group, fact: CaseMoved) -> None:
    c = t.case_file.c
    moved = update(t.case_file).where(and_(c.id == fact.case, c.state == fact.before)).values(state=fact.state)
    if not group.connection.execute(moved).rowcount:
        raise Conflict("case-moved-meanwhile", case=fact.case)
    group.connection.execute(insert(t.case_move).values(**sealed(group.sealing, t.case_move, _columns(fact))))


def _columns(fact: Any) -> dict[str, Any]:
    """Any: one of the four values, whose members are the table's columns but for the name of the case."""
    return {("case_id" if name == "case" else name): getattr(fact, name) for name in fact.__dataclass_fields__}


def _put(group: Group, table: Table, keys: Sequence[str], row: dict[str, Any]) -> None:
    group.connection.execute(delete(table).where(and_(*(table.c[key] == row[key] for key in keys))))
    group.connection.execute(insert(table).values(**row))


class Casing(Reading):
    """The part of the port that tells of cases."""

    def case(self, case: str) -> CaseFile | None:
        found = self._asked(select(t.case_file).where(t.case_file.c.id == case), t.case_file)
        return _case(found[0]) if found else None

    def cases(self, ids: Collection[str] | None = None) -> tuple[CaseFile, ...]:
        query = select(t.case_file).order_by(desc(t.case_file.c.opened), t.case_file.c.id)
        if ids is not None:
            query = query.where(t.case_file.c.id.in_(sorted(ids)))
        return tuple(map(_case, self._asked(query, t.case_file)))

    def members(self, case: str) -> tuple[Member, ...]:
        c = t.case_member.c
        rows = self._asked(select(t.case_member).where(c.case_id == case).order_by(c.since, c.account))
        return tuple(
            Member(row.case_id, row.account, row.role, Instant(row.since), _instant(row.until)) for row in rows
        )

    def open_to(self, account: str, at: Instant) -> frozenset[str]:
        m, g = t.case_member.c, t.case_grant.c
        member = select(m.case_id).where(
            and_(m.account == account, m.since <= at, or_(m.until.is_(None), m.until > at))
        )
        granted = select(g.case_id).where(and_(g.account == account, g.at <= at, g.until > at))
        return frozenset(row.case_id for row in self._asked(member.union(granted)))

    def links(self, case: str) -> tuple[Link, ...]:
        c = t.case_link.c
        where = and_(c.case_id == case, c.until.is_(None))
        return tuple(map(_link, self._asked(select(t.case_link).where(where).order_by(c.at, c.id), t.case_link)))

    def lies_in(self, ids: Sequence[str]) -> tuple[frozenset[str], ...]:
        c, found = t.case_link.c, dict[str, set[str]]()
        for at in range(0, len(ids), IN_MAX):
            where = and_(c.id.in_(ids[at : at + IN_MAX]), c.until.is_(None))
            for row in self._asked(select(c.id, c.case_id).where(where)):
                found.setdefault(row.id, set()).add(row.case_id)
        return tuple(frozenset(found[one]) for one in dict.fromkeys(ids) if one in found)

    def case_moves(self, case: str) -> tuple[CaseMoved, ...]:
        c = t.case_move.c
        rows = self._asked(select(t.case_move).where(c.case_id == case).order_by(c.seq), t.case_move)
        return tuple(CaseMoved(row.case_id, row.before, row.state, row.by, Instant(row.at), row.reason) for row in rows)

    def grants(self, account: str | None = None) -> tuple[Grant, ...]:
        c = t.case_grant.c
        query = select(t.case_grant).order_by(desc(c.at), c.id)
        rows = self._asked(query if account is None else query.where(c.account == account), t.case_grant)
        return tuple(
            Grant(
                row.id,
                row.case_id,
                row.account,
                row.reason,
                Instant(row.at),
                Instant(row.until),
                row.verdict,
                row.judged_by,
                _instant(row.judged_at),
            )
            for row in rows
        )

    def _asked(self, query: Select[Any] | Any, table: Table | None = None) -> Sequence[Any]:
        """All rows, those of a table that is told with its sealed columns opened; Any: their columns are those that the query names."""

        def ask(connection: Connection) -> Sequence[Any]:
            rows = connection.execute(query).all()
            return rows if table is None else [opened(sealing_of(connection), table, row) for row in rows]

        return self._read(ask)


def _case(row: Any) -> CaseFile:
    purposes = tuple(msgspec.json.decode(row.purposes))
    until = _instant(row.basis_until)
    return CaseFile(row.id, row.number, row.title, purposes, row.lead, Instant(row.opened), row.basis, until, row.state)


def _link(row: Any) -> Link:
    return Link(row.case_id, row.what, row.id, row.by, Instant(row.at), _instant(row.until))


def _instant(number: int | None) -> Instant | None:
    return None if number is None else Instant(number)
