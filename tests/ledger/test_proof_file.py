"""The receipt file: written and read as the specification says, and no flipped bit survives."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from comity.domain.ledger import (
    COSIGNATURE,
    ED25519,
    TlogProof,
    VerifierKey,
    leaf_of,
    open_note,
    parse_checkpoint,
    parse_policy,
    parse_proof,
    verify_inclusion,
)
from comity.errors import BadProof, BadSignature, MalformedNote, MalformedRecord, UnknownKey
from tests.ledger import spec_note
from tests.ledger.plain_tree import PlainTree, leaf

ORIGIN = "police.kr.example/ch/0011223344556677"
NAMES = {"bank.vn.example/receipt": b"b" * 32, "hub.example/witness": b"h" * 32}
SALT, ENVELOPE = bytes(range(32)), b'{"v":1,"kind":"request/1","note":"wholly fictional"}'
SIZE, INDEX = 300, 77
TIME_S = 1_790_000_000

_LEAVES = [leaf(number) for number in range(SIZE)]
_LEAVES[INDEX] = leaf_of(SALT, ENVELOPE)
_TREE = PlainTree(_LEAVES)
HASHES = _TREE.path(INDEX, 0, SIZE)
TEXT = spec_note.checkpoint(ORIGIN, SIZE, _TREE.root(0, SIZE))
NOTE = b"".join(
    [
        TEXT,
        b"\n",
        spec_note.signed_line(ORIGIN, b"w" * 32, TEXT),
        *(spec_note.cosigned_line(name, seed, TEXT, TIME_S) for name, seed in NAMES.items()),
    ]
)
DETACHED = spec_note.proof_file(SALT, INDEX, HASHES, NOTE)

WRITER = VerifierKey(ORIGIN, ED25519, bytes(SigningKey(b"w" * 32).verify_key))
WITNESSES = [VerifierKey(name, COSIGNATURE, bytes(SigningKey(seed).verify_key)) for name, seed in NAMES.items()]
POLICY = parse_policy(
    f"log {WRITER.text}\nwitness a {WITNESSES[0].text}\nwitness b {WITNESSES[1].text}\ngroup both all a b\nquorum both\n"
)


def _verify(raw: bytes, envelope: bytes) -> None:
    proof = parse_proof(raw)
    opened = open_note(proof.note, POLICY.keys())
    checkpoint = parse_checkpoint(opened.note.text)
    if not POLICY.accepts(checkpoint.origin, opened.good):
        raise UnknownKey("quorum")
    verify_inclusion(proof.index, checkpoint.size, leaf_of(proof.extra or b"", envelope), proof.hashes, checkpoint.root)


def test_a_receipt_by_an_independent_writer_is_read_verified_and_written_again_byte_for_byte() -> None:
    proof = parse_proof(DETACHED)
    assert proof == TlogProof(SALT, INDEX, tuple(HASHES), NOTE)
    assert proof.to_bytes() == DETACHED
    _verify(DETACHED, ENVELOPE)


def test_every_bit_flip_in_a_receipt_is_refused_where_every_cosignature_is_asked_for() -> None:
    for position in range(len(DETACHED) * 8):
        flipped = bytearray(DETACHED)
        flipped[position // 8] ^= 1 << position % 8
        with pytest.raises((MalformedNote, MalformedRecord, BadProof, BadSignature, UnknownKey)):
            _verify(bytes(flipped), ENVELOPE)


@given(st.integers(0, len(ENVELOPE) * 8 - 1))
def test_a_bit_flip_in_the_record_is_refused(position: int) -> None:
    flipped = bytearray(ENVELOPE)
    flipped[position // 8] ^= 1 << position % 8
    with pytest.raises(BadProof):
        _verify(DETACHED, bytes(flipped))


@given(
    st.none() | st.binary(max_size=200),
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
)
def test_a_receipt_reads_back_as_what_was_written(extra: bytes | None, index: int, hashes: list[bytes]) -> None:
    proof = TlogProof(extra, index, tuple(hashes), NOTE)
    assert proof.to_bytes() == spec_note.proof_file(extra, index, hashes, NOTE)
    assert parse_proof(proof.to_bytes()) == proof


def test_a_record_of_the_largest_size_travels_in_its_receipt() -> None:
    proof = TlogProof(bytes(32 + 1024 * 1024), INDEX, tuple(HASHES), NOTE)
    assert parse_proof(proof.to_bytes()) == proof


def _replace(old: bytes, new: bytes) -> bytes:
    assert old in DETACHED
    return DETACHED.replace(old, new, 1)


_HASH = base64.b64encode(HASHES[0])


@pytest.mark.parametrize(
    ("why", "code", "raw"),
    [
        ("another version", "proof-header", _replace(b"@v1", b"@v2")),
        ("nothing", "proof-blank-line", b""),
        ("no blank line", "proof-blank-line", DETACHED.split(b"\n\n")[0] + b"\n"),
        ("no index", "proof-index", _replace(b"index 77\n", b"")),
        ("index with leading zero", "proof-index", _replace(b"index 77", b"index 077")),
        ("index with sign", "proof-index", _replace(b"index 77", b"index +77")),
        ("index of 2^63", "proof-index", _replace(b"index 77", b"index %d" % (1 << 63))),
        ("index before extra", "proof-hash", _replace(b"extra", b"index 1\nextra")),
        ("extra twice", "proof-index", _replace(b"extra", b"extra AAAA\nextra")),
        ("extra with loose bits", "proof-extra", spec_note.proof_file(b"a", 0, [], NOTE).replace(b"YQ==", b"YR==")),
        ("extra without padding", "proof-extra", spec_note.proof_file(b"a", 0, [], NOTE).replace(b"YQ==", b"YQ")),
        ("hash cut short", "proof-hash", _replace(_HASH, base64.b64encode(HASHES[0][:31]))),
        ("hash without padding", "proof-hash", _replace(_HASH, _HASH[:-1])),
        ("CR LF", "proof-header", _replace(b"@v1\n", b"@v1\r\n")),
        ("not ASCII", "proof-not-ascii", _replace(b"extra", "é".encode())),
        ("64 hashes", "proof-hash-count", spec_note.proof_file(SALT, 0, [HASHES[0]] * 64, NOTE)),
        ("second blank line", "checkpoint-lines", _replace(b"\n\n", b"\n\n\n")),
        ("no final LF", "note-final-newline", DETACHED[:-1]),
        ("note without signatures", "note-blank-line", spec_note.proof_file(SALT, 0, [], TEXT)),
        ("note that is no checkpoint", "checkpoint-lines", spec_note.proof_file(SALT, 0, [], b"x\n" + NOTE)),
        ("beyond all size", "proof-too-large", DETACHED + b"x" * 1_700_000),
    ],
)
def test_what_is_no_receipt_is_refused_for_its_reason(why: str, code: str, raw: bytes) -> None:
    with pytest.raises(MalformedNote) as fault:
        parse_proof(raw)
    assert fault.value.code == code, why


@pytest.mark.parametrize(
    ("code", "index", "hashes"),
    [
        ("proof-index", -1, HASHES),
        ("proof-index", 1 << 63, HASHES),
        ("proof-hash-count", 0, [HASHES[0]] * 64),
        ("proof-hash", 0, [b"short"]),
    ],
)
def test_a_receipt_that_could_not_be_read_again_is_not_made(code: str, index: int, hashes: list[bytes]) -> None:
    with pytest.raises(MalformedNote) as fault:
        TlogProof(None, index, tuple(hashes), NOTE)
    assert fault.value.code == code


@given(st.binary(max_size=6), st.integers(0, len(DETACHED)), st.integers(0, 40))
def test_a_damaged_receipt_brings_a_named_refusal_and_nothing_else(new: bytes, at: int, gone: int) -> None:
    raw = DETACHED[:at] + new + DETACHED[at + gone :]
    try:
        read = parse_proof(raw)
    except MalformedNote:
        return
    assert read.to_bytes() == raw
