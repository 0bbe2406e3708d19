"""The store as one person sees it. What is hidden is left out by the queries themselves: no answer, count or order tells of it.

A record is hidden when it, the request or report that it belongs to, or the record that it speaks of lies in cases of which none is
open to the person; when it lies in no case and the person isn't of the desk; or when its marking rules out what they look for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from msgspec import structs
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Connection,
    Text,
    UnaryExpression,
    and_,
    cast,
    desc,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    text,
    true,
)

from comity.adapters.store import tables as t
from comity.adapters.store.casing import Casing
from comity.adapters.store.finding import IN_MAX, Finding, told_in
from comity.adapters.store.listing import Listing, noticed
from comity.adapters.store.requesting import Reaches, Requesting
from comity.adapters.store.rows import NAMED, PLACED, Log, entry_in
from comity.adapters.store.sealed import posted, sealing_of
from comity.adapters.store.searching import Searching
from comity.domain.access import Sight
from comity.domain.ledger import Channel, Lane, Standing
from comity.domain.record import Entry, Told, decode_fields, encode_fields
from comity.domain.terms import NodeName, instant_text
from comity.ports import Catalog, Fact, Letter, Noticed, Place
from comity.ports.people import People

T = TypeVar("T")
BELONGING = ("request", "report", "record")
"""Postings that tell to what a record belongs."""
PASSED_ON = frozenset(name for name in dir(People) if not name.startswith("_")) | {"keep"}
"""What the whole store does for a person as for anybody: it keeps, and knows the accounts."""
UNNAMED = (*NAMED, *(index for _, index in PLACED))
"""A notice that says none of these is about the node itself."""
LOUD = "break-glass"
"""Notices of this kind are for whoever judges emergency access, in whatever case it was."""

_SQLITE = """
case when entry.settled and entry.fault is null and entry.body is not null then
  entry.marking is not null and (json_extract(entry.marking, '$.purpose') is null
    or exists (select 1 from json_each(entry.marking, '$.purpose') where value = :sees_purpose))
  and (:sees_h0 or not exists
    (select 1 from json_each(entry.marking, '$.hcodes') where value = 'H0'))
  and (:sees_h1 or not exists
    (select 1 from json_each(entry.marking, '$.hcodes') where value = 'H1'))
  and (json_extract(entry.marking, '$.expires') is null
    or substr(json_extract(entry.marking, '$.expires'), 1, 19) > :sees_at)
  and (entry.issuer = :sees_node or json_extract(entry.marking, '$.releasable_to') is null
    or exists (select 1 from json_each(entry.marking, '$.releasable_to')
      where value in (:sees_node, :sees_country)))
else 1 end
"""
_MARKING = "entry.marking::json"
_LIST = "json_array_elements_text(case when json_typeof({0} -> '{1}') = 'array' then {0} -> '{1}' else '[]'::json end)"
_PURPOSE, _HCODES, _TO = (_LIST.format(_MARKING, member) for member in ("purpose", "hcodes", "releasable_to"))
_POSTGRES = f"""
case when entry.settled and entry.fault is null and entry.body is not null then
  entry.marking is not null and ({_MARKING} ->> 'purpose' is null or :sees_purpose in (select * from {_PURPOSE}))
  and (:sees_h0 or 'H0' not in (select * from {_HCODES}))
  and (:sees_h1 or 'H1' not in (select * from {_HCODES}))
  and ({_MARKING} ->> 'expires' is null or substr({_MARKING} ->> 'expires', 1, 19) > :sees_at)
  and (entry.issuer = :sees_node or {_MARKING} ->> 'releasable_to' is null
    or :sees_node in (select * from {_TO}) or :sees_country in (select * from {_TO}))
