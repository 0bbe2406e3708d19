"""Vectors of bundles: every state, and every way in which a bundle can be broken."""

from __future__ import annotations

from collections.abc import Iterator
from struct import pack
from typing import Any

from comity.domain.record import Entry, Order, State, decode_bundle, encode_bundle, encode_fields
from comity.errors import ComityError
from tests.spec.making import ORIGIN, OTHER_ORIGIN, example, record, salt


def bundles() -> dict[str, Any]:
    return {
        "what": "bundles.md: `bytes` in hexadecimal, the first entry at index `start`, at most `count_max` entries",
        "cases": [_case(*parts) for parts in _cases()],
    }


def _case(name: str, raw: bytes, start: int = 512, count_max: int = 256) -> dict[str, Any]:
    case: dict[str, Any] = {"name": name, "start": start, "count_max": count_max, "bytes": raw.hex()}
    try:
        entries = decode_bundle(raw, start, count_max)
    except ComityError as fault:
        return {**case, "code": fault.code}
    return {**case, "entries": [_told(entry) for entry in entries]}


def _told(entry: Entry) -> dict[str, Any]:
    told: dict[str, Any] = {"index": entry.index, "state": entry.state.name}
    if entry.order is not None:
        told["order"] = [entry.order.origin, entry.order.index]
    if entry.envelope is not None and entry.salt is not None:
        told |= {"salt": entry.salt.hex(), "envelope": entry.envelope.decode(), "fields": entry.fields.hex()}
    return told


def _cases() -> Iterator[tuple[Any, ...]]:
    decision, report = record(example("decision/1"), 2), record(example("report/1"), 3)
    chosen = encode_fields(report.fields[:2])
    order, elsewhere = Order(ORIGIN, 600), Order(OTHER_ORIGIN, 0)
    whole = Entry(512, State.PRESENT, salt("entry", 0), decision.envelope, encode_fields(decision.fields))
    parted = Entry(513, State.PARTED, salt("entry", 1), report.envelope, chosen, order)
    erased = Entry(514, State.ERASED, order=elsewhere)
    withheld = Entry(515, State.WITHHELD)
    veiled = Entry(516, State.VEILED, salt("entry", 2), report.envelope, chosen)
    alike = [encode_bundle([each]) for each in (whole, parted, erased, withheld, veiled)]
    present, gone = alike[0], alike[2]
    yield "every state", encode_bundle([whole, parted, erased, withheld, veiled])
    yield "nothing", b""
    yield "one entry too many", present + present, 512, 1
    yield "an envelope that isn't even text is handed on", _entry(1, bytes(32) + pack(">I", 3) + b"no!")
    yield "an unknown state", _entry(5, b"")
    yield "cut off in the head", present[:4]
    yield "cut off in the payload", present[:-1]
    yield "a payload over the limit", pack(">BI", 1, 1 << 22)
    yield "a salt cut off", _entry(1, bytes(20))
    yield "an envelope longer than its payload", _entry(1, bytes(32) + pack(">I", 4) + b"abc")
    yield "an envelope over the limit", _entry(1, bytes(32) + pack(">I", (1 << 20) + 1) + b"abc")
    yield "a body in a withheld entry", _entry(3, b"x")
    yield "an erased entry without its order", _entry(0, b"")
    yield "more than an order in an erased entry", _entry(0, gone[5:] + b"x")
    yield "an order cut off", _entry(0, gone[5:-1])
    yield "an order without origin", _entry(0, pack(">QH", 1, 0))
    yield "an origin with a space", _entry(0, pack(">QH", 1, 3) + b"a b")
    yield "an origin that is no text", _entry(0, pack(">QH", 1, 2) + b"\xff\xfe")
    yield "an order beyond 2^53", _entry(0, pack(">QH", (1 << 53) + 1, 1) + b"a")


def _entry(state: int, payload: bytes) -> bytes:
    return pack(">BI", state, len(payload)) + payload
