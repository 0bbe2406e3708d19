"""What every store keeps beside records: roster, copies, cursors, notices, witnessed logs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.domain.ledger import (
    COSIGNATURE,
    ED25519,
    Channel,
    Lane,
    Line,
    PastKey,
    Predecessor,
    VerifierKey,
    leaves_root,
)
from comity.domain.terms import Instant, NodeName
from comity.errors import Conflict
from comity.ports import (
    Copied,
    LogKept,
    Moved,
    Noticed,
    Opened,
    PeerKept,
    Witnessed,
    World,
)
from tests.worlds import channel_to, introduce


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
