"""What a store answers about requests as a list: some rows of one index, and counts. What a person may not see is left out by both."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    and_,
    desc,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY

from comity.adapters.store import tables as t
from comity.adapters.store.finding import IN_MAX
from comity.adapters.store.reading import Reading
from comity.adapters.store.request_rows import key_of, summary_in
from comity.adapters.store.rows import entry_in
from comity.adapters.store.sealed import sealing_of
from comity.domain.access import Sight
from comity.domain.access.reach import SECOND_MS, Reach, read_reaches
from comity.domain.ledger import Place, Standing
from comity.domain.record import Entry
from comity.domain.request.summary import CLOSED
from comity.domain.terms import Instant
from comity.errors import Misconfigured
from comity.ports import Catalog
from comity.ports.requests import EVERY, Count, Row, View, Wanted

_s, _e = t.request_state.c, t.entry.c
_ALIKE = (_s.rank, _s.turn, _s.side, _s.alert, _s.other, _s.measure)
IN_PART = 2, "nobody"
"""Rank and turn of what is seen in part, whatever the whole has."""


@dataclass(frozen=True)
class Seeing:
    """What of the table a person sees: wholly, and in part. `parts` is None where nothing is seen in part."""

    wholly: ColumnElement[bool]
    parts: ColumnElement[bool] | None


class Reaches:
    """Conditions by their number; they are written once, so what was read stays true."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Reach, Reach]] = {}
        self._same: dict[Any, Any] = {}

    def learn(self, connection: Connection) -> None:
        c = t.request_reach.c
        last = max(self._known, default=0)
        for n, raw in connection.execute(select(c.n, c.reach).where(c.n > last)).all():
            core, whole = read_reaches(raw)
            self._known[n] = self._once(core), self._once(whole)

    def _once(self, reach: Reach) -> Reach:
        """With the markings of an equal one that is known: whether they allow something is asked once for all of these."""
        same = self._same.setdefault(reach.markings, reach.markings)
        return Reach(reach.cases, reach.bare, same)

    def sorted_for(self, sight: Sight) -> tuple[list[int], list[int], list[int]]:
        """Numbers of what the person sees wholly, in part, and not at all."""
        found: tuple[list[int], list[int], list[int]] = ([], [], [])
        allowed: dict[int, bool] = {}

        def is_open(reach: Reach) -> bool:
            here = allowed.get(id(reach.markings))
            if here is None:
                here = allowed[id(reach.markings)] = all(sight.allows(marking, who) for who, marking in reach.markings)
            return here and reach.lies_open(sight)

        for n, (core, whole) in list(self._known.items()):
            found[0 if is_open(whole) else 1 if is_open(core) else 2].append(n)
        return found


