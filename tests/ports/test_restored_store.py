"""A database that comes back from a backup is noticed at the start, and signs nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from comity.adapters.at_rest import IN_THE_CLEAR
from comity.adapters.keyring.files import FileKeyring
from comity.adapters.store.postgres import PostgresStore
from comity.adapters.store.returning import BACK, WITNESS_BACK
from comity.adapters.store.sqlite import SqliteStore
from comity.domain.ledger import Channel, Lane, Line, Standing
from comity.domain.people import Account, Session, Ticket
from comity.domain.record import Sealed, State, seal
from comity.domain.record.kinds import request_1
from comity.domain.terms import Instant, NodeName
from comity.errors import Conflict, Fenced, Misconfigured
from comity.ports import Erasure, Place, Stopped, Witnessed, World
from comity.ports.people import AccountKept, SessionKept, SessionsEnded, TicketKept, TicketUsed
from tests import postgres
from tests.worlds import SeededMint, channel_to, introduce, letter, marking, node_world, sealed_indicator

KR = "police.kr.example"


def node(folder: Path, seed: int = 1) -> World:
    return node_world(folder, KR, "KR", None, None, seed=seed)  # type: ignore[arg-type]


def written(world: World, count: int) -> str:
    channel = channel_to(world, "taskforce.kh.example", Lane.BULK, "1" * 16)
    world.store.keep([letter(channel.origin, sealed_indicator(world, n)) for n in range(count)])
    return channel.origin


def backup(folder: Path) -> None:
    shutil.copytree(folder / "store", folder / "backup")


def restore(folder: Path) -> None:
    shutil.rmtree(folder / "store")
    shutil.copytree(folder / "backup", folder / "store")


def test_an_ordinary_restart_goes_on(tmp_path: Path) -> None:
    world = node(tmp_path)
    origin = written(world, 3)
    world.store.close()
    again = node(tmp_path, seed=2)
    again.store.keep([letter(origin, sealed_indicator(again, 9))])
    assert again.store.position(origin).size == 4
    assert again.store.rebuild(write=False) == ()
    again.store.close()


def test_a_second_process_is_turned_away(tmp_path: Path) -> None:
    world = node(tmp_path)
    with pytest.raises(Misconfigured, match="store-in-use"):
        node(tmp_path, seed=2)
    world.store.close()


def test_a_writer_restored_from_a_backup_is_fenced(tmp_path: Path) -> None:
    world = node(tmp_path)
    origin = written(world, 3)
    world.store.close()
    backup(tmp_path)
    world = node(tmp_path, seed=2)
    world.store.keep([letter(origin, sealed_indicator(world, 9))])
    world.store.close()
    restore(tmp_path)
    with pytest.raises(Fenced, match="signed-more-than-stored"):
        node(tmp_path, seed=3)


def test_a_store_without_its_high_water_file_is_fenced(tmp_path: Path) -> None:
    world = node(tmp_path)
    written(world, 3)
    world.store.close()
    (tmp_path / "marks" / "high-water").unlink()
    with pytest.raises(Fenced, match="no-high-water-mark"):
        node(tmp_path, seed=2)


def test_another_history_of_the_same_size_is_fenced(tmp_path: Path) -> None:
    world = node(tmp_path)
    origin = written(world, 2)
    world.store.close()
    backup(tmp_path)
    marks = (tmp_path / "marks" / "high-water").read_text()
    world = node(tmp_path, seed=2)
    world.store.keep([letter(origin, sealed_indicator(world, 8))])
    world.store.close()
    left = (tmp_path / "marks" / "high-water").read_text()
    restore(tmp_path)
    (tmp_path / "marks" / "high-water").write_text(marks)
    world = node(tmp_path, seed=3)
    world.store.keep([letter(origin, sealed_indicator(world, 9))])
    world.store.close()
    (tmp_path / "marks" / "high-water").write_text(left)
    with pytest.raises(Fenced, match="signed-another-root"):
        node(tmp_path, seed=4)


def test_a_reader_restored_to_before_its_cosignature_is_fenced(tmp_path: Path) -> None:
    world = node(tmp_path / "a")
    far = node_world(tmp_path / "b", "taskforce.kh.example", "KH", None, None, seed=9)  # type: ignore[arg-type]
    channel = channel_to(far, KR, Lane.BULK, "4" * 16)
    far.store.keep([letter(channel.origin, sealed_indicator(far, n)) for n in range(2)])
    introduce(world, far, [channel])
    world.store.close()
    backup(tmp_path / "a")
    world = node(tmp_path / "a", seed=2)
    world.store.hold(
        channel.origin, 2, far.store.position(channel.origin).note, far.store.entries(channel.origin, 0, 2)
    )
    world.store.keep_line(channel.origin, Line(f"{KR}/receipt", 2, 100, b"line"))
    world.store.close()
    restore(tmp_path / "a")
    with pytest.raises(Fenced, match="cosigned-more-than-held"):
        node(tmp_path / "a", seed=3)
    far.store.close()


def test_a_crash_before_the_file_was_written_is_caught_up_at_the_next_start(tmp_path: Path) -> None:
    world = node(tmp_path)
    origin = written(world, 1)
    before = (tmp_path / "marks" / "high-water").read_text()
    world.store.keep([letter(origin, sealed_indicator(world, 5))])
    world.store.close()
    (tmp_path / "marks" / "high-water").write_text(before)  # as if the power had gone between COMMIT and the file
    node(tmp_path, seed=2).store.close()
    assert f"size {origin} 2 " in (tmp_path / "marks" / "high-water").read_text()


def test_an_erasure_outlives_the_backup_that_still_holds_the_body(tmp_path: Path) -> None:
    world = node(tmp_path)
    origin = written(world, 3)
    world.store.close()
    backup(tmp_path)
    world = node(tmp_path, seed=2)
    world.store.keep([replace(letter(origin, sealed_indicator(world, 9)), erases=(Erasure(Place(origin, 1)),))])
    world.store.close()
    restore(tmp_path)
    keyring = FileKeyring(tmp_path / "keys")
    store = SqliteStore(tmp_path / "store", tmp_path / "marks", NodeName(KR), keyring, SeededMint(3).salt, inspect=True)
    assert store.fences == {origin: "signed-more-than-stored"}
    assert [entry.state for entry in store.entries(origin, 0, 3)] == [State.PRESENT, State.ERASED, State.PRESENT]
    with pytest.raises(Fenced):
        store.keep([letter(origin, sealed_indicator(world, 10))])
    store.close()


def test_erased_bytes_are_in_no_file_of_the_store(tmp_path: Path) -> None:
    world = node_world(tmp_path, KR, "KR", None, None, sealing=IN_THE_CLEAR)  # type: ignore[arg-type]
    channel = channel_to(world, "taskforce.kh.example", Lane.BULK, "1" * 16)
    secret = sealed_indicator(world, 1, value="very-unlikely-name-77.example.com")
    world.store.keep([letter(channel.origin, secret)])
    assert any(b"very-unlikely-name-77" in path.read_bytes() for path in (tmp_path / "store").iterdir())
    order = letter(channel.origin, sealed_indicator(world, 2))
    world.store.keep([replace(order, erases=(Erasure(Place(channel.origin, 0)),))])
    world.store.close()
    assert not any(b"very-unlikely-name-77" in path.read_bytes() for path in (tmp_path / "store").iterdir())


# ---- going on after a restore
def for_recovery(folder: Path, seed: int = 7) -> SqliteStore:
    keyring = FileKeyring(folder / "keys")
    return SqliteStore(folder / "store", folder / "marks", NodeName(KR), keyring, SeededMint(seed).salt, inspect=True)


@dataclass(frozen=True)
class Restored:
    """A node that came back from a backup: `mine` was signed on since, `idle` wasn't, `theirs` was cosigned on since."""

    folder: Path
    mine: str
    idle: str
    theirs: Channel
    far: World


