"""Notes, cosignatures and receipt files written and read straight from the C2SP texts, with PyNaCl for Ed25519.

An oracle: it imports nothing of ours, and takes only what is well-formed.
"""

from __future__ import annotations

import base64
import hashlib
import struct

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

EM_DASH = b"\xe2\x80\x94"


def key_id(name: str, kind: int, public: bytes) -> bytes:
    digest = hashlib.sha256()
    for part in (name.encode(), bytes([0x0A]), bytes([kind]), public):
        digest.update(part)
    return digest.digest()[:4]


def vkey(name: str, kind: int, public: bytes) -> str:
    return name + "+" + key_id(name, kind, public).hex() + "+" + base64.b64encode(bytes([kind]) + public).decode()


def checkpoint(origin: str, size: int, root: bytes) -> bytes:
    return origin.encode() + b"\n" + str(size).encode() + b"\n" + base64.b64encode(root) + b"\n"


def line(name: str, key_hash: bytes, signature: bytes) -> bytes:
    return EM_DASH + b" " + name.encode() + b" " + base64.b64encode(key_hash + signature) + b"\n"


def signed_line(name: str, seed: bytes, text: bytes) -> bytes:
    key = SigningKey(seed)
    return line(name, key_id(name, 1, bytes(key.verify_key)), key.sign(text).signature)


def cosigned_line(name: str, seed: bytes, text: bytes, time_s: int) -> bytes:
    key = SigningKey(seed)
    message = b"cosignature/v1\ntime " + str(time_s).encode() + b"\n" + text
    return line(name, key_id(name, 4, bytes(key.verify_key)), struct.pack(">Q", time_s) + key.sign(message).signature)


def mldsa_message(cosigner: str, time_s: int, origin: str, size: int, root: bytes) -> bytes:
    name, log = cosigner.encode(), origin.encode()
    out = bytearray(b"subtree/v1\n\x00")
    out.append(len(name))
    out += name
    out += time_s.to_bytes(8, "big")
    out.append(len(log))
    out += log
    out += (0).to_bytes(8, "big")
    out += size.to_bytes(8, "big")
    out += root
    return bytes(out)


def read(raw: bytes) -> tuple[bytes, list[tuple[str, bytes, bytes]]]:
    """(text, [(name, key id, signature)]) of a well-formed note."""
    text, _, tail = raw.rpartition(b"\n\n")
    found = []
    for each in tail.splitlines():
        dash, name, encoded = each.split(b" ")
        assert dash == EM_DASH
        blob = base64.b64decode(encoded)
        found.append((name.decode(), blob[:4], blob[4:]))
    return text + b"\n", found


def is_signed(raw: bytes, name: str, public: bytes) -> bool:
    text, lines = read(raw)
    return any(
        _good(public, text, signature) for who, key, signature in lines if (who, key) == (name, key_id(name, 1, public))
    )


def cosigned_at(raw: bytes, name: str, public: bytes) -> int | None:
    text, lines = read(raw)
    for who, key, signature in lines:
        if (who, key) == (name, key_id(name, 4, public)):
            time_s = int.from_bytes(signature[:8], "big")
            if _good(public, b"cosignature/v1\ntime %d\n" % time_s + text, signature[8:]):
                return time_s
    return None


def _good(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        VerifyKey(public).verify(message, signature)
    except BadSignatureError:
        return False
    return True


def proof_file(extra: bytes | None, index: int, hashes: list[bytes], note: bytes) -> bytes:
    lines = [b"c2sp.org/tlog-proof@v1"]
    if extra is not None:
        lines.append(b"extra " + base64.b64encode(extra))
    lines.append(b"index %d" % index)
    lines += [base64.b64encode(each) for each in hashes]
    return b"\n".join(lines) + b"\n\n" + note
