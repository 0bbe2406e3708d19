"""The system's clock, and a mint that draws from the system's random source."""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from collections.abc import Callable

from comity.domain.terms import Instant

_COUNTER_BITS = 74
_STEP_BITS = 32


class SystemClock:
    """The time, as the operating system believes it."""

    def now(self) -> Instant:
        return Instant(time.time_ns() // 1_000_000)


class SystemMint:
    """Fresh ids and random bytes; safe from several threads.

    now          where a UUIDv7 takes its milliseconds from; the system's clock unless told otherwise
    random_bits  as `secrets.randbits`
    source       RFC 9562 §5.7 and §6.2 method 2: the 74 bits after the time are one counter that starts at random in each
                 millisecond and grows by a random step, so ids of one mint never go back, even when the clock does
    """

    def __init__(
        self, now: Callable[[], Instant] | None = None, random_bits: Callable[[int], int] = secrets.randbits
    ) -> None:
        self._now = now or SystemClock().now
        self._random_bits = random_bits
        self._lock = threading.Lock()
        self._ms = Instant(-1)
        self._counter = 0

    def record_id(self) -> str:
        with self._lock:
            ms = self._now()
            if ms > self._ms:
                self._ms, self._counter = ms, self._fresh_counter()
            else:
                self._counter += 1 + self._random_bits(_STEP_BITS)
                if self._counter >> _COUNTER_BITS:
                    self._ms, self._counter = Instant(self._ms + 1), self._fresh_counter()
            ms, counter = self._ms, self._counter
        high, low = counter >> 62, counter & (1 << 62) - 1
        return str(uuid.UUID(int=ms << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low))

    def salt(self) -> bytes:
        return secrets.token_bytes(32)

    def channel_id(self) -> str:
        return secrets.token_hex(8)

    def _fresh_counter(self) -> int:
        # The top bit stays free, so that a busy millisecond doesn't run over.
        return self._random_bits(_COUNTER_BITS - 1)
