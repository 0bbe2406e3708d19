"""Base58 with a checksum of four octets: Bitcoin's, and XRP's with its own alphabet.

The version octets name the chain, but families share them. What can't be told apart from the text gets one name,
so that two reports of one address meet: a listing says "whoever holds this key", and the key is the same on all.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import base58


@dataclass(frozen=True)
class Form:
    """One version prefix: the name we give it, and the chains whose addresses look exactly like that."""

    chain: str
    payload: int
    shared_with: tuple[str, ...] = ()


BITCOIN_KEY, BITCOIN_SCRIPT, LITECOIN_SCRIPT = b"\x00", b"\x05", b"\x32"

# Source: the chain parameters of each project's node; the prefix is what remains above the payload.
FORMS = {
    BITCOIN_KEY: Form("btc", 20, ("bch", "bsv", "omni")),  # 1...
    BITCOIN_SCRIPT: Form("btc", 20, ("bch", "bsv", "omni", "ltc")),  # 3..., Litecoin's scripts before it chose M
    b"\x30": Form("ltc", 20),  # L...
    LITECOIN_SCRIPT: Form("ltc", 20),  # M...
    b"\x1e": Form("doge", 20, ("xvg",)),  # D...: Dogecoin and Verge
    b"\x16": Form("doge", 20),  # 9..., A...
    b"\x21": Form("xvg", 20),  # E...
    b"\x4c": Form("dash", 20),  # X...
    b"\x10": Form("dash", 20),  # 7...
    b"\x26": Form("btg", 20),  # G...
    b"\x17": Form("btg", 20),  # A...
    b"\x1c\xb8": Form("zec", 20),  # t1...
    b"\x1c\xbd": Form("zec", 20),  # t3...
    b"\x41": Form("trx", 20),  # T...
}
TEST_NETWORKS = frozenset({b"\x6f", b"\xc4", b"\x3a", b"\x8c", b"\x71", b"\x1d\x25"})
_RIPPLE_ACCOUNT = b"\x00"


def decode_checked(text: str, alphabet: bytes = base58.BITCOIN_ALPHABET) -> bytes | None:
    """Version and payload; None where a character or the checksum is wrong."""
    if not 24 <= len(text) <= 60 or not text.isascii():
        return None
    try:
        raw = base58.b58decode(text, alphabet=alphabet)
    except ValueError:
        return None
    body, checksum = raw[:-4], raw[-4:]
    return body if sha256(sha256(body).digest()).digest()[:4] == checksum else None


def encode_checked(body: bytes) -> str:
    """Text for version and payload, in Bitcoin's alphabet."""
    return base58.b58encode_check(body).decode("ascii")


def form_of(body: bytes) -> tuple[bytes, Form] | None:
    """The prefix and what it means; None for one that is not in the table."""
    prefix = body[:-20]
    form = FORMS.get(prefix)
    return (prefix, form) if form is not None and len(body) == len(prefix) + form.payload else None


def is_xrp_account(text: str) -> bool:
    """An XRP Ledger account, `r...`; the letters' order is its own, the checksum is Bitcoin's."""
    body = decode_checked(text, base58.RIPPLE_ALPHABET) if text.startswith("r") else None
    return body is not None and body[:1] == _RIPPLE_ACCOUNT and len(body) == 21
