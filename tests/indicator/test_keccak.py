"""Keccak-256 against published digests, and its sponge against the standard library's SHA-3."""

from __future__ import annotations

from hashlib import sha3_256

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from comity.domain.indicator.coin.evm import checksum_case, evm_address
from comity.domain.indicator.coin.keccak import keccak_256, sponge_256

PUBLISHED = [
    (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
    (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
    (b"testing", "5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12df9d1b02"),
    (
        b"The quick brown fox jumps over the lazy dog",
        "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15",
    ),
    (b"transfer(address,uint256)", "a9059cbb2ab09eb219583f4a59a5d0623ade346d962bcd4e46b11da047c9049b"),
]

# EIP-55, test cases: all caps, all lower, mixed.
EIP_55 = [
    "52908400098527886E0F7030069857D2E4169EE7",
    "8617E340B3D01FA5F11F306F4090FD50E238070D",
    "de709f2102306220921060314715629080e2fb77",
    "27b1fdb04752bbc536007a920d24acb045561c26",
    "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "fB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "dbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "D1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]


@pytest.mark.parametrize(("message", "digest"), PUBLISHED)
def test_published_digests_come_out(message: bytes, digest: str) -> None:
    assert keccak_256(message).hex() == digest


@given(st.binary(max_size=600))
@example(b"\0" * 135)
@example(b"\0" * 136)
@example(b"\0" * 137)
def test_with_the_standard_padding_the_sponge_is_sha3(message: bytes) -> None:
    assert sponge_256(message, 0x06) == sha3_256(message).digest()


@pytest.mark.parametrize("digits", EIP_55)
def test_eip_55_addresses_keep_their_capitals(digits: str) -> None:
    assert checksum_case(digits.lower()) == digits
    assert evm_address("0x" + digits) == "0x" + digits.lower()


@pytest.mark.parametrize("digits", EIP_55[4:])
def test_a_single_letter_in_the_wrong_case_is_refused(digits: str) -> None:
    for at, letter in enumerate(digits):
        if letter.isalpha():
            assert evm_address("0x" + digits[:at] + letter.swapcase() + digits[at + 1 :]) is None
    assert evm_address("0x" + digits.upper()) == evm_address("0X" + digits.lower()) == "0x" + digits.lower()
