"""Ids that never go back, and chance that doesn't repeat."""

from __future__ import annotations

import threading
import uuid

from hypothesis import given
from hypothesis import strategies as st

from comity.adapters.clock import SystemClock, SystemMint
from comity.domain.terms import Instant


@given(st.lists(st.integers(0, (1 << 48) - 2), min_size=1, max_size=60))
def test_ids_of_one_mint_only_grow_whatever_the_clock_does(times: list[int]) -> None:
    ticks = iter(times)
    mint = SystemMint(now=lambda: Instant(next(ticks)))
    ids = [mint.record_id() for _ in times]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


@given(st.integers(0, (1 << 48) - 1))
def test_an_id_is_a_uuid_7_that_holds_its_millisecond(at: int) -> None:
    made = uuid.UUID(SystemMint(now=lambda: Instant(at)).record_id())
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == at


def test_a_full_millisecond_borrows_the_next_one() -> None:
    mint = SystemMint(now=lambda: Instant(5), random_bits=lambda bits: (1 << bits) - 1)
    mint._counter, mint._ms = (1 << 74) - 1, Instant(5)  # as after half of all steps
    assert uuid.UUID(mint.record_id()).int >> 80 == 6


def test_threads_never_get_the_same_id() -> None:
    mint = SystemMint(now=lambda: Instant(1))
    lists: list[list[str]] = [[] for _ in range(4)]
    threads = [
        threading.Thread(target=lambda out=out: out.extend(mint.record_id() for _ in range(500))) for out in lists
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(out == sorted(out) for out in lists)
    assert len({made for out in lists for made in out}) == 2000


def test_salts_and_channel_ids_have_their_shape_and_differ() -> None:
    mint = SystemMint()
    assert len({mint.salt() for _ in range(50)}) == 50
    assert {len(mint.salt())} == {32}
    channel = mint.channel_id()
    assert len(channel) == 16
    assert int(channel, 16) >= 0
    assert channel != mint.channel_id()


def test_the_system_clock_agrees_with_the_uuid_of_the_same_moment() -> None:
    before = SystemClock().now()
    made = uuid.UUID(SystemMint().record_id()).int >> 80
    assert before <= made <= SystemClock().now()
