"""Evidence, judged from docs/spec/evidence.md."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.spec.second_json import Fault, canonical_base64, need
from tests.spec.second_reader import check_inclusion, entry_of, leaf_of, node_of, open_note, read_checkpoint, read_note
from tests.spec.second_receipts import Policy
from tests.spec.second_records import file_record

DAY_MS = 86_400_000
KINDS = {"fork", "split", "history", "replay", "back-dated", "went-back"}


@dataclass
class Signed:
    origin: str
    size: int
    root: bytes
    times: dict[str, int]


def judge(raw: bytes, policy: Policy) -> dict[str, Any]:
    """`proven`, and who is accused; a Fault where the file is none, `proven` False where it proves nothing."""
    told = json.loads(raw)
    need(json.dumps(told, separators=(",", ":"), sort_keys=True).encode() + b"\n" == raw, "evidence")
    need(told["format"] == "comity-evidence/1" and told["kind"] in KINDS, "evidence")
    places, history = told.get("places", []), [_raw(each) for each in told.get("history", [])]
    try:
        signed = [_signed(_raw(each), policy) for each in told["notes"]]
        accused = _JUDGES[told["kind"]](signed, places, history, policy)
    except Fault:
        accused = ""
    return {"proven": bool(accused), "accused": accused}


def _raw(text: str) -> bytes:
    return canonical_base64(text, "evidence")


def _signed(raw: bytes, policy: Policy) -> Signed:
    note = read_note(raw)
    keys = policy.keys()
    _, good = open_note(raw, keys)
    known = {(key.name, key.id) for key in keys}
    need(all((name, key_id) in known for name, key_id, _ in note.lines) and len(note.lines) == len(good), "lines")
    origin, size, root = read_checkpoint(note.text)
    need(any(log.name == origin for log in policy.logs) and origin in good, "writer")
    return Signed(origin, size, root, {name: t for name, t in good.items() if t is not None})


def _leaf(place: dict[str, Any], tree: Signed) -> tuple[bytes, bytes]:
    record = _raw(place["record"]) if "record" in place else b""
    leaf = leaf_of(entry_of(record[:32], record[32:])) if record else _raw(place["leaf"])
    check_inclusion(place["index"], tree.size, leaf, [_raw(each) for each in place["proof"]], tree.root)
    return leaf, record[32:]


def _header(envelope: bytes, tree: Signed) -> dict[str, Any]:
    told = file_record(tree.origin, envelope, b"")
    need(told.code is None and told.header is not None, "record")
    assert told.header is not None
    return told.header


def _fork(signed: list[Signed], places: list[Any], history: list[bytes], policy: Policy) -> str:
    one, other = signed
    need((one.origin, one.size) == (other.origin, other.size) and not one.times and not other.times, "fork")
    return one.origin if one.root != other.root else ""


def _split(signed: list[Signed], places: list[Any], history: list[bytes], policy: Policy) -> str:
    one, other = signed
    need(one.origin == other.origin and places[0]["index"] == places[1]["index"], "split")
    leaves = [_leaf(place, tree)[0] for place, tree in zip(places, signed, strict=True)]
    return one.origin if leaves[0] != leaves[1] else ""


def _history(signed: list[Signed], places: list[Any], history: list[bytes], policy: Policy) -> str:
    one, other = signed
    need(one.origin == other.origin and 0 < one.size <= other.size, "history")
    need(_grew(one.size, other.size, history[0], other.root, history[1:]), "history")
    return one.origin if history[0] != one.root else ""


def _grew(m: int, n: int, first: bytes, second: bytes, hashes: list[bytes]) -> bool:
    """RFC 9162 §2.1.4.2: the tree of size n with this root began as the tree of size m with that one."""
    if m == n:
        return not hashes and first == second
    path = ([first] if m & (m - 1) == 0 else []) + hashes
    need(path, "history")
    fn, sn = m - 1, n - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for each in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_of(each, fr), node_of(each, sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_of(sr, each)
        fn, sn = fn >> 1, sn >> 1
    return (fr, sr, sn) == (first, second, 0)


def _replay(signed: list[Signed], places: list[Any], history: list[bytes], policy: Policy) -> str:
    (tree,) = signed
    headers = [_header(_leaf(place, tree)[1], tree) for place in places]
    need(places[0]["index"] < places[1]["index"], "replay")
    return tree.origin if headers[0]["id"] == headers[1]["id"] else ""


def _back_dated(signed: list[Signed], places: list[Any], history: list[bytes], policy: Policy) -> str:
    earlier, later = signed
    (place,) = places
    need(earlier.origin == later.origin and earlier.times and not later.times, "back-dated")
    need(not any(policy.is_late(name, t) for name, t in earlier.times.items()), "back-dated")
    made = _header(_leaf(place, later)[1], later)["made"]
    at_ms = round(datetime.fromisoformat(made[:-1] + "+00:00").timestamp() * 1000)
    need(place["index"] >= earlier.size, "back-dated")
    return later.origin if at_ms <= min(earlier.times.values()) * 1000 - DAY_MS else ""


def _went_back(signed: list[Signed], places: list[Any], history: list[bytes], policy: Policy) -> str:
    larger, smaller = signed
    need(larger.origin == smaller.origin and list(larger.times) == list(smaller.times), "went-back")
    (name,) = larger.times
    if larger.size == smaller.size:
        return name if larger.root != smaller.root else ""
    return name if larger.size > smaller.size and larger.times[name] < smaller.times[name] else ""


_JUDGES = {
    "fork": _fork,
    "split": _split,
    "history": _history,
    "replay": _replay,
    "back-dated": _back_dated,
    "went-back": _went_back,
}
