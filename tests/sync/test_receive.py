"""Pulling a channel between two nodes: what is held, what is cosigned, and what stops it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from comity.domain.ledger import (
    Channel,
    Checkpoint,
    Standing,
    leaf_of,
    leaves_root,
    note_bytes,
    open_checkpoint,
    open_note,
    signature_line,
)
from comity.domain.record import Entry, Order, State, decode_bundle, encode_bundle
from comity.domain.record.kinds import erase_1
from comity.errors import BadProof, Malformed, Unproven
from comity.flows.drain import Drainer
from comity.flows.filing import sealed
from comity.flows.receive import Puller, Verdict, pull_all
from comity.ports import Erasure, Peer, Place, Reply, World
from tests.worlds import DirectCourier, Pair, letter, pair, sealed_indicator


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Pair]:
    made = pair(tmp_path)
    yield made
    made.kr.store.close()
    made.kh.store.close()


class Meddler:
    """A courier that lets a test change what passes through it."""

    def __init__(self, inner: DirectCourier, change: Callable[[str, bytes], bytes]) -> None:
        self.inner, self.change = inner, change

    def get(self, peer: Peer, path: str, body_bytes_max: int) -> bytes:
        return self.change(path, self.inner.get(peer, path, body_bytes_max))

    def post(self, peer: Peer, path: str, body: bytes) -> Reply:
        return self.inner.post(peer, path, body)


def meddled(two: Pair, change: Callable[[str, bytes], bytes]) -> Puller:
    courier = Meddler(two.kh.courier, change)  # type: ignore[arg-type]
    return Puller(replace(two.kh, courier=courier), two.kh_sees_kr)


def first_of(path: str) -> int:
    """Index of the first entry that a bundle's path asks for."""
    n, _, skip = path.partition("/records/")[2].partition("?skip=")
    return int(n[:3]) * 256 + int(skip or 0)


def write(world: World, channel: Channel, count: int, start: int = 0) -> None:
    world.store.keep([letter(channel.origin, sealed_indicator(world, n)) for n in range(start, start + count)])


def held(two: Pair, channel: Channel) -> tuple[int, int]:
    line = two.kh.store.line(channel.origin)
    return two.kh.store.position(channel.origin).size, line.size if line else 0


@pytest.mark.parametrize("count", [1, 2, 255, 256, 257, 513])
def test_what_was_written_is_held_and_cosigned(two: Pair, count: int) -> None:
    write(two.kr, two.bulk, count)
    pulled = Puller(two.kh, two.kh_sees_kr).pull(two.bulk.origin)
    assert (pulled.verdict, pulled.size, pulled.fresh, pulled.posted) == (Verdict.NEWER, count, count, count)
    ours, theirs = two.kr.store.position(two.bulk.origin), two.kh.store.position(two.bulk.origin)
    assert (ours.size, ours.root) == (theirs.size, theirs.root)
    assert [e.envelope for e in two.kr.store.entries(two.bulk.origin, 0, count)] == [
        e.envelope for e in two.kh.store.entries(two.bulk.origin, 0, count)
    ]
    (line,) = two.kr.store.lines(two.bulk.origin, count)
    good = open_note(
        note_bytes(open_note(ours.note, [two.bulk.key]).note.text, [line.line]), [two.kr_sees_kh.receipt_key]
    ).good
    assert good == {two.kr_sees_kh.receipt_key: line.time_s}


def test_growing_by_rounds_gives_one_line_for_each_size_and_times_never_fall(two: Pair) -> None:
    puller = Puller(two.kh, two.kh_sees_kr)
    times = []
    for n in range(12):
        write(two.kr, two.bulk, 40, n * 40)
        puller.pull(two.bulk.origin)
        two.kh.clock.at += (-5000, 3000)[n % 2]  # type: ignore[attr-defined]
        line = two.kh.store.line(two.bulk.origin)
        assert line is not None
        times.append(line.time_s)
    assert times == sorted(times)
    assert held(two, two.bulk) == (480, 480)
    assert two.kh.store.rebuild(write=False) == ()


def test_a_line_that_is_stored_is_posted_again_to_the_byte(two: Pair) -> None:
    write(two.kr, two.bulk, 3)
    Puller(two.kh, two.kh_sees_kr).pull(two.bulk.origin)
    first = two.kr.store.lines(two.bulk.origin, 3)
    two.kh.clock.at += 60_000  # type: ignore[attr-defined]
    again = Puller(two.kh, two.kh_sees_kr).pull(two.bulk.origin)
    assert (again.verdict, again.posted) == (Verdict.SAME, 3)
    assert two.kr.store.lines(two.bulk.origin, 3) == first


