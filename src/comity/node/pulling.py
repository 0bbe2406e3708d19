"""The workers of a running node: one for each accepted peer, which pulls, drains, and never dies."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from comity.adapters.courier import HttpsCourier
from comity.domain.ledger import Admission, Channel, Peer, Standing
from comity.domain.terms import Instant, NodeName
from comity.errors import Busy, ComityError, Misconfigured, Unreachable
from comity.flows.drain import Drainer
from comity.flows.receive import Puller, order_of_pull
from comity.flows.taking_up import look_for_channels
from comity.ports import World

ROSTER_S = 1.0
"""How long a change of the roster may stay unseen when nobody says that there was one."""
LOOK_S = 60.0
"""How often a peer is asked which channels it writes for us."""
PAUSE_MIN_S = 0.5
PACE_S = 0.05
UNWITNESSED_S = 1.0
"""How long until the next look at a channel whose newest checkpoint a quorum of witnesses hasn't seen yet."""
STOP_S = 15.0
_log = logging.getLogger("comity.pulling")


@dataclass(frozen=True)
class PeerState:
    """How pulling from one peer goes.

    pulled_at  end of the last round without a fault; None before the first
    faults     code → how often since the start
    last       code of the fault of the last round; empty when it went well
    pause_s    what is waited until the next round
    """

    name: NodeName
    rounds: int = 0
    pulled_at: Instant | None = None
    faults: dict[str, int] = field(default_factory=dict)
    last: str = ""
    pause_s: float = 0.0


class PeerWorker:
    """Pulls from one peer, as long as it is accepted."""

    def __init__(self, world: World, peer: Peer, courier: HttpsCourier, every_s: float, pause_max_s: float) -> None:
        self.peer = peer
        # Connections of its own: they end with the worker, whatever waits in them.
        self._courier, self._world = courier, replace(world, courier=courier)
        self._every_s, self._pause_max_s = every_s, pause_max_s
        self._puller, self._drainer = Puller(self._world, peer), Drainer(self._world, peer.name)
        self._ending, self._nudged = threading.Event(), threading.Event()
        self._counting = threading.Lock()
        self._faults: Counter[str] = Counter()
        self._state = PeerState(peer.name)
        self._looked_s: float | None = None
        self._listeners: dict[str, threading.Thread] = {}
        self._thread = threading.Thread(target=self._run, name=f"pull-{peer.name}", daemon=True)
        self._thread.start()

    @property
    def state(self) -> PeerState:
        with self._counting:
            return replace(self._state, faults=dict(self._faults))

    def nudge(self) -> None:
        """A round now, also in the middle of a pause."""
        self._nudged.set()

    def end(self) -> None:
        """No further round; what the one under way waits for is cut off, and it may be cut off anywhere."""
        self._ending.set()
        self._nudged.set()
        self._courier.close()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def join(self, wait_s: float) -> None:
        self._thread.join(wait_s)

    def _run(self) -> None:
        failed = 0
        while not self._ending.is_set():
            self._nudged.clear()
            fault = self._round()
            failed = failed + 1 if fault in ("unreachable", "busy", "unforeseen") else 0
            pause_s = self._every_s if not failed else self._pause_s(failed)
            if self._puller.unwitnessed and not failed:
                pause_s = min(pause_s, UNWITNESSED_S)
            self._state = replace(self._state, pause_s=round(pause_s, 1))
            # A peer that announces without end gets no more than this.
            self._ending.wait(PACE_S)
            self._nudged.wait(pause_s)

    def _round(self) -> str:
        """Every channel once, urgent ones first, each drained before the next is asked for; returns what kind of fault came last."""
        kind, code = self._look_for_channels()
        for channel in order_of_pull(self._theirs()):
            if self._ending.is_set():
                break
            self._listen(channel)
            for act in (lambda origin=channel.origin: self._puller.pull(origin), self._drainer.drain_all):
                kind_now, code_now = self._attempt(act)
                kind, code = kind_now or kind, code_now or code
            if kind == "unreachable":
                break  # its other channels would fare no better
        pulled_at = self._state.pulled_at if code else self._world.clock.now()
        self._state = replace(self._state, rounds=self._state.rounds + 1, pulled_at=pulled_at, last=code)
        return kind

    def _look_for_channels(self) -> tuple[str, str]:
        """Now and then, which channels the peer writes for us: one that has lost them all can't announce a new one in any."""
        now_s = time.monotonic()
        if self._looked_s is not None and now_s - self._looked_s < LOOK_S:
            return "", ""
        self._looked_s = now_s
        return self._attempt(lambda: look_for_channels(self._world, self.peer))

    def _attempt(self, act: Callable[[], object]) -> tuple[str, str]:
        """(kind, code) of the fault, or two empty strings."""
        try:
            act()
        except ComityError as fault:
            if self._ending.is_set():
                return "", ""
            kind = "unreachable" if isinstance(fault, Unreachable) else "busy" if isinstance(fault, Busy) else "fault"
            if self._count(fault.code) == 1:
                _log.warning("%s: %s", self.peer.name, fault)
            return kind, fault.code
        except Exception:  # the top of the worker: counted, told, and tried again
            self._count("unforeseen")
            _log.exception("unforeseen fault while pulling from %s", self.peer.name)
            return "unforeseen", "unforeseen"
        return "", ""

    def _count(self, code: str) -> int:
        with self._counting:
            self._faults[code] += 1
            return self._faults[code]

    def _theirs(self) -> list[Channel]:
        channels = self._world.store.channels()
        return [c for c in channels if c.writer == self.peer.name and c.standing is Standing.OPEN]

    def _pause_s(self, failed: int) -> float:
        """Doubles from half a second; the jitter keeps partners of a node that came back from asking all at once."""
        longest = min(self._pause_max_s, PAUSE_MIN_S * 2 ** min(failed, 20))
        return random.uniform(longest / 2, longest)  # noqa: S311  spreads load, decides nothing

    # ---- nudges
    def _listen(self, channel: Channel) -> None:
        if channel.origin not in self._listeners:
            name = f"nudge-{channel.origin[-16:]}"
            thread = threading.Thread(target=self._hear, args=(channel.origin,), name=name, daemon=True)
            self._listeners[channel.origin] = thread
            thread.start()

    def _hear(self, origin: str) -> None:
        """Turns announced sizes into nudges, for as long as the worker lives."""
        path, failed = f"/ch/{origin.rsplit('/', 1)[1]}/events", 0
        while not self._ending.is_set():
            try:
                for at, size in enumerate(self._courier.events(self.peer, path)):
                    failed = 0
                    # The first one says that the way is open again, whatever the size.
                    if at == 0 or size > self._world.store.position(origin).size:
                        self.nudge()
            except ComityError as fault:
                if not self._ending.is_set():
                    self._count(f"events-{fault.code}")
            except Exception:  # the top of the worker, as above
                self._count("events-unforeseen")
                _log.exception("unforeseen fault while listening to %s", self.peer.name)
            failed += 1
            self._ending.wait(self._pause_s(failed))


