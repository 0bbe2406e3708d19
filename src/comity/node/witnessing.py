"""The workers that bring our channels to the witnesses we chose: one for each, so that none waits for another."""

from __future__ import annotations

import logging
import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from comity.adapters.courier import HttpsCourier
from comity.domain.ledger import Admission, Peer
from comity.domain.terms import NodeName
from comity.errors import ComityError, Unreachable
from comity.flows.compare import compare_with_witness, read_from_others
from comity.flows.submit import Submitted, Submitter, to_witness, wish
from comity.ports import World

LOOK_S = 0.25
"""How soon a new checkpoint is seen."""
LATER_S = 1.0
"""How long a channel waits that the witness doesn't know yet."""
COMPARE_S = 20.0
"""How often what others show us is held against what the witness has seen."""
PAUSE_MIN_S, STOP_S = 0.5, 15.0
_log = logging.getLogger("comity.witnessing")


@dataclass(frozen=True)
class WitnessState:
    """How it goes with one witness.

    ready     it is an accepted peer, and its witness key is known here
    asked     submissions since the start
    outcomes  what became of them, by `Submitted`
    faults    code → how often since the start
    last      code of the last round's fault; empty when it went well
    """

    name: NodeName
    ready: bool = False
    asked: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    last: str = ""


class WitnessWorker:
    """Submits to one witness, for as long as the node runs; whether it may be asked is looked up at every round."""

    def __init__(self, world: World, name: NodeName, courier: HttpsCourier, pause_max_s: float) -> None:
        self._courier, self._world = courier, replace(world, courier=courier)
        self._name, self._pause_max_s = name, pause_max_s
        self._ending, self._counting = threading.Event(), threading.Lock()
        self._faults: Counter[str] = Counter()
        self._outcomes: Counter[str] = Counter()
        self._ready, self._last = False, ""
        self._submitter: Submitter | None = None
        self._level: dict[str, int] = {}
        self._looks = 0
        self._thread = threading.Thread(target=self._run, name=f"witness-{name}", daemon=True)
        self._thread.start()

    @property
    def state(self) -> WitnessState:
        with self._counting:
            asked = sum(self._outcomes.values())
            outcomes, faults = dict(self._outcomes), dict(self._faults)
            return WitnessState(self._name, self._ready, asked, outcomes, faults, self._last)

    def end(self) -> None:
        """No further round; what the one under way waits for is cut off."""
        self._ending.set()
        self._courier.close()

    def join(self) -> None:
        self._thread.join(STOP_S)

    def _run(self) -> None:
        failed = 0
        while not self._ending.is_set():
            code, pause_s = "", LOOK_S
            try:
                pause_s = self._round()
                failed = 0
            except ComityError as fault:
                code = fault.code
                if self._ending.is_set():
                    break
                if self._count(code) == 1:
                    _log.warning("%s: %s", self._name, fault)
                failed += 1
            except Exception:  # the top of the worker: counted, told, and tried again
                code = "unforeseen"
                self._count(code)
                _log.exception("unforeseen fault while being witnessed by %s", self._name)
                failed += 1
            self._last = code
            self._ending.wait(self._pause_s(failed) if failed else pause_s)

    def _round(self) -> float:
        """Every channel that has grown since its last line; returns how long to wait. A fault of one doesn't stop the next."""
        peer = self._witness()
        self._ready = peer is not None and peer.witness_key is not None
        if peer is None:
            return LATER_S
        wish(self._world, self._name)
        if peer.witness_key is None:
            return LATER_S
        if self._submitter is None or self._submitter.witness != peer:
            self._submitter, self._level = Submitter(self._world, peer), {}
        first: ComityError | None = None
        later = False
        for channel in to_witness(self._world):
            size = self._world.store.position(channel.origin).size
            if self._ending.is_set() or self._level.get(channel.origin, 0) == size:
                continue
            try:
                outcome = self._submitter.submit(channel.origin)
            except Unreachable:
                raise  # the other channels would fare no better
            except ComityError as fault:
                first = first or fault
                continue
            with self._counting:
                self._outcomes[outcome.value] += 1
            if outcome is Submitted.LATER:
                later = True
            else:
                self._level[channel.origin] = size
        self._compare(peer)
        if first is not None:
            raise first
        return LATER_S if later else LOOK_S

    def _compare(self, peer: Peer) -> None:
        """Now and then: does the witness see what we are shown?"""
        self._looks += 1
        if (self._looks - 1) % round(COMPARE_S / LOOK_S):
            return
        for channel in read_from_others(self._world, peer):
            if not self._ending.is_set():
                compare_with_witness(self._world, peer, channel)

    def _witness(self) -> Peer | None:
        for peer in self._world.store.peers():
            if peer.name == self._name and peer.admission is Admission.ACCEPTED:
                return peer
        return None

    def _count(self, code: str) -> int:
        with self._counting:
            self._faults[code] += 1
            return self._faults[code]

    def _pause_s(self, failed: int) -> float:
        longest = min(self._pause_max_s, PAUSE_MIN_S * 2 ** min(failed, 20))
        return random.uniform(longest / 2, longest)  # noqa: S311  spreads load, decides nothing


class Witnessing:
    """One worker for each witness in the settings."""

    def __init__(
        self,
        world: World,
        fresh_courier: Callable[[], HttpsCourier],
        ask: Sequence[str],
        *,
        pause_max_s: float,
    ) -> None:
        self._world, self._fresh_courier, self._pause_max_s = world, fresh_courier, pause_max_s
        self._ask = [NodeName(name) for name in dict.fromkeys(ask)]
        self._workers: list[WitnessWorker] = []

    def start(self) -> None:
        """Begins."""
        self._workers = [
            WitnessWorker(self._world, name, self._fresh_courier(), self._pause_max_s) for name in self._ask
        ]

    def states(self) -> tuple[WitnessState, ...]:
        """How it goes with each witness."""
        return tuple(worker.state for worker in self._workers)

    def stop(self) -> None:
        """Ends every worker and waits for it. Safe to repeat."""
        for worker in self._workers:
            worker.end()
        for worker in self._workers:
            worker.join()
