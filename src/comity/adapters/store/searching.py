"""What a store answers to a question: the records that hold it, those that a person may not see left out by the query itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from comity.adapters.store.inverted import COARSE_BITS, FINE_BITS, block_token, is_fts, words
from comity.adapters.store.reading import Reading
from comity.adapters.store.rows import entry_in
from comity.domain.ledger import Standing
from comity.domain.record import Entry, Header
from comity.domain.search import Asked, Head, Mark, Phrase, Piece, Term, Way
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
        columns = (_e.idx, _e.state, _e.salt, _e.envelope, _e.fields, _e.order_origin, _e.order_index)
        heads = (_p.ch, _e.id, _e.kind, _e.issuer, _e.made)
        query = select(*columns, *heads).select_from(join).where(_p.doc.in_(docs)).order_by(desc(_p.doc))
        for row in connection.execute(query):
            header = Header(row.id, row.kind, row.issuer, Instant(row.made))
            yield Hit(Place(shown[row.ch], row.idx), header, self._shown_entry(entry_in(*row[:7])))


def _top(connection: Connection, asked: Asked, where: ColumnElement[bool], before: int | None = None) -> Sequence[Any]:
    """The last ones filed, below `before` where that is given; Any: rows with the columns named here."""
    if not is_fts(connection):
        return _walked(connection, asked, where, before)
    # The sign keeps SQLite from asking FTS5 for one row after another.
    join = _fts.join(t.search_place, _p.doc == literal_column("+search_words.rowid"))
    here = literal_column("search_words").op("match", return_type=Boolean())(
        _fts_query(_either(asked), kept=asked.kept)
    )
    query = select(_p.doc, _p.ch, _p.idx, _p.issuer, _p.id).select_from(join.join(t.entry, _AT))
    below = _p.doc < before if before is not None else true()
    return connection.execute(
        query.where(and_(here, where, below)).order_by(desc(_fts.c.rowid)).limit(COUNTED_MAX + 1)
    ).all()


def _walked(connection: Connection, asked: Asked, where: ColumnElement[bool], before: int | None) -> Sequence[Any]:
    """On PostgreSQL, whose index gives no order: block after block, from the last one on, until there are enough.

    A question that few records answer would take too many blocks; what is left of it is asked for at once.
    """
    at: int = (connection.execute(select(func.max(_p.doc))).scalar() or 0) if before is None else before - 1
    rows: list[Any] = []
    looked = 0
    connection.exec_driver_sql("begin")
    try:
        for way in ("hashjoin", "mergejoin"):  # either would read whole tables for a few rows
            connection.exec_driver_sql(f"set local enable_{way} = off")
        while at > 0 and len(rows) <= COUNTED_MAX:
            lacking = COUNTED_MAX + 1 - len(rows)
            expected = lacking * looked / len(rows) if rows else looked * lacking
            if looked >= LOOKED_MIN and expected > EXPECTED_MAX:
                rows += connection.execute(_pg_query(asked, where, None, at, lacking)).all()
                break
            bits = COARSE_BITS if (at + 1) % (1 << COARSE_BITS) == 0 and looked >= LOOKED_MIN else FINE_BITS
            rows += connection.execute(_pg_query(asked, where, block_token(at, bits), at, lacking)).all()
            start = at >> bits << bits
            looked, at = looked + at + 1 - start, start - 1
    finally:
        connection.exec_driver_sql("commit")
    return rows


LOOKED_MIN: Final = 2 << FINE_BITS
EXPECTED_MAX: Final = 8 << COARSE_BITS
"""Documents that are looked through block by block at most, as far as can be foreseen."""


def _pg_query(asked: Asked, where: ColumnElement[bool], block: str | None, at: int, limit: int) -> Select[Any]:
    """The inner query's order is kept by the joins around it, so that no more rows are judged than are wanted."""
    matched = or_(
        *(and_(*(_pg_term(term, block, kept=asked.kept) for term in terms or (_ANY,))) for terms in _either(asked))
    )
    x = t.search_text
    inner = select(words.c.doc).select_from(words.join(x, x.c.doc == words.c.doc))
    hits = inner.where(and_(matched, words.c.doc <= at)).order_by(desc(words.c.doc)).offset(0).subquery("hits")
    join = hits.join(t.search_place, _p.doc == hits.c.doc).join(t.entry, _AT)
    query = select(_p.doc, _p.ch, _p.idx, _p.issuer, _p.id).select_from(join)
    return query.where(where).order_by(desc(hits.c.doc)).limit(limit)


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


def _fts_query(either: Iterable[Sequence[Term]], *, kept: bool) -> str:
    """In the language of FTS5. Tokens hold letters, marks, digits and signs that are none of its own: nothing to escape."""

    def way(one: Way) -> str:
        columns = "{open kept}" if kept and not isinstance(one, Mark) else "open"
        match one:
            case Phrase(runs) if one.begins and len(runs) == 1:
                said = f'"·{runs[0]}"'
            case Phrase():
                said = f'"{" ".join(one.tokens)}"{" *" if one.begins else ""}'
            case Piece():
                said = f'"{" ".join(one.tokens)}"'
            case Mark():
                said = f'"{one.token}"'
            case Head():
                said = f'"{one.text}" *'
        return f"{columns} : {said}"

    def term(ways: Term) -> str:
        return f"({' OR '.join(map(way, ways))})"

    return " OR ".join(f"({' AND '.join(map(term, terms or (_ANY,)))})" for terms in either)


def _pg_term(ways: Term, block: str | None, *, kept: bool) -> ColumnElement[bool]:
    return or_(*(_pg_way(way, block, kept=kept) for way in ways))


def _pg_way(way: Way, block: str | None, *, kept: bool) -> ColumnElement[bool]:
    x = t.search_text.c
    sides = [(words.c.open, x.words, x.parts)]
    if kept and not isinstance(way, Mark):
        sides.append((words.c.kept, x.kept, x.kept_parts))
    return or_(*(_pg_side(way, block, tokens, folded, parts) for tokens, folded, parts in sides))


def _pg_side(way: Way, block: str | None, tokens: Any, folded: Any, parts: Any) -> ColumnElement[bool]:
    """The array says which pages may hold it, and the folded text in which order. Any: columns of either side."""
    spaced = literal(" ", t.Word).op("||")(folded).op("||")(literal(" ", t.Word))

    def holds(asked: Sequence[str]) -> ColumnElement[bool]:
        wanted = [*asked, block] if block is not None else list(asked)
        held: ColumnElement[bool] = tokens.contains(literal(wanted, ARRAY(Text)))
        return held

    match way:
        case Phrase(runs):
            asked = list(way.tokens[:-1]) if way.begins else list(way.tokens)
            asked += ["·" + runs[-1]] if way.begins else []
            if len(asked) == 1:  # one token has no order
                return holds(asked)
            return and_(holds(asked), spaced.op("like", return_type=Boolean())(f"%{way.pattern}%"))
        case Piece(text_):
            return and_(holds(way.tokens), parts.op("like", return_type=Boolean())(f"%{text_}%"))
        case Mark(token):
            return holds([token])
        case Head(text_):
            return and_(holds([way.token]), spaced.op("like", return_type=Boolean())(f"% {text_}%"))
