"""A channel that goes on from another: told, checked, pulled in either order, and one story with the one before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.ledger import (
    ED25519,
    EMPTY_ROOT,
    Channel,
    Lane,
    Predecessor,
    Standing,
    VerifierKey,
    chain_order,
    open_checkpoint,
    predecessors,
    successor,
)
from comity.domain.record import Order, State
from comity.domain.record.kinds import erase_1
from comity.domain.terms import Instant, NodeName
from comity.errors import Conflict, Fenced
from comity.flows.continue_channel import continue_channel
from comity.flows.drain import Drainer
from comity.flows.filing import outgoing, sealed
from comity.flows.receive import Puller, pull_all
from comity.flows.taking_up import look_for_channels, root_at
from comity.ports import Erasure, Opened, Place, Stopped, World
from tests.worlds import Pair, letter, pair, sealed_indicator


@pytest.fixture(params=["memory", "sqlite"])
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    made = pair(tmp_path, store=request.param)
    yield made
    made.kr.store.close()
    made.kh.store.close()


def write(world: World, origin: str, count: int, start: int = 0) -> tuple[Place, ...]:
    return world.store.keep([letter(origin, sealed_indicator(world, n)) for n in range(start, start + count)])


def exchange(two: Pair, rounds: int = 3) -> None:
    """Kh pulls and drains all that kr writes for it."""
    puller, drainer = Puller(two.kh, two.kh_sees_kr), Drainer(two.kh, two.kr.me.name)
    for _ in range(rounds):
        pull_all(puller)
        drainer.drain_all()


def notices(world: World, kind: str) -> list[dict[str, object]]:
    return [dict(notice.about) for notice in world.store.notices() if notice.kind == kind]


def erase(world: World, place: Place, origin: str) -> Place:
    """An order about `place` that stands in the channel `origin`."""
    told = world.store.told([place])[place]
    assert told.header is not None
    target = erase_1.Erasure(origin=place.origin, index=place.index, id=told.header.id)
    order = sealed(world, erase_1.Body(targets=(target,), ground="test", ordered_by="fictional"), purpose="crime")
    return world.store.keep([replace(letter(origin, order), erases=(Erasure(place),))])[0]


# ---- the chain, pure
def _channel(n: int, follows: int | None, opened: int = 0) -> Channel:
    key = VerifierKey(f"police.kr.example/ch/{n:016x}", ED25519, n.to_bytes(32, "big"))
    before = Predecessor(f"police.kr.example/ch/{follows:016x}", 5, EMPTY_ROOT) if follows is not None else None
    writer, reader = NodeName("police.kr.example"), NodeName("police.kh.example")
    return Channel(key, writer, reader, Lane.URGENT, Instant(opened), follows=before)


@given(st.lists(st.integers(0, 3), max_size=12), st.randoms(use_true_random=False))
def test_a_predecessor_always_comes_before_whatever_order_channels_became_known_in(
    jumps: list[int], chance: object
) -> None:
    """Each channel goes on from one of those before it, or from none."""
    channels = [_channel(n, n - jump if 0 < jump <= n else None) for n, jump in enumerate(jumps)]
    shuffled = list(channels)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    order = chain_order(shuffled)
    assert order == chain_order(channels)
    for channel in channels:
        if channel.follows is not None:
            assert order[channel.origin] == order[channel.follows.origin] + 1
        else:
            assert order[channel.origin] == 0


def test_a_chain_that_bites_its_tail_still_ends() -> None:
    ring = [_channel(0, 2), _channel(1, 0), _channel(2, 1)]
    assert set(chain_order(ring).values()) == {2}


def test_what_is_not_known_ends_the_chain_and_the_first_that_goes_on_is_the_successor() -> None:
    first, second, other = _channel(1, 0, 10), _channel(2, 1, 20), _channel(3, 1, 15)
    known = {channel.origin: channel for channel in (first, second, other)}
    assert [channel.origin for channel, _ in predecessors(second, known)] == [first.origin]
    assert successor(first.origin, known.values()) == other
    assert successor(second.origin, known.values()) is None


# ---- the writer
def test_a_continued_channel_is_retired_and_the_next_one_goes_on_from_where_it_stands(two: Pair) -> None:
    write(two.kr, two.bulk.origin, 3)
    new = continue_channel(two.kr, two.bulk.origin, "rotated")
    old, position = two.kr.store.channel(two.bulk.origin), two.kr.store.position(two.bulk.origin)
    assert (old.standing, old.why) == (Standing.RETIRED, "rotated")
    assert two.kr.store.channel(new.origin).follows == Predecessor(two.bulk.origin, 3, position.root)
    assert outgoing(two.kr, two.kh.me.name, Lane.BULK) == new.origin
    with pytest.raises(Fenced):
        write(two.kr, two.bulk.origin, 1)
    (first,) = two.kr.store.entries(new.origin, 0, 9)
    assert b'"kind":"continues/1"' in (first.envelope or b"")
    assert position.size == 3, "what was signed stays as it was"


def test_continuing_twice_is_continuing_once(two: Pair) -> None:
    new = continue_channel(two.kr, two.bulk.origin, "rotated")
    count = len(two.kr.store.channels())
    assert continue_channel(two.kr, two.bulk.origin, "again").origin == new.origin
    assert len(two.kr.store.channels()) == count


def test_nobody_continues_a_channel_of_another_node(two: Pair) -> None:
    with pytest.raises(Conflict, match="not-our-channel"):
        continue_channel(two.kh, two.bulk.origin, "rotated")


def test_a_channel_of_ours_opens_only_where_the_one_before_it_stands_at_that_moment(two: Pair) -> None:
    write(two.kr, two.bulk.origin, 2)
    root = two.kr.store.position(two.bulk.origin).root
    write(two.kr, two.bulk.origin, 1)
    key = two.kr.keyring.create("police.kr.example/ch/" + "d" * 16, ED25519)
    late = Channel(key, two.kr.me.name, two.kh.me.name, Lane.BULK, Instant(1))
    late = replace(late, follows=Predecessor(two.bulk.origin, 2, root))
    with pytest.raises(Conflict, match="predecessor-moved-on"):
        two.kr.store.keep([], [Stopped(two.bulk.origin, "retired", "test", Instant(1)), Opened(late)])
    assert two.kr.store.channel(two.bulk.origin).standing is Standing.OPEN, "the whole transaction is taken back"


def test_a_record_that_stands_in_the_channel_before_keeps_its_place(two: Pair) -> None:
    """The caller repeats what it isn't sure of, and the id check runs before a new entry is made."""
    record = sealed_indicator(two.kr, 1)
    (place,) = two.kr.store.keep([letter(two.bulk.origin, record)])
    new = continue_channel(two.kr, two.bulk.origin, "rotated")
    again = two.kr.store.keep([letter(new.origin, record), letter(new.origin, sealed_indicator(two.kr, 2))])
    assert again == (place, Place(new.origin, 1))
    third = continue_channel(two.kr, new.origin, "rotated")
    assert two.kr.store.keep([letter(third.origin, record)]) == (place,)


