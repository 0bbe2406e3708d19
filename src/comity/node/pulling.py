"""The workers of a running node: for each accepted peer one for each lane, and one that listens for what is announced."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from comity.adapters.courier import HttpsCourier
from comity.domain.ledger import BETWEEN_NODES, Admission, Lane, Peer
from comity.domain.terms import Instant, NodeName
from comity.errors import ComityError, Misconfigured, NotFound
from comity.flows.drain import Drainer
from comity.node.gate import Gate
from comity.node.guarding import Guarding
from comity.node.lane_worker import LaneState, LaneWorker, OneAtATime, Pace
from comity.ports import World

ROSTER_S = 1.0
"""How long a change of the roster may stay unseen when nobody says that there was one."""
STOP_S = 15.0
_log = logging.getLogger("comity.pulling")


@dataclass(frozen=True)
class PeerState:
    """How pulling from one peer goes.

    rounds     of all lanes
    pulled_at  end of the last round of any lane without a fault; None before the first
    faults     code → how often since the start
    last       code of the fault of the last round, of the most pressing lane that had one; empty when all went well
    pause_s    what is waited until the next round of any lane
    """

    name: NodeName
    rounds: int = 0
    pulled_at: Instant | None = None
    faults: dict[str, int] = field(default_factory=dict)
    last: str = ""
    pause_s: float = 0.0


class PeerWorker:
    """Pulls from one peer, as long as it is accepted: the lanes beside each other, the more pressing ones first."""

    def __init__(
        self,
        world: World,
        peer: Peer,
        fresh_courier: Callable[[], HttpsCourier],
        every_s: float,
        pause_max_s: float,
        guarding: Guarding,
    ) -> None:
        self.peer, self._world = peer, world
        # Connections of their own: a lane's end with it, whatever waits in them, and one that breaks takes no other along.
        couriers = {lane: fresh_courier() for lane in BETWEEN_NODES}
        self._courier, self._pace = fresh_courier(), Pace(every_s, pause_max_s)
        self.gate = Gate({lane: courier.cut for lane, courier in couriers.items()})
        drainer = OneAtATime(Drainer(world, peer.name, guarding.intake, guarding.saw))
        self._lanes = {
            lane: LaneWorker(
                world, peer, lane, courier, self.gate, drainer, self._pace, guarding.saw, look=lane is Lane.URGENT
            )
            for lane, courier in couriers.items()
        }
        self._ending = threading.Event()
        self._listener = threading.Thread(target=self._hear, name=f"nudge-{peer.name}", daemon=True)
        for worker in self._lanes.values():
            worker.start()
        self._listener.start()

    @property
    def state(self) -> PeerState:
        states = [worker.state for worker in self._lanes.values()]
        faults: Counter[str] = Counter()
        for state in states:
            faults.update(state.faults)
        return PeerState(
            self.peer.name,
            sum(state.rounds for state in states),
            max((state.pulled_at for state in states if state.pulled_at is not None), default=None),
            dict(faults),
            next((state.last for state in states if state.last), ""),
            min(state.pause_s for state in states),
        )

    @property
    def lanes(self) -> dict[Lane, LaneState]:
        """How each lane goes."""
        return {lane: worker.state for lane, worker in self._lanes.items()}

    def end(self) -> None:
        """No further round; what is under way is cut off, and it may be cut off anywhere."""
        self._ending.set()
        for worker in self._lanes.values():
            worker.end()
        self.gate.open()
        self._courier.close()

    @property
    def alive(self) -> bool:
        return any(worker.alive for worker in self._lanes.values())

    def join(self, wait_s: float) -> None:
        for worker in self._lanes.values():
            worker.join(wait_s)

    def _hear(self) -> None:
        """Turns announced sizes into nudges, for as long as the worker lives."""
        failed = 0
        while not self._ending.is_set():
            try:
                for at, said in enumerate(self._courier.events(self.peer, "/events")):
                    failed = 0
                    if at == 0:
                        # It says that the way is open again, whatever the size.
                        self._nudge_all()
                    self._announced(f"{self.peer.name}/ch/{said.channel}", said.size)
            except ComityError as fault:
                if not self._ending.is_set():
                    self._lanes[Lane.RESCUE].count(f"events-{fault.code}")
            except Exception:  # the top of the worker: counted, told, and tried again
                self._lanes[Lane.RESCUE].count("events-unforeseen")
                _log.exception("unforeseen fault while listening to %s", self.peer.name)
            failed += 1
            self._ending.wait(self._pace.pause_s(failed))

    def _nudge_all(self) -> None:
        for worker in self._lanes.values():
            worker.nudge()

    def _announced(self, origin: str, size: int) -> None:
        try:
            channel = self._world.store.channel(origin)
        except NotFound:
            # A channel that we don't know yet: whoever looks for channels may learn of it.
            self._lanes[Lane.URGENT].nudge()
            return
        if channel.lane in self._lanes and size > self._world.store.position(origin).size:
            self._lanes[channel.lane].press()


class Pulling:
    """Keeps one worker for each accepted peer, as the roster changes."""

    def __init__(
        self,
        world: World,
        fresh_courier: Callable[[], HttpsCourier],
        *,
        every_s: float,
        pause_max_s: float,
        guarding: Guarding | None = None,
    ) -> None:
        self._world, self._fresh_courier = world, fresh_courier
        self._guarding = guarding or Guarding(world, world.store.peers)
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

    def gate(self, name: NodeName) -> Gate | None:
        """Who goes first on the way to this peer, for whatever else uses the same line; None while nothing is pulled from it."""
        worker = self._workers.get(name)
        return worker.gate if worker is not None else None

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
                self._workers[name] = PeerWorker(
                    self._world, peer, self._fresh_courier, self._every_s, self._pause_max_s, self._guarding
                )
