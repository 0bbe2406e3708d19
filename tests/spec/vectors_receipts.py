"""Vectors of receipts: what a verifier has to show, and why it refuses."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from comity.domain.ledger import inclusion_proof, parse_policy
from comity.domain.receipt import policy_of, verify_receipt
from comity.domain.record import decode_fields, encode_fields
from comity.domain.terms import Instant, instant_text
from comity.errors import ComityError
from tests.spec.making import (
    BACK,
    ORIGIN,
    OTHER_ORIGIN,
    OWN_RECEIPT,
    RECEIPT,
    TIME_S,
    WITNESS,
    Log,
    cosigner_line,
    example,
    key,
    note,
    receipt,
    record,
    salt,
    writer_line,
)

PLACE, SIZE = 4, 7
RECORDS = [record(example(kind), number) for number, kind in enumerate(("report/1", "withdraw/1", "ack/1"), 1)]
REQUEST = record(example("request/1"), 4)
UNKNOWN = REQUEST.envelope.replace(b'"request/1"', b'"request/9"')


def _log(envelope: bytes, origin: str = ORIGIN) -> Log:
    others = [each.envelope for each in RECORDS]
    whole = [*others, b"stands for another envelope", envelope, *others[:2]]
    return Log([(salt("place", at), raw) for at, raw in enumerate(whole)], origin)


def _policy(*cosigners: str, logs: tuple[str, ...] = (ORIGIN,), need: int | None = None) -> str:
    return policy_of(map(key, logs), map(key, cosigners), need=need)


class Made:
    """A receipt of REQUEST with its parts, to be put together wrongly."""

    def __init__(self, envelope: bytes = REQUEST.envelope, origin: str = ORIGIN) -> None:
        log = _log(envelope, origin)
        self.salt, self.envelope, self.text = salt("place", PLACE), envelope, log.text()
        self.hashes = inclusion_proof(PLACE, SIZE, log.tiles)
        self.lines = [writer_line(self.text, origin), cosigner_line(self.text, RECEIPT, TIME_S)]

    def whole(self, *, index: int = PLACE, extra: bytes | None = None) -> str:
        body = self.salt + self.envelope if extra is None else extra
        return receipt(body, index, self.hashes, note(self.text, *self.lines))


def receipts() -> dict[str, Any]:
    return {
        "what": "receipts.md: `proof` is the file, `policy` what the verifier trusts (null: consistency only), `envelope` the "
        "record beside a detached receipt, `fields` in hexadecimal what is opened. `result` is what has to be shown.",
        "policies": {
            "refused": [{"name": name, "policy": text, **_policy_fault(text)} for name, text in _bad_policies()]
        },
        "cases": [_case(*parts) for parts in _cases()],
    }


def _case(
    name: str, proof: str, policy: str | None, fields: bytes = b"", envelope: bytes | None = None
) -> dict[str, Any]:
    case: dict[str, Any] = {"name": name, "proof": proof, "policy": policy, "fields": fields.hex()}
    case["envelope"] = None if envelope is None else envelope.decode()
    try:
        shown = verify_receipt(
            proof.encode(),
            policy=None if policy is None else parse_policy(policy),
            envelope=envelope,
            fields=decode_fields(fields),
        )
    except ComityError as fault:
        return {**case, "code": fault.code}
    return {
        **case,
        "result": {
            "origin": shown.origin,
            "index": shown.index,
            "size": shown.size,
            "root": shown.root.hex(),
            "record": None if shown.header is None else shown.header.id,
            "fault": shown.fault,
            "keys_proven": shown.keys_proven,
            "cosigners": [asdict(one) for one in shown.cosigners],
            "delivered": [one.name for one in shown.delivered],
            "served_s": shown.served_s,
            "opened": sorted(shown.opened),
            "closed": sorted(shown.closed),
            "unknown_lines": shown.unknown_lines,
        },
    }


def _cases() -> Iterator[tuple[Any, ...]]:
    made, usual = Made(), _policy(RECEIPT)
    two = encode_fields(REQUEST.fields[:2])
    yield "all fields closed", made.whole(), usual
    yield "two fields opened", made.whole(), usual, two
    yield "all fields opened", made.whole(), usual, encode_fields(REQUEST.fields)
    yield "detached", made.whole(extra=made.salt), usual, b"", made.envelope
    yield "attached, and the same record beside it", made.whole(), usual, b"", made.envelope
    yield "without keys: consistent, and nothing is proven", made.whole(), None
    witnessed = Made()
    witnessed.lines.append(cosigner_line(witnessed.text, WITNESS, TIME_S + 40))
    yield "recipient and witness", witnessed.whole(), _policy(RECEIPT, WITNESS)
    yield "the witness unknown to the verifier", witnessed.whole(), usual
    own = Made()
    own.lines.append(cosigner_line(own.text, OWN_RECEIPT, TIME_S - 40))
    yield "the writer's own cosignature is no delivery", own.whole(), _policy(RECEIPT, OWN_RECEIPT, need=1)
    yield "a record of a kind unknown here is still proven to stand there", Made(UNKNOWN).whole(), usual
    yield "an envelope that isn't even text", Made(b"not a record").whole(), usual
    yield from _ending(made, usual)
    yield from _bad(made, usual, two)
    yield from _bad_signers(made, usual)
    yield from _bad_files(made.whole(), usual)


def _end(name: str, after_s: int, why: str = "rotated") -> str:
    """A line that ends a key so many seconds after the receipt's time."""
    ended = key(name)
    return f"#ends {ended.name}+{ended.id.hex()} {instant_text(Instant((TIME_S + after_s) * 1000))} {why}\n"


