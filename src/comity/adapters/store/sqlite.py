"""The store on SQLite: WAL, every commit fsynced, one writer thread, readers beside it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, create_engine, event, insert, select, text

from comity.adapters.store import effects, holding, regaining, returning
from comity.adapters.store import tables as t
from comity.adapters.store.fence import behind, catch_up, replay_erasures
from comity.adapters.store.finding import Finding
from comity.adapters.store.group import Group
from comity.adapters.store.listing import Listing
from comity.adapters.store.marks import Marks
from comity.adapters.store.reading import load_logs
from comity.adapters.store.rebuilding import differences
from comity.adapters.store.returning import Restored, finish_return
from comity.adapters.store.rows import Log
from comity.adapters.store.sequencer import Sequencer, Work
from comity.domain.ledger import Line
from comity.domain.record import Entry
from comity.domain.terms import NodeName
from comity.errors import Conflict, Fenced, Misconfigured
from comity.ports import Fact, Keyring, Letter, Place, Step, no_step

T = TypeVar("T")
PRAGMAS = ("journal_mode=wal", "synchronous=full", "foreign_keys=on", "busy_timeout=5000", "secure_delete=on")


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"pragma {pragma}")
    cursor.close()


def _take_lock(path: Path) -> int:
    """One process owns the file; the lock goes with the process."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise Misconfigured("store-in-use", path=str(path.parent)) from None
    return lock


def _in_transaction(connection: Connection) -> bool:
    driver: Any = connection.connection.driver_connection  # sqlite3.Connection; SQLAlchemy types it as Any
    return bool(driver.in_transaction)


@dataclass(frozen=True)
class _Letters:
    """Letters without facts need no savepoint: once checked, appending them can't fail."""

    letters: tuple[Letter, ...]

    def __call__(self, group: Group) -> tuple[Place, ...]:
        group.check(self.letters)
        return group.append(self.letters)