class Pulling:
    """Keeps one worker for each accepted peer, as the roster changes."""

    def __init__(
        self, world: World, fresh_courier: Callable[[], HttpsCourier], *, every_s: float, pause_max_s: float
    ) -> None:
        self._world, self._fresh_courier = world, fresh_courier
        self._every_s, self._pause_max_s = every_s, pause_max_s
        self._workers: dict[NodeName, PeerWorker] = {}
        self._ended: list[PeerWorker] = []
        self._ending, self._look = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._admit: Callable[[Peer], None] = lambda peer: None

    def start(self, admit: Callable[[Peer], None]) -> None:
        """Begins. `admit` is told of every peer before it is pulled from, so that it gets through our own handshake."""
        self._admit = admit
        self._settle()
        self._thread = threading.Thread(target=self._watch, name="roster", daemon=True)
        self._thread.start()

    @property
    def started(self) -> bool:
        """Whether anybody is being pulled from at all."""
        return self._thread is not None and not self._ending.is_set()

    def look(self) -> None:
        """The roster has changed: workers follow now, not a second later."""
        self._look.set()

    def states(self) -> tuple[PeerState, ...]:
        """How it goes with each peer that is pulled from."""
        return tuple(worker.state for _, worker in sorted(self._workers.items()))

    def stop(self) -> None:
        """Ends every worker and waits for it. Safe to repeat."""
        self._ending.set()
        self._look.set()
        if self._thread is not None:
            self._thread.join(STOP_S)
        workers = [*self._workers.values(), *self._ended]
        for worker in workers:
            worker.end()
        for worker in workers:
            worker.join(STOP_S)

    def _watch(self) -> None:
        while not self._ending.is_set():
            self._look.wait(ROSTER_S)
            self._look.clear()
            try:
                self._settle()
            except Exception:  # the top of the worker: the next look is a second away
                _log.exception("unforeseen fault while reading the roster")

    def _settle(self) -> None:
        accepted = {p.name: p for p in self._world.store.peers() if p.admission is Admission.ACCEPTED}
        for name, worker in list(self._workers.items()):
            if accepted.get(name) != worker.peer:
                worker.end()
                self._ended.append(self._workers.pop(name))
        self._ended = [worker for worker in self._ended if worker.alive]
        for name, peer in accepted.items():
            if name not in self._workers and not self._ending.is_set():
                try:
                    self._admit(peer)
                except Misconfigured as fault:  # others must not wait for this one
                    _log.error("%s is not admitted: %s", name, fault)
                    continue
                courier = self._fresh_courier()
                self._workers[name] = PeerWorker(self._world, peer, courier, self._every_s, self._pause_max_s)