def _ending(made: Made, usual: str) -> Iterator[tuple[Any, ...]]:
    yield "a key that ended after it cosigned", made.whole(), usual + _end(RECEIPT, 0)
    yield "a key that had ended when it cosigned", made.whole(), usual + _end(RECEIPT, -1)
    both = Made()
    both.lines.append(cosigner_line(both.text, WITNESS, TIME_S + 40))
    yield "one of two had ended, and one is enough", both.whole(), _policy(RECEIPT, WITNESS, need=1) + _end(RECEIPT, -1)
    yield "one of two had ended, and both are wanted", both.whole(), _policy(RECEIPT, WITNESS) + _end(RECEIPT, -1)
    yield "the writer's key was stolen after the reader confirmed", made.whole(), usual + _end(ORIGIN, 0, "stolen")
    yield "the writer's key was stolen before", made.whole(), usual + _end(ORIGIN, -1, "stolen")
    later = Made()
    later.lines = [later.lines[0], cosigner_line(later.text, f"{RECEIPT}-2", TIME_S)]
    yield "by a later receipt key", later.whole(), _policy(f"{RECEIPT}-2")
    yield "a line that others take for a comment", made.whole(), usual + "# ends nothing\n"


def _bad(made: Made, usual: str, two: bytes) -> Iterator[tuple[Any, ...]]:
    changed = made.envelope.replace(b"urgent", b"Urgent", 1)
    yield "one byte of the record changed", made.whole(extra=made.salt + changed), usual
    yield "another salt", made.whole(extra=salt("other") + made.envelope), usual
    yield "another place", made.whole(index=5), usual
    yield "a place outside the tree", made.whole(index=7), usual
    yield "detached, with another record beside it", made.whole(extra=made.salt), usual, b"", changed
    yield "attached, with another record beside it", made.whole(), usual, b"", changed
    yield "detached, with nothing beside it", made.whole(extra=made.salt), usual
    yield "a salt cut off", made.whole(extra=made.salt[:31]), usual
    spoiled = bytearray(two)
    spoiled[-2] ^= 1
    yield "a field with another value", made.whole(), usual, bytes(spoiled)
    foreign = encode_fields(RECORDS[0].fields[:1])
    yield "a field of another record", made.whole(), usual, foreign
    yield "a field of a record that doesn't read", Made(UNKNOWN).whole(), usual, two
    stranger = Made(REQUEST.envelope, BACK)
    yield "a record of another node in this channel", stranger.whole(), _policy(RECEIPT, logs=(BACK,))
    short, long = Made(), Made()
    short.hashes, long.hashes = short.hashes[:-1], (*long.hashes, bytes(32))
    yield "one hash short", short.whole(), usual
    yield "one hash too many", long.whole(), usual


