"""What every vector is made of: published test keys, fixed salts, two fictional nodes and a channel between them.

The keys are worthless on purpose: anybody can compute them. Nothing here is random, so the vectors come out the same in every run.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from hashlib import sha256
from itertools import count
from typing import Any

from msgspec import Struct
from nacl.signing import SigningKey

from comity.domain.ledger import (
    COSIGNATURE,
    ED25519,
    Checkpoint,
    CompactRange,
    TlogProof,
    VerifierKey,
    cosignature_line,
    leaf_of,
    note_bytes,
    signature_line,
)
from comity.domain.record import Marking, Sealed, kinds, seal
from comity.domain.terms import Instant

WARNING = "PRIVATE TEST KEYS, published on purpose. Whoever trusts one of them trusts everybody."
POLICE, PLATFORM = "police.kr.example", "platform.vn.example"
ORIGIN = f"{POLICE}/ch/00000000000f1c70"
OTHER_ORIGIN = f"{POLICE}/ch/00000000000f1c72"
BACK = f"{PLATFORM}/ch/00000000000f1c71"
RECEIPT, OWN_RECEIPT, WITNESS = f"{PLATFORM}/receipt", f"{POLICE}/receipt", "court.example/witness"
MADE = Instant(1_795_512_600_123)
TIME_S = 1_795_512_660

KINDS = {ORIGIN: ED25519, OTHER_ORIGIN: ED25519, BACK: ED25519}
NAMES = (ORIGIN, OTHER_ORIGIN, BACK, RECEIPT, OWN_RECEIPT, WITNESS)


def seed(name: str) -> bytes:
    """Private key of a test key: the hash of a sentence that says what it is."""
    return sha256(f"comity exchange 1 private test key {name}".encode()).digest()


def sign(name: str) -> Callable[[bytes], bytes]:
    """Signs with the test key of this name."""
    private = SigningKey(seed(name))
    return lambda message: private.sign(message).signature


def key(name: str) -> VerifierKey:
    """The test key of this name: a writer's where the name is an origin, else a cosigner's."""
    return VerifierKey(name, KINDS.get(name, COSIGNATURE), SigningKey(seed(name)).verify_key.encode())


def salt(*words: object) -> bytes:
    """A salt that only these words have."""
    return sha256(" ".join(["comity test salt", *map(str, words)]).encode()).digest()


def salts(*words: object) -> Callable[[], bytes]:
    """Fresh salts, one after the other."""
    numbers = count()
    return lambda: salt(*words, next(numbers))


def record_id(number: int) -> str:
    return f"0193a5d1-{number:04x}-7000-8000-00000000f1c7"


def record(body: Struct, number: int = 1, **more: Any) -> Sealed:
    """A fictional record around this body."""
    wanted: dict[str, Any] = {
        "id": record_id(number),
        "issuer": POLICE,
        "made": MADE,
        "marking": Marking("AMBER", ("H0", "H1"), "AMBER", "B", 2),
        "purpose": "prevent-crime",
        "basis": "fictional-act-1",
        "salt": salts("field", number),
    }
    return seal(body, **(wanted | more))


def example(kind: str) -> Any:
    return kinds()[kind].example


def note(text: bytes, *lines: bytes) -> bytes:
    return note_bytes(text, lines)


def writer_line(text: bytes, name: str = ORIGIN) -> bytes:
    return signature_line(key(name), sign(name), text)


def cosigner_line(text: bytes, name: str = RECEIPT, time_s: int = TIME_S) -> bytes:
    return cosignature_line(key(name), sign(name), text, time_s)


class Log:
    """A channel in memory, small enough to prove from its leaves alone."""

    def __init__(self, pairs: Iterable[tuple[bytes, bytes]], origin: str = ORIGIN) -> None:
        self.origin = origin
        self.leaves = [leaf_of(salt, envelope) for salt, envelope in pairs]

    def text(self, size: int | None = None) -> bytes:
        size = len(self.leaves) if size is None else size
        whole = CompactRange()
        whole.extend(self.leaves[:size])
        return Checkpoint(self.origin, size, whole.root()).text()

    def tiles(self, level: int, n: int, width: int) -> bytes:
        row = self.leaves
        for _ in range(level):
            row = [_root(row[at : at + 256]) for at in range(0, len(row) // 256 * 256, 256)]
        return b"".join(row[n * 256 : n * 256 + width])


def _root(leaves: list[bytes]) -> bytes:
    whole = CompactRange()
    whole.extend(leaves)
    return whole.root()


def receipt(extra: bytes | None, index: int, hashes: tuple[bytes, ...], signed: bytes) -> str:
    return TlogProof(extra, index, hashes, signed).to_bytes().decode()


def base64(raw: bytes) -> str:
    return b64encode(raw).decode()


def spelled(raw: bytes) -> dict[str, str]:
    """Bytes as a vector writes them: as text where they are text."""
    try:
        return {"text": raw.decode()}
    except UnicodeDecodeError:
        return {"base64": base64(raw)}
