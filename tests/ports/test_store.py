"""What every store promises, held against each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from comity.domain.ledger import (
    COSIGNATURE,
    ED25519,
    Channel,
    Lane,
    Line,
    PastKey,
    Predecessor,
    Standing,
    VerifierKey,
    inclusion_proof,
    leaf_of,
    leaves_root,
    open_checkpoint,
    tree_root,
    verify_inclusion,
)
from comity.domain.record import Entry, Order, State, encode_fields, index_of
from comity.domain.terms import Instant, NodeName
from comity.errors import BadSignature, Conflict, Fenced, NotFound
from comity.ports import (
    Acted,
    Buried,
    Copied,
    Drained,
    Erased,
    Erasure,
    Listed,
    LogKept,
    Merged,
    Moved,
    Noticed,
    Opened,
    PeerKept,
    Place,
    Stopped,
    Witnessed,
    World,
)
from tests.worlds import channel_to, introduce, letter, node_world, sealed_indicator

STORES = ["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.pg)]


@pytest.fixture(params=STORES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def world(kind: str, tmp_path: Path) -> Iterator[World]:
    made = node_world(tmp_path / "a", "police.kr.example", "KR", None, None, store=kind)  # type: ignore[arg-type]
    yield made
    made.store.close()


@pytest.fixture
def far(kind: str, tmp_path: Path) -> Iterator[World]:
    made = node_world(tmp_path / "b", "taskforce.kh.example", "KH", None, None, store=kind, seed=9)  # type: ignore[arg-type]
    yield made
    made.store.close()


def written(world: World, count: int) -> str:
    channel = channel_to(world, "taskforce.kh.example", Lane.BULK, "1" * 16)
    world.store.keep([letter(channel.origin, sealed_indicator(world, n)) for n in range(count)])
    return channel.origin


def test_letters_are_numbered_densely_and_hang_under_a_signed_root(world: World) -> None:
    origin = written(world, 5)
    position = world.store.position(origin)
    signed = open_checkpoint(position.note, world.store.channel(origin).key)
    entries = world.store.entries(origin, 0, 9)
    assert [entry.index for entry in entries] == [0, 1, 2, 3, 4]
    leaves = [leaf_of(entry.salt or b"", entry.envelope or b"") for entry in entries]
    assert (signed.size, signed.root) == (5, leaves_root(leaves)) == (position.size, position.root)
    assert world.store.leaves(origin, 1, 4) == leaves[1:4]


def test_the_same_id_keeps_its_place(world: World) -> None:
    origin = written(world, 2)
    again = sealed_indicator(world, 7, record="01930000-0000-7000-8000-00000000f1c7")
    first = world.store.keep([letter(origin, again)])
    assert world.store.keep([letter(origin, again), letter(origin, sealed_indicator(world, 8))])[0] == first[0]
    assert world.store.position(origin).size == 4


def test_the_same_id_twice_in_one_call_is_one_record(world: World) -> None:
    origin = written(world, 0)
    one = letter(origin, sealed_indicator(world, 1))
    assert world.store.keep([one, one]) == (Place(origin, 0), Place(origin, 0))
    assert world.store.position(origin).size == 1


def test_a_refused_fact_takes_its_letters_with_it(world: World) -> None:
    origin = written(world, 1)
    done = Acted(world.me.name, "x", Instant(1), "done")
    world.store.keep([], [done])
    with pytest.raises(Conflict, match="already-acted"):
        world.store.keep([letter(origin, sealed_indicator(world, 2))], [Noticed("n", Instant(1), "k"), done])
    assert world.store.position(origin).size == 1
    assert world.store.notices() == ()
    assert world.store.acted(world.me.name, "x") == "done"


def test_a_channel_of_somebody_else_or_of_nobody_is_not_written_to(world: World, far: World) -> None:
    theirs = channel_to(far, world.me.name, Lane.URGENT, "2" * 16)
    introduce(world, far, [theirs])
    sealed = sealed_indicator(world, 1)
    with pytest.raises(Conflict, match="not-our-channel"):
        world.store.keep([letter(theirs.origin, sealed)])
    with pytest.raises(NotFound):
        world.store.keep([letter("nobody.example/ch/" + "0" * 16, sealed)])


def test_a_stopped_channel_takes_no_more_letters_and_keeps_its_evidence(world: World) -> None:
    origin = written(world, 1)
    world.store.keep([], [Stopped(origin, Standing.FENCED.value, "restored", Instant(1), (b"one", b"two"))])
    with pytest.raises(Fenced):
        world.store.keep([letter(origin, sealed_indicator(world, 2))])
    assert world.store.evidence(origin) == (b"one", b"two")
    assert world.store.channel(origin).standing is Standing.FENCED


def test_an_opened_channel_is_opened_once_and_never_changed(world: World) -> None:
    channel = channel_to(world, "taskforce.kh.example", Lane.BULK, "1" * 16)
    world.store.keep([], [Opened(channel)])
    with pytest.raises(Conflict, match="channel-differs"):
        world.store.keep([], [Opened(replace(channel, audience=NodeName("else.kh.example")))])
    assert len(world.store.channels()) == 1


def test_postings_lead_to_every_place_of_a_value(world: World) -> None:
    origin = written(world, 3)
    same = sealed_indicator(world, 1)
    world.store.keep([letter(origin, same)])
    (trace,) = [t for t in index_of(same.envelope, encode_fields(same.fields)).traces if t.name == "value"]
    assert world.store.traced("value", [trace.key, b"\0" * 16]) == {trace.key: [Place(origin, 1), Place(origin, 3)]}
    assert world.store.find(same.id) == [Place(origin, 3)]
    assert world.store.of_kind("indicator/1", 2) == [Place(origin, 3), Place(origin, 2)]
    told = world.store.told([Place(origin, 3), Place(origin, 99)])
    assert list(told) == [Place(origin, 3)]
    assert told[Place(origin, 3)].header is not None


def test_an_order_and_what_it_erases_are_one_act(world: World) -> None:
    origin = written(world, 3)
    before = world.store.leaves(origin, 0, 3)
    gone = world.store.told([Place(origin, 1)])[Place(origin, 1)]
    assert gone.header is not None
    world.store.keep([replace(letter(origin, sealed_indicator(world, 9)), erases=(Erasure(Place(origin, 1)),))])
    (entry,) = world.store.entries(origin, 1, 2)
    assert (entry.state, entry.salt, entry.envelope, entry.order) == (State.ERASED, None, None, Order(origin, 3))
    assert world.store.leaves(origin, 0, 3) == before
    assert world.store.parted(origin, 0, 9) == [entry]
    assert world.store.parted(origin, 2, 9) == []
    assert world.store.traced("value", [t.key for t in gone.traces]) == {}
    assert world.store.find(gone.header.id) == [Place(origin, 1)], (
        "the id is still known, so it is never appended again"
    )
    late = sealed_indicator(world, 1, record=gone.header.id)
    assert world.store.keep([letter(origin, late)]) == (Place(origin, 1),)


def test_an_order_in_another_channel_erases_nothing_here(world: World) -> None:
    origin = written(world, 1)
    other = channel_to(world, "taskforce.kh.example", Lane.URGENT, "3" * 16)
    order = replace(letter(other.origin, sealed_indicator(world, 9)), erases=(Erasure(Place(origin, 0)),))
    with pytest.raises(Conflict, match="order-in-another-channel"):
        world.store.keep([order])
    assert world.store.entries(origin, 0, 1)[0].state is State.PRESENT
    assert world.store.position(other.origin).size == 0


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 600])
def test_tiles_give_the_root_and_every_proof(world: World, size: int) -> None:
    origin = written(world, 0)
    for start in range(0, size, 100):
        world.store.keep([letter(origin, sealed_indicator(world, n)) for n in range(start, min(start + 100, size))])
    leaves = world.store.leaves(origin, 0, size)

    def tiles(level: int, n: int, width: int) -> bytes:
        return world.store.tile(origin, level, n, width)

    root = leaves_root(leaves)
    assert tree_root(size, tiles) == root == world.store.position(origin).root
    for index in {0, size // 2, size - 1}:
        verify_inclusion(index, size, leaves[index], inclusion_proof(index, size, tiles), root)
    with pytest.raises(NotFound):
        tiles(0, size // 256, size % 256 + 1)


def test_lines_of_a_cosigner_are_kept_once_and_the_nearest_is_found(world: World) -> None:
    origin = written(world, 4)
    for size in (2, 4, 3):
        world.store.keep([], [Merged(origin, Line("x/receipt", size, 10 + size, b"first"))])
    world.store.keep([], [Merged(origin, Line("x/receipt", 3, 99, b"second"))])
    assert world.store.cosigned(origin, "x/receipt", 2) == Line("x/receipt", 3, 13, b"first")
    assert world.store.cosigned(origin, "x/receipt", 4) is None
    assert world.store.lines(origin, 3) == (Line("x/receipt", 3, 13, b"first"),)


# ---- the reader's side
def reading(world: World, far: World, count: int) -> tuple[str, list[Entry], list[bytes], bytes]:
    """`far` writes `count` records for `world`; what there is to pull."""
    channel = channel_to(far, world.me.name, Lane.BULK, "4" * 16)
    far.store.keep([letter(channel.origin, sealed_indicator(far, n)) for n in range(count)])
    introduce(world, far, [channel])
    entries = far.store.entries(channel.origin, 0, count)
    return channel.origin, entries, far.store.leaves(channel.origin, 0, count), far.store.position(channel.origin).note


def test_a_small_gap_is_held_at_once_or_not_at_all(world: World, far: World) -> None:
    origin, entries, leaves, note = reading(world, far, 3)
    with pytest.raises(Conflict):
        world.store.hold(origin, 3, note, entries[:2])
    forged = replace_envelope(entries[1])
    with pytest.raises(Conflict, match="root-differs"):
        world.store.hold(origin, 3, note, [entries[0], forged, entries[2]])
    assert world.store.position(origin).size == 0
    assert world.store.entries(origin, 0, 3) == []
    world.store.hold(origin, 3, note, entries)
    assert (world.store.position(origin).size, world.store.position(origin).root) == (3, leaves_root(leaves))
    assert world.store.note(origin, 3) == note


def replace_envelope(entry: Entry) -> Entry:
    return Entry(entry.index, entry.state, entry.salt, (entry.envelope or b"") + b" ", entry.fields, entry.order)


def test_pending_takes_only_what_it_lacks_and_is_held_only_whole(world: World, far: World) -> None:
    origin, entries, leaves, note = reading(world, far, 5)
    world.store.pend(origin, note, 5, leaves)
    assert world.store.missing(origin) == [0, 1, 2, 3, 4]
    wrong = Entry(9, State.PRESENT, entries[0].salt, entries[0].envelope, entries[0].fields)
    assert world.store.fill(origin, [entries[3], replace_envelope(entries[1]), wrong]) == 1
    assert world.store.fill(origin, [entries[3]]) == 0, "a late bundle is dropped"
    assert world.store.missing(origin) == [0, 1, 2, 4]
    with pytest.raises(Conflict, match="entry-missing"):
        world.store.hold(origin, 5, note)
    assert world.store.fill(origin, [Entry(1, State.WITHHELD)]) == 0
    world.store.fill(origin, entries)
    assert world.store.missing(origin) == []
    world.store.unfill(origin, [4])
    assert world.store.missing(origin) == [4]
    world.store.fill(origin, entries)
    world.store.hold(origin, 5, note)
    assert world.store.position(origin).size == 5
    assert [e.index for e in world.store.entries(origin, 0, 9)] == [0, 1, 2, 3, 4]
    with pytest.raises(Conflict, match="already-held"):
        world.store.unfill(origin, [2])


def test_pending_grows_only_over_the_same_leaves(world: World, far: World) -> None:
    origin, _, leaves, note = reading(world, far, 3)
    world.store.pend(origin, note, 3, leaves)
    far.store.keep([letter(origin, sealed_indicator(far, 77))])
    longer, note4 = far.store.leaves(origin, 0, 4), far.store.position(origin).note
    with pytest.raises(Conflict, match="pending-not-extended"):
        world.store.pend(origin, note4, 4, [longer[1], longer[0], *longer[2:]])
    world.store.pend(origin, note4, 4, longer)
    assert world.store.position(origin).pending == 4
    with pytest.raises(Conflict, match="pending-not-extended"):
        world.store.pend(origin, note, 3, leaves)


def test_our_line_never_goes_back_and_never_beyond_what_is_held(world: World, far: World) -> None:
    origin, entries, _, note = reading(world, far, 2)
    name = f"{world.me.name}/receipt"
    with pytest.raises(Conflict, match="line-not-allowed"):
        world.store.keep_line(origin, Line(name, 2, 100, b"line"))
    world.store.hold(origin, 2, note, entries)
    world.store.keep_line(origin, Line(name, 2, 100, b"line"))
    assert world.store.line(origin) == Line(name, 2, 100, b"line")
    assert world.store.last_time_s() == 100
    with pytest.raises(Conflict, match="line-goes-back"):
        world.store.keep_line(origin, Line(name, 2, 101, b"other"))
    far.store.keep([letter(origin, sealed_indicator(far, 5))])
    world.store.hold(origin, 3, far.store.position(origin).note, far.store.entries(origin, 2, 3))
    with pytest.raises(Conflict, match="line-not-allowed"):
        world.store.keep_line(origin, Line(name, 3, 99, b"earlier"))


def test_draining_moves_once_and_files_what_it_passes(world: World, far: World) -> None:
    origin, entries, _, note = reading(world, far, 3)
    world.store.hold(origin, 3, note, entries)
    told = tuple(index_of(e.envelope or b"", e.fields) for e in entries)
    assert world.store.find(told[0].header.id if told[0].header else "") == []
    world.store.keep([], [Drained(origin, 0, 2, told[:2])])
    with pytest.raises(Conflict, match="drained-elsewhere"):
        world.store.keep([], [Drained(origin, 0, 2, told[:2])])
    assert world.store.traced("value", [told[0].traces[0].key]) == {told[0].traces[0].key: [Place(origin, 0)]}
    assert world.store.traced("value", [told[2].traces[0].key]) == {}, "what is not drained is not shown"
    assert world.store.position(origin).drained == 2


def test_a_tombstone_and_a_held_erasure_stay(world: World, far: World) -> None:
    origin, entries, leaves, note = reading(world, far, 2)
    world.store.hold(origin, 2, note, entries)
    order = Place(origin, 1)
    world.store.keep([], [Erased(Erasure(Place(origin, 0)), order), Buried(far.me.name, "id", order)])
    world.store.keep([], [Buried(far.me.name, "id", Place(origin, 0))])
    assert world.store.entries(origin, 0, 1)[0].state is State.ERASED
    assert world.store.leaves(origin, 0, 2) == leaves
    assert world.store.buried(far.me.name, ["id", "other"]) == {"id": order}


def test_notices_and_lists_are_kept_once(world: World) -> None:
    world.store.keep(
        [], [Noticed("a", Instant(1), "k", {"n": 1}), Noticed("b", Instant(2), "k"), Noticed("a", Instant(3), "k")]
    )
    assert [(n.key, n.at, n.about) for n in world.store.notices()] == [("b", 2, {}), ("a", 1, {"n": 1})]
    for version in (b"1", b"2"):
        world.store.keep([], [Listed("majestic", "0" * 64, version, "officer", Instant(1))])
    assert [x.raw for x in world.store.warning_lists()] == [b"2"]
    assert world.store.warning_versions() == (("majestic", "0" * 64),)


def test_rebuild_finds_nothing_to_mend_in_a_sound_store(world: World, far: World) -> None:
    origin, entries, _, note = reading(world, far, 3)
    world.store.hold(origin, 3, note, entries)
    world.store.keep([], [Drained(origin, 0, 3, tuple(index_of(e.envelope or b"", e.fields) for e in entries))])
    mine = channel_to(world, far.me.name, Lane.BULK, "5" * 16)
    world.store.keep([letter(mine.origin, sealed_indicator(world, n)) for n in range(300)])
    world.store.keep(
        [replace(letter(mine.origin, sealed_indicator(world, 9)), erases=(Erasure(Place(mine.origin, 1)),))]
    )
    assert world.store.rebuild(write=False) == ()


# ---- standings
def standing(world: World, origin: str, standing: Standing) -> None:
    world.store.keep([], [Stopped(origin, standing.value, "a reason", Instant(1))])


def held(world: World, far: World, count: int) -> tuple[str, list[Entry], bytes]:
    """A channel of `far` that `world` holds and has drained."""
    origin, entries, _, note = reading(world, far, count)
    world.store.hold(origin, count, note, entries)
    told = tuple(index_of(e.envelope or b"", e.fields) for e in entries)
    world.store.keep([], [Drained(origin, 0, count, told)])
    return origin, entries, note


def test_a_channel_that_is_behind_is_pulled_and_drained_but_shows_nothing_and_is_not_cosigned(
    world: World, far: World
) -> None:
    origin, entries, _ = held(world, far, 2)
    mine = written(world, 1)
    told = index_of(entries[0].envelope or b"", entries[0].fields)
    assert told.header is not None
    key = told.traces[0].key
    world.store.keep([], [Buried(far.me.name, "x", Place(origin, 0)), Acted(far.me.name, "x", Instant(1), "done")])
    world.store.keep([], [Merged(origin, Line("w/witness", 2, 1, b"line"))])

    def shown() -> tuple[object, ...]:
        return (
            world.store.find(told.header.id if told.header else ""),
            world.store.traced("value", [key]),
            world.store.traced("value", [key, b"0" * 16]),
            world.store.of_kind("indicator/1", 2),
            list(world.store.told([Place(mine, 0), Place(origin, 0)])),
        )

    open_ = shown()
    assert Place(origin, 0) in world.store.find(told.header.id)
    standing(world, origin, Standing.BEHIND)
    assert shown() == (
        [],
        {key: [Place(mine, 0)]},
        {key: [Place(mine, 0)]},
        [Place(mine, 0)],
        [Place(mine, 0)],
    )
    assert [e.index for e in world.store.entries(origin, 0, 9)] == [0, 1]
    assert world.store.buried(far.me.name, ["x"])
    assert world.store.acted(far.me.name, "x") == "done"
    far.store.keep([letter(origin, sealed_indicator(far, 8))])
    world.store.hold(origin, 3, far.store.position(origin).note, far.store.entries(origin, 2, 3))
    far.store.keep([letter(origin, sealed_indicator(far, 9))])
    world.store.pend(origin, far.store.position(origin).note, 4, far.store.leaves(origin, 3, 4))
    assert world.store.fill(origin, far.store.entries(origin, 3, 4)) == 1
    world.store.hold(origin, 4, far.store.position(origin).note)
    late = tuple(index_of(e.envelope or b"", e.fields) for e in world.store.entries(origin, 2, 4))
    world.store.keep([], [Drained(origin, 2, 4, late)])
    with pytest.raises(Fenced, match="channel-behind"):
        world.store.keep_line(origin, Line(f"{world.me.name}/receipt", 4, 100, b"line"))
    standing(world, origin, Standing.OPEN)
    assert shown()[0] == open_[0]
    assert world.store.of_kind("indicator/1", 2) == [Place(origin, 3), Place(origin, 2)]
    world.store.keep_line(origin, Line(f"{world.me.name}/receipt", 4, 100, b"line"))


def test_a_retired_channel_of_ours_takes_no_letters_and_stays_readable(world: World) -> None:
    origin = written(world, 3)
    before = world.store.position(origin)
    standing(world, origin, Standing.RETIRED)
    with pytest.raises(Fenced, match="channel-retired"):
        world.store.keep([letter(origin, sealed_indicator(world, 9))])
    assert world.store.position(origin) == before
    assert len(world.store.of_kind("indicator/1")) == 3
    assert len(world.store.told([Place(origin, n) for n in range(3)])) == 3


def test_a_retired_channel_of_somebody_else_is_pulled_to_its_end_and_cosigned(world: World, far: World) -> None:
    origin, entries, leaves, note = reading(world, far, 3)
    standing(world, origin, Standing.RETIRED)
    world.store.pend(origin, note, 3, leaves)
    world.store.fill(origin, entries)
    world.store.hold(origin, 3, note)
    world.store.keep_line(origin, Line(f"{world.me.name}/receipt", 3, 100, b"line"))
    assert world.store.line(origin) == Line(f"{world.me.name}/receipt", 3, 100, b"line")


@pytest.mark.parametrize("ended", [Standing.STOPPED, Standing.FENCED])
def test_a_stopped_channel_of_somebody_else_is_not_pulled(world: World, far: World, ended: Standing) -> None:
    origin, entries, leaves, note = reading(world, far, 3)
    standing(world, origin, ended)
    with pytest.raises(Fenced):
        world.store.pend(origin, note, 3, leaves)
    with pytest.raises(Fenced):
        world.store.hold(origin, 3, note, entries)


# ---- taking the end of our own channel back
@dataclass(frozen=True)
class Tail:
    """A channel of ours as a reader still holds it; here it is retired at size 0."""

    origin: str
    entries: list[Entry]
    leaves: list[bytes]
    notes: dict[int, bytes]


@pytest.fixture
def tail(world: World, tmp_path: Path) -> Tail:
    """Written by the same node under the same keys before it lost its store."""
    before = node_world(tmp_path / "a", world.me.name, "KR", None, None, store="memory", seed=5)  # type: ignore[arg-type]
    channel = channel_to(before, "taskforce.kh.example", Lane.BULK, "6" * 16)
    for size in (2, 5):
        count = size - before.store.position(channel.origin).size
        before.store.keep([letter(channel.origin, sealed_indicator(before, size + n)) for n in range(count)])
    before.store.keep(
        [replace(letter(channel.origin, sealed_indicator(before, 9)), erases=(Erasure(Place(channel.origin, 3)),))]
    )
    world.store.keep([], [Opened(replace(channel, standing=Standing.RETIRED))])
    notes = {size: before.store.note(channel.origin, size) for size in (2, 5, 6)}
    entries = before.store.entries(channel.origin, 0, 6)
    return Tail(channel.origin, entries, before.store.leaves(channel.origin, 0, 6), notes)


def test_what_a_reader_still_holds_of_our_channel_is_taken_back_filed_and_unsigned(world: World, tail: Tail) -> None:
    store, origin = world.store, tail.origin
    store.regain(origin, tail.notes[2], tail.entries[:2])
    store.regain(origin, tail.notes[6], tail.entries[2:], tail.leaves[2:])
    position = store.position(origin)
    assert (position.size, position.pending, position.drained) == (6, 6, 6)
    assert (position.root, position.note) == (leaves_root(tail.leaves), tail.notes[6])
    assert store.entries(origin, 0, 9) == tail.entries
    assert store.leaves(origin, 0, 6) == tail.leaves
    assert store.sizes(origin, 0) == [2, 6]
    assert store.of_kind("indicator/1") == [Place(origin, n) for n in (5, 4, 2, 1, 0)]
    first = index_of(tail.entries[2].envelope or b"", tail.entries[2].fields)
    assert first.header is not None
    assert store.find(first.header.id) == [Place(origin, 2)]
    assert store.traced("value", [first.traces[0].key]) == {first.traces[0].key: [Place(origin, 2)]}
    assert store.rebuild(write=False) == ()
    standing(world, origin, Standing.FENCED)
    with pytest.raises(Conflict, match="entry-missing"):
        store.regain(origin, tail.notes[6], [])


def test_a_tail_that_is_not_whole_or_not_ours_changes_nothing(world: World, far: World, tail: Tail) -> None:
    store, origin = world.store, tail.origin
    forged = tail.notes[5].replace(b"\n5\n", b"\n4\n")
    faults: list[tuple[type[Exception], str, bytes, list[Entry], list[bytes]]] = [
        (Conflict, "entry-missing", tail.notes[2], tail.entries[:1], []),
        (Conflict, "entry-missing", tail.notes[2], tail.entries[1:2], []),
        (Conflict, "entry-missing", tail.notes[2], [tail.entries[0], Entry(1, State.WITHHELD)], []),
        (Conflict, "root-differs", tail.notes[2], [tail.entries[0], replace_envelope(tail.entries[1])], []),
        (Conflict, "entry-missing", tail.notes[5], tail.entries[:5], []),
        (Conflict, "root-differs", tail.notes[5], tail.entries[:5], [bytes(32)] * 5),
        (Conflict, "leaves-missing", tail.notes[5], tail.entries[:5], tail.leaves[:4]),
        (BadSignature, "signature-fails", forged, tail.entries[:4], tail.leaves[:4]),
    ]
    for fault, code, note, entries, leaves in faults:
        with pytest.raises(fault, match=code):
            store.regain(origin, note, entries, leaves)
        assert store.position(origin).size == 0
        assert store.entries(origin, 0, 9) == []
        assert store.of_kind("indicator/1") == []
    theirs, held_, note = held(world, far, 2)
    with pytest.raises(Conflict, match="not-our-channel"):
        store.regain(theirs, note, held_)
    with pytest.raises(NotFound):
        store.regain("nobody.example/ch/" + "0" * 16, note, held_)
    standing(world, origin, Standing.OPEN)
    with pytest.raises(Conflict, match="channel-goes-on"):
        store.regain(origin, tail.notes[2], tail.entries[:2])


# ---- roster, copies, cursors, witnessed logs
def test_a_channel_tells_whom_it_follows_and_may_learn_it_once(world: World) -> None:
    plain = channel_to(world, "taskforce.kh.example", Lane.BULK, "1" * 16)
    first = Predecessor(plain.origin, 0, leaves_root([]))
    later = Channel(
        world.keyring.create(f"{world.me.name}/ch/{'2' * 16}", ED25519),
        world.me.name,
        plain.audience,
        Lane.BULK,
        Instant(1),
        follows=first,
    )
    world.store.keep([], [Opened(later), Opened(replace(later, follows=None))])
    assert world.store.channel(later.origin) == later
    with pytest.raises(Conflict, match="channel-differs"):
        world.store.keep([], [Opened(replace(later, follows=replace(first, size=3)))])
    theirs = Channel(
        VerifierKey("taskforce.kh.example/ch/" + "3" * 16, ED25519, bytes(32)),
        NodeName("taskforce.kh.example"),
        world.me.name,
        Lane.BULK,
        Instant(1),
    )
    told = Predecessor("taskforce.kh.example/ch/" + "4" * 16, 7, bytes(32))
    world.store.keep([], [Opened(theirs), Opened(replace(theirs, follows=told))])
    assert world.store.channel(theirs.origin).follows == told


def test_everything_that_the_roster_knows_of_a_peer_comes_back(world: World, far: World) -> None:
    peer = introduce(world, far, [])
    assert world.store.peers() == (peer,)
    fuller = replace(
        peer,
        past=(PastKey(VerifierKey(f"{far.me.name}/receipt-0", COSIGNATURE, bytes(32)), Instant(5), "rotated"),),
        next_certificate=b"\x30\x00\xff",
        witness_key=VerifierKey(f"{far.me.name}/witness", COSIGNATURE, bytes(32)),
        version=3,
    )
    world.store.keep([], [PeerKept(fuller)])
    assert world.store.peers() == (fuller,)


def test_copies_are_listed_by_record_in_the_order_in_which_they_left(world: World) -> None:
    def copy(record: str, what: str, issuer: str = "a.example") -> Copied:
        return Copied(NodeName(issuer), record, what, "0" * 64, "Kim (fictional)", Instant(7))

    copies = [copy("x", "receipt"), copy("y", "print"), copy("x", "print"), copy("x", "receipt")]
    world.store.keep([], [*copies, copy("x", "print", "b.example")])
    assert world.store.copies("a.example", "x") == (copies[0], copies[2], copies[3])
    assert world.store.copies("a.example", "z") == ()


def test_a_cursor_moves_only_from_where_it_stands(world: World) -> None:
    assert world.store.cursor("passed-on") == 0
    world.store.keep([], [Moved("passed-on", 0, 5), Moved("passed-on", 5, 4)])
    with pytest.raises(Conflict, match="cursor-elsewhere"):
        world.store.keep([], [Noticed("n", Instant(1), "k"), Moved("passed-on", 5, 6)])
    assert (world.store.cursor("passed-on"), world.store.cursor("other")) == (4, 0)
    assert world.store.notices() == ()


def test_notices_are_read_on_from_any_number(world: World) -> None:
    for key in ("a", "b", "a", "c"):
        world.store.keep([], [Noticed(key, Instant(1), "k", {"of": key})])
    everything = world.store.notices_after(0)
    assert [notice.key for _, notice in everything] == ["a", "b", "c"]
    numbers = [seq for seq, _ in everything]
    assert numbers == sorted(set(numbers))
    assert world.store.notices_after(numbers[0], 1) == (everything[1],)
    assert world.store.notices_after(numbers[-1]) == ()


def test_a_log_is_kept_under_one_key(world: World) -> None:
    key = VerifierKey("far.example/ch/" + "0" * 16, ED25519, bytes(32))
    kept = LogKept(key, NodeName("far.example"), Instant(1))
    world.store.keep([], [kept, replace(kept, at=Instant(2))])
    assert world.store.logs() == (kept,)
    with pytest.raises(Conflict, match="log-differs"):
        world.store.keep([], [replace(kept, key=VerifierKey(key.name, ED25519, bytes(31) + b"1"))])


def test_of_two_cosignatures_as_a_witness_over_the_same_step_one_is_kept(world: World) -> None:
    origin = "far.example/ch/" + "0" * 16

    def seen(before: int, size: int, root: bytes = bytes(32)) -> Witnessed:
        line = Line(f"{world.me.name}/witness", size, 100, b"line")
        return Witnessed(origin, before, size, root, b"note %d" % size, line)

    assert world.store.witnessed(origin) is None
    with pytest.raises(Conflict, match="witnessed-elsewhere"):
        world.store.keep([], [seen(2, 3)])
    world.store.keep([], [seen(0, 3)])
    with pytest.raises(Conflict, match="witnessed-elsewhere"):
        world.store.keep([], [Noticed("n", Instant(1), "k"), seen(0, 4)])
    world.store.keep([], [seen(3, 3)])
    for back in (seen(3, 2), seen(3, 3, b"1" * 32)):
        with pytest.raises(Conflict, match="witness-goes-back"):
            world.store.keep([], [back])
    world.store.keep([], [seen(3, 8, b"2" * 32)])
    assert world.store.witnessed(origin) == seen(3, 8, b"2" * 32)
    assert world.store.notices() == ()
