"""The three lines that a writer signs: origin, size, root.

source   C2SP tlog-checkpoint v1.0.0. Extension lines are neither written nor accepted: ML-DSA cosignatures don't cover them.
"""

from __future__ import annotations

from dataclasses import dataclass

from comity.domain.ledger.lines import HASH_BYTES, base64_bytes, base64_text, decimal, has_control, is_utf8
from comity.errors import MalformedNote


@dataclass(frozen=True)
class Checkpoint:
    """A tree at one size.

    origin   name of the log: the key name of its writer
    size     number of leaves, below 2^63
    root     32 bytes
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not self.origin or "\n" in self.origin or has_control(self.origin) or not is_utf8(self.origin):
            raise MalformedNote("checkpoint-origin", origin=self.origin[:60])
        if not 0 <= self.size < 1 << 63:
            raise MalformedNote("checkpoint-size", size=self.size)
        if len(self.root) != HASH_BYTES:
            raise MalformedNote("checkpoint-root", bytes=len(self.root))

    def text(self) -> bytes:
        """The note text to sign."""
        return f"{self.origin}\n{self.size}\n{base64_text(self.root)}\n".encode()


def parse_checkpoint(text: bytes) -> Checkpoint:
    """Reads a note text (without signature lines) as exactly three lines; else MalformedNote."""
    try:
        lines = text.decode("utf-8").split("\n")
    except UnicodeDecodeError as fault:
        raise MalformedNote("checkpoint-not-utf8") from fault
    if len(lines) != 4 or lines[3]:
        raise MalformedNote("checkpoint-lines", lines=len(lines) - 1)
    return Checkpoint(lines[0], decimal(lines[1], "checkpoint-size"), base64_bytes(lines[2], "checkpoint-root"))
