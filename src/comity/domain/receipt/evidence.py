"""Evidence of misconduct that convinces a third machine: exact bytes, and a policy that the judge got elsewhere.

A document `comity-evidence/1` holds signed notes, and where records stand in their trees. It claims nothing: what it shows follows
from the bytes. Proven is only what nobody but the holder of a key could have made; all else is an alarm, not an accusation.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from comity.domain.ledger import (
    Checkpoint,
    Policy,
    VerifierKey,
    leaf_of,
    note_bytes,
    open_note,
    parse_checkpoint,
    parse_note,
    verify_consistency,
    verify_inclusion,
)
from comity.domain.record import Header, filed
from comity.domain.terms import instant_text
from comity.errors import ComityError, Malformed, MalformedNote, Unproven

FORMAT: Final = "comity-evidence/1"
EVIDENCE_BYTES_MAX: Final = 8 * 1024 * 1024
SALT_BYTES: Final = 32
HASH_BYTES: Final = 32
BACK_DATED_MS: Final = 86_400_000
"""How long before the cosignature that it came after a record may claim to have been made: clocks differ, letters lie about."""
SHOWS_NOT = ("intent", "who-held-the-key", "which-history-is-true", "clock-beyond-cosigners")
"""What no evidence shows, as codes; the faces word them."""

Base64 = Annotated[str, Meta(max_length=4 * 1024 * 1024)]


class Standing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Where something stands in the tree of one of the notes.

    note    number of the note, from zero
    leaf    base64 of the leaf hash; or `record`, of salt and envelope
    proof   base64 of the inclusion proof, the leaf's sibling first
    """

    note: Annotated[int, Meta(ge=0, le=1)]
    index: Annotated[int, Meta(ge=0, lt=1 << 62)]
    leaf: Base64 | None = None
    record: Base64 | None = None
    proof: Annotated[tuple[Base64, ...], Meta(max_length=63)]


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """The file: one line of JSON and one LF, members sorted, empty ones left out.

    history  root of the first entries of the second tree, as many as the first has, and the proof that it is theirs
    """

    format: str
    kind: str
    notes: Annotated[tuple[Base64, ...], Meta(min_length=1, max_length=2)]
    places: Annotated[tuple[Standing, ...], Meta(max_length=2)] = ()
    history: Annotated[tuple[Base64, ...], Meta(max_length=64)] = ()

    def to_bytes(self) -> bytes:
        return msgspec.json.encode(self, order="sorted") + b"\n"


@dataclass(frozen=True)
class Judgement:
    """What a document shows.

    accused  name of the key that signed what doesn't go together; empty while nothing is proven
    reason   code: what is proven, or why nothing is
    facts    plain, for the faces
    """

    proven: bool
    kind: str
    accused: str
    reason: str
    facts: dict[str, Any] = field(default_factory=dict)
    shows_not: tuple[str, ...] = SHOWS_NOT


@dataclass(frozen=True)
class Signed:
    """A note whose every line is good under the policy."""

    checkpoint: Checkpoint
    writer: VerifierKey
    lines: dict[VerifierKey, int]


# ---- making


def document(
    kind: str, notes: Iterable[bytes], places: Iterable[Standing] = (), history: Iterable[bytes] = ()
) -> bytes:
    """The file of these parts."""
    parts = {"notes": tuple(map(_text, notes)), "history": tuple(map(_text, history))}
    return Document(format=FORMAT, kind=kind, places=tuple(places), **parts).to_bytes()


def stands(
    note: int, index: int, proof: Sequence[bytes], *, leaf: bytes | None = None, record: bytes | None = None
) -> Standing:
    """A place with its proof; `record` is salt and envelope."""
    return Standing(
        note=note,
        index=index,
        leaf=_text(leaf) if leaf is not None else None,
        record=_text(record) if record is not None else None,
        proof=tuple(map(_text, proof)),
    )


# ---- judging


def read_document(raw: bytes) -> Document:
    """The file, strictly: other bytes for the same parts are refused. Malformed names what is wrong."""
    if len(raw) > EVIDENCE_BYTES_MAX:
        raise Malformed("evidence-too-large", bytes=len(raw), bytes_max=EVIDENCE_BYTES_MAX)
    try:
        read = msgspec.json.decode(raw, type=Document)
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise Malformed("evidence-shape", why=str(fault)) from fault
    if read.format != FORMAT or read.kind not in KINDS:
        raise Malformed("evidence-unknown", format=read.format[:40], kind=read.kind[:40], known=sorted(KINDS))
    if read.to_bytes() != raw:
        raise Malformed("evidence-not-canonical")
    return read