# ---- the reader
def test_a_reader_learns_of_the_next_channel_in_another_one_and_holds_both_to_their_ends(two: Pair) -> None:
    write(two.kr, two.bulk.origin, 300)
    new = continue_channel(two.kr, two.bulk.origin, "rotated")
    write(two.kr, new.origin, 2, 300)
    exchange(two)
    assert two.kh.store.channel(new.origin).follows == new.follows
    assert [two.kh.store.position(origin).size for origin in (two.bulk.origin, new.origin)] == [300, 3]
    assert two.kh.store.channel(two.bulk.origin).standing is Standing.RETIRED, "nothing more is asked of it"
    assert two.kh.store.position(two.bulk.origin).drained == 300
    assert [line.size for line in two.kr.store.lines(two.bulk.origin, 300)] == [300], "and its end is confirmed"
    assert notices(two.kh, "continues-refused") == []
    for world in (two.kr, two.kh):
        assert chain_order(world.store.channels())[new.origin] == 1


def test_a_reader_whom_no_open_channel_reaches_learns_of_it_over_the_pinned_connection(two: Pair) -> None:
    write(two.kr, two.bulk.origin, 2)
    exchange(two)
    two.kr.store.keep([], [Stopped(two.urgent.origin, "fenced", "test", Instant(1))])
    new = continue_channel(two.kr, two.bulk.origin, "restored-from-backup")
    exchange(two)
    assert new.origin not in {channel.origin for channel in two.kh.store.channels()}
    assert look_for_channels(two.kh, two.kh_sees_kr) == (new.origin,)
    assert look_for_channels(two.kh, two.kh_sees_kr) == (), "once"
    write(two.kr, new.origin, 1)
    exchange(two)
    assert two.kh.store.position(new.origin).drained == 2


