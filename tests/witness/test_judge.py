"""What a witness answers is decided by the request, the log's key and its own record, and by nothing else."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.ledger import EMPTY_ROOT, Answer, Recorded, judge, own_note, parse_note, read_asked
from comity.errors import MalformedNote
from tests.witness.logs import PlainLog, asking

LOG = PlainLog()
SIZES = st.integers(0, 70)


def answer(body: bytes, recorded: int = 0, fork_at: int | None = None) -> Answer:
    return judge(read_asked(body), LOG.key, Recorded(recorded, LOG.root(recorded, fork_at)))


# ---- laws
@given(SIZES, SIZES)
def test_every_honest_step_from_what_is_recorded_is_cosigned(old: int, more: int) -> None:
    assert answer(LOG.body(old, old + more), old) == Answer(200)


@given(st.integers(1, 70), SIZES, st.data())
def test_no_history_that_parts_below_what_is_recorded_is_ever_cosigned(
    old: int, more: int, data: st.DataObject
) -> None:
    fork_at = data.draw(st.integers(0, old - 1))
    assert answer(LOG.body(old, old + more, fork_at), old).status == 422


@given(SIZES, SIZES, SIZES)
def test_a_question_from_another_size_is_told_the_recorded_one(old: int, more: int, recorded: int) -> None:
    if old == recorded:
        recorded += 1
    assert answer(LOG.body(old, old + more), recorded) == Answer(409, b"%d\n" % recorded, "old-size-not-recorded")


@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_a_proof_with_any_one_bit_flipped_proves_nothing(old: int, more: int, data: st.DataObject) -> None:
    proof = list(LOG.proof(old, old + more))
    if not proof:
        return
    at, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
    raw = bytearray(proof[at])
    raw[bit // 8] ^= 1 << bit % 8
    proof[at] = bytes(raw)
    assert answer(asking(old, proof, LOG.note(old + more)), old).status == 422


@given(st.integers(0, 70), st.integers(0, 70))
def test_what_is_read_is_written_back_byte_for_byte(old: int, more: int) -> None:
    body = LOG.body(old, old + more)
    assert read_asked(body).to_bytes() == body


@given(st.binary(max_size=300))
def test_nothing_but_a_malformed_note_comes_out_of_bytes_that_are_no_request(raw: bytes) -> None:
    with pytest.raises(MalformedNote):
        read_asked(raw)


# ---- the table of the specification
OTHER = PlainLog(private=Ed25519PrivateKey.from_private_bytes(sha256(b"other").digest()))
STRANGER = PlainLog("stranger.example/log")


def flipped(note: bytes) -> bytes:
    """Another signature of the right length under the same name and key id."""
    line = parse_note(note).signatures[0]
    bad = bytes([line.signature[0] ^ 1]) + line.signature[1:]
    return note[: note.index(b"\n\n") + 2] + f"\u2014 {line.name} {b64encode(line.id + bad).decode()}\n".encode()


@pytest.mark.parametrize(
    ("promise", "body", "recorded", "status", "code"),
    [
        ("a log nobody told us of", STRANGER.body(0, 8), 0, 404, "origin-unknown"),
        ("signed by somebody else", OTHER.body(0, 8), 0, 403, "no-known-signature"),
        ("the log's own line fails", asking(0, [], flipped(LOG.note(8))), 0, 403, "signature-fails"),
        (
            "one good and one bad line of the log",
            asking(0, [], LOG.note(8) + flipped(LOG.note(8)).partition(b"\n\n")[2]),
            0,
            403,
            "signature-fails",
        ),
        ("a size below the old one", asking(9, [], LOG.note(8)), 9, 400, "old-size-above-checkpoint"),
        ("never cosigned, asked from 3", LOG.body(3, 8), 0, 409, "old-size-not-recorded"),
        ("nothing of size 0 has another root", asking(0, [], LOG.note(0, root=bytes(32))), 0, 422, "empty-tree-root"),
        ("a proof from nothing", asking(0, [bytes(32)], LOG.note(8)), 0, 422, "proof-from-nothing"),
        ("same size, other root", LOG.body(8, 8, 3), 8, 422, "same-size-other-root"),
        ("same size, with a proof", asking(8, [bytes(32)], LOG.note(8)), 8, 422, "inconsistent-proof-too-long"),
        ("no proof", asking(3, [], LOG.note(8)), 3, 422, "inconsistent-proof-too-short"),
        ("a proof for other sizes", asking(3, LOG.proof(4, 8), LOG.note(8)), 3, 422, "inconsistent-proof-too-short"),
        (
            "too long a proof",
            asking(4, [*LOG.proof(4, 8), bytes(32)], LOG.note(8)),
            4,
            422,
            "inconsistent-proof-too-long",
        ),
        ("the empty tree", asking(0, [], LOG.note(0)), 0, 200, ""),
        ("the same size again", LOG.body(8, 8), 8, 200, ""),
        (
            "a stranger's line beside the log's",
            asking(0, [], LOG.note(8) + OTHER.note(8).partition(b"\n\n")[2]),
            0,
            200,
            "",
        ),
    ],
)
def test_each_answer_of_the_specification(promise: str, body: bytes, recorded: int, status: int, code: str) -> None:
    found = answer(body, recorded)
    assert (found.status, found.code) == (status, code), promise


GOOD = LOG.body(3, 8)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "witness-blank-line"),
        (GOOD.replace(b"\n\n", b"\n", 1), "witness-proof-hash"),
        (GOOD.replace(b"old 3", b"new 3"), "witness-old-line"),
        (GOOD.replace(b"old 3", b"OLD 3"), "witness-old-line"),
        (GOOD.replace(b"old 3", b"old"), "witness-old-line"),
        (GOOD.replace(b"old 3", b"old 03"), "witness-old-size"),
        (GOOD.replace(b"old 3", b"old  3"), "witness-old-size"),
        (GOOD.replace(b"old 3", b"old -3"), "witness-old-size"),
        (GOOD.replace(b"old 3", b"old 3 "), "witness-old-size"),
        (GOOD.replace(b"old 3\n", b"old 3\r\n"), "witness-old-size"),
        (GOOD.replace(b"old 3", b"old 9223372036854775808"), "witness-old-size"),
        (GOOD.replace(b"old 3", b"old \xff"), "witness-head"),
        (asking(3, [bytes(31)], LOG.note(8)), "witness-proof-hash"),
        (asking(3, [bytes(33)], LOG.note(8)), "witness-proof-hash"),
        (GOOD.replace(b"=\n", b"\n", 1), "witness-proof-hash"),
        (asking(3, [bytes(32)] * 64, LOG.note(8)), "witness-proof-count"),
        (asking(0, [], LOG.text(8)), "note-blank-line"),
        (asking(0, [], LOG.note(8)[:-1]), "note-final-newline"),
        (asking(0, [], LOG.sign(LOG.text(8) + b"an extension\n")), "checkpoint-lines"),
        (asking(0, [], LOG.sign(LOG.text(8).replace(b"\n8\n", b"\n08\n"))), "checkpoint-size"),
        (b"old 0\n" + b"A" * 200_000, "witness-request-too-large"),
    ],
)  # fmt: skip
def test_a_body_that_breaks_the_format_is_named_by_its_part(body: bytes, code: str) -> None:
    with pytest.raises(MalformedNote) as fault:
        read_asked(body)
    assert fault.value.code == code


def test_sixty_three_hashes_are_read() -> None:
    assert len(read_asked(asking(3, [bytes(32)] * 63, LOG.note(8))).proof) == 63


def test_the_log_s_own_note_leaves_out_what_others_wrote_below_it() -> None:
    crowded = LOG.note(8) + OTHER.note(8).partition(b"\n\n")[2]
    assert own_note(crowded, LOG.key) == LOG.note(8)
    assert Recorded() == Recorded(0, EMPTY_ROOT)
