"""A second reader of exchange 1, written from docs/spec alone: the tree, keys and notes; its other parts lie beside it.

It shares no code with the node, only the pages: the standard library, and PyNaCl for Ed25519. What it makes of the vectors shows
that the pages suffice. It reads; it writes nothing, and is not fast.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from hashlib import sha256

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from tests.spec.second_json import Fault, canonical_base64, need

NOTE_MAX = 131_072
DASH = "\u2014 "
_DECIMAL = re.compile("0|[1-9][0-9]*")


def decimal(text: str, code: str) -> int:
    need(_DECIMAL.fullmatch(text) and len(text) < 20 and int(text) < 1 << 63, code)
    return int(text)


# ---- the tree


def entry_of(salt: bytes, envelope: bytes) -> bytes:
    return hmac.new(salt, envelope, "sha256").digest()


def leaf_of(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def node_of(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root_of(leaves: list[bytes]) -> bytes:
    """By the definition: split at the largest power of two below the number."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return node_of(root_of(leaves[:middle]), root_of(leaves[middle:]))


class CompactRange:
    """What a reader remembers: the roots of the perfect subtrees, largest first, each with its number of leaves."""

    def __init__(self) -> None:
        self.parts: list[tuple[int, bytes]] = []

    def append(self, leaf: bytes) -> None:
        self.parts.append((1, leaf))
        while len(self.parts) > 1 and self.parts[-1][0] == self.parts[-2][0]:
            (size, right), (_, left) = self.parts.pop(), self.parts.pop()
            self.parts.append((2 * size, node_of(left, right)))

    def root(self) -> bytes:
        if not self.parts:
            return sha256(b"").digest()
        root = self.parts[-1][1]
        for _, left in reversed(self.parts[:-1]):
            root = node_of(left, root)
        return root


def check_inclusion(index: int, size: int, leaf: bytes, hashes: list[bytes], root: bytes) -> None:
    need(index < size, "index-outside-tree")
    fn, sn, r = index, size - 1, leaf
    for p in hashes:
        need(sn != 0, "proof-too-long")
        if fn % 2 or fn == sn:
            r = node_of(p, r)
            while fn % 2 == 0 and fn:
                fn, sn = fn // 2, sn // 2
        else:
            r = node_of(r, p)
        fn, sn = fn // 2, sn // 2
    need(sn == 0, "proof-too-short")
    need(r == root, "root-differs")


# ---- keys and notes


@dataclass(frozen=True)
class Key:
    name: str
    kind: int
    public: bytes
    id: bytes


def read_key(text: str) -> Key:
    parts = text.split("+", 2)
    need(len(parts) == 3, "key-shape")
    name, key_id, encoded = parts
    raw = canonical_base64(encoded, "key-base64")
    need(raw, "key-length")
    need(_is_name(name), "key-name")
    need(raw[0] in (1, 4), "key-kind")  # type 6 too: this reader can't check it
    need(len(raw) == 33, "key-length")
    computed = sha256(name.encode() + b"\n" + raw).digest()[:4]
    need(computed.hex() == key_id, "key-id")
    return Key(name, raw[0], raw[1:], computed)


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(sign.isspace() or sign < " " for sign in name)


@dataclass
class Note:
    text: bytes
    lines: list[tuple[str, bytes, bytes]]


def read_note(raw: bytes) -> Note:
    need(len(raw) <= NOTE_MAX, "note-too-large")
    try:
        whole = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Fault("note-not-utf8") from None
    need(not any(sign < " " and sign != "\n" for sign in whole), "note-control-character")
    need(whole.endswith("\n"), "note-final-newline")
    blank = whole.rfind("\n\n")
    need(blank >= 0, "note-blank-line")
    lines = whole[blank + 2 : -1].split("\n") if blank + 2 < len(whole) else []
    need(1 <= len(lines) <= 64, "signature-count")
    return Note(whole[: blank + 1].encode(), [_line(line) for line in lines])


def _line(line: str) -> tuple[str, bytes, bytes]:
    need(line.startswith(DASH), "signature-line")
    name, space, encoded = line[len(DASH) :].partition(" ")
    need(space and _is_name(name), "signature-line")
    raw = canonical_base64(encoded, "signature-base64")
    need(len(raw) > 4, "signature-length")
    return name, raw[:4], raw[4:]


def cosigned_message(time_s: int, text: bytes) -> bytes:
    return b"cosignature/v1\ntime %d\n" % time_s + text


def open_note(raw: bytes, keys: list[Key]) -> tuple[Note, dict[str, int | None]]:
    """The note, and the names of the known keys that signed it well, with the time of a cosignature."""
    note = read_note(raw)
    good: dict[str, int | None] = {}
    for name, key_id, signature in note.lines:
        for key in keys:
            if (key.name, key.id) == (name, key_id):
                time_s = _checked(key, signature, note.text)
                earlier = good.get(name)
                good[name] = time_s if earlier is None or time_s is None else min(earlier, time_s)
    need(good, "no-known-signature")
    return note, good


def _checked(key: Key, signature: bytes, text: bytes) -> int | None:
    time_s, message = None, text
    if key.kind == 4:
        need(len(signature) > 8, "cosignature-length")
        time_s, signature = int.from_bytes(signature[:8], "big"), signature[8:]
        need(time_s < 1 << 63, "cosignature-time")
        message = cosigned_message(time_s, text)
    try:
        VerifyKey(key.public).verify(message, signature)
    except (BadSignatureError, ValueError):
        raise Fault("signature-fails") from None
    return time_s


def read_checkpoint(text: bytes) -> tuple[str, int, bytes]:
    lines = text.decode("utf-8").split("\n")
    need(len(lines) == 4 and not lines[3], "checkpoint-lines")
    need(lines[0], "checkpoint-origin")
    root = canonical_base64(lines[2], "checkpoint-root")
    need(len(root) == 32, "checkpoint-root")
    return lines[0], decimal(lines[1], "checkpoint-size"), root


def follow_channel(raw: bytes, key: Key) -> tuple[str, int, bytes]:
    note, _ = open_note(raw, [key])
    checkpoint = read_checkpoint(note.text)
    need(checkpoint[0] == key.name, "origin-not-of-key")
    return checkpoint
