"""People in the database: accounts, passkeys, sessions, single-use tickets, and what was tried in vain."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, and_, desc, insert, select, update
from sqlalchemy import delete as delete_from

from comity.adapters.at_rest import Sealing
from comity.adapters.store import tables as t
from comity.adapters.store.group import Group
from comity.adapters.store.reading import Reading
from comity.adapters.store.sealed import digest, opened, sealed, sealing_of
from comity.domain.people import Account, Passkey, Session, Ticket, TicketKind, Tries, wait_ms
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
            _put(group, t.person_session, sealed(group.sealing, t.person_session, _columns(fact.session)))
        case SessionSeen():
            c = t.person_session.c
            _change(group, t.person_session, and_(c.key == fact.key, c.seen < fact.at), seen=fact.at)
        case ContextChosen():
            c = t.person_session.c
            row = {"id": fact.session, "case_id": fact.case, "purpose": fact.purpose, "basis": fact.basis}
            chosen = sealed(group.sealing, t.person_session, row)
            _change(group, t.person_session, and_(c.id == fact.session, c.account == fact.account), **chosen)
            _put(group, t.person_context, sealed(group.sealing, t.person_context, _columns(fact)))
        case SessionsEnded():
            _end_sessions(group, fact)
        case TicketKept():
            c = t.ticket.c
            group.connection.execute(delete_from(t.ticket).where(c.until < fact.swept))
            if _first(group, t.ticket, c.key == fact.ticket.key):
                raise Conflict("ticket-there-already")
            _put(group, t.ticket, sealed(group.sealing, t.ticket, _columns(fact.ticket)))
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
            group.connection.execute(delete_from(t.tries).where(c.key.in_(_tried(group.sealing, fact.forget))))
            _change(group, t.tries, c.key.in_(_tried(group.sealing, fact.less)), failures=c.failures - 1)


def _keep_account(group: Group, fact: AccountKept) -> None:
    account, c = fact.account, t.account.c
    row = sealed(group.sealing, t.account, _columns(account) | {"roles": msgspec.json.encode(account.roles)})
    there = _first(group, t.account, c.id == account.id)
    if (there.version if there else 0) != fact.over:
        raise Conflict("account-changed-meanwhile", account=account.id)
    for word, column in (("login", c.login_key), ("name", c.name_key)):
        if _first(group, t.account, and_(column == row[column.name], c.id != account.id)):
            raise Conflict(f"{word}-taken", **{word: getattr(account, word)})
    if there:
        _change(group, t.account, c.id == account.id, **row)
    else:
        _put(group, t.account, row)


def _keep_passkey(group: Group, fact: PasskeyKept) -> None:
    where = t.passkey.c.id == fact.passkey.id
    row = _columns(fact.passkey) | {"transports": msgspec.json.encode(fact.passkey.transports)}
    row = sealed(group.sealing, t.passkey, row)
    there = _first(group, t.passkey, where)
    if (_passkey(opened(group.sealing, t.passkey, there)) if there else None) != fact.over:
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
    asked = _tried(group.sealing, fact.keys)
    there = group.connection.execute(select(t.tries).where(c.key.in_(asked))).all()
    if wait := wait_ms([Tries(asked[row.key], row.failures, Instant(row.last)) for row in there], fact.at):
        raise Conflict("too-many-tries", wait_ms=wait)
    for key in asked:
        if not _change(group, t.tries, c.key == key, failures=c.failures + 1, last=fact.at):
            _put(group, t.tries, {"key": key, "failures": 1, "last": fact.at})


def _tried(sealing: Sealing, keys: Iterable[str]) -> dict[str, str]:
    """What counts tries for each name, device or address, as it lies in the table."""
    return {sealing.digest("tries", key): key for key in keys}


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
        found = self._found(select(t.account).where(t.account.c.id == account), t.account)
        return _account(found[0]) if found else None

    def account_named(self, login: str) -> Account | None:

        def ask(connection: Connection) -> Account | None:
            sealing, c = sealing_of(connection), t.account.c
            key = digest(sealing, t.account, "login_key", login)
            row = connection.execute(select(t.account).where(c.login_key == key)).first()
            return _account(opened(sealing, t.account, row)) if row is not None else None

        return self._read(ask)

    def accounts(self) -> tuple[Account, ...]:
        return tuple(sorted(map(_account, self._found(select(t.account), t.account)), key=lambda one: one.login))

    def passkey(self, credential: bytes) -> Passkey | None:
        found = self._found(select(t.passkey).where(t.passkey.c.id == credential), t.passkey)
        return _passkey(found[0]) if found else None

    def passkeys(self, account: str) -> tuple[Passkey, ...]:
        c = t.passkey.c
        query = select(t.passkey).where(c.account == account).order_by(c.made, c.id)
        return tuple(map(_passkey, self._found(query, t.passkey)))

    def whose(self, key: bytes) -> tuple[Session, Account] | None:
        s, a = t.person_session, t.account
        # Two rows of one answer: the names of the columns overlap.
        columns = [*(column.label(f"s_{column.name}") for column in s.c), *a.c]
        query = select(*columns).select_from(s.join(a, s.c.account == a.c.id)).where(s.c.key == key)

        def ask(connection: Connection) -> tuple[Session, Account] | None:
            row, sealing = connection.execute(query).first(), sealing_of(connection)
            if row is None:
                return None
            return _session(opened(sealing, s, row, "s_")), _account(opened(sealing, a, row))

        return self._read(ask)

    def sessions(self, account: str) -> tuple[Session, ...]:
        c = t.person_session.c
        query = select(t.person_session).where(c.account == account).order_by(desc(c.made), c.id)
        return tuple(_session(row) for row in self._found(query, t.person_session))

    def contexts(self, session: str) -> tuple[ContextChosen, ...]:
        c = t.person_context.c
        rows = self._found(select(t.person_context).where(c.session == session).order_by(c.seq), t.person_context)
        return tuple(
            ContextChosen(r.session, r.account, Instant(r.at), r.case_id, r.purpose, r.basis, r.reason) for r in rows
        )

    def ticket(self, key: bytes) -> Ticket | None:
        found = self._found(select(t.ticket).where(t.ticket.c.key == key), t.ticket)
        return _ticket(found[0]) if found else None

    def tickets(self, account: str, *kinds: TicketKind) -> tuple[Ticket, ...]:
        c = t.ticket.c
        where = and_(c.account == account, c.kind.in_(sorted(kinds)))
        return tuple(map(_ticket, self._found(select(t.ticket).where(where).order_by(desc(c.made), c.key), t.ticket)))

    def tries(self, keys: Collection[str]) -> tuple[Tries, ...]:
        c = t.tries.c

        def ask(connection: Connection) -> tuple[Tries, ...]:
            asked = _tried(sealing_of(connection), keys)
            rows = connection.execute(select(t.tries).where(c.key.in_(asked)))
            return tuple(Tries(asked[row.key], row.failures, Instant(row.last)) for row in rows)

        return tuple(sorted(self._read(ask), key=lambda one: one.key))

    def _found(self, query: Any, table: Table | None = None) -> Sequence[Any]:
        """All rows, those of a table that is told with its sealed columns opened; Any: their columns are those that the query names."""

        def ask(connection: Connection) -> Sequence[Any]:
            rows = connection.execute(query).all()
            return rows if table is None else [opened(sealing_of(connection), table, row) for row in rows]

        return self._read(ask)


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
        row.count,
        Instant(row.made),
        _instant(row.used),
        row.backed_up,
        tuple(msgspec.json.decode(row.transports)),
        _instant(row.removed),
    )


def _session(row: Any) -> Session:
    return Session(
        bytes(row.key),
        row.id,
        row.account,
        row.kind,
        row.how,
        Instant(row.made),
        Instant(row.seen),
        Instant(row.ends),
        row.idle_ms,
        row.label,
        row.scope,
        row.case_id,
        row.purpose,
        row.basis,
        _instant(row.ended),
        row.why,
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
