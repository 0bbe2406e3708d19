"""Records and bundles, written from docs/spec/records.md and bundles.md with the standard library alone."""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from struct import unpack_from
from typing import Any

from tests.spec.second_json import Fault, canonical_base64, follows, need, strict_json

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "spec" / "schemas"
RECORD_MAX, FIELDS_MAX, POINTER_MAX, PAYLOAD_MAX = 1 << 20, 256, 256, 2_097_503
OPEN_KINDS = ("url", "domain", "wallet", "handle", "transaction", "image_hash", "file_hash", "job_ad", "asn")
HEADER = ("id", "kind", "issuer", "made")
STATES = ("ERASED", "PRESENT", "PARTED", "WITHHELD", "VEILED")
_NODE = re.compile(r"(?=.{3,120}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
_POINTER = re.compile("(/([^/~\x00-\x1f\ud800-\udfff]|~[01])+)+")


@dataclass
class Filed:
    """What a record tells, or why it is quarantined."""

    code: str | None = None
    header: dict[str, str] | None = None
    about: list[list[Any]] = field(default_factory=list)
    opened: dict[str, Any] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)


def schema(name: str) -> dict[str, Any] | None:
    path = SCHEMAS / f"{name}.json"
    found: dict[str, Any] | None = json.loads(path.read_text()) if path.exists() else None
    return found


ENVELOPE, MARKING = schema("envelope-1") or {}, schema("marking-1") or {}


def file_record(origin: str, raw: bytes, fields: bytes) -> Filed:
    """A record as a reader of this channel files it."""
    told = Filed()
    try:
        value = strict_json(raw)
        told.header, told.about = _header(value), _about(value)
        _envelope(value)
        pairs = cut_fields(fields)
        told.opened = _body(value, pairs)
        need(value["issuer"] == origin.partition("/ch/")[0], "issuer-not-the-writer")
        told.absent = sorted(value.get("sealed", {}).keys() - told.opened.keys())
    except Fault as fault:
        told.code = fault.code
    return told


def _header(value: Any) -> dict[str, str] | None:
    if not isinstance(value, dict):
        return None
    parts = {name: value.get(name) for name in HEADER}
    wanted = {name: ENVELOPE["$defs"]["Envelope"]["properties"][name] for name in HEADER}
    try:
        follows(parts, {"type": "object", "properties": wanted}, "no-header")
        need(_NODE.fullmatch(value["issuer"]), "no-header")
    except Fault:
        return None
    return parts  # type: ignore[return-value]


def _about(value: Any) -> list[list[Any]]:
    found = value.get("about", []) if isinstance(value, dict) else []
    try:
        follows(found, {**ENVELOPE["$defs"]["Envelope"]["properties"]["about"], "$defs": ENVELOPE["$defs"]}, "no-about")
    except Fault:
        return []
    return [[one["origin"], one["index"]] for one in found]


def _envelope(value: Any) -> None:
    follows(value, ENVELOPE, "envelope-does-not-decode")
    need(_NODE.fullmatch(value["issuer"]), "issuer-not-a-node-name")
    sealed = value.get("sealed", {})
    for pointer, promised in sealed.items():
        need(len(canonical_base64(promised, "sealed-not-base64")) == 32, "sealed-not-base64")
        need(_is_pointer(pointer), "pointer")
    need(len(sealed) <= FIELDS_MAX, "too-many-fields")


def _is_pointer(text: str) -> bool:
    return _POINTER.fullmatch(text) is not None and len(text.encode()) <= POINTER_MAX


def cut_fields(raw: bytes) -> list[tuple[str, bytes, bytes]]:
    """(pointer, salt, value) of each field in these bytes."""
    found: list[tuple[str, bytes, bytes]] = []
    at, last = 0, b""
    while at < len(raw):
        need(at + 2 <= len(raw), "fields-truncated")
        (length,) = unpack_from(">H", raw, at)
        value_at = at + 2 + length + 36
        need(value_at <= len(raw), "fields-truncated")
        pointer, salt = raw[at + 2 : at + 2 + length], raw[at + 2 + length : value_at - 4]
        need(pointer > last, "fields-out-of-order")
        (size,) = unpack_from(">I", raw, value_at - 4)
        need(value_at + size <= len(raw), "fields-truncated")
        text = pointer.decode("utf-8", "surrogateescape")
        need(_is_pointer(text), "pointer")
        found.append((text, salt, raw[value_at : value_at + size]))
        at, last = value_at + size, pointer
    need(len(found) <= FIELDS_MAX, "too-many-fields")
    return found


def commitment(pointer: str, salt: bytes, value: bytes) -> bytes:
    return hmac.new(salt, pointer.encode() + b"\x00" + value, "sha256").digest()


def check_fields(sealed: dict[str, str], pairs: list[tuple[str, bytes, bytes]]) -> None:
    for pointer, salt, value in pairs:
        need(pointer in sealed, "field-not-sealed")
        need(
            canonical_base64(sealed[pointer], "sealed-not-base64") == commitment(pointer, salt, value), "field-mismatch"
        )


