"""One writer thread that commits in groups: while one group is in fsync, the next one collects."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from comity.errors import Busy, Conflict

G = TypeVar("G")
T = TypeVar("T")


@dataclass(frozen=True)
class Work(Generic[G]):
    """Something to do inside the transaction of a group; its own failure undoes only itself."""

    run: Callable[[G], Any]
    done: Future[Any]


class Sequencer(Generic[G]):
    """Hands works to `commit(group of works)`, which answers their futures.

    group_max     works in one transaction
    waiting_max   works in the queue; more raise Busy
    """

    def __init__(
        self, commit: Callable[[Sequence[Work[G]]], None], *, group_max: int = 256, waiting_max: int = 10_000
    ) -> None:
        self._commit = commit
        self._group_max = group_max
        self._queue: queue.Queue[Work[G] | None] = queue.Queue(waiting_max)
        self._closed = False
        self.groups = self.works = 0
        self._thread = threading.Thread(target=self._loop, name="sequencer", daemon=True)
        self._thread.start()

    def do(self, run: Callable[[G], T]) -> T:
        """Runs inside the next group; answers when that group is durable."""
        if self._closed:
            raise Conflict("store-closed")
        work = Work(run, Future())
        try:
            self._queue.put_nowait(work)
        except queue.Full:
            raise Busy("store-queue-full", waiting=self._queue.qsize()) from None
        result: T = work.done.result()
        return result

    def close(self) -> None:
        """What was queued before is still committed."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            self._thread.join()

    def _loop(self) -> None:
        open_ = True
        while open_:
            group = [self._queue.get()]
            while len(group) < self._group_max:
                try:
                    group.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            open_ = None not in group
            works = [work for work in group if work is not None]
            if works:
                self.groups += 1
                self.works += len(works)
                self._commit(works)
