"""The store on a SQL database: one writer thread that commits in groups, readers beside it, the same on every database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, and_, select
from sqlalchemy.exc import DBAPIError

from comity.adapters.at_rest import AtRest, RestKeys, Sealing
from comity.adapters.store import effects, holding, inverted, regaining, request_rows, returning, schema
from comity.adapters.store import tables as t
from comity.adapters.store.casing import Casing
from comity.adapters.store.database import Database, Scrubbed
from comity.adapters.store.fence import behind, catch_up, replay_erasures
from comity.adapters.store.finding import Finding
from comity.adapters.store.group import Group
from comity.adapters.store.listing import Listing
from comity.adapters.store.marks import Marks
from comity.adapters.store.peopling import Peopling
from comity.adapters.store.reading import load_logs
from comity.adapters.store.rebuilding import differences
from comity.adapters.store.requesting import Reaches, Requesting
from comity.adapters.store.returning import Restored, finish_return
from comity.adapters.store.rows import Log, channel_row
from comity.adapters.store.sealed import choose_key, sealing_of
from comity.adapters.store.searching import Searching
from comity.adapters.store.seeing import SeenStore
from comity.adapters.store.sequencer import Sequencer, Work
from comity.domain.access import Sight
from comity.domain.ledger import Line
from comity.domain.record import Entry
from comity.domain.terms import NodeName
from comity.errors import Busy, ComityError, Conflict, Fenced
from comity.ports import Catalog, Fact, Keyring, Letter, Place, Step, no_step

T = TypeVar("T")
OPEN_PATIENCE_S = 2.0
BACK_PATIENCE_S = 10.0
UNKNOWN_PATIENCE_S = 60.0
"""How long the outcome of a COMMIT is asked for before the store gives up on itself until it is opened anew."""


Tell = Callable[[str, int, int], None]


def silent(what: str, done: int, of: int) -> None:
    """Tells nobody."""


class Keys(Keyring, RestKeys, Protocol):
    """What a store asks of a keyring."""


@dataclass(frozen=True)
class _Letters:
    """Letters without facts need no savepoint: once checked, appending them can't fail."""

    letters: tuple[Letter, ...]

    def __call__(self, group: Group) -> tuple[Place, ...]:
        group.check(self.letters)
        return group.append(self.letters)


@dataclass(frozen=True)
class _Answer:
    """What one work of a group comes to: a result, or its own fault."""

    work: Work[Group]
    result: Any = None
    fault: Exception | None = None

    def give(self) -> None:
        if self.fault is None:
            self.work.done.set_result(self.result)
        else:
            self.work.done.set_exception(self.fault)


class _NotThereError(Exception):
    """The connection was lost, and nothing of the transaction is in the database."""