@pytest.mark.parametrize("first", ["predecessor", "successor"])
def test_the_two_may_be_pulled_in_either_order(two: Pair, first: str) -> None:
    write(two.kr, two.bulk.origin, 5)
    new = continue_channel(two.kr, two.bulk.origin, "rotated")
    write(two.kr, new.origin, 5, 5)
    puller, drainer = Puller(two.kh, two.kh_sees_kr), Drainer(two.kh, two.kr.me.name)
    puller.pull(two.urgent.origin)
    drainer.drain_all()
    order = [two.bulk.origin, new.origin]
    for origin in order if first == "predecessor" else reversed(order):
        puller.pull(origin)
        drainer.drain_all()
    assert [two.kh.store.position(origin).drained for origin in order] == [5, 6]
    assert two.kh.store.channel(two.bulk.origin).standing is Standing.RETIRED


@pytest.mark.parametrize("held", [0, 300])
def test_an_order_in_the_next_channel_erases_in_the_one_before(two: Pair, held: int) -> None:
    """Whether the reader holds the record already or gets it erased: the order counts, and every root stays."""
    write(two.kr, two.bulk.origin, 300)
    if held:
        exchange(two)
    new = continue_channel(two.kr, two.bulk.origin, "rotated")
    order = erase(two.kr, Place(two.bulk.origin, 7), new.origin)
    assert order.origin == new.origin
    exchange(two)
    for world in (two.kr, two.kh):
        (entry,) = world.store.entries(two.bulk.origin, 7, 8)
        assert (entry.state, entry.envelope, entry.order) == (State.ERASED, None, Order(order.origin, order.index))
    assert two.kh.store.position(two.bulk.origin).size == 300
    assert two.kh.store.position(two.bulk.origin).root == two.kr.store.position(two.bulk.origin).root


def test_an_order_in_a_channel_that_goes_on_from_another_one_is_refused(two: Pair) -> None:
    write(two.kr, two.bulk.origin, 1)
    write(two.kr, two.urgent.origin, 1)
    new = continue_channel(two.kr, two.bulk.origin, "rotated")
    with pytest.raises(Conflict, match="order-in-another-channel"):
        erase(two.kr, Place(two.urgent.origin, 0), new.origin)


# ---- what is not opened
def _announced(two: Pair, follows: Predecessor, name: str = "e" * 16, lane: Lane = Lane.BULK) -> Channel:
    """A channel whose writer claims more for it than is true: made past the store's own guard."""
    key = two.kr.keyring.create(f"{two.kr.me.name}/ch/{name}", ED25519)
    return Channel(key, two.kr.me.name, two.kh.me.name, lane, Instant(1), follows=follows)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda true: replace(true, root=b"\1" * 32), "predecessor-has-another-root"),
        (lambda true: replace(true, size=2), "predecessor-has-another-root"),
        (lambda true: replace(true, root=b"\1"), "predecessor-has-another-root"),
        (lambda true: replace(true, origin="police.kr.example/ch/" + "9" * 16), "predecessor-unknown"),
        (lambda true: replace(true, origin="taskforce.kh.example/ch/" + "c" * 16), "predecessor-of-another-kind"),
        (lambda true: replace(true, origin="police.kr.example/ch/" + "a" * 16, size=0), "predecessor-of-another-kind"),
    ],
)  # fmt: skip
def test_a_false_continuation_is_noticed_and_not_opened(two: Pair, spoil: object, why: str) -> None:
    write(two.kr, two.bulk.origin, 3)
    exchange(two)
    true = Predecessor(two.bulk.origin, 3, two.kr.store.position(two.bulk.origin).root)
    false = _announced(two, spoil(true))  # type: ignore[operator]
    far = replace(two.kh, courier=_Lists([false]))  # type: ignore[arg-type]
    assert look_for_channels(far, two.kh_sees_kr) == ()
    (notice,) = notices(two.kh, "continues-refused")
    assert notice["why"] == why
    assert false.origin not in {channel.origin for channel in two.kh.store.channels()}


