"""Passwords by Argon2id (RFC 9106)."""

from __future__ import annotations

import secrets
from functools import cached_property

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError


class Argon2Hasher:
    """Port `Hasher`.

    memory_kib  of one computation
    passes      over it
    lanes       threads of one computation
    """

    def __init__(self, memory_kib: int, passes: int, lanes: int) -> None:
        self._argon2 = PasswordHasher(
            time_cost=passes, memory_cost=memory_kib, parallelism=lanes, hash_len=32, salt_len=16, type=Type.ID
        )

    @cached_property
    def stand_in(self) -> str:
        return self._argon2.hash(secrets.token_urlsafe(32))

    def hash(self, password: str) -> str:
        return self._argon2.hash(password)

    def fits(self, kept: str, password: str) -> bool:
        try:
            return self._argon2.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    def is_outdated(self, kept: str) -> bool:
        return self._argon2.check_needs_rehash(kept)