@pytest.fixture
def restored(tmp_path: Path) -> Iterator[Restored]:
    folder = tmp_path / "a"
    far = node_world(tmp_path / "b", "taskforce.kh.example", "KH", None, None, seed=9)  # type: ignore[arg-type]
    theirs = channel_to(far, KR, Lane.BULK, "4" * 16)
    far.store.keep([letter(theirs.origin, sealed_indicator(far, n)) for n in range(3)])
    world = node(folder)
    mine = written(world, 2)
    idle = channel_to(world, "taskforce.kh.example", Lane.URGENT, "2" * 16).origin
    world.store.keep([letter(idle, sealed_indicator(world, 5))])
    introduce(world, far, [theirs])
    world.store.close()
    backup(folder)
    world = node(folder, seed=2)
    world.store.keep([letter(mine, sealed_indicator(world, 8))])
    world.store.hold(theirs.origin, 3, far.store.position(theirs.origin).note, far.store.entries(theirs.origin, 0, 3))
    world.store.keep_line(theirs.origin, Line(f"{KR}/receipt", 3, 500, b"line"))
    witnessed(world, 0, 4)
    world.store.close()
    restore(folder)
    yield Restored(folder, mine, idle, theirs, far)
    far.store.close()


def witnessed(world: World, before: int, size: int) -> None:
    line = Line(f"{KR}/witness", size, 100, b"line")
    world.store.keep([], [Witnessed("far.example/ch/" + "0" * 16, before, size, bytes(32), b"note", line)])


