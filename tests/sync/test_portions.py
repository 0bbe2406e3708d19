"""A far end comes nearer in portions and signed steps, and nothing that has come is asked for again."""

from __future__ import annotations

import random
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comity.domain.ledger import Channel
from comity.domain.record import State, decode_bundle
from comity.domain.record.kinds import erase_1
from comity.errors import Malformed, Unreachable
from comity.flows.fetch import BUNDLE_BYTES_MAX, all_at_once
from comity.flows.filing import sealed
from comity.flows.receive import Puller
from comity.ports import Courier, Erasure, Peer, Place, Reply, World
from tests.worlds import Pair, letter, pair, sealed_indicator


@dataclass
class Breaking:
    """A courier whose line breaks at the requests that a test names, and that counts what has come."""

    inner: Courier
    breaks: Callable[[int], bool] = lambda number: False
    asked: int = 0
    entries: Counter[int] = field(default_factory=Counter)
    leaves: Counter[int] = field(default_factory=Counter)
    paths: list[str] = field(default_factory=list)

    def get(self, peer: Peer, path: str, body_bytes_max: int) -> bytes:
        self.asked += 1
        self.paths.append(path)
        body = self.inner.get(peer, path, body_bytes_max)
        if self.breaks(self.asked):
            raise Unreachable("hung-up", peer=peer.name)
        if found := re.search(r"/records/(\d{3})[^?]*(?:\?skip=(\d+))?$", path):
            first = int(found[1]) * 256 + int(found[2] or 0)
            self.entries.update(e.index for e in decode_bundle(body, first, 256) if e.state is not State.WITHHELD)
        if found := re.search(r"/tile/0/(\d{3})$", path):
            self.leaves[int(found[1])] += 1
        return body

    def post(self, peer: Peer, path: str, body: bytes) -> Reply:
        return self.inner.post(peer, path, body)


@contextmanager
def two_nodes(store: str = "memory") -> Iterator[Pair]:
    with tempfile.TemporaryDirectory() as folder:
        made = pair(Path(folder), store=store)
        try:
            yield made
        finally:
            made.kr.store.close()
            made.kh.store.close()


def write(world: World, channel: Channel, groups: list[int]) -> None:
    """One signed size for each group."""
    start = 0
    for count in groups:
        world.store.keep([letter(channel.origin, sealed_indicator(world, n)) for n in range(start, start + count)])
        start += count


def reader(two: Pair, courier: Breaking, portion: Callable[[], int] = all_at_once) -> Puller:
    return Puller(replace(two.kh, courier=courier), two.kh_sees_kr, portion=portion)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    groups=st.lists(st.integers(1, 90), min_size=1, max_size=10),
    portion=st.integers(3_000, 100_000),
    share=st.sampled_from([0.0, 0.1, 0.5]),
    seed=st.integers(0, 2**32),
)
def test_however_the_line_breaks_everything_comes_once_and_is_held_under_one_root(
    groups: list[int], portion: int, share: float, seed: int
) -> None:
    with two_nodes() as two:
        write(two.kr, two.bulk, groups)
        chance = random.Random(seed)
        courier = Breaking(two.kh.courier, lambda number: chance.random() < share)
        puller = reader(two, courier, lambda: portion)
        for _ in range(2000):
            with suppress(Unreachable):
                puller.pull(two.bulk.origin)
            if two.kh.store.position(two.bulk.origin).size == sum(groups):
                break
        ours, theirs = two.kr.store.position(two.bulk.origin), two.kh.store.position(two.bulk.origin)
        assert (ours.size, ours.root) == (theirs.size, theirs.root)
        assert set(courier.entries.values()) == {1}, "an entry that has come is never asked for again"
        assert set(courier.leaves.values()) <= {1}, "nor is a whole tile of leaves"


def test_what_is_far_ahead_is_held_and_cosigned_at_sizes_on_the_way() -> None:
    with two_nodes() as two:
        write(two.kr, two.bulk, [200] * 8)
        puller = reader(two, Breaking(two.kh.courier), lambda: 4096)
        cosigned = []
        while (pulled := puller.pull(two.bulk.origin)).more:
            cosigned.append(pulled.posted)
        assert cosigned == [400, 800, 1200], "the first signed size that is at least 256 further, each time"
        assert pulled.posted == 1600


def test_a_writer_that_signed_nothing_on_the_way_is_followed_to_its_latest_size() -> None:
    with two_nodes() as two:
        write(two.kr, two.bulk, [1000])
        pulled = reader(two, Breaking(two.kh.courier), lambda: 4096).pull(two.bulk.origin)
        assert (pulled.size, pulled.posted, pulled.more) == (1000, 1000, False)


def test_one_new_record_is_fetched_alone_whatever_its_place_in_a_tile() -> None:
    with two_nodes() as two:
        write(two.kr, two.bulk, [200])
        courier = Breaking(two.kh.courier)
        puller = reader(two, courier)
        puller.pull(two.bulk.origin)
        two.kr.store.keep([letter(two.bulk.origin, sealed_indicator(two.kr, 201))])
        courier.paths.clear()
        puller.pull(two.bulk.origin)
        assert [path.rpartition("/ch/bbbbbbbbbbbbbbbb")[2] for path in courier.paths] == [
            "/checkpoint",
            "/records/000.p/201?skip=200",
        ]


def test_an_order_far_ahead_draws_the_pending_size_up_to_it() -> None:
    with two_nodes("sqlite") as two:
        write(two.kr, two.bulk, [200] * 6)
        told = two.kr.store.told([Place(two.bulk.origin, 3)])[Place(two.bulk.origin, 3)]
        assert told.header is not None
        target = erase_1.Erasure(origin=two.bulk.origin, index=3, id=told.header.id)
        order = sealed(two.kr, erase_1.Body(targets=(target,), ground="test", ordered_by="fictional"), purpose="crime")
        two.kr.store.keep([replace(letter(two.bulk.origin, order), erases=(Erasure(Place(two.bulk.origin, 3)),))])
        puller = reader(two, Breaking(two.kh.courier), lambda: 4096)
        sizes = []
        for _ in range(3):
            puller.pull(two.bulk.origin)
            sizes.append(two.kh.store.position(two.bulk.origin).size)
        assert sizes == [0, 1201, 1201], "nothing below the order is held without it"
        assert two.kr.store.position(two.bulk.origin).root == two.kh.store.position(two.bulk.origin).root


@pytest.mark.parametrize("fits", [1, 3, 100])
def test_a_bundle_that_is_too_much_at_once_is_narrowed_until_it_fits(fits: int) -> None:
    class Strict(Breaking):
        def get(self, peer: Peer, path: str, body_bytes_max: int) -> bytes:
            body = self.inner.get(peer, path, body_bytes_max)
            if "/records/" in path and len(decode_bundle(body, 0, 256)) > fits:
                raise Malformed("body-too-large", peer=peer.name, bytes_max=BUNDLE_BYTES_MAX)
            return super().get(peer, path, body_bytes_max)

    with two_nodes() as two:
        write(two.kr, two.bulk, [300])
        courier = Strict(two.kh.courier)
        assert reader(two, courier).pull(two.bulk.origin).size == 300
        assert set(courier.entries.values()) == {1}
