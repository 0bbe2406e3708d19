"""The worker that fetches the files which held records name: piece by piece, behind the records, and never in their way.

Records go first: while a rescue or urgent channel of a peer is being filled, no piece is asked of that peer, and a piece is small
enough for the line to be free again soon. Its size follows what the line bears.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from comity.adapters.courier import HttpsCourier
from comity.domain.ledger import Admission, Lane, Peer
from comity.domain.terms import NodeName
from comity.errors import Busy, ComityError, Malformed, NotFound, Unreachable
from comity.flows.files import Wanted, fetch_piece, wanted_at, wanted_now
from comity.ports import Noticed, Place, World

PIECE_BYTES_MIN, PIECE_BYTES_MAX = 64 * 1024, 4 * 1024 * 1024
"""Multiples of the 64 KiB in which a part is kept."""
WRONG_MAX = 3
"""How often a file with another digest is fetched anew before it is given up until the next start."""
PAUSE_MIN_S, PAUSE_MAX_S, LOOK_S, PRESSED_S, STOP_S = 0.5, 900.0, 1.0, 0.1, 15.0
_log = logging.getLogger("comity.fetching")


@dataclass
class _Task:
    """One file on its way. Times are those of the monotonic clock, in seconds."""

    wanted: Wanted
    due_s: float = 0.0
    failed: int = 0
    wrong: int = 0
    piece_bytes: int = 4 * PIECE_BYTES_MIN


@dataclass(frozen=True)
class FetchState:
    """How fetching goes: files that wait, bytes and files that came since the start, code → how often it failed."""

    waiting: int = 0
    given_up: int = 0
    files: int = 0
    pieces: int = 0
    faults: dict[str, int] = field(default_factory=dict)


class Fetching:
    """One thread for all peers; a peer that can't be reached is left alone for a while."""

    def __init__(
        self,
        world: World,
        fresh_courier: Callable[[], HttpsCourier],
        *,
        bytes_max: int,
        look_s: float = LOOK_S,
        pause_min_s: float = PAUSE_MIN_S,
    ) -> None:
        self._courier, self._bytes_max = fresh_courier(), bytes_max
        self._world = replace(world, courier=self._courier)
        self._look_s, self._pause_min_s = look_s, pause_min_s
        self._tasks: dict[tuple[str, str], _Task] = {}
        self._given_up: set[tuple[str, str]] = set()
        self._peer_due: dict[NodeName, tuple[float, int]] = {}
        self._seen = 0
        self._faults: Counter[str] = Counter()
        self._files = self._pieces = 0
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="files", daemon=True)
        self._thread.start()

    @property
    def state(self) -> FetchState:
        return FetchState(len(self._tasks), len(self._given_up), self._files, self._pieces, dict(self._faults))

    def stop(self) -> None:
        """Ends the worker, whatever it waits for. What has come of a file stays. Safe to repeat."""
        self._ending.set()
        self._courier.close()
        if self._thread is not None:
            self._thread.join(STOP_S)

    # ---- the worker
    def _run(self) -> None:
        begun = False
        while not self._ending.is_set():
            wait_s = self._look_s
            try:
                # What arrives from now on is told by notices; what was here before is looked up once.
                self._look()
                if not begun:
                    self._want(wanted_now(self._world))
                    begun = True
                task = self._next()
                wait_s = self._piece(task) if task is not None else self._look_s
            except ComityError as fault:
                if not self._ending.is_set():
                    self._count(fault)
            except Exception:  # the top of the worker: counted, told, and tried again
                self._faults["unforeseen"] += 1
                _log.exception("unforeseen fault while fetching files")
            if wait_s:
                self._ending.wait(wait_s)

    def _look(self) -> None:
        """Takes up what the records that have arrived since the last look name."""
        while not self._ending.is_set():
            fresh = self._world.store.notices_after(self._seen)
            if not fresh:
                return
            origins = {channel.origin for channel in self._world.store.channels()}
            places = [place for _, notice in fresh if (place := _place(notice)) is not None and place.origin in origins]
            self._want(one for place in dict.fromkeys(places) for one in wanted_at(self._world, place))
            self._seen = fresh[-1][0]

    def _want(self, found: Iterable[Wanted]) -> None:
        for wanted in found:
            key = (wanted.sha256, wanted.origin)
            if key in self._tasks or key in self._given_up:
                continue
            if wanted.size > self._bytes_max:
                self._give_up(key, wanted, "file-too-large")
            else:
                self._tasks[key] = _Task(wanted)

    def _next(self) -> _Task | None:
        """The first one that is due: from pressing channels first, small before large, so that most is here soonest."""
        now_s = time.monotonic()
        lanes = {channel.origin: channel.lane.rank for channel in self._world.store.channels()}
        due = [
            task
            for task in self._tasks.values()
            if max(task.due_s, self._peer_due.get(task.wanted.writer, (0.0, 0))[0]) <= now_s
        ]
        return min(due, key=lambda task: (lanes.get(task.wanted.origin, 9), task.wanted.size), default=None)

    def _piece(self, task: _Task) -> float:
        """Asks for one piece; returns how long to wait before the next look."""
        wanted = task.wanted
        peer = next((p for p in self._world.store.peers() if p.name == wanted.writer), None)
        if peer is None or peer.admission is not Admission.ACCEPTED:
            self._later(task)
            return 0.0
        if self._pressed(peer):
            return PRESSED_S
        try:
            held = fetch_piece(self._world, peer, wanted, task.piece_bytes)
        except (NotFound, Malformed) as fault:
            self._count(fault)
            self._failed_at(task, fault)
        except (Unreachable, Busy) as fault:
            self._count(fault)
            task.piece_bytes = max(PIECE_BYTES_MIN, task.piece_bytes // 2)
            failed = self._peer_due.get(peer.name, (0.0, 0))[1] + 1
            self._peer_due[peer.name] = (time.monotonic() + self._pause_s(failed), failed)
        else:
            self._peer_due.pop(peer.name, None)
            self._pieces += 1
            task.failed, task.piece_bytes = 0, min(PIECE_BYTES_MAX, task.piece_bytes * 2)
            if held >= wanted.size:
                self._tasks.pop((wanted.sha256, wanted.origin), None)
                self._files += 1
        return 0.0

    def _failed_at(self, task: _Task, fault: ComityError) -> None:
        """Not there yet: later. Not named any more: never. Not the file that was named: a few times, then no more."""
        key = (task.wanted.sha256, task.wanted.origin)
        if fault.code == "file-not-named":
            self._tasks.pop(key, None)
            return
        if isinstance(fault, Malformed):
            task.wrong += 1
            if task.wrong >= WRONG_MAX:
                self._give_up(key, task.wanted, fault.code)
                return
        self._later(task)

    def _later(self, task: _Task) -> None:
        task.failed += 1
        task.due_s = time.monotonic() + self._pause_s(task.failed)

    def _give_up(self, key: tuple[str, str], wanted: Wanted, reason: str) -> None:
        self._tasks.pop(key, None)
        self._given_up.add(key)
        about = {"sha256": wanted.sha256, "bytes": wanted.size, "origin": wanted.origin, "reason": reason}
        notice = Noticed(
            f"file-given-up {wanted.sha256} {wanted.origin}", self._world.clock.now(), "file-given-up", about
        )
        self._world.store.keep([], [notice])

    def _pressed(self, peer: Peer) -> bool:
        """Whether pressing records of this peer are on their way."""
        store = self._world.store
        return any(
            (position := store.position(channel.origin)).pending > position.size
            for channel in store.channels()
            if channel.writer == peer.name and channel.lane in (Lane.RESCUE, Lane.URGENT)
        )

    def _pause_s(self, failed: int) -> float:
        return min(PAUSE_MAX_S, self._pause_min_s * 2.0 ** min(failed - 1, 20))

    def _count(self, fault: ComityError) -> None:
        self._faults[fault.code] += 1
        if self._faults[fault.code] == 1:
            _log.warning("files: %s", fault)


def _place(notice: Noticed) -> Place | None:
    origin, index = notice.about.get("origin"), notice.about.get("index")
    return Place(origin, index) if isinstance(origin, str) and isinstance(index, int) else None