def test_a_withheld_body_is_never_cosigned_and_the_rest_waits(two: Pair) -> None:
    write(two.kr, two.bulk, 300)
    withhold = True

    def change(path: str, body: bytes) -> bytes:
        if "/records/" not in path or not withhold:
            return body
        entries = decode_bundle(body, first_of(path), 256)
        return encode_bundle([Entry(e.index, State.WITHHELD) if e.index == 42 else e for e in entries])

    puller = meddled(two, change)
    pulled = puller.pull(two.bulk.origin)
    assert pulled.lacking == (42,)
    assert held(two, two.bulk) == (0, 0)
    assert two.kr.store.lines(two.bulk.origin, 300) == ()
    assert [n.kind for n in two.kh.store.notices()] == ["withheld"]
    withhold = False
    assert puller.pull(two.bulk.origin).size == 300
    assert held(two, two.bulk) == (300, 300)


def erase(world: World, channel: Channel, index: int) -> Place:
    """The order stands in the record's own channel; the body goes with it."""
    entry = world.store.entries(channel.origin, index, index + 1)[0]
    told = world.store.told([Place(channel.origin, index)])[Place(channel.origin, index)]
    assert told.header is not None
    assert entry.envelope is not None
    target = erase_1.Erasure(origin=channel.origin, index=index, id=told.header.id)
    order = sealed(world, erase_1.Body(targets=(target,), ground="test", ordered_by="fictional"), purpose="crime")
    return world.store.keep([replace(letter(channel.origin, order), erases=(Erasure(Place(channel.origin, index)),))])[
        0
    ]


@pytest.mark.parametrize("when", ["before", "pending", "after"])
def test_an_erased_record_is_gone_at_both_ends_and_every_root_stays(two: Pair, when: str) -> None:
    write(two.kr, two.bulk, 300)
    puller = Puller(two.kh, two.kh_sees_kr)
    if when == "pending":
        stop = meddled(two, lambda path, body: b"" if "/records/" in path else body)
        stop.pull(two.bulk.origin)
        assert two.kh.store.position(two.bulk.origin).pending == 300
    if when == "after":
        puller.pull(two.bulk.origin)
    place = erase(two.kr, two.bulk, 7)
    for _ in range(2):
        puller.pull(two.bulk.origin)
    Drainer(two.kh, two.kr.me.name).drain_all()
    assert held(two, two.bulk) == (301, 301)
    for world in (two.kr, two.kh):
        (entry,) = world.store.entries(two.bulk.origin, 7, 8)
        assert (entry.state, entry.envelope, entry.order) == (State.ERASED, None, Order(place.origin, place.index))
    assert two.kr.store.position(two.bulk.origin).root == two.kh.store.position(two.bulk.origin).root
    assert two.kh.store.rebuild(write=False) == ()


@pytest.mark.parametrize("order", [5, 299, 10_000])
def test_an_entry_said_to_be_erased_without_a_real_order_is_not_held(two: Pair, order: int) -> None:
    write(two.kr, two.bulk, 300)

    def change(path: str, body: bytes) -> bytes:
        if "/records/" not in path:
            return body
        entries = decode_bundle(body, first_of(path), 256)
        lie = Order(two.bulk.origin, order)
        return encode_bundle([Entry(e.index, State.ERASED, order=lie) if e.index == 42 else e for e in entries])

    for _ in range(2):
        meddled(two, change).pull(two.bulk.origin)
    assert held(two, two.bulk) == (0, 0)
    assert Puller(two.kh, two.kh_sees_kr).pull(two.bulk.origin).size == 300


def fork(two: Pair, size: int) -> bytes:
    """A note by the writer's own key over another history of this size."""
    leaves = [leaf_of(bytes([n % 256]) * 32, b"{}") for n in range(size)]
    text = Checkpoint(two.bulk.origin, size, leaves_root(leaves)).text()
    return note_bytes(text, [signature_line(two.bulk.key, lambda m: two.kr.keyring.sign(two.bulk.origin, m), text)])


def test_two_signed_roots_of_one_size_stop_that_channel_alone_and_are_kept(two: Pair) -> None:
    write(two.kr, two.bulk, 3)
    write(two.kr, two.urgent, 1)
    Puller(two.kh, two.kh_sees_kr).pull(two.bulk.origin)
    other = fork(two, 3)
    puller = meddled(
        two, lambda path, body: other if path.startswith("/ch/bbbb") and path.endswith("checkpoint") else body
    )
    results = pull_all(puller)
    assert getattr(results[two.bulk.origin], "verdict", None) is Verdict.FORK
    assert held(two, two.urgent) == (1, 1)
    ours, theirs = two.kh.store.evidence(two.bulk.origin)
    roots = {open_checkpoint(note, two.bulk.key).root for note in (ours, theirs)}
    assert len(roots) == 2, "both notes verify under the writer's key, and disagree"
    assert two.kh.store.channel(two.bulk.origin).standing is Standing.STOPPED
    write(two.kr, two.bulk, 1)
    assert Puller(two.kh, two.kh_sees_kr).pull(two.bulk.origin).size == 3, "nothing more is pulled"