else true end
"""  # noqa: S608  (made of constants alone)


class Whole(Protocol):
    """The store behind, as far as it is needed here."""

    _me: NodeName
    _time_s: int
    _catalog: Catalog | None
    _reaches: Reaches

    @property
    def _logs(self) -> Mapping[str, Log]: ...
    def _read(self, ask: Callable[[Connection], T]) -> T: ...
    def keep(self, letters: Sequence[Letter], facts: Sequence[Fact] = ()) -> tuple[Place, ...]: ...


class SeenStore(Finding, Listing, Casing, Searching, Requesting):
    """Port `Store` for one person, as far as a person's flows need it; what they keep goes to the whole store."""

    def __init__(self, whole: Whole, sight: Sight) -> None:
        self._whole, self._sight, self._me = whole, sight, whole._me
        self._catalog, self._reaches = whole._catalog, whole._reaches
        self._conditions: dict[tuple[str, frozenset[int]], ColumnElement[bool]] = {}

    def __getattribute__(self, name: str) -> Any:  # Any: the whole store's own, which changes with every group
        if name in ("_logs", "_time_s"):
            return getattr(object.__getattribute__(self, "_whole"), name)
        return object.__getattribute__(self, name)

    def __getattr__(self, name: str) -> Any:  # Any: the whole store's own
        if name not in PASSED_ON:  # a question that nobody has thought about is not answered from the whole store
            raise AttributeError(name)
        return getattr(self._whole, name)

    def _read(self, ask: Callable[[Connection], T]) -> T:
        return self._whole._read(ask)

    def seen(self, sight: Sight) -> SeenStore:
        """Another person's view of the whole store."""
        return SeenStore(self._whole, sight)

    def whole(self) -> Any:  # Any: the SQL store, which is above this file
        return self._whole

    def _shown(self) -> dict[int, str]:
        journals = self._journals()
        return {ch: origin for ch, origin in super()._shown().items() if ch not in journals}

    def _journals(self) -> set[int]:
        """Nobody's sight reaches the journal; whoever audits is asked for by the flows that read it."""
        return {log.ch for log in self._logs.values() if log.channel.lane is Lane.JOURNAL}

    # ---- channels
    def channels(self) -> tuple[Channel, ...]:
        return tuple(each for each in super().channels() if each.lane is not Lane.JOURNAL)

    def entries(self, origin: str, start: int, stop: int) -> list[Entry]:
        return self._between(origin, start, stop, true())

    def parted(self, origin: str, start: int, stop: int) -> list[Entry]:
        return self._between(origin, start, stop, t.entry.c.order_origin.is_not(None))

    def _between(self, origin: str, start: int, stop: int, more: ColumnElement[bool]) -> list[Entry]:
        e, ch = t.entry.c, self._log(origin).ch
        columns = (e.ch, e.idx, e.state, e.body, e.marking, e.order_origin, e.order_index)

        def ask(connection: Connection) -> list[Entry]:
            where = and_(e.ch == ch, e.idx >= start, e.idx < stop, more, self._open(connection))
            rows, sealing = connection.execute(select(*columns).where(where).order_by(e.idx)), sealing_of(connection)
            return [entry_in(sealing, *row) for row in rows]

        return [without_hidden(self._sight, entry) for entry in self._read(ask)]

    # ---- questions
    def _looker(self) -> Sight | None:
        return self._sight

    def _seen(self, connection: Connection) -> ColumnElement[bool]:
        return self._open(connection)

    def _shown_entry(self, entry: Entry) -> Entry:
        return without_hidden(self._sight, entry)

    # ---- records
    def told(self, places: Sequence[Place]) -> dict[Place, Told]:
        wanted: dict[int, list[int]] = {}
        for place in dict.fromkeys(places):
            log = self._log(place.origin)
            if log.channel.standing is not Standing.BEHIND:
                wanted.setdefault(log.ch, []).append(place.index)
        e, r = t.entry.c, t.trace.c

        def ask(connection: Connection) -> dict[tuple[int, int], Told]:
            found: dict[tuple[int, int], Told] = {}
            for ch, indexes in wanted.items():
                for at in range(0, len(indexes), IN_MAX):
                    some = indexes[at : at + IN_MAX]
                    where = and_(e.ch == ch, e.idx.in_(some), e.settled, self._open(connection))
                    heads = connection.execute(
                        select(e.idx, e.id, e.kind, e.issuer, e.made, e.fault).where(where)
                    ).all()
                    postings = select(r.idx, r.name, r.key).where(and_(r.ch == ch, r.idx.in_(some)))
                    found |= told_in(sealing_of(connection), ch, heads, connection.execute(postings))
            return found

        found = self._read(ask) if wanted else {}
        at = ((place, (self._log(place.origin).ch, place.index)) for place in places)
        return {place: found[here] for place, here in at if here in found}

    def standing(self, origin: str, records: Sequence[str]) -> dict[str, int]:
        ch, e = self._log(origin).ch, t.entry.c

        def ask(connection: Connection) -> dict[str, int]:
            found: dict[str, int] = {}
            for at in range(0, len(records), IN_MAX):
                where = and_(e.id.in_(records[at : at + IN_MAX]), e.ch == ch, e.settled, self._open(connection))
                for row in connection.execute(select(e.id, e.idx).where(where).order_by(desc(e.idx))):
                    found[row.id] = row.idx
            return found

        return self._read(ask) if records else {}

    def find(self, record: str) -> list[Place]:
        shown, e, k = self._shown(), t.entry.c, t.known.c
        barred = self._barred(t.case_link.c.id == record)

        def ask(connection: Connection) -> list[Place]:
            here = select(e.ch, e.idx).where(and_(e.id == record, self._open(connection)))
            gone = select(k.ch, k.idx).where(and_(k.ch.in_(shown), k.id == record, not_(barred)))
            there = select(e.id).where(e.id == record).limit(1)
            places = [Place(shown[ch], idx) for ch, idx in connection.execute(here) if ch in shown]
            erased = [Place(shown[ch], idx) for ch, idx in connection.execute(gone)]
            return places or ([] if connection.execute(there).first() else erased)

        logs, me = self._logs, self._me
        found = self._read(ask)
        return sorted(found, key=lambda place: (logs[place.origin].channel.writer != me, place.origin, place.index))

    def traced(self, name: str, keys: Sequence[bytes]) -> dict[bytes, list[Place]]:
        shown, unique = self._shown(), list(dict.fromkeys(keys))
        r, e = t.trace.c, t.entry.c
        join = t.trace.join(t.entry, and_(e.ch == r.ch, e.idx == r.idx))

        def ask(connection: Connection) -> dict[bytes, list[Place]]:
            found: dict[bytes, list[Place]] = {}
            for at in range(0, len(unique), IN_MAX):
                asked = {posted(sealing_of(connection), name, key): key for key in unique[at : at + IN_MAX]}
                where = and_(r.name == name, r.key.in_(asked), self._open(connection))
                query = select(r.key, r.ch, r.idx).select_from(join).where(where).order_by(r.key, r.ch, r.idx)
                for row in connection.execute(query):
                    if row.ch in shown:
                        found.setdefault(asked[row.key], []).append(Place(shown[row.ch], row.idx))
            return found

        return self._read(ask) if unique else {}

    def hidden(self, name: str, keys: Sequence[bytes]) -> frozenset[bytes]:
        r, unique = t.trace.c, list(dict.fromkeys(keys))

        def ask(connection: Connection) -> set[bytes]:
            found: set[bytes] = set()
            for at in range(0, len(unique), IN_MAX):
                some = unique[at : at + IN_MAX]
                asked = {posted(sealing_of(connection), name, key): key for key in some}
                there = select(r.key).where(and_(r.name == name, r.key.in_(asked)))
                lying = select(t.case_link.c.key).where(
                    and_(t.case_link.c.key.in_(some), t.case_link.c.until.is_(None))
                )
                found |= {asked.get(key, key) for key in connection.execute(there.union(lying)).scalars()}
            return found

        def lying_here(connection: Connection) -> set[bytes]:
            found: set[bytes] = set()
            for at in range(0, len(unique), IN_MAX):
                where = and_(t.case_link.c.key.in_(unique[at : at + IN_MAX]), self._ours())
                found |= set(connection.execute(select(t.case_link.c.key).where(where)).scalars())
            return found

        there, seen = self._read(ask) if unique else set(), set(self.traced(name, unique))
        seen |= self._read(lying_here) if unique else set()
        return frozenset((there if self._sight.desk else set(unique)) - seen)

    def of_kind(self, kind: str, limit: int = 1000) -> list[Place]:
        shown, c = self._shown(), t.entry.c

        def ask(connection: Connection) -> list[Place]:
            where = and_(c.kind == kind, c.settled, c.ch.in_(shown), self._open(connection))
            query = select(c.ch, c.idx).where(where).order_by(desc(c.made), c.ch, desc(c.idx)).limit(limit)
            return [Place(shown[ch], index) for ch, index in connection.execute(query)]

        return self._read(ask)

    # ---- notices
    def notices(self, limit: int = 200) -> tuple[Noticed, ...]:
        return tuple(one for _, one in self._noticed(desc(t.notice.c.seq), true(), limit))

    def notices_after(self, seq: int, limit: int = 200) -> tuple[tuple[int, Noticed], ...]:
        return self._noticed(t.notice.c.seq.asc(), t.notice.c.seq > seq, limit)

    def _noticed(
        self, order: UnaryExpression[int], more: ColumnElement[bool], limit: int
    ) -> tuple[tuple[int, Noticed], ...]:
        n = t.notice.c

        def ask(connection: Connection) -> tuple[tuple[int, Noticed], ...]:
            loud, sealing = n.kind == LOUD, sealing_of(connection)
            calm = and_(n.kind != LOUD, self._told_openly(connection)) if self._sight.desk else self._mine(connection)
            if self._sight.audits and not self._sight.desk:
                calm = or_(calm, and_(n.kind != LOUD, *(_said(connection, one).is_(None) for one in UNNAMED)))
            where = and_(more, or_(loud, calm) if self._sight.reviews else calm)
            rows = connection.execute(select(t.notice).where(where).order_by(order).limit(limit)).all()
            return tuple((row.seq, noticed(sealing, row)) for row in rows)

        return self._read(ask)

    def _told_openly(self, connection: Connection) -> ColumnElement[bool]:
        """Nothing that the notice names is hidden: no thing by its id, no record by its place."""
        named = [_said(connection, member) for member in NAMED]
        barred = [self._barred(t.case_link.c.id == one) for one in named]
        return and_(not_(or_(*barred)), *(self._place_open(connection, *pair) for pair in PLACED))

    def _mine(self, connection: Connection) -> ColumnElement[bool]:
        """Somebody who isn't of the desk sees what names a thing of their cases, and nothing that is hidden."""
        inside = [
            exists(select(t.case_link.c.id).where(and_(t.case_link.c.id == _said(connection, one), self._ours())))
            for one in NAMED
        ]
        return and_(t.notice.c.kind != LOUD, or_(*inside), self._told_openly(connection))

    def _place_open(self, connection: Connection, origin: str, index: str) -> ColumnElement[bool]:
        """That no record at the place which the notice names is hidden."""
        e = t.entry.c
        here = and_(
            t.channel.c.origin == _said(connection, origin),
            e.ch == t.channel.c.ch,
            e.idx == cast(_said(connection, index), BigInteger),
        )
        return not_(exists(select(e.idx).where(and_(here, not_(self._open(connection))))))

    # ---- the condition
    def _ours(self) -> ColumnElement[bool]:
        """That a link holds, and leads to a case that is open to the person."""
        c = t.case_link.c
        return and_(c.until.is_(None), c.case_id.in_(sorted(self._sight.cases)) if self._sight.cases else false())

    def _barred(self, which: ColumnElement[bool]) -> ColumnElement[bool]:
        """That one of these things lies in cases, and in none that is open to the person."""
        c, other = t.case_link.c, t.case_link.alias("other")
        mine = and_(
            other.c.key == c.key,
            other.c.until.is_(None),
            other.c.case_id.in_(sorted(self._sight.cases)) if self._sight.cases else false(),
        )
        alone = not_(exists(select(other.c.key).where(mine)))
        return exists(select(c.key).where(and_(which, c.until.is_(None), alone)))

    def _open(self, connection: Connection) -> ColumnElement[bool]:
        """That the row of `entry` is open to the person. Said once for as long as there are the same journals."""
        there = connection.dialect.name, frozenset(self._journals())
        if there not in self._conditions:
            self._conditions[there] = self._condition(connection, there[1])
        return self._conditions[there]

    def _condition(self, connection: Connection, journals: frozenset[int]) -> ColumnElement[bool]:
        e, c = t.entry.c, t.case_link.c
        post = t.trace.alias("post")
        belongs = select(post.c.key).where(and_(post.c.ch == e.ch, post.c.idx == e.idx, post.c.name.in_(BELONGING)))
        self_, whole = c.id == e.id, c.key.in_(belongs.correlate(t.entry).scalar_subquery())
        closed = or_(self._barred(self_), self._barred(whole), e.ch.in_(sorted(journals)))
        if not self._sight.desk:
            lies = [exists(select(c.key).where(and_(which, self._ours()))) for which in (self_, whole)]
            return and_(not_(closed), or_(*lies), self._allowed(connection))
        return and_(not_(closed), self._allowed(connection))

    def _allowed(self, connection: Connection) -> ColumnElement[bool]:
        """That the marking allows the use. What stands beside the body is what its seal covers: nobody is shown an
        entry of which it was changed."""
        sight = self._sight
        spoken = text(_POSTGRES if connection.dialect.name == "postgresql" else _SQLITE).bindparams(
            sees_purpose=sight.purpose,
            sees_h0=sight.against_crime,
            sees_h1=not sight.in_court,
            sees_at=instant_text(sight.at)[:19],
            sees_node=str(sight.node),
            sees_country=str(sight.country),
        )
        return and_(spoken)


def _said(connection: Connection, member: str) -> ColumnElement[str]:
    """What a notice says under this name, as text."""
    about = t.notice.c.about
    if connection.dialect.name == "postgresql":
        return func.json_extract_path_text(cast(func.convert_from(about, "UTF8"), JSON), member)
    return cast(func.json_extract(cast(about, Text), f"$.{member}"), Text)


def without_hidden(sight: Sight, entry: Entry) -> Entry:
    """The entry without the values that are kept from this person: as if they had been withheld."""
    if sight.victims or not entry.fields:
        return entry
    fields = decode_fields(entry.fields)
    kept = [field for field in fields if not sight.hides(field.pointer)]
    return entry if len(kept) == len(fields) else structs.replace(entry, fields=encode_fields(kept))
