"""The worker of one lane of one peer: it pulls the lane's channels, has what they hold dealt with, and never dies.

Each lane has connections of its own. So a rescue never queues behind an indicator list: the lanes below it wait while it is being
fetched, and what they wait for is broken off the moment it is announced.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from comity.adapters.courier import HttpsCourier
from comity.adapters.courier.https import GIVEN_WAY
from comity.domain.ledger import Channel, Lane, Peer, Standing
from comity.domain.terms import Instant
from comity.errors import Busy, ComityError, Unreachable
from comity.flows.attacks import attack_of
from comity.flows.drain import Drainer
from comity.flows.receive import Puller, order_of_pull
from comity.flows.recover import is_due, recover
from comity.flows.taking_up import look_for_channels
from comity.node.gate import Gate, GivingWay
from comity.ports import World

LOOK_S = 60.0
"""How often a peer is asked which channels it writes for us."""
UNWITNESSED_S = 1.0
"""How long until the next look at a channel whose newest checkpoint a quorum of witnesses hasn't seen yet."""
PAUSE_MIN_S = 0.5
PACE_S = 0.05
AT_ONCE_S = 0.2
"""Pause after a connection broke that had brought something: the next one may bring the rest."""
HELD_MAX = 5
"""Rounds that may fail one after the other before the lanes below get their turn meanwhile."""
_log = logging.getLogger("comity.pulling")


@dataclass(frozen=True)
class LaneState:
    """How one lane goes.

    pulled_at  end of the last round without a fault; None before the first
    faults     code → how often since the start
    last       code of the fault of the last round; empty when it went well
    pause_s    what is waited until the next round
    """

    lane: Lane
    rounds: int = 0
    pulled_at: Instant | None = None
    faults: dict[str, int] = field(default_factory=dict)
    last: str = ""
    pause_s: float = 0.0


@dataclass(frozen=True)
class Pace:
    """How often: every so many seconds without a nudge, and at most so long while the peer can't be reached."""

    every_s: float
    pause_max_s: float

    def pause_s(self, failed: int) -> float:
        """Doubles from half a second; the jitter keeps partners of a node that came back from asking all at once."""
        longest = min(self.pause_max_s, PAUSE_MIN_S * 2 ** min(max(failed - 1, 0), 20))
        return random.uniform(longest / 2, longest)  # noqa: S311  spreads load, decides nothing


class OneAtATime:
    """A drainer that several lanes share: orders are looked ahead for in all channels of the writer."""

    def __init__(self, drainer: Drainer) -> None:
        self._drainer, self._lock = drainer, threading.Lock()

    def drain(self, origin: str) -> int:
        with self._lock:
            return self._drainer.drain(origin)

    def over(self) -> tuple[str, ...]:
        """Kinds of which the writer has brought enough for today."""
        with self._lock:
            return self._drainer.taken.over()


