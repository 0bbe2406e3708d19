"""Passkeys by WebAuthn. The library takes half a second to load, and most commands never need it."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from comity.domain.people import Passkey
from comity.ports.people import Ceremonies, Enrolled, Shown, Site


class WebCeremonies:
    """Port `Ceremonies`, loaded at its first use.

    title   of the node, shown by the authenticator
    """

    def __init__(self, title: str) -> None:
        self._title = title

    @cached_property
    def _spoken(self) -> Ceremonies:
        from comity.adapters.people.speaking import SpokenCeremonies

        return SpokenCeremonies(self._title)

    def to_enrol(
        self, site: Site, challenge: bytes, account: str, login: str, name: str, have: Collection[bytes]
    ) -> bytes:
        return self._spoken.to_enrol(site, challenge, account, login, name, have)

    def enrolled(self, site: Site, challenge: bytes, answer: bytes) -> Enrolled:
        return self._spoken.enrolled(site, challenge, answer)

    def to_sign(self, site: Site, challenge: bytes, allowed: Collection[bytes]) -> bytes:
        return self._spoken.to_sign(site, challenge, allowed)

    def challenge_in(self, answer: bytes) -> bytes:
        return self._spoken.challenge_in(answer)

    def credential_in(self, answer: bytes) -> bytes:
        return self._spoken.credential_in(answer)

    def signed(self, site: Site, challenge: bytes, answer: bytes, passkey: Passkey) -> Shown:
        return self._spoken.signed(site, challenge, answer, passkey)
