"""A channel: an append-only log with one writer and a fixed audience, and the roster entry of whoever stands at its end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from comity.domain.ledger.keys import VerifierKey
from comity.domain.terms import Country, Instant, NodeName


class Lane(StrEnum):
    """What travels in a channel; urgent is pulled before bulk, the desk never leaves its node."""

    URGENT = "urgent"
    BULK = "bulk"
    DESK = "desk"


class Standing(StrEnum):
    """Whether a channel goes on.

    OPEN     the writer signs, the reader pulls
    STOPPED  the writer broke the protocol; evidence is kept; nothing more is pulled
    FENCED   the store is behind its own signatures; nothing more is signed
    """

    OPEN = "open"
    STOPPED = "stopped"
    FENCED = "fenced"


@dataclass(frozen=True)
class Channel:
    """Who writes to whom, under which key. `audience` is the writer itself for its desk."""

    key: VerifierKey
    writer: NodeName
    audience: NodeName
    lane: Lane
    opened: Instant
    standing: Standing = Standing.OPEN
    why: str = ""

    @property
    def origin(self) -> str:
        """Key name of the writer on this channel: `<host>/ch/<16 hex>`."""
        return self.key.name


@dataclass(frozen=True)
class Position:
    """How far a channel has come at this node.

    size     signed by us, or held whole and verified by us
    root     of the first `size` entries
    peaks    compact range of the first `size` entries
    pending  a signed size that is being fetched; equal to `size` when nothing is
    note     the writer's note at `size`, without others' lines; empty while size is 0
    pending_note  the writer's note at `pending`
    drained  entries that have been read and had their effect; at the writer equal to `size`
    """

    size: int
    root: bytes
    peaks: bytes
    pending: int
    note: bytes
    pending_note: bytes
    drained: int


@dataclass(frozen=True)
class Line:
    """A cosignature line over a checkpoint of `size`, made at `time_s` (POSIX seconds) by the key `name`."""

    name: str
    size: int
    time_s: int
    line: bytes


class Admission(StrEnum):
    """Where a peer stands in the roster."""

    ACCEPTED = "accepted"
    SUSPENDED = "suspended"
    EXPELLED = "expelled"


@dataclass(frozen=True)
class Peer:
    """A node that officers admitted after comparing fingerprints.

    address      `https://host:port`
    certificate  DER of the one client and server certificate that is accepted
    receipt_key  its cosignature key (type 04), named `<host>/receipt`
    channels     what it writes for us
    fingerprint  SHA-256 of the invitation that officers compared, 32 bytes
    """

    name: NodeName
    country: Country
    title: str
    address: str
    certificate: bytes
    receipt_key: VerifierKey
    channels: tuple[tuple[VerifierKey, Lane], ...]
    fingerprint: bytes
    admission: Admission
    since: Instant