def test_a_root_that_is_not_reached_is_an_alarm_and_not_an_accusation(two: Pair) -> None:
    write(two.kr, two.bulk, 3)
    Puller(two.kh, two.kh_sees_kr).pull(two.bulk.origin)
    write(two.kr, two.bulk, 2)
    other = fork(two, 5)
    with pytest.raises(BadProof):
        meddled(two, lambda path, body: other if path.endswith("checkpoint") else body).pull(two.bulk.origin)
    assert [n.kind for n in two.kh.store.notices()] == ["root-not-reached"]
    assert two.kh.store.channel(two.bulk.origin).standing is Standing.OPEN
    assert Puller(two.kh, two.kh_sees_kr).pull(two.bulk.origin).size == 5


def test_an_older_checkpoint_changes_nothing(two: Pair) -> None:
    write(two.kr, two.bulk, 2)
    old = two.kr.store.position(two.bulk.origin).note
    write(two.kr, two.bulk, 2)
    Puller(two.kh, two.kh_sees_kr).pull(two.bulk.origin)
    pulled = meddled(two, lambda path, body: old if path.endswith("checkpoint") else body).pull(two.bulk.origin)
    assert pulled.verdict is Verdict.STALE
    assert held(two, two.bulk) == (4, 4)


@pytest.mark.parametrize("part", ["checkpoint", "tile/0", "records"])
@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "swap"])
@pytest.mark.parametrize("count", [3, 300])
def test_damaged_transport_never_leads_to_a_cosignature_over_less_than_is_held(
    two: Pair, part: str, damage: str, count: int
) -> None:
    write(two.kr, two.bulk, count)

    def change(path: str, body: bytes) -> bytes:
        if f"/{part}" not in path or not body:
            return body
        middle = len(body) // 2
        if damage == "cut":
            return body[:middle]
        if damage == "flip":
            return body[:middle] + bytes([body[middle] ^ 4]) + body[middle + 1 :]
        return b"" if damage == "empty" else body[middle:] + body[:middle]

    with suppress(Malformed, Unproven):
        meddled(two, change).pull(two.bulk.origin)
    size, cosigned = held(two, two.bulk)
    assert cosigned <= size
    assert size in (0, count)
    if part != "tile/0" or count > 256:
        assert size == 0
    assert Puller(two.kh, two.kh_sees_kr).pull(two.bulk.origin).size == count
    assert held(two, two.bulk) == (count, count)


@pytest.mark.parametrize("count", [3, 300])
def test_fields_said_to_be_erased_without_a_real_order_are_not_held(two: Pair, count: int) -> None:
    write(two.kr, two.bulk, count)

    def change(path: str, body: bytes) -> bytes:
        if "/records/" not in path:
            return body
        entries = decode_bundle(body, first_of(path), 256)
        lie = Order(two.bulk.origin, 2)
        return encode_bundle(
            [Entry(e.index, State.PARTED, e.salt, e.envelope, e.fields, lie) if e.index == 1 else e for e in entries]
        )

    for _ in range(2):
        meddled(two, change).pull(two.bulk.origin)
    assert held(two, two.bulk) == (0, 0)
    assert Puller(two.kh, two.kh_sees_kr).pull(two.bulk.origin).size == count


@pytest.mark.parametrize("at_once", [True, False])
def test_what_matches_does_not_depend_on_which_records_came_together(two: Pair, at_once: bool) -> None:
    value = "lure-shared.example.com"
    two.kh.store.keep([letter(two.back.origin, sealed_indicator(two.kh, 0, value=value))])
    puller, drainer = Puller(two.kh, two.kh_sees_kr), Drainer(two.kh, two.kr.me.name)
    for n in range(3):
        two.kr.store.keep([letter(two.bulk.origin, sealed_indicator(two.kr, n, value=value))])
        if not at_once or n == 2:
            puller.pull(two.bulk.origin)
            drainer.drain_all()
    matches = [notice.about["index"] for notice in two.kh.store.notices() if notice.kind == "match"]
    assert sorted(matches) == [0, 1, 2]
