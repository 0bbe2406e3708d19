"""Looks every minute for holders who have become late with an order, so that nobody has to remember deadlines."""

from __future__ import annotations

import logging
import threading

from comity.errors import ComityError
from comity.flows.custody import overdue
from comity.ports import World

EVERY_S = 60.0
STOP_S = 15.0
_log = logging.getLogger("comity.minding")


class Minding:
    """One thread. What it does is told by notices and by answers to those who gave us orders.

    every_s   seconds between two looks
    """

    def __init__(self, world: World, *, every_s: float = EVERY_S) -> None:
        self._world, self._every_s = world, every_s
        self._ending = threading.Event()
        self._seen: set[str] = set()
        self._thread: threading.Thread | None = None
        self.rounds = self.faults = 0

    def start(self) -> None:
        """Begins, with a look at once."""
        self._thread = threading.Thread(target=self._run, name="minding", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends and waits for the look under way. Safe to repeat."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(STOP_S)

    def _run(self) -> None:
        while not self._ending.is_set():
            self._look()
            self._ending.wait(self._every_s)

    def _look(self) -> None:
        try:
            overdue(self._world, self._seen)
        except ComityError as fault:
            self.faults += 1
            _log.warning("looking for late holders: %s", fault)
        except Exception:  # the top of the worker: counted, told, and tried again
            self.faults += 1
            _log.exception("unforeseen fault while looking for late holders")
        self.rounds += 1