def test_an_acknowledged_restore_ends_what_was_signed_and_sets_back_what_was_read(restored: Restored) -> None:
    store = for_recovery(restored.folder)
    assert store.fences == {
        restored.mine: "signed-more-than-stored",
        restored.theirs.origin: "cosigned-more-than-held",
        "witness": "cosigned-more-than-stored",
    }
    done = store.acknowledge_restore()
    assert (done.n, done.retired, done.behind, done.lost, done.witness) == (
        1,
        (restored.mine,),
        (restored.theirs.origin,),
        (),
        True,
    )
    standings = {channel.origin: channel.standing for channel in store.channels()}
    assert standings == {
        restored.mine: Standing.RETIRED,
        restored.idle: Standing.OPEN,
        restored.theirs.origin: Standing.BEHIND,
    }
    assert store.fences == {}
    assert (store.cursor(BACK), store.cursor(WITNESS_BACK)) == (1, 1)
    assert store.last_time_s() == 500, "no line of ours is ever dated before one that was lost"
    with pytest.raises(Conflict, match="nothing-to-acknowledge"):
        store.acknowledge_restore()
    store.close()
    world = node(restored.folder, seed=8)  # an ordinary start
    world.store.keep([letter(restored.idle, sealed_indicator(world, 20))])
    witnessed(world, 0, 9)
    origin, far = restored.theirs.origin, restored.far
    world.store.hold(origin, 3, far.store.position(origin).note, far.store.entries(origin, 0, 3))
    world.store.keep([], [Stopped(origin, "open", "", Instant(1))])
    with pytest.raises(Conflict, match="line-not-allowed"):
        world.store.keep_line(origin, Line(f"{KR}/receipt", 3, 499, b"line"))
    world.store.keep_line(origin, Line(f"{KR}/receipt", 3, 501, b"line"))
    world.store.close()
    node(restored.folder, seed=9).store.close()


def test_the_same_backup_restored_twice_is_noticed_twice(restored: Restored) -> None:
    store = for_recovery(restored.folder)
    store.acknowledge_restore()
    store.close()
    restore(restored.folder)
    store = for_recovery(restored.folder)
    every = (restored.mine, restored.idle, restored.theirs.origin, "witness")
    assert store.fences == dict.fromkeys(every, "older-than-the-last-return")
    assert store.acknowledge_restore().n == 2
    store.close()
    node(restored.folder, seed=8).store.close()


def test_a_backup_taken_after_the_return_is_noticed_too(restored: Restored) -> None:
    store = for_recovery(restored.folder)
    store.acknowledge_restore()
    store.close()
    shutil.rmtree(restored.folder / "backup")
    backup(restored.folder)
    world = node(restored.folder, seed=8)
    world.store.keep([letter(restored.idle, sealed_indicator(world, 20))])
    world.store.close()
    restore(restored.folder)
    store = for_recovery(restored.folder)
    assert store.fences == {restored.idle: "signed-more-than-stored"}
    store.close()


def test_a_crash_between_acknowledging_and_the_file_is_caught_up(restored: Restored) -> None:
    marks = restored.folder / "marks" / "high-water"
    before = marks.read_text()
    store = for_recovery(restored.folder)
    store.acknowledge_restore()
    store.close()
    after = marks.read_text()
    marks.write_text(before)
    node(restored.folder, seed=8).store.close()
    assert fold(marks.read_text()) == fold(after)


def fold(text: str) -> dict[tuple[str, ...], str]:
    """The last line of each word and name."""
    return {tuple(line.split(" ")[:2]): line for line in text.splitlines()}


def test_without_its_high_water_file_everything_counts_as_restored(restored: Restored) -> None:
    (restored.folder / "marks" / "high-water").unlink()
    store = for_recovery(restored.folder)
    assert set(store.fences) == {restored.mine, restored.idle, restored.theirs.origin, "witness"}
    done = store.acknowledge_restore()
    assert set(done.retired) == {restored.mine, restored.idle}
    store.close()
    node(restored.folder, seed=8).store.close()