class Requesting(Reading):
    """The part of the port that lists requests."""

    _catalog: Catalog | None
    _reaches: Reaches

    def _looker(self) -> Sight | None:
        """Who looks; nobody sees all."""
        return None

    def requests(self, wanted: Wanted, limit: int, after: str = "") -> tuple[Row, ...]:
        self._can_list()
        origins = {log.ch: origin for origin, log in self._logs.items()}

        def ask(connection: Connection) -> tuple[Row, ...]:
            seeing = self._seeing(connection)
            named = _named(wanted)
            start = connection.execute(select(t.request_state).where(_s.id == after)).first() if after else None
            in_part = start is not None and seeing.parts is not None and _is(connection, seeing.parts, after)
            rows: list[tuple[Any, bool]] = []
            if not in_part:
                where = and_(seeing.wholly, named, _viewed(wanted.view))
                order = (_s.rank, _s.due, _s.fresh, _s.id)
                if start is not None:
                    where = and_(where, tuple_(*order) > (start.rank, start.due, start.fresh, start.id))
                query = select(t.request_state).where(where).order_by(*order).limit(limit)
                rows = [(row, True) for row in connection.execute(query)]
            if len(rows) < limit and seeing.parts is not None and (kind := _viewed_in_part(wanted.view)) is not None:
                where = and_(seeing.parts, named, kind, _s.id < after if in_part else true())
                query = select(t.request_state).where(where).order_by(desc(_s.id)).limit(limit - len(rows))
                rows += [(row, False) for row in connection.execute(query)]
            return tuple(_row_in(row, origins, wholly=wholly) for row, wholly in rows)

        return self._read(ask)

    def counted(self, wanted: Wanted = EVERY) -> tuple[Count, ...]:
        self._can_list()

        def ask(connection: Connection) -> tuple[Count, ...]:
            seeing = self._seeing(connection)
            where = and_(seeing.wholly, _named(wanted), _viewed(wanted.view))
            query = select(*_ALIKE, func.count(), func.max(_s.fresh)).where(where).group_by(*_ALIKE)
            found = [Count(*row[:7], oldest=-row[7]) for row in connection.execute(query)]  # type: ignore[misc]
            if seeing.parts is not None and (kind := _viewed_in_part(wanted.view)) is not None:
                some = _ALIKE[2:]
                partly = select(*some, func.count()).where(and_(seeing.parts, _named(wanted), kind)).group_by(*some)
                found += [Count(*IN_PART, *row) for row in connection.execute(partly)]
            return tuple(found)

        return self._read(ask)

    def ending(self, since: Instant, until: Instant, limit: int) -> tuple[tuple[Row, ...], int]:
        self._can_list()
        origins = {log.ch: origin for origin, log in self._logs.items()}

        def ask(connection: Connection) -> tuple[tuple[Row, ...], int]:
            where = and_(_s.due >= since, _s.due < until, self._seeing(connection).wholly)
            query = select(t.request_state).where(where).order_by(_s.due, _s.id).limit(limit)
            rows = tuple(_row_in(row, origins, wholly=True) for row in connection.execute(query))
            count: int = connection.execute(select(func.count()).where(where)).scalar_one()
            return rows, count

        return self._read(ask)

    def entries_at(self, places: Sequence[Place]) -> dict[Place, Entry]:
        wanted: dict[str, list[int]] = {}
        for place in dict.fromkeys(places):
            if self._log(place.origin).channel.standing is not Standing.BEHIND:
                wanted.setdefault(place.origin, []).append(place.index)
        columns = (_e.ch, _e.idx, _e.state, _e.body, _e.marking, _e.order_origin, _e.order_index)

        def ask(connection: Connection) -> dict[Place, Entry]:
            found: dict[Place, Entry] = {}
            sealing = sealing_of(connection)
            readable = and_(_e.settled, _e.fault.is_(None), _e.body.is_not(None), self._seen(connection))
            for origin, indexes in wanted.items():
                here = _e.ch == self._log(origin).ch
                for at in range(0, len(indexes), IN_MAX):
                    query = select(*columns).where(and_(here, _e.idx.in_(indexes[at : at + IN_MAX]), readable))
                    for row in connection.execute(query):
                        found[Place(origin, row.idx)] = self._shown_entry(entry_in(sealing, *row))
            return found

        return self._read(ask) if wanted else {}

    def _can_list(self) -> None:
        if self._catalog is None:
            raise Misconfigured("catalog-missing", mend="open the store with the node's catalog")

    def _seen(self, connection: Connection) -> ColumnElement[bool]:
        """That the row of `entry` may be seen; a store without a sight shows all."""
        return true()

    def _shown_entry(self, entry: Entry) -> Entry:
        """The entry as far as it may be seen."""
        return entry

    def _seeing(self, connection: Connection) -> Seeing:
        sight = self._looker()
        if sight is None:
            return Seeing(true(), None)
        self._reaches.learn(connection)
        wholly, partly, hidden = self._reaches.sorted_for(sight)
        now_s = sight.at // SECOND_MS
        stands = or_(_s.whole_until.is_(None), _s.whole_until > now_s)
        open_ = true() if not (partly or hidden) else _among(connection, wholly, [*partly, *hidden])
        ended = connection.execute(select(_s.key).where(_s.whole_until <= now_s).limit(1)).first() is not None
        core = or_(_s.core_until.is_(None), _s.core_until > now_s)
        parts: list[ColumnElement[bool]] = []
        if partly:
            parts.append(_within(connection, partly))
        if ended:
            parts.append(and_(_s.whole_until <= now_s, open_))
        return Seeing(and_(open_, stands) if ended else open_, and_(or_(*parts), core) if parts else None)


def _row_in(row: Any, origins: Mapping[int, str], *, wholly: bool) -> Row:
    """Any: a row with all columns."""
    opened = Place(origins[row.opened_ch], row.opened_idx) if row.opened_ch is not None else None
    return Row(summary_in(row, origins), opened, wholly)


def _named(wanted: Wanted) -> ColumnElement[bool]:
    return and_(
        _s.other == wanted.other if wanted.other else true(),
        _s.measure == wanted.measure if wanted.measure else true(),
        _s.key.in_([key for one in wanted.ids if (key := key_of(one)) is not None]) if wanted.ids else true(),
        _s.id.endswith(wanted.ends, autoescape=True) if wanted.ends else true(),
    )


def _is(connection: Connection, where: ColumnElement[bool], request: str) -> bool:
    return connection.execute(select(_s.key).where(and_(_s.id == request, where))).first() is not None


def _among(connection: Connection, these: Collection[int], others: Collection[int]) -> ColumnElement[bool]:
    """That the number is one of these; asked by whichever are fewer."""
    return _within(connection, these) if len(these) <= len(others) else not_(_within(connection, others))


def _within(connection: Connection, numbers: Collection[int]) -> ColumnElement[bool]:
    if not numbers:
        return false()
    if connection.dialect.name == "postgresql":
        return _s.reach == func.any(literal(list(numbers), ARRAY(Integer)))
    given = func.json_each(msgspec.json.encode(list(numbers)).decode()).table_valued("value")
    return _s.reach.in_(select(given.c.value))


def _viewed(view: View) -> ColumnElement[bool]:
    match view:
        case "open":
            return _s.rank < CLOSED
        case "us":
            return _s.rank < IN_PART[0]
        case "them":
            return and_(_s.rank == IN_PART[0], _s.turn == "them")
        case "sent":
            return _s.side == "requester"
        case "received":
            return _s.side == "requested"
        case "closed":
            return _s.rank == CLOSED
        case "alerts":
            return _s.alert
        case "unsigned":
            return _s.second.is_not(None)
        case "all":
            return true()


def _viewed_in_part(view: View) -> ColumnElement[bool] | None:
    """None for what only those know who see all of a request."""
    if view in ("us", "them", "closed", "unsigned"):
        return None
    return true() if view in ("open", "all") else _viewed(view)
