"""Monero addresses: Base58 in blocks of eight octets, and four octets of Keccak as checksum.

Source: Monero cryptonote_basic (address prefixes 18, 19, 42) and its base58 in blocks of 8 octets = 11 characters.
"""

from __future__ import annotations

from comity.domain.indicator.coin.keccak import keccak_256

_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUE = {letter: value for value, letter in enumerate(_LETTERS)}
_CHARACTERS = (0, 2, 3, 5, 6, 7, 9, 10, 11)  # for 0..8 octets
_STANDARD, _INTEGRATED, _SUBADDRESS = 18, 19, 42
_TEST_NETWORKS = (24, 25, 36, 53, 54, 63)
_LENGTHS = {_STANDARD: 69, _SUBADDRESS: 69, _INTEGRATED: 77}


def monero_body(text: str) -> bytes | None:
    """Network octet, keys and payment id; None where a character, the length or the checksum is wrong."""
    raw = _decode(text) if len(text) in (95, 106) else None
    if raw is None or keccak_256(raw[:-4])[:4] != raw[-4:]:
        return None
    return raw[:-4] if raw[0] in _TEST_NETWORKS or _LENGTHS.get(raw[0]) == len(raw) else None


def is_test_network(body: bytes) -> bool:
    """Worthless coins?"""
    return body[0] in _TEST_NETWORKS


def without_payment_id(text: str) -> str | None:
    """The standard address inside an integrated one; None for other kinds of address."""
    body = monero_body(text)
    if body is None or body[0] != _INTEGRATED:
        return None
    standard = bytes([_STANDARD]) + body[1:65]
    return _encode(standard + keccak_256(standard)[:4])


def _decode(text: str) -> bytes | None:
    out = b""
    for start in range(0, len(text), 11):
        block = text[start : start + 11]
        octets = _CHARACTERS.index(len(block)) if len(block) in _CHARACTERS else 0
        number = 0
        for letter in block:
            if letter not in _VALUE:
                return None
            number = number * 58 + _VALUE[letter]
        if not octets or number >> (8 * octets):
            return None
        out += number.to_bytes(octets, "big")
    return out


def _encode(raw: bytes) -> str:
    out = ""
    for start in range(0, len(raw), 8):
        block = raw[start : start + 8]
        number, letters = int.from_bytes(block, "big"), ""
        for _ in range(_CHARACTERS[len(block)]):
            number, digit = divmod(number, 58)
            letters = _LETTERS[digit] + letters
        out += letters
    return out
