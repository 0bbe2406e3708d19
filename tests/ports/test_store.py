"""What every store promises, held against each of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.domain.ledger import (
    Lane,
    Line,
    Standing,
    inclusion_proof,
    leaf_of,
    leaves_root,
    open_checkpoint,
    tree_root,
    verify_inclusion,
)
from comity.domain.record import Entry, Order, State, encode_fields, index_of
from comity.domain.terms import Instant, NodeName
from comity.errors import Conflict, Fenced, NotFound
from comity.ports import (
    Acted,
    Buried,
    Drained,
    Erased,
    Erasure,
    Listed,
    Merged,
    Noticed,
    Opened,
    Place,
    Stopped,
    World,
)
from tests.ports.filling import reading, replace_envelope, written
from tests.worlds import channel_to, introduce, letter, sealed_indicator


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
