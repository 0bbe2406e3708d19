"""What a store needs of its database beyond SQL: who alone may write, how a transaction ends, and what happens when it goes away."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from comity.adapters.at_rest import Sealing

T = TypeVar("T")
IDLE_MAX = 6
"""Fewer than the pool holds, so that a scrub or a check always finds one."""


@dataclass(frozen=True)
class Scrubbed:
    """What was done so that erased bytes are in no file of the database any more.

    done    code of each step that was carried out
    undone  code of each step that the database didn't let us do, with its reason
    """

    done: tuple[str, ...]
    undone: tuple[tuple[str, str], ...] = ()


class Database(ABC):
    """One database of one node. The writer's connection is used by one thread; the engine serves readers.

    where   what tells operators which database it is; never holds a password
    """

    engine: Engine
    where: str
    _engines: tuple[Engine, ...] = ()
    """All of them, where there are several."""

    def __init__(self) -> None:
        self._idle: list[Connection] = []  # append and pop are atomic; no lock is needed

    def seal_with(self, sealing: Sealing) -> None:
        """What seals personal values here: before the first connection is made. `sealing_of` gives it back."""
        for engine in self._engines or (self.engine,):
            engine.update_execution_options(sealing=sealing)

    @abstractmethod
    def writer(self, patience_s: float) -> Connection:
        """The connection that alone may write; a new one when it was lost.

        Misconfigured when another process owns the database, Busy when it can't be reached within `patience_s`.
        """

    @abstractmethod
    def begin(self, connection: Connection) -> None:
        """Starts a transaction for writing."""

    @abstractmethod
    def in_transaction(self, connection: Connection) -> bool:
        """Whether one is open; never asked of a lost connection."""

    def lost(self, connection: Connection) -> bool:
        """Whether the connection is gone, and with it whatever wasn't committed."""
        return False

    def plainly(self, fault: Exception) -> Exception:
        """What the disk under the database refuses, as one of our faults: NoSpace, Misconfigured; any other fault as it is."""
        return fault

    def mark(self, connection: Connection) -> str:
        """What `committed` can find the open transaction by after the connection was lost."""
        return ""

    def committed(self, connection: Connection, mark: str) -> bool:
        """Whether a transaction whose COMMIT was sent over a lost connection went through. Unreachable when nobody can tell."""
        return False

    def read(self, ask: Callable[[Connection], T]) -> T:
        """What `ask` finds out over a connection for reading.

        Taking one out of the pool costs more than most questions: some stay out between two questions.
        """
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connected()
        try:
            found = ask(connection)
        except DBAPIError as fault:
            connection.close()
            raise self.plainly(fault) from fault.orig
        except BaseException:
            connection.close()
            raise
        if len(self._idle) < IDLE_MAX:
            self._idle.append(connection)
        else:
            connection.close()
        return found

    def _connected(self) -> Connection:
        try:
            return self.engine.connect()
        except DBAPIError as fault:
            raise self.plainly(fault) from fault.orig

    def let_go(self) -> None:
        """Connections that wait between two questions go back to the pool."""
        while self._idle:
            self._idle.pop().close()

    @abstractmethod
    def forget(self, connection: Connection) -> bool:
        """After a commit that erased: what can be done at once against erased bytes in files; False when it has to be repeated."""

    @abstractmethod
    def scrub(self) -> Scrubbed:
        """Everything that can be done so that no file holds erased bytes. Nobody writes meanwhile; readers may have to wait."""

    @abstractmethod
    def check(self, connection: Connection) -> Sequence[str]:
        """Damage that the database finds in itself, at most a few lines; nothing when it is sound."""

    @abstractmethod
    def after_copy(self, connection: Connection) -> None:
        """Numbers that the database gives out go on above those that were copied in."""

    @abstractmethod
    def close(self) -> None:
        """Lets go of everything. Safe to repeat."""