class LaneWorker:
    """Pulls one lane of one peer until it is ended.

    saw   is told when what the peer answers or writes breaks the rules: its kind in `flows.attacks`, and the peer
    look  whether this lane also asks, now and then, which channels the peer writes
    """

    def __init__(
        self,
        world: World,
        peer: Peer,
        lane: Lane,
        courier: HttpsCourier,
        gate: Gate,
        drainer: OneAtATime,
        pace: Pace,
        saw: Callable[[str, str], None],
        *,
        look: bool = False,
    ) -> None:
        self._world = replace(world, courier=GivingWay(courier, gate, lane))
        self._peer, self._lane, self._courier, self._gate, self._drainer = peer, lane, courier, gate, drainer
        self._pace, self._saw, self._looks = pace, saw, look
        self._puller = Puller(self._world, peer, portion=lambda: courier.portion)
        self._ending, self._nudged = threading.Event(), threading.Event()
        self._pressing = False
        self._asked_s = 0
        self._counting = threading.Lock()
        self._faults: Counter[str] = Counter()
        self._state = LaneState(lane)
        self._looked_s: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"pull-{lane}-{peer.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def state(self) -> LaneState:
        with self._counting:
            return replace(self._state, faults=dict(self._faults))

    def nudge(self) -> None:
        """A round now, also in the middle of a pause."""
        self._nudged.set()

    def press(self) -> None:
        """There is something: the lanes below give way at once."""
        self._pressing = True
        self._gate.press(self._lane)
        self.nudge()

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

    def count(self, code: str) -> int:
        """A fault more; returns how many of this code there are."""
        with self._counting:
            self._faults[code] += 1
            return self._faults[code]

    def _run(self) -> None:
        failed = 0
        while not self._ending.is_set():
            self._nudged.clear()
            self._asked_s = 0
            channels = self._channels()
            if not channels and not self._looks:
                self._rest(failed=0, more=False)
                self._nudged.wait(self._pace.every_s)
                continue
            gained = self._puller.fetch.gained
            self._gate.hold(self._lane)
            kind, more = self._round(channels)
            if kind in ("unreachable", "busy", "unforeseen"):
                failed = 0 if self._puller.fetch.gained > gained else failed + 1
                pause_s = self._pace.pause_s(failed) if failed else random.uniform(AT_ONCE_S / 2, AT_ONCE_S)  # noqa: S311  spreads load
            else:
                failed, pause_s = 0, 0.0 if more else self._pace.every_s
            if self._puller.unwitnessed and not failed:
                pause_s = min(pause_s, UNWITNESSED_S)
            self._rest(failed, more or (bool(kind) and failed < HELD_MAX))
            self._state = replace(self._state, pause_s=round(max(pause_s, self._asked_s), 1))
            # A peer that announces without end gets no more than this; one that asked for a pause is given it, nudge or not.
            self._ending.wait(max(PACE_S, self._asked_s))
            self._nudged.wait(pause_s)

    def _rest(self, failed: int, more: bool) -> None:
        """The lanes below may go on, unless something is known to be left here."""
        if not more:
            self._pressing = False
        if not self._nudged.is_set() and not (self._pressing and more):
            self._gate.ease(self._lane)

    def _round(self, channels: list[Channel]) -> tuple[str, bool]:
        """Every channel once, each drained before the next is asked for; returns the kind of the last fault, and whether more is to be had."""
        kind, code = self._go_on_after_a_restore()
        kind, code = (kind, code) if kind else self._look_for_channels()
        more = False
        for channel in channels:
            if self._ending.is_set():
                break
            for act in (self._pull, self._drain):
                kind_now, code_now, left = self._attempt(partial(act, channel.origin))
                kind, code, more = kind_now or kind, code_now or code, more or left
            if kind in ("unreachable", "given-way"):
                break  # the others would fare no better
        self._tell(code)
        return kind, more or kind == "given-way"

    def _tell(self, code: str) -> None:
        pulled_at = self._state.pulled_at if code else self._world.clock.now()
        self._state = replace(self._state, rounds=self._state.rounds + 1, pulled_at=pulled_at, last=code)

    def _pull(self, origin: str) -> bool:
        if self._lane is not Lane.RESCUE and (kinds := self._drainer.over()):
            self._saw("records-over-quota", self._peer.name)
            raise Busy("records-over-quota", peer=self._peer.name, kinds=list(kinds))
        return self._puller.pull(origin).more

    def _drain(self, origin: str) -> bool:
        while self._drainer.drain(origin) and not self._ending.is_set():
            if self._lane is Lane.RESCUE and self._drainer.over():
                self._saw("over-quota-rescue", self._peer.name)
            self._gate.wait(self._lane)
        return False

    def _look_for_channels(self) -> tuple[str, str]:
        """Now and then, which channels the peer writes for us: one that has lost them all can't announce a new one in any."""
        now_s = time.monotonic()
        if not self._looks or (self._looked_s is not None and now_s - self._looked_s < LOOK_S):
            return "", ""
        self._looked_s = now_s
        return self._attempt(self._look)[:2]

    def _go_on_after_a_restore(self) -> tuple[str, str]:
        """One lane alone recovers for all of them, as long as anything waits for this peer."""
        if not self._looks or not is_due(self._world, self._peer):
            return "", ""
        return self._attempt(self._recover)[:2]

    def _recover(self) -> bool:
        recover(self._world, self._peer)
        return False

    def _look(self) -> bool:
        return bool(look_for_channels(self._world, self._peer))

    def _attempt(self, act: Callable[[], bool]) -> tuple[str, str, bool]:
        """(kind, code) of the fault, or two empty strings; and what it gave."""
        try:
            return "", "", act()
        except ComityError as fault:
            if self._ending.is_set():
                return "", "", False
            if fault.code == GIVEN_WAY:
                return GIVEN_WAY, "", False
            if isinstance(asked_s := fault.facts.get("retry_after_s"), int):
                self._asked_s = max(self._asked_s, asked_s)
            if (met := attack_of(fault)) is not None:
                self._saw(met, self._peer.name)
            kind = "unreachable" if isinstance(fault, Unreachable) else "busy" if isinstance(fault, Busy) else "fault"
            if self.count(fault.code) == 1:
                _log.warning("%s: %s", self._peer.name, fault)
            return kind, fault.code, False
        except Exception:  # the top of the worker: counted, told, and tried again
            self.count("unforeseen")
            _log.exception("unforeseen fault while pulling from %s", self._peer.name)
            return "unforeseen", "unforeseen", False

    def _channels(self) -> list[Channel]:
        theirs = [c for c in self._world.store.channels() if c.writer == self._peer.name and c.lane is self._lane]
        # What is behind after a restore is pulled by its recovery alone: two at once would disturb each other.
        return list(order_of_pull(c for c in theirs if c.standing is not Standing.BEHIND))
