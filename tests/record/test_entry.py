"""Bundles: five states, exact lengths, and garbage is malformed and nothing else."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.domain.record import Entry, Order, State, decode_bundle, encode_bundle
from comity.domain.record.limits import ENVELOPE_BYTES_MAX, FIELDS_BYTES_MAX, PAYLOAD_BYTES_MAX
from comity.errors import MalformedRecord

ORIGIN = "police.kr.example/ch/00000000000f1c70"
SALT = bytes(range(32))
ORDERS = st.builds(Order, st.text(alphabet="ab/.0é", min_size=1, max_size=30), st.integers(0, 1 << 53))
SALTS = st.binary(min_size=32, max_size=32)
ENTRIES = st.one_of(
    st.builds(
        Entry,
        st.just(0),
        st.sampled_from([State.PRESENT, State.VEILED]),
        SALTS,
        st.binary(max_size=60),
        st.binary(max_size=60),
    ),
    st.builds(Entry, st.just(0), st.just(State.PARTED), SALTS, st.binary(max_size=60), st.binary(max_size=60), ORDERS),
    st.builds(Entry, st.just(0), st.just(State.ERASED), st.none(), st.none(), st.just(b""), ORDERS),
    st.just(Entry(0, State.WITHHELD)),
)


def placed(entries: list[Entry], start: int) -> list[Entry]:
    return [
        Entry(start + place, entry.state, entry.salt, entry.envelope, entry.fields, entry.order)
        for place, entry in enumerate(entries)
    ]


def code_of(raw: bytes, count_max: int = 256) -> str:
    with pytest.raises(MalformedRecord) as fault:
        decode_bundle(raw, 0, count_max)
    return fault.value.code


def entry(state: int, payload: bytes) -> bytes:
    return struct.pack(">BI", state, len(payload)) + payload


@settings(deadline=None)
@given(st.lists(ENTRIES, max_size=6), st.integers(0, 1 << 40))
def test_a_bundle_comes_back_as_it_was_packed(entries: list[Entry], start: int) -> None:
    wanted = placed(entries, start)
    assert decode_bundle(encode_bundle(wanted), start, len(wanted)) == wanted


@settings(deadline=None)
@given(st.lists(ENTRIES, min_size=1, max_size=4), st.data())
def test_a_cut_bundle_is_refused_or_holds_fewer_whole_entries(entries: list[Entry], data: st.DataObject) -> None:
    raw = encode_bundle(entries)
    cut = raw[: data.draw(st.integers(0, len(raw) - 1))]
    whole = [encode_bundle(entries[:count]) for count in range(len(entries))]
    if cut in whole:
        assert len(decode_bundle(cut, 0, 256)) == whole.index(cut)
    else:
        assert code_of(cut) == "bundle-truncated"


@settings(max_examples=500, deadline=None)
@given(
    st.binary(max_size=120)
    | st.lists(st.builds(entry, st.integers(0, 6), st.binary(max_size=60)), max_size=4).map(b"".join)
)
def test_garbage_is_a_bundle_or_malformed_and_nothing_else(raw: bytes) -> None:
    try:
        found = decode_bundle(raw, 7, 256)
    except MalformedRecord:
        return
    assert encode_bundle(found) == raw, "every bundle has one spelling"


@settings(max_examples=300, deadline=None)
@given(st.lists(ENTRIES, min_size=1, max_size=3), st.data())
def test_a_flipped_bit_gives_other_entries_or_malformed_and_nothing_else(
    entries: list[Entry], data: st.DataObject
) -> None:
    raw = bytearray(encode_bundle(entries))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    try:
        found = decode_bundle(bytes(raw), 0, 256)
    except MalformedRecord:
        return
    assert found != placed(entries, 0)


REFUSED = [
    ("a state not known", entry(5, b""), "entry-state"),
    ("withheld, yet with bytes", entry(3, b"x"), "entry-trailing-bytes"),
    ("erased, yet with more than an order", entry(0, struct.pack(">QH", 1, 1) + b"ax"), "entry-trailing-bytes"),
    ("erased without order", entry(0, b""), "entry-truncated"),
    ("an order whose origin is cut", entry(0, struct.pack(">QH", 1, 9) + b"a"), "entry-truncated"),
    ("an order without origin", entry(0, struct.pack(">QH", 1, 0)), "order-origin"),
    ("an order whose origin is no text", entry(0, struct.pack(">QH", 1, 1) + b"\xff"), "order-origin"),
    ("an order whose origin has a line feed", entry(0, struct.pack(">QH", 1, 2) + b"a\n"), "order-origin"),
    ("an order beyond every channel", entry(0, struct.pack(">QH", 1 << 63, 1) + b"a"), "order-index"),
    ("an order with too long an origin", entry(0, struct.pack(">QH", 1, 256) + b"a" * 256), "order-origin"),
    ("present without salt", entry(1, bytes(31)), "entry-truncated"),
    ("an envelope that is cut", entry(1, SALT + struct.pack(">I", 9) + b"{}"), "entry-truncated"),
    ("parted without order", entry(2, bytes(5)), "entry-truncated"),
    ("a length over the limit", struct.pack(">BI", 1, PAYLOAD_BYTES_MAX + 1), "entry-too-large"),
    (
        "an envelope over the limit",
        entry(1, SALT + struct.pack(">I", ENVELOPE_BYTES_MAX + 1) + bytes(ENVELOPE_BYTES_MAX + 1)),
        "envelope-too-large",
    ),
    ("fields over the limit", entry(4, SALT + struct.pack(">I", 0) + bytes(FIELDS_BYTES_MAX + 1)), "fields-too-large"),
    ("half a head", b"\x01\x00", "bundle-truncated"),
]


@pytest.mark.parametrize(("what", "raw", "code"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_breach_of_the_format_is_refused_by_its_code(what: str, raw: bytes, code: str) -> None:
    assert code_of(raw) == code


def test_more_entries_than_asked_for_are_refused() -> None:
    raw = encode_bundle([Entry(0, State.WITHHELD)] * 3)
    assert len(decode_bundle(raw, 0, 3)) == 3
    assert code_of(raw, count_max=2) == "bundle-too-many"


@pytest.mark.parametrize(
    "wrong",
    [
        Entry(0, State.PRESENT),
        Entry(0, State.PRESENT, SALT),
        Entry(0, State.PRESENT, SALT[1:], b"{}"),
        Entry(0, State.PRESENT, SALT, b"{}", order=Order(ORIGIN, 1)),
        Entry(0, State.PARTED, SALT, b"{}"),
        Entry(0, State.ERASED),
        Entry(0, State.ERASED, SALT, b"{}", order=Order(ORIGIN, 1)),
        Entry(0, State.ERASED, SALT, order=Order(ORIGIN, 1)),
        Entry(0, State.WITHHELD, fields=b"x"),
        Entry(0, State.WITHHELD, SALT, b"{}"),
        Entry(0, State.ERASED, order=Order("", 1)),
        Entry(0, State.ERASED, order=Order(ORIGIN, -1)),
        Entry(0, State.VEILED, SALT, bytes(ENVELOPE_BYTES_MAX + 1)),
    ],
)
def test_an_entry_that_holds_more_or_less_than_its_state_says_is_not_packed(wrong: Entry) -> None:
    with pytest.raises(MalformedRecord):
        encode_bundle([wrong])


def test_the_bytes_are_as_the_format_draws_them() -> None:
    order = Order(ORIGIN, 9)
    order_raw = (9).to_bytes(8, "big") + len(ORIGIN).to_bytes(2, "big") + ORIGIN.encode()
    body = SALT + b"\x00\x00\x00\x02{}" + b"FIELDS"
    raw = encode_bundle(
        [
            Entry(0, State.ERASED, order=order),
            Entry(1, State.PRESENT, SALT, b"{}", b"FIELDS"),
            Entry(2, State.PARTED, SALT, b"{}", b"FIELDS", order),
            Entry(3, State.WITHHELD),
            Entry(4, State.VEILED, SALT, b"{}", b"FIELDS"),
        ]
    )
    assert raw == b"".join(
        bytes([state]) + len(payload).to_bytes(4, "big") + payload
        for state, payload in ((0, order_raw), (1, body), (2, order_raw + body), (3, b""), (4, body))
    )
