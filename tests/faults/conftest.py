"""The bench of the tests of lying far ends: one pair of nodes for many of them, since each ends with both alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.faults.lies import GROWN, Bench
from tests.faults.middle import Middle, listening
from tests.faults.over_https import wired


@pytest.fixture(scope="module")
def benches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Bench]]:
    with ExitStack() as stack:
        made: list[Bench] = []

        def take() -> Bench:
            if not made or not made[-1].clean or made[-1].written > GROWN:
                two = stack.enter_context(wired(tmp_path_factory.mktemp("lies")))
                middle = Middle(two.kr, two.kh, two.server.port)
                stack.callback(middle.close)
                address = stack.enter_context(listening(middle))
                made.append(Bench(two, middle, two.over(address)))
            return made[-1]

        yield take


@pytest.fixture
def bench(benches: Callable[[], Bench]) -> Bench:
    taken = benches()
    taken.begin()
    return taken
