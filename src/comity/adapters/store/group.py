"""One transaction of the sequencer: what is appended, what changes with it, and trees that become true only if it commits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, bindparam, select, update

from comity.adapters.store import tables as t
from comity.adapters.store.erasing import erase_row
from comity.adapters.store.growth import FullTile
from comity.adapters.store.inverted import Filed, end, ended_by, file_pages, page_in
from comity.adapters.store.marks import Gone, gone_mark, size_mark
from comity.adapters.store.prepared import Inserting, Prepared, unless_there
from comity.adapters.store.request_rows import Touched, remake, set_version
from comity.adapters.store.rows import PROGRESS_COLUMNS, Log, entry_row, progress_row, trace_rows
from comity.adapters.store.sealed import sealing_of
from comity.domain.ledger import Checkpoint, Standing, leaf_of, note_bytes, signature_line
from comity.domain.record import Entry, State, Told, encode_fields
from comity.domain.terms import NodeName
from comity.errors import Conflict, Fenced, NotFound
from comity.ports import Catalog, Erasure, Keyring, Letter, Place

_INSERT = {table.name: Inserting(table) for table in (t.entry, t.known, t.trace, t.tile)}
_PROGRESS = Prepared(update(t.channel).where(t.channel.c.ch == bindparam("of_ch")), PROGRESS_COLUMNS)
_KNOWN = Prepared(select(t.known.c.idx).where(and_(t.known.c.ch == bindparam("ch"), t.known.c.id == bindparam("id"))))
_NAMED = Prepared(
    select(t.trace.c.name, t.trace.c.key).where(
        and_(t.trace.c.ch == bindparam("ch"), t.trace.c.idx == bindparam("idx"))
    )
)
_CHECKPOINT = unless_there(t.checkpoint, "ch", "size")


@dataclass(frozen=True)
class Snapshot:
    """What a failed work must leave behind."""

    touched: dict[str, Log]
    grown: set[str]
    known: dict[tuple[int, str], int]
    asked: set[tuple[int, str]]
    marks: int
    marks_first: int
    erased_something: bool
    about: Touched


class Group:
    """Working copies of the logs it touches; the store takes them over after COMMIT and drops them on any failure."""

    def __init__(
        self,
        connection: Connection,
        me: NodeName,
        logs: Mapping[str, Log],
        keyring: Keyring,
        salt: Callable[[], bytes],
        lost: Collection[str] = (),
        catalog: Catalog | None = None,
    ):
        self.connection = connection
        self.sealing = sealing_of(connection)
        self.me = me
        self.lost = lost  # channels that were cosigned on before a return from a backup, and unknown after it
        self.marks: list[str] = []  # written after COMMIT, before anything leaves
        self.marks_first: list[str] = []  # written before COMMIT
        self.touched: dict[str, Log] = {}
        self.erased_something = False
        self.about = Touched()  # requests whose rows in lists have to be made anew
        self._base = logs
        self._catalog = catalog
        self._keyring = keyring
        self._salt = salt
        self._grown: set[str] = set()
        self._known: dict[tuple[int, str], int] = {}
        self._asked: set[tuple[int, str]] = set()
        self._pages: list[Filed] = []
        self._ended: list[str] = []
        self._last_page: int | None = None
        self._rows: dict[str, list[dict[str, Any]]] = {"entry": [], "known": [], "trace": [], "tile": []}

    # ---- logs
    def log(self, origin: str) -> Log:
        """The working copy of a channel's state."""
        found = self.touched.get(origin)
        if found is None:
            base = self._base.get(origin)
            if base is None:
                raise NotFound("channel", origin=origin)
            found = self.touched[origin] = base.copy()
        return found

    def adopt(self, log: Log) -> None:
        self.touched[log.channel.origin] = log

    def has(self, origin: str) -> bool:
        return origin in self.touched or origin in self._base

    def next_ch(self) -> int:
        logs = {**self._base, **self.touched}
        return 1 + max((log.ch for log in logs.values()), default=0)

    def end_of(self, log: Log) -> int | None:
        """The size at which another channel goes on from this one; None while none does."""
        logs = {**self._base, **self.touched}
        follows = (each.channel.follows for each in logs.values())
        return next((each.size for each in follows if each and each.origin == log.channel.origin), None)

    def snapshot(self) -> Snapshot:
        """State before a work that may fail; nothing is staged at this moment."""
        logs = {origin: log.copy() for origin, log in self.touched.items()}
        return Snapshot(
            logs,
            set(self._grown),
            dict(self._known),
            set(self._asked),
            len(self.marks),
            len(self.marks_first),
            self.erased_something,
            self.about.copy(),
        )

    def restore(self, before: Snapshot) -> None:
        """As if the work had never been tried; the caller rolls its savepoint back."""
        self.touched, self._grown, self._known = before.touched, before.grown, before.known
        self._asked = before.asked
        del self.marks[before.marks :], self.marks_first[before.marks_first :]
        self.erased_something = before.erased_something
        self.about = before.about
        for rows in self._rows.values():
            rows.clear()
        self._pages.clear()
        self._ended.clear()

    # ---- appending to our own channels
    def prefetch(self, letters: Iterable[Letter]) -> None:
        """Looks up, at once, which of these ids were ever appended to their channels."""
        wanted: dict[int, list[str]] = {}
        for letter in letters:
            log = self.touched.get(letter.origin) or self._base.get(letter.origin)
            if log is not None:
                for each, _ in ((log, log.size), *self._before(log)):
                    wanted.setdefault(each.ch, []).append(letter.sealed.id)
        for ch, ids in wanted.items():
            self.prefetch_ids(ch, ids)

    def prefetch_ids(self, ch: int, records: Iterable[str]) -> None:
        ids = [record for record in dict.fromkeys(records) if (ch, record) not in self._asked]
        self._asked.update((ch, record) for record in ids)
        if len(ids) == 1:
            index = _KNOWN.run(self.connection, {"ch": ch, "id": ids[0]}).scalar()
            self._known.update({} if index is None else {(ch, ids[0]): index})
            return
        c = t.known.c
        for at in range(0, len(ids), 500):
            query = select(c.id, c.idx).where(and_(c.ch == ch, c.id.in_(ids[at : at + 500])))
            self._known.update({(ch, id_): index for id_, index in self.connection.execute(query)})

    def check(self, letters: Sequence[Letter]) -> None:
        """Raises unless every letter may be appended; nothing is changed."""
        for letter in letters:
            log = self.log(letter.origin)
            if log.channel.writer != self.me:
                raise Conflict("not-our-channel", origin=letter.origin)
            if log.channel.standing is not Standing.OPEN:
                raise Fenced("channel-" + log.channel.standing.value, origin=letter.origin, why=log.channel.why)
            for erasure in letter.erases:
                sizes = {each.channel.origin: size for each, size in ((log, log.size), *self._before(log))}
                if erasure.place.origin not in sizes:
                    raise Conflict("order-in-another-channel", origin=letter.origin, record=erasure.place.origin)
                if not 0 <= erasure.place.index < sizes[erasure.place.origin]:
                    raise NotFound("record", origin=letter.origin, index=erasure.place.index)

    def append(self, letters: Sequence[Letter]) -> tuple[Place, ...]:
        """Stages letters that `check` let pass; an id that already stands, here or before in the chain, keeps its place."""
        self.prefetch(letters)
        places: list[Place] = []
        for letter in letters:
            log = self.log(letter.origin)
            places.append(self._standing(log, letter.sealed.id) or Place(letter.origin, self._stage(log, letter)))
        return tuple(places)

    def _standing(self, log: Log, record: str) -> Place | None:
        for each, size in ((log, log.size), *self._before(log)):
            index = self._known.get((each.ch, record))
            if index is not None and index < size:
                return Place(each.channel.origin, index)
        return None

    def _before(self, log: Log) -> list[tuple[Log, int]]:
        """The logs that this one goes on from, nearest first, each with the number of its entries that count."""
        found: list[tuple[Log, int]] = []
        follows, seen = log.channel.follows, {log.channel.origin}
        while follows is not None and follows.origin not in seen:
            earlier = self.touched.get(follows.origin) or self._base.get(follows.origin)
            if earlier is None:
                break
            found.append((earlier, follows.size))
            seen.add(follows.origin)
            follows = earlier.channel.follows
        return found

    def _stage(self, log: Log, letter: Letter) -> int:
        index = log.size
        salt = self._salt()
        leaf = leaf_of(salt, letter.sealed.envelope)
        entry = Entry(index, State.PRESENT, salt, letter.sealed.envelope, encode_fields(letter.sealed.fields), None)
        self._rows["entry"].append(entry_row(self.sealing, log.ch, entry, leaf, letter.told))
        self._rows["known"].append({"ch": log.ch, "id": letter.sealed.id, "idx": index})
        self.stage_traces(trace_rows(self.sealing, log.ch, index, letter.told))
        self.stage_page(log.ch, index, entry.envelope, entry.fields, letter.told)
        self.stage_endings(letter.told, entry.envelope, entry.fields)
        self._known[(log.ch, letter.sealed.id)] = index
        self.grow(log, [leaf])
        self._grown.add(letter.origin)
        for erasure in letter.erases:
            self.erase(erasure, Place(letter.origin, index))
        return index

    def erase(self, erasure: Erasure, order: Place) -> None:
        """Takes bodies or fields away, and writes it into the ledger outside the database."""
        self.flush()
        place = erasure.place
        self._point_anew(place, order)
        here = {"ch": self.log(place.origin).ch, "idx": place.index}
        named = list(_NAMED.run(self.connection, here))
        self.about.requests.update(key for name, key in named if name == "request")
        self.about.things.update(key for name, key in named if name == "record")
        self.about.gone = True
        self.stage_traces(erase_row(self.connection, self.log(place.origin).ch, erasure, order))
        self.marks.append(gone_mark(Gone(place.origin, place.index, order.origin, order.index, erasure.pointers)))
        self.erased_something = True

    def _point_anew(self, place: Place, order: Place) -> None:
        """Of an entry that was erased by an order which a return from a backup has lost, this one takes the place."""
        here = and_(t.entry.c.ch == self.log(place.origin).ch, t.entry.c.idx == place.index)
        named = select(t.entry.c.order_origin, t.entry.c.order_index).where(here)
        row = self.connection.execute(named.where(t.entry.c.order_origin.is_not(None))).first()
        if row is None or not self.has(row.order_origin) or self.log(row.order_origin).size > row.order_index:
            return
        values = {"order_origin": order.origin, "order_index": order.index}
        self.connection.execute(update(t.entry).where(here).values(**values))

    def grow(self, log: Log, leaves: Sequence[bytes]) -> None:
        """Extends the tree; full tiles are staged."""
        tiles: list[FullTile] = log.growth.extend(leaves)
        self._rows["tile"] += [
            {"ch": log.ch, "level": x.level, "n": x.n, "hashes": x.hashes, "root": x.root} for x in tiles
        ]

    def stage_known(self, log: Log, record: str, index: int) -> None:
        """An id that stands in a channel of ours; the first place of it stays."""
        self.prefetch_ids(log.ch, [record])
        if (log.ch, record) not in self._known:
            self._known[(log.ch, record)] = index
            self._rows["known"].append({"ch": log.ch, "id": record, "idx": index})

    def stage_entries(self, rows: list[dict[str, Any]]) -> None:
        self._rows["entry"] += rows

    def stage_traces(self, rows: list[dict[str, Any]]) -> None:
        self._rows["trace"] += rows
        self.about.requests.update(row["key"] for row in rows if row["name"] == "request")

    def stage_page(self, ch: int, index: int, envelope: bytes | None, fields: bytes | None, told: Told) -> None:
        """What of a settled record can be searched, and which request's row a word of its reader is about."""
        if told.header is not None and told.header.kind.startswith("ack/"):
            self.about.things.update(trace.key for trace in told.traces if trace.name == "record")
        if (page := page_in(envelope, fields, told)) is not None:
            self._pages.append((ch, index, page))

    def stage_endings(self, told: Told, envelope: bytes | None, fields: bytes | None) -> None:
        """What a record of our own takes back."""
        self._ended += ended_by(told.header, envelope, fields)

    def flush(self) -> None:
        """Writes staged rows, so that statements in this transaction see them."""
        if self._pages:
            self._last_page = file_pages(self.connection, self._pages, self._last_page)
            self._pages.clear()
        if self._ended:
            end(self.connection, self.me, self._ended)
            self._ended.clear()
        for name, rows in self._rows.items():
            if rows:
                _INSERT[name].run_all(self.connection, rows)
                rows.clear()

    def keep_log(self, log: Log) -> None:
        _PROGRESS.run(self.connection, {"of_ch": log.ch, **progress_row(log)})

    def keep_checkpoint(self, log: Log, size: int, note: bytes) -> None:
        """A note stays the first one of its size."""
        _CHECKPOINT.run(self.connection, {"ch": log.ch, "size": size, "note": note})

    def finish(self) -> None:
        """Signs each of our channels that grew, once, and writes what is left."""
        self.flush()
        self._list_requests()
        sizes = []
        for origin in sorted(self._grown):
            log = self.log(origin)
            text = Checkpoint(origin, log.size, log.growth.root()).text()
            key = log.channel.key

            def sign(message: bytes, name: str = key.name) -> bytes:
                return self._keyring.sign(name, message)

            log.note = log.pending_note = note_bytes(text, [signature_line(key, sign, text)])
            log.pending = log.drained = log.size
            self.keep_log(log)
            self.keep_checkpoint(log, log.size, log.note)
            sizes.append(size_mark(origin, log.size, log.growth.root()))
        self.marks = sizes + self.marks

    def _list_requests(self) -> None:
        """Rows of requests follow their records; without a catalog that says what a state means, the next start sees to it."""
        if not self.about:
            return
        if self._catalog is None:
            set_version(self.connection, 0)
            return
        logs = {**self._base, **self.touched}
        remake(self.connection, logs, self.me, self._catalog, self.about.keys(self.connection))
