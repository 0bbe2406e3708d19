"""Where reads wait: up to 128 of one actor, or a tenth of a second, become one record of the journal."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from comity.domain.record.kinds.journal_1 import ENTRIES_MAX
from comity.errors import Busy, ComityError
from comity.ports.journal import Noted

HOLD_S = 0.1
"""How long an entry waits at most; what a process that is killed loses of reads that don't open victims and let nothing out."""
WAITING_MAX = 4096
"""Entries that may wait while they can't be kept. From then on nothing is shown to anybody."""
STOP_S = 15.0
_log = logging.getLogger("comity.journal")


class WaitingReads:
    """Port `Waiting`. Its thread sleeps unless something waits; `close` keeps what is left."""

    def __init__(self, keep: Callable[[Sequence[Noted]], None], *, hold_s: float = HOLD_S) -> None:
        self._keep, self._hold_s = keep, hold_s
        self._lock = threading.Lock()
        self._keeping = threading.Lock()  # so that entries of one actor stay in their order
        self._waiting: dict[str, list[Noted]] = {}
        self._count = 0
        self._some, self._ending = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self.kept = self.faults = 0

    def add(self, noted: Noted, *, at_once: bool) -> None:
        """See the port. The 128th of an actor is kept by whoever brings it."""
        who = _who(noted)
        with self._lock:
            if self._count >= WAITING_MAX:
                raise Busy("journal-waits", waiting=self._count)
            mine = self._waiting.setdefault(who, [])
            mine.append(noted)
            self._count += 1
            due = at_once or len(mine) >= ENTRIES_MAX
            if not due and self._thread is None and not self._ending.is_set():
                self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
                self._thread.start()
        if due:
            self._flush(who)
        else:
            self._some.set()

    def flush(self) -> None:
        """Everything that waits, whoever's it is."""
        self._flush(None)

    def close(self) -> None:
        """Ends the thread and keeps what is left. Safe to repeat."""
        self._ending.set()
        self._some.set()
        if self._thread is not None:
            self._thread.join(STOP_S)
        self.flush()

    def _flush(self, who: str | None) -> None:
        with self._keeping:
            with self._lock:
                names = list(self._waiting) if who is None else [who]
                taken = {name: self._waiting.pop(name) for name in names if name in self._waiting}
                entries = [each for some in taken.values() for each in some]
            if not entries:
                return
            try:
                self._keep(entries)
            except BaseException:
                with self._lock:
                    for name, some in taken.items():
                        self._waiting[name] = some + self._waiting.get(name, [])
                raise
            with self._lock:
                self._count -= len(entries)
                self.kept += 1

    def _run(self) -> None:
        while not self._ending.is_set():
            self._some.wait()
            self._some.clear()
            self._ending.wait(self._hold_s)
            try:
                self.flush()
            except ComityError as fault:
                self.faults += 1
                self._some.set()
                _log.warning("the journal couldn't be kept, %d entries wait: %s", self._count, fault)
            except Exception:  # the top of the worker: counted, told, and tried again
                self.faults += 1
                self._some.set()
                _log.exception("unforeseen fault while keeping the journal")


def _who(noted: Noted) -> str:
    return f"{noted.actor.account} {noted.actor.name}" if noted.actor is not None else ""
