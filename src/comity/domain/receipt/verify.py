"""Checking a receipt offline: what it proves, under whose keys, and what it does not prove.

A receipt is believed only under keys that the verifier already has: a policy or roster got elsewhere. Without them the hashes can
still be consistent, and a wholly forged world is consistent too; that is why `keys_proven` is then False.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median_low
from typing import Any

from comity.domain.ledger import (
    Checkpoint,
    Policy,
    VerifierKey,
    leaf_of,
    open_note,
    parse_checkpoint,
    parse_note,
    parse_proof,
    verify_inclusion,
)
from comity.domain.record import Field, Header, Record, filed, header_of, open_record, read_envelope
from comity.errors import BadProof, MalformedNote, MalformedRecord, UnknownKey

SALT_BYTES = 32
PROVES_NOT = ("truth", "authority", "read-by-a-person", "nothing-else-was-said", "clock-beyond-cosigners")
"""What no receipt shows, as codes; the faces word them."""


@dataclass(frozen=True)
class Cosigned:
    """A good cosignature: by whom, in which capacity, when (POSIX seconds)."""

    name: str
    capacity: str
    time_s: int


@dataclass(frozen=True)
class Verified:
    """What a receipt shows.

    header       of the record; None when it doesn't decode (it is still proven to stand there)
    record       with the fields that were opened beside it
    keys_proven  whether writer and cosigners were checked under keys that the verifier had
    delivered    receipt cosignatures of nodes other than the writer's: these hold every record below `size`
    served_s     median of the good cosignature times, POSIX seconds; None without any
    """

    origin: str
    index: int
    size: int
    root: bytes
    header: Header | None
    record: Record[Any] | None
    fault: str | None
    keys_proven: bool
    cosigners: tuple[Cosigned, ...]
    served_s: int | None
    opened: tuple[str, ...]
    closed: tuple[str, ...]
    unknown_lines: int
    proves_not: tuple[str, ...] = field(default=PROVES_NOT)

    @property
    def delivered(self) -> tuple[Cosigned, ...]:
        host = self.origin.partition("/ch/")[0]
        return tuple(c for c in self.cosigners if c.capacity == "receipt" and c.name != f"{host}/receipt")


def verify_receipt(
    raw: bytes,
    *,
    policy: Policy | None = None,
    envelope: bytes | None = None,
    fields: Sequence[Field] = (),
) -> Verified:
    """Checks a `.tlog-proof`, part by part.

    policy    keys that the verifier trusts; None checks consistency alone
    envelope  for the detached form, where only the salt stands in the proof
    Raises MalformedNote, MalformedRecord, BadSignature, BadProof, UnknownKey, each with a code that names the part.
    """
    proof = parse_proof(raw)
    salt, body = _salt_and_envelope(proof.extra, envelope)
    checkpoint, cosigners, unknown = _signers(proof.note, policy)
    verify_inclusion(proof.index, checkpoint.size, leaf_of(salt, body), proof.hashes, checkpoint.root)
    header, record, fault = _read(checkpoint, body, fields)
    opened = tuple(f.pointer for f in fields)
    sealed = read_envelope(body).sealed if header is not None and fault is None else {}
    return Verified(
        origin=checkpoint.origin,
        index=proof.index,
        size=checkpoint.size,
        root=checkpoint.root,
        header=header,
        record=record,
        fault=fault,
        keys_proven=policy is not None,
        cosigners=cosigners,
        served_s=median_low(c.time_s for c in cosigners) if cosigners else None,
        opened=opened,
        closed=tuple(pointer for pointer in sealed if pointer not in opened),
        unknown_lines=unknown,
    )


def _salt_and_envelope(extra: bytes | None, envelope: bytes | None) -> tuple[bytes, bytes]:
    if extra is None or len(extra) < SALT_BYTES:
        raise MalformedNote("receipt-salt", bytes=len(extra or b""))
    attached = extra[SALT_BYTES:]
    if attached and envelope is not None and attached != envelope:
        raise BadProof("record-differs-from-the-attached-one")
    body = attached or envelope
    if not body:
        raise MalformedNote("receipt-without-record")
    return extra[:SALT_BYTES], body


def _signers(note: bytes, policy: Policy | None) -> tuple[Checkpoint, tuple[Cosigned, ...], int]:
    """The checkpoint, once its writer and the policy's quorum have signed it; unchecked where there is no policy."""
    parsed = parse_note(note)
    checkpoint = parse_checkpoint(parsed.text)
    if policy is None:
        return checkpoint, (), len(parsed.signatures)
    keys = policy.keys()
    opened = open_note(note, keys)
    if not any(key.name == checkpoint.origin for key in opened.good):
        raise UnknownKey("writer-not-in-policy", origin=checkpoint.origin)
    if not policy.accepts(checkpoint.origin, opened.good):
        raise UnknownKey("policy-not-met", origin=checkpoint.origin, signed=sorted(key.name for key in opened.good))
    cosigners = tuple(
        Cosigned(key.name, key.name.rpartition("/")[2], time_s)
        for key, time_s in sorted(opened.good.items(), key=lambda item: item[0].name)
        if time_s is not None
    )
    known = {(key.name, key.id) for key in keys}
    unknown = sum((line.name, line.id) not in known for line in parsed.signatures)
    return checkpoint, cosigners, unknown


def _read(
    checkpoint: Checkpoint, envelope: bytes, fields: Sequence[Field]
) -> tuple[Header | None, Record[Any] | None, str | None]:
    """The record, which must be its channel's writer's own. Fields that don't fit raise; a body that doesn't decode is told."""
    told = filed(checkpoint.origin, envelope, b"")
    if told.fault == "issuer-not-the-writer":
        raise BadProof("issuer-not-the-writer", origin=checkpoint.origin)
    if told.fault is not None:
        if fields:
            raise MalformedRecord("fields-of-an-unreadable-record", fault=told.fault)
        return told.header, None, told.fault
    return header_of(read_envelope(envelope)), open_record(envelope, fields), None


def policy_of(logs: Iterable[VerifierKey], cosigners: Iterable[VerifierKey], *, need: int | None = None) -> str:
    """A tlog-policy text that demands `need` of these cosigners, all of them unless told otherwise."""
    lines = [f"log {key.text}" for key in logs]
    names = []
    for number, key in enumerate(cosigners, 1):
        lines.append(f"witness c{number} {key.text}")
        names.append(f"c{number}")
    if names:
        lines += [f"group cosigners {need if need is not None else 'all'} {' '.join(names)}", "quorum cosigners"]
    else:
        lines.append("quorum none")
    return "\n".join(lines) + "\n"
