"""A rescue overtakes whatever else waits, on a line that carries next to nothing and breaks."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.line.slow_line import Character
from tests.line.two_ends import Homes, ends, lay_bulk, make_homes, until

WAITING = 100_000
BAD = Character(bytes_s=8_000, latency_s=0.15, cut_share=0.3)
"""64 kbit/s for both directions together, 300 ms there and back, three of ten connections cut."""
RECEIPT_S = 60.0
SEEDS = range(1, 7) if "COMITY_SOAK" in os.environ else range(1, 2)


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Homes:
    """100,000 bulk records wait at one end."""
    homes = make_homes(tmp_path_factory.mktemp("line") / "both")
    lay_bulk(homes, WAITING)
    return homes


@pytest.mark.torture
@pytest.mark.parametrize("seed", SEEDS)
def test_a_rescue_has_its_receipt_within_a_minute_while_a_hundred_thousand_records_wait(
    waiting: Homes, tmp_path: Path, seed: int, record_property: Callable[[str, object], None]
) -> None:
    with ends(waiting.copy(tmp_path / "both"), replace(BAD, seed=seed)) as both:
        until(lambda: both.bulk_here() > 0, 90)
        before = both.line.carried
        place = both.rescue()
        record_property("machine_s", until(lambda: both.has_receipt(place), RECEIPT_S))
        record_property("bytes", both.line.carried - before)
        until(lambda: both.open(place), RECEIPT_S)
        record_property("officer_s", until(lambda: both.is_seen(place), RECEIPT_S))
        here = both.bulk_here()
        assert here < WAITING, "the rest still waits"
        until(lambda: both.bulk_here() > here, 90)
        record_property("cut", f"{both.line.cuts} of {len(both.line.connections)}")
