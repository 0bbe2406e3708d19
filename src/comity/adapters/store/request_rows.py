"""Requests as rows of a list, made of their records in the transaction that keeps them, and made anew from nothing else."""

from __future__ import annotations

from binascii import crc32
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select, update

from comity.adapters.store import tables as t
from comity.adapters.store.prepared import Inserting, Prepared
from comity.adapters.store.rows import Log
from comity.adapters.store.sealed import envelope_in, sealing_of
from comity.domain.access.reach import reach_of, reaches_raw
from comity.domain.ledger import Place, Standing
from comity.domain.record import Record, open_record
from comity.domain.request.dossier import Dossier, assemble
from comity.domain.request.summary import CLOSED, Clock, Summary, summary_of
from comity.domain.terms import Instant, NodeName
from comity.errors import Malformed, NotFound
from comity.ports import Catalog

RULES: Final = 1
"""Goes up when the same records would give other rows."""
VERSION_AT: Final = "requests/version"
"""Cursor: by which rules, measures and machines the rows were made; 0 while they may be wrong."""
AT_ONCE: Final = 400
BELONGING: Final = ("request", "report", "record")
"""Postings by which a record may be hidden."""

_e, _r, _s, _l = t.entry.c, t.trace.c, t.request_state.c, t.case_link.c
_other = t.trace.alias("other")
_READABLE = and_(_e.settled, _e.fault.is_(None), _e.body.is_not(None))
_HERE = and_(_e.ch == _r.ch, _e.idx == _r.idx)
_NAMED = (
    select(_r.key, _r.ch, _r.idx, _e.id, _e.body, _e.marking)
    .select_from(t.trace.join(t.entry, _HERE))
    .where(_READABLE)
    .order_by(_r.key, _r.ch, _r.idx)
)
_OF_ONE = Prepared(_NAMED.where(and_(_r.name == bindparam("name"), _r.key == bindparam("key"))))
_SAME = and_(_other.c.ch == _r.ch, _other.c.idx == _r.idx, _other.c.name == "request")
_ROWS, _REACHES = Inserting(t.request_state), Inserting(t.request_reach)
_KEYS: Any = bindparam("keys", expanding=True)
_OF_MANY = _NAMED.where(and_(_r.name == bindparam("name"), _r.key.in_(_KEYS)))  # made once: that costs more than asking
_DROP_MANY = delete(t.request_state).where(_s.key.in_(_KEYS))
_DROP = Prepared(delete(t.request_state).where(_s.key == bindparam("key")))
_REACH = Prepared(select(t.request_reach.c.n).where(t.request_reach.c.digest == bindparam("digest")))

Named = tuple[int, int, str, Record[Any]]
"""Channel, index, id and the record itself; none of its sealed values is read."""


def version_of(catalog: Catalog) -> int:
    """By which rules rows are made with this catalog."""
    measures = catalog.measures()
    machines = {measure.machine: catalog.machine(measure.machine) for measure in measures.values()}
    told = msgspec.json.encode([sorted(measures.items()), sorted(machines.items())])
    return RULES << 32 | crc32(told)


# ---- some requests -----------------------------------------------------------------------------------------------------


def remake(
    connection: Connection, logs: Mapping[str, Log], me: NodeName, catalog: Catalog, keys: Collection[bytes]
) -> None:
    """Makes the rows of these requests anew; a key that no request has is no harm."""
    ordered = sorted(keys)
    for at in range(0, len(ordered), AT_ONCE):
        some = ordered[at : at + AT_ONCE]
        rows = _made(connection, logs, me, catalog, some)
        if len(some) == 1:
            _DROP.run(connection, {"key": some[0]})
        else:
            connection.execute(_DROP_MANY, {"keys": some})
        _ROWS.run_all(connection, rows)


def _made(
    connection: Connection, logs: Mapping[str, Log], me: NodeName, catalog: Catalog, keys: Sequence[bytes]
) -> list[dict[str, Any]]:
    shown = {log.ch: log for log in logs.values() if log.channel.standing is not Standing.BEHIND}
    channels = {log.channel.origin: log.channel for log in logs.values()}
    measures = catalog.measures()
    found = _named(connection, "request", keys, shown)
    made: dict[bytes, tuple[Dossier, Summary]] = {}
    for key, records in found.items():
        placed = [(Place(shown[ch].channel.origin, idx), record) for ch, idx, _, record in records]
        try:
            dossier = assemble(
                uuid_of(key),
                placed,
                me=me,
                channels=channels,
                measures=measures,
                machine=catalog.machine,
                gone=lambda named, sides: _gone(connection, shown, named, sides),
            )
            made[key] = dossier, summary_of(dossier, me, channels)
        except (Malformed, NotFound):
            continue  # no list has it: of no measure known here, or with nothing left that says what was asked
    if not made:
        return []
    numbers = {log.channel.origin: log.ch for log in logs.values()}
    opened = _first_openings(connection, shown, channels, made)
    reaches = _reaches(connection, numbers, made, opened)
    return [_row(key, *each, numbers, opened.get(key), reaches[key]) for key, each in made.items()]


