"""The quick way to read a record is never laxer than the slow one, and reads the same."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.domain.record import Marking, kinds, seal
from comity.domain.record.envelope import read_frame
from comity.domain.record.opened import Record
from comity.domain.record.opening import open_closed, open_frame
from comity.domain.terms import Instant
from comity.errors import MalformedRecord

ENVELOPES = [
    seal(
        kind.example,
        id="0193a5d1-1111-7000-8000-00000000f1c7",
        issuer="police.kr.example",
        made=Instant(1_795_500_000_000),
        marking=Marking(tlp="AMBER", hcodes=("H0",), expires="2027-01-01T00:00:00.000Z"),
        purpose="crime",
        expires=Instant(1_800_000_000_123),
        salt=lambda: bytes(32),
    ).envelope
    for kind in kinds().values()
]
PIECES = [
    b'"',
    b"\\",
    b"0",
    b"9",
    b"g",
    b"A",
    b"-",
    b":",
    b",",
    b"{}",
    b"[]",
    b"null",
    b" ",
    b"1.5",
    b'"a":1,',
    "é".encode(),
    b"T",
    b"Z",
]


def slowly(raw: bytes) -> Record | None:  # type: ignore[type-arg]
    try:
        envelope, scanned = read_frame(raw)
        return open_frame(envelope, scanned, (), kinds())
    except MalformedRecord:
        return None


def as_read(record: Record) -> tuple[object, ...]:  # type: ignore[type-arg]
    e = record.envelope
    told = (
        e.v,
        e.kind,
        e.id,
        e.issuer,
        e.made,
        e.marking,
        e.purpose,
        e.basis,
        e.sealed,
        e.about,
        e.replaces,
        e.expires,
        e.lang,
    )
    return (*told, record.body, record.absent)


@pytest.mark.parametrize("raw", ENVELOPES, ids=sorted(kinds()))
def test_what_our_encoder_writes_is_read_the_quick_way(raw: bytes) -> None:
    quick, slow = open_closed(raw, kinds()), slowly(raw)
    assert quick is not None
    assert slow is not None
    assert as_read(quick) == as_read(slow)


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(ENVELOPES), st.data())
def test_whatever_is_read_the_quick_way_the_slow_way_reads_alike(raw: bytes, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw)))
        gone = data.draw(st.sampled_from([0, 0, 1, 1, 2, 5]))
        raw = raw[:at] + data.draw(st.sampled_from([b"", *PIECES])) + raw[at + gone :]
    quick, slow = open_closed(raw, kinds()), slowly(raw)
    if quick is not None:
        assert slow is not None
        assert as_read(quick) == as_read(slow)


@pytest.mark.parametrize(
    ("place", "instead"),
    [
        (rb"2026-11-24T", b"2026-11-31T"),
        (rb"2026-11-24T", b"0000-11-24T"),
        (rb"T10:", b"T24:"),
        (rb":00\.000Z", b":60.000Z"),
        (rb":00\.000Z", b":00.00Z"),
        (rb"0193a5d1-", b"0193a5dg-"),
        (rb"0193a5d1-", b"0193A5D1-"),
        (rb"0193a5d1-", b"0193a5d1"),
        (rb"0193a5d1-0000-7", b"-193a5d1-0000-7"),
        (rb'"id":"0193a5d1-1111-7', b'"id":"0193a5d1-1111-4'),
        (rb"1{64}", b"1" * 63 + b"-"),
        (rb"2{64}", b"2" * 65),
        (rb"police\.kr\.example\",\"made", b'Police.kr.example","made'),
    ],
)
def test_a_text_without_its_form_is_never_read_the_quick_way(place: bytes, instead: bytes) -> None:
    changed = {re.sub(place, instead, raw, count=1) for raw in ENVELOPES} - set(ENVELOPES)
    assert changed, "some record has such a text"
    for raw in changed:
        assert open_closed(raw, kinds()) is None
        assert slowly(raw) is None
