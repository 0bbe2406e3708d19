"""Base32 addresses with a BCH checksum: Bitcoin's bech32 and bech32m, Bitcoin Cash's cashaddr.

Source: BIP 173, BIP 350; Bitcoin Cash cashaddr specification. Both catch every error of up to four characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUE = {letter: value for value, letter in enumerate(_LETTERS)}
_BECH32, _BECH32M = 1, 0x2BC830A3
_BECH_STEPS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CASH_STEPS = (0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)
CASH_PREFIX = "bitcoincash"


def is_witness_address(text: str, prefix: str) -> bool:
    """Is the lower-case text a segregated-witness address of that prefix (`bc`, `ltc`, `tb`)?

    Version 0 takes 20 or 32 octets and bech32, versions 1 to 16 take 2 to 40 octets and bech32m.
    """
    head, one, tail = text.rpartition("1")
    values = _values(tail)
    if head != prefix or not one or len(text) > 90 or values is None or len(values) < 7:
        return False
    spread = [ord(letter) >> 5 for letter in head] + [0] + [ord(letter) & 31 for letter in head]
    version, program = values[0], _regroup(values[1:-6], 5, 8)
    constant = _BECH32 if version == 0 else _BECH32M
    if version > 16 or program is None or _bech_polymod([*spread, *values]) != constant:
        return False
    return len(program) in (20, 32) if version == 0 else 2 <= len(program) <= 40


def cash_decode(text: str) -> tuple[int, bytes] | None:
    """Type (0 key, 1 script) and 20-octet hash of a cashaddr without its prefix, lower case; None where it is none."""
    values = _values(text)
    if values is None or len(values) != 42 or _cash_polymod([*_cash_spread(), *values]) != 0:
        return None
    body = _regroup(values[:-8], 5, 8)
    if body is None or body[0] & 0x87 or body[0] >> 3 > 1:
        return None
    return body[0] >> 3, bytes(body[1:])


def cash_encode(address_type: int, digest: bytes) -> str:
    """Cashaddr without prefix for a 20-octet hash."""
    values = _regroup([address_type << 3, *digest], 8, 5, pad=True) or []
    check = _cash_polymod([*_cash_spread(), *values, *[0] * 8])
    return "".join(_LETTERS[value] for value in [*values, *(check >> 5 * (7 - place) & 31 for place in range(8))])


def _values(text: str) -> list[int] | None:
    return [_VALUE[letter] for letter in text] if all(letter in _VALUE for letter in text) else None


def _cash_spread() -> list[int]:
    return [*(ord(letter) & 31 for letter in CASH_PREFIX), 0]


def _bech_polymod(values: Iterable[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, step in enumerate(_BECH_STEPS):
            check ^= step if top >> bit & 1 else 0
    return check


def _cash_polymod(values: Iterable[int]) -> int:
    check = 1
    for value in values:
        top = check >> 35
        check = (check & 0x07FFFFFFFF) << 5 ^ value
        for bit, step in enumerate(_CASH_STEPS):
            check ^= step if top >> bit & 1 else 0
    return check ^ 1


def _regroup(values: Sequence[int], old: int, new: int, *, pad: bool = False) -> list[int] | None:
    """Bits regrouped; without `pad`, leftover bits must be fewer than a group and zero, else None."""
    held, bits, out = 0, 0, []
    for value in values:
        held, bits = held << old | value, bits + old
        while bits >= new:
            bits -= new
            out.append(held >> bits & ((1 << new) - 1))
            held &= (1 << bits) - 1
    if pad and bits:
        out.append(held << (new - bits))
    elif not pad and (bits >= old or held):
        return None
    return out
