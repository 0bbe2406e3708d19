"""People in the database: accounts, passkeys, sessions, single-use tickets, and what was tried in vain."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Table, and_, desc, insert, select, update
from sqlalchemy import delete as delete_from

from comity.adapters.store import tables as t
from comity.adapters.store.group import Group
from comity.adapters.store.reading import Reading
from comity.domain.people import Account, Passkey, Session, Ticket, TicketKind, Tries, name_key, wait_ms
from comity.domain.terms import Instant
from comity.errors import Conflict
from comity.ports.people import (
    AccountKept,
    ContextChosen,
    PasskeyKept,
    PeopleFact,
    SessionKept,
    SessionSeen,
    SessionsEnded,
    TicketKept,
    TicketsClosed,
    TicketUsed,
    TryBegun,
    TrySucceeded,
)


def keep_people(group: Group, fact: PeopleFact) -> None:
    """The rows stand from now on as the fact says it; Conflict where its guard says so."""
    match fact:
        case AccountKept():
            _keep_account(group, fact)
        case PasskeyKept():
            _keep_passkey(group, fact)
        case SessionKept():
            there = _first(group, t.person_session, t.person_session.c.key == fact.session.key)
            if there or _first(group, t.person_session, t.person_session.c.id == fact.session.id):
                raise Conflict("session-there-already")
            _put(group, t.person_session, _columns(fact.session))
        case SessionSeen():
            c = t.person_session.c
            _change(group, t.person_session, and_(c.key == fact.key, c.seen < fact.at), seen=fact.at)
        case ContextChosen():
            c = t.person_session.c
            chosen = {"case_id": fact.case, "purpose": fact.purpose, "basis": fact.basis}
            _change(group, t.person_session, and_(c.id == fact.session, c.account == fact.account), **chosen)
            _put(group, t.person_context, _columns(fact))
        case SessionsEnded():
            _end_sessions(group, fact)
        case TicketKept():
            c = t.ticket.c
            group.connection.execute(delete_from(t.ticket).where(c.until < fact.swept))
            if _first(group, t.ticket, c.key == fact.ticket.key):
                raise Conflict("ticket-there-already")
            _put(group, t.ticket, _columns(fact.ticket))
        case TicketUsed():
            c = t.ticket.c
            if not _change(group, t.ticket, and_(c.key == fact.key, c.used.is_(None)), used=fact.at):
                raise Conflict("ticket-used")
        case TicketsClosed():
            c = t.ticket.c
            where = and_(c.account == fact.account, c.kind.in_(fact.kinds), c.used.is_(None))
            _change(group, t.ticket, where, used=fact.at)
        case TryBegun():
            _begin_try(group, fact)
        case TrySucceeded():
            c = t.tries.c
            group.connection.execute(delete_from(t.tries).where(c.key.in_(fact.forget)))
            _change(group, t.tries, c.key.in_(fact.less), failures=c.failures - 1)


def _keep_account(group: Group, fact: AccountKept) -> None:
    account, c = fact.account, t.account.c
    row = _columns(account) | {"roles": msgspec.json.encode(account.roles), "name_key": name_key(account.name)}
    there = _first(group, t.account, c.id == account.id)
    if (there.version if there else 0) != fact.over:
        raise Conflict("account-changed-meanwhile", account=account.id)
    for word, column in (("login", c.login), ("name", c.name_key)):
        if _first(group, t.account, and_(column == row[column.name], c.id != account.id)):
            raise Conflict(f"{word}-taken", **{word: getattr(account, word)})
    if there:
        _change(group, t.account, c.id == account.id, **row)
    else:
        _put(group, t.account, row)


def _keep_passkey(group: Group, fact: PasskeyKept) -> None:
    where = t.passkey.c.id == fact.passkey.id
    row = _columns(fact.passkey) | {"transports": msgspec.json.encode(fact.passkey.transports)}
    there = _first(group, t.passkey, where)
    if (_passkey(there) if there else None) != fact.over:
        raise Conflict("passkey-changed-meanwhile")
    if there:
        _change(group, t.passkey, where, **row)
    else:
        _put(group, t.passkey, row)


def _end_sessions(group: Group, fact: SessionsEnded) -> None:
    c = t.person_session.c
    where = [c.account == fact.account, c.ended.is_(None)]
    where += [c.id == fact.only] if fact.only is not None else []
    where += [c.id != fact.but] if fact.but is not None else []
    _change(group, t.person_session, and_(*where), ended=fact.at, why=fact.why)


def _begin_try(group: Group, fact: TryBegun) -> None:
    c = t.tries.c
    group.connection.execute(delete_from(t.tries).where(c.last < fact.forgotten))
    there = group.connection.execute(select(t.tries).where(c.key.in_(fact.keys))).all()
    if wait := wait_ms([Tries(row.key, row.failures, Instant(row.last)) for row in there], fact.at):
        raise Conflict("too-many-tries", wait_ms=wait)
    for key in fact.keys:
        if not _change(group, t.tries, c.key == key, failures=c.failures + 1, last=fact.at):
            _put(group, t.tries, {"key": key, "failures": 1, "last": fact.at})


def _first(group: Group, table: Table, where: ColumnElement[bool]) -> Any:
    """The row, or None; Any: it has the table's columns."""
    return group.connection.execute(select(table).where(where)).first()


