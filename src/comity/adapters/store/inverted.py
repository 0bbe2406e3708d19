"""The inverted index of what can be searched, and the rows that it is made of: filled with every record, emptied with every erasure.

`search_words` is the one table whose shape differs: a contentless FTS5 table on SQLite, arrays under GIN on PostgreSQL. Both hold keyed
digests of the tokens of `search_text` and nothing else, so that either is made anew from those rows alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    MetaData,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from comity.adapters.at_rest import Sealing
from comity.adapters.store import tables as t
from comity.adapters.store.prepared import Inserting, Prepared, unless_there
from comity.adapters.store.sealed import body_in, opened, sealed, sealing_of
from comity.domain.record import ORDERS, PROPOSAL, Header, Told, filed, order_in
from comity.domain.search import VERSION, Page, page_of
from comity.domain.terms import Instant, NodeName
from comity.errors import Malformed

BLOCK = 1000
VERSION_AT: Final = "search/version"
"""Cursor: by which rules the index was filled."""
OWED: Final = "search/owed"
"""Cursor: 1 while segments of FTS5 may hold tokens that were deleted."""
FINE_BITS: Final = 12
COARSE_BITS: Final = 15
"""Blocks of documents by which PostgreSQL walks back from the last one filed."""
MERGED_PAGES: Final = 256
"""Pages of FTS5 that are merged at once."""

words = Table(  # on PostgreSQL; FTS5 has its rowid in the place of `doc`
    "search_words",
    MetaData(),
    Column("doc", BigInteger, primary_key=True, autoincrement=False),
    Column("open", ARRAY(Text), nullable=False),
    Column("kept", ARRAY(Text), nullable=False),
)
NAMES = ("search_words", "search_words_open", "search_words_kept")
"""Tables and indexes that `tables` doesn't tell of; FTS5 adds an underscore and a word for each table of its own."""

_SQLITE = ("create virtual table search_words using fts5(open, kept, content='', tokenize='ascii')",)
_POSTGRES = (
    "create table search_words (doc bigint primary key, open text[] not null, kept text[] not null)",
    "create index search_words_open on search_words using gin (open)",
    "create index search_words_kept on search_words using gin (kept)",
)
_FTS = "insert into search_words (rowid, open, kept) values (?, ?, ?)"
_FTS_DELETE = "insert into search_words (search_words, rowid, open, kept) values ('delete', ?, ?, ?)"
_FTS_EMPTY = "insert into search_words (search_words) values ('delete-all')"
_FTS_MERGE = "insert into search_words (search_words, rank) values ('merge', ?)"
_WORDS = Inserting(words)
_PLACE, _TEXT = Inserting(t.search_place), Inserting(t.search_text)
_LAST = select(func.max(t.search_place.c.doc))
_HERE = Prepared(
    select(t.search_place.c.doc).where(
        and_(t.search_place.c.ch == bindparam("ch"), t.search_place.c.idx == bindparam("idx"))
    )
)
_ENDED = unless_there(t.search_ended, "issuer", "id")

_said = msgspec.json.Decoder(tuple[str, str, str, str, str]).decode

Filed = tuple[int, int, Page]
"""Number of the channel, index in it, and what the record there says."""


def make(connection: Connection) -> None:
    """The one table that `tables` can't tell of."""
    for statement in _SQLITE if is_fts(connection) else _POSTGRES:
        connection.exec_driver_sql(statement)


