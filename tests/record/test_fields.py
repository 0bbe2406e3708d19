"""Fields: sealed one by one, opened one by one, and no bit of them moves unseen."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.domain.record import (
    Field,
    check_fields,
    decode_fields,
    encode_fields,
    field_commitment,
    open_record,
    read_envelope,
)
from comity.domain.record.limits import FIELDS_BYTES_MAX, FIELDS_MAX
from comity.errors import MalformedRecord

from .making import example, sealed

NAMES = st.text(alphabet="abc_é", min_size=1, max_size=5)
FIELDS = st.dictionaries(
    NAMES.map("/{}".format), st.tuples(st.binary(min_size=32, max_size=32), st.binary(max_size=40))
)


def fields_of(drawn: dict[str, tuple[bytes, bytes]]) -> list[Field]:
    return [Field(pointer, salt, value) for pointer, (salt, value) in drawn.items()]


def code_of(raw: bytes) -> str:
    with pytest.raises(MalformedRecord) as fault:
        decode_fields(raw)
    return fault.value.code


def wire(pointer: bytes, value: bytes = b"1", salt: bytes = bytes(32)) -> bytes:
    return len(pointer).to_bytes(2, "big") + pointer + salt + len(value).to_bytes(4, "big") + value


@settings(deadline=None)
@given(FIELDS)
def test_fields_come_back_ordered_by_pointer(drawn: dict[str, tuple[bytes, bytes]]) -> None:
    back = decode_fields(encode_fields(fields_of(drawn)))
    assert list(back) == sorted(fields_of(drawn), key=lambda field: field.pointer.encode())


@settings(deadline=None)
@given(FIELDS.filter(bool), st.data())
def test_truncated_fields_are_refused(drawn: dict[str, tuple[bytes, bytes]], data: st.DataObject) -> None:
    raw = encode_fields(fields_of(drawn))
    starts = {
        len(encode_fields(sorted(fields_of(drawn), key=lambda f: f.pointer.encode())[:n])) for n in range(len(drawn))
    }
    cut = data.draw(st.integers(1, len(raw) - 1))
    if cut not in starts:  # a cut between two fields leaves fewer whole fields
        assert code_of(raw[:cut]) == "fields-truncated"


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_garbage_is_fields_or_malformed_and_nothing_else(raw: bytes) -> None:
    try:
        fields = decode_fields(raw)
    except MalformedRecord:
        return
    assert encode_fields(fields) == raw


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (wire(b"/b") + wire(b"/a"), "fields-out-of-order"),
        (wire(b"/a") + wire(b"/a"), "fields-out-of-order"),
        (wire(b""), "fields-out-of-order"),
        (wire(b"a"), "pointer"),
        (wire(b"/"), "pointer"),
        (wire(b"/a~2"), "pointer"),
        (wire(b"/a\n"), "pointer"),
        (wire(b"/\xff"), "pointer"),
        (wire(b"/" + b"a" * 256), "pointer"),
        (bytes(FIELDS_BYTES_MAX + 1), "fields-too-large"),
        (b"".join(wire(b"/%05d" % n) for n in range(FIELDS_MAX + 1)), "too-many-fields"),
        (wire(b"/a")[:-1] + b"", "fields-truncated"),
        (b"\xff\xff/a", "fields-truncated"),
    ],
)
def test_a_breach_of_the_format_is_refused_by_its_code(raw: bytes, code: str) -> None:
    assert code_of(raw) == code


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["report/1", "request/1", "indicator/1", "decision/1"]), st.data())
def test_any_flipped_bit_of_a_field_is_refused(kind: str, data: st.DataObject) -> None:
    record = sealed(example(kind))
    raw = bytearray(encode_fields(record.fields))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(MalformedRecord):
        open_record(record.envelope, decode_fields(bytes(raw)))


def test_every_single_bit_of_one_field_counts() -> None:
    record = sealed(example("decision/1"))
    raw = encode_fields(record.fields)
    for bit in range(len(raw) * 8):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(MalformedRecord):
            open_record(record.envelope, decode_fields(bytes(flipped)))


def hmac_by_hand(salt: bytes, message: bytes) -> bytes:
    """RFC 2104 from its text."""
    key = salt + bytes(32)
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).digest()


@settings(deadline=None)
@given(NAMES.map("/{}".format), st.binary(min_size=32, max_size=32), st.binary(max_size=40))
def test_a_commitment_is_hmac_over_pointer_zero_value(pointer: str, salt: bytes, value: bytes) -> None:
    assert field_commitment(Field(pointer, salt, value)) == hmac_by_hand(salt, pointer.encode() + b"\x00" + value)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_salt_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(MalformedRecord) as fault:
        field_commitment(Field("/a", bytes(length), b"1"))
    assert fault.value.code == "field-salt-length"


def test_a_field_that_the_envelope_did_not_seal_is_refused() -> None:
    record = sealed(example("report/1"))
    bare = sealed(example("ack/1"))
    with pytest.raises(MalformedRecord) as fault:
        check_fields(read_envelope(record.envelope), [Field("/extra", bytes(32), b"1")])
    assert fault.value.code == "field-not-sealed"
    with pytest.raises(MalformedRecord) as fault:
        open_record(bare.envelope, record.fields)
    assert fault.value.code == "field-not-sealed"


def test_opened_and_absent_places_are_told_apart() -> None:
    record = sealed(example("report/1"))
    states = check_fields(read_envelope(record.envelope), record.fields[:1])
    assert states.opened == {record.fields[0].pointer}
    assert states.absent == {field.pointer for field in record.fields[1:]}


def test_the_same_field_twice_is_refused() -> None:
    record = sealed(example("decision/1"))
    with pytest.raises(MalformedRecord) as fault:
        check_fields(read_envelope(record.envelope), record.fields * 2)
    assert fault.value.code == "field-twice"


@pytest.mark.parametrize("spelling", ["short", "loose", "url", "unpadded", "list"])
def test_a_commitment_has_one_spelling(spelling: str) -> None:
    members = json.loads(sealed(example("decision/1")).envelope)
    good = members["sealed"]["/reason"]
    loose = good[:42] + chr(ord(good[42]) + 1) + "="
    assert base64.b64decode(loose) == base64.b64decode(good)
    bad = {"short": good[4:], "loose": loose, "url": "_" + good[1:], "unpadded": good[:-1], "list": [good]}[spelling]
    members["sealed"]["/reason"] = bad
    for raw in (json.dumps(members, separators=(",", ":")).encode(), json.dumps(members).encode()):
        with pytest.raises(MalformedRecord):
            open_record(raw, ())
