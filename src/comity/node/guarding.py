"""What a node that listens remembers of those who call: who they are, how much they asked, and what was refused them.

Servers tell it from their own threads and wait for nothing. One thread brings what it counted to the store, a few times a minute.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from comity.config import LimitsTable
from comity.domain.ledger import Lane, Peer
from comity.domain.terms import Instant
from comity.errors import ComityError
from comity.flows.attacks import DAY_MS, KINDS, NOBODY, Met, attacked, attacks
from comity.flows.intake import Intake
from comity.node.quotas import Quotas
from comity.ports import Moved, World

EVERY_S = 5.0
"""How long a refusal may stay in memory alone."""
LOOK_S = 1.0
"""How often, at most, somebody unknown makes us read the roster or the list of channels."""
STOP_S = 15.0
_SHIFT = 40
_log = logging.getLogger("comity.guarding")


@dataclass
class _Seen:
    count: int
    last: Instant


class Guarding:
    """Safe from several threads.

    roster   the peers as they stand now
    """

    def __init__(self, world: World, roster: Callable[[], Iterable[Peer]], limits: LimitsTable | None = None) -> None:
        self._world, self._roster = world, roster
        self.limits = limits or LimitsTable()
        self.quotas = Quotas(self.limits, lambda: world.clock.now() // DAY_MS)
        self._lock, self._flushing = threading.Lock(), threading.Lock()
        self._fresh: dict[tuple[str, str], _Seen] = {}
        self._known: dict[tuple[str, str], _Seen] | None = None
        self._names: dict[bytes, str] = {}
        self._lanes: dict[str, tuple[Lane, str]] = {}
        self._looked_s = float("-inf")
        self._kept: dict[str, int] = {}
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self.faults = 0

    # ---- who calls, and for what: from memory ---------------------------------------------------------------------

    @property
    def me(self) -> str:
        """The name of this node."""
        return self._world.me.name

    def name_of(self, certificate: bytes) -> str:
        """The peer of the roster that shows this certificate (DER), as it was read last; NOBODY for any other."""
        return self._names.get(certificate, NOBODY)

    def lane_of(self, channel: str, peer: str) -> Lane | None:
        """What travels in a channel of ours that this peer reads; None for any other one."""
        lane, audience = self._lanes.get(channel, (None, ""))
        return lane if audience == peer else None

    def is_stale(self) -> bool:
        """Whether it would help to look again."""
        return time.monotonic() - self._looked_s >= LOOK_S

    def look(self) -> None:
        """Reads the roster and the channels anew, unless that was done a moment ago."""
        with self._lock:
            if not self.is_stale():
                return
            self._looked_s = time.monotonic()
        names: dict[bytes, str] = {
            der: peer.name for peer in self._roster() for der in (peer.certificate, peer.next_certificate) if der
        }
        channels = self._world.store.channels()
        ours = (c for c in channels if c.writer == self._world.me.name)
        self._lanes = {c.origin.rpartition("/")[2]: (c.lane, c.audience) for c in ours}
        self._names = names

    # ---- what was refused -----------------------------------------------------------------------------------------

    def saw(self, kind: str, peer: str = NOBODY) -> None:
        """Counts a refusal; `kind` is one of the closed list."""
        assert kind in KINDS, kind
        at = self._world.clock.now()
        with self._lock:
            seen = self._fresh.setdefault((peer, kind), _Seen(0, at))
            seen.count, seen.last = seen.count + 1, max(seen.last, at)

    def told(self) -> tuple[Met, ...]:
        """Every refusal so far, those of earlier runs too, by peer and kind."""
        known = self._recalled()
        with self._flushing, self._lock:
            sums = {key: _Seen(seen.count, seen.last) for key, seen in known.items()}
            for key, seen in self._fresh.items():
                each = sums.setdefault(key, _Seen(0, seen.last))
                each.count, each.last = each.count + seen.count, max(each.last, seen.last)
        return tuple(Met(peer, kind, seen.count, seen.last) for (peer, kind), seen in sorted(sums.items()))

    @property
    def intake(self) -> Intake:
        """How many records of each kind a peer may bring in a day."""
        limits = {kind: int(most) for kind, _, most in (each.partition("=") for each in self.limits.records_day)}
        return Intake(limits, frozenset(self.limits.tenfold))

    # ---- the thread -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begins, with what is known from earlier runs."""
        self.look()
        self._recalled()
        self.quotas.restore(self._bytes_kept())
        self._thread = threading.Thread(target=self._run, name="guarding", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Brings what is left to the store and ends. Safe to repeat."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(STOP_S)
            self._thread = None
            self._keep()

    def _run(self) -> None:
        while not self._ending.wait(EVERY_S):
            self._keep()

    def _keep(self) -> None:
        try:
            self.flush()
        except ComityError as fault:  # what wasn't kept is still in memory
            self.faults += 1
            _log.warning("counting refusals: %s", fault)
        except Exception:  # the top of the worker: counted, told, and tried again
            self.faults += 1
            _log.exception("unforeseen fault while counting refusals")

    def flush(self) -> None:
        """Brings to the store what was counted since."""
        known = self._recalled()
        with self._flushing:
            with self._lock:
                fresh, self._fresh = self._fresh, {}
            kept = False
            try:
                attacked(self._world, [Met(peer, kind, seen.count, seen.last) for (peer, kind), seen in fresh.items()])
                kept = True
            finally:
                with self._lock:
                    _add(known if kept else self._fresh, fresh)
        self._keep_bytes()

    def _recalled(self) -> dict[tuple[str, str], _Seen]:
        """What the store had when it was first asked, and what was brought there since."""
        if self._known is None:
            names = [peer.name for peer in self._roster()]
            found = {(met.peer, met.kind): _Seen(met.count, met.last) for met in attacks(self._world, names)}
            with self._lock:
                if self._known is None:
                    self._known = found
        return self._known

    def _bytes_kept(self) -> dict[str, int]:
        """Bytes that each peer was answered today, as kept before."""
        day = self._world.clock.now() // DAY_MS
        found: dict[str, int] = {}
        for peer in self._roster():
            stood = self._world.store.cursor(_answered(peer.name))
            self._kept[peer.name] = stood
            if stood >> _SHIFT == day:
                found[peer.name] = stood & ((1 << _SHIFT) - 1)
        return found

    def _keep_bytes(self) -> None:
        day = self._world.clock.now() // DAY_MS
        facts: list[Moved] = []
        kept = dict(self._kept)
        for spent in self.quotas.spent():
            stood = self._kept.get(spent.peer)
            if stood is None:
                stood = self._world.store.cursor(_answered(spent.peer))
            now = (day << _SHIFT) + min(spent.answered_bytes, (1 << _SHIFT) - 1)
            if now > stood:
                facts.append(Moved(_answered(spent.peer), stood, now))
            kept[spent.peer] = max(stood, now)
        if facts:
            self._world.store.keep((), facts)
        self._kept = kept


def _add(to: dict[tuple[str, str], _Seen], more: Mapping[tuple[str, str], _Seen]) -> None:
    for key, seen in more.items():
        each = to.setdefault(key, _Seen(0, seen.last))
        each.count, each.last = each.count + seen.count, max(each.last, seen.last)


def _answered(peer: str) -> str:
    return f"answered {peer}"