def is_fts(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


# ---- one record --------------------------------------------------------------------------------------------------------


def page_in(envelope: bytes | None, fields: bytes | None, told: Told | None) -> Page | None:
    """What of an entry can be searched; None where it is erased, in quarantine, not settled or of no kind that says something."""
    if envelope is None or told is None or told.fault is not None or told.header is None:
        return None
    return page_of(envelope, fields or b"", told.traces)


def ended_by(header: Header | None, envelope: bytes | None, fields: bytes | None) -> tuple[str, ...]:
    """Ids of the records that an order of our own takes back as a whole; a proposal takes nothing back."""
    if header is None or header.kind not in ORDERS or envelope is None:
        return ()
    command = order_in(envelope, fields or b"")
    if command is None or command.purpose == PROPOSAL:
        return ()
    return tuple(target.id for target in command.targets if target.pointers is None)


def end(connection: Connection, issuer: str, records: Iterable[str]) -> None:
    for record in records:
        _ENDED.run(connection, {"issuer": issuer, "id": record})


def file_pages(connection: Connection, pages: Sequence[Filed], after: int | None = None) -> int:
    """Files them as the last ones; returns the number of the last of all.

    after   the number of the last one filed before, where it is known
    """
    last: int = (connection.execute(_LAST).scalar() or 0) if after is None else after
    numbered = list(enumerate(pages, last + 1))
    _PLACE.run_all(
        connection,
        [
            {"doc": doc, "ch": ch, "idx": idx, "made": p.made, "issuer": p.issuer, "id": p.record}
            for doc, (ch, idx, p) in numbered
        ],
    )
    _TEXT.run_all(connection, [_text_row(sealing_of(connection), doc, page) for doc, (_, _, page) in numbered])
    _fill(connection, [(doc, page) for doc, (_, _, page) in numbered])
    return last + len(numbered)


def unfile(connection: Connection, ch: int, index: int, instead: Page | None = None) -> None:
    """Takes the tokens of one entry away; what it still says stands `instead`, under the same number."""
    doc = _HERE.run(connection, {"ch": ch, "idx": index}).scalar()
    if doc is None:
        return
    _empty(connection, _stored(connection, [doc]))
    connection.execute(delete(t.search_text).where(t.search_text.c.doc == doc))
    if instead is None:
        connection.execute(delete(t.search_place).where(t.search_place.c.doc == doc))
        return
    here = t.search_place.c.doc == doc
    values = {"made": instead.made, "issuer": instead.issuer, "id": instead.record}
    connection.execute(update(t.search_place).where(here).values(**values))
    _TEXT.run_all(connection, [_text_row(sealing_of(connection), doc, instead)])
    _fill(connection, [(doc, instead)])


def _text_row(sealing: Sealing, doc: int, page: Page) -> dict[str, Any]:
    said = msgspec.json.encode((page.words, page.parts, page.kept, page.kept_parts, page.marks))
    return sealed(sealing, t.search_text, {"doc": doc, "page": said})


def page_at(sealing: Sealing, row: Any) -> Page:
    """The page behind a row of both tables. Any: a row with all their columns."""
    said = _said(opened(sealing, t.search_text, row).page)
    return Page(*said, row.issuer, row.id, Instant(row.made))


def _stored(connection: Connection, docs: Sequence[int]) -> list[tuple[int, Page]]:
    join = t.search_place.join(t.search_text, t.search_text.c.doc == t.search_place.c.doc)
    query = select(t.search_place, *(c for c in t.search_text.c if c.name != "doc")).select_from(join)
    rows = connection.execute(query.where(t.search_place.c.doc.in_(docs))).all()
    sealing = sealing_of(connection)
    return [(row.doc, page_at(sealing, row)) for row in rows]


def _fill(connection: Connection, pages: Sequence[tuple[int, Page]]) -> None:
    if not pages:
        return
    sealing = sealing_of(connection)
    token = sealing.token
    if is_fts(connection):
        connection.exec_driver_sql(_FTS, [_fts_row(sealing, doc, page) for doc, page in pages])
    else:
        _WORDS.run_all(
            connection,
            [
                {
                    "doc": doc,
                    "open": _array(doc, map(token, p.open_tokens())),
                    "kept": _array(doc, map(token, p.kept_tokens())),
                }
                for doc, p in pages
            ],
        )


def _array(doc: int, tokens: Iterable[str]) -> list[str]:
    """Beside the tokens, in which blocks of documents this one lies: so the index itself intersects a question with a block."""
    said = set(tokens)
    return sorted(said | {block_token(doc, bits) for bits in (FINE_BITS, COARSE_BITS)}) if said else []


def block_token(doc: int, bits: int) -> str:
    """Of the block of 2 ** bits documents in which this one lies; no text gives such a token."""
    return f"¤¤{bits}.{doc >> bits}"


def _empty(connection: Connection, pages: Sequence[tuple[int, Page]]) -> None:
    if is_fts(connection):  # it has to be told what it was told before
        sealing = sealing_of(connection)
        connection.exec_driver_sql(_FTS_DELETE, [_fts_row(sealing, doc, page) for doc, page in pages])
        _set(connection, OWED, 1)
    else:
        connection.execute(delete(words).where(words.c.doc.in_([doc for doc, _ in pages])))


def _fts_row(sealing: Sealing, doc: int, page: Page) -> tuple[int, str, str]:
    token = sealing.token
    return doc, " ".join(map(token, page.open_tokens())), " ".join(map(token, page.kept_tokens()))


# ---- all records -------------------------------------------------------------------------------------------------------


def refill_words(connection: Connection) -> None:
    """Makes `search_words` anew from the rows that it is made of."""
    connection.exec_driver_sql(_FTS_EMPTY if is_fts(connection) else "truncate search_words")
    docs = list(connection.execute(select(t.search_place.c.doc).order_by(t.search_place.c.doc)).scalars())
    for at in range(0, len(docs), BLOCK // 2):
        _fill(connection, _stored(connection, docs[at : at + BLOCK // 2]))


def is_filled(connection: Connection) -> bool:
    """Whether the index was filled, to the end, by the rules of this program."""
    return bool(_at(connection, VERSION_AT) == VERSION)


def refill(
    connection: Connection,
    begin: Callable[[], None],
    rows: Iterator[Sequence[Any]],
    channels: Mapping[int, tuple[str, NodeName]],
    me: NodeName,
    tell: Callable[[int], None],
) -> None:
    """Makes everything here anew from records, in transactions of its own; one that is interrupted begins anew.

    begin     starts a transaction on `connection`
    rows      settled entries, in blocks, in the order in which they are to be numbered
    channels  origin and writer by number
    tell      hears how many entries are done
    """
    begin()
    connection.exec_driver_sql(_FTS_EMPTY if is_fts(connection) else "truncate search_words")
    for table in (t.search_place, t.search_text, t.search_ended):
        connection.execute(delete(table))
    connection.execute(
        insert(t.search_ended).from_select(["issuer", "id"], select(t.tombstone.c.issuer, t.tombstone.c.id))
    )
    _set(connection, VERSION_AT, 0)
    connection.exec_driver_sql("commit")
    done = last = 0
    for block in rows:
        begin()
        pages: list[Filed] = []
        for row in block:
            origin, writer = channels[row.ch]
            _, envelope, fields = body_in(sealing_of(connection), row.ch, row.idx, row.body, row.marking)
            told = filed(origin, envelope, fields)
            if (page := page_in(envelope, fields, told)) is not None:
                pages.append((row.ch, row.idx, page))
            if writer == me:
                end(connection, me, ended_by(told.header, envelope, fields))
        last = file_pages(connection, pages, last)
        connection.exec_driver_sql("commit")
        done += len(block)
        tell(done)
    begin()
    _set(connection, VERSION_AT, VERSION)
    connection.exec_driver_sql("commit")


def purge(connection: Connection, rounds: int = 32) -> bool:
    """Merges the segments of FTS5 until none holds what was deleted; False while that isn't so. Nothing to do elsewhere."""
    if not is_fts(connection) or not owed(connection):
        return True
    for _ in range(rounds):
        before = _changes(connection)
        connection.exec_driver_sql(_FTS_MERGE, (-MERGED_PAGES,))
        if _changes(connection) - before < 2:  # so it says that there is nothing left to merge
            _set(connection, OWED, 0)
            return True
    return False


def purge_all(connection: Connection) -> None:
    """`purge` to the end."""
    if is_fts(connection):
        connection.exec_driver_sql("insert into search_words (search_words) values ('optimize')")
        _set(connection, OWED, 0)


def owed(connection: Connection) -> bool:
    return bool(_at(connection, OWED))


def _changes(connection: Connection) -> int:
    return int(connection.exec_driver_sql("select total_changes()").scalar_one())


def _at(connection: Connection, name: str) -> int | None:
    at: int | None = connection.execute(select(t.cursor.c.at).where(t.cursor.c.name == name)).scalar()
    return at


def _set(connection: Connection, name: str, at: int) -> None:
    here = t.cursor.c.name == name
    if not connection.execute(update(t.cursor).where(here).values(at=at)).rowcount:
        connection.execute(insert(t.cursor).values(name=name, at=at))


# ---- what differs ------------------------------------------------------------------------------------------------------


def wrong_pages(
    connection: Connection, ch: int, start: int, stop: int, wanted: Mapping[int, Page], *, write: bool
) -> int:
    """How many entries of [start, stop) aren't found by what they say; `write` puts that right."""
    p = t.search_place.c
    docs = list(connection.execute(select(p.doc).where(and_(p.ch == ch, p.idx >= start, p.idx < stop))).scalars())
    indexes = {
        row.doc: row.idx
        for row in connection.execute(select(p.doc, p.idx).where(p.ch == ch, p.idx >= start, p.idx < stop))
    }
    stored, unread = dict[int, Page](), set[int]()
    for doc in docs:  # one by one: what doesn't open is only derived, and made anew
        try:
            ((_, stored[indexes[doc]]),) = _stored(connection, [doc])
        except (Malformed, ValueError):
            unread.add(doc)
    wrong = {index for index in stored.keys() | wanted.keys() if stored.get(index) != wanted.get(index)}
    wrong |= {indexes[doc] for doc in unread}
    if write:
        for table in (t.search_text, t.search_place):  # their tokens go when `wrong_words` fills the index anew
            connection.execute(delete(table).where(table.c.doc.in_(unread)))
        for index in sorted(wrong):
            unfile(connection, ch, index, wanted.get(index))
        file_pages(
            connection,
            [(ch, index, wanted[index]) for index in sorted(wrong) if index in wanted and index not in stored],
        )
    return len(wrong)


def wrong_words(connection: Connection, *, write: bool) -> int:
    """How many more or fewer pages `search_words` has than there are; `write` makes it anew, whatever it has."""
    there = connection.execute(select(func.count()).select_from(t.search_place)).scalar_one()
    counted = "select count(*) from search_words_docsize" if is_fts(connection) else "select count(*) from search_words"
    found = connection.exec_driver_sql(counted).scalar_one()
    if write:
        refill_words(connection)
    return abs(int(there) - int(found))


def wrong_endings(connection: Connection, wanted: set[tuple[str, str]], *, write: bool) -> int:
    """How many records are found though they were taken back, or the other way round. `wanted` are those that we took back."""
    b, e = t.tombstone.c, t.search_ended.c
    want = wanted | {(row.issuer, row.id) for row in connection.execute(select(b.issuer, b.id))}
    have = {(row.issuer, row.id) for row in connection.execute(select(e.issuer, e.id))}
    if write and want != have:
        connection.execute(delete(t.search_ended))
        for issuer, record in sorted(want):
            end(connection, issuer, [record])
    return len(want ^ have)
