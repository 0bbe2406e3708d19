"""How ledger texts write names, numbers and bytes, and nothing looser.

Each value has exactly one spelling, so that equal things are equal bytes and a flipped bit is always seen.
"""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import Error, a2b_base64

from comity.errors import MalformedNote

DASH = "\u2014 "
"""Em dash and space: the start of every signature line."""

HASH_BYTES = 32
PROOF_HASHES_MAX = 63

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def base64_text(raw: bytes) -> str:
    """Standard alphabet, with padding."""
    return b64encode(raw).decode("ascii")


def base64_bytes(text: str, code: str) -> bytes:
    """The bytes behind standard, padded, canonical base64; else MalformedNote(code)."""
    try:
        raw = a2b_base64(text, strict_mode=True)
    except (Error, ValueError) as fault:
        raise MalformedNote(code, text=text[:60]) from fault
    # A decoder ignores the unused bits of the last character; two spellings of one signature must not both pass.
    if base64_text(raw) != text:
        raise MalformedNote(code, text=text[:60])
    return raw


def decimal(text: str, code: str) -> int:
    """A whole number in 0..2^63-1 without sign or leading zeros; else MalformedNote(code)."""
    if _DECIMAL.fullmatch(text) is None or int(text) >= 1 << 63:
        raise MalformedNote(code, text=text[:60])
    return int(text)


def is_key_name(text: str) -> bool:
    """Not empty, no Unicode space, no plus sign, no control character (C2SP signed-note)."""
    return bool(text) and "+" not in text and not any(sign.isspace() or sign < " " for sign in text)


def has_control(text: str) -> bool:
    """Whether an ASCII control character other than LF occurs."""
    return any(sign < " " and sign != "\n" for sign in text)


def is_utf8(text: str) -> bool:
    """Whether the text can be written as UTF-8: it holds no lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def signature_text(name: str, key_id: bytes, signature: bytes) -> bytes:
    """One signature line with its LF."""
    return f"{DASH}{name} {base64_text(key_id + signature)}\n".encode()
