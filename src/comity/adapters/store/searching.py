"""What a store answers to a question: the records that hold it, those that a person may not see left out by the query itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    column,
    desc,
    exists,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from comity.adapters.store import tables as t
from comity.adapters.store.inverted import BLOCK, COARSE_BITS, FINE_BITS, block_token, is_fts, page_at, words
from comity.adapters.store.reading import Reading
from comity.adapters.store.rows import entry_in
from comity.adapters.store.sealed import sealing_of
from comity.domain.ledger import Standing
from comity.domain.record import Entry, Header
from comity.domain.search import PIECE_CHARS, Asked, Head, Mark, Phrase, Piece, Term, Way, answers
from comity.domain.terms import Instant
from comity.errors import Malformed
from comity.ports import Hit, Hits, Place

COUNTED_MAX: Final = 300
"""Places that are counted; beyond them it is said that there are more."""

_fts = table("search_words", column("rowid"), column("open"))
_p, _e = t.search_place.c, t.entry.c
_AT = and_(_e.ch == _p.ch, _e.idx == _p.idx)


class Searching(Reading):
    """The part of the port that answers questions."""

    def searched(self, asked: Asked, limit: int, after: Place | None = None) -> Hits:
        shown = {log.ch: o for o, log in self._logs.items() if log.channel.standing is not Standing.BEHIND}
        all_shown = len(shown) == len(self._logs)

        def ask(connection: Connection) -> Hits:
            where = and_(_standing(asked), self._seen(connection))
            if not all_shown:
                where = and_(where, _p.ch.in_(shown))
            rows = _top(connection, asked, where)
            exact, unique = len(rows) <= COUNTED_MAX, _unique(rows[:COUNTED_MAX])
            page, more = unique[: limit + 1], len(unique) > limit or not exact
            if after is not None:
                doc = self._doc(connection, after)
                if not exact and doc <= rows[-1].doc:
                    rows = _top(connection, asked, where, doc)
                    page = _unique(rows[:COUNTED_MAX])
                else:
                    page = [row for row in unique if row.doc < doc]
                more = len(page) > limit or len(rows) > COUNTED_MAX
            page = page[:limit]
            found = self._hits(connection, [row.doc for row in page], shown)
            last = Place(shown[page[-1].ch], page[-1].idx) if page and more else None
            return Hits(tuple(found), len(unique), exact, last)

        return self._read(ask)

    def _seen(self, connection: Connection) -> ColumnElement[bool]:
        """That the row of `entry` may be seen; a store without a sight shows all."""
        return true()

    def _shown_entry(self, entry: Entry) -> Entry:
        """The entry as far as it may be seen."""
        return entry

    def _doc(self, connection: Connection, place: Place) -> int:
        log = self._logs.get(place.origin)
        where = and_(_p.ch == (log.ch if log else -1), _p.idx == place.index, self._seen(connection))
        join = t.search_place.join(t.entry, and_(_e.ch == _p.ch, _e.idx == _p.idx))
        doc: int | None = connection.execute(select(_p.doc).select_from(join).where(where)).scalar()
        if doc is None:
            raise Malformed("search-after-unknown", origin=place.origin, index=place.index)
        return doc

    def _hits(self, connection: Connection, docs: Sequence[int], shown: dict[int, str]) -> Iterable[Hit]:
        join = t.search_place.join(t.entry, and_(_e.ch == _p.ch, _e.idx == _p.idx))
        columns = (_e.ch, _e.idx, _e.state, _e.body, _e.marking, _e.order_origin, _e.order_index)
        heads = (_e.id, _e.kind, _e.issuer, _e.made)
        query = select(*columns, *heads).select_from(join).where(_p.doc.in_(docs)).order_by(desc(_p.doc))
        sealing = sealing_of(connection)
        for row in connection.execute(query):
            header = Header(row.id, row.kind, row.issuer, Instant(row.made))
            yield Hit(Place(shown[row.ch], row.idx), header, self._shown_entry(entry_in(sealing, *row[:7])))


def _top(connection: Connection, asked: Asked, where: ColumnElement[bool], before: int | None = None) -> Sequence[Any]:
    """The last ones filed, below `before` where that is given; Any: rows with the columns named here, at least."""
    if not is_fts(connection):
        return _walked(connection, asked, where, before)
    # The sign keeps SQLite from asking FTS5 for one row after another.
    join = _fts.join(t.search_place, _p.doc == literal_column("+search_words.rowid"))
    said = _fts_query(_either(asked), sealing_of(connection).token, kept=asked.kept)
    here = literal_column("search_words").op("match", return_type=Boolean())(said)
    query = select(_p.doc, _p.ch, _p.idx, _p.issuer, _p.id).select_from(join.join(t.entry, _AT))
    query = query.where(and_(here, where)).order_by(desc(_fts.c.rowid))
    return _verified(connection, query, asked, before)


def _verified(connection: Connection, query: Select[Any], asked: Asked, before: int | None) -> Sequence[Any]:
    """The last ones filed; where the index can't say in which order words stand, those whose text holds what is asked for."""
    found: list[Any] = []
    loose, block = _is_loose(connection, asked), COUNTED_MAX + 1
    query = _with_text(query) if loose else query
    while len(found) <= COUNTED_MAX:
        below = _p.doc < before if before is not None else true()
        rows = connection.execute(query.where(below).limit(block)).all()
        found += _holding(connection, rows, asked, loose=loose)
        if not loose or len(rows) < block:
            break
        block, before = BLOCK, rows[-1].doc
    return found[: COUNTED_MAX + 1]