class SqlStore(Finding, Listing, Casing, Peopling, Searching, Requesting):
    """Port `Store` on one database that this process alone may write.

    marks    folder of the high-water file; it must lie outside what backups restore
    inspect  opens a store that is behind its own signatures, for doctor, rebuild and recovery; nothing can be kept in it
             before `acknowledge_restore`
    catalog  says what a request's state means; without it none are listed
    keyring  signs, and has the key under which personal values lie in the database
    sealing  only tests give one, to look for what would be hidden under the seal
    tell     hears of work at start that may take minutes: its name, how much is done, of how much
    fences   channels on which the store is behind, with the reason; `witness` stands for what was cosigned as a witness
    Raises Misconfigured when another process has it, or the schema is not ours; Fenced when it is behind.
    """

    def __init__(
        self,
        database: Database,
        marks: Path,
        me: NodeName,
        keyring: Keys,
        salt: Callable[[], bytes],
        *,
        step: Step = no_step,
        inspect: bool = False,
        group_max: int = 256,
        sealing: Sealing | None = None,
        tell: Tell = silent,
        catalog: Catalog | None = None,
    ) -> None:
        self._db, self._tell, self._catalog, self._reaches = database, tell, catalog, Reaches()
        database.seal_with(sealing or AtRest(keyring))
        self._me, self._keyring, self._salt, self._step = me, keyring, salt, step
        self._alone = threading.Lock()  # held while a group is in the database, and while it is scrubbed
        self._owed: Group | None = None  # committed, while its lines aren't in the high-water file yet
        try:
            self._open(marks, inspect=inspect)
        except DBAPIError as fault:
            database.close()
            raise database.plainly(fault) from fault
        except BaseException:
            database.close()
            raise
        self._sequencer: Sequencer[Group] = Sequencer(self._commit, group_max=group_max)

    # ---- opening and closing
    def _open(self, marks: Path, *, inspect: bool) -> None:
        self._writing = writing = self._db.writer(OPEN_PATIENCE_S)
        self._db.begin(writing)
        schema.prepare(writing)
        choose_key(writing, sealing_of(writing))
        writing.exec_driver_sql("commit")
        self._marks = Marks(marks / "high-water", self._me)
        told = self._marks.told
        self._logs: dict[str, Log] = load_logs(writing)
        self._marks.learn(finish_return(writing, self._me, self._logs, told))
        self._time_s = told.time_s
        self.fences = behind(writing, self._me, self._logs, told)
        self._fill_index(writing)
        self._fill_requests(writing)
        forgot = replay_erasures(writing, self._logs, told) or inverted.owed(writing)
        self._forgotten = not forgot or self._db.forget(writing)
        if self.fences and not inspect:
            self._marks.close()
            origin, reason = next(iter(self.fences.items()))
            raise Fenced("store-behind-its-signatures", origin=origin, reason=reason, channels=len(self.fences))
        if not self.fences:
            self._marks.write(catch_up(writing, self._me, self._logs, told))

    def _fill_index(self, writing: Connection) -> None:
        """The search index is filled anew where its rules have changed since, or an older program left none."""
        if inverted.is_filled(writing):
            return
        e, entries = t.entry.c, sum(log.drained for log in self._logs.values())
        settled = and_(e.settled, e.body.is_not(None), e.fault.is_(None))
        query = select(e.ch, e.idx, e.body, e.marking).where(settled).order_by(e.made, e.ch, e.idx)
        channels = {log.ch: (origin, log.channel.writer) for origin, log in self._logs.items()}
        with self._engine.connect() as reading:
            reading.exec_driver_sql("begin")  # one view of all entries while the index grows beside it
            rows = reading.execute(query.execution_options(yield_per=inverted.BLOCK)).partitions()
            inverted.refill(
                writing,
                lambda: self._db.begin(writing),
                rows,
                channels,
                self._me,
                lambda done: self._tell("search-index", done, entries),
            )
            reading.exec_driver_sql("commit")

    def _fill_requests(self, writing: Connection) -> None:
        """Rows of requests are made anew where measures or machines have changed since, or an older program left none."""
        if self._catalog is None or request_rows.is_made(writing, self._catalog):
            return
        of = sum(log.drained for log in self._logs.values())
        request_rows.remake_all(
            writing,
            lambda: self._db.begin(writing),
            self._logs,
            self._me,
            self._catalog,
            lambda done: self._tell("requests", done, of),
        )

    def close(self) -> None:
        self._sequencer.close()
        self._marks.close()
        self._db.close()

    @property
    def _engine(self) -> Engine:
        return self._db.engine

    @property
    def groups(self) -> int:
        """Transactions that the sequencer has committed, for measurements."""
        return self._sequencer.groups

    def _read(self, ask: Callable[[Connection], T]) -> T:
        if self._owed is not None:  # nothing is told of what was committed before the high-water file knows it
            self._sequencer.do(lambda _: None)
        return self._db.read(ask)

    # ---- the one place where anything is written
    def _commit(self, works: Sequence[Work[Group]]) -> None:
        """W2 to W4 for a group of works: all that succeed become durable together, then each is answered."""
        try:
            with self._alone:
                answers = self._in_one_transaction(works)
            self._step("W4")
        except BaseException as fault:  # whatever it is, everybody who waits has to hear of it
            answers = [_Answer(work) for work in works]
            for work in works:
                work.done.set_exception(fault)
            return
        for answer in answers:
            answer.give()

    def _in_one_transaction(self, works: Sequence[Work[Group]]) -> list[_Answer]:
        """A group that never reached the database because the connection was lost is tried once more."""
        if "*" in self.fences:
            raise Fenced("store-behind-its-signatures", channels=len(self.fences), reason=self.fences["*"])
        self._settle()
        for _ in range(2):
            try:
                return self._transact(works)
            except _NotThereError:
                continue
        raise Busy("database-away", where=self._db.where)

    def _transact(self, works: Sequence[Work[Group]]) -> list[_Answer]:
        connection = self._connection()
        group = Group(connection, self._me, self._logs, self._keyring, self._salt, self._marks.told.lost, self._catalog)
        mark: str | None = None
        try:
            self._db.begin(connection)
            group.prefetch(x for work in works if isinstance(work.run, _Letters) for x in work.run.letters)
            answers = [self._attempt(group, work) for work in works]
            group.finish()
            self._step("W2")
            self._marks.write(group.marks_first)
            mark = self._db.mark(connection)
            connection.exec_driver_sql("commit")
        except BaseException as fault:
            if not self._db.lost(connection):
                if self._db.in_transaction(connection):
                    connection.exec_driver_sql("rollback")
                raise self._plainly(fault) from fault
            if mark is None or not self._went_through(group, mark):
                raise _NotThereError from fault
        self._owed = group
        self._settle()
        return answers

    def _settle(self) -> None:
        """What was committed goes into the high-water file, and counts from then on. Until it is there nothing more is committed."""
        group = self._owed
        if group is None:
            return
        self._step("W3")
        self._marks.write(group.marks)
        self._step("W3m")
        self._logs = {**self._logs, **group.touched}
        self._owed = None
        if group.erased_something or not self._forgotten:
            self._forgotten = False
            with suppress(DBAPIError):  # the group counts even so; the next one tries again
                self._forgotten = self._db.forget(self._writing)

    def _plainly(self, fault: BaseException) -> BaseException:
        return self._db.plainly(fault) if isinstance(fault, Exception) else fault

    def _connection(self) -> Connection:
        """The writer's connection; after it was lost, a new one on which the database must be as we left it."""
        connection = self._db.writer(BACK_PATIENCE_S)
        if connection is not self._writing:
            self._must_stand_at(connection, self._logs)
            self._writing = connection
        return connection

    def _went_through(self, group: Group, mark: str) -> bool:
        """Whether a COMMIT whose answer was lost took place. Nobody is answered before it is known."""
        try:
            connection = self._db.writer(UNKNOWN_PATIENCE_S)
            there = self._db.committed(connection, mark)
        except ComityError as fault:
            self.fences = {"*": "commit-unknown"}
            raise Fenced("commit-unknown", where=self._db.where) from fault
        self._must_stand_at(connection, {**self._logs, **group.touched} if there else self._logs)
        self._writing = connection
        return there

    def _must_stand_at(self, connection: Connection, logs: Mapping[str, Log]) -> None:
        """A database that was exchanged for an older copy behind our back is signed on no more."""
        found = load_logs(connection)
        if {o: channel_row(log) for o, log in found.items()} != {o: channel_row(log) for o, log in logs.items()}:
            self.fences = {"*": "database-went-back"}
            raise Fenced("store-behind-its-signatures", reason="database-went-back", channels=len(logs))

    def _attempt(self, group: Group, work: Work[Group]) -> _Answer:
        if isinstance(work.run, _Letters):
            try:
                group.check(work.run.letters)
            except Exception as refused:  # the caller's own fault, handed to that caller alone
                return _Answer(work, fault=refused)
            return _Answer(work, group.append(work.run.letters))
        group.flush()
        before = group.snapshot()
        group.connection.exec_driver_sql("savepoint one")
        try:
            result = work.run(group)
            group.flush()
        except Exception as refused:  # the caller's own fault, handed to that caller alone
            if self._db.lost(group.connection) or not self._db.in_transaction(group.connection):
                raise  # not the caller's: the transaction is gone, and all of the group with it
            group.connection.exec_driver_sql("rollback to savepoint one")
            group.connection.exec_driver_sql("release savepoint one")
            group.restore(before)
            return _Answer(work, fault=self._db.plainly(refused))
        group.connection.exec_driver_sql("release savepoint one")
        return _Answer(work, result)

    def _do(self, run: Callable[[Group], T]) -> T:
        if self.fences:
            raise Fenced("store-behind-its-signatures", channels=len(self.fences))
        return self._sequencer.do(run)

    # ---- the port
    def keep(self, letters: Sequence[Letter], facts: Sequence[Fact] = ()) -> tuple[Place, ...]:
        self._step("W1")
        if not facts and not any(letter.erases for letter in letters):
            return self._do(_Letters(tuple(letters)))

        def run(group: Group) -> tuple[Place, ...]:
            for fact in facts:
                effects.apply(group, fact)
            group.check(letters)
            return group.append(letters)

        return self._do(run)

    def pend(self, origin: str, note: bytes, size: int, leaves: Sequence[bytes]) -> None:
        self._do(lambda group: holding.pend(group, origin, note, size, leaves))

    def fill(self, origin: str, entries: Sequence[Entry]) -> int:
        return self._do(lambda group: holding.fill(group, origin, entries))

    def unfill(self, origin: str, indexes: Sequence[int]) -> None:
        self._do(lambda group: holding.unfill(group, origin, indexes))

    def missing(self, origin: str) -> list[int]:
        return self._do(lambda group: sorted(holding.lacking(group, group.log(origin))))

    def hold(self, origin: str, size: int, note: bytes, entries: Sequence[Entry] = ()) -> None:
        self._do(lambda group: holding.hold(group, origin, size, note, entries))

    def keep_line(self, origin: str, line: Line) -> None:
        self._do(lambda group: holding.keep_line(group, origin, line, self.last_time_s()))

    def regain(self, origin: str, note: bytes, entries: Sequence[Entry], leaves: Sequence[bytes] = ()) -> None:
        gone = tuple(self._marks.told.gone.values())
        self._do(lambda group: regaining.regain(group, origin, note, entries, leaves, gone))

    def rebuild(self, *, write: bool) -> tuple[str, ...]:
        if self.fences:
            return tuple(differences(self._writing, self._logs, self._me, self._catalog, write=False))

        def run(group: Group) -> tuple[str, ...]:
            return tuple(differences(group.connection, self._logs, self._me, self._catalog, write=write))

        return self._do(run)

    def seen(self, sight: Sight) -> SeenStore:
        return SeenStore(self, sight)

    def whole(self) -> SqlStore:
        return self

    def hidden(self, name: str, keys: Sequence[bytes]) -> frozenset[bytes]:
        return frozenset()

    # ---- what operators ask for
    def acknowledge_restore(self) -> Restored:
        """Makes a store that was opened with `inspect` because it is behind its own signatures usable again.

        In one transaction every fenced channel of ours is retired, every channel of others goes behind (one that was retired
        keeps that in mind as `why` "restored-while-retired"), and what was cosigned as a witness is forgotten if it was fenced.
        The high-water file then says so, and neither this nor a later start is fenced for it; a backup from before this moment
        is noticed even so. Conflict when nothing is fenced.
        """
        if not self.fences or "*" in self.fences:
            raise Conflict("nothing-to-acknowledge")
        fences, told = dict(self.fences), self._marks.told
        done = self._sequencer.do(lambda group: returning.acknowledge(group, self._logs, fences, told))
        told.lost |= set(done.lost)
        self.fences = {}
        return done

    def scrub(self) -> Scrubbed:
        """Writes anew whatever held erased bytes, so that no file of the database does; the sequencer waits meanwhile."""
        with self._alone:
            try:
                return self._db.scrub()
            except DBAPIError as fault:
                raise self._db.plainly(fault) from fault
