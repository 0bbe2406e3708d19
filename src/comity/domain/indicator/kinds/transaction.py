"""A transaction on a public chain, written `chain:hash`."""

from __future__ import annotations

import re

from comity.errors import Malformed

KIND = "transaction"
LABEL = "Transaction on a chain"
PERSONAL = False  # it stands in a public ledger
MISP_TYPES: tuple[str, ...] = ()  # MISP's object is typed for Bitcoin alone
SURENESS = 85
EXAMPLES = [
    ("btc:" + "AB" * 32, "btc:" + "ab" * 32),
    ("bitcoin:" + "ab" * 32, "btc:" + "ab" * 32),
    ("eth:0x" + "ab" * 32, "eth:0x" + "ab" * 32),
    ("ETH:" + "AB" * 32, "eth:0x" + "ab" * 32),
    ("bnb:0x" + "ab" * 32, "bsc:0x" + "ab" * 32),
    ("tron:" + "ab" * 32, "trx:" + "ab" * 32),
    ("XRP:" + "AB" * 32, "xrp:" + "ab" * 32),
    ("xmr:" + "ab" * 32, "xmr:" + "ab" * 32),
    ("sol:" + "5" * 88, "sol:" + "5" * 88),
]
REFUSED = [
    ("", "transaction-needs-chain"),
    ("ab" * 32, "transaction-needs-chain"),
    ("0x" + "ab" * 32, "transaction-needs-chain"),
    ("evm:0x" + "ab" * 32, "transaction-chain-unknown"),
    ("usdt:" + "ab" * 32, "transaction-chain-unknown"),
    ("btc:" + "ab" * 31, "transaction-hash"),
    ("btc:" + "abab…abab", "transaction-hash"),
    ("sol:" + "0" * 88, "transaction-hash"),
    ("btc:" + "00" * 32, "transaction-hash"),
]

_HEX = re.compile(r"(?:0x)?([0-9a-f]{64})", re.IGNORECASE | re.ASCII)
_BASE58 = re.compile(r"[1-9A-HJ-NP-Za-km-z]{86,88}")
_PLAIN = {  # bare hexadecimal digits
    "btc": "btc xbt bitcoin",
    "bch": "bch bitcoincash",
    "ltc": "ltc litecoin",
    "doge": "doge dogecoin",
    "zec": "zec zcash",
    "dash": "dash",
    "trx": "trx tron trc20",
    "xrp": "xrp ripple",
    "xmr": "xmr monero",
}
_EVM = {  # 0x in front; unlike an address, a transaction lies on one of these chains only
    "eth": "eth ethereum erc20",
    "etc": "etc",
    "bsc": "bsc bnb bep20",
    "arb": "arb arbitrum",
    "op": "op optimism",
    "base": "base",
    "polygon": "polygon matic",
    "avax": "avax",
}
_CHAIN_OF = {name: chain for chain, names in (*_PLAIN.items(), *_EVM.items()) for name in names.split()} | {
    "sol": "sol",
    "solana": "sol",
}
_NAMED = re.compile(r"([A-Za-z0-9]+):(.*)", re.DOTALL)


def normalise(raw: str) -> str:
    """`chain:hash`, whole; digits in lower case, with 0x where the chain writes it.

    The chain has to be said: the hash alone proves none, and bare digits may be a secret key, which belongs in no record.
    """
    text = raw.strip()
    named = _NAMED.fullmatch(text)
    if named is None:
        raise Malformed("transaction-needs-chain", form="btc:<64 digits>", known=sorted(set(_CHAIN_OF.values())))
    chain = _CHAIN_OF.get(named[1].lower())
    if chain is None:
        raise Malformed("transaction-chain-unknown", chain=named[1][:20], known=sorted(set(_CHAIN_OF.values())))
    told = named[2].strip()
    if chain == "sol":
        if _BASE58.fullmatch(told) is None:
            raise Malformed("transaction-hash", chain=chain, form="86 to 88 characters of base 58")
        return f"sol:{told}"
    found = _HEX.fullmatch(told)
    if found is None or not found[1].strip("0"):
        raise Malformed("transaction-hash", chain=chain, form="64 hexadecimal digits, none left out")
    return f"{chain}:{'0x' if chain in _EVM else ''}{found[1].lower()}"


def recognise(raw: str) -> bool:
    """A chain in front of a whole hash; not Monero's, whose payment ids look the same and are a wallet's."""
    try:
        return not normalise(raw).startswith("xmr:")
    except Malformed:
        return False
