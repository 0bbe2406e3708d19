"""Addresses of Ethereum and every chain that copied its accounts.

The text does not say which: the same key holds the same address on Ethereum, BNB Smart Chain, Arbitrum, Ethereum
Classic and the rest, and tokens (USDT, USDC) live at it too. All go by one name, `evm`, so that listings meet.
"""

from __future__ import annotations

import re

from comity.domain.indicator.coin.keccak import keccak_256

_SHAPE = re.compile(r"0[xX]([0-9a-fA-F]{40})")


def has_evm_shape(text: str) -> bool:
    """`0x` and forty hexadecimal digits?"""
    return _SHAPE.fullmatch(text) is not None


def checksum_case(lower: str) -> str:
    """The forty lower-case digits in the capitals of EIP-55."""
    digest = keccak_256(lower.encode("ascii")).hex()
    return "".join(digit.upper() if nibble >= "8" else digit for digit, nibble in zip(lower, digest, strict=False))


def evm_address(text: str) -> str | None:
    """`0x` and lower case; None where mixed case breaks the EIP-55 checksum. One case throughout carries no checksum."""
    digits = text[2:]
    lower = digits.lower()
    if digits in (lower, digits.upper()) or digits == checksum_case(lower):
        return "0x" + lower
    return None