def _named(
    connection: Connection, name: str, keys: Sequence[bytes], shown: Mapping[int, Log]
) -> dict[bytes, list[Named]]:
    """Readable records by the key that they name, in the order of channels and indexes."""
    found: dict[bytes, list[Named]] = {}
    if len(keys) == 1:
        rows: Sequence[Any] = _OF_ONE.run(connection, {"name": name, "key": keys[0]}).all()
    else:
        rows = connection.execute(_OF_MANY, {"name": name, "keys": list(keys)}).all()
    sealing = sealing_of(connection)
    for key, ch, idx, record, body, marking in rows:
        if ch in shown:
            found.setdefault(key, []).append(
                (ch, idx, record, open_record(envelope_in(sealing, ch, idx, body, marking), ()))
            )
    return found


def _gone(
    connection: Connection, shown: Mapping[int, Log], named: Sequence[str], sides: Sequence[NodeName]
) -> set[str]:
    """Of these ids, those that were erased or withdrawn, or of which only empty entries are left."""
    b, k = t.tombstone.c, t.known.c
    gone = set(connection.execute(select(b.id).where(and_(b.issuer.in_(sides), b.id.in_(named)))).scalars())
    rest = [ref for ref in named if ref not in gone]
    here = set(connection.execute(select(_e.id).where(_e.id.in_(rest))).scalars()) if rest else set()
    join = t.known.join(t.entry, and_(_e.ch == k.ch, _e.idx == k.idx))
    once = select(k.id).select_from(join).where(and_(k.id.in_(rest), k.ch.in_(shown), _e.body.is_(None)))
    return gone | (set(connection.execute(once).scalars()) - here if rest else set())


def _first_openings(
    connection: Connection,
    shown: Mapping[int, Log],
    channels: Mapping[str, Any],
    made: Mapping[bytes, tuple[Dossier, Summary]],
) -> dict[bytes, Named]:
    """The first word of the reader's node that somebody there has opened our last record; by the key of the request."""
    asked: dict[bytes, tuple[bytes, str, str]] = {}
    for key, (dossier, summary) in made.items():
        if summary.ours is None:
            continue
        record = next(record for place, record in dossier.records if place == summary.ours)
        if (about := key_of(record.envelope.id)) is not None:
            asked[about] = key, record.envelope.id, channels[summary.ours.origin].audience
    found: dict[bytes, tuple[str, Named]] = {}
    if asked:
        for about, words in _named(connection, "record", sorted(asked), shown).items():
            key, record_id, reader = asked[about]
            for word in words:
                record = word[3]
                if record.envelope.kind.partition("/")[0] != "ack" or record.envelope.issuer != reader:
                    continue
                if record.body.of == record_id and record.body.state == "opened":
                    at = record.body.at
                    if key not in found or at < found[key][0]:
                        found[key] = at, word
    return {key: word for key, (_, word) in found.items()}


def _reaches(
    connection: Connection,
    numbers: Mapping[str, int],
    made: Mapping[bytes, tuple[Dossier, Summary]],
    opened: Mapping[bytes, Named],
) -> dict[bytes, dict[str, int | None]]:
    """Who sees the request itself, and all that its row is made of. `numbers` of the channels."""
    parts: dict[bytes, dict[tuple[int, int], Record[Any]]] = {}
    for key, (dossier, _) in made.items():
        parts[key] = {(numbers[place.origin], place.index): record for place, record in dossier.records}
        if key in opened:
            ch, idx, _, word = opened[key]
            parts[key][ch, idx] = word
    things = _things(connection, parts)
    there: dict[bytes, int] = {}
    told: dict[bytes, dict[str, int | None]] = {}
    for key, (_, summary) in made.items():
        at = numbers[summary.shown.origin], summary.shown.index
        (core, core_until), (whole, whole_until) = (
            reach_of(
                (parts[key][one].envelope.issuer, parts[key][one].envelope.marking, things.get(one, ())) for one in some
            )
            for some in ([at], parts[key])
        )
        reach = _number(connection, there, reaches_raw(core, whole))
        told[key] = {"reach": reach, "core_until": core_until, "whole_until": whole_until}
    return told


