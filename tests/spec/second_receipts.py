"""Policies and receipts, written from docs/spec/receipts.md."""

from __future__ import annotations

import json
import re
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.spec.second_json import Fault, canonical_base64, need
from tests.spec.second_reader import (
    Key,
    Note,
    check_inclusion,
    decimal,
    entry_of,
    leaf_of,
    open_note,
    read_checkpoint,
    read_key,
    read_note,
)
from tests.spec.second_records import check_fields, cut_fields, file_record

FILE_MAX = 1_631_072
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", re.ASCII)


@dataclass
class Policy:
    logs: list[Key]
    witnesses: dict[str, Key]
    groups: list[tuple[str, int, list[str]]]
    quorum: str | None
    ends: dict[str, int] = field(default_factory=dict)

    def is_late(self, name: str, time_s: int) -> bool:
        return name in self.ends and time_s * 1000 > self.ends[name]

    def keys(self) -> list[Key]:
        return [*self.logs, *self.witnesses.values()]

    def is_met(self, good: dict[str, int | None]) -> bool:
        stand = {name for name, key in self.witnesses.items() if key.name in good}
        for name, wanted, members in self.groups:
            if len(stand & set(members)) >= wanted:
                stand.add(name)
        return self.quorum is None or self.quorum in stand


def read_policy(text: str) -> Policy:
    need(not any((sign < " " and sign not in "\t\n") or sign == "\x7f" for sign in text), "policy-control-character")
    need(text.endswith("\n") or not text, "policy-final-newline")
    policy, quorums = Policy([], {}, [], None), list[str]()
    names, grouped = set[str](), set[str]()
    publics: set[bytes] = set()

    def define(name: str) -> None:
        need(name not in names and name != "none", "policy-name-taken")
        names.add(name)

    def read(vkey: str, kind: int) -> Key:
        key = read_key(vkey)
        need(key.kind == kind, "policy-key-kind")
        need(key.public not in publics, "policy-key-twice")
        publics.add(key.public)
        return key

    for line in text.split("\n"):
        words = line.replace("\t", " ").split()
        if words and words[0] == "#ends":
            _read_end(policy, words)
        if not words or words[0].startswith("#"):
            continue
        word, count = words[0], len(words)
        if word == "log" and count in (2, 3):
            policy.logs.append(read(words[1], 1))
        elif word == "witness" and count in (3, 4):
            define(words[1])
            policy.witnesses[words[1]] = read(words[2], 4)
        elif word == "group" and count > 3:
            members = words[3:]
            need(set(members) <= names, "policy-name-undefined")
            need(len(set(members)) == len(members) and not grouped & set(members), "policy-member-twice")
            grouped |= set(members)
            define(words[1])
            wanted = {"all": len(members), "any": 1}.get(words[2]) or decimal(words[2], "policy-group-need")
            need(1 <= wanted <= len(members), "policy-group-need")
            policy.groups.append((words[1], wanted, members))
        elif word == "quorum" and count == 2:
            need(not quorums, "policy-quorum-twice")
            need(words[1] in names or words[1] == "none", "policy-name-undefined")
            quorums.append(words[1])
            policy.quorum = None if words[1] == "none" else words[1]
        else:
            raise Fault("policy-line")
    need(quorums, "policy-quorum-missing")
    return policy


def _read_end(policy: Policy, words: list[str]) -> None:
    need(len(words) == 4, "policy-line")
    _, label, time, why = words
    keys = policy.keys()
    named = [key.name for key in keys if f"{key.name}+{key.id.hex()}" == label]
    need(named, "policy-name-undefined")
    need(named[0] not in policy.ends and re.fullmatch("[a-z][a-z0-9-]{0,39}", why), "policy-end")
    need(_TIME.fullmatch(time), "policy-end")
    try:
        at = datetime.fromisoformat(time[:-1] + "+00:00")
    except ValueError:
        raise Fault("policy-end") from None
    policy.ends[named[0]] = round(at.timestamp() * 1000)