def test_a_stopped_channel_is_not_continued_by_its_writer_alone(two: Pair) -> None:
    write(two.kr, two.bulk.origin, 3)
    exchange(two)
    two.kh.store.keep([], [Stopped(two.bulk.origin, "stopped", "equivocation", Instant(1))])
    continue_channel(two.kr, two.bulk.origin, "rotated")
    exchange(two)
    assert [notice["why"] for notice in notices(two.kh, "continues-refused")] == ["predecessor-stopped"]


def test_a_continuation_that_proves_false_later_is_stopped_with_the_notes_that_show_it(two: Pair) -> None:
    """Announced before the reader could tell: it holds nothing of the old channel yet."""
    write(two.kr, two.bulk.origin, 3)
    false = _announced(two, Predecessor(two.bulk.origin, 3, b"\1" * 32))
    look_for_channels(replace(two.kh, courier=_Lists([false])), two.kh_sees_kr)  # type: ignore[arg-type]
    assert two.kh.store.channel(false.origin).standing is Standing.OPEN
    Puller(two.kh, two.kh_sees_kr).pull(two.bulk.origin)
    assert two.kh.store.channel(false.origin).standing is Standing.STOPPED
    (note,) = two.kh.store.evidence(false.origin)
    assert open_checkpoint(note, two.bulk.key).size == 3
    assert two.kh.store.channel(two.bulk.origin).standing is Standing.OPEN, "the old one did nothing wrong"


def test_what_is_signed_past_the_end_with_the_old_key_is_an_alarm_and_not_held(two: Pair) -> None:
    write(two.kr, two.bulk.origin, 3)
    exchange(two)
    true = Predecessor(two.bulk.origin, 3, two.kr.store.position(two.bulk.origin).root)
    told = _announced(two, true)
    look_for_channels(replace(two.kh, courier=_Lists([told])), two.kh_sees_kr)  # type: ignore[arg-type]
    write(two.kr, two.bulk.origin, 2)  # whoever has the old key goes on with it
    Puller(two.kh, two.kh_sees_kr).pull(two.bulk.origin)
    assert two.kh.store.position(two.bulk.origin).size == 3
    assert [notice["size"] for notice in notices(two.kh, "signed-past-the-end")] == [5]


def test_the_root_at_any_size_is_the_one_that_was_signed_there(two: Pair) -> None:
    roots = {0: EMPTY_ROOT}
    for n in range(12):
        write(two.kr, two.bulk.origin, 50, n * 50)
        position = two.kr.store.position(two.bulk.origin)
        roots[position.size] = position.root
    exchange(two)
    assert {size: root_at(two.kh, two.bulk.origin, size) for size in roots} == roots
    assert root_at(two.kh, two.bulk.origin, 601) is None


class _Lists:
    """A peer's answer to GET /channels."""

    def __init__(self, channels: list[Channel]) -> None:
        self._channels = channels

    def get(self, peer: object, path: str, body_bytes_max: int) -> bytes:
        import msgspec

        assert path == "/channels"
        return msgspec.json.encode(
            [
                {
                    "origin": c.origin,
                    "vkey": c.key.text,
                    "lane": c.lane.value,
                    "size": 0,
                    "continues": {"origin": c.follows.origin, "size": c.follows.size, "root": c.follows.root.hex()},
                }
                for c in self._channels
                if c.follows is not None
            ]
        )
