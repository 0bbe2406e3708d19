"""Vectors of evidence: documents that prove something under a policy, and those that don't."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from typing import Any

from comity.domain.ledger import consistency_proof, inclusion_proof, parse_policy
from comity.domain.receipt import policy_of
from comity.domain.receipt.evidence import document, judge_evidence, stands
from comity.domain.terms import Instant
from comity.errors import Malformed
from tests.spec.making import (
    MADE,
    ORIGIN,
    OTHER_ORIGIN,
    RECEIPT,
    TIME_S,
    Log,
    cosigner_line,
    example,
    key,
    note,
    record,
    salt,
    writer_line,
)

DAY_MS = 86_400_000
WITHDRAW = example("withdraw/1")


def _rows(count: int, first: int = 0) -> list[tuple[bytes, bytes]]:
    return [(salt("evidence", n), record(WITHDRAW, 100 + n).envelope) for n in range(first, first + count)]


def _note(log: Log, size: int | None = None, *lines: bytes) -> bytes:
    text = log.text(size)
    return note(text, writer_line(text, log.origin), *lines)


def _proof(log: Log, index: int, size: int) -> tuple[bytes, ...]:
    return inclusion_proof(index, size, Log(log.pairs[:size], log.origin).tiles)


class _Kept(Log):
    """A log that also remembers its records."""

    def __init__(self, pairs: list[tuple[bytes, bytes]], origin: str = ORIGIN) -> None:
        super().__init__(pairs, origin)
        self.pairs = pairs

    def record(self, index: int) -> bytes:
        return b"".join(self.pairs[index])


def evidence() -> dict[str, Any]:
    policy = policy_of([key(ORIGIN)], [key(RECEIPT)], need=1)
    return {
        "what": "evidence.md: `document` is the file, `policy` what the judge trusts. `result` is the judgement; `code` that "
        "the file is none.",
        "cases": [_case(name, raw, told or policy) for name, raw, told in _cases()],
    }


def _case(name: str, raw: bytes, policy: str) -> dict[str, Any]:
    case: dict[str, Any] = {"name": name, "document": raw.decode(), "policy": policy}
    try:
        found = judge_evidence(raw, parse_policy(policy))
    except Malformed as fault:
        return {**case, "code": fault.code}
    return {**case, "result": {"proven": found.proven, "reason": found.reason, "accused": found.accused}}


def _cases() -> Iterator[tuple[str, bytes, str | None]]:
    one, other, long = _Kept(_rows(5)), _Kept(_rows(4) + _rows(1, 50)), _Kept(_rows(2) + _rows(7, 60))
    fork = document("fork", (_note(one), _note(other)))
    yield "two roots of one size", fork, None
    yield "the log isn't in the policy", fork, policy_of([key(OTHER_ORIGIN)], [key(RECEIPT)], need=1)
    yield "one note twice", document("fork", (_note(one), _note(one))), None
    yield "two sizes", document("fork", (_note(one), _note(long))), None
    yield "a cosigner's line in it", document("fork", (_note(one, None, cosigner_line(one.text())), _note(other))), None
    yield from _trees(one, long)
    yield from _records(one)
    yield from _cosigners(one)
    yield "another kind", fork.replace(b'"fork"', b'"gossip"'), None
    yield "another format", fork.replace(b"evidence/1", b"evidence/2"), None
    yield "a space", fork.replace(b'"kind":', b'"kind": '), None
    yield "no LF", fork[:-1], None


def _trees(one: _Kept, long: _Kept) -> Iterator[tuple[str, bytes, str | None]]:
    notes = (_note(one), _note(long))
    places = [
        stands(number, 3, _proof(log, 3, len(log.leaves)), leaf=log.leaves[3]) for number, log in enumerate((one, long))
    ]
    yield "two leaves at one index", document("split", notes, places), None
    same = [
        stands(number, 1, _proof(log, 1, len(log.leaves)), leaf=log.leaves[1]) for number, log in enumerate((one, long))
    ]
    yield "one leaf at one index", document("split", notes, same), None
    yield (
        "a proof that leads elsewhere",
        document("split", notes, [places[0], stands(1, 3, (), leaf=long.leaves[3])]),
        None,
    )
    root = Log(long.pairs[:5]).text().split(b"\n")[2]
    hashes = consistency_proof(5, 9, long.tiles)
    yield "the larger tree begins otherwise", document("history", notes, (), (b64decode(root), *hashes)), None
    grown = _Kept(one.pairs + _rows(3, 80))
    honest = (b64decode(one.text().split(b"\n")[2]), *consistency_proof(5, 8, grown.tiles))
    yield (
        "the larger tree has grown from the smaller",
        document("history", (_note(one), _note(grown)), (), honest),
        None,
    )


def _records(one: _Kept) -> Iterator[tuple[str, bytes, str | None]]:
    twice = _Kept([*one.pairs, (salt("again"), one.pairs[2][1])])
    places = [stands(0, at, _proof(twice, at, 6), record=twice.record(at)) for at in (2, 5)]
    yield "one id at two places", document("replay", (_note(twice),), places), None
    yield "one place twice", document("replay", (_note(twice),), [places[0], places[0]]), None
    others = [stands(0, at, _proof(twice, at, 6), record=twice.record(at)) for at in (2, 4)]
    yield "two ids at two places", document("replay", (_note(twice),), others), None
    for name, before_ms in (("two days before its place", 2 * DAY_MS), ("an hour before its place", 3_600_000)):
        made = record(WITHDRAW, 300, made=Instant(MADE - before_ms))
        late = _Kept([*one.pairs, (salt("late"), made.envelope)])
        place = stands(1, 5, _proof(late, 5, 6), record=late.record(5))
        earlier = _note(one, None, cosigner_line(one.text()))
        yield f"made {name}", document("back-dated", (earlier, _note(late)), (place,)), None
        if before_ms > DAY_MS:
            nobody = document("back-dated", (_note(one), _note(late)), (place,))
            yield "nobody had cosigned", nobody, None
            there = stands(1, 4, _proof(late, 4, 6), record=late.record(4))
            yield "a record that was there", document("back-dated", (earlier, _note(late)), (there,)), None


def _cosigners(one: _Kept) -> Iterator[tuple[str, bytes, str | None]]:
    less = one.text(3)
    larger = _note(one, None, cosigner_line(one.text(), RECEIPT, TIME_S))
    later = note(less, writer_line(less), cosigner_line(less, RECEIPT, TIME_S + 1))
    earlier = note(less, writer_line(less), cosigner_line(less, RECEIPT, TIME_S - 1))
    yield "a smaller tree cosigned later", document("went-back", (larger, later)), None
    yield "a smaller tree cosigned earlier", document("went-back", (larger, earlier)), None