def _with_text(query: Select[Any]) -> Select[Any]:
    return query.add_columns(t.search_text.c.page, _p.made).join(t.search_text, t.search_text.c.doc == _p.doc)


def _holding(connection: Connection, rows: Sequence[Any], asked: Asked, *, loose: bool) -> Sequence[Any]:
    """Those whose text holds what is asked for. Any: rows of `_with_text` where the index is loose."""
    sealing = sealing_of(connection)
    return [row for row in rows if answers(page_at(sealing, row), asked)] if loose else rows


def _walked(connection: Connection, asked: Asked, where: ColumnElement[bool], before: int | None) -> Sequence[Any]:
    """On PostgreSQL, whose index gives no order: block after block, from the last one on, until there are enough.

    A question that few records answer would take too many blocks; what is left of it is asked for at once.
    """
    at: int = (connection.execute(select(func.max(_p.doc))).scalar() or 0) if before is None else before - 1
    rows: list[Any] = []
    looked, loose = 0, _is_loose(connection, asked)
    connection.exec_driver_sql("begin")
    try:
        for way in ("hashjoin", "mergejoin"):  # either would read whole tables for a few rows
            connection.exec_driver_sql(f"set local enable_{way} = off")
        while at > 0 and len(rows) <= COUNTED_MAX:
            lacking = COUNTED_MAX + 1 - len(rows)
            limit = max(lacking, BLOCK) if loose else lacking
            expected = lacking * looked / len(rows) if rows else looked * lacking
            all_left = looked >= LOOKED_MIN and expected > EXPECTED_MAX
            bits = COARSE_BITS if (at + 1) % (1 << COARSE_BITS) == 0 and looked >= LOOKED_MIN else FINE_BITS
            block = None if all_left else block_token(at, bits)
            query = _pg_query(asked, where, sealing_of(connection).token, block, at)
            found = connection.execute((_with_text(query) if loose else query).limit(limit)).all()
            rows += _holding(connection, found, asked, loose=loose)
            start = 0 if all_left else at >> bits << bits
            if len(found) == limit:
                start = found[-1].doc
            looked, at = looked + at + 1 - start, start - 1
    finally:
        connection.exec_driver_sql("commit")
    return rows[: COUNTED_MAX + 1]


LOOKED_MIN: Final = 2 << FINE_BITS
EXPECTED_MAX: Final = 8 << COARSE_BITS
"""Documents that are looked through block by block at most, as far as can be foreseen."""


def _pg_query(asked: Asked, where: ColumnElement[bool], token: Token, block: str | None, at: int) -> Select[Any]:
    """The inner query's order is kept by the joins around it, so that no more rows are judged than are wanted."""
    matched = or_(
        *(
            and_(*(_pg_term(term, token, block, kept=asked.kept) for term in terms or (_ANY,)))
            for terms in _either(asked)
        )
    )
    inner = select(words.c.doc)
    hits = inner.where(and_(matched, words.c.doc <= at)).order_by(desc(words.c.doc)).offset(0).subquery("hits")
    join = hits.join(t.search_place, _p.doc == hits.c.doc).join(t.entry, _AT)
    query = select(_p.doc, _p.ch, _p.idx, _p.issuer, _p.id).select_from(join)
    return query.where(where).order_by(desc(hits.c.doc))


