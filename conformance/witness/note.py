"""Signed notes, logs that sign them, and cosignatures that are checked: C2SP signed-note and tlog-cosignature."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from struct import pack, unpack

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from conformance.witness.tree import History

DASH = "\u2014 "
LOG, COSIGNER, COSIGNER_MLDSA = 1, 4, 6


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Four bytes that tell keys of one name apart."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def signature_line(name: str, identity: bytes, signature: bytes) -> bytes:
    """One line below a note's text."""
    return f"{DASH}{name} {b64encode(identity + signature).decode()}\n".encode()


def asking(old: int | str, proof: list[bytes], note: bytes) -> bytes:
    """The body of add-checkpoint."""
    hashes = "".join(f"{b64encode(each).decode()}\n" for each in proof)
    return f"old {old}\n{hashes}\n".encode() + note


class Log:
    """A log of ours: a key made from `seed`, and its histories."""

    def __init__(self, origin: str, seed: str) -> None:
        self.origin = origin
        self._private = Ed25519PrivateKey.from_private_bytes(sha256(f"{seed} {origin}".encode()).digest())
        self._public = self._private.public_key().public_bytes_raw()
        self.id = key_id(origin, LOG, self._public)
        self.history = History(f"{seed} {origin}")

    @property
    def vkey(self) -> str:
        """What the witness has to be told."""
        return f"{self.origin}+{self.id.hex()}+{b64encode(bytes([LOG]) + self._public).decode()}"

    def text(self, size: int | str, turns: tuple[int, ...] = (), root: bytes | None = None) -> bytes:
        """The checkpoint's text; `size` as text writes what is no number."""
        if root is None:
            root = self.history.root(int(size), turns)
        return f"{self.origin}\n{size}\n{b64encode(root).decode()}\n".encode()

    def line(self, text: bytes) -> bytes:
        """Our signature line over it."""
        return signature_line(self.origin, self.id, self._private.sign(text))

    def bad_line(self, text: bytes) -> bytes:
        """A line under our name and key id whose signature fails."""
        return signature_line(self.origin, self.id, self._private.sign(text + b"other"))

    def sign(self, text: bytes) -> bytes:
        """The note."""
        return text + b"\n" + self.line(text)

    def note(self, size: int, turns: tuple[int, ...] = (), root: bytes | None = None) -> bytes:
        """A signed checkpoint."""
        return self.sign(self.text(size, turns, root))

    def body(self, old: int, size: int, turns: tuple[int, ...] = ()) -> bytes:
        """An honest request on one history."""
        return asking(old, self.history.proof(old, size, turns), self.note(size, turns))


@dataclass(frozen=True)
class Cosigner:
    """A key of the witness, as its vkey tells it: type 04 (Ed25519) or 06 (ML-DSA-44)."""

    name: str
    kind: int
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> Cosigner:
        """Reads a vkey; ValueError says what is wrong."""
        name, stated, encoded = vkey.split("+", 2)
        raw = b64decode(encoded, validate=True)
        if raw[:1] not in (bytes([COSIGNER]), bytes([COSIGNER_MLDSA])):
            raise ValueError("not the vkey of a cosigner (type 04 or 06)")
        found = cls(name, raw[0], raw[1:])
        if found.id.hex() != stated:
            raise ValueError("the vkey's id isn't that of its key")
        return found

    @property
    def id(self) -> bytes:
        return key_id(self.name, self.kind, self.public)

    def time_of(self, signature: bytes, text: bytes) -> int:
        """POSIX seconds of a good cosignature over this checkpoint; ValueError when it isn't one."""
        if len(signature) <= 8:
            raise ValueError("the signature is too short to hold a time")
        (time_s,) = unpack(">Q", signature[:8])
        if not 0 < time_s < 1 << 63:
            raise ValueError(f"time {time_s} can't be")
        try:
            if self.kind == COSIGNER:
                message = b"cosignature/v1\ntime %d\n%b" % (time_s, text)
                Ed25519PublicKey.from_public_bytes(self.public).verify(signature[8:], message)
            else:
                self._verify_mldsa(signature[8:], time_s, text)
        except InvalidSignature as fault:
            raise ValueError("the cosignature doesn't verify") from fault
        return int(time_s)

    def _verify_mldsa(self, signature: bytes, time_s: int, text: bytes) -> None:
        # Only where it's needed: older builds of the library don't have it.
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

        origin, size, root = text.decode().splitlines()[:3]
        name, log = self.name.encode(), origin.encode()
        message = b"".join(
            (
                b"subtree/v1\n\0" + pack(">B", len(name)) + name + pack(">Q", time_s),
                pack(">B", len(log)) + log + pack(">QQ", 0, int(size)) + b64decode(root),
            )
        )
        MLDSA44PublicKey.from_public_bytes(self.public).verify(signature, message)


def lines_in(raw: bytes) -> list[tuple[str, bytes, bytes]]:
    """(name, key id, signature) of each signature line; ValueError when the bytes are anything else."""
    text = raw.decode("utf-8")
    if not text.endswith("\n"):
        raise ValueError("the last line doesn't end in a newline")
    found = []
    for line in text[:-1].split("\n"):
        dash, name, encoded = line[:2], *line[2:].rpartition(" ")[::2]
        if dash != DASH or not name:
            raise ValueError(f"not a signature line: {line[:60]!r}")
        signed = b64decode(encoded, validate=True)
        found.append((name, signed[:4], signed[4:]))
    return found
