"""Addresses of all chains: every listed one is accepted, and one wrong character is noticed."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.indicator import Indicator, broader, indicator
from comity.domain.indicator.coin.check58 import FORMS, decode_checked, encode_checked
from comity.domain.indicator.coin.polymod import cash_decode, cash_encode, is_witness_address
from comity.domain.indicator.kinds.wallet import chains
from comity.errors import Malformed

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BASE32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
PAYMENT_ID = "5be5543ff73456ab9f2d207887e2af87322c651ea1a873c5b25b7ffae456c320"


def listed(shared_data: Path) -> dict[str, list[str]]:
    """Asset -> addresses of the sanctions list."""
    files = sorted((shared_data / "money" / "ofac").glob("sanctioned_addresses_*.txt"))
    assert len(files) == 17
    return {file.stem.rpartition("_")[2].lower(): file.read_text().split() for file in files}


def refused(raw: str) -> str:
    """The code, or empty where the text is accepted."""
    try:
        indicator("wallet", raw)
    except Malformed as fault:
        return fault.code
    return ""


def test_every_sanctioned_address_is_accepted_bare_and_two_entries_are_not_what_their_list_says(
    shared_data: Path,
) -> None:
    said = {(asset, address): refused(address) for asset, held in listed(shared_data).items() for address in held}
    assert len(said) == 654
    assert {key: code for key, code in said.items() if code} == {("xmr", PAYMENT_ID): "wallet-hash-not-address"}
    named = {(asset, address): refused(f"{asset}:{address}") for asset, address in said}
    assert {key: code for key, code in named.items() if code} == {
        ("xbt", "TUCsTq7TofTCJRRoHk6RvhMoS2mJLm5Yzq"): "wallet-chain-mismatch"  # a Tron address among Bitcoin's
    }


def test_the_chain_is_what_the_address_proves_not_the_asset_of_the_list(shared_data: Path) -> None:
    found = {
        asset: dict(Counter(indicator("wallet", a).value.partition(":")[0] for a in held if a != PAYMENT_ID))
        for asset, held in listed(shared_data).items()
    }
    assert found == {
        "arb": {"evm": 1}, "bch": {"bch": 6, "btc": 1}, "bsc": {"evm": 1}, "bsv": {"btc": 1}, "btg": {"btg": 1},
        "dash": {"dash": 3}, "etc": {"evm": 1}, "eth": {"evm": 152}, "ltc": {"ltc": 10}, "trx": {"trx": 6},
        "usdc": {"evm": 2}, "usdt": {"evm": 8, "btc": 7, "trx": 11}, "xbt": {"btc": 434, "trx": 1},
        "xmr": {"xmr": 2}, "xrp": {"xrp": 1}, "xvg": {"doge": 1}, "zec": {"zec": 3},
    }  # fmt: skip


def test_one_changed_character_is_refused_wherever_there_is_a_checksum(shared_data: Path) -> None:
    tried = 0
    for asset, held in listed(shared_data).items():
        for number, address in enumerate(held):
            if address.startswith("0x") or address == PAYMENT_ID:
                continue
            letters = BASE32 if address.startswith(("bc1", "q")) else BASE58
            # Places and replacements walk with the number, so that over the list all places and letters come up.
            for at in {number % len(address), number * 7 % len(address), len(address) - 1 - number % 6}:
                other = letters[(letters.find(address[at]) + 1 + number) % len(letters)]
                changed = address[:at] + other + address[at + 1 :]
                if changed.lower() != address.lower() or (letters == BASE58 and changed != address):
                    assert refused(changed), (asset, address, at, other)
                    tried += 1
    assert tried > 1300


def test_two_swapped_neighbours_are_refused(shared_data: Path) -> None:
    for held in listed(shared_data).values():
        for number, address in enumerate(a for a in held if not a.startswith("0x") and a != PAYMENT_ID):
            at = 4 + number % (len(address) - 6)
            if address[at] != address[at + 1]:
                assert refused(address[:at] + address[at + 1] + address[at] + address[at + 2 :])


def by_hand(body: bytes) -> str:
    """Base58Check, written out: an oracle that shares no line with the product or its library."""
    raw = body + sha256(sha256(body).digest()).digest()[:4]
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + text


@given(st.sampled_from(sorted(FORMS)), st.binary(min_size=20, max_size=20))
def test_an_address_made_by_hand_is_read_on_every_chain(prefix: bytes, digest: bytes) -> None:
    text = by_hand(prefix + digest)
    assert encode_checked(prefix + digest) == text
    assert decode_checked(text) == prefix + digest
    assert indicator("wallet", text).value == f"{FORMS[prefix].chain}:{text}"
    assert chains(f"{FORMS[prefix].chain}:{text}") == (FORMS[prefix].chain, *FORMS[prefix].shared_with)


def test_the_first_letters_are_those_the_chains_are_known_by() -> None:
    letters = {prefix: {by_hand(prefix + bytes([n]) * 20)[: len(prefix)] for n in (0, 255)} for prefix in FORMS}
    assert letters[b"\x30"] == {"L"}
    assert letters[b"\x32"] == {"M"}
    assert letters[b"\x4c"] == {"X"}
    assert letters[b"\x26"] == {"G"}
    assert letters[b"\x41"] == {"T"}
    assert letters[b"\x1e"] == {"D"}
    assert letters[b"\x1c\xb8"] == {"t1"}
    assert letters[b"\x1c\xbd"] == {"t3"}


# BIP 173 and BIP 350, test vectors.
WITNESS = [
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
    "bc1sw50qgdz25j",
    "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
]
NOT_WITNESS = [
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",  # bech32 where bech32m is due
    "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",  # a letter outside the alphabet
    "bc130xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzdu6nx",  # version 17
    "bc1pw5dgrnzv",  # one octet
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav",  # 41 octets
    "bc1qr508d6qejxtdg4y5r3zarvaryv98gj9p",  # 16 octets at version 0
    "bc1gmk9yu",  # no program
]


@pytest.mark.parametrize("address", WITNESS)
def test_published_witness_addresses_are_accepted(address: str) -> None:
    assert is_witness_address(address, "bc")


@pytest.mark.parametrize("address", NOT_WITNESS)
def test_published_invalid_witness_addresses_are_refused(address: str) -> None:
    assert not is_witness_address(address, "bc")


# Cashaddr specification, translation of legacy addresses.
CASH = [
    ("1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu", "qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"),
    ("1KXrWXciRDZUpQwQmuM1DbwsKDLYAYsVLR", "qr95sy3j9xwd2ap32xkykttr4cvcu7as4y0qverfuy"),
    ("16w1D5WRVKJuZUsSRzdLp9w3YGcgoxDXb", "qqq3728yw0y47sqn6l2na30mcw6zm78dzqre909m2r"),
    ("3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC", "ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq"),
    ("3LDsS579y7sruadqu11beEJoTjdFiFCdX4", "pr95sy3j9xwd2ap32xkykttr4cvcu7as4yc93ky28e"),
    ("31nwvkZwyPdgzjBJZXfDmSWsC4ZLKpYyUw", "pqq3728yw0y47sqn6l2na30mcw6zm78dzq5ucqzc37"),
]


@pytest.mark.parametrize(("legacy", "cash"), CASH)
def test_bitcoin_cash_and_bitcoin_spell_one_key_and_cover_each_other(legacy: str, cash: str) -> None:
    assert (
        indicator("wallet", f"bch:{legacy}")
        == indicator("wallet", f"bitcoincash:{cash}")
        == indicator("wallet", cash.upper())
    )
    assert Indicator("wallet", f"bch:{cash}") in broader(indicator("wallet", legacy))
    assert Indicator("wallet", f"btc:{legacy}") in broader(indicator("wallet", cash))


@given(st.integers(0, 1), st.binary(min_size=20, max_size=20))
def test_cashaddr_reads_what_it_writes(address_type: int, digest: bytes) -> None:
    assert cash_decode(cash_encode(address_type, digest)) == (address_type, digest)


def test_litecoin_scripts_in_their_old_spelling_follow_the_named_chain() -> None:
    old, new = by_hand(b"\x05" + b"\x07" * 20), by_hand(b"\x32" + b"\x07" * 20)
    assert indicator("wallet", f"ltc:{old}").value == f"ltc:{new}"
    assert indicator("wallet", old).value == f"btc:{old}"
    assert Indicator("wallet", f"ltc:{new}") in broader(indicator("wallet", old))
    assert Indicator("wallet", f"btc:{old}") in broader(indicator("wallet", new))


@pytest.mark.parametrize("name", ["eth", "bsc", "arb", "etc", "usdc", "usdt", "polygon", "ethereum"])
def test_one_account_is_one_indicator_on_all_chains_like_ethereum(name: str) -> None:
    address = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    assert indicator("wallet", f"{name}:{address}") == indicator("wallet", address.lower())
    assert indicator("wallet", f"ethereum:pay-{address}@1?value=1") == indicator("wallet", address)


# A published pair: one standard address, and the same account with a payment id.
STANDARD = "4AdUndXHHZ6cfufTMvppY6JwXNouMBzSkbLYfpAV5Usx3skxNgYeYTRj5UzqtReoS44qo9mtmXCqY45DJ852K5Jv2684Rge"
INTEGRATED = (
    "4LL9oSLmtpccfufTMvppY6JwXNouMBzSkbLYfpAV5Usx3skxNgYeYTRj5UzqtReoS44qo9mtmXCqY45DJ852K5Jv2bYXZKKQePHES9khPK"
)


def test_a_listed_monero_account_covers_its_integrated_addresses() -> None:
    assert broader(indicator("wallet", INTEGRATED)) == (indicator("wallet", STANDARD),)
    assert broader(indicator("wallet", STANDARD)) == ()


def test_a_bare_hash_is_no_address_and_a_secret_key_is_no_indicator() -> None:
    assert refused("0x" + "ab" * 32) == refused("ab" * 32) == "wallet-hash-not-address"
    assert refused(by_hand(b"\x80" + b"\x01" * 32)) == "wallet-secret-key"
    assert indicator("wallet", "xmr:" + PAYMENT_ID.upper()).value == f"xmr:{PAYMENT_ID}"
