"""A passkey's signature inside a record: over what was decided, about which bytes, by which account, when.

It shows that a key which a node enrolled for an account signed this statement, on a device that had just been unlocked. It doesn't
show who unlocked it. Anybody can check it with the record alone.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol
from urllib.parse import urlsplit

from msgspec import Struct

from comity.domain.ledger import cose_algorithm, verify_cose
from comity.domain.record.places import Hex, Sha256, Uuid, Word
from comity.errors import BadSignature, Malformed

DOMAIN = b"comity/approval/1\n"
PRESENT, VERIFIED = 0x01, 0x04
_FLAGS_AT = 32
_DATA_BYTES_MIN = 37


class Signed(Struct, frozen=True, forbid_unknown_fields=True):
    """A WebAuthn assertion, and whose it is; bytes in hexadecimal.

    account     id of the account for which the issuer enrolled the key
    subject     SHA-256 of the envelope that was decided about
    rp          relying party id: host name of the pages where it was signed
    credential  id of the passkey
    key         its public key, COSE
    authenticator, client, signature   as the authenticator gave them
    """

    account: Uuid
    subject: Sha256
    rp: Word
    credential: Hex
    key: Hex
    authenticator: Hex
    client: Hex
    signature: Hex


class Deciding(Protocol):
    """The members of a decision that are signed."""

    @property
    def request(self) -> str: ...
    @property
    def event(self) -> str: ...
    @property
    def by(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def at(self) -> str: ...
    @property
    def ground(self) -> str | None: ...
    @property
    def choice(self) -> str | None: ...
    @property
    def terms(self) -> Sequence[Any]: ...  # Any: terms of some version, each with text, kind and until


@dataclass(frozen=True)
class SignedBy:
    """What a good signature shows."""

    account: str
    by: str
    at: str
    subject: str
    algorithm: str
    key_sha256: str


def statement(issuer: str, body: Deciding, account: str, subject: str, credential: bytes) -> bytes:
    """The bytes that are decided about, each part with its length before it, so that no two statements are alike.

    What isn't among them: `after`, which is bookkeeping, and `reason`, which may be erased.
    """
    parts = [
        *(issuer, body.request, body.event, body.by, body.role, account, subject, credential.hex(), body.at),
        *(body.ground or "", body.choice or "", str(len(body.terms))),
        *(part for term in body.terms for part in (term.kind, term.until or "", term.text)),
    ]
    told = [part.encode("utf-8") for part in parts]
    return DOMAIN + b"".join(len(part).to_bytes(4, "big") + part for part in told)


def challenge_of(said: bytes) -> bytes:
    """What an authenticator is given to sign."""
    return sha256(said).digest()


def check_signed(issuer: str, body: Deciding, signed: Signed) -> SignedBy:
    """Who signed this decision with a passkey. BadSignature or Malformed, with the part that doesn't hold.

    source   WebAuthn Level 2, 7.2, as far as it can be checked with the record alone
    """
    credential, key = bytes.fromhex(signed.credential), bytes.fromhex(signed.key)
    authenticator, client = bytes.fromhex(signed.authenticator), bytes.fromhex(signed.client)
    said = statement(issuer, body, signed.account, signed.subject, credential)
    _check_client(client, challenge_of(said), signed.rp)
    if len(authenticator) < _DATA_BYTES_MIN or authenticator[:32] != sha256(signed.rp.encode()).digest():
        raise BadSignature("passkey-signature", part="authenticator", why="another page's")
    if authenticator[_FLAGS_AT] & (PRESENT | VERIFIED) != PRESENT | VERIFIED:
        raise BadSignature("passkey-signature", part="authenticator", why="nobody had unlocked it")
    if not verify_cose(key, authenticator + sha256(client).digest(), bytes.fromhex(signed.signature)):
        raise BadSignature("passkey-signature", part="signature", why="doesn't fit the key")
    return SignedBy(signed.account, body.by, body.at, signed.subject, cose_algorithm(key), sha256(key).hexdigest())


def _check_client(client: bytes, challenge: bytes, rp: str) -> None:
    try:
        told = json.loads(client)
    except (ValueError, RecursionError) as fault:
        raise Malformed("passkey-signature", part="client", why="not JSON") from fault
    if not isinstance(told, dict) or told.get("type") != "webauthn.get":
        raise BadSignature("passkey-signature", part="client", why="another ceremony")
    if told.get("challenge") != urlsafe_b64encode(challenge).rstrip(b"=").decode():
        raise BadSignature("passkey-signature", part="client", why="something else was signed")
    origin = told.get("origin")
    try:
        host = urlsplit(origin).hostname if isinstance(origin, str) else None
    except ValueError:
        host = None
    if host is None or (host != rp and not host.endswith(f".{rp}")) or told.get("crossOrigin") not in (None, False):
        raise BadSignature("passkey-signature", part="client", why="another page's")
