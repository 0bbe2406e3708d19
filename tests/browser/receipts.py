"""Receipts made with keys of the tests' own: a small tree, a writer, a reader who cosigns, a witness of the newer kind."""

from __future__ import annotations

import json
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from comity.domain.ledger import (
    COSIGNATURE,
    ED25519,
    MLDSA44,
    Checkpoint,
    TlogProof,
    VerifierKey,
    leaf_of,
    node_hash,
    note_bytes,
)
from comity.domain.ledger.cosignature import cosignature_line
from comity.domain.ledger.note import signature_line

ORIGIN = "police.kr.example/ch/00112233445566aa"
READER, WITNESS = "taskforce.kh.example/receipt", "witness.sample.example/witness-2"
TIME_S = 1_796_000_000
ENVELOPE = {
    "v": 1,
    "kind": "request/1",
    "id": "0193a5d1-0000-7000-8000-00000000f1c7",
    "issuer": "police.kr.example",
    "made": "2026-11-24T10:00:00.000Z",
    "purpose": "crime",
    "basis": None,
    "body": {"note": "FICTIONAL"},
}


@dataclass(frozen=True)
class Keys:
    """A writer, a reader and a witness whose key is ML-DSA-44."""

    log: Ed25519PrivateKey
    reader: Ed25519PrivateKey
    witness: MLDSA44PrivateKey

    @property
    def named(self) -> tuple[VerifierKey, VerifierKey, VerifierKey]:
        return (
            VerifierKey(ORIGIN, ED25519, self.log.public_key().public_bytes_raw()),
            VerifierKey(READER, COSIGNATURE, self.reader.public_key().public_bytes_raw()),
            VerifierKey(WITNESS, MLDSA44, self.witness.public_key().public_bytes_raw()),
        )

    def policy(self, quorum: str = "reader") -> str:
        """Asks for the reader, the witness, or both (`both`)."""
        log, reader, witness = self.named
        lines = [f"log {log.text}", f"witness reader {reader.text}", f"witness other {witness.text}"]
        if quorum == "both":
            lines.append("group both all reader other")
        return "\n".join([*lines, f"quorum {quorum}"]) + "\n"


def keys() -> Keys:
    return Keys(Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate(), MLDSA44PrivateKey.generate())


def receipt(
    made: Keys, *, by: str = "log reader witness", envelope: dict[str, object] | None = None, place: int = 2
) -> bytes:
    """A receipt of the record at `place` of a tree of five; `by` names who has signed."""
    raw = json.dumps(envelope or ENVELOPE, ensure_ascii=False, separators=(",", ":")).encode()
    salt = bytes(range(32))
    leaves = [leaf_of(bytes([n]) * 32, b"FICTIONAL %d" % n) for n in range(5)]
    leaves[place] = leaf_of(salt, raw)
    hashes, root = _proof(leaves, place)
    text = Checkpoint(ORIGIN, 5, root).text()
    log, reader, witness = made.named
    lines = []
    if "log" in by:
        lines.append(signature_line(log, made.log.sign, text))
    if "reader" in by:
        lines.append(cosignature_line(reader, made.reader.sign, text, TIME_S))
    if "witness" in by:
        lines.append(cosignature_line(witness, made.witness.sign, text, TIME_S + 60))
    return TlogProof(salt + raw, place, tuple(hashes), note_bytes(text, lines)).to_bytes()


def _proof(leaves: list[bytes], place: int) -> tuple[list[bytes], bytes]:
    """RFC 6962, by its definition: the largest power of two below the size splits the tree."""
    if len(leaves) == 1:
        return [], leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    left, right = leaves[:split], leaves[split:]
    if place < split:
        hashes, root = _proof(left, place)
        other = _proof(right, 0)[1]
        return [*hashes, other], node_hash(root, other)
    hashes, root = _proof(right, place - split)
    other = _proof(left, 0)[1]
    return [*hashes, other], node_hash(other, root)
