"""How personal values lie in a database: sealed one by one, each bound to its place, and found by keyed digests.

    sealed value   u8 1 ‖ key id[4] ‖ nonce[12] ‖ AES-256-GCM of the value, AAD = its place (tag 16 bytes at the end)
    place          table, column and key of the row: a value that was moved to another row doesn't open
    key id         first four bytes of a keyed digest of the key itself: another key can't take its name

What is looked up by equality has a keyed digest beside it or in its place: logins, tokens of the search index, keys of values. The last
are put through AES as one block, so that they come back. Nonces are drawn by chance: a key should seal no more than 2**32 values.
"""

from __future__ import annotations

import os
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from comity.errors import Malformed, Misconfigured

KEY_BYTES: Final = 32
TOKENS_MAX: Final = 65_536
"""Digests of tokens that are remembered: most tokens come back."""
_FORMAT: Final = b"\x01"
_HEAD_BYTES: Final = 1 + 4
_NONCE_BYTES: Final = 12


def key_id(key: bytes) -> str:
    """What tells one key from another, in hex, without telling anything about it."""
    return blake2b(b"comity at-rest key 1", key=key, digest_size=4).hexdigest()


class RestKeys(Protocol):
    """Where the keys lie, outside the database."""

    def at_rest_keys(self) -> Mapping[str, bytes]:
        """Every key that is there, by its id. Misconfigured when one of them isn't what its name says."""

    def create_at_rest_key(self) -> str:
        """Makes a key; its id. Durable before it answers."""

    def at_rest_folder(self) -> str:
        """Where they lie, for people."""


class Sealing(Protocol):
    """Seals and opens the values of one database."""

    @property
    def current(self) -> str:
        """Id of the key that seals."""

    def fresh(self) -> str:
        """The key for a database that has none yet, made if need be; from now on it seals."""

    def use(self, current: str, others: Iterable[str] = ()) -> None:
        """From now on the first one seals, and all of them open. Misconfigured when one is lacking; then nothing has changed."""

    def seal(self, place: str, raw: bytes) -> bytes: ...
    def open(self, place: str, sealed: bytes) -> bytes:
        """Malformed when it isn't what was sealed for this place."""

    def seal_text(self, place: str, text: str) -> str: ...
    def open_text(self, place: str, sealed: str) -> str: ...
    def digest(self, what: str, text: str) -> str:
        """By which a text is found again; `what` keeps one kind of text from another."""

    def token(self, token: str) -> str:
        """A token of the search index."""

    def key(self, key: bytes) -> bytes:
        """A key of 16 bytes under which a record is found."""

    def unkey(self, key: bytes) -> bytes:
        """What `key` was given."""


class _Derived:
    """What one key is used for: a key of its own for each."""

    def __init__(self, key: bytes) -> None:
        def of(use: bytes) -> bytes:
            return blake2b(b"comity at rest 1: " + use, key=key, digest_size=32).digest()

        self.head = _FORMAT + bytes.fromhex(key_id(key))
        self.values = AESGCM(of(b"values"))
        self.digests, self.tokens = of(b"digests"), of(b"tokens")
        self._block = Cipher(AES256(of(b"keys")), ECB())  # noqa: S305  (one block of 16 bytes is a permutation)
        self._mine = threading.local()

    def blocks(self) -> tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]:
        """Ways there and back, one pair for each thread."""
        found: tuple[Any, Any] | None = getattr(self._mine, "pair", None)
        if found is None:
            found = self._mine.pair = self._block.encryptor(), self._block.decryptor()
        return found[0].update, found[1].update


class AtRest:
    """`Sealing` under the keys of a keyring."""

    def __init__(self, ring: RestKeys) -> None:
        self._ring = ring
        self._keys: dict[bytes, _Derived] = {}
        self._current: _Derived | None = None
        self.token = lru_cache(TOKENS_MAX)(self._token)

    def __repr__(self) -> str:
        return "AtRest()"

    @property
    def current(self) -> str:
        return self._now.head[1:].hex()

    @property
    def _now(self) -> _Derived:
        if self._current is None:
            raise Misconfigured("at-rest-key-not-chosen")
        return self._current

    def fresh(self) -> str:
        there = sorted(self._ring.at_rest_keys())
        chosen = there[-1] if there else self._ring.create_at_rest_key()
        self.use(chosen)
        return chosen

    def use(self, current: str, others: Iterable[str] = ()) -> None:
        there, wanted = self._ring.at_rest_keys(), [current, *others]
        if lacking := [one for one in wanted if one not in there]:
            folder = self._ring.at_rest_folder()
            raise Misconfigured("at-rest-key-missing", keys=lacking, folder=folder, found=sorted(there))
        derived = [_Derived(there[one]) for one in wanted]
        self._keys = {each.head: each for each in derived}
        self._current = derived[0]
        self.token.cache_clear()

    def seal(self, place: str, raw: bytes) -> bytes:
        now, nonce = self._now, os.urandom(_NONCE_BYTES)
        return now.head + nonce + now.values.encrypt(nonce, raw, place.encode())

    def open(self, place: str, sealed: bytes) -> bytes:
        key = self._keys.get(sealed[:_HEAD_BYTES])
        if key is None:
            raise Malformed("sealed-value-unreadable", place=place, key=sealed[1:_HEAD_BYTES].hex())
        nonce = sealed[_HEAD_BYTES : _HEAD_BYTES + _NONCE_BYTES]
        try:
            return key.values.decrypt(nonce, sealed[_HEAD_BYTES + _NONCE_BYTES :], place.encode())
        except (InvalidTag, ValueError) as fault:
            raise Malformed("sealed-value-altered", place=place) from fault

    def seal_text(self, place: str, text: str) -> str:
        return b64encode(self.seal(place, text.encode())).decode()

    def open_text(self, place: str, sealed: str) -> str:
        try:
            raw = b64decode(sealed, validate=True)
        except ValueError as fault:
            raise Malformed("sealed-value-altered", place=place) from fault
        return self.open(place, raw).decode()

    def digest(self, what: str, text: str) -> str:
        return blake2b(f"{what}\0{text}".encode(), key=self._now.digests, digest_size=16).hexdigest()

    def _token(self, token: str) -> str:
        return blake2b(token.encode(), key=self._now.tokens, digest_size=6).hexdigest()

    def key(self, key: bytes) -> bytes:
        return self._now.blocks()[0](key)

    def unkey(self, key: bytes) -> bytes:
        return self._now.blocks()[1](key)


class InTheClear:
    """`Sealing` that seals nothing. For tests that look for traces of what was erased: under a seal there would be none to find."""

    current = "clear"

    def fresh(self) -> str:
        return self.current

    def use(self, current: str, others: Iterable[str] = ()) -> None:
        if current != self.current or tuple(others):
            raise Misconfigured("at-rest-key-missing", keys=[current, *others], folder="", found=[self.current])

    def seal(self, place: str, raw: bytes) -> bytes:
        return raw

    open = seal

    def seal_text(self, place: str, text: str) -> str:
        return text

    open_text = seal_text

    def digest(self, what: str, text: str) -> str:
        return text

    def token(self, token: str) -> str:
        return token

    def key(self, key: bytes) -> bytes:
        return key

    unkey = key


IN_THE_CLEAR: Final = InTheClear()
