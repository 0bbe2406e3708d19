"""Who goes first on a line, and that nobody who ends is held up by it."""

from __future__ import annotations

import threading
import time

from comity.domain.ledger import Lane
from comity.node.gate import Gate


def waiting(gate: Gate) -> threading.Thread:
    thread = threading.Thread(target=gate.wait, args=(Lane.BULK,), daemon=True)
    thread.start()
    return thread


def test_a_gate_that_is_opened_for_good_lets_go_whoever_waits_and_holds_nobody_after() -> None:
    """A lane that ends in the middle of something never says that the way is free."""
    gate = Gate({})
    gate.hold(Lane.URGENT)
    before = waiting(gate)
    before.join(0.1)
    assert before.is_alive()
    gate.open()
    gate.press(Lane.RESCUE)
    after = waiting(gate)
    for thread in (before, after):
        thread.join(10)
    assert not before.is_alive()
    assert not after.is_alive()


def test_the_way_is_free_once_the_more_pressing_lane_says_so_or_the_time_is_up() -> None:
    gate = Gate({})
    gate.hold(Lane.URGENT)
    held = waiting(gate)
    gate.ease(Lane.URGENT)
    held.join(10)
    assert not held.is_alive()
    gate.hold(Lane.URGENT)
    start_s = time.monotonic()
    gate.wait(Lane.BULK, 0.05)
    assert time.monotonic() - start_s >= 0.05
