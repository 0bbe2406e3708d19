"""Keys as files of mode 0600 in a folder of mode 0700.

<sha256 of the name>.key   one Ed25519 key with its name and its kind; the truth
names                      `<sha256> <kind> <name>` a line: for people, and to notice a key file that has gone
certificate.key.pem        private key of the node's certificate
certificate.pem            the certificate; written last
certificate-next….pem      the pair that takes its place once partners know it
certificate.switch         says that it does so at the next start
storage.secret             32 bytes that wrap the keys of the files which this node keeps
at-rest-<id>.secret        32 bytes that seal personal values in the database; the database says which
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from comity.adapters.at_rest import KEY_BYTES, key_id
from comity.adapters.keyring import durable
from comity.adapters.keyring.certificate import fresh_private_key, read_certificate, self_signed
from comity.adapters.keyring.locking import Lock, is_locked
from comity.adapters.keyring.sealing import SealKey
from comity.domain.ledger import COSIGNATURE, ED25519, VerifierKey
from comity.domain.terms import Instant, NodeName
from comity.errors import Conflict, Misconfigured, NotFound

STORAGE_KEY_BYTES = 32
_KINDS = (ED25519, COSIGNATURE)


class _KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in one key file. Never shown."""

    name: str
    kind: int
    seed: bytes

    def __repr__(self) -> str:
        return f"_KeyFile({self.name!r}, {self.kind})"


class _Held:
    """A key in memory, with what the world may know about it."""

    def __init__(self, file: _KeyFile) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(file.seed)
        self.key = VerifierKey(file.name, file.kind, self._private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)


