"""What a peer's newer roster makes of its entry here. Pure: values in, values out.

A node can't unsay by it what it has signed: the end of an old key counts from when we took the news up, never from before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from comity.domain.ledger import COSIGNATURE, PastKey, Peer, Predecessor, VerifierKey
from comity.domain.record.kinds import roster_2
from comity.domain.terms import Instant, NodeName, Reason
from comity.domain.terms.address import is_exchange_address
from comity.errors import Malformed
from comity.flows.invitation import NUMBER, certificate_names, plain_base64
from comity.flows.taking_up import Announced

OVERLAP_MS = 86_400_000
"""How long after the news a rotated receipt key is still good: its owner changes over when it sees that we have the news."""
PAST_MAX = 200
ROTATED = "rotated"
_CODE = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)


@dataclass(frozen=True)
class News:
    """The entry as it becomes, the channels that are told of, and codes for what changed."""

    peer: Peer
    channels: tuple[Announced, ...]
    changed: tuple[str, ...]


def after_news(
    before: Peer, body: roster_2.Body, *, me: NodeName, others: Iterable[Peer], now: Instant
) -> News | Reason:
    """The entry after a roster of a higher version, or why the roster is passed over. Raises Malformed for a key that is none."""
    if body.node != before.name:
        return Reason("roster-of-another-node", {"node": body.node[:120]})
    if not is_exchange_address(body.address):
        return Reason("roster-address")
    certificate = _certificate(body, before.name)
    if certificate is None or any(certificate in (peer.certificate, peer.next_certificate) for peer in others):
        return Reason("roster-certificate")
    seal = plain_base64(body.seal) if body.seal is not None else b""
    if seal is None:
        return Reason("roster-seal-key")
    keys = [(key, VerifierKey.parse(key.vkey)) for key in body.keys]
    if len({vkey.public for _, vkey in keys}) < len(keys) or len({vkey.name for _, vkey in keys}) < len(keys):
        return Reason("roster-key-twice")
    receipts = [vkey for key, vkey in keys if key.lane == "receipt" and key.valid_to is None]
    witnesses = [
        vkey for key, vkey in keys if key.lane == "witness" and key.valid_to is None and vkey.kind == COSIGNATURE
    ]
    if len(receipts) != 1 or not is_own(receipts[0], before.name, "receipt"):
        return Reason("roster-receipt-key")
    if len(witnesses) > 1 or not all(is_own(key, before.name, "witness") for key in witnesses):
        return Reason("roster-witness-key")
    witness = witnesses[0] if witnesses else None
    fresh = [key for key in (receipts[0], witness) if key is not None]
    if reused := next((key for key in fresh if not _may_be_new(key, before)), None):
        return Reason("roster-key-comes-back", {"key": reused.name})
    ended = {vkey.name: key.ended_why or ROTATED for key, vkey in keys if key.valid_to is not None}
    gone = [key for key in (before.receipt_key, before.witness_key) if key is not None and key not in fresh]
    gone += [key for key, _ in before.channels if key.name in ended]
    past = tuple(_past(key, ended.get(key.name, ROTATED), now) for key in gone)
    told = tuple(_channel(key) for key, _ in keys if key.lane not in ("receipt", "witness") and me in key.audience)
    after = replace(
        before,
        address=body.address,
        receipt_key=receipts[0],
        witness_key=witness,
        next_certificate=b"" if certificate == before.certificate else certificate,
        channels=tuple(each for each in before.channels if each[0].name not in ended),
        seal_key=before.seal_key if body.seal is None else seal,
        past=(*before.past, *past)[-PAST_MAX:],
        version=body.version,
    )
    return News(after, tuple(each for each in told if each is not None), _changed(before, after))


def is_own(key: VerifierKey, host: str, capacity: str) -> bool:
    """Whether this is a cosigner's key of the host, in this capacity: `<host>/receipt`, later `<host>/receipt-2` and so on."""
    name = re.escape(f"{host}/{capacity}") + f"(?:{NUMBER})?"
    return key.kind == COSIGNATURE and re.fullmatch(name, key.name) is not None


def _may_be_new(key: VerifierKey, before: Peer) -> bool:
    """One key has one name: neither comes back after it was replaced, nor under the other."""
    standing = [each for each in (before.receipt_key, before.witness_key, *(k for k, _ in before.channels)) if each]
    if key in standing:
        return True
    used = [*standing, *(past.key for past in before.past)]
    return all(key.name != each.name and key.public != each.public for each in used)


def _past(key: VerifierKey, why: str, now: Instant) -> PastKey:
    if why == ROTATED:
        return PastKey(key, Instant(now + OVERLAP_MS), why)
    return PastKey(key, now, why if _CODE.fullmatch(why) else "ended")


def _channel(key: roster_2.Key) -> Announced | None:
    if key.valid_to is not None:
        return None
    gone = key.continues
    follows = Predecessor(gone.origin, gone.size, bytes.fromhex(gone.root)) if gone is not None else None
    return Announced(key.vkey, key.lane, follows)


def _certificate(body: roster_2.Body, host: NodeName) -> bytes | None:
    """DER, if the text is canonical base64 of a certificate with that digest and the host's name."""
    der = plain_base64(body.certificate)
    try:
        names = certificate_names(der or b"")
    except Malformed:
        return None
    return der if der and sha256(der).hexdigest() == body.certificate_sha256 and host in names else None


def _changed(before: Peer, after: Peer) -> tuple[str, ...]:
    pairs: Sequence[tuple[str, object, object]] = (
        ("address", before.address, after.address),
        ("receipt-key", before.receipt_key, after.receipt_key),
        ("witness-key", before.witness_key, after.witness_key),
        ("certificate", before.next_certificate, after.next_certificate),
        ("channels", before.channels, after.channels),
        ("seal-key", before.seal_key, after.seal_key),
    )
    return tuple(what for what, old, new in pairs if old != new)
