"""Signed notes and cosignatures: published examples, an independent writer and reader, and every refusal."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from comity.domain.ledger import (
    COSIGNATURE,
    ED25519,
    MLDSA44,
    Checkpoint,
    VerifierKey,
    cosignature_line,
    cosignature_message,
    note_bytes,
    open_checkpoint,
    open_note,
    parse_checkpoint,
    parse_note,
    signature_line,
)
from comity.errors import BadSignature, MalformedNote, Misconfigured, UnknownKey
from tests.ledger import spec_note

EXAMPLE_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_NOTE = (
    "This is an example message.\n\n\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYj"
    "OBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

ORIGIN = "police.kr.example/ch/0011223344556677"
WRITER_SEED, READER_SEED, OTHER_SEED = b"w" * 32, b"r" * 32, b"o" * 32
ROOT = bytes(range(32))
TEXT = spec_note.checkpoint(ORIGIN, 73, ROOT)
TIME_S = 1_790_000_000


def _public(seed: bytes) -> bytes:
    return bytes(SigningKey(seed).verify_key)


def _sign(seed: bytes) -> Callable[[bytes], bytes]:
    return Ed25519PrivateKey.from_private_bytes(seed).sign


WRITER = VerifierKey(ORIGIN, ED25519, _public(WRITER_SEED))
READER = VerifierKey("bank.vn.example/receipt", COSIGNATURE, _public(READER_SEED))
OTHER = VerifierKey("hub.example/witness", COSIGNATURE, _public(OTHER_SEED))


def _note(*lines: bytes) -> bytes:
    return TEXT + b"\n" + b"".join(lines)


WRITTEN = spec_note.signed_line(ORIGIN, WRITER_SEED, TEXT)
COSIGNED = spec_note.cosigned_line(READER.name, READER_SEED, TEXT, TIME_S)


def test_the_published_example_opens_under_its_published_key() -> None:
    key = VerifierKey.parse(EXAMPLE_VKEY)
    opened = open_note(EXAMPLE_NOTE, [key])
    assert opened.note.text == b"This is an example message.\n"
    assert opened.good == {key: None}
    assert key.text == EXAMPLE_VKEY


def test_published_key_ids_are_computed_alike() -> None:
    assert VerifierKey.parse(GO_VKEY).id.hex() == "c74f20a3"
    assert VerifierKey.parse(GO_VKEY).text == GO_VKEY
    assert VerifierKey.parse(EXAMPLE_VKEY).id.hex() == "530d903a"


def test_the_published_example_with_a_changed_letter_is_refused() -> None:
    with pytest.raises(BadSignature):
        open_note(EXAMPLE_NOTE.replace(b"example m", b"Example m"), [VerifierKey.parse(EXAMPLE_VKEY)])


def test_the_published_example_under_a_foreign_key_is_nobodys() -> None:
    with pytest.raises(UnknownKey):
        open_note(EXAMPLE_NOTE, [VerifierKey.parse(GO_VKEY)])


@given(st.binary(min_size=32, max_size=32), st.sampled_from([ED25519, COSIGNATURE]))
def test_keys_are_written_as_an_independent_writer_does(seed: bytes, kind: int) -> None:
    key = VerifierKey("node.example/x", kind, _public(seed))
    assert key.text == spec_note.vkey("node.example/x", kind, _public(seed))
    assert VerifierKey.parse(key.text) == key


@pytest.mark.parametrize(
    ("why", "code", "text"),
    [
        ("no plus", "key-shape", "example.com/foo"),
        ("one plus", "key-shape", "example.com/foo+530d903a"),
        ("empty name", "key-name", EXAMPLE_VKEY.removeprefix("example.com/foo")),
        ("space in the name", "key-name", EXAMPLE_VKEY.replace("/foo", "/f o")),
        ("Unicode space in the name", "key-name", EXAMPLE_VKEY.replace("/foo", "/f\u3000o")),
        ("control character in the name", "key-name", EXAMPLE_VKEY.replace("/foo", "/f\x01o")),
        ("lone surrogate in the name", "key-name", EXAMPLE_VKEY.replace("/foo", "/f\ud800o")),
        ("id of another key", "key-id", EXAMPLE_VKEY.replace("530d903a", "530d903b")),
        ("id in capitals", "key-id", EXAMPLE_VKEY.replace("530d903a", "530D903A")),
        ("id of another name", "key-id", EXAMPLE_VKEY.replace("/foo", "/fop")),
        ("unknown kind", "key-kind", spec_note.vkey("a", 5, bytes(32))),
        ("short key", "key-length", spec_note.vkey("a", 1, bytes(31))),
        ("Ed25519 key called ML-DSA", "key-length", spec_note.vkey("a", 6, bytes(32))),
        ("no key", "key-length", "a+00000000+"),
        ("base64 without padding", "key-base64", spec_note.vkey("a", 1, bytes(33)).rstrip("=")),
        ("base64 of the URL alphabet", "key-base64", "a+00000000+__8="),
        ("base64 with loose bits", "key-base64", "a+00000000+AR=="),
    ],
)
def test_a_bad_key_is_refused_for_its_reason(why: str, code: str, text: str) -> None:
    with pytest.raises(MalformedNote) as fault:
        VerifierKey.parse(text)
    assert fault.value.code == code, why


def test_notes_are_written_byte_for_byte_as_the_independent_writer_does() -> None:
    written = signature_line(WRITER, _sign(WRITER_SEED), TEXT)
    cosigned = cosignature_line(READER, _sign(READER_SEED), TEXT, TIME_S)
    assert (written, cosigned) == (WRITTEN, COSIGNED)
    assert note_bytes(TEXT, [written, cosigned]) == _note(WRITTEN, COSIGNED)
    assert Checkpoint(ORIGIN, 73, ROOT).text() == TEXT


def test_our_notes_convince_the_independent_reader() -> None:
    raw = note_bytes(
        TEXT,
        [signature_line(WRITER, _sign(WRITER_SEED), TEXT), cosignature_line(READER, _sign(READER_SEED), TEXT, TIME_S)],
    )
    assert spec_note.is_signed(raw, ORIGIN, WRITER.public)
    assert spec_note.cosigned_at(raw, READER.name, READER.public) == TIME_S
    assert not spec_note.is_signed(raw, ORIGIN, OTHER.public)


@given(
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
)
def test_the_independent_writers_notes_open_here(size: int, root: bytes, time_s: int, seed: bytes) -> None:
    text = spec_note.checkpoint(ORIGIN, size, root)
    raw = text + b"\n" + spec_note.signed_line(ORIGIN, seed, text)
    raw += spec_note.cosigned_line(READER.name, READER_SEED, text, time_s)
    writer = VerifierKey(ORIGIN, ED25519, _public(seed))
    opened = open_note(raw, [READER, writer])
    assert opened.good == {writer: None, READER: time_s}
    assert parse_checkpoint(opened.note.text) == open_checkpoint(raw, writer) == Checkpoint(ORIGIN, size, root)
    assert opened.note.to_bytes() == raw


def test_line_lengths_are_those_of_the_specification() -> None:
    assert [len(line.split()[-1]) for line in (WRITTEN, COSIGNED)] == [92, 104]


def test_the_cosigned_message_is_the_specified_one() -> None:
    assert cosignature_message(1679315147, b"a\n1\nx\n") == b"cosignature/v1\ntime 1679315147\na\n1\nx\n"


def test_unknown_signers_are_ignored_even_if_they_share_a_name_or_an_id() -> None:
    name_only = spec_note.line(ORIGIN, b"\0\0\0\0", bytes(64))
    id_only = spec_note.line("stranger.example", WRITER.id, bytes(64))
    opened = open_note(_note(name_only, WRITTEN, id_only, COSIGNED), [WRITER])
    assert opened.good == {WRITER: None}
    assert len(opened.note.signatures) == 4


@pytest.mark.parametrize(
    ("why", "line"),
    [
        ("writer's signature wrong", spec_note.line(ORIGIN, WRITER.id, bytes(64))),
        ("writer's signature short", spec_note.line(ORIGIN, WRITER.id, bytes(63))),
        ("writer's signature with a time", spec_note.line(ORIGIN, WRITER.id, bytes(72))),
        ("cosignature without time", spec_note.line(READER.name, READER.id, bytes(8))),
        ("cosignature wrong", spec_note.line(READER.name, READER.id, bytes(72))),
        ("cosignature time of 2^63", spec_note.line(READER.name, READER.id, struct.pack(">Q", 1 << 63) + bytes(64))),
        (
            "cosignature moved to another time",
            spec_note.line(
                READER.name,
                READER.id,
                struct.pack(">Q", TIME_S + 1) + base64.b64decode(COSIGNED.split()[-1])[12:],
            ),
        ),
        (
            "cosignature of another text",
            spec_note.cosigned_line(READER.name, READER_SEED, spec_note.checkpoint(ORIGIN, 74, ROOT), TIME_S),
        ),
    ],
)
def test_a_known_key_whose_line_is_bad_refuses_the_whole_note(why: str, line: bytes) -> None:
    for lines in ((WRITTEN, COSIGNED, line), (line, WRITTEN, COSIGNED)):
        with pytest.raises(BadSignature):
            open_note(_note(*lines), [WRITER, READER])


def test_a_note_that_nobody_known_has_signed_is_refused() -> None:
    for keys in ([], [OTHER]):
        with pytest.raises(UnknownKey) as fault:
            open_note(_note(WRITTEN, COSIGNED), keys)
        assert fault.value.code == "no-known-signature"


def test_a_key_counts_once_with_its_earliest_time() -> None:
    later = spec_note.cosigned_line(READER.name, READER_SEED, TEXT, TIME_S + 9)
    for lines in ((COSIGNED, later), (later, COSIGNED), (later, COSIGNED, later)):
        assert open_note(_note(*lines), [READER]).good == {READER: TIME_S}


def test_two_keys_that_share_name_and_id_are_refused_as_ambiguous() -> None:
    twin = VerifierKey(ORIGIN, ED25519, _public(OTHER_SEED))
    twin.__dict__["id"] = WRITER.id  # a collision of four bytes, without the search for it
    with pytest.raises(UnknownKey) as fault:
        open_note(_note(WRITTEN), [WRITER, twin])
    assert fault.value.code == "key-ambiguous"
    assert open_note(_note(WRITTEN), [WRITER, WRITER]).good == {WRITER: None}


def test_a_writer_that_signs_for_another_origin_is_refused() -> None:
    text = spec_note.checkpoint("another.example/ch/00", 73, ROOT)
    raw = text + b"\n" + spec_note.signed_line(ORIGIN, WRITER_SEED, text)
    with pytest.raises(UnknownKey) as fault:
        open_checkpoint(raw, WRITER)
    assert fault.value.code == "origin-not-of-key"


@pytest.mark.parametrize(
    ("why", "code", "raw"),
    [
        ("nothing", "note-final-newline", b""),
        ("no final LF", "note-final-newline", _note(WRITTEN)[:-1]),
        ("no blank line", "note-blank-line", TEXT + WRITTEN),
        ("no signature", "signature-count", TEXT + b"\n"),
        ("a second blank line after the signatures", "signature-count", _note(WRITTEN) + b"\n"),
        ("not UTF-8", "note-not-utf8", b"\xff" + _note(WRITTEN)),
        ("tab", "note-control-character", b"\t" + _note(WRITTEN)),
        ("CR LF", "note-control-character", _note(WRITTEN).replace(b"\n", b"\r\n")),
        ("NUL", "note-control-character", b"\0" + _note(WRITTEN)),
        ("hyphen for the dash", "signature-line", _note(WRITTEN.replace(spec_note.EM_DASH, b"-"))),
        ("no name", "signature-line", _note(WRITTEN.replace(ORIGIN.encode() + b" ", b""))),
        ("empty name", "signature-line", _note(WRITTEN.replace(ORIGIN.encode(), b""))),
        ("plus in the name", "signature-line", _note(WRITTEN.replace(b"police", b"po+ice"))),
        ("Unicode space in the name", "signature-line", _note(WRITTEN.replace(b"police", "po\u00a0ice".encode()))),
        ("text among the signatures", "signature-line", _note(WRITTEN, b"hello\n")),
        ("base64 without padding", "signature-base64", _note(WRITTEN.replace(b"=", b""))),
        ("space at the end", "signature-base64", _note(WRITTEN[:-1] + b" \n")),
        ("only an id", "signature-length", _note(spec_note.line("a", b"1234", b""))),
        ("65 lines", "signature-count", _note(*[WRITTEN] * 65)),
        ("more than 128 KiB", "note-too-large", b"x" * (128 * 1024) + _note(WRITTEN)),
    ],
)
def test_what_is_no_note_is_refused_for_its_reason(why: str, code: str, raw: bytes) -> None:
    with pytest.raises(MalformedNote) as fault:
        parse_note(raw)
    assert fault.value.code == code, why


def test_a_second_spelling_of_a_signature_is_refused() -> None:
    line = spec_note.line("a.example", b"1234", bytes(63))  # 67 bytes leave unused bits in the last character
    assert line.endswith(b"A==\n")
    parse_note(_note(line))
    with pytest.raises(MalformedNote) as fault:
        parse_note(_note(line.replace(b"A==", b"B==")))
    assert fault.value.code == "signature-base64"


def test_64_lines_and_a_text_with_blank_lines_are_read() -> None:
    text = b"first\n\nsecond \xe2\x80\x94 x y\n\n\n"
    line = spec_note.signed_line(ORIGIN, WRITER_SEED, text)
    note = parse_note(text + b"\n" + line * 64)
    assert (note.text, len(note.signatures)) == (text, 64)
    assert open_note(text + b"\n" + line, [WRITER]).good == {WRITER: None}


@pytest.mark.parametrize("text", [b"no final newline", b"a\rb\n", b"", b"\xff\n", b"a\n\n\xe2\x80\x94 b"])
def test_a_text_that_could_not_be_read_again_makes_no_note(text: bytes) -> None:
    with pytest.raises(MalformedNote):
        note_bytes(text, [WRITTEN])
    with pytest.raises(MalformedNote):
        note_bytes(TEXT, [b"no signature line\n"])
    with pytest.raises(MalformedNote):
        note_bytes(TEXT, [])


def test_a_line_that_would_move_the_end_of_the_text_makes_no_note() -> None:
    with pytest.raises(MalformedNote) as fault:
        note_bytes(TEXT, [WRITTEN, b"\n", WRITTEN])
    assert fault.value.code == "note-text"


def test_a_key_signs_only_as_its_kind_does() -> None:
    sign = _sign(WRITER_SEED)
    with pytest.raises(Misconfigured):
        signature_line(READER, sign, TEXT)
    with pytest.raises(Misconfigured):
        cosignature_line(WRITER, sign, TEXT, TIME_S)
    with pytest.raises(Misconfigured):
        signature_line(WRITER, lambda message: b"", TEXT)
    with pytest.raises(Misconfigured):
        cosignature_line(VerifierKey("a", MLDSA44, bytes(1312)), sign, TEXT, TIME_S)
    for time_s in (-1, 1 << 63):
        with pytest.raises(MalformedNote):
            cosignature_line(READER, sign, TEXT, time_s)


@pytest.mark.parametrize(
    ("why", "code", "text"),
    [
        ("an extension line", "checkpoint-lines", TEXT + b"more\n"),
        ("no final LF", "checkpoint-lines", TEXT[:-1]),
        ("text after it", "checkpoint-lines", TEXT + b"x"),
        ("two lines", "checkpoint-lines", b"a\n1\n"),
        ("empty origin", "checkpoint-origin", b"\n" + TEXT.split(b"\n", 1)[1]),
        ("control character in the origin", "checkpoint-origin", b"\x1b" + TEXT),
        ("leading zero", "checkpoint-size", TEXT.replace(b"\n73\n", b"\n073\n")),
        ("sign", "checkpoint-size", TEXT.replace(b"\n73\n", b"\n+73\n")),
        ("negative", "checkpoint-size", TEXT.replace(b"\n73\n", b"\n-1\n")),
        ("no size", "checkpoint-size", TEXT.replace(b"\n73\n", b"\n\n")),
        ("underscore", "checkpoint-size", TEXT.replace(b"\n73\n", b"\n7_3\n")),
        ("other digits", "checkpoint-size", TEXT.replace(b"\n73\n", "\n٧٣\n".encode())),
        ("2^63", "checkpoint-size", TEXT.replace(b"\n73\n", b"\n%d\n" % (1 << 63))),
        ("5000 digits", "checkpoint-size", TEXT.replace(b"\n73\n", b"\n" + b"9" * 5000 + b"\n")),
        ("short root", "checkpoint-root", spec_note.checkpoint("a", 1, bytes(31))),
        ("long root", "checkpoint-root", spec_note.checkpoint("a", 1, bytes(33))),
        ("root with loose bits", "checkpoint-root", spec_note.checkpoint("a", 1, bytes(32)).replace(b"A=", b"B=")),
        ("not UTF-8", "checkpoint-not-utf8", b"\xff" + TEXT),
    ],
)
def test_what_is_no_checkpoint_is_refused_for_its_reason(why: str, code: str, text: bytes) -> None:
    with pytest.raises(MalformedNote) as fault:
        parse_checkpoint(text)
    assert fault.value.code == code, why


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1),
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
)
def test_a_checkpoint_reads_back_as_what_was_written(origin: str, size: int, root: bytes) -> None:
    checkpoint = Checkpoint(origin, size, root)
    assert parse_checkpoint(checkpoint.text()) == checkpoint
    assert checkpoint.text() == spec_note.checkpoint(origin, size, root)


@pytest.mark.parametrize(
    ("code", "origin", "size", "root"),
    [
        ("checkpoint-origin", "", 1, ROOT),
        ("checkpoint-origin", "a\n2", 1, ROOT),
        ("checkpoint-origin", "a\ud800", 1, ROOT),
        ("checkpoint-size", "a", -1, ROOT),
        ("checkpoint-size", "a", 1 << 63, ROOT),
        ("checkpoint-root", "a", 1, ROOT[:31]),
    ],
)
def test_a_checkpoint_that_could_not_be_read_again_is_not_made(code: str, origin: str, size: int, root: bytes) -> None:
    with pytest.raises(MalformedNote) as fault:
        Checkpoint(origin, size, root)
    assert fault.value.code == code


def test_every_bit_flip_in_a_signed_note_is_refused_or_loses_a_signer() -> None:
    raw = _note(WRITTEN, COSIGNED)
    keys = [WRITER, READER]
    for position in range(len(raw) * 8):
        flipped = bytearray(raw)
        flipped[position // 8] ^= 1 << position % 8
        try:
            good = open_note(bytes(flipped), keys).good
        except (MalformedNote, BadSignature, UnknownKey):
            continue
        # A flip in a name or id makes that line a stranger's: one signer fewer, never the same set.
        assert len(good) == 1, position


@given(
    st.lists(st.sampled_from([b"\n", b"\n\n", b"+", b" ", WRITTEN, COSIGNED, TEXT, b"\xff", b"A=", b"0"])), st.data()
)
def test_no_bytes_bring_anything_but_a_named_refusal(pieces: list[bytes], data: st.DataObject) -> None:
    raw = b"".join(pieces)
    if raw:
        cut = data.draw(st.integers(0, len(raw)))
        raw = raw[:cut] + data.draw(st.binary(max_size=3)) + raw[cut:]
    for read in (parse_note, parse_checkpoint, lambda raw: open_note(raw, [WRITER, READER])):
        # Whatever else is raised ends this test.
        with suppress(MalformedNote, BadSignature, UnknownKey):
            read(raw)