class FileKeyring:
    """Private keys of one node in a folder, locked where there is a passphrase. A second keyring on the folder sees keys that the first has made."""

    def __init__(self, folder: Path, passphrase: bytes | None = None) -> None:
        self._folder, self._files = folder, Lock(passphrase)
        self._memory: int | None = None
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}
        durable.open_folder(folder)
        with durable.locked(folder):
            self._settle()
            self._finish_switch()
        self._certificate = self._read_certificate()

    def __repr__(self) -> str:
        return f"FileKeyring({str(self._folder)!r})"

    @property
    def certificate_path(self) -> Path:
        """PEM of the certificate, for a TLS server or client."""
        return self._folder / "certificate.pem"

    @property
    def certificate_key_path(self) -> Path:
        """PEM of the certificate's private key, for TLS, which wants a file: of a locked one a file that is in memory alone."""
        return self._show_certificate_key()

    def _show_certificate_key(self) -> Path:
        """Where TLS finds the key as it is now; what is in memory is written anew."""
        path = self._certificate_key
        if not path.exists() or not is_locked(path):
            return path
        if self._memory is None:
            self._memory = os.memfd_create("comity-certificate-key", os.MFD_CLOEXEC)
        os.ftruncate(self._memory, 0)
        os.pwrite(self._memory, self._files.read(path), 0)
        return Path(f"/proc/self/fd/{self._memory}")

    @property
    def _certificate_key(self) -> Path:
        return self._folder / "certificate.key.pem"

    def create(self, name: str, kind: int) -> VerifierKey:
        """Makes a key, or returns the one of this name; Conflict when that one is of another kind."""
        if kind not in _KINDS:
            raise Misconfigured("key-kind-unknown", name=name, kind=kind)
        with self._lock, durable.locked(self._folder):
            self._settle()
            held = self._held.get(name)
            if held is None:
                file = _KeyFile(name, kind, Ed25519PrivateKey.generate().private_bytes_raw())
                self._files.write(self._path(name), msgspec.json.encode(file))
                held = self._held[name] = _Held(file)
                self._write_index()
        if held.key.kind != kind:
            raise Conflict("key-of-another-kind", name=name, kind=held.key.kind, asked=kind)
        return held.key

    def key(self, name: str) -> VerifierKey:
        return self._get(name).key

    def sign(self, name: str, message: bytes) -> bytes:
        return self._get(name).sign(message)

    def create_certificate(self, name: NodeName, now: Instant) -> bytes:
        """DER of the node's certificate, made now if there is none; Conflict when the one there has another name."""
        with self._lock, durable.locked(self._folder):
            self._certificate = self._read_certificate()
            if self._certificate is None:
                # The key comes first and is taken up again after a crash; the certificate makes it count.
                if not self._certificate_key.exists():
                    self._files.write(self._certificate_key, fresh_private_key())
                private = self._files.read(self._certificate_key)
                durable.write_secret(self.certificate_path, self_signed(name, private, now))
                self._certificate = self._read_certificate()
            assert self._certificate is not None
            found, der = self._certificate
        if found != name:
            raise Conflict("certificate-of-another-name", name=found, asked=name)
        return der

    def next_certificate(self, name: NodeName, now: Instant) -> bytes:
        """DER of the certificate that is to take the present one's place; made now if there is none yet."""
        key, certificate = self._next_pair()
        with self._lock, durable.locked(self._folder):
            if not certificate.exists():
                if not key.exists():
                    self._files.write(key, fresh_private_key())
                durable.write_secret(certificate, self_signed(name, self._files.read(key), now))
            return read_certificate(durable.read_secret(certificate), self._files.read(key))[1]

    def switch_certificate(self) -> None:
        """From the next start on the next certificate is the node's; NotFound when there is none. Durable before it answers."""
        with self._lock, durable.locked(self._folder):
            if not self._next_pair()[1].exists():
                raise NotFound("no-next-certificate")
            durable.write_secret(self._folder / "certificate.switch", b"")

    def settle_certificate(self) -> None:
        """Does what `switch_certificate` ordered. Only for who has the node to itself: a running one shows what it began with."""
        order = self._folder / "certificate.switch"
        with self._lock, durable.locked(self._folder):
            if not order.exists():
                return
            key, certificate = self._next_pair()
            if key.exists():
                os.replace(key, self._certificate_key)
            if certificate.exists():
                os.replace(certificate, self.certificate_path)
            order.unlink()
            self._certificate = self._read_certificate()
            self._show_certificate_key()

    def _finish_switch(self) -> None:
        """A crash came between the two files of the pair: the second follows the first, or neither fits the other."""
        key, certificate = self._next_pair()
        if (self._folder / "certificate.switch").exists() and certificate.exists() and not key.exists():
            os.replace(certificate, self.certificate_path)

    def _next_pair(self) -> tuple[Path, Path]:
        return self._folder / "certificate-next.key.pem", self._folder / "certificate-next.pem"

    def seal_key(self) -> bytes:
        """The public key to which others seal what is carried to us; its private half is made at first use."""
        return self._sealing().public

    def unseal(self, sealed: bytes, info: bytes) -> bytes:
        """What was sealed to that key. Malformed when it was sealed to another, or with another info."""
        return self._sealing().open(sealed, info)

    def _sealing(self) -> SealKey:
        with self._lock, durable.locked(self._folder):
            return SealKey(self._folder, self._files)

    def storage_key(self) -> bytes:
        """The key that wraps the keys of kept files, made at first use. It leaves this keyring for the adapter of files alone."""
        path = self._folder / "storage.secret"
        with self._lock, durable.locked(self._folder):
            if not path.exists():
                self._files.write(path, secrets.token_bytes(STORAGE_KEY_BYTES))
            key = self._files.read(path)
        if len(key) != STORAGE_KEY_BYTES:
            raise Misconfigured("key-file-unreadable", file=path.name)
        return key

    def at_rest_keys(self) -> dict[str, bytes]:
        """By id, the keys under which personal values lie in the database. Misconfigured when one isn't what its name says."""
        found: dict[str, bytes] = {}
        for path in sorted(self._folder.glob("at-rest-*.secret")):
            key, named = self._files.read(path), path.stem.removeprefix("at-rest-")
            if len(key) != KEY_BYTES or key_id(key) != named:
                raise Misconfigured("at-rest-key-damaged", file=path.name, folder=str(self._folder))
            found[named] = key
        return found

    def create_at_rest_key(self) -> str:
        """Makes one; its id. Durable before it answers."""
        key = secrets.token_bytes(KEY_BYTES)
        with self._lock, durable.locked(self._folder):
            self._files.write(self._at_rest(key_id(key)), key)
        return key_id(key)

    def take_at_rest_key(self, came: Path) -> None:
        """Takes in the file of one that came with a backup, as it is; the one that is there stays."""
        with self._lock, durable.locked(self._folder):
            if not (self._folder / came.name).exists():
                durable.write_secret(self._folder / came.name, durable.read_secret(came))

    def forget_at_rest_key(self, named: str) -> None:
        """Overwrites and removes one under which nothing is sealed any more."""
        with self._lock, durable.locked(self._folder):
            durable.destroy_secret(self._at_rest(named))

    def at_rest_folder(self) -> str:
        """Where they lie, for people."""
        return str(self._folder)

    def _at_rest(self, named: str) -> Path:
        return self._folder / f"at-rest-{named}.secret"

    def certificate(self) -> bytes:
        if self._certificate is None:
            raise NotFound("no-certificate")
        return self._certificate[1]

    def _get(self, name: str) -> _Held:
        held = self._held.get(name)
        if held is None:
            with self._lock:
                held = self._find(name)
        if held is None:
            raise NotFound("no-such-key", name=name)
        return held

    def _find(self, name: str) -> _Held | None:
        path = self._path(name)
        if name not in self._held and path.exists():
            self._held[name] = _read_key(path, self._files)
        return self._held.get(name)

    def _path(self, name: str) -> Path:
        return self._folder / f"{hashlib.sha256(name.encode()).hexdigest()}.key"

    def _settle(self) -> None:
        """Takes up every key there is, and completes the index after a crash.

        A key that the index names and nobody finds is a fault: made anew under that name it would be another key.
        """
        known = {self._path(name) for name in self._held}
        for path in sorted(self._folder.glob("*.key")):
            if path not in known:
                held = _read_key(path, self._files)
                self._held[held.key.name] = held
        index = self._folder / "names"
        listed = durable.read_secret(index).decode().splitlines() if index.exists() else []
        for line in listed:
            _, _, name = line.split(" ", 2)
            if not self._path(name).exists():
                raise Misconfigured("key-file-missing", name=name)
        if len(listed) != len(self._held):
            self._write_index()

    def _write_index(self) -> None:
        lines = [f"{self._path(name).stem} {held.key.kind} {name}\n" for name, held in sorted(self._held.items())]
        durable.write_secret(self._folder / "names", "".join(lines).encode())

    def _read_certificate(self) -> tuple[NodeName, bytes] | None:
        if not self.certificate_path.exists():
            return None
        return read_certificate(durable.read_secret(self.certificate_path), self._files.read(self._certificate_key))


def _read_key(path: Path, lock: Lock) -> _Held:
    raw = lock.read(path)
    try:
        file = msgspec.json.decode(raw, type=_KeyFile)
        held = _Held(file)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError):
        # Without cause: a decoder's message could quote the secret.
        raise Misconfigured("key-file-unreadable", file=path.name) from None
    if hashlib.sha256(file.name.encode()).hexdigest() != path.stem or file.kind not in _KINDS:
        raise Misconfigured("key-file-misnamed", file=path.name)
    return held