def _change(group: Group, table: Table, where: ColumnElement[bool], **values: Any) -> int:
    """Number of rows that are otherwise now; Any: values of the table's columns."""
    return group.connection.execute(update(table).where(where).values(**values)).rowcount


def _put(group: Group, table: Table, row: dict[str, Any]) -> None:
    group.connection.execute(insert(table).values(**row))


def _columns(value: Any) -> dict[str, Any]:
    """Any: a value whose members are the table's columns but for the name of the case."""
    return {("case_id" if name == "case" else name): getattr(value, name) for name in value.__dataclass_fields__}


class Peopling(Reading):
    """The part of the port that tells of people."""

    _someone = False

    def has_accounts(self) -> bool:
        # Asked at every request, and never again once it is so.
        if not self._someone:
            self._someone = bool(self._found(select(t.account.c.id).limit(1)))
        return self._someone

    def account(self, account: str) -> Account | None:
        found = self._found(select(t.account).where(t.account.c.id == account))
        return _account(found[0]) if found else None

    def account_named(self, login: str) -> Account | None:
        found = self._found(select(t.account).where(t.account.c.login == login))
        return _account(found[0]) if found else None

    def accounts(self) -> tuple[Account, ...]:
        return tuple(map(_account, self._found(select(t.account).order_by(t.account.c.login))))

    def passkey(self, credential: bytes) -> Passkey | None:
        found = self._found(select(t.passkey).where(t.passkey.c.id == credential))
        return _passkey(found[0]) if found else None

    def passkeys(self, account: str) -> tuple[Passkey, ...]:
        c = t.passkey.c
        return tuple(map(_passkey, self._found(select(t.passkey).where(c.account == account).order_by(c.made, c.id))))

    def whose(self, key: bytes) -> tuple[Session, Account] | None:
        s, a = t.person_session, t.account
        # Two rows of one answer: the names of the columns overlap.
        columns = [*(column.label(f"s_{column.name}") for column in s.c), *a.c]
        found = self._found(select(*columns).select_from(s.join(a, s.c.account == a.c.id)).where(s.c.key == key))
        return (_session(found[0], "s_"), _account(found[0])) if found else None

    def sessions(self, account: str) -> tuple[Session, ...]:
        c = t.person_session.c
        query = select(t.person_session).where(c.account == account).order_by(desc(c.made), c.id)
        return tuple(_session(row) for row in self._found(query))

    def contexts(self, session: str) -> tuple[ContextChosen, ...]:
        c = t.person_context.c
        rows = self._found(select(t.person_context).where(c.session == session).order_by(c.seq))
        return tuple(
            ContextChosen(r.session, r.account, Instant(r.at), r.case_id, r.purpose, r.basis, r.reason) for r in rows
        )

    def ticket(self, key: bytes) -> Ticket | None:
        found = self._found(select(t.ticket).where(t.ticket.c.key == key))
        return _ticket(found[0]) if found else None

    def tickets(self, account: str, *kinds: TicketKind) -> tuple[Ticket, ...]:
        c = t.ticket.c
        where = and_(c.account == account, c.kind.in_(sorted(kinds)))
        return tuple(map(_ticket, self._found(select(t.ticket).where(where).order_by(desc(c.made), c.key))))

    def tries(self, keys: Collection[str]) -> tuple[Tries, ...]:
        c = t.tries.c
        rows = self._found(select(t.tries).where(c.key.in_(sorted(keys))).order_by(c.key))
        return tuple(Tries(row.key, row.failures, Instant(row.last)) for row in rows)

    def _found(self, query: Any) -> Sequence[Any]:
        """All rows; Any: their columns are those that the query names."""
        return self._read(lambda connection: connection.execute(query).all())


def _account(row: Any) -> Account:
    return Account(
        row.id,
        row.login,
        row.name,
        tuple(msgspec.json.decode(row.roles)),
        row.language,
        row.zone,
        row.standing,
        Instant(row.created),
        row.by,
        row.password,
        row.version,
    )


def _passkey(row: Any) -> Passkey:
    return Passkey(
        bytes(row.id),
        row.account,
        row.name,
        bytes(row.public),
        row._mapping["count"],  # a row has a method of this name
        Instant(row.made),
        _instant(row.used),
        row.backed_up,
        tuple(msgspec.json.decode(row.transports)),
        _instant(row.removed),
    )


def _session(row: Any, before: str = "") -> Session:
    found = {name.removeprefix(before): value for name, value in row._mapping.items() if name.startswith(before)}
    return Session(
        bytes(found["key"]),
        found["id"],
        found["account"],
        found["kind"],
        found["how"],
        Instant(found["made"]),
        Instant(found["seen"]),
        Instant(found["ends"]),
        found["idle_ms"],
        found["label"],
        found["scope"],
        found["case_id"],
        found["purpose"],
        found["basis"],
        _instant(found["ended"]),
        found["why"],
    )


def _ticket(row: Any) -> Ticket:
    return Ticket(
        bytes(row.key),
        row.kind,
        row.account,
        Instant(row.made),
        Instant(row.until),
        bytes(row.about),
        _instant(row.used),
    )


def _instant(number: int | None) -> Instant | None:
    return None if number is None else Instant(number)
