"""Small receipts with keys of one's own: a writer, two readers who cosign, three records. Whoever makes all of it can make it all fit."""

from __future__ import annotations

import random
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from comity.domain.ledger import (
    COSIGNATURE,
    ED25519,
    Checkpoint,
    CompactRange,
    Sign,
    TlogProof,
    VerifierKey,
    cosignature_line,
    leaf_hash,
    leaf_of,
    node_hash,
    note_bytes,
    signature_line,
)
from comity.domain.receipt import policy_of
from comity.domain.record import Marking, Sealed, encode_fields, seal
from comity.domain.record.kinds import withdraw_1
from comity.domain.terms import Instant, NodeName

ORIGIN = "police.kr.example/ch/00000000000f1c70"
TIME_S = 1_795_000_000


@dataclass(frozen=True)
class World:
    """Keys made from a seed, under the same names whatever the seed."""

    seed: int

    def key(self, name: str, kind: int) -> tuple[VerifierKey, Sign]:
        private = Ed25519PrivateKey.from_private_bytes(random.Random(f"{self.seed} {name}").randbytes(32))
        return VerifierKey(name, kind, private.public_key().public_bytes_raw()), private.sign

    @property
    def log(self) -> tuple[VerifierKey, Sign]:
        return self.key(ORIGIN, ED25519)

    @property
    def readers(self) -> list[tuple[VerifierKey, Sign]]:
        return [self.key(f"{host}/receipt", COSIGNATURE) for host in ("taskforce.kh.example", "court.vn.example")]

    def policy(self, need: int | None = None) -> str:
        """All cosigners unless told how many."""
        return policy_of([self.log[0]], [key for key, _ in self.readers], need=need)

    def sealed(self) -> Sealed:
        chance = random.Random(self.seed)
        body = withdraw_1.Body(
            targets=(withdraw_1.Withdrawn(ORIGIN, 0, "0193a5d1-1111-7000-8000-00000000f1c7"),), reason_code="x"
        )
        return seal(
            body,
            id="0193a5d1-2222-7000-8000-00000000f1c7",
            issuer=NodeName("police.kr.example"),
            made=Instant(TIME_S * 1000),
            marking=Marking(tlp="AMBER"),
            purpose="crime",
            salt=lambda: chance.randbytes(32),
        )

    def receipt(self, record: Sealed | None = None) -> bytes:
        """Record 1 of 3, under a checkpoint that both readers cosigned, the second a minute later."""
        record = record or self.sealed()
        salt = random.Random(self.seed + 1).randbytes(32)
        others = [leaf_hash(b"first"), leaf_hash(b"third")]
        leaf = leaf_of(salt, record.envelope)
        tree = CompactRange()
        tree.extend([others[0], leaf, others[1]])
        text = Checkpoint(ORIGIN, 3, tree.root()).text()
        lines = [signature_line(*self.log, text)]
        lines += [cosignature_line(key, sign, text, TIME_S + 60 * n) for n, (key, sign) in enumerate(self.readers)]
        assert tree.root() == node_hash(node_hash(others[0], leaf), others[1])
        return TlogProof(salt + record.envelope, 1, (others[0], others[1]), note_bytes(text, lines)).to_bytes()


TRUE, FORGER = World(1), World(2)


def fields_of(record: Sealed) -> bytes:
    return encode_fields(record.fields)
