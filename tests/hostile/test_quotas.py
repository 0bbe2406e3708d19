"""How much one peer may ask, and how much is taken in from it: by purpose, by kind, and never at the cost of a rescue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from comity.adapters.clock import SystemClock
from comity.adapters.courier import HttpsCourier
from comity.config import LimitsTable
from comity.domain.ledger import Channel, Lane
from comity.flows.attacks import DAY_MS
from comity.flows.drain import Drainer
from comity.flows.intake import Intake
from comity.flows.receive import Puller
from comity.node.guarding import Guarding
from comity.node.pulling import Pulling
from comity.node.quotas import SPENT_S, Bucket, Purpose, Quotas
from comity.ports import Opened, PeerKept
from tests.faces.exchange.nodes import Node, make_node, serving
from tests.node.homes import eventually
from tests.worlds import Pair, letter, pair, sealed_indicator

ENEMY, HONEST = "captured.example", "police.kh.example"


class Watch:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.s, self.day = 0.0, 20_000


@pytest.fixture
def watch() -> Watch:
    return Watch()


def _quotas(watch: Watch, **limits: object) -> Quotas:
    return Quotas(LimitsTable(**limits), lambda: watch.day, lambda: watch.s)  # type: ignore[arg-type]  # as given


@given(st.lists(st.floats(0, 5), max_size=200), st.floats(0.1, 50), st.integers(1, 50))
def test_a_bucket_never_lets_more_through_than_its_burst_and_its_rate(
    pauses: list[float], rate_s: float, most: int
) -> None:
    bucket, now, taken = Bucket(rate_s, most, most, 0.0), 0.0, 0
    for pause in pauses:
        now += pause
        taken += bucket.take(now) == 0
    assert taken <= most + now * rate_s + 1e-6


def test_whoever_waits_as_long_as_it_is_told_is_let_through(watch: Watch) -> None:
    quotas = _quotas(watch, urgent_s=2, burst_s=1)
    assert [quotas.wait_s(ENEMY, Purpose.URGENT) for _ in range(2)] == [0, 0]
    wait_s = quotas.wait_s(ENEMY, Purpose.URGENT)
    assert wait_s > 0
    watch.s += wait_s + 1e-9
    assert quotas.wait_s(ENEMY, Purpose.URGENT) == 0


def test_neither_another_purpose_nor_another_peer_pays_for_a_flood(watch: Watch) -> None:
    quotas = _quotas(watch, bulk_s=1, burst_s=1)
    assert [quotas.wait_s(ENEMY, Purpose.BULK) > 0 for _ in range(3)] == [False, True, True]
    assert quotas.wait_s(ENEMY, Purpose.RESCUE) == 0
    assert quotas.wait_s(HONEST, Purpose.BULK) == 0


def test_answers_under_way_are_bounded_and_given_back(watch: Watch) -> None:
    quotas = _quotas(watch, at_once=2)
    for _ in range(2):
        quotas.begin(ENEMY, Purpose.BULK)
    assert quotas.wait_s(ENEMY, Purpose.BULK) > 0
    quotas.end(ENEMY, Purpose.BULK, 10)
    assert quotas.wait_s(ENEMY, Purpose.BULK) == 0


def test_a_days_bytes_are_spent_for_lists_and_not_for_what_is_pressing_until_the_day_ends(watch: Watch) -> None:
    quotas = _quotas(watch, bytes_day=1000)
    quotas.begin(ENEMY, Purpose.BULK)
    quotas.end(ENEMY, Purpose.BULK, 1000)
    assert quotas.wait_s(ENEMY, Purpose.BULK) == SPENT_S
    assert quotas.wait_s(ENEMY, Purpose.FILES) == SPENT_S
    assert quotas.wait_s(ENEMY, Purpose.URGENT) == quotas.wait_s(ENEMY, Purpose.RESCUE) == 0
    watch.day += 1
    assert quotas.wait_s(ENEMY, Purpose.BULK) == 0


def test_a_peer_named_tenfold_has_ten_times_as_much(watch: Watch) -> None:
    quotas = _quotas(watch, bulk_s=1, burst_s=1, connections=5, tenfold=(HONEST,))
    assert [quotas.wait_s(HONEST, Purpose.BULK) > 0 for _ in range(11)] == [False] * 10 + [True]
    assert (quotas.connections(HONEST), quotas.connections(ENEMY)) == (50, 5)


def test_a_days_bytes_outlive_the_node(two: Pair) -> None:
    before = Guarding(two.kr, two.kr.store.peers)
    before.quotas.begin(two.kh.me.name, Purpose.BULK)
    before.quotas.end(two.kh.me.name, Purpose.BULK, 4321)
    before.flush()
    after = Guarding(two.kr, two.kr.store.peers)
    after.start()
    after.stop()
    assert [(spent.peer, spent.answered_bytes) for spent in after.quotas.spent()] == [(two.kh.me.name, 4321)]


# ---- what is taken in ----------------------------------------------------------------------------------------------


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Pair]:
    made = pair(tmp_path)
    yield made
    for world in (made.kr, made.kh):
        world.store.close()


def _write(two: Pair, count: int) -> None:
    two.kr.store.keep([letter(two.bulk.origin, sealed_indicator(two.kr, n)) for n in range(count)])
    Puller(two.kh, two.kh_sees_kr).pull(two.bulk.origin)


def test_records_are_counted_with_their_kind_in_the_transaction_that_takes_them_in_and_over_is_told(two: Pair) -> None:
    intake = Intake({"indicator": 5, "*": 100})
    _write(two, 4)
    drainer = Drainer(two.kh, two.kr.me.name, intake)
    assert drainer.drain_all() == 4
    assert drainer.taken.over() == ()
    _write(two, 3)
    assert drainer.drain_all() == 3  # what is held is dealt with: it was confirmed
    assert drainer.taken.over() == ("indicator",)
    assert Drainer(two.kh, two.kr.me.name, intake).taken.over() == ("indicator",)  # another process counts on
    two.kh.clock.at += DAY_MS  # type: ignore[attr-defined]  # the clock of tests
    assert drainer.taken.over() == ()
    _write(two, 1)
    assert drainer.drain_all() == 1
    assert drainer.taken.over() == ()


def test_a_clock_that_goes_back_gives_no_second_day(two: Pair) -> None:
    intake = Intake({"*": 5})
    _write(two, 5)
    drainer = Drainer(two.kh, two.kr.me.name, intake)
    drainer.drain_all()
    two.kh.clock.at -= 2 * DAY_MS  # type: ignore[attr-defined]  # the clock of tests
    assert drainer.taken.over() == ("indicator",)


def test_kinds_that_nobody_knows_are_one_kind(two: Pair) -> None:
    """Else a peer could have as many counters as it can think of names."""
    odd = []
    for n in range(4):
        sealed = sealed_indicator(two.kr, n)
        envelope = sealed.envelope.replace(b'"indicator/1"', b'"odd%d/1"' % n)
        odd.append(letter(two.bulk.origin, structs.replace(sealed, envelope=envelope)))
    two.kr.store.keep(odd)
    Puller(two.kh, two.kh_sees_kr).pull(two.bulk.origin)
    drainer = Drainer(two.kh, two.kr.me.name, Intake({"*": 3}))
    assert drainer.drain_all() == 4
    assert drainer.taken.over() == ("unreadable",)


def test_whoever_brought_enough_for_today_is_fetched_no_lists_from_and_every_rescue(tmp_path: Path) -> None:
    writer = make_node(tmp_path, ENEMY)
    reader = make_node(tmp_path, "police.kr.example", limits=LimitsTable(records_day=("*=3",)))
    writer.accept(reader)
    lanes = {lane: writer.open_channel(reader.name, lane) for lane in (Lane.RESCUE, Lane.BULK)}
    with serving(writer):
        channels = [
            Channel(writer.keyring.key(origin), writer.name, reader.name, lane, SystemClock().now())
            for lane, origin in lanes.items()
        ]
        reader.store.keep((), (PeerKept(writer.card()), *map(Opened, channels)))
        paths = reader.keyring.certificate_path, reader.keyring.certificate_key_path
        pulling = Pulling(
            reader.world, lambda: HttpsCourier(*paths), every_s=0.1, pause_max_s=0.1, guarding=reader.guarding
        )
        writer.append(lanes[Lane.BULK], 4)
        pulling.start(lambda _peer: None)
        try:
            eventually(lambda: _drained(reader, lanes[Lane.BULK]) == 4)
            writer.append(lanes[Lane.BULK], 1)
            writer.append(lanes[Lane.RESCUE], 2)
            eventually(lambda: _drained(reader, lanes[Lane.RESCUE]) == 2)
            kinds = {"records-over-quota", "over-quota-rescue"}
            eventually(lambda: {met.kind for met in reader.guarding.told() if met.peer == ENEMY} >= kinds)
        finally:
            pulling.stop()
    assert reader.store.position(lanes[Lane.BULK]).size == 4


def _drained(node: Node, origin: str) -> int:
    return node.store.position(origin).drained
