"""A database that comes back from a backup is noticed at the start, and signs nothing."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from comity.adapters.keyring.files import FileKeyring
from comity.adapters.store.sqlite import SqliteStore
from comity.domain.ledger import Lane, Line
from comity.domain.record import State
from comity.domain.terms import NodeName
from comity.errors import Fenced, Misconfigured
from comity.ports import Erasure, Place, World
from tests.worlds import SeededMint, channel_to, introduce, letter, node_world, sealed_indicator

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
    world = node(tmp_path)
    channel = channel_to(world, "taskforce.kh.example", Lane.BULK, "1" * 16)
    secret = sealed_indicator(world, 1, value="very-unlikely-name-77.example.com")
    world.store.keep([letter(channel.origin, secret)])
    assert any(b"very-unlikely-name-77" in path.read_bytes() for path in (tmp_path / "store").iterdir())
    order = letter(channel.origin, sealed_indicator(world, 2))
    world.store.keep([replace(order, erases=(Erasure(Place(channel.origin, 0)),))])
    world.store.close()
    assert not any(b"very-unlikely-name-77" in path.read_bytes() for path in (tmp_path / "store").iterdir())
