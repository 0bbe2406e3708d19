"""Checking a receipt offline: what it proves, under whose keys, and what it does not prove.

A receipt is believed only under keys that the verifier already has: a policy or roster got elsewhere. Without them the hashes can
still be consistent, and a wholly forged world is consistent too; that is why `keys_proven` is then False.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median_low
from typing import Any

from comity.domain.ledger import (
    Checkpoint,
    Policy,
    PolicyEnd,
    VerifierKey,
    leaf_of,
    open_note,
    parse_checkpoint,
    parse_note,
    parse_proof,
    verify_inclusion,
)
from comity.domain.record import Field, Header, Record, filed, header_of, open_record, read_envelope
from comity.domain.record.signed import Signed, SignedBy, check_signed
from comity.domain.terms import instant_text
from comity.errors import BadProof, Malformed, MalformedNote, MalformedRecord, UnknownKey

SALT_BYTES = 32
PROVES_NOT = ("truth", "authority", "read-by-a-person", "nothing-else-was-said", "clock-beyond-cosigners")
"""What no receipt shows, as codes; the faces word them."""


@dataclass(frozen=True)
class Cosigned:
    """A good cosignature: by whom, in which capacity (`receipt`, `witness`, whatever the number of the key), when (POSIX seconds)."""

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
    lapsed       good signatures that came after the end of their keys: nothing rests on them
    signed       whose passkey signed the decision, inside the record; None where no kind of record has such a signature
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
    lapsed: tuple[Cosigned, ...] = ()
    signed: SignedBy | None = None
    proves_not: tuple[str, ...] = field(default=PROVES_NOT)

    @property
    def delivered(self) -> tuple[Cosigned, ...]:
        host = self.origin.partition("/ch/")[0]
        return tuple(c for c in self.cosigners if c.capacity == "receipt" and c.name.rpartition("/")[0] != host)


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
    checkpoint, cosigners, lapsed, unknown = _signers(proof.note, policy)
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
        lapsed=lapsed,
        signed=_signed(record),
    )


def _signed(record: Record[Any] | None) -> SignedBy | None:
    """A record whose own signature fails is no evidence of a decision, however well it is proven to stand there."""
    if record is None or not isinstance(signed := getattr(record.body, "signed", None), Signed):
        return None
    try:
        return check_signed(record.envelope.issuer, record.body, signed)
    except Malformed as fault:
        raise MalformedRecord("passkey-signature", why=str(fault.facts.get("why", fault.code))) from fault


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


def _signers(note: bytes, policy: Policy | None) -> tuple[Checkpoint, tuple[Cosigned, ...], tuple[Cosigned, ...], int]:
    """The checkpoint, once its writer and the policy's quorum have signed it; unchecked where there is no policy.

    What a key signed after its end counts for nothing. A writer's signature has no time of its own: where the writer's key has
    ended, somebody else must have signed before that.
    """
    parsed = parse_note(note)
    checkpoint = parse_checkpoint(parsed.text)
    if policy is None:
        return checkpoint, (), (), len(parsed.signatures)
    keys = policy.keys()
    opened = open_note(note, keys)
    if not any(key.name == checkpoint.origin for key in opened.good):
        raise UnknownKey("writer-not-in-policy", origin=checkpoint.origin)
    late = {key: t for key, t in opened.good.items() if t is not None and policy.ended_by(key, t) is not None}
    good = {key: time_s for key, time_s in opened.good.items() if key not in late}
    writer = next((key for key in good if key.name == checkpoint.origin), None)
    first_s = min((time_s for time_s in good.values() if time_s is not None), default=1 << 62)
    if writer is not None and (end := policy.ended_by(writer, first_s)) is not None:
        raise UnknownKey("writer-key-ended", origin=checkpoint.origin, until=instant_text(end.until), why=end.why)
    if not policy.accepts(checkpoint.origin, good):
        raise UnknownKey(
            "policy-not-met",
            origin=checkpoint.origin,
            signed=sorted(key.name for key in good),
            after_its_end=sorted(key.name for key in late),
        )
    known = {(key.name, key.id) for key in keys}
    unknown = sum((line.name, line.id) not in known for line in parsed.signatures)
    return checkpoint, _cosigned(good), _cosigned(late), unknown


def _cosigned(good: Mapping[VerifierKey, int | None]) -> tuple[Cosigned, ...]:
    by_name = sorted(good.items(), key=lambda item: item[0].name)
    return tuple(Cosigned(key.name, capacity_of(key.name), at) for key, at in by_name if at is not None)


def capacity_of(name: str) -> str:
    """In which capacity a cosigner of this name signs: a later key's running number is no part of it."""
    last = name.rpartition("/")[2]
    stem, _, number = last.rpartition("-")
    return stem if stem and number.isdecimal() else last


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


def policy_of(
    logs: Iterable[VerifierKey],
    cosigners: Iterable[VerifierKey],
    *,
    need: int | None = None,
    ends: Iterable[PolicyEnd] = (),
) -> str:
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
    lines += [f"#ends {end.key.name}+{end.key.id.hex()} {instant_text(end.until)} {end.why}" for end in ends]
    return "\n".join(lines) + "\n"
