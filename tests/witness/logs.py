"""Logs of fictional writers, with histories that can fork; written from RFC 6962 and sharing no code with the ledger's trees."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from comity.domain.ledger import ED25519, VerifierKey
from tests.ledger.plain_tree import PlainTree

ORIGIN = "police.kr.example/ch/" + "a" * 16


@dataclass
class PlainLog:
    """One writer with a main history and any number of forks of it."""

    origin: str = ORIGIN
    private: Ed25519PrivateKey = field(
        default_factory=lambda: Ed25519PrivateKey.from_private_bytes(sha256(b"log").digest())
    )

    @property
    def key(self) -> VerifierKey:
        return VerifierKey(self.origin, ED25519, self.private.public_key().public_bytes_raw())

    def tree(self, size: int, fork_at: int | None = None) -> PlainTree:
        """`size` leaves; those from `fork_at` on belong to another history."""
        words = (b"a" if fork_at is None or at < fork_at else b"b" for at in range(size))
        return PlainTree([sha256(b"\x00" + word + b"%d" % at).digest() for at, word in enumerate(words)])

    def root(self, size: int, fork_at: int | None = None) -> bytes:
        return self.tree(size, fork_at).root(0, size)

    def proof(self, old: int, size: int, fork_at: int | None = None) -> tuple[bytes, ...]:
        return tuple(self.tree(size, fork_at).consistency(old, size)) if old else ()

    def text(self, size: int, fork_at: int | None = None, root: bytes | None = None) -> bytes:
        root = self.root(size, fork_at) if root is None else root
        return f"{self.origin}\n{size}\n{b64encode(root).decode()}\n".encode()

    def sign(self, text: bytes) -> bytes:
        """The text as a note with this log's line."""
        line = b64encode(self.key.id + self.private.sign(text)).decode()
        return text + f"\n\u2014 {self.origin} {line}\n".encode()

    def note(self, size: int, fork_at: int | None = None, root: bytes | None = None) -> bytes:
        return self.sign(self.text(size, fork_at, root))

    def body(self, old: int, size: int, fork_at: int | None = None) -> bytes:
        """An honest request from `old` to `size` on one history."""
        return asking(old, self.proof(old, size, fork_at), self.note(size, fork_at))


def asking(old: int | str, proof: tuple[bytes, ...] | list[bytes], note: bytes) -> bytes:
    head = f"old {old}\n" + "".join(f"{b64encode(each).decode()}\n" for each in proof)
    return head.encode() + b"\n" + note
