"""Filing: every record is told apart by its traces, or goes into quarantine with its reason; nothing raises."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import blake2b
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from comity.domain.record import About, Trace, encode_fields, header_of, index_of, kinds, read_envelope
from comity.domain.terms import instant_from

from .making import ID, ISSUER, MADE, example, sealed

KINDS = sorted(kinds())


def key(kind: str, value: str) -> bytes:
    return blake2b(kind.encode() + b"\x00" + value.encode(), digest_size=16).digest()


def changed(raw: bytes, **more: Any) -> bytes:
    return json.dumps(json.loads(raw) | more, separators=(",", ":")).encode()


def test_a_report_is_found_by_its_number_and_every_value_that_is_open_here() -> None:
    record = sealed(example("report/1"))
    told = index_of(record.envelope, encode_fields(record.fields))
    assert told.fault is None
    assert set(told.traces) == {
        Trace("report", UUID("0193a5d0-0000-7000-8000-00000000f1c7").bytes),
        Trace("value", key("url", "https://jobs.lure.example/apply")),
        Trace("value", key("domain", "lure.example")),
        Trace("value", key("email", "boss@lure.example")),
    }
    without = index_of(record.envelope, b"")
    assert set(told.traces) - set(without.traces) == {Trace("value", key("email", "boss@lure.example"))}


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("indicator/1", {"value"}),
        ("request/1", {"request", "report", "value"}),
        ("decision/1", {"request"}),
        ("action/1", {"request"}),
        ("evidence/1", {"request", "file"}),
        ("message/1", {"request", "record", "file"}),
        ("ack/1", {"record"}),
        ("erase/1", {"record"}),
        ("withdraw/1", {"record"}),
        ("amend/1", {"record"}),
        ("clear/1", {"record"}),
        ("ack/2", {"record"}),
        ("transfer/1", {"record"}),
        ("roster/1", set()),
        ("continues/1", set()),
    ],
)
def test_each_kind_is_found_by_what_it_speaks_of(kind: str, names: set[str]) -> None:
    record = sealed(example(kind))
    told = index_of(record.envelope, encode_fields(record.fields))
    assert {trace.name for trace in told.traces} == names
    assert all(len(trace.key) == 16 for trace in told.traces)


def test_the_header_says_who_made_which_record_when() -> None:
    record = sealed(example("ack/1"))
    told = index_of(record.envelope, b"")
    assert told.header == header_of(read_envelope(record.envelope))
    assert told.header is not None
    assert (told.header.id, told.header.kind, told.header.issuer, told.header.made) == (ID, "ack/1", ISSUER, MADE)
    assert instant_from("2026-11-24T09:30:00.123Z") == MADE


ABOUT = About("police.kr.example/ch/00000000000f1c70", 3, "6" * 64)
BASE = sealed(example("decision/1"), about=(ABOUT,))
QUARANTINED: list[tuple[str, bytes, bytes, str]] = [
    ("an unknown kind", changed(BASE.envelope, kind="opinion/1"), b"", "unknown-kind"),
    ("a body that doesn't decode", changed(BASE.envelope, body={"x": 1}), b"", "body-does-not-decode"),
    ("an unknown member of the envelope", changed(BASE.envelope, x=1), b"", "envelope-does-not-decode"),
    ("broken fields", BASE.envelope, b"\x00", "fields-truncated"),
    ("a field that doesn't match", BASE.envelope, encode_fields(BASE.fields)[:-2] + b'x"', "field-mismatch"),
    ("a later version of the envelope", changed(BASE.envelope, v=2), b"", "envelope-does-not-decode"),
]


@pytest.mark.parametrize(("what", "raw", "fields", "code"), QUARANTINED, ids=[row[0] for row in QUARANTINED])
def test_quarantine_keeps_header_and_references(what: str, raw: bytes, fields: bytes, code: str) -> None:
    told = index_of(raw, fields)
    assert told.fault == code
    assert told.traces == ()
    assert told.header is not None
    assert told.header.id == ID
    assert told.about == (ABOUT,)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"\xff",
        BASE.envelope[:-1],
        BASE.envelope.replace(b'"v":1', b'"id":"0193a5d1-2222-7000-8000-00000000f1c7","v":1'),
        b'{"id":1}',
        b"[" * 100_000,
        BASE.envelope.replace(b'"request":', b'"request":1,"request":'),
    ],
)
def test_bytes_with_no_one_meaning_have_no_header(raw: bytes) -> None:
    told = index_of(raw, b"")
    assert told.header is None
    assert told.fault is not None
    assert told.about == ()


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(KINDS), st.data())
def test_filing_never_raises(kind: str, data: st.DataObject) -> None:
    record = sealed(example(kind))
    raw, fields = bytearray(record.envelope), bytearray(encode_fields(record.fields))
    for part in (raw, fields):
        for _ in range(data.draw(st.integers(0, 3))):
            at = data.draw(st.integers(0, len(part)))
            part[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    told = index_of(bytes(raw), bytes(fields))
    assert (told.fault is None) or told.traces == ()


@settings(deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=100))
def test_filing_garbage_never_raises(raw: bytes, fields: bytes) -> None:
    assert index_of(raw, fields).fault is not None


def test_a_record_that_is_passed_on_is_found_by_what_the_one_inside_says() -> None:
    inner = sealed(example("indicator/1"))
    carried = {"envelope": inner.envelope.decode(), "fields": b64encode(encode_fields(inner.fields)).decode()}
    outer = sealed(structs.replace(example("transfer/1"), **carried))
    found = index_of(outer.envelope, encode_fields(outer.fields)).traces
    assert set(index_of(inner.envelope, encode_fields(inner.fields)).traces) <= set(found)
    assert {trace.name for trace in index_of(outer.envelope, b"").traces} == {"record"}, (
        "and by nothing once it is gone"
    )
