"""What checking a receipt shows, in words: which part fails and how, and what no receipt shows."""

from __future__ import annotations

from comity.domain.receipt import PROVES_NOT
from comity.errors import BadSignature, ComityError

# code of PROVES_NOT: sentence. A test holds this table against that list.
NOT_SHOWN = {
    "truth": "that what the record says is true",
    "authority": "that whoever issued it was entitled to",
    "read-by-a-person": "that a person has read it: a cosignature says that a node stored it",
    "nothing-else-was-said": "that nothing else was said, before, after or elsewhere",
    "clock-beyond-cosigners": "the time beyond the clocks of those who cosigned",
}

NO_HAND = "whose hand unlocked the device that signed, or that the account belongs to the person it names"

_LEAF = "the record, its salt, its place or a hash of the proof"
_PARTS = {
    # the receipt file
    "proof-too-large": "the file: it is too large for a receipt",
    "proof-blank-line": "the file: it has no blank line before the checkpoint",
    "proof-not-ascii": "the head of the file: it isn't ASCII",
    "proof-header": "the first line: this is no tlog-proof file",
    "proof-extra": "the line `extra` (salt and record)",
    "receipt-salt": "the line `extra` (salt and record)",
    "receipt-without-record": "the line `extra`: the record isn't in it; give it with --envelope",
    "proof-index": "the line `index` (place of the record)",
    "proof-hash": "a hash of the inclusion proof",
    "proof-hash-count": "the inclusion proof",
    # the checkpoint
    "note-too-large": "the checkpoint",
    "note-not-utf8": "the checkpoint",
    "note-control-character": "the checkpoint",
    "note-final-newline": "the end of the file",
    "note-blank-line": "the checkpoint",
    "checkpoint-origin": "the checkpoint's first line (origin)",
    "checkpoint-size": "the checkpoint's second line (size)",
    "checkpoint-root": "the checkpoint's third line (root)",
    "checkpoint-not-utf8": "the checkpoint",
    "checkpoint-lines": "the checkpoint",
    "signature-count": "the signature lines",
    "signature-line": "a signature line",
    "signature-base64": "a signature line",
    "signature-length": "a signature line",
    # signatures and keys
    "no-known-signature": "the signatures: nobody in the policy has signed",
    "writer-not-in-policy": "the writer's signature: the policy has no such log, or it has not signed",
    "policy-not-met": "the cosignatures: fewer have signed than the policy asks for",
    "writer-key-ended": "the writer's key: it had ended before anybody else signed",
    "key-ambiguous": "the policy: two keys have one name and id",
    # the way to the root
    "root-differs": _LEAF,
    "index-outside-tree": "the place of the record: it lies outside the tree",
    "proof-too-long": "the inclusion proof, or the tree's size",
    "proof-too-short": "the inclusion proof, or the tree's size",
    "hash-length": "the inclusion proof",
    # the record and its fields
    "record-differs-from-the-attached-one": "the record: the file given with --envelope is another one",
    "issuer-not-the-writer": "the record: its issuer is not the channel's writer",
    "fields-of-an-unreadable-record": "the fields: the record's content can't be read here, so nothing can be opened",
    "field-mismatch": "the fields: the value isn't the one that the record sealed",
    "field-not-sealed": "the fields: the record sealed no such place",
    "fields-truncated": "the fields file",
    "fields-too-large": "the fields file",
    "fields-out-of-order": "the fields file",
    "too-many-fields": "the fields file",
}


def part_of(fault: ComityError) -> str:
    """The part of the receipt, or of what was given beside it, that is at fault."""
    if fault.code == "passkey-signature":
        return f"the passkey's signature inside the record: {fault.facts.get('why', '')}"
    if isinstance(fault, BadSignature):
        return f"the signature of {fault.facts.get('name', 'a known key')}"
    if fault.code.startswith("policy-") and fault.code not in _PARTS:
        line = fault.facts.get("line")
        return "the policy file" + (f", line {line}" if line else "")
    return _PARTS.get(fault.code, "the record or its fields")


def not_shown(*, signed: bool = False) -> list[str]:
    """What no receipt shows; of one over a signed decision, what its signature doesn't show either."""
    return [NOT_SHOWN[code] for code in PROVES_NOT] + ([NO_HAND] if signed else [])
