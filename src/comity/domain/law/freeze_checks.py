"""What every freeze has to say: how much of what, until when, how the holder may object. A freeze without an end is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from comity.domain.law.draft import Draft, finding
from comity.domain.law.measure import Measure
from comity.domain.terms import Instant, Reason, instant_from
from comity.errors import Malformed

DAY_MS = 86_400_000
ACCOUNTS = ("wallet", "bank_account")
UNITS = re.compile(r"[1-9][0-9]{0,39}", re.ASCII)
"""Smallest units of the asset, in decimal: cents, won, satoshi, wei. No separators, no decimals, no zeros in front."""
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_EVM_CONTRACT = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_CONTRACTS = {
    **dict.fromkeys(("eth", "bsc", "arb", "etc", "polygon", "avax", "base", "op"), _EVM_CONTRACT),
    "trx": re.compile(r"T[1-9A-HJ-NP-Za-km-z]{33}", re.ASCII),
    "sol": re.compile(r"[1-9A-HJ-NP-Za-km-z]{32,44}", re.ASCII),
}
COINS = frozenset({*_CONTRACTS, "btc", "bch", "ltc", "doge", "zec", "dash", "xrp", "xmr"})


def is_asset(text: str) -> bool:
    """A currency (ISO 4217), a chain's own coin (`btc`), or a token by chain and contract (`trx:T...`).

    A token's name alone (USDT) is none: its contract says on which chain it lives, and that it isn't an imitation.
    """
    chain, colon, contract = text.partition(":")
    if not colon:
        return CURRENCY.fullmatch(text) is not None or text in COINS
    shape = _CONTRACTS.get(chain)
    return shape is not None and shape.fullmatch(contract) is not None


def said(draft: Draft, member: str) -> str:
    """A member of the form, or nothing."""
    return draft.form.get(member, "").strip()


def _account_targeted(draft: Draft, _measure: Measure) -> Iterator[Reason]:
    if not any(kind in ACCOUNTS for kind, _ in draft.targets):
        yield finding("account-missing", "targets", "fill-in", choices=list(ACCOUNTS))


def _amount_stated(draft: Draft, _measure: Measure) -> Iterator[Reason]:
    """An amount, or the whole account with the reason why nothing less will do; never both, never neither."""
    amount, whole = said(draft, "amount_units"), said(draft, "whole_account_reason")
    if not amount and not whole:
        yield finding("amount-missing", "form/amount_units", "fill-in", instead="form/whole_account_reason")
    elif amount and whole:
        yield finding("amount-and-whole-account", "form/whole_account_reason", "leave-out")
    elif amount and UNITS.fullmatch(amount) is None:
        yield finding("amount-not-in-units", "form/amount_units", "correct", amount=amount[:60])


def _asset_stated(draft: Draft, _measure: Measure) -> Iterator[Reason]:
    asset = said(draft, "asset")
    if not asset:
        yield finding("asset-missing", "form/asset", "fill-in")
    elif not is_asset(asset):
        yield finding("asset-unknown", "form/asset", "correct", asset=asset[:60])


def _end_stated(draft: Draft, measure: Measure) -> Iterator[Reason]:
    """Every freeze lapses, at the latest when the measure's limit for its nature is over."""
    text = said(draft, "ends_at")
    if not text:
        yield finding("end-missing", "form/ends_at", "fill-in")
        return
    ends = moment(text)
    if ends is None:
        yield finding("end-unreadable", "form/ends_at", "correct", ends_at=text[:40])
        return
    if draft.at is None:
        return
    if ends <= draft.at:
        yield finding("end-in-the-past", "form/ends_at", "correct", ends_at=text)
    for limit in measure.limits:
        if limit.nature == draft.nature and ends > draft.at + limit.days * DAY_MS:
            yield finding(
                "end-too-far", "form/ends_at", "correct", ends_at=text, days_max=limit.days, source=limit.source
            )


def _limit_known(draft: Draft, measure: Measure) -> Iterator[Reason]:
    """A nature without a limit has no freeze: an end that nobody bounds is no end."""
    if not any(limit.nature == draft.nature for limit in measure.limits):
        choices = [limit.nature for limit in measure.limits]
        yield finding("nature-without-limit", "nature", "choose", nature=draft.nature, choices=choices)


def _remedy_stated(draft: Draft, _measure: Measure) -> Iterator[Reason]:
    """How, where and until when the holder of the account may object."""
    for member in ("remedy", "remedy_address", "remedy_until"):
        if not said(draft, member):
            yield finding("remedy-missing", f"form/{member}", "fill-in", member=member)
    text = said(draft, "remedy_until")
    until = moment(text) if text else None
    if text and until is None:
        yield finding("remedy-unreadable", "form/remedy_until", "correct", remedy_until=text[:40])
    elif until is not None and draft.at is not None and until <= draft.at:
        yield finding("remedy-in-the-past", "form/remedy_until", "correct", remedy_until=text)


def _basis_stated(draft: Draft, _measure: Measure) -> Iterator[Reason]:
    if not said(draft, "legal_basis_at_home"):
        yield finding("basis-missing", "form/legal_basis_at_home", "fill-in")


def _order_sought(draft: Draft, _measure: Measure) -> Iterator[Reason]:
    """A hold that nobody means to follow up by an order only warns the holder."""
    if not said(draft, "follow_up_route"):
        yield finding("follow-up-missing", "form/follow_up_route", "fill-in")


def _transfers_whole(draft: Draft, _measure: Measure) -> Iterator[Reason]:
    """Money is traced by whole transaction hashes; a wallet without any gives the addressee nothing to check."""
    wallets = any(kind == "wallet" for kind, _ in draft.targets)
    if wallets and not any(kind == "transaction" for kind, _ in draft.targets):
        yield finding("transaction-missing", "targets", "fill-in")


def moment(text: str) -> Instant | None:
    """The moment that a text of a form names; None where it names none."""
    try:
        return instant_from(text)
    except Malformed:
        return None


FREEZE_CHECKS: Mapping[str, Callable[[Draft, Measure], Iterator[Reason]]] = {
    "account-targeted": _account_targeted,
    "amount-stated": _amount_stated,
    "asset-stated": _asset_stated,
    "end-stated": _end_stated,
    "limit-known": _limit_known,
    "remedy-stated": _remedy_stated,
    "basis-stated": _basis_stated,
    "order-sought": _order_sought,
    "transfers-whole": _transfers_whole,
}
