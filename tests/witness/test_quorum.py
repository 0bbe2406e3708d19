"""Rule 11 for circles: where a quorum is demanded, nothing is held before it stands; and a split view is found out."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.ledger import (
    COSIGNATURE,
    Checkpoint,
    Standing,
    VerifierKey,
    cosignature_line,
    note_bytes,
    open_checkpoint,
    parse_note,
    parse_policy,
    quorum_stands,
    signature_line,
    verify_consistency,
)
from comity.errors import BadProof, BadSignature
from comity.flows.compare import Compared, compare_with_witness, read_from_others
from comity.flows.receive import Verdict
from comity.flows.witness import add_checkpoint
from tests.witness.circle import WITNESSES, Circle, circle, quorum
from tests.witness.logs import PlainLog

HUBS = [name for name, _ in WITNESSES]
PRIVATE = [Ed25519PrivateKey.generate() for _ in range(4)]
KEYS = [
    VerifierKey(f"w{at}.example/witness", COSIGNATURE, each.public_key().public_bytes_raw())
    for at, each in enumerate(PRIVATE)
]
LOG = PlainLog()


@given(st.integers(1, 4), st.sets(st.integers(0, 3)))
def test_a_quorum_stands_exactly_when_enough_of_its_witnesses_have_signed(need: int, signed: set[int]) -> None:
    lines = [f"witness w{at} {key.text}\n" for at, key in enumerate(KEYS)]
    policy = parse_policy("".join(lines) + f"group g {need} w0 w1 w2 w3\nquorum g\n")
    note = LOG.note(8) + b"".join(cosignature_line(KEYS[at], PRIVATE[at].sign, LOG.text(8), 1) for at in signed)
    assert quorum_stands(policy, note) is (len(signed) >= need)


def test_a_known_witness_s_line_that_fails_refuses_the_note() -> None:
    policy = parse_policy(f"witness w {KEYS[0].text}\nquorum w\n")
    with pytest.raises(BadSignature):
        quorum_stands(policy, LOG.note(8) + cosignature_line(KEYS[0], PRIVATE[0].sign, LOG.text(9), 1))
    assert quorum_stands(parse_policy("quorum none\n"), LOG.note(8))


# ---- the reader
def witnessed_by(three: Circle, *hubs: str) -> None:
    for hub in hubs:
        three.submitter(hub).submit(three.bulk.origin)


@pytest.mark.parametrize("store", ["memory", "sqlite"])
def test_nothing_is_held_before_the_quorum_stands_and_everything_afterwards(tmp_path: Path, store: str) -> None:
    three = circle(tmp_path, store)
    puller = three.puller(quorum(three, 2))
    three.append(three.bulk, 300)
    for hub in (None, HUBS[0]):
        witnessed_by(three, *([hub] if hub else []))
        assert puller.pull(three.bulk.origin).verdict is Verdict.UNWITNESSED
        position = three.kh.store.position(three.bulk.origin)
        assert (position.size, position.pending) == (0, 0)
        assert three.kh.store.line(three.bulk.origin) is None
        assert puller.unwitnessed == {three.bulk.origin}
    witnessed_by(three, HUBS[1])
    assert puller.pull(three.bulk.origin).size == 300
    assert puller.unwitnessed == set()
    line = three.kh.store.line(three.bulk.origin)
    assert line is not None
    assert line.size == 300
    three.close()


def test_other_lanes_and_readers_without_a_policy_do_not_wait(tmp_path: Path) -> None:
    three = circle(tmp_path)
    three.append(three.urgent, 3)
    three.append(three.bulk, 3)
    assert three.puller(quorum(three, 2)).pull(three.urgent.origin).size == 3
    assert three.puller().pull(three.bulk.origin).size == 3


def test_a_writer_that_goes_on_writing_does_not_keep_its_reader_waiting(tmp_path: Path) -> None:
    """The newest checkpoint is never witnessed here; the one before is, and is what the reader holds by."""
    three = circle(tmp_path)
    puller = three.puller(quorum(three, 2))
    for size in (4, 8, 12):
        three.append(three.bulk, 2)
        witnessed_by(three, *HUBS[:2])
        three.append(three.bulk, 2)
        assert puller.pull(three.bulk.origin).size == size - 2
    assert puller.pull(three.bulk.origin).verdict is Verdict.UNWITNESSED


def test_what_was_pending_under_a_quorum_is_still_filled_and_held_while_the_next_one_waits(tmp_path: Path) -> None:
    three = circle(tmp_path)
    puller = three.puller(quorum(three, 2))
    three.append(three.bulk, 300)
    witnessed_by(three, *HUBS[:2])
    world = puller.world
    note = world.courier.get(puller.peer, f"/ch/{'b' * 16}/checkpoint", 10_000)
    signed = open_checkpoint(note, three.bulk.key)
    leaves = three.kr.store.leaves(three.bulk.origin, 0, signed.size)
    world.store.pend(
        three.bulk.origin,
        note_bytes(parse_note(note).text, [parse_note(note).signatures[0].to_bytes()]),
        signed.size,
        leaves,
    )
    three.append(three.bulk, 5)
    witnessed_by(three, HUBS[2])
    assert puller.pull(three.bulk.origin).size == 300


@pytest.mark.parametrize("need", [1, 2, 3])
def test_a_forked_history_that_no_witness_signed_is_never_held(tmp_path: Path, need: int) -> None:
    """The writer shows its witnesses one history and the reader another: the reader has no quorum under what it sees."""
    three = circle(tmp_path)
    three.append(three.bulk, 5)
    witnessed_by(three, *HUBS)
    puller = three.puller(quorum(three, need))
    fork = forked(three, 5)
    puller.world = replace(puller.world, courier=Showing(puller.world.courier, fork))  # type: ignore[arg-type]
    puller.fetch.world = puller.world
    assert puller.pull(three.bulk.origin).verdict is Verdict.UNWITNESSED
    assert three.kh.store.position(three.bulk.origin).size == 0


def forked(three: Circle, size: int) -> bytes:
    """Another history of this size, signed by the same writer."""
    text = Checkpoint(three.bulk.origin, size, bytes([size % 256]) * 32).text()
    key, ring = three.bulk.key, three.kr.keyring
    return note_bytes(text, [signature_line(key, lambda message: ring.sign(key.name, message), text)])


@dataclass
class Showing:
    """Carries as ever, but shows this note for a checkpoint."""

    inner: Any
    note: bytes

    def get(self, peer: Any, path: str, most: int) -> bytes:
        if "/checkpoint" in path and path.startswith("/ch/"):
            return self.note
        found: bytes = self.inner.get(peer, path, most)
        return found

    def post(self, *args: Any) -> Any:
        return self.inner.post(*args)


# ---- what the witness has seen
def compared(three: Circle) -> Compared:
    return compare_with_witness(three.kh, three.peer(three.kh, HUBS[0]), three.kh.store.channel(three.bulk.origin))


def show_to_witness(three: Circle, note: bytes) -> None:
    size = open_checkpoint(note, three.bulk.key).size
    assert add_checkpoint(three.hubs[HUBS[0]], b"old 0\n\n" + note).status == 200, size


def test_what_agrees_is_left_alone_and_what_cannot_be_told_too(tmp_path: Path) -> None:
    three = circle(tmp_path)
    assert compared(three) is Compared.NOTHING
    three.append(three.bulk, 5)
    witnessed_by(three, HUBS[0])
    assert compared(three) is Compared.AHEAD
    three.puller().pull(three.bulk.origin)
    assert compared(three) is Compared.AGREES
    three.append(three.bulk, 5)
    three.puller().pull(three.bulk.origin)
    assert compared(three) is Compared.AGREES
    assert three.kh.store.channel(three.bulk.origin).standing is Standing.OPEN
    channels = read_from_others(three.kh, three.peer(three.kh, HUBS[0]))
    assert {c.origin for c in channels} == {three.bulk.origin, three.urgent.origin}


def test_two_signed_roots_of_one_size_stop_the_channel_with_both_notes_as_proof(tmp_path: Path) -> None:
    three = circle(tmp_path)
    three.append(three.bulk, 5)
    three.puller().pull(three.bulk.origin)
    show_to_witness(three, forked(three, 5))
    assert compared(three) is Compared.FORK
    assert three.kh.store.channel(three.bulk.origin).standing is Standing.STOPPED
    ours, theirs = (open_checkpoint(note, three.bulk.key) for note in three.kh.store.evidence(three.bulk.origin))
    assert (ours.size, theirs.size) == (5, 5)
    assert ours.root != theirs.root
    (notice,) = (n for n in three.kh.store.notices() if n.kind == "fork")
    assert (notice.about["witness"], notice.about["size"]) == (HUBS[0], 5)


@pytest.mark.parametrize("seen", [1, 2, 3, 4, 299])
def test_a_smaller_history_that_is_no_part_of_the_larger_is_proven_by_what_leads_from_one_to_the_other(
    tmp_path: Path, seen: int
) -> None:

    three = circle(tmp_path)
    three.append(three.bulk, 300)
    three.puller().pull(three.bulk.origin)
    show_to_witness(three, forked(three, seen))
    assert compared(three) is Compared.FORK
    held, theirs, history = three.kh.store.evidence(three.bulk.origin)
    larger, smaller = open_checkpoint(held, three.bulk.key), open_checkpoint(theirs, three.bulk.key)
    head, root, *proof = history.decode().splitlines()
    assert head == f"history {seen} 300"
    hashes = [b64decode(each) for each in proof]
    verify_consistency(seen, 300, b64decode(root), larger.root, hashes)
    with pytest.raises(BadProof):
        verify_consistency(seen, 300, smaller.root, larger.root, hashes)