def _things(
    connection: Connection, parts: Mapping[bytes, Mapping[tuple[int, int], Record[Any]]]
) -> dict[tuple[int, int], list[frozenset[str]]]:
    """For each record, the cases of each thing by which it may be hidden: itself, and what it belongs to or speaks of."""
    if connection.exec_driver_sql("select 1 from case_link limit 1").first() is None:
        return {}
    named: dict[tuple[int, int], set[bytes]] = {}
    for some in parts.values():
        for at, record in some.items():
            if (own := key_of(record.envelope.id)) is not None:
                named.setdefault(at, set()).add(own)
    by_channel: dict[int, list[int]] = {}
    for ch, idx in named:
        by_channel.setdefault(ch, []).append(idx)
    for ch, indexes in by_channel.items():
        for start in range(0, len(indexes), AT_ONCE):
            where = and_(_r.ch == ch, _r.idx.in_(indexes[start : start + AT_ONCE]), _r.name.in_(BELONGING))
            for idx, key in connection.execute(select(_r.idx, _r.key).where(where)):
                named[ch, idx].add(key)
    keys = sorted({key for some in named.values() for key in some})
    lies: dict[bytes, set[str]] = {}
    for start in range(0, len(keys), AT_ONCE):
        where = and_(_l.key.in_(keys[start : start + AT_ONCE]), _l.until.is_(None))
        for key, case in connection.execute(select(_l.key, _l.case_id).where(where)):
            lies.setdefault(key, set()).add(case)
    return {at: [frozenset(lies[key]) for key in sorted(some) if key in lies] for at, some in named.items()}


def _number(connection: Connection, there: dict[bytes, int], raw: bytes) -> int:
    """Under which number these conditions stand; they are written down once, and stay."""
    digest = sha256(raw).digest()
    n = there.get(digest)
    if n is None:
        n = _REACH.run(connection, {"digest": digest}).scalar()
        if n is None:
            n = 1 + (connection.execute(select(func.max(t.request_reach.c.n))).scalar() or 0)
            _REACHES.run(connection, {"n": n, "digest": digest, "reach": raw})
        there[digest] = n
    return n


def _row(
    key: bytes,
    dossier: Dossier,
    summary: Summary,
    numbers: Mapping[str, int],
    opened: Named | None,
    reach: Mapping[str, int | None],
) -> dict[str, Any]:
    def at(place: Place | None) -> tuple[int | None, int | None]:
        return (None, None) if place is None else (numbers[place.origin], place.index)

    (ch, idx), (last_ch, last_idx), (ours_ch, ours_idx) = at(summary.shown), at(summary.last), at(summary.ours)
    return {
        "key": key,
        "id": summary.request,
        "measure": summary.measure,
        "other": summary.other,
        "side": summary.side,
        "state": summary.state,
        "alert": summary.alert,
        "turn": summary.turn,
        "rank": summary.rank,
        "due": summary.due,
        "fresh": -summary.changed,
        "clocks": msgspec.json.encode([(clock.what, clock.due, clock.since) for clock in summary.clocks]),
        "ch": ch,
        "idx": idx,
        "last_ch": last_ch,
        "last_idx": last_idx,
        "ours_ch": ours_ch,
        "ours_idx": ours_idx,
        "opened_ch": opened[0] if opened is not None else None,
        "opened_idx": opened[1] if opened is not None else None,
        "second": summary.second,
        "waiting": bool(dossier.view.waiting),
        **reach,
    }


def summary_in(row: Any, origins: Mapping[int, str]) -> Summary:
    """What a row says. Any: a row with all columns."""

    def at(ch: int | None, idx: int | None) -> Place | None:
        return None if ch is None or idx is None else Place(origins[ch], idx)

    clocks = msgspec.json.decode(row.clocks)
    return Summary(
        request=row.id,
        measure=row.measure,
        other=NodeName(row.other),
        side=row.side,
        state=row.state,
        closed=row.rank == CLOSED,
        alert=row.alert,
        turn=row.turn,
        clocks=tuple(
            Clock(what, Instant(due), None if since is None else Instant(since)) for what, due, since in clocks
        ),
        changed=Instant(-row.fresh),
        shown=Place(origins[row.ch], row.idx),
        last=at(row.last_ch, row.last_idx),
        ours=at(row.ours_ch, row.ours_idx),
        second=None if row.second is None else Instant(row.second),
    )


def key_of(record: str) -> bytes | None:
    """The key of a UUID as postings have it; None for an id that is none."""
    try:
        return UUID(record).bytes
    except ValueError:
        return None


# ---- which requests a change is about ----------------------------------------------------------------------------------


