"""Channels that ended or have to catch up, in every store: what they still do, and how their end is taken back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from comity.domain.ledger import (
    Lane,
    Line,
    Standing,
    leaves_root,
)
from comity.domain.record import Entry, State, index_of
from comity.domain.terms import Instant
from comity.errors import BadSignature, Conflict, Fenced, NotFound
from comity.ports import (
    Acted,
    Buried,
    Drained,
    Erasure,
    Merged,
    Opened,
    Place,
    World,
)
from tests.ports.filling import held, reading, replace_envelope, standing, written
from tests.worlds import channel_to, letter, node_world, sealed_indicator


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