def _body(envelope: dict[str, Any], pairs: list[tuple[str, bytes, bytes]]) -> dict[str, Any]:
    shape = schema(envelope["kind"].replace("/", "-"))
    if shape is None:
        raise Fault("unknown-kind")
    sealed, body = envelope.get("sealed", {}), dict(envelope["body"])
    places = shape["$defs"]["Body"]["properties"]
    personal = {f"/{name}" for name, place in places.items() if place.get("personal")}
    check_fields(sealed, pairs)
    need(sealed.keys() <= personal, "sealed-place-unknown")
    need(not any(place[1:] in body for place in personal), "personal-in-the-clear")
    opened = {pointer: strict_json(value, depth=3) for pointer, _, value in pairs}
    body |= {pointer[1:]: value for pointer, value in opened.items()}
    follows(body, shape, "body-does-not-decode")
    _rules(envelope["kind"], body, sealed)
    return opened


def _rules(kind: str, body: dict[str, Any], sealed: dict[str, str]) -> None:
    """What a schema can't say."""
    if kind in ("report/1", "request/1"):
        in_the_clear = body.get("indicators" if kind == "report/1" else "targets", [])
        need(all(one["kind"] in OPEN_KINDS for one in in_the_clear), "personal-in-the-clear")
    if kind == "indicator/1":
        is_open = body["kind"] in OPEN_KINDS
        need(is_open or "value" not in body, "personal-in-the-clear")
        need(not is_open or "/personal_value" not in sealed, "sealed-without-need")
        need("value" in body or "/personal_value" in sealed, "indicator-without-value")


# ---- marking

TLP = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
PAP = ("CLEAR", "GREEN", "AMBER", "RED")
SOURCE, INFO = ("A", "B", "C", "X", None), (1, 2, 3, 4, None)


def _whole(marking: dict[str, Any]) -> dict[str, Any]:
    nothing = dict.fromkeys(("source", "info", "purpose", "releasable_to", "expires", "note"))
    return {"hcodes": [], "pap": "RED", **nothing, **marking}


def read_marking(raw: bytes) -> dict[str, Any]:
    try:
        marking = strict_json(raw)
        follows(marking, MARKING, "closed")
        onward = {"H2", "H3"} & set(marking.get("hcodes", ())) or marking.get("releasable_to") is not None
        need(not (marking["tlp"] == "CLEAR" and onward), "closed")
    except Fault:
        return _whole({"tlp": "RED", "hcodes": ["H2", "H3"]})
    return _whole(marking)


def strictest(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    def worst(order: tuple[Any, ...], name: str) -> Any:
        return max(a[name], b[name], key=order.index)

    def common(name: str) -> list[str] | None:
        if a[name] is None or b[name] is None:
            left = b[name] if a[name] is None else a[name]
            return None if left is None else sorted(set(left))
        return sorted(set(a[name]) & set(b[name]))

    times = [time for time in (a["expires"], b["expires"]) if time is not None]
    lines = {line for note in (a["note"], b["note"]) if note is not None for line in note.split("\n")}
    return {
        "tlp": worst(TLP, "tlp"),
        "hcodes": sorted({*a["hcodes"], *b["hcodes"]}),
        "pap": worst(PAP, "pap"),
        "source": worst(SOURCE, "source"),
        "info": worst(INFO, "info"),
        "purpose": common("purpose"),
        "releasable_to": common("releasable_to"),
        "expires": min(times, key=lambda time: (time[:19], time[19:-1].ljust(4, "0")), default=None),
        "note": "\n".join(sorted(lines)) if lines else None,
    }


# ---- bundles


def read_bundle(raw: bytes, start: int, count_max: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    at = 0
    while at < len(raw):
        need(len(found) < count_max, "bundle-too-many")
        need(at + 5 <= len(raw), "bundle-truncated")
        state, length = unpack_from(">BI", raw, at)
        need(length <= PAYLOAD_MAX, "entry-too-large")
        need(at + 5 + length <= len(raw), "bundle-truncated")
        need(state < len(STATES), "entry-state")
        entry = {"index": start + len(found), "state": STATES[state]}
        found.append(entry | _payload(STATES[state], raw[at + 5 : at + 5 + length]))
        at += 5 + length
    return found


def _payload(state: str, raw: bytes) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if state in ("ERASED", "PARTED"):
        need(len(raw) >= 10, "entry-truncated")
        index, length = unpack_from(">QH", raw)
        need(len(raw) >= 10 + length, "entry-truncated")
        origin = raw[10 : 10 + length].decode("utf-8", "replace")
        printable = origin.isprintable() and "\ufffd" not in origin and " " not in origin
        need(1 <= length <= 255 and printable, "order-origin")
        need(index <= 1 << 53, "order-index")
        told["order"], raw = [origin, index], raw[10 + length :]
    if state in ("ERASED", "WITHHELD"):
        need(not raw, "entry-trailing-bytes")
        return told
    need(len(raw) >= 36, "entry-truncated")
    (length,) = unpack_from(">I", raw, 32)
    need(len(raw) >= 36 + length, "entry-truncated")
    need(length <= RECORD_MAX, "envelope-too-large")
    need(len(raw) - 36 - length <= RECORD_MAX, "fields-too-large")
    return told | {"salt": raw[:32], "envelope": raw[36 : 36 + length], "fields": raw[36 + length :]}