class SqliteStore(Finding, Listing):
    """Port `Store` on one SQLite file that this process alone may write.

    folder   holds `node.db`; `marks` is the folder of the high-water file and must lie outside what backups restore
    inspect  opens a store that is behind its own signatures, for doctor and rebuild; nothing can be kept in it
    Raises Misconfigured when another process has it, or the schema is not ours; Fenced when it is behind.
    """

    def __init__(
        self,
        folder: Path,
        marks: Path,
        me: NodeName,
        keyring: Keyring,
        salt: Callable[[], bytes],
        *,
        step: Step = no_step,
        inspect: bool = False,
        group_max: int = 256,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _take_lock(folder / "node.lock")
        self._me, self._keyring, self._salt, self._step = me, keyring, salt, step
        self._engine = create_engine(
            f"sqlite:///{folder / 'node.db'}", isolation_level="AUTOCOMMIT", pool_size=8, max_overflow=24
        )
        event.listen(self._engine, "connect", _set_pragmas)
        self._writing = self._engine.connect()
        self._prepare()
        self._marks = Marks(marks / "high-water", me)
        self._logs: dict[str, Log] = load_logs(self._writing)
        self._marks.learn(finish_return(self._writing, me, self._logs, self._marks.told))
        self._time_s = self._marks.told.time_s
        self.fences = behind(self._writing, me, self._logs, self._marks.told)
        if replay_erasures(self._writing, self._logs, self._marks.told):
            self._forget_pages()
        if self.fences and not inspect:
            self._shut()
            origin, reason = next(iter(self.fences.items()))
            raise Fenced("store-behind-its-signatures", origin=origin, reason=reason, channels=len(self.fences))
        if not self.fences:
            self._marks.write(catch_up(self._writing, me, self._logs, self._marks.told))
        self._sequencer: Sequencer[Group] = Sequencer(self._commit, group_max=group_max)

    # ---- opening and closing
    def _prepare(self) -> None:
        t.metadata.create_all(self._writing)
        version = self._writing.execute(select(t.schema.c.version)).scalar()
        if version is None:
            self._writing.execute(insert(t.schema).values(version=t.SCHEMA_VERSION))
        elif version != t.SCHEMA_VERSION:
            self._shut()
            raise Misconfigured("schema-version", found=version, known=t.SCHEMA_VERSION)

    def _shut(self) -> None:
        self._writing.close()
        self._engine.dispose()
        os.close(self._lock)

    def close(self) -> None:
        self._sequencer.close()
        self._marks.close()
        self._shut()

    def _forget_pages(self) -> None:
        """Erased bytes leave the write-ahead log too."""
        self._writing.execute(text("pragma wal_checkpoint(truncate)")).close()

    def _read(self, ask: Callable[[Connection], T]) -> T:
        with self._engine.connect() as connection:
            return ask(connection)

    @property
    def groups(self) -> int:
        """Transactions that the sequencer has committed, for measurements."""
        return self._sequencer.groups

    # ---- the one place where anything is written
    def _commit(self, works: Sequence[Work[Group]]) -> None:
        """W2 to W4 for a group of works: all that succeed become durable together, then each is answered."""
        connection = self._writing
        group = Group(connection, self._me, self._logs, self._keyring, self._salt, self._marks.told.lost)
        answers: list[tuple[Work[Group], Any, BaseException | None]] = []
        committed = False
        try:
            connection.exec_driver_sql("begin immediate")
            group.prefetch(x for work in works if isinstance(work.run, _Letters) for x in work.run.letters)
            answers += [self._attempt(group, work) for work in works]
            group.finish()
            self._step("W2")
            self._marks.write(group.marks_first)
            connection.exec_driver_sql("commit")
            committed = True
            self._step("W3")
            self._marks.write(group.marks)
            self._step("W3m")
        except BaseException as fault:
            if committed:  # the database is ahead of the file: nothing more may happen until a start has caught up
                self.fences = {"*": "high-water-not-written"}
            if _in_transaction(connection):
                connection.exec_driver_sql("rollback")
            for work in works:
                work.done.set_exception(fault)
            return
        self._logs = {**self._logs, **group.touched}
        if group.erased_something:
            self._forget_pages()
        self._step("W4")
        for work, result, failure in answers:
            if failure is None:
                work.done.set_result(result)
            else:
                work.done.set_exception(failure)

    def _attempt(self, group: Group, work: Work[Group]) -> tuple[Work[Group], Any, BaseException | None]:
        if isinstance(work.run, _Letters):
            try:
                group.check(work.run.letters)
            except Exception as refused:  # the caller's own fault, handed to that caller alone
                return work, None, refused
            return work, group.append(work.run.letters), None
        group.flush()
        before = group.snapshot()
        group.connection.exec_driver_sql("savepoint one")
        try:
            result = work.run(group)
            group.flush()
        except Exception as refused:  # the caller's own fault, handed to that caller alone
            group.connection.exec_driver_sql("rollback to one")
            group.connection.exec_driver_sql("release one")
            group.restore(before)
            return work, None, refused
        group.connection.exec_driver_sql("release one")
        return work, result, None

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

    def acknowledge_restore(self) -> Restored:
        """Makes a store that was opened with `inspect` because it is behind its own signatures usable again.

        In one transaction every fenced channel of ours is retired, every channel of others goes behind (one that was retired
        keeps that in mind as `why` "restored-while-retired"), and what was cosigned as a witness is forgotten if it was fenced.
        The high-water file then says so, and neither this nor a later start is fenced for it; a backup from before this moment
        is noticed even so. Repeating it is not needed and not allowed: Conflict when nothing is fenced.
        """
        if not self.fences or "*" in self.fences:
            raise Conflict("nothing-to-acknowledge")
        fences, told = dict(self.fences), self._marks.told
        done = self._sequencer.do(lambda group: returning.acknowledge(group, self._logs, fences, told))
        told.lost |= set(done.lost)
        self.fences = {}
        return done

    def rebuild(self, *, write: bool) -> tuple[str, ...]:
        if self.fences:
            return tuple(differences(self._writing, self._logs, write=False))
        return self._do(lambda group: tuple(differences(group.connection, self._logs, write=write)))