def test_channels_that_the_backup_has_never_heard_of_are_told_and_come_back_behind(tmp_path: Path) -> None:
    far = node_world(tmp_path / "b", "taskforce.kh.example", "KH", None, None, seed=9)  # type: ignore[arg-type]
    theirs = channel_to(far, KR, Lane.BULK, "4" * 16)
    far.store.keep([letter(theirs.origin, sealed_indicator(far, 1))])
    world = node(tmp_path / "a")
    idle = channel_to(world, "taskforce.kh.example", Lane.URGENT, "2" * 16).origin
    world.store.close()
    backup(tmp_path / "a")
    world = node(tmp_path / "a", seed=2)
    mine = written(world, 1)
    introduce(world, far, [theirs])
    world.store.close()
    restore(tmp_path / "a")
    store = for_recovery(tmp_path / "a")
    assert store.fences == {mine: "not-in-the-store"}
    done = store.acknowledge_restore()
    assert (done.retired, set(done.lost)) == ((), {mine, theirs.origin})
    store.close()
    world = node(tmp_path / "a", seed=3)
    introduce(world, far, [theirs])
    assert world.store.channel(theirs.origin).standing is Standing.BEHIND
    assert world.store.channel(idle).standing is Standing.OPEN
    world.store.close()
    node(tmp_path / "a", seed=4).store.close()
    far.store.close()


def test_a_retired_channel_of_somebody_else_keeps_in_mind_that_it_ended(tmp_path: Path) -> None:
    far = node_world(tmp_path / "b", "taskforce.kh.example", "KH", None, None, seed=9)  # type: ignore[arg-type]
    theirs = channel_to(far, KR, Lane.BULK, "4" * 16)
    world = node(tmp_path / "a")
    introduce(world, far, [theirs])
    world.store.keep([], [Stopped(theirs.origin, "retired", "ended", Instant(1))])
    world.store.close()
    (tmp_path / "a" / "marks" / "high-water").unlink()
    store = for_recovery(tmp_path / "a")
    store.acknowledge_restore()
    channel = store.channel(theirs.origin)
    assert (channel.standing, channel.why) == (Standing.BEHIND, "restored-while-retired")
    store.close()
    far.store.close()


def test_a_witness_restored_to_before_its_cosignature_is_fenced(tmp_path: Path) -> None:
    world = node(tmp_path)
    witnessed(world, 0, 4)
    world.store.close()
    backup(tmp_path)
    world = node(tmp_path, seed=2)
    witnessed(world, 4, 6)
    world.store.close()
    left = (tmp_path / "marks" / "high-water").read_text()
    node(tmp_path, seed=3).store.close()
    restore(tmp_path)
    with pytest.raises(Fenced, match="cosigned-more-than-stored"):
        node(tmp_path, seed=4)
    (tmp_path / "marks" / "high-water").write_text("".join(x + "\n" for x in left.splitlines() if "seen" not in x))
    with pytest.raises(Fenced, match="no-high-water-mark"):
        node(tmp_path, seed=4)


def sealed_request(world: World) -> Sealed:
    return seal(
        request_1.EXAMPLE,
        id=world.mint.record_id(),
        issuer=world.me.name,
        made=world.clock.now(),
        marking=marking(),
        purpose="crime",
        salt=world.mint.salt,
    )


def test_what_goes_again_after_a_restore_is_all_that_was_ordered(tmp_path: Path) -> None:
    """First the fields went, then the whole record; the backup lies between."""
    world = node(tmp_path)
    channel = channel_to(world, "taskforce.kh.example", Lane.BULK, "1" * 16)
    sealed = sealed_request(world)
    pointers = tuple(field.pointer for field in sealed.fields)
    assert len(pointers) > 1
    world.store.keep([letter(channel.origin, sealed), letter(channel.origin, sealed_request(world))])
    for place, gone in ((0, pointers[:1]), (1, pointers[:1])):
        order = letter(channel.origin, sealed_indicator(world, 10 + place))
        world.store.keep([replace(order, erases=(Erasure(Place(channel.origin, place), gone),))])
    world.store.close()
    backup(tmp_path)
    world = node(tmp_path, seed=2)
    for place, more in ((0, None), (1, pointers[1:])):
        order = letter(channel.origin, sealed_indicator(world, 20 + place))
        world.store.keep([replace(order, erases=(Erasure(Place(channel.origin, place), more),))])
    world.store.close()
    restore(tmp_path)
    store = for_recovery(tmp_path)
    first, second = store.entries(channel.origin, 0, 2)
    assert first.state is State.ERASED
    assert (second.state, second.fields) == (State.PARTED, b"")
    store.close()