def _bad_signers(made: Made, usual: str) -> Iterator[tuple[Any, ...]]:
    yield "a writer that the policy doesn't know", made.whole(), _policy(RECEIPT, logs=(OTHER_ORIGIN,))
    yield "nobody that the policy knows", made.whole(), _policy(WITNESS, logs=(OTHER_ORIGIN,))
    yield "a witness is wanted and hasn't signed", made.whole(), _policy(RECEIPT, WITNESS)
    lone = Made()
    lone.lines = lone.lines[:1]
    yield "nobody has cosigned, and the policy wants it", lone.whole(), usual
    yield "nobody has cosigned, and the policy lets it pass", lone.whole(), _policy()
    late = Made()
    late.lines[1] = cosigner_line(_log(RECORDS[0].envelope).text(), RECEIPT, TIME_S)
    yield "a cosignature over another tree", late.whole(), usual
    yield "the same under a policy without that key", late.whole(), _policy()


def _bad_files(whole: str, usual: str) -> Iterator[tuple[Any, ...]]:
    head, rest = whole.split("\n\n", 1)
    lines = head.split("\n")
    sibling = lines[3]
    yield "another version", whole.replace("@v1", "@v2", 1), usual
    yield "no index", "\n".join([*lines[:2], *lines[3:]]) + "\n\n" + rest, usual
    yield "a leading zero in the index", whole.replace("\nindex 4\n", "\nindex 04\n"), usual
    yield "a hash of 31 bytes", whole.replace(sibling, b64encode(bytes(31)).decode()), usual
    yield "loose base64 in a hash", whole.replace(sibling, sibling[:-1]), usual
    yield "64 hashes", head + ("\n" + sibling) * 61 + "\n\n" + rest, usual
    yield "no blank line", head + "\n" + rest.replace("\n\n", "\n"), usual
    yield "a letter beyond ASCII in the head", whole.replace("index", "índex", 1), usual
    yield "the LF at the end is missing", whole[:-1], usual
    yield "no salt at all", "\n".join([lines[0], *lines[2:]]) + "\n\n" + rest, usual


def _bad_policies() -> Iterator[tuple[str, str]]:
    log, cosigner = f"log {key(ORIGIN).text}\n", f"witness c1 {key(RECEIPT).text}\n"
    yield "no quorum", log + cosigner
    yield "two quorums", log + "quorum none\nquorum none\n"
    yield "a name that nobody has defined", log + "quorum c1\n"
    yield "a name twice", log + cosigner + f"witness c1 {key(WITNESS).text}\nquorum c1\n"
    yield "a key twice", log + cosigner + f"witness c2 {key(RECEIPT).text}\nquorum c1\n"
    yield "a name that is a word of the format", log + f"witness none {key(RECEIPT).text}\nquorum none\n"
    yield "a member of two groups", log + cosigner + "group a all c1\ngroup b all c1\nquorum a\n"
    yield "more wanted than there are", log + cosigner + "group a 2 c1\nquorum a\n"
    yield "none wanted", log + cosigner + "group a 0 c1\nquorum a\n"
    yield "a cosigner as log", f"log {key(RECEIPT).text}\nquorum none\n"
    yield "a log as cosigner", f"witness c1 {key(ORIGIN).text}\nquorum none\n"
    yield "an unknown word", log + "mirror x\nquorum none\n"
    yield "no LF at the end", log + "quorum none"
    yield "a carriage return", log + "quorum none\r\n"
    done, end = log + cosigner + "quorum c1\n", _end(RECEIPT, 0)
    yield "an end of a key that isn't there", done + _end(WITNESS, 0)
    yield "an end before its key", end + done
    yield "an end twice", done + end + end
    yield "an end at no time", done + end.replace("T", " T")
    yield "an end on a day that isn't in the calendar", done + end.replace("-11-24T", "-11-31T")
    yield "an end without a reason", done + end.removesuffix(" rotated\n") + "\n"
    yield "an end with a reason that is no code", done + end.replace("rotated", "Rotated")


def _policy_fault(text: str) -> dict[str, Any]:
    try:
        parse_policy(text)
    except ComityError as fault:
        return {"code": fault.code}
    raise AssertionError(text)