def check_receipt(raw: bytes, policy: Policy | None, envelope: bytes | None, fields: bytes) -> dict[str, Any]:
    """What a receipt shows; the steps are those of the page."""
    extra, index, hashes, signed = _read_proof(raw)  # 1
    note = read_note(signed)
    origin, size, root = read_checkpoint(note.text)
    need(extra is not None and len(extra) >= 32, "receipt-salt")  # 2
    assert extra is not None
    inside = extra[32:]
    need(not inside or envelope is None or inside == envelope, "record-differs-from-the-attached-one")
    body = inside or envelope or b""
    need(body, "receipt-without-record")
    good: dict[str, int | None] = {}
    if policy is not None:
        _, good = open_note(signed, policy.keys())  # 3
        need(origin in good, "writer-not-in-policy")  # 4
        late = {name: t for name, t in good.items() if t is not None and policy.is_late(name, t)}
        good = {name: t for name, t in good.items() if name not in late}
        first = min((t for t in good.values() if t is not None), default=1 << 62)
        need(not policy.is_late(origin, first), "writer-key-ended")
        need(any(log.name == origin for log in policy.logs) and policy.is_met(good), "policy-not-met")
    check_inclusion(index, size, leaf_of(entry_of(extra[:32], body)), hashes, root)  # 5
    told = file_record(origin, body, b"")  # 6
    need(told.code != "issuer-not-the-writer", "issuer-not-the-writer")
    pairs = cut_fields(fields)  # 7
    need(told.code is None or not pairs, "fields-of-an-unreadable-record")
    sealed = json.loads(body).get("sealed", {}) if told.code is None else {}
    check_fields(sealed, pairs)
    if pairs:
        code = file_record(origin, body, fields).code
        need(code is None, code or "")
    return _shown(note, policy, good) | {
        "origin": origin,
        "index": index,
        "size": size,
        "root": root.hex(),
        "record": told.header["id"] if told.header is not None else None,
        "fault": told.code,
        "opened": sorted(pointer for pointer, _, _ in pairs),
        "closed": sorted(sealed.keys() - {pointer for pointer, _, _ in pairs}),
    }


def _shown(note: Note, policy: Policy | None, good: dict[str, int | None]) -> dict[str, Any]:
    origin = note.text.decode().partition("\n")[0]
    known = [(key.name, key.id) for key in (policy.keys() if policy is not None else [])]
    cosigners = [(name, time_s) for name, time_s in sorted(good.items()) if time_s is not None]
    times = sorted(time_s for _, time_s in cosigners)
    own = origin.partition("/ch/")[0]
    return {
        "keys_proven": policy is not None,
        "cosigners": [{"name": n, "capacity": _capacity(n), "time_s": t} for n, t in cosigners],
        "delivered": [n for n, _ in cosigners if _capacity(n) == "receipt" and n.rpartition("/")[0] != own],
        "served_s": times[(len(times) - 1) // 2] if times else None,
        "unknown_lines": sum((name, key_id) not in known for name, key_id, _ in note.lines),
    }


def _capacity(name: str) -> str:
    return re.sub(r"-[0-9]+\Z", "", name.rpartition("/")[2])


def _read_proof(raw: bytes) -> tuple[bytes | None, int, list[bytes], bytes]:
    need(len(raw) <= FILE_MAX, "proof-too-large")
    head, blank, note = raw.partition(b"\n\n")
    need(blank, "proof-blank-line")
    need(head.isascii(), "proof-not-ascii")
    lines = deque(head.decode().split("\n"))
    need(lines.popleft() == "c2sp.org/tlog-proof@v1", "proof-header")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = canonical_base64(lines.popleft()[6:], "proof-extra")
    need(lines and lines[0].startswith("index "), "proof-index")
    index = decimal(lines.popleft()[6:], "proof-index")
    need(len(lines) <= 63, "proof-hash-count")
    hashes = [canonical_base64(line, "proof-hash") for line in lines]
    need(all(len(each) == 32 for each in hashes), "proof-hash")
    return extra, index, hashes, note
