"""The receipt file: where a record stands in a tree, and who has signed that tree.

source   C2SP tlog-proof (untagged; the commit is pinned in docs). Reading checks the form only. `extra` is believed by nobody
         until the leaf made from it leads to the signed root.
"""

from __future__ import annotations

from dataclasses import dataclass

from comity.domain.ledger.checkpoint import parse_checkpoint
from comity.domain.ledger.lines import HASH_BYTES, PROOF_HASHES_MAX, base64_bytes, base64_text, decimal
from comity.domain.ledger.note import NOTE_BYTES_MAX, parse_note
from comity.errors import MalformedNote

HEADER = "c2sp.org/tlog-proof@v1"
# Room for a salt and an envelope of 1 MiB in base64, a full note and 63 hashes.
PROOF_BYTES_MAX = 1_500_000 + NOTE_BYTES_MAX


@dataclass(frozen=True)
class TlogProof:
    """A receipt as it travels.

    extra    salt and envelope, or the salt alone where the envelope is given beside it; None when the line is absent
    index    place of the record, from zero
    hashes   inclusion proof, the leaf's sibling first
    note     the checkpoint with all its signature lines, verbatim
    """

    extra: bytes | None
    index: int
    hashes: tuple[bytes, ...]
    note: bytes

    def __post_init__(self) -> None:
        if not 0 <= self.index < 1 << 63:
            raise MalformedNote("proof-index", index=self.index)
        if len(self.hashes) > PROOF_HASHES_MAX:
            raise MalformedNote("proof-hash-count", hashes=len(self.hashes), hashes_max=PROOF_HASHES_MAX)
        if any(len(each) != HASH_BYTES for each in self.hashes):
            raise MalformedNote("proof-hash", expected=HASH_BYTES)
        parse_checkpoint(parse_note(self.note).text)

    def to_bytes(self) -> bytes:
        """The file."""
        head = [HEADER]
        if self.extra is not None:
            head.append(f"extra {base64_text(self.extra)}")
        head.append(f"index {self.index}")
        head.extend(map(base64_text, self.hashes))
        return "\n".join(head).encode("ascii") + b"\n\n" + self.note


def parse_proof(raw: bytes) -> TlogProof:
    """Reads a receipt file; `to_bytes` gives the same bytes again. Else MalformedNote."""
    if len(raw) > PROOF_BYTES_MAX:
        raise MalformedNote("proof-too-large", bytes=len(raw), bytes_max=PROOF_BYTES_MAX)
    # No line of the head is empty, so the first blank line ends it.
    head, blank, note = raw.partition(b"\n\n")
    if not blank:
        raise MalformedNote("proof-blank-line")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as fault:
        raise MalformedNote("proof-not-ascii", at=fault.start) from fault
    if lines.pop(0) != HEADER:
        raise MalformedNote("proof-header")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = base64_bytes(lines.pop(0).removeprefix("extra "), "proof-extra")
    if not lines or not lines[0].startswith("index "):
        raise MalformedNote("proof-index")
    index = decimal(lines.pop(0).removeprefix("index "), "proof-index")
    if len(lines) > PROOF_HASHES_MAX:
        raise MalformedNote("proof-hash-count", hashes=len(lines), hashes_max=PROOF_HASHES_MAX)
    return TlogProof(extra, index, tuple(base64_bytes(line, "proof-hash") for line in lines), note)