def test_what_is_taken_back_from_a_reader_is_erased_again_at_once(tmp_path: Path) -> None:
    world = node(tmp_path)
    channel = channel_to(world, "taskforce.kh.example", Lane.BULK, "1" * 16)
    world.store.close()
    backup(tmp_path)
    world = node(tmp_path, seed=2)
    origin = written(world, 3)
    kept, note = world.store.entries(origin, 0, 3), world.store.note(origin, 3)
    world.store.keep([replace(letter(origin, sealed_indicator(world, 9)), erases=(Erasure(Place(origin, 1)),))])
    world.store.close()
    restore(tmp_path)
    store = for_recovery(tmp_path)
    store.acknowledge_restore()
    store.regain(channel.origin, note, kept)
    assert [entry.state for entry in store.entries(origin, 0, 9)] == [State.PRESENT, State.ERASED, State.PRESENT]
    assert store.rebuild(write=False) == ()
    store.close()
    node(tmp_path, seed=8).store.close()


@pytest.mark.pg
def test_a_restored_postgres_is_fenced_and_acknowledged_as_any_other(tmp_path: Path) -> None:
    there = postgres.server()

    def start(seed: int, *, inspect: bool = False) -> PostgresStore:
        keyring = FileKeyring(tmp_path / "keys")
        url = there.of(tmp_path)
        return PostgresStore(url, tmp_path / "marks", NodeName(KR), keyring, SeededMint(seed).salt, inspect=inspect)

    world = node_world(tmp_path, KR, "KR", None, None, store="postgres")  # type: ignore[arg-type]
    origin = written(world, 2)
    idle = channel_to(world, "taskforce.kh.example", Lane.URGENT, "2" * 16).origin
    world.store.close()
    name = there.taken[tmp_path.resolve()]
    there.ask("postgres", f"create database {name}_backup template {name}")
    store = start(2)
    store.keep([letter(origin, sealed_indicator(world, 9))])
    store.keep([replace(letter(origin, sealed_indicator(world, 8)), erases=(Erasure(Place(origin, 1)),))])
    store.close()
    there.ask("postgres", f"drop database {name} with (force)")
    there.ask("postgres", f"alter database {name}_backup rename to {name}")
    with pytest.raises(Fenced, match="signed-more-than-stored"):
        start(3)
    store = start(4, inspect=True)
    assert [entry.state for entry in store.entries(origin, 0, 9)] == [State.PRESENT, State.ERASED]
    assert store.acknowledge_restore().retired == (origin,)
    store.keep([letter(idle, sealed_indicator(world, 7))])
    store.close()
    store = start(5)
    assert store.channel(origin).standing is Standing.RETIRED
    store.close()


def test_what_was_ended_since_the_backup_opens_nothing_again(tmp_path: Path) -> None:
    """A session that its person ended, and a code that was used up, are both open in the backup."""
    world = node(tmp_path)
    origin = written(world, 3)
    person = Account("a", "kim", "Kim (fictional)", ("officer",), "ko", "Asia/Seoul", "active", Instant(1), "")
    session = Session(b"k" * 32, "s", "a", "browser", "password", Instant(1), Instant(2), Instant(9), 0)
    ticket = Ticket(b"t" * 32, "code", "a", Instant(1), Instant(9))
    world.store.keep([], [AccountKept(person), SessionKept(session), TicketKept(ticket, Instant(0))])
    world.store.close()
    backup(tmp_path)
    world = node(tmp_path, seed=2)
    world.store.keep([], [SessionsEnded("a", Instant(3), "left"), TicketUsed(b"t" * 32, Instant(3))])
    world.store.keep([letter(origin, sealed_indicator(world, 9))])
    world.store.close()
    restore(tmp_path)
    store = for_recovery(tmp_path)
    store.acknowledge_restore()
    assert [(each.ended, each.why) for each in store.sessions("a")] == [(2, "restored-from-backup")]
    assert [each.used for each in store.tickets("a", "code")] == [1]
    assert store.account_named("kim") == person
    store.close()