def judge_evidence(raw: bytes, policy: Policy) -> Judgement:
    """What this document shows under the keys of this policy. Malformed when it is no evidence at all."""
    read = read_document(raw)
    try:
        if read.history and read.kind != "history":
            raise MalformedNote("evidence-parts")
        signed = [_signed(_bytes(note), policy) for note in read.notes]
        return KINDS[read.kind](read, signed, policy)
    except MalformedNote as fault:
        raise Malformed("evidence-shape", why=fault.code, **fault.facts) from fault
    except Unproven as fault:
        return Judgement(False, read.kind, "", fault.code, dict(fault.facts))


def _no(read: Document, reason: str, **facts: Any) -> Judgement:
    return Judgement(False, read.kind, "", reason, facts)


def _signed(raw: bytes, policy: Policy) -> Signed:
    """Each line must be known and good: what the judge can't check has no place in evidence."""
    opened = open_note(raw, policy.keys())
    checkpoint = parse_checkpoint(opened.note.text)
    known = sorted((key.name, key.id) for key in opened.good)
    if sorted((line.name, line.id) for line in opened.note.signatures) != known:
        raise Unproven("evidence-has-unknown-lines", origin=checkpoint.origin)
    writers = {log.key for log in policy.logs}
    writer = next((key for key in opened.good if key in writers and key.name == checkpoint.origin), None)
    if writer is None:
        raise Unproven("accused-not-in-policy", origin=checkpoint.origin)
    return Signed(checkpoint, writer, {key: at for key, at in opened.good.items() if at is not None})


def _fork(read: Document, signed: Sequence[Signed], policy: Policy) -> Judgement:
    """Two signed roots of one size."""
    if len(signed) != 2 or read.places:
        raise MalformedNote("evidence-parts")
    one, other = (each.checkpoint for each in signed)
    if (one.origin, one.size) != (other.origin, other.size) or any(each.lines for each in signed):
        return _no(read, "not-one-size-of-one-log")
    if one.root == other.root:
        return _no(read, "same-root")
    facts = {"origin": one.origin, "size": one.size, "roots": [one.root.hex(), other.root.hex()]}
    return Judgement(True, read.kind, one.origin, "two-roots-of-one-size", facts)


def _split(read: Document, signed: Sequence[Signed], policy: Policy) -> Judgement:
    """Two signed trees of one log in which different leaves stand at one index: neither can have grown from the other."""
    if len(signed) != 2 or len(read.places) != 2 or [place.note for place in read.places] != [0, 1]:
        raise MalformedNote("evidence-parts")
    one, other = (each.checkpoint for each in signed)
    if one.origin != other.origin or any(each.lines for each in signed):
        return _no(read, "not-one-log")
    leaves = [_stands_there(place, each.checkpoint)[0] for place, each in zip(read.places, signed, strict=True)]
    if read.places[0].index != read.places[1].index or leaves[0] == leaves[1]:
        return _no(read, "not-two-leaves-at-one-index")
    facts = {"origin": one.origin, "sizes": [one.size, other.size], "index": read.places[0].index}
    return Judgement(True, read.kind, one.origin, "two-histories", facts)


def _history(read: Document, signed: Sequence[Signed], policy: Policy) -> Judgement:
    """Two signed trees of one log, of which the larger one didn't grow from the smaller: its first entries have another root."""
    if len(signed) != 2 or read.places or not read.history:
        raise MalformedNote("evidence-parts")
    one, other = (each.checkpoint for each in signed)
    if one.origin != other.origin or any(each.lines for each in signed):
        return _no(read, "not-one-log")
    root, *proof = map(_bytes, read.history)
    if any(len(each) != HASH_BYTES for each in (root, *proof)):
        raise MalformedNote("evidence-parts")
    verify_consistency(one.size, other.size, root, other.root, proof)
    if root == one.root:
        return _no(read, "same-root")
    facts = {"origin": one.origin, "sizes": [one.size, other.size], "roots": [one.root.hex(), root.hex()]}
    return Judgement(True, read.kind, one.origin, "two-histories", facts)


def _replay(read: Document, signed: Sequence[Signed], policy: Policy) -> Judgement:
    """One envelope id at two places of one channel."""
    if len(signed) != 1 or [place.note for place in read.places] != [0, 0]:
        raise MalformedNote("evidence-parts")
    checkpoint = signed[0].checkpoint
    if signed[0].lines:
        return _no(read, "lines-that-prove-nothing-here")
    headers = [_header(_stands_there(place, checkpoint)[1], checkpoint) for place in read.places]
    first, second = (place.index for place in read.places)
    if any(header is None for header in headers):
        return _no(read, "record-does-not-read")
    one, other = headers
    assert one is not None
    assert other is not None
    if first >= second or one.id != other.id:
        return _no(read, "not-one-id-at-two-places")
    facts = {"origin": checkpoint.origin, "record": one.id, "indexes": [first, second]}
    return Judgement(True, read.kind, checkpoint.origin, "one-id-twice", facts)


