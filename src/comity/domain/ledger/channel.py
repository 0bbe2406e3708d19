"""A channel: an append-only log with one writer and a fixed audience, and the roster entry of whoever stands at its end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from comity.domain.ledger.keys import VerifierKey
from comity.domain.terms import Country, Instant, NodeName


class Lane(StrEnum):
    """What travels in a channel; a rescue is pulled before urgent, urgent before bulk.

    The desk never leaves its node; the journal of what was done and read there is shown to overseers alone.
    """

    RESCUE = "rescue"
    URGENT = "urgent"
    BULK = "bulk"
    DESK = "desk"
    JOURNAL = "journal"

    @property
    def rank(self) -> int:
        """Place in the order of pulling and listing: the smaller, the sooner."""
        return _RANKS[self]

    @property
    def at_home(self) -> bool:
        """Whether its reader is the writer itself: no other node works with what stands in it."""
        return self in (Lane.DESK, Lane.JOURNAL)


_RANKS = {lane: rank for rank, lane in enumerate(Lane)}
BETWEEN_NODES = (Lane.RESCUE, Lane.URGENT, Lane.BULK)
"""Lanes of channels that another node reads, most pressing first."""


class Standing(StrEnum):
    """Whether a channel goes on.

    OPEN     the writer signs, the reader pulls
    STOPPED  the writer broke the protocol; evidence is kept; nothing more is pulled
    FENCED   the store is behind its own signatures; nothing more is signed
    RETIRED  ended: what was signed stays readable and provable, nothing is added; a successor may go on from it
    BEHIND   the store came back from a backup: the reader pulls, but shows, does and cosigns nothing of it until it has caught up
    """

    OPEN = "open"
    STOPPED = "stopped"
    FENCED = "fenced"
    RETIRED = "retired"
    BEHIND = "behind"


@dataclass(frozen=True)
class Predecessor:
    """The channel that another one continues, and where it ended: `root` of its first `size` entries."""

    origin: str
    size: int
    root: bytes


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
    follows: Predecessor | None = None

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
class PastKey:
    """A key that a peer used until it was replaced; what it signed before stays valid.

    why  code: `rotated`, `lost`, `stolen`, `restored-from-backup`
    """

    key: VerifierKey
    until: Instant
    why: str


@dataclass(frozen=True)
class Peer:
    """A node that officers admitted after comparing fingerprints.

    address      `https://host:port`
    certificate  DER of the one client and server certificate that is accepted
    receipt_key  its cosignature key (type 04), named `<host>/receipt`
    channels     what it writes for us
    fingerprint  SHA-256 of the invitation that officers compared, 32 bytes
    past         receipt, witness and channel keys that it used before
    next_certificate  DER of the certificate that it has announced and may show from now on; empty when none is
    witness_key  its key for cosigning roots whose records it doesn't see (type 04, named `<host>/witness`)
    version      of the last roster record of its own that was taken up; 0 before the first
    seal_key     public key to which what is carried to it by hand is sealed; empty when it has told none
    contact      how its officers are called, as ours noted it; never told by the peer; empty when nobody noted it
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
    past: tuple[PastKey, ...] = ()
    next_certificate: bytes = b""
    witness_key: VerifierKey | None = None
    version: int = 0
    seal_key: bytes = b""
    contact: str = ""
