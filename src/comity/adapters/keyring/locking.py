"""Key files that open with a passphrase alone.

    locked file   magic ‖ salt[16] ‖ nonce[12] ‖ AES-256-GCM of what a plain file holds, AAD = magic ‖ the file's name
    its key       scrypt of the passphrase with this salt, N = 2^15, r = 8, p = 1

The name of a certificate's key is the same before and after it takes the present one's place. Each file tells by itself whether it is
locked, so that locking a folder may break off and go on.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from comity.adapters.keyring import durable
from comity.errors import Misconfigured

MAGIC: Final = b"comity locked key 1\n"
SALT_BYTES, NONCE_BYTES = 16, 12
_N, _R, _P = 1 << 15, 8, 1
SECRETS: Final = ("*.key", "*.secret", "seal.key.json", "certificate*.key.pem")
"""What in a key folder is secret; the rest is public."""


def secrets_in(folder: Path) -> list[Path]:
    return sorted({path for pattern in SECRETS for path in folder.glob(pattern)})


def is_locked(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


class Lock:
    """Reads and writes key files; without a passphrase it writes plain ones, and refuses locked ones."""

    def __init__(self, passphrase: bytes | None = None) -> None:
        self._passphrase = passphrase
        self._keys: dict[bytes, AESGCM] = {}

    def __repr__(self) -> str:
        return "Lock()"

    def read(self, path: Path) -> bytes:
        """What the file holds. Misconfigured when it is locked and there is no passphrase, or another one."""
        raw = durable.read_secret(path)
        if not raw.startswith(MAGIC):
            return raw
        if self._passphrase is None:
            raise Misconfigured("key-file-locked", file=path.name, folder=str(path.parent))
        at = len(MAGIC)
        salt, nonce = raw[at : at + SALT_BYTES], raw[at + SALT_BYTES : at + SALT_BYTES + NONCE_BYTES]
        try:
            return self._key(salt).decrypt(nonce, raw[at + SALT_BYTES + NONCE_BYTES :], _named(path))
        except (InvalidTag, ValueError):
            raise Misconfigured("passphrase-wrong", file=path.name, folder=str(path.parent)) from None

    def write(self, path: Path, raw: bytes) -> None:
        """Durable before it returns; locked where there is a passphrase."""
        if self._passphrase is None:
            durable.write_secret(path, raw)
            return
        salt, nonce = next(iter(self._keys), None) or os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
        durable.write_secret(path, MAGIC + salt + nonce + self._key(salt).encrypt(nonce, raw, _named(path)))

    def lock(self, folder: Path) -> list[str]:
        """Locks every secret in the folder that isn't; their names."""
        plain = [path for path in secrets_in(folder) if not is_locked(path)]
        for path in plain:
            self.write(path, durable.read_secret(path))
        return [path.name for path in plain]

    def _key(self, salt: bytes) -> AESGCM:
        if salt not in self._keys:
            secret = self._passphrase or b""
            made = hashlib.scrypt(secret, salt=salt, n=_N, r=_R, p=_P, maxmem=1 << 26, dklen=32)
            self._keys[salt] = AESGCM(made)
        return self._keys[salt]


def _named(path: Path) -> bytes:
    return MAGIC + path.name.replace("certificate-next.", "certificate.").encode()
