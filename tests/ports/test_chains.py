"""Chains of channels, guarded entries, and what a reader asks a store about writers: held against each store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from comity.domain.ledger import ED25519, Channel, Lane, Predecessor, Standing
from comity.domain.record import Order, State
from comity.domain.terms import Instant, NodeName
from comity.errors import Conflict
from comity.ports import Erasure, Opened, PeerKept, Place, Stopped, World
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


def test_a_channel_goes_on_from_where_another_stands_and_an_id_keeps_its_place_along_the_chain(world: World) -> None:
    origin = written(world, 3)
    record = sealed_indicator(world, 9)
    (place,) = world.store.keep([letter(origin, record)])
    position = world.store.position(origin)
    key = world.keyring.create(f"{world.me.name}/ch/" + "5" * 16, ED25519)
    follows = Predecessor(origin, position.size, position.root)
    new = Channel(key, world.me.name, NodeName("taskforce.kh.example"), Lane.BULK, Instant(2), follows=follows)
    for wrong in (replace(follows, size=3), replace(follows, root=bytes(32))):
        with pytest.raises(Conflict, match="predecessor-moved-on"):
            world.store.keep([], [Opened(replace(new, follows=wrong))])
    world.store.keep([], [Stopped(origin, Standing.RETIRED.value, "rotated", Instant(2)), Opened(new)])
    assert world.store.keep([letter(new.origin, record)]) == (place,)
    order = replace(letter(new.origin, sealed_indicator(world, 10)), erases=(Erasure(Place(origin, 1)),))
    (by,) = world.store.keep([order])
    (gone,) = world.store.entries(origin, 1, 2)
    assert (gone.state, gone.order) == (State.ERASED, Order(by.origin, by.index))
    assert world.store.position(origin) == position, "what was signed stays signed"


def test_an_entry_of_a_peer_is_changed_only_from_what_stands_there(world: World, far: World) -> None:
    peer = introduce(world, far, [])
    moved = replace(peer, address="https://127.0.0.1:2")
    world.store.keep([], [PeerKept(moved, over=peer)])
    with pytest.raises(Conflict, match="peer-changed-meanwhile"):
        world.store.keep([], [PeerKept(replace(peer, title="late"), over=peer)])
    assert world.store.peers() == (moved,)


def test_ids_that_stand_in_a_channel_are_told_with_their_first_place(world: World) -> None:
    origin = written(world, 2)
    (first, second) = [
        told.header.id for told in world.store.told([Place(origin, 0), Place(origin, 1)]).values() if told.header
    ]
    assert world.store.standing(origin, [second, first, "nobody"]) == {first: 0, second: 1}
    assert world.store.standing(origin, []) == {}


def test_pending_leaves_are_those_that_were_made_pending(world: World, far: World) -> None:
    theirs = channel_to(far, world.me.name, Lane.BULK, "3" * 16)
    introduce(world, far, [theirs])
    far.store.keep([letter(theirs.origin, sealed_indicator(far, n)) for n in range(3)])
    leaves = far.store.leaves(theirs.origin, 0, 3)
    world.store.pend(theirs.origin, far.store.position(theirs.origin).note, 3, leaves)
    assert world.store.pending_leaves(theirs.origin) == leaves
