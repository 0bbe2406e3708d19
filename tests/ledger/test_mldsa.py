"""A second algorithm on the same checkpoint: ML-DSA-44 beside Ed25519."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from comity.domain.ledger import (
    COSIGNATURE,
    ED25519,
    MLDSA44,
    VerifierKey,
    cosignature_line,
    note_bytes,
    open_note,
    signature_line,
    subtree_message,
)
from comity.errors import BadSignature, MalformedNote
from tests.ledger import spec_note

ORIGIN = "regulator.kh.example/ch/8899aabbccddeeff"
NAME = "court.example/witness"
ROOT = bytes(range(32))
TEXT = spec_note.checkpoint(ORIGIN, 70000, ROOT)
TIME_S = 1_790_000_000

QUANTUM = MLDSA44PrivateKey.from_seed_bytes(b"q" * 32)
CLASSIC = Ed25519PrivateKey.from_private_bytes(b"c" * 32)
QUANTUM_KEY = VerifierKey(NAME, MLDSA44, QUANTUM.public_key().public_bytes_raw())
WRITER_KEY = VerifierKey(ORIGIN, ED25519, CLASSIC.public_key().public_bytes_raw())


def _line(message: bytes, time_s: int = TIME_S, name: str = NAME, key: VerifierKey = QUANTUM_KEY) -> bytes:
    return spec_note.line(name, key.id, time_s.to_bytes(8, "big") + QUANTUM.sign(message))


def test_both_algorithms_stand_on_one_checkpoint() -> None:
    raw = note_bytes(
        TEXT,
        [signature_line(WRITER_KEY, CLASSIC.sign, TEXT), cosignature_line(QUANTUM_KEY, QUANTUM.sign, TEXT, TIME_S)],
    )
    assert open_note(raw, [WRITER_KEY, QUANTUM_KEY]).good == {WRITER_KEY: None, QUANTUM_KEY: TIME_S}
    # Who knows only the older algorithm passes over the newer line.
    assert open_note(raw, [WRITER_KEY]).good == {WRITER_KEY: None}


def test_the_message_is_the_specified_one_and_the_line_has_its_length() -> None:
    message = spec_note.mldsa_message(NAME, TIME_S, ORIGIN, 70000, ROOT)
    assert subtree_message(NAME, TIME_S, TEXT) == message
    line = cosignature_line(QUANTUM_KEY, QUANTUM.sign, TEXT, TIME_S)
    assert len(line.split()[-1]) == 3244
    blob = base64.b64decode(line.split()[-1])
    assert blob[:12] == spec_note.key_id(NAME, 6, QUANTUM_KEY.public) + TIME_S.to_bytes(8, "big")
    QUANTUM.public_key().verify(blob[12:], message)


def test_a_line_by_an_independent_writer_opens_here() -> None:
    raw = TEXT + b"\n" + _line(spec_note.mldsa_message(NAME, TIME_S, ORIGIN, 70000, ROOT))
    assert open_note(raw, [QUANTUM_KEY]).good == {QUANTUM_KEY: TIME_S}


def test_time_zero_states_no_time() -> None:
    raw = TEXT + b"\n" + _line(spec_note.mldsa_message(NAME, 0, ORIGIN, 70000, ROOT), 0)
    assert open_note(raw, [QUANTUM_KEY]).good == {QUANTUM_KEY: None}


@pytest.mark.parametrize(
    ("why", "message"),
    [
        ("another cosigner's name", spec_note.mldsa_message("other.example", TIME_S, ORIGIN, 70000, ROOT)),
        ("another time", spec_note.mldsa_message(NAME, TIME_S + 1, ORIGIN, 70000, ROOT)),
        ("another origin", spec_note.mldsa_message(NAME, TIME_S, "other.example", 70000, ROOT)),
        ("another size", spec_note.mldsa_message(NAME, TIME_S, ORIGIN, 70001, ROOT)),
        ("another root", spec_note.mldsa_message(NAME, TIME_S, ORIGIN, 70000, bytes(32))),
        ("the message of the other kind", b"cosignature/v1\ntime %d\n" % TIME_S + TEXT),
    ],
)
def test_a_signature_over_anything_else_is_refused(why: str, message: bytes) -> None:
    with pytest.raises(BadSignature):
        open_note(TEXT + b"\n" + _line(message), [QUANTUM_KEY])


def test_a_signature_under_a_context_is_refused() -> None:
    message = spec_note.mldsa_message(NAME, TIME_S, ORIGIN, 70000, ROOT)
    signature = QUANTUM.sign(message, context=b"x")
    line = spec_note.line(NAME, QUANTUM_KEY.id, TIME_S.to_bytes(8, "big") + signature)
    with pytest.raises(BadSignature):
        open_note(TEXT + b"\n" + line, [QUANTUM_KEY])


def test_a_text_that_is_no_checkpoint_carries_no_such_signature() -> None:
    with pytest.raises(BadSignature) as fault:
        open_note(b"hello\n\n" + _line(b"hello\n"), [QUANTUM_KEY])
    assert fault.value.code == "checkpoint-lines"
    with pytest.raises(MalformedNote):
        cosignature_line(QUANTUM_KEY, QUANTUM.sign, TEXT + b"extension\n", TIME_S)


def test_names_beyond_255_bytes_cannot_be_cosigned() -> None:
    for name, origin in (("n" * 256, ORIGIN), (NAME, "o" * 256)):
        with pytest.raises(MalformedNote) as fault:
            subtree_message(name, TIME_S, spec_note.checkpoint(origin, 1, ROOT))
        assert fault.value.code == "cosigned-name-length"
    assert subtree_message("n" * 255, TIME_S, spec_note.checkpoint("o" * 255, 1, ROOT))


def test_one_name_has_different_ids_for_different_kinds() -> None:
    public = CLASSIC.public_key().public_bytes_raw()
    assert VerifierKey(NAME, ED25519, public).id != VerifierKey(NAME, COSIGNATURE, public).id
    assert VerifierKey.parse(QUANTUM_KEY.text) == QUANTUM_KEY