def _is_loose(connection: Connection, asked: Asked) -> bool:
    """Whether the index may name records that don't hold it."""
    fts = is_fts(connection)
    return any(_way_is_loose(way, fts=fts) for terms in asked.either for term in terms for way in term)


def _way_is_loose(way: Way, *, fts: bool) -> bool:
    match way:
        case Phrase(runs):
            return len(runs) > 1 and way.begins if fts else len(runs) > 1 or len(way.tokens) > 1
        case Piece():
            return not fts and len(way.tokens) > 1
        case Mark():
            return False
        case Head(text_):
            return len(text_) > PIECE_CHARS


def _unique(rows: Iterable[Any]) -> list[Any]:
    """One record once, where it was filed last. Any: as above."""
    found: dict[tuple[str, str], Any] = {}
    for row in rows:
        found.setdefault((row.issuer, row.id), row)
    return list(found.values())


def _standing(asked: Asked) -> ColumnElement[bool]:
    """That the record was made in time, and that its issuer still stands by it: by what is carried, and by what carries it."""
    ended = t.search_ended.c
    carried = exists(select(ended.id).where(and_(ended.issuer == _p.issuer, ended.id == _p.id)))
    carrier = exists(select(ended.id).where(and_(ended.issuer == _e.issuer, ended.id == _e.id)))
    bounds = [not_(carried), or_(_e.id == _p.id, not_(carrier))]
    if asked.since is not None:
        bounds.append(_p.made >= asked.since)
    if asked.until is not None:
        bounds.append(_p.made < asked.until)
    return and_(*bounds)


# ---- what the index is asked -------------------------------------------------------------------------------------------


def _either(asked: Asked) -> list[tuple[Term, ...]]:
    only = (*asked.only, *([asked.covers] if asked.covers else []))
    return [(*terms, *only) for terms in asked.either]


_ANY: Term = (Mark("¤a"),)

Token = Callable[[str], str]
"""How a token lies in the index."""


def _fts_query(either: Iterable[Sequence[Term]], token: Token, *, kept: bool) -> str:
    """In the language of FTS5. Tokens hold letters, marks, digits and signs that are none of its own: nothing to escape."""

    def way(one: Way) -> str:
        columns = "{open kept}" if kept and not isinstance(one, Mark) else "open"
        match one:
            case Phrase() | Piece():
                followed, beside = _asked_of(one)
                said = " AND ".join(
                    [f'"{" ".join(map(token, followed))}"'] * bool(followed) + [f'"{token(each)}"' for each in beside]
                )
            case Mark() | Head():
                said = f'"{token(one.token)}"'
        return f"{columns} : ({said})"

    def term(ways: Term) -> str:
        return f"({' OR '.join(map(way, ways))})"

    return " OR ".join(f"({' AND '.join(map(term, terms or (_ANY,)))})" for terms in either)


def _asked_of(way: Phrase | Piece) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tokens that follow one another, and those that stand somewhere: of what only begins so, its first character."""
    if isinstance(way, Phrase) and way.begins:
        return way.tokens[:-1], ("·" + way.runs[-1],)
    return way.tokens, ()


def _pg_term(ways: Term, token: Token, block: str | None, *, kept: bool) -> ColumnElement[bool]:
    return or_(*(_pg_way(way, token, block, kept=kept) for way in ways))


def _pg_way(way: Way, token: Token, block: str | None, *, kept: bool) -> ColumnElement[bool]:
    """The array says which pages may hold it; in which order, is seen in their texts."""
    if isinstance(way, Phrase | Piece):
        followed, beside = _asked_of(way)
        asked = [token(each) for each in (*followed, *beside)]
    else:
        asked = [token(way.token)]
    asked += [block] if block is not None else []
    sides = [words.c.open, words.c.kept] if kept and not isinstance(way, Mark) else [words.c.open]
    return or_(*(side.contains(literal(asked, ARRAY(Text))) for side in sides))
