"""Vectors of records: envelopes with and without their fields, every kind, and what goes into quarantine and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from comity.domain.record import (
    Field,
    Sealed,
    decode_fields,
    encode_fields,
    field_commitment,
    filed,
    kinds,
    open_record,
)
from tests.spec.making import BACK, ORIGIN, base64, example, record, salt, spelled


def envelopes() -> dict[str, Any]:
    """Filed or quarantined, as the writer's channel shows them."""
    return {
        "what": "records.md: each case is one record found in the channel `origin`; `made` in a header is in POSIX milliseconds. `result` filed means that it reads; "
        "quarantined gives the code. `made_of` stands for bytes too long to print: head, `count` times fill, tail.",
        "cases": [_case(name, *parts) for name, *parts in _cases()],
    }


def _case(name: str, envelope: Any, fields: bytes = b"", origin: str = ORIGIN) -> dict[str, Any]:
    raw = _made_of(envelope) if isinstance(envelope, dict) else envelope
    told = filed(origin, raw, fields)
    case: dict[str, Any] = {"name": name, "origin": origin}
    case["envelope"] = {"made_of": envelope} if isinstance(envelope, dict) else spelled(envelope)
    case["fields"] = fields.hex()
    case["result"] = "filed" if told.fault is None else "quarantined"
    case["code"] = told.fault
    if told.header is not None:
        case["header"] = {part: getattr(told.header, part) for part in ("id", "kind", "issuer", "made")}
    else:
        case["header"] = None
    case["about"] = [[about.origin, about.index] for about in told.about]
    if told.fault is None:
        opened = decode_fields(fields)
        case["opened"] = {field.pointer: json.loads(field.value) for field in opened}
        case["absent"] = sorted(open_record(raw, opened).absent)
    return case


def _made_of(recipe: dict[str, Any]) -> bytes:
    whole: str = recipe["head"] + recipe["fill"] * recipe["count"] + recipe["tail"]
    return whole.encode()


_FIRST_KINDS = (
    "ack/1",
    "action/1",
    "continues/1",
    "decision/1",
    "erase/1",
    "evidence/1",
    "indicator/1",
    "report/1",
    "request/1",
    "roster/1",
    "withdraw/1",
)


def _cases() -> Iterator[tuple[Any, ...]]:
    yield from _good()
    yield from _broken_envelopes(record(example("withdraw/1")).envelope)
    yield from _broken_fields(record(example("decision/1")))
    yield from _long(record(example("withdraw/1")).envelope)


def _good() -> Iterator[tuple[Any, ...]]:
    for kind in sorted(kinds()):
        made = record(example(kind), _number(kind))
        yield f"{kind} with all its fields", made.envelope, encode_fields(made.fields)
        if made.fields:
            yield f"{kind} without its fields", made.envelope
    report = record(example("report/1"), 10)
    chosen = [field for field in report.fields if field.pointer == "/narrative"]
    yield "one field opened, three closed", report.envelope, encode_fields(chosen)
    raw = record(example("withdraw/1")).envelope
    spaced = json.dumps(json.loads(raw), indent=2).encode()
    yield "white space and line feeds are lawful", spaced
    yield "another order of members is lawful", json.dumps(dict(reversed(json.loads(raw).items()))).encode()
    yield "a marking that can't be read closes the record, and doesn't break it", _with(raw, marking={"tlp": "PURPLE"})
    yield "no marking at all closes the record too", _without(raw, "marking")


def _number(kind: str) -> int:
    """The number in the ids of a kind's vector: it stays, whatever kinds come later."""
    if kind in _FIRST_KINDS:
        return 1 + _FIRST_KINDS.index(kind)
    return 4096 + int.from_bytes(sha256(kind.encode()).digest()[:2], "big") % 4096


def _with(raw: bytes, **members: Any) -> bytes:
    return json.dumps(json.loads(raw) | members, ensure_ascii=False, separators=(",", ":")).encode()


def _without(raw: bytes, member: str) -> bytes:
    rest = {key: value for key, value in json.loads(raw).items() if key != member}
    return json.dumps(rest, ensure_ascii=False, separators=(",", ":")).encode()


