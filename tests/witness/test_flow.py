"""A node as a witness: what it answers is on its disk, one key speaks for it, and its time never goes back."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from comity.adapters.store.sqlite import SqliteStore
from comity.domain.ledger import COSIGNATURE, VerifierKey, open_note, parse_note
from comity.domain.record.kinds import witness_1
from comity.domain.terms import Actor, Granted, Refused
from comity.errors import Conflict, Fenced, NotFound
from comity.flows.drain import Drainer
from comity.flows.filing import letter, sealed
from comity.flows.own_roster import own_roster
from comity.flows.receive import Puller
from comity.flows.witness import add_checkpoint, keep_log, latest, retire_witness_key, witness_key
from comity.ports import World
from tests.witness.logs import PlainLog
from tests.worlds import TestClock, node_world, pair

STORES = pytest.mark.parametrize("store", ["memory", "sqlite"])
LOG = PlainLog()


def hub(folder: Path, store: str = "sqlite", clock: TestClock | None = None) -> World:
    world = node_world(folder, "hub.un.example", "CH", None, None, store=store, clock=clock)  # type: ignore[arg-type]
    world.keyring.create_certificate(world.me.name, world.clock.now())  # type: ignore[attr-defined]
    assert isinstance(keep_log(world, LOG.key.text, by=officer(world)), Granted)
    return world


def officer(world: World) -> Actor:
    return Actor("Okello (fictional)", world.me.name, "officer")


def time_in(world: World, lines: bytes, text: bytes) -> int:
    key = witness_key(world)
    assert key is not None
    time_s = open_note(text + b"\n" + lines, [key]).good[key]
    assert time_s is not None
    return time_s


@STORES
def test_a_step_is_cosigned_recorded_and_served(tmp_path: Path, store: str) -> None:
    world = hub(tmp_path, store)
    answer = add_checkpoint(world, LOG.body(0, 5))
    assert answer.status == 200
    assert time_in(world, answer.body, LOG.text(5)) > 0
    there = world.store.witnessed(LOG.origin)
    assert there is not None
    assert (there.size, there.root, there.line.line) == (5, LOG.root(5), answer.body)
    key = witness_key(world)
    assert key is not None

    served = latest(world, sha256(LOG.origin.encode()).hexdigest())
    assert set(open_note(served, [key, LOG.key]).good) == {key, LOG.key}
    world.store.close()


def test_what_was_answered_is_known_after_the_process_is_gone(tmp_path: Path) -> None:
    world = hub(tmp_path)
    assert add_checkpoint(world, LOG.body(0, 5)).status == 200
    world.store.close()
    again = node_world(tmp_path, "hub.un.example", "CH", None, None)  # type: ignore[arg-type]
    answer = add_checkpoint(again, LOG.body(0, 9))
    assert (answer.status, answer.body) == (409, b"5\n")
    assert add_checkpoint(again, LOG.body(5, 5, 2)).status == 422
    assert add_checkpoint(again, LOG.body(5, 9)).status == 200
    again.store.close()


@STORES
def test_time_never_goes_back_though_the_clock_does(tmp_path: Path, store: str) -> None:
    clock = TestClock()
    world = hub(tmp_path, store, clock)
    times = []
    for size in range(1, 6):
        answer = add_checkpoint(world, LOG.body(size - 1, size))
        times.append(time_in(world, answer.body, LOG.text(size)))
        clock.at -= 3_600_000
    assert times == sorted(times)
    world.store.close()


@STORES
def test_the_same_size_again_has_the_same_line(tmp_path: Path, store: str) -> None:
    world = hub(tmp_path, store)
    first = add_checkpoint(world, LOG.body(0, 5))
    assert add_checkpoint(world, LOG.body(5, 5)) == first
    world.store.close()


@STORES
def test_of_many_requests_from_one_size_one_wins_and_the_others_learn_where_the_log_stands(
    tmp_path: Path, store: str
) -> None:
    world = hub(tmp_path, store)
    size = 0
    for _ in range(5):
        gate, answers = threading.Barrier(6), {}

        def ask(step: int, size: int = size, gate: threading.Barrier = gate, answers: dict = answers) -> None:
            body = LOG.body(size, size + step)
            gate.wait()
            answers[step] = add_checkpoint(world, body)

        threads = [threading.Thread(target=ask, args=(step,)) for step in range(1, 7)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (won,) = (step for step, answer in answers.items() if answer.status == 200)
        size += won
        assert {(a.status, a.body) for step, a in answers.items() if step != won} == {(409, b"%d\n" % size)}
    world.store.close()


@STORES
def test_a_fork_is_noticed_once_with_both_notes_as_proof(tmp_path: Path, store: str) -> None:
    world = hub(tmp_path, store)
    add_checkpoint(world, LOG.body(0, 5))
    for fork_at in (1, 2, 2):
        assert add_checkpoint(world, LOG.body(5, 5, fork_at)).status == 422
    (fork,) = (n for n in world.store.notices() if n.kind == "witnessed-fork")
    ours, theirs = (note.encode() for note in fork.about["notes"])
    assert LOG.key in open_note(ours, [LOG.key]).good
    assert LOG.key in open_note(theirs, [LOG.key]).good
    assert parse_note(ours).text.splitlines()[:2] == parse_note(theirs).text.splitlines()[:2]
    assert parse_note(ours).text != parse_note(theirs).text
    world.store.close()


@STORES
def test_a_history_that_does_not_go_on_is_an_alarm_and_no_accusation(tmp_path: Path, store: str) -> None:
    world = hub(tmp_path, store)
    add_checkpoint(world, LOG.body(0, 5))
    assert add_checkpoint(world, LOG.body(5, 9, 2)).status == 422
    assert [n.kind for n in world.store.notices() if n.kind.startswith("witnessed-")] == ["witnessed-inconsistent"]
    world.store.close()


@STORES
def test_a_retired_key_never_signs_again_and_the_next_has_a_name_of_its_own(tmp_path: Path, store: str) -> None:
    world = hub(tmp_path, store)
    before = witness_key(world)
    add_checkpoint(world, LOG.body(0, 5))
    fresh = retire_witness_key(world)
    assert before is not None
    assert (before.name, fresh.name) == ("hub.un.example/witness", "hub.un.example/witness-2")
    assert witness_key(world) == fresh
    for old, size in ((5, 5), (5, 8)):
        answer = add_checkpoint(world, LOG.body(old, size))
        (line,) = parse_note(LOG.text(size) + b"\n" + answer.body).signatures
        assert (line.name, line.id) == (fresh.name, fresh.id)
    (ended,) = (key for key in own_roster(world).keys if key.lane == "witness" and key.valid_to)
    assert (ended.vkey, ended.ended_why) == (before.text, "restored-from-backup")
    assert retire_witness_key(world).name == "hub.un.example/witness-3"
    world.store.close()


@STORES
def test_many_who_need_the_witness_key_at_once_get_one(tmp_path: Path, store: str) -> None:
    world = node_world(tmp_path, "hub.un.example", "CH", None, None, store=store)  # type: ignore[arg-type]
    world.keyring.create_certificate(world.me.name, world.clock.now())  # type: ignore[attr-defined]
    keys: list[VerifierKey] = []
    gate = threading.Barrier(6)

    def add(at: int) -> None:
        gate.wait()
        keep_log(world, PlainLog(f"police.kr.example/ch/{at:016x}").key.text, by=officer(world))
        key = witness_key(world)
        assert key is not None
        keys.append(key)

    threads = [threading.Thread(target=add, args=(at,)) for at in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 6
    assert {key.name for key in keys} == {"hub.un.example/witness"}
    assert len([key for key in own_roster(world).keys if key.lane == "witness"]) == 1
    world.store.close()


@STORES
def test_only_a_log_s_key_can_be_witnessed_and_an_origin_has_one(tmp_path: Path, store: str) -> None:
    world = hub(tmp_path, store)
    no_log = replace(LOG.key, kind=COSIGNATURE)
    refused = keep_log(world, no_log.text, by=officer(world))
    assert isinstance(refused, Refused)
    assert [reason.code for reason in refused.reasons] == ["not-a-log-key"]
    with pytest.raises(Conflict) as fault:
        keep_log(world, replace(LOG.key, public=bytes(32)).text, by=officer(world))
    assert fault.value.code == "log-differs"
    with pytest.raises(NotFound):
        latest(world, "0" * 64)
    world.store.close()


@STORES
def test_a_writer_asks_by_record_and_only_for_its_own_channels(tmp_path: Path, store: str) -> None:
    two = pair(tmp_path, store=store)
    for world in (two.kr, two.kh):
        world.keyring.create_certificate(world.me.name, world.clock.now())  # type: ignore[attr-defined]
    foreign, taken = PlainLog("other.sg.example/ch/" + "d" * 16), PlainLog(two.bulk.origin)
    keep_log(two.kh, taken.key.text, by=officer(two.kh))
    wishes = (two.urgent.key.text, foreign.key.text, two.bulk.key.text, "nonsense", two.urgent.key.text)
    two.kr.store.keep([letter(two.urgent.origin, sealed(two.kr, witness_1.Body(logs=wishes), purpose="witness"))])
    Puller(two.kh, two.kh_sees_kr).pull(two.urgent.origin)
    assert Drainer(two.kh, two.kr.me.name).drain_all() == 1
    assert {log.key for log in two.kh.store.logs()} == {taken.key, two.urgent.key}
    assert [n.about["origin"] for n in two.kh.store.notices() if n.kind == "log-differs"] == [two.bulk.origin]
    for world in (two.kr, two.kh):
        world.store.close()


def test_a_witness_that_comes_back_from_a_backup_never_signs_with_its_old_key(tmp_path: Path) -> None:
    world = hub(tmp_path)
    before = witness_key(world)
    assert before is not None
    assert add_checkpoint(world, LOG.body(0, 5)).status == 200
    world.store.close()
    shutil.copytree(tmp_path / "store", tmp_path / "backup")
    world = again(tmp_path)
    assert add_checkpoint(world, LOG.body(5, 9)).status == 200
    world.store.close()
    shutil.rmtree(tmp_path / "store")
    shutil.copytree(tmp_path / "backup", tmp_path / "store")
    with pytest.raises(Fenced):
        again(tmp_path)
    inspected = SqliteStore(
        tmp_path / "store", tmp_path / "marks", world.me.name, world.keyring, world.mint.salt, inspect=True
    )
    assert "witness" in inspected.fences
    inspected.acknowledge_restore()
    inspected.close()
    world = again(tmp_path)
    # It knows nothing any more, so the log begins anew: under another key that has promised nothing yet.
    assert add_checkpoint(world, LOG.body(5, 9)).body == b"0\n"
    answer = add_checkpoint(world, LOG.body(0, 9))
    (line,) = parse_note(LOG.text(9) + b"\n" + answer.body).signatures
    assert line.name == "hub.un.example/witness-2"
    assert witness_key(world) != before
    assert add_checkpoint(world, LOG.body(9, 12)).status == 200
    assert witness_key(world) == VerifierKey.parse(
        next(k.vkey for k in own_roster(world).keys if k.valid_to is None and k.lane == "witness")
    )
    world.store.close()


def again(folder: Path) -> World:
    return node_world(folder, "hub.un.example", "CH", None, None)  # type: ignore[arg-type]
