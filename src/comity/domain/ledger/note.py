"""Signed notes: a text, a blank line, and one signature line for everybody who stands by it.

source   C2SP signed-note v1.0.0. Unknown signers are ignored; a known one whose signature fails refuses the whole note.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from comity.domain.ledger.checkpoint import Checkpoint, parse_checkpoint
from comity.domain.ledger.cosignature import cosigned_message, split_time
from comity.domain.ledger.keys import COSIGNATURE, ED25519, MLDSA44, Sign, VerifierKey, verify_ed25519, verify_mldsa44
from comity.domain.ledger.lines import DASH, base64_bytes, has_control, is_key_name, signature_text
from comity.errors import BadSignature, MalformedNote, Misconfigured, UnknownKey

NOTE_BYTES_MAX = 128 * 1024
SIGNATURES_MAX = 64
_ID_BYTES = 4


@dataclass(frozen=True)
class SignatureLine:
    """One line below the text: who says to have signed, and the signature (for cosigners: time first)."""

    name: str
    id: bytes
    signature: bytes

    def to_bytes(self) -> bytes:
        """The line as it stands in the note, with its LF."""
        return signature_text(self.name, self.id, self.signature)


@dataclass(frozen=True)
class SignedNote:
    """A note that was read but not yet believed.

    text   the signed bytes, up to and with their last LF
    """

    text: bytes
    signatures: tuple[SignatureLine, ...]

    def to_bytes(self) -> bytes:
        """Exactly the bytes that were read."""
        return note_bytes(self.text, (line.to_bytes() for line in self.signatures))


@dataclass(frozen=True)
class Opened:
    """A note with the known keys whose signatures are good.

    good   key to POSIX seconds of its cosignature; None where the signature states no time. A key that signed several
           times counts once, with its earliest time.
    """

    note: SignedNote
    good: dict[VerifierKey, int | None]


def note_bytes(text: bytes, lines: Iterable[bytes]) -> bytes:
    """The note made of a text and finished signature lines."""
    raw = b"%b\n%b" % (text, b"".join(lines))
    # What can't be read again must never be sent.
    if parse_note(raw).text != text:
        raise MalformedNote("note-text")
    return raw


def parse_note(raw: bytes) -> SignedNote:
    """Reads a note without judging its signatures; each part that breaks the format has its own MalformedNote code."""
    if len(raw) > NOTE_BYTES_MAX:
        raise MalformedNote("note-too-large", bytes=len(raw), bytes_max=NOTE_BYTES_MAX)
    try:
        whole = raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise MalformedNote("note-not-utf8", at=fault.start) from fault
    if has_control(whole):
        raise MalformedNote("note-control-character")
    if not whole.endswith("\n"):
        raise MalformedNote("note-final-newline")
    # The text may hold blank lines itself: the last one ends it.
    blank = whole.rfind("\n\n")
    if blank < 0:
        raise MalformedNote("note-blank-line")
    lines = whole[blank + 2 :].split("\n")[:-1]
    if not 1 <= len(lines) <= SIGNATURES_MAX:
        raise MalformedNote("signature-count", lines=len(lines), lines_max=SIGNATURES_MAX)
    return SignedNote(whole[: blank + 1].encode(), tuple(map(_signature_line, lines)))


def _signature_line(line: str) -> SignatureLine:
    name, space, encoded = line.removeprefix(DASH).partition(" ")
    if not line.startswith(DASH) or not space or not is_key_name(name):
        raise MalformedNote("signature-line", text=line[:60])
    raw = base64_bytes(encoded, "signature-base64")
    if len(raw) <= _ID_BYTES:
        raise MalformedNote("signature-length", name=name[:60], bytes=len(raw))
    return SignatureLine(name, raw[:_ID_BYTES], raw[_ID_BYTES:])


def signature_line(key: VerifierKey, sign: Sign, text: bytes) -> bytes:
    """The signature line, with its LF, by which a writer (kind ED25519) signs this text; others cosign."""
    if key.kind != ED25519:
        raise Misconfigured("key-kind", name=key.name, kind=key.kind)
    signature = sign(text)
    if len(signature) != 64:
        raise Misconfigured("signature-length", name=key.name, bytes=len(signature))
    return signature_text(key.name, key.id, signature)


def open_note(raw: bytes, keys: Iterable[VerifierKey]) -> Opened:
    """Reads a note and checks every signature by a known key.

    Raises BadSignature when any of those fails, UnknownKey when there is none, MalformedNote when it isn't a note.
    """
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.id), key) != key:
            # Four bytes collide if somebody tries: then a line doesn't say which of both keys made it.
            raise UnknownKey("key-ambiguous", name=key.name, id=key.id.hex())
    note = parse_note(raw)
    good: dict[VerifierKey, int | None] = {}
    for line in note.signatures:
        signer = known.get((line.name, line.id))
        if signer is None:
            continue
        time_s = _CHECKS[signer.kind](signer, line, note.text)
        earlier = good.get(signer)
        good[signer] = time_s if earlier is None or time_s is None else min(earlier, time_s)
    if not good:
        raise UnknownKey("no-known-signature", names=[line.name for line in note.signatures])
    return Opened(note, good)


def open_checkpoint(raw: bytes, key: VerifierKey) -> Checkpoint:
    """The checkpoint in a note that this writer signed about its own log; raises as `open_note` does."""
    opened = open_note(raw, (key,))
    checkpoint = parse_checkpoint(opened.note.text)
    if checkpoint.origin != key.name:
        raise UnknownKey("origin-not-of-key", origin=checkpoint.origin, name=key.name)
    return checkpoint


def _check_signature(key: VerifierKey, line: SignatureLine, text: bytes) -> None:
    _must(verify_ed25519(key.public, text, line.signature), key)


def _check_cosignature(key: VerifierKey, line: SignatureLine, text: bytes) -> int:
    time_s, signature, message = _cosigned(key, line, text)
    _must(verify_ed25519(key.public, message, signature), key)
    return time_s


def _check_mldsa(key: VerifierKey, line: SignatureLine, text: bytes) -> int | None:
    time_s, signature, message = _cosigned(key, line, text)
    _must(verify_mldsa44(key.public, message, signature), key)
    # In this kind zero means that the cosigner states no time.
    return time_s or None


def _cosigned(key: VerifierKey, line: SignatureLine, text: bytes) -> tuple[int, bytes, bytes]:
    try:
        time_s, signature = split_time(line.signature)
        return time_s, signature, cosigned_message(key, time_s, text)
    except MalformedNote as fault:
        # The line claims a known key, and no signature by that key could look or stand like this.
        raise BadSignature(fault.code, name=key.name, id=key.id.hex()) from fault


def _must(good: bool, key: VerifierKey) -> None:
    if not good:
        raise BadSignature("signature-fails", name=key.name, id=key.id.hex())


# A further algorithm is one more line here, in keys.PUBLIC_BYTES and in cosignature.SIGNATURE_BYTES.
_CHECKS: dict[int, Callable[[VerifierKey, SignatureLine, bytes], int | None]] = {
    ED25519: _check_signature,
    COSIGNATURE: _check_cosignature,
    MLDSA44: _check_mldsa,
}