def _broken_envelopes(raw: bytes) -> Iterator[tuple[Any, ...]]:
    yield "no bytes", b""
    yield "not UTF-8", raw.replace(b"wrong-account", b"wrong\xff")
    yield "a byte order mark", b"\xef\xbb\xbf" + raw
    yield "cut off", raw[:-1]
    yield "two values", raw + b"{}"
    yield "an array", b"[]"
    yield "a key twice", raw[:-1] + b',"v":1}'
    yield "a key twice, deep inside", raw.replace(b'"reason_code":', b'"reason_code":"a","reason_code":')
    yield "a backslash in a key", raw[:-1] + b',"l\\u0061ng":"en"}'
    yield "a number with a fraction", raw.replace(b'"index":3', b'"index":3.0')
    yield "a number with an exponent", raw.replace(b'"index":3', b'"index":3e0')
    yield "an integer beyond 2^53", raw.replace(b'"index":3', b'"index":9007199254740993')
    yield "half a surrogate pair", raw.replace(b"wrong-account", b"wrong\\ud800")
    yield "33 levels deep", raw.replace(b'"wrong-account"', b"[" * 31 + b"]" * 31)
    yield "32 levels deep is a matter of the kind", raw.replace(b'"wrong-account"', b"[" * 30 + b"]" * 30)
    yield "version 2 of the envelope", _with(raw, v=2)
    yield "a member that nobody knows", _with(raw, weight=3)
    yield "no purpose", _without(raw, "purpose")
    yield "no basis (null would do)", _without(raw, "basis")
    yield "an id that is no UUID of version 7", _with(raw, id="0193a5d1-1111-4000-8000-00000000f1c7")
    yield "a time with an offset", _with(raw, made="2026-11-24T09:30:00+09:00")
    yield "the 30th of February", _with(raw, made="2026-02-30T09:30:00Z")
    yield "an issuer that is no node name", _with(raw, issuer="Police")
    yield "a record of another node in this channel", raw, b"", BACK
    yield "a kind that nobody knows", _with(raw, kind="song/1", about=[_about()])
    yield "a later version of a known kind", _with(raw, kind="withdraw/2")
    yield "a body that isn't what its kind says", _with(raw, body={"targets": [], "reason_code": "x"}, about=[_about()])
    yield "a body with a member too many", raw.replace(b'"reason_code"', b'"mood":"x","reason_code"')
    yield "a place sealed that the kind doesn't seal", _with(raw, sealed={"/reason_code": "A" * 43 + "="})
    yield "a commitment in loose base64", _with(raw, sealed={"/reason_code": "A" * 42 + "B="})
    yield "a telephone number in the clear", record(example("report/1"), 10).envelope.replace(b'"domain"', b'"phone"')
    clear = json.loads(record(example("decision/1")).envelope)
    clear["sealed"], clear["body"]["reason"] = {}, "in the clear"
    yield "a personal place in the clear", json.dumps(clear, separators=(",", ":")).encode()
    indicator = record(example("indicator/1"))
    email = json.loads(indicator.envelope)["body"] | {"value": "boss@lure.example"}
    yield "an e-mail address in the clear", _with(indicator.envelope, sealed={}, body=email)
    url = indicator.envelope.replace(b'"email"', b'"url"')
    yield "an address of a site, sealed without need", url, encode_fields(indicator.fields)
    yield "an indicator without any value", _with(record(example("indicator/1")).envelope, sealed={})


def _about() -> dict[str, Any]:
    return {"origin": ORIGIN, "index": 3, "sha256": "5" * 64}


def _broken_fields(made: Sealed) -> Iterator[tuple[Any, ...]]:
    (reason,) = made.fields
    raw, good = made.envelope, encode_fields(made.fields)
    yield "a field with another value", raw, good[:-2] + b'!"'
    yield "a field with another salt", raw, encode_fields([Field("/reason", salt("other"), reason.value)])
    yield "a field that the envelope doesn't seal", raw, encode_fields([Field("/note", reason.salt, reason.value)])
    yield "a field twice", raw, good + good
    yield "a field cut off", raw, good[:-1]
    yield "a field whose pointer is none", raw, good.replace(b"/reason", b"#reason")
    report = record(example("report/1"), 10)
    backwards = b"".join(encode_fields([field]) for field in reversed(report.fields))
    yield "fields in another order", report.envelope, backwards
    value = b'"x","choice":"closed"'
    smuggled = Field("/reason", reason.salt, value)
    promise = json.loads(raw)
    yield "a field that is more than one value", _sealing(promise, smuggled), encode_fields([smuggled])
    number = Field("/reason", reason.salt, b"7")
    yield "a field of another type", _sealing(promise, number), encode_fields([number])


def _sealing(envelope: dict[str, Any], field: Field) -> bytes:
    sealed = {field.pointer: base64(field_commitment(field))}
    return json.dumps(envelope | {"sealed": sealed}, ensure_ascii=False, separators=(",", ":")).encode()


def _long(raw: bytes) -> Iterator[tuple[Any, ...]]:
    head, tail = raw.decode().split("wrong-account")
    yield "a string over the limit", {"head": head, "fill": "a", "count": 262_143, "tail": tail}
    yield "a string at the limit is too long for a code", {"head": head, "fill": "a", "count": 262_142, "tail": tail}


def fields() -> dict[str, Any]:
    """Commitments of single fields."""
    made = [field for kind in ("report/1", "request/1") for field in record(example(kind), 10).fields]
    return {
        "what": "records.md, Fields: commitment = HMAC-SHA256(salt, pointer ‖ 0x00 ‖ value); bytes are the field on the wire",
        "cases": [
            {
                "pointer": field.pointer,
                "salt": field.salt.hex(),
                "value": field.value.decode(),
                "commitment": field_commitment(field).hex(),
                "bytes": encode_fields([field]).hex(),
            }
            for field in made
        ],
    }
