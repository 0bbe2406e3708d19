"""Passkeys by WebAuthn, as browsers speak it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Collection
from typing import Any

import webauthn
from cryptography.exceptions import UnsupportedAlgorithm
from webauthn.helpers.cose import COSEAlgorithmIdentifier as Algorithm
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from comity.domain.people import Passkey
from comity.errors import Malformed, Unproven
from comity.ports.people import Enrolled, Shown, Site

ALGORITHMS = [Algorithm.ECDSA_SHA_256, Algorithm.EDDSA, Algorithm.RSASSA_PKCS1_v1_5_SHA_256]
"""Those that `domain/people/signing.py` checks as well."""
TIMEOUT_MS = 300_000
ANSWER_BYTES_MAX = 64 * 1024
_VERIFIED = UserVerificationRequirement.REQUIRED
# The library lets what Python says about odd bytes through.
_FAULTS = (WebAuthnException, UnsupportedAlgorithm, ValueError, TypeError, LookupError, AttributeError, RecursionError)


class SpokenCeremonies:
    """Port `Ceremonies`.

    title   of the node, shown by the authenticator
    """

    def __init__(self, title: str) -> None:
        self._title = title

    def to_enrol(
        self, site: Site, challenge: bytes, account: str, login: str, name: str, have: Collection[bytes]
    ) -> bytes:
        options = webauthn.generate_registration_options(
            rp_id=site.rp,
            rp_name=self._title,
            user_name=login,
            user_id=account.encode(),
            user_display_name=name,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED, user_verification=_VERIFIED
            ),
            exclude_credentials=_named(have),
            supported_pub_key_algs=ALGORITHMS,
        )
        return webauthn.options_to_json(options).encode()

    def enrolled(self, site: Site, challenge: bytes, answer: bytes) -> Enrolled:
        told = _read(answer)
        try:
            found = webauthn.verify_registration_response(
                credential=told,
                expected_challenge=challenge,
                expected_rp_id=site.rp,
                expected_origin=site.origin,
                require_user_verification=True,
                supported_pub_key_algs=ALGORITHMS,
            )
        except _FAULTS as fault:
            raise Unproven("passkey-answer", why=_why(fault)) from fault
        if _client(told).get("crossOrigin"):
            raise Unproven("passkey-answer", why="in a frame of another site")
        transports = told["response"].get("transports", ())
        words = [word for word in transports if isinstance(word, str) and len(word) <= 20][:8]
        return Enrolled(
            bytes(found.credential_id),
            bytes(found.credential_public_key),
            found.sign_count,
            found.credential_backed_up,
            tuple(words),
        )

    def to_sign(self, site: Site, challenge: bytes, allowed: Collection[bytes]) -> bytes:
        options = webauthn.generate_authentication_options(
            rp_id=site.rp,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            allow_credentials=_named(allowed),
            user_verification=_VERIFIED,
        )
        return webauthn.options_to_json(options).encode()

    def challenge_in(self, answer: bytes) -> bytes:
        try:
            return _bytes(_client(_read(answer))["challenge"])
        except _FAULTS as fault:
            raise Malformed("passkey-answer", why=_why(fault)) from fault

    def credential_in(self, answer: bytes) -> bytes:
        try:
            return _bytes(_read(answer)["rawId"])
        except _FAULTS as fault:
            raise Malformed("passkey-answer", why=_why(fault)) from fault

    def signed(self, site: Site, challenge: bytes, answer: bytes, passkey: Passkey) -> Shown:
        told = _read(answer)
        try:
            found = webauthn.verify_authentication_response(
                credential=told,
                expected_challenge=challenge,
                expected_rp_id=site.rp,
                expected_origin=site.origin,
                credential_public_key=passkey.public,
                credential_current_sign_count=passkey.count,
                require_user_verification=True,
            )
            response = told["response"]
            authenticator, client, signature = (
                _bytes(response[name]) for name in ("authenticatorData", "clientDataJSON", "signature")
            )
        except _FAULTS as fault:
            raise Unproven("passkey-answer", why=_why(fault)) from fault
        if found.credential_id != passkey.id:
            raise Unproven("passkey-answer", why="of another passkey")
        if _client(told).get("crossOrigin"):
            raise Unproven("passkey-answer", why="in a frame of another site")
        return Shown(passkey.id, found.new_sign_count, found.credential_backed_up, authenticator, client, signature)


def _named(ids: Collection[bytes]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=each) for each in sorted(ids)]


def _read(answer: bytes) -> dict[str, Any]:
    """The answer as JSON objects; Any: the library judges what is in them."""
    if len(answer) > ANSWER_BYTES_MAX:
        raise Malformed("passkey-answer", why="too large", bytes_max=ANSWER_BYTES_MAX)
    try:
        told = json.loads(answer)
    except (ValueError, RecursionError) as fault:
        raise Malformed("passkey-answer", why="not JSON") from fault
    if not isinstance(told, dict) or not isinstance(told.get("response"), dict):
        raise Malformed("passkey-answer", why="not the answer of an authenticator")
    return told


def _client(told: dict[str, Any]) -> dict[str, Any]:
    client = json.loads(_bytes(told["response"]["clientDataJSON"]))
    if not isinstance(client, dict):
        raise ValueError("clientDataJSON is no object")
    return client


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _why(fault: Exception) -> str:
    return f"{type(fault).__name__}: {fault}"[:200]