@dataclass
class Touched:
    """What a transaction has changed, as far as rows of requests may depend on it.

    requests  keys of requests themselves
    things    keys of records and reports: the requests of whatever names them
    channels  numbers of channels of which all was shown or hidden anew
    gone      whether something was erased or withdrawn: steps that wait may wait for it no more
    """

    requests: set[bytes] = field(default_factory=set)
    things: set[bytes] = field(default_factory=set)
    channels: set[int] = field(default_factory=set)
    gone: bool = False

    def copy(self) -> Touched:
        return Touched(set(self.requests), set(self.things), set(self.channels), self.gone)

    def __bool__(self) -> bool:
        return bool(self.requests or self.things or self.channels or self.gone)

    def keys(self, connection: Connection) -> set[bytes]:
        """The requests whose rows have to be made anew."""
        found = set(self.requests)
        things = sorted(self.things)
        found.update(things)  # a thing may be a request itself
        for at in range(0, len(things), AT_ONCE):
            some = things[at : at + AT_ONCE]
            speak = (
                select(_other.c.key)
                .select_from(t.trace.join(_other, _SAME))
                .where(_r.name.in_(BELONGING), _r.key.in_(some))
            )
            found.update(connection.execute(speak).scalars())
            own = select(_r.key).select_from(t.trace.join(t.entry, _HERE))
            ids = [uuid_of(key) for key in some]
            found.update(connection.execute(own.where(_e.id.in_(ids), _r.name == "request")).scalars())
        for ch in sorted(self.channels):
            found.update(
                connection.execute(select(_r.key).where(_r.ch == ch, _r.name == "request").distinct()).scalars()
            )
        if self.gone:
            found.update(connection.execute(select(_s.key).where(_s.waiting)).scalars())
        return found


def uuid_of(key: bytes) -> str:
    """A UUID in its one spelling, of its bytes."""
    return str(UUID(bytes=key))


# ---- all requests ------------------------------------------------------------------------------------------------------


def is_made(connection: Connection, catalog: Catalog) -> bool:
    """Whether all rows are there, by this catalog."""
    at = connection.execute(select(t.cursor.c.at).where(t.cursor.c.name == VERSION_AT)).scalar()
    return at == version_of(catalog)


def set_version(connection: Connection, version: int) -> None:
    """0 says that rows may be wrong, and the next start makes all of them anew."""
    here = t.cursor.c.name == VERSION_AT
    if not connection.execute(update(t.cursor).where(here).values(at=version)).rowcount:
        connection.execute(insert(t.cursor).values(name=VERSION_AT, at=version))


def remake_all(
    connection: Connection,
    begin: Callable[[], None],
    logs: Mapping[str, Log],
    me: NodeName,
    catalog: Catalog,
    tell: Callable[[int], None],
) -> None:
    """All rows anew, in transactions of its own; one that is interrupted begins anew. `tell` hears how many are done."""
    begin()
    set_version(connection, 0)
    connection.execute(delete(t.request_state))
    connection.exec_driver_sql("commit")
    done = 0
    for keys in all_keys(connection):
        begin()
        remake(connection, logs, me, catalog, keys)
        connection.exec_driver_sql("commit")
        done += len(keys)
        tell(done)
    begin()
    set_version(connection, version_of(catalog))
    connection.exec_driver_sql("commit")


def all_keys(connection: Connection) -> Iterator[list[bytes]]:
    """Of all requests that records name, in blocks."""
    last = b""
    while True:
        after = select(_r.key).where(_r.name == "request", _r.key > last).distinct().order_by(_r.key).limit(AT_ONCE)
        keys = list(connection.execute(after).scalars())
        if not keys:
            return
        yield keys
        last = keys[-1]


def wrong_rows(connection: Connection, logs: Mapping[str, Log], me: NodeName, catalog: Catalog, *, write: bool) -> int:
    """How many requests have another row than their records give; `write` puts that right."""
    wrong, left = 0, set(connection.execute(select(_s.key)).scalars())
    for keys in all_keys(connection):
        wanted = {row["key"]: row for row in _made(connection, logs, me, catalog, keys)}
        stored = {
            row.key: dict(row._mapping) for row in connection.execute(select(t.request_state).where(_s.key.in_(keys)))
        }
        differs = [key for key in keys if wanted.get(key) != stored.get(key)]
        wrong += len(differs)
        left.difference_update(keys)
        if write and differs:
            remake(connection, logs, me, catalog, differs)
    if write and left:
        for key in left:
            _DROP.run(connection, {"key": key})
    if write:
        set_version(connection, version_of(catalog))
    return wrong + len(left)
