"""A second party's dated word on a checkpoint: "at this time this was the largest consistent tree I had seen".

So one cosigner's times for an origin never go back, and it never cosigns a smaller tree later; who holds the key sees to that.

source   C2SP tlog-cosignature v1.1.0-rc.1: Ed25519 (cosignature/v1) and ML-DSA-44 (subtree/v1)
"""

from __future__ import annotations

from struct import pack, unpack_from

from comity.domain.ledger.checkpoint import parse_checkpoint
from comity.domain.ledger.keys import COSIGNATURE, MLDSA44, Sign, VerifierKey
from comity.domain.ledger.lines import signature_text
from comity.errors import MalformedNote, Misconfigured

SIGNATURE_BYTES = {COSIGNATURE: 64, MLDSA44: 2420}
TIME_BYTES = 8
TIME_END = 1 << 63


def cosignature_message(time_s: int, text: bytes) -> bytes:
    """What an Ed25519 cosigner signs over a whole checkpoint text.

    time_s   POSIX seconds below 2^63
    """
    _check_time(time_s)
    return b"cosignature/v1\ntime %d\n%b" % (time_s, text)


def subtree_message(cosigner: str, time_s: int, text: bytes) -> bytes:
    """What an ML-DSA-44 cosigner signs over a checkpoint; unlike the other kind it names the cosigner.

    A text that isn't a checkpoint, or a name beyond 255 bytes, raises MalformedNote.
    """
    _check_time(time_s)
    checkpoint = parse_checkpoint(text)
    name, origin = cosigner.encode(), checkpoint.origin.encode()
    if len(name) > 255 or len(origin) > 255:
        raise MalformedNote("cosigned-name-length", cosigner_bytes=len(name), origin_bytes=len(origin))
    return b"".join(
        (
            b"subtree/v1\n\0",
            pack(">B", len(name)) + name,
            pack(">Q", time_s),
            pack(">B", len(origin)) + origin,
            pack(">QQ", 0, checkpoint.size),
            checkpoint.root,
        )
    )


def cosigned_message(key: VerifierKey, time_s: int, text: bytes) -> bytes:
    """The message for a key of either cosigning kind."""
    if key.kind == MLDSA44:
        return subtree_message(key.name, time_s, text)
    return cosignature_message(time_s, text)


def cosignature_line(key: VerifierKey, sign: Sign, text: bytes, time_s: int) -> bytes:
    """The signature line, with its LF, by which `key` cosigns this checkpoint text at this time.

    A key of another kind, or a signer that doesn't fit it, raises Misconfigured.
    """
    if key.kind not in SIGNATURE_BYTES:
        raise Misconfigured("key-kind", name=key.name, kind=key.kind)
    signature = sign(cosigned_message(key, time_s, text))
    if len(signature) != SIGNATURE_BYTES[key.kind]:
        raise Misconfigured("signature-length", name=key.name, bytes=len(signature))
    return signature_text(key.name, key.id, pack(">Q", time_s) + signature)


def split_time(signature: bytes) -> tuple[int, bytes]:
    """(POSIX seconds, raw signature) of what a cosignature line carries."""
    if len(signature) <= TIME_BYTES:
        raise MalformedNote("cosignature-length", bytes=len(signature))
    (time_s,) = unpack_from(">Q", signature)
    _check_time(time_s)
    return time_s, signature[TIME_BYTES:]


def _check_time(time_s: int) -> None:
    if not 0 <= time_s < TIME_END:
        raise MalformedNote("cosignature-time", time_s=time_s)
