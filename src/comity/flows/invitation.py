"""An invitation: what one node tells another about itself, in bytes that two officers can compare.

Canonical JSON: one line, members in order, one LF at its end. Its SHA-256 is what officers compare over a way they already
trust; so every key in it is compared at once. Nothing in it is believed before that.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from comity.domain.ledger import COSIGNATURE, ED25519, Channel, Lane, VerifierKey
from comity.domain.terms import Country, Instant, NodeName, country, instant_from, instant_text, node_name
from comity.domain.terms.address import is_exchange_address
from comity.errors import Malformed
from comity.flows.own_roster import RECEIPT, WITNESS, own_roster
from comity.ports import World

FORMATS = (1, 2)
"""Format 1 has neither witness nor seal key, no rescue lane, and one name for the receipt key."""
SEAL_BYTES_MAX = 4096
INVITATION_BYTES_MAX = 64 * 1024
CHANNELS_MAX = 16
NUMBER = r"-(?:[2-9]|[1-9][0-9]{1,5})"
"""What follows in the name of a key that took another one's place."""
TITLE_CHARACTERS_MAX = 200
_ODD = (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)


class _Announced(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One channel that the inviting node writes for the invited one."""

    vkey: str
    lane: Literal["rescue", "urgent", "bulk"]


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The invitation as it is written."""

    format: int
    node: str
    country: str
    title: str
    address: str
    certificate: str
    receipt: str
    channels: tuple[_Announced, ...]
    audience: str = msgspec.field(name="for")
    made: str
    witness: str | msgspec.UnsetType | None = msgspec.UNSET
    seal: str | msgspec.UnsetType | None = msgspec.UNSET


@dataclass(frozen=True)
class Invitation:
    """An invitation whose parts fit together. Whether they are whose they claim to be, only the fingerprint tells."""

    node: NodeName
    country: Country
    title: str
    address: str
    certificate: bytes
    receipt_key: VerifierKey
    channels: tuple[tuple[VerifierKey, Lane], ...]
    audience: NodeName
    made: Instant
    digest: bytes
    witness_key: VerifierKey | None = None
    seal_key: bytes = b""


def write_invitation(world: World, to: NodeName, ours: Sequence[Channel], now: Instant) -> bytes:
    """Our invitation for `to`, with these channels of ours."""
    own = own_roster(world)
    certificate = x509.load_der_x509_certificate(world.keyring.certificate())
    receipt, witness = own.current(RECEIPT), own.current(WITNESS)
    assert receipt is not None
    written = _Written(
        format=FORMATS[-1],
        node=world.me.name,
        country=world.me.country,
        title=world.me.title,
        address=world.me.address,
        certificate=certificate.public_bytes(Encoding.PEM).decode("ascii"),
        receipt=receipt.vkey,
        channels=tuple(_Announced(channel.key.text, _lane_word(channel.lane)) for channel in ours),
        audience=to,
        made=instant_text(now),
        witness=witness.vkey if witness is not None else None,
        seal=base64.b64encode(world.keyring.seal_key()).decode("ascii"),
    )
    return _canonical(written)


def read_invitation(raw: bytes) -> Invitation:
    """An invitation, strictly; Malformed names the part that is wrong."""
    if len(raw) > INVITATION_BYTES_MAX:
        raise Malformed("invitation-too-large", bytes=len(raw), bytes_max=INVITATION_BYTES_MAX)
    try:
        written = msgspec.json.decode(raw, type=_Written)
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise Malformed("invitation-shape", why=str(fault)) from fault
    later = [member for member in (written.witness, written.seal) if member is not msgspec.UNSET]
    if written.format not in FORMATS or len(later) != {1: 0, 2: 2}[written.format]:
        raise Malformed("invitation-format", found=written.format, known=list(FORMATS))
    if written.format == 1 and any(each.lane == "rescue" for each in written.channels):
        raise Malformed("invitation-shape", why="a lane that format 1 doesn't have")
    # Duplicate keys, other orders and other spellings would give one invitation several fingerprints.
    if raw != _canonical(written):
        raise Malformed("invitation-not-canonical")
    host = node_name(written.node)
    if not is_exchange_address(written.address):
        raise Malformed("invitation-address", address=written.address[:200])
    if not written.title.strip() or len(written.title) > TITLE_CHARACTERS_MAX or not written.title.isprintable():
        raise Malformed("invitation-title", characters_max=TITLE_CHARACTERS_MAX)
    return Invitation(
        node=host,
        country=country(written.country),
        title=written.title,
        address=written.address,
        certificate=_certificate_of(written.certificate, host),
        receipt_key=_key(written.receipt, _cosigner(host, RECEIPT, written.format), COSIGNATURE),
        channels=_channels(written.channels, host),
        audience=node_name(written.audience),
        made=instant_from(written.made),
        digest=sha256(raw).digest(),
        witness_key=_key(written.witness, _cosigner(host, WITNESS, 2), COSIGNATURE) if written.witness else None,
        seal_key=_seal(written.seal) if written.seal else b"",
    )


def fingerprint(invitation: bytes) -> str:
    """SHA-256 of the exact bytes, as sixteen groups of four hex digits, to be read out by telephone."""
    return grouped(sha256(invitation).digest())


def grouped(digest: bytes) -> str:
    """Hex digits in groups of four."""
    digits = digest.hex()
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def _canonical(written: _Written) -> bytes:
    return msgspec.json.encode(written, order="sorted") + b"\n"


def _lane_word(lane: Lane) -> Literal["rescue", "urgent", "bulk"]:
    return "rescue" if lane is Lane.RESCUE else "urgent" if lane is Lane.URGENT else "bulk"


def _cosigner(host: NodeName, capacity: str, format_: int) -> str:
    """Pattern of the key's name; a later key of a node bears a running number."""
    name = re.escape(f"{host}/{capacity}")
    return name if format_ == 1 else f"{name}(?:{NUMBER})?"


def _seal(text: str) -> bytes:
    raw = plain_base64(text)
    if raw is None or not 32 <= len(raw) <= SEAL_BYTES_MAX:
        raise Malformed("invitation-seal-key")
    return raw


def plain_base64(text: str) -> bytes | None:
    """The bytes behind canonical base64; None when it is anything else."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode("ascii") == text else None


def _key(text: str, name_pattern: str, kind: int) -> VerifierKey:
    """A key that bears a name of its host, of the kind that this name means."""
    key = VerifierKey.parse(text)
    if re.fullmatch(name_pattern, key.name) is None:
        raise Malformed("invitation-key-of-another", key=key.name[:150])
    if key.kind != kind:
        raise Malformed("invitation-key-kind", key=key.name, found=key.kind, wanted=kind)
    return key


def _channels(announced: Sequence[_Announced], host: NodeName) -> tuple[tuple[VerifierKey, Lane], ...]:
    if not 1 <= len(announced) <= CHANNELS_MAX:
        raise Malformed("invitation-channels", count=len(announced), max=CHANNELS_MAX)
    keys = [(_key(each.vkey, rf"{re.escape(host)}/ch/[0-9a-f]{{16}}", ED25519), Lane(each.lane)) for each in announced]
    if len({key.name for key, _ in keys}) < len(keys) or len({key.public for key, _ in keys}) < len(keys):
        raise Malformed("invitation-key-twice")
    return tuple(keys)


def certificate_names(der: bytes) -> list[str]:
    """DNS names that a certificate bears; Malformed when it can't be read."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return names.get_values_for_type(x509.DNSName)
    except (ValueError, *_ODD) as fault:
        raise Malformed("invitation-certificate", why="unreadable") from fault


def _certificate_of(pem: str, host: NodeName) -> bytes:
    """DER of the one certificate in `pem`, which must bear the node's name."""
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
    except ValueError as fault:
        raise Malformed("invitation-certificate", why="unreadable") from fault
    listed = certificate_names(certificate.public_bytes(Encoding.DER))
    if certificate.public_bytes(Encoding.PEM).decode("ascii") != pem:
        raise Malformed("invitation-certificate", why="not one certificate in plain PEM")
    if host not in listed:
        raise Malformed("invitation-certificate", why="bears another name", names=listed[:10])
    return certificate.public_bytes(Encoding.DER)
