"""A virtual-asset address, written `chain:address`.

The chain is what the text itself proves. Where several chains spell addresses alike they share one name, so that
two reports of one address meet whatever asset was sent: see `chains`. A chain or asset may be named in front
(`eth:0x...`, `usdt:T...`, `bitcoin:1...?amount=1`); one that contradicts the address is refused.
"""

from __future__ import annotations

import re

from comity.domain.indicator.coin import check58, evm, monero, polymod
from comity.domain.indicator.value import Indicator
from comity.errors import Malformed

KIND = "wallet"
LABEL = "Virtual-asset address"
PERSONAL = False
MISP_TYPES = ("btc", "xmr", "dash")
SURENESS = 90
EXAMPLES = [
    ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "btc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    ("bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa?amount=1", "btc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "btc:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
    ("bch:1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu", "bch:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"),
    ("bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", "bch:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"),
    ("eth:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "evm:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"),
    ("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "evm:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"),
    ("USDT:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "trx:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"),
    ("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "xrp:rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"),
    ("xmr:" + "AB" * 32, "xmr:" + "ab" * 32),
]
REFUSED = [
    ("", "wallet-empty"),
    ("coin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "wallet-chain-unknown"),
    ("eth:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "wallet-chain-mismatch"),
    ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "wallet-checksum"),
    ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "wallet-checksum"),
    ("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "wallet-checksum-case"),
    ("Bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "wallet-mixed-case"),
    ("mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", "wallet-test-network"),
    ("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", "wallet-test-network"),
    ("5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", "wallet-secret-key"),
    ("P8bCMzyUPGXfJojKQm2xGKcgiRuPxM4Vy6", "wallet-version-unknown"),
    ("ab" * 32, "wallet-hash-not-address"),
    ("not an address", "wallet-not-recognised"),
]

# Every name that may stand in front, and the chains it allows; assets that live on several allow them all.
_ANY: frozenset[str] = frozenset()
_EVM = "evm eth ethereum etc bsc bnb arb arbitrum op optimism base polygon matic avax erc20 bep20 usdc"
_NAMES = {
    **dict.fromkeys(("btc", "xbt", "bitcoin", "bsv", "omni"), frozenset({"btc"})),
    **dict.fromkeys(("bch", "bitcoincash"), frozenset({"bch"})),
    **dict.fromkeys(("ltc", "litecoin"), frozenset({"ltc"})),
    **dict.fromkeys(("doge", "dogecoin"), frozenset({"doge"})),
    **dict.fromkeys(("xvg", "verge"), frozenset({"xvg", "doge"})),
    **dict.fromkeys(("zec", "zcash"), frozenset({"zec"})),
    **dict.fromkeys(("trx", "tron", "trc20"), frozenset({"trx"})),
    **dict.fromkeys(("xrp", "ripple"), frozenset({"xrp"})),
    **dict.fromkeys(("xmr", "monero"), frozenset({"xmr"})),
    **dict.fromkeys(_EVM.split(), frozenset({"evm"})),
    "dash": frozenset({"dash"}),
    "btg": frozenset({"btg"}),
    "usdt": _ANY,
}
_NAMED = re.compile(r"([A-Za-z0-9]+):(?://)?(?:pay-)?(.*)", re.DOTALL)
_WITNESS = re.compile(r"(bc|ltc|tb|tltc|bcrt)1[a-z0-9]{6,90}", re.IGNORECASE)
_CASH = re.compile(r"[qp][a-z0-9]{41}", re.IGNORECASE)
_BASE58 = re.compile(r"[1-9A-HJ-NP-Za-km-z]{25,106}")
_HASH = re.compile(r"(?:0[xX])?[0-9a-fA-F]{64}")
_SECRET_KEYS = frozenset({b"\x80", b"\xb0", b"\x9e", b"\xcc"})


def normalise(raw: str) -> str:
    """`chain:address` with a proved checksum, wherever the chain has one; lower case where case carries nothing.

    Bare 64 hexadecimal digits are refused: they may be a transaction, or a private key, which belongs in no record.
    As `xmr:...` they are a Monero payment id, which sanctions lists do name.
    """
    text = raw.strip()
    named = _NAMED.fullmatch(text)
    name = named[1].lower() if named else ""
    address = (named[2].partition("?")[0].partition("@")[0] if named else text).strip()
    if not address:
        raise Malformed("wallet-empty")
    if named and name not in _NAMES:
        raise Malformed("wallet-chain-unknown", chain=name[:20], known=sorted(_NAMES))
    allowed = _NAMES[name] if named else _ANY
    if "xmr" in allowed and _HASH.fullmatch(address):
        return f"xmr:{address.lower().removeprefix('0x')}"
    chain, proved = _as_named(*_proved(address), allowed)
    if allowed and chain not in allowed:
        raise Malformed("wallet-chain-mismatch", named=name, found=chain)
    return f"{chain}:{proved}"


def recognise(raw: str) -> bool:
    """Whatever normalises: nearly all of it is proved by a checksum."""
    try:
        normalise(raw)
    except Malformed:
        return False
    return True


def chains(value: str) -> tuple[str, ...]:
    """The chains on which an address in normal form may live; more than one where they spell alike."""
    chain, _, address = value.partition(":")
    if chain == "evm":
        return ("eth", "bsc", "arb", "etc", "polygon", "avax", "base", "op")
    body = check58.decode_checked(address) if chain in ("btc", "doge") else None
    form = check58.form_of(body) if body is not None else None
    return (chain, *form[1].shared_with) if form is not None else (chain,)


def broader(value: str) -> tuple[Indicator, ...]:
    """The same key or script as other chains spell it, and the account behind a Monero payment id.

    Bitcoin Cash and old Litecoin addresses are Bitcoin's in other letters: whoever holds one holds the other.
    """
    chain, _, address = value.partition(":")
    if chain == "xmr":
        account = monero.without_payment_id(address)
        return (Indicator(KIND, f"xmr:{account}"),) if account else ()
    script, digest = _script_and_digest(chain, address)
    if digest is None:
        return ()
    bitcoin = check58.BITCOIN_SCRIPT if script else check58.BITCOIN_KEY
    twins = [f"btc:{check58.encode_checked(bitcoin + digest)}", f"bch:{polymod.cash_encode(script, digest)}"]
    twins += [f"ltc:{check58.encode_checked(check58.LITECOIN_SCRIPT + digest)}"] if script else []
    return tuple(Indicator(KIND, twin) for twin in twins if twin != value)


def _proved(address: str) -> tuple[str, str]:
    """Chain and address that the text proves."""
    if evm.has_evm_shape(address):
        return "evm", _evm(address)
    if _HASH.fullmatch(address):
        raise Malformed("wallet-hash-not-address")
    witness = _WITNESS.fullmatch(address)
    if witness is not None:
        return _witness(_one_case(address), witness[1].lower())
    if _CASH.fullmatch(address):
        folded = _one_case(address)
        if polymod.cash_decode(folded) is None:
            raise Malformed("wallet-checksum")
        return "bch", folded
    if check58.is_xrp_account(address):
        return "xrp", address
    if _BASE58.fullmatch(address) is None:
        raise Malformed("wallet-not-recognised")
    return _monero(address) if len(address) > 60 else _base58(address)


def _as_named(chain: str, address: str, allowed: frozenset[str]) -> tuple[str, str]:
    """Bitcoin's spelling in that of the chain named in front, where that chain used to spell alike."""
    if chain != "btc" or "btc" in allowed:
        return chain, address
    script, digest = _script_and_digest(chain, address)
    if digest is not None and "bch" in allowed:
        return "bch", polymod.cash_encode(script, digest)
    if digest is not None and script and "ltc" in allowed:
        return "ltc", check58.encode_checked(check58.LITECOIN_SCRIPT + digest)
    return chain, address


def _script_and_digest(chain: str, address: str) -> tuple[int, bytes | None]:
    """0 key or 1 script, and its 20-octet hash, where the three chains share it; else (0, None)."""
    if chain == "bch":
        return polymod.cash_decode(address) or (0, None)
    body = check58.decode_checked(address) if chain in ("btc", "ltc") else None
    shared = (check58.BITCOIN_KEY, check58.BITCOIN_SCRIPT, check58.LITECOIN_SCRIPT)
    if body is None or len(body) != 21 or body[:1] not in shared:
        return 0, None
    return int(body[:1] != check58.BITCOIN_KEY), body[1:]


def _evm(address: str) -> str:
    lower = evm.evm_address(address)
    if lower is None:
        raise Malformed("wallet-checksum-case", rule="EIP-55")
    return lower


def _one_case(address: str) -> str:
    if address not in (address.lower(), address.upper()):
        raise Malformed("wallet-mixed-case")
    return address.lower()


def _witness(address: str, prefix: str) -> tuple[str, str]:
    if not polymod.is_witness_address(address, prefix):
        raise Malformed("wallet-checksum")
    if prefix not in ("bc", "ltc"):
        raise Malformed("wallet-test-network")
    return "btc" if prefix == "bc" else prefix, address


def _monero(address: str) -> tuple[str, str]:
    body = monero.monero_body(address)
    if body is None:
        raise Malformed("wallet-checksum")
    if monero.is_test_network(body):
        raise Malformed("wallet-test-network")
    return "xmr", address


def _base58(address: str) -> tuple[str, str]:
    body = check58.decode_checked(address)
    if body is None:
        raise Malformed("wallet-checksum")
    found = check58.form_of(body)
    if found is not None:
        return found[1].chain, address
    if body[:-20] in check58.TEST_NETWORKS:
        raise Malformed("wallet-test-network")
    if body[:1] in _SECRET_KEYS and len(body) in (33, 34):
        raise Malformed("wallet-secret-key")
    raise Malformed("wallet-version-unknown", version=body[:-20].hex()[:8])
