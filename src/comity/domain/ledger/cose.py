"""Public keys and signatures of passkeys: COSE keys (RFC 9052, 9053) in the one form that CTAP2 writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from comity.domain.ledger.keys import verify_ed25519
from comity.errors import Malformed

ES256: Final = -7
EDDSA: Final = -8
RS256: Final = -257
ALGORITHMS: Final = {ES256: "ES256", EDDSA: "Ed25519", RS256: "RS256"}
KEY_BYTES_MAX: Final = 2048
_RSA_BITS: Final = (2048, 4096)
_P256_BYTES: Final = 32


def cose_algorithm(key: bytes) -> str:
    """Name of the algorithm of a COSE key. Malformed for a key in any other form than its one."""
    return ALGORITHMS[_read(key)[0]]


def verify_cose(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this signature of a passkey is good: ES256, Ed25519 or RS256. Malformed for a key that is none of these."""
    algorithm, members = _read(key)
    return _CHECKS[algorithm](members, message, signature)


def _read(key: bytes) -> tuple[int, dict[int, bytes | int]]:
    """Algorithm and members of a key; the bytes must be what CTAP2's canonical encoding makes of them, to the last bit."""
    members = _map(key)
    algorithm = members.get(3)
    shape = _SHAPES.get(algorithm) if isinstance(algorithm, int) else None
    if shape is None or not isinstance(algorithm, int):
        raise Malformed("cose-key", why="algorithm")
    if members.keys() != shape.keys() or any(
        (not isinstance(members[name], bytes) if wanted is None else members[name] != wanted)
        for name, wanted in shape.items()
    ):
        raise Malformed("cose-key", why="members")
    if _written(members) != key:
        raise Malformed("cose-key", why="not canonical")
    return algorithm, members


_SHAPES: Final[dict[int, dict[int, int | None]]] = {
    ES256: {1: 2, 3: ES256, -1: 1, -2: None, -3: None},
    EDDSA: {1: 1, 3: EDDSA, -1: 6, -2: None},
    RS256: {1: 3, 3: RS256, -1: None, -2: None},
}
"""Label → the value that must stand there; None for bytes."""


def _map(raw: bytes) -> dict[int, bytes | int]:
    """A CBOR map of small integers to integers and byte strings; nothing else is in a key."""
    if len(raw) > KEY_BYTES_MAX:
        raise Malformed("cose-key", why="too long", bytes_max=KEY_BYTES_MAX)
    try:
        kind, count, at = _head(raw, 0)
        if kind != 5:
            raise Malformed("cose-key", why="no map")
        found: dict[int, bytes | int] = {}
        for _ in range(count):
            kind, number, at = _head(raw, at)
            if kind > 1:
                raise Malformed("cose-key", why="label")
            label = number if kind == 0 else -1 - number
            kind, number, at = _head(raw, at)
            if label in found:
                raise Malformed("cose-key", why="label twice")
            if kind == 2:
                found[label], at = raw[at : at + number], at + number
            elif kind <= 1:
                found[label] = number if kind == 0 else -1 - number
            else:
                raise Malformed("cose-key", why="value")
    except IndexError as fault:
        raise Malformed("cose-key", why="ends early") from fault
    if at != len(raw):
        raise Malformed("cose-key", why="more than a map")
    return found


def _head(raw: bytes, at: int) -> tuple[int, int, int]:
    kind, info = raw[at] >> 5, raw[at] & 31
    if info < 24:
        return kind, info, at + 1
    size = {24: 1, 25: 2}.get(info)
    if size is None:
        raise Malformed("cose-key", why="number")
    number = raw[at + 1 : at + 1 + size]
    if len(number) != size:
        raise IndexError(at)
    return kind, int.from_bytes(number, "big"), at + 1 + size


def _written(members: dict[int, bytes | int]) -> bytes:
    """CTAP2's order: positive labels before negative ones, each by its amount."""
    parts = [_spelt(len(members), 5)]
    for label in sorted(members, key=lambda label: (label < 0, abs(label))):
        value = members[label]
        parts.append(_integer(label))
        parts.append(_spelt(len(value), 2) + value if isinstance(value, bytes) else _integer(value))
    return b"".join(parts)


def _integer(number: int) -> bytes:
    return _spelt(number, 0) if number >= 0 else _spelt(-1 - number, 1)


def _spelt(number: int, kind: int) -> bytes:
    if number < 24:
        return bytes([kind << 5 | number])
    return bytes([kind << 5 | 24, number]) if number < 256 else bytes([kind << 5 | 25]) + number.to_bytes(2, "big")


def _es256(members: dict[int, bytes | int], message: bytes, signature: bytes) -> bool:
    x, y = members[-2], members[-3]
    assert isinstance(x, bytes)
    assert isinstance(y, bytes)
    if len(x) != _P256_BYTES or len(y) != _P256_BYTES:
        raise Malformed("cose-key", why="coordinates")
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + x + y)
    except ValueError as fault:
        raise Malformed("cose-key", why="not on the curve") from fault
    try:
        public.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _eddsa(members: dict[int, bytes | int], message: bytes, signature: bytes) -> bool:
    x = members[-2]
    assert isinstance(x, bytes)
    return verify_ed25519(x, message, signature)


def _rs256(members: dict[int, bytes | int], message: bytes, signature: bytes) -> bool:
    n, e = members[-1], members[-2]
    assert isinstance(n, bytes)
    assert isinstance(e, bytes)
    modulus, exponent = int.from_bytes(n, "big"), int.from_bytes(e, "big")
    if not _RSA_BITS[0] <= modulus.bit_length() <= _RSA_BITS[1] or n[:1] == b"\0" or exponent != 65537 or len(e) != 3:
        raise Malformed("cose-key", why="modulus or exponent")
    try:
        public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    except (ValueError, UnsupportedAlgorithm) as fault:
        raise Malformed("cose-key", why="modulus") from fault
    try:
        public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


_CHECKS: Final[dict[int, Callable[[dict[int, bytes | int], bytes, bytes], bool]]] = {
    ES256: _es256,
    EDDSA: _eddsa,
    RS256: _rs256,
}
