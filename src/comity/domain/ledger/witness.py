"""What a witness answers to a log that asks it to cosign: decided from the request, the log's key and what was cosigned last.

A witness sees origin, size and root, never content. Its line says "consistent with all that I have seen of this log"; so it
compares with its own record, and never with what the asker says it was.

source   C2SP tlog-witness v1.0.0 and the text of 2026-07. Stricter here: a checkpoint has exactly three lines.
"""

from __future__ import annotations

from dataclasses import dataclass

from comity.domain.ledger.checkpoint import Checkpoint, parse_checkpoint
from comity.domain.ledger.keys import VerifierKey
from comity.domain.ledger.lines import HASH_BYTES, PROOF_HASHES_MAX, base64_bytes, base64_text, decimal
from comity.domain.ledger.merkle import EMPTY_ROOT, verify_consistency
from comity.domain.ledger.note import NOTE_BYTES_MAX, note_bytes, open_note, parse_note
from comity.domain.ledger.policy import Policy
from comity.errors import BadProof, MalformedNote, UnknownKey, Unproven

ASKED_BYTES_MAX = NOTE_BYTES_MAX + 32 + PROOF_HASHES_MAX * 45


@dataclass(frozen=True)
class Asked:
    """A request to cosign that was read but not yet judged.

    old    size that the asker takes for the last one cosigned
    proof  consistency proof from `old` to the checkpoint, 0..63 hashes
    note   the log's signed checkpoint, verbatim
    """

    old: int
    proof: tuple[bytes, ...]
    note: bytes
    checkpoint: Checkpoint

    def to_bytes(self) -> bytes:
        """The request's body."""
        lines = [f"old {self.old}", *map(base64_text, self.proof)]
        return "\n".join(lines).encode("ascii") + b"\n\n" + self.note


@dataclass(frozen=True)
class Recorded:
    """The largest checkpoint of a log that this witness has cosigned; the empty tree before the first."""

    size: int = 0
    root: bytes = EMPTY_ROOT


@dataclass(frozen=True)
class Answer:
    """What the witness answers.

    status  200: cosign and record it, then answer with the lines · 400 · 403 · 404 · 409 · 422
    body    of a 409: the recorded size and LF; otherwise empty
    code    why not; empty with 200
    """

    status: int
    body: bytes = b""
    code: str = ""


def asked_for(old: int, proof: tuple[bytes, ...], note: bytes) -> Asked:
    """The request for this note; MalformedNote when it isn't a checkpoint."""
    return Asked(old, proof, note, parse_checkpoint(parse_note(note).text))


def read_asked(body: bytes) -> Asked:
    """Reads the body of add-checkpoint, strictly: `old <size>`, proof lines, a blank line, the checkpoint. Else MalformedNote."""
    if len(body) > ASKED_BYTES_MAX:
        raise MalformedNote("witness-request-too-large", bytes=len(body), bytes_max=ASKED_BYTES_MAX)
    # No line of the head is empty, so the first blank line ends it.
    head, blank, note = body.partition(b"\n\n")
    if not blank:
        raise MalformedNote("witness-blank-line")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as fault:
        raise MalformedNote("witness-head", at=fault.start) from fault
    if not first.startswith("old "):
        raise MalformedNote("witness-old-line", text=first[:60])
    old = decimal(first.removeprefix("old "), "witness-old-size")
    if len(lines) > PROOF_HASHES_MAX:
        raise MalformedNote("witness-proof-count", hashes=len(lines), hashes_max=PROOF_HASHES_MAX)
    proof = tuple(base64_bytes(line, "witness-proof-hash") for line in lines)
    if any(len(each) != HASH_BYTES for each in proof):
        raise MalformedNote("witness-proof-hash", bytes_wanted=HASH_BYTES)
    return asked_for(old, proof, note)


def judge(asked: Asked, key: VerifierKey | None, recorded: Recorded) -> Answer:
    """Pure: what a witness that trusts `key` for this origin, and cosigned `recorded` last, answers.

    The order is the specification's: who asks, whether the question makes sense, whether it starts from what is recorded, and
    only then whether the history holds.
    """
    checkpoint = asked.checkpoint
    if key is None or key.name != checkpoint.origin:
        return Answer(404, code="origin-unknown")
    try:
        open_note(asked.note, (key,))
    except Unproven as fault:
        return Answer(403, code=fault.code)
    if asked.old > checkpoint.size:
        return Answer(400, code="old-size-above-checkpoint")
    if asked.old != recorded.size:
        return Answer(409, b"%d\n" % recorded.size, "old-size-not-recorded")
    return _judge_history(asked, recorded)


def _judge_history(asked: Asked, recorded: Recorded) -> Answer:
    checkpoint = asked.checkpoint
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        return Answer(422, code="empty-tree-root")
    if asked.old == 0:
        return Answer(422, code="proof-from-nothing") if asked.proof else Answer(200)
    if asked.old == checkpoint.size and checkpoint.root != recorded.root:
        return Answer(422, code="same-size-other-root")
    try:
        verify_consistency(asked.old, checkpoint.size, recorded.root, checkpoint.root, asked.proof)
    except BadProof as fault:
        return Answer(422, code=f"inconsistent-{fault.code}")
    return Answer(200)


def own_note(note: bytes, key: VerifierKey) -> bytes:
    """The note with the lines by this key alone: what others wrote below it proves nothing about its log."""
    parsed = parse_note(note)
    return note_bytes(
        parsed.text, [each.to_bytes() for each in parsed.signatures if (each.name, each.id) == (key.name, key.id)]
    )


def quorum_stands(policy: Policy, note: bytes) -> bool:
    """Whether this policy's quorum of witnesses has cosigned the note; whether its writer signed it is asked elsewhere.

    A line by a known witness that fails refuses the note: BadSignature.
    """
    try:
        good = set(open_note(note, (witness.key for witness in policy.witnesses)).good)
    except UnknownKey:
        good = set()
    return policy.satisfied(policy.names(good))