def _back_dated(read: Document, signed: Sequence[Signed], policy: Policy) -> Judgement:
    """A record that stands behind what somebody cosigned, and claims to have been made long before that."""
    if len(signed) != 2 or len(read.places) != 1 or read.places[0].note != 1:
        raise MalformedNote("evidence-parts")
    earlier, later = signed
    checkpoint = later.checkpoint
    if earlier.checkpoint.origin != checkpoint.origin or later.lines:
        return _no(read, "not-one-log")
    if not earlier.lines:
        return _no(read, "nobody-cosigned-the-earlier-tree")
    ended = [key.name for key, at in earlier.lines.items() if policy.ended_by(key, at) is not None]
    if ended:
        return _no(read, "cosigner-key-ended", names=ended)
    place = read.places[0]
    header = _header(_stands_there(place, checkpoint)[1], checkpoint)
    if header is None:
        return _no(read, "record-does-not-read")
    if place.index < earlier.checkpoint.size:
        return _no(read, "record-was-there-already")
    at_ms = min(earlier.lines.values()) * 1000
    if header.made > at_ms - BACK_DATED_MS:
        return _no(read, "within-what-clocks-differ", made=instant_text(header.made))
    facts = {
        "origin": checkpoint.origin,
        "record": header.id,
        "index": place.index,
        "made": instant_text(header.made),
        "not_there_before": [f"{key.name} {at}" for key, at in sorted(earlier.lines.items(), key=lambda x: x[0].name)],
        "size_then": earlier.checkpoint.size,
    }
    return Judgement(True, read.kind, checkpoint.origin, "claims-to-be-older-than-its-place", facts)


def _went_back(read: Document, signed: Sequence[Signed], policy: Policy) -> Judgement:
    """A cosigner that signed a smaller tree later than a larger one, or two roots of one size."""
    if len(signed) != 2 or read.places:
        raise MalformedNote("evidence-parts")
    larger, smaller = signed
    if larger.checkpoint.origin != smaller.checkpoint.origin:
        return _no(read, "not-one-log")
    both = [key for key in larger.lines if key in smaller.lines]
    if len(both) != 1 or len(larger.lines) != 1 or len(smaller.lines) != 1:
        return _no(read, "not-one-cosigner")
    (key,) = both
    facts = {
        "origin": larger.checkpoint.origin,
        "sizes": [larger.checkpoint.size, smaller.checkpoint.size],
        "times": [larger.lines[key], smaller.lines[key]],
    }
    if larger.checkpoint.size == smaller.checkpoint.size:
        if larger.checkpoint.root == smaller.checkpoint.root:
            return _no(read, "same-root")
        return Judgement(True, read.kind, key.name, "cosigned-two-roots-of-one-size", facts)
    if larger.checkpoint.size < smaller.checkpoint.size or larger.lines[key] >= smaller.lines[key]:
        return _no(read, "times-go-forward")
    return Judgement(True, read.kind, key.name, "cosigned-a-smaller-tree-later", facts)


def _stands_there(place: Standing, checkpoint: Checkpoint) -> tuple[bytes, bytes]:
    """(leaf, salt and envelope or nothing), once the proof leads to the root; BadProof where it doesn't."""
    if (place.leaf is None) == (place.record is None):
        raise MalformedNote("evidence-parts")
    record = _bytes(place.record) if place.record is not None else b""
    if place.record is not None and len(record) <= SALT_BYTES:
        raise MalformedNote("evidence-parts")
    leaf = leaf_of(record[:SALT_BYTES], record[SALT_BYTES:]) if record else _bytes(place.leaf or "")
    hashes = [_bytes(each) for each in place.proof]
    if any(len(each) != HASH_BYTES for each in (leaf, *hashes)):
        raise MalformedNote("evidence-parts")
    verify_inclusion(place.index, checkpoint.size, leaf, hashes, checkpoint.root)
    return leaf, record


def _header(record: bytes, checkpoint: Checkpoint) -> Header | None:
    """Header of a record that is its channel's writer's own; None where it doesn't read."""
    if not record:
        raise MalformedNote("evidence-parts")
    told = filed(checkpoint.origin, record[SALT_BYTES:], b"")
    return told.header if told.fault is None else None


def _bytes(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise MalformedNote("evidence-base64") from fault
    if _text(raw) != text:
        raise MalformedNote("evidence-base64")
    return raw


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


KINDS: dict[str, Callable[[Document, Sequence[Signed], Policy], Judgement]] = {
    "fork": _fork,
    "split": _split,
    "history": _history,
    "replay": _replay,
    "back-dated": _back_dated,
    "went-back": _went_back,
}
"""What each kind of evidence has to show."""


def own_lines(note: bytes, key: VerifierKey) -> bytes:
    """The note with this writer's line alone."""
    parsed = parse_note(note)
    return note_bytes(parsed.text, [s.to_bytes() for s in parsed.signatures if (s.name, s.id) == (key.name, key.id)])


def is_document(raw: bytes) -> bool:
    """Whether these bytes are such a document."""
    try:
        read_document(raw)
    except ComityError:
        return False
    return True
