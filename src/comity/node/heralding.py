"""The workers that tell people outside that something waits: one thread for each herald, so that none holds up another.

Each word goes out at least once: the cursor moves after it was handed over. What doesn't press is gathered, so a flood of notices is
one word with counts. A word names the node, the kinds and how many; never a value, a person or a peer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from comity.domain.terms import Instant
from comity.errors import ComityError, Conflict
from comity.flows.herald import Waiting, told, waiting
from comity.ports import Herald, Word, World

LOOK_S, PRESSING_S, PAUSE_MIN_S, PAUSE_MAX_S, STOP_S = 1.0, 5.0, 1.0, 60.0, 5.0
_log = logging.getLogger("comity.heralding")

# What a kind of notice is called, where its code says too little; the count stands before it.
CALLED = {
    "request-arrived": "request(s) arrived",
    "message-arrived": "message(s) about a request arrived",
    "step-arrived": "answer(s), action(s) or acknowledgement(s) arrived",
    "order": "order(s) to correct, withdraw or erase arrived",
    "fork": "channel(s) stopped: a partner signed two histories",
    "quarantined": "record(s) in quarantine: they can't be read here",
    "match": "match(es) with what is known here",
    "file-wrong": "file(s) came with another digest",
    "file-given-up": "file(s) given up",
}


@dataclass(frozen=True)
class HeraldState:
    """How it goes with one herald: words told since the start, when the last one was, code → how often it failed."""

    name: str
    told: int = 0
    told_at: Instant | None = None
    last: str = ""
    faults: dict[str, int] = field(default_factory=dict)


class HeraldWorker:
    """Tells one herald, as long as the node runs."""

    def __init__(
        self, world: World, name: str, herald: Herald, kinds: Collection[str], every_s: float, look_s: float
    ) -> None:
        self.name = name
        self._world, self._herald, self._kinds = world, herald, frozenset(kinds)
        self._every_s, self._look_s, self._pressing_s = every_s, look_s, min(PRESSING_S, every_s)
        self._held: Waiting | None = None
        self._failed, self._told, self._last = 0, 0, ""
        self._told_at: Instant | None = None
        self._told_s = float("-inf")
        self._faults: Counter[str] = Counter()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"herald-{name}", daemon=True)
        self._thread.start()

    @property
    def state(self) -> HeraldState:
        return HeraldState(self.name, self._told, self._told_at, self._last, dict(self._faults))

    def end(self) -> None:
        self._ending.set()

    def join(self, wait_s: float) -> None:
        self._thread.join(wait_s)

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                wait_s = self._round()
                self._failed, self._last = 0, ""
            except ComityError as fault:
                wait_s = self._after(fault.code)
                if self._faults[fault.code] == 1:
                    _log.warning("herald %s: %s", self.name, fault)
            except Exception:  # the top of the worker: counted, told, and tried again
                wait_s = self._after("unforeseen")
                _log.exception("unforeseen fault while telling herald %s", self.name)
            self._ending.wait(wait_s)

    def _round(self) -> float:
        """Tells what waits, if it is time; returns how long to wait."""
        # A word that failed goes out again as it was, under its key: then whoever gets it twice can tell.
        found = self._held or waiting(self._world, self.name, self._kinds)
        if found is None:
            return self._look_s
        if found.counts:
            due_s = self._told_s + (self._pressing_s if found.pressing else self._every_s) - time.monotonic()
            if due_s > 0 and self._held is None:
                return min(self._look_s, due_s)
            self._held = found
            self._herald.tell(word_of(self._world, self.name, found))
            self._told, self._told_s, self._told_at = self._told + 1, time.monotonic(), self._world.clock.now()
        self._held = None
        try:
            told(self._world, self.name, found)
        except Conflict:
            _log.warning("herald %s: its cursor was moved by somebody else", self.name)
        return self._look_s

    def _after(self, code: str) -> float:
        self._faults[code] += 1
        self._failed, self._last = self._failed + 1, code
        return min(PAUSE_MAX_S, self._look_s * PAUSE_MIN_S * 2.0 ** min(self._failed - 1, 20))


class Heralding:
    """Keeps one worker for each herald that the settings name."""

    def __init__(self, world: World, *, kinds: Collection[str], every_s: float, look_s: float = LOOK_S) -> None:
        self._world, self._kinds, self._every_s, self._look_s = world, kinds, every_s, look_s
        self._workers: list[HeraldWorker] = []

    def start(self) -> None:
        self._workers = [
            HeraldWorker(self._world, name, herald, self._kinds, self._every_s, self._look_s)
            for name, herald in self._world.heralds.items()
        ]

    def states(self) -> tuple[HeraldState, ...]:
        """How it goes with each herald of a node that runs."""
        return tuple(worker.state for worker in self._workers)

    def stop(self) -> None:
        """Ends every worker. A word under way may still go out. Safe to repeat."""
        for worker in self._workers:
            worker.end()
        for worker in self._workers:
            worker.join(STOP_S)


def word_of(world: World, herald: str, found: Waiting) -> Word:
    """The word about what waits: node, kinds, counts, where to look; nothing else."""
    node, total = world.me.name, sum(found.counts.values())
    lines = [f"{count:>6}  {CALLED.get(kind, kind)}" for kind, count in sorted(found.counts.items())]
    urgent = (
        f"{found.pressing} of them pressing: a rescue, or a request that is called urgent.\n\n"
        if found.pressing
        else ""
    )
    text = (
        f"Waiting at the desk of {node}:\n\n" + "\n".join(lines) + f"\n\n{urgent}"
        "Look there: comity notify list, comity request list.\n"
        "This message holds nothing of what arrived, and can't be answered.\n"
    )
    subject = f"[comity {node}] {'PRESSING: ' if found.pressing else ''}{total} waiting"
    return Word(f"{node} {herald} {found.before}-{found.after}", subject, text, world.clock.now())


def trial_word(world: World, herald: str) -> Word:
    """A word that says that it is a test."""
    node, now = world.me.name, world.clock.now()
    text = f"This is a test by an officer of {node}. Nothing waits because of it.\n"
    return Word(f"{node} {herald} test {now}", f"[comity {node}] test", text, now)
