"""What the reference store keeps, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field

from comity.adapters.store.memory_cases import Cabinet
from comity.adapters.store.memory_people import Staff
from comity.domain.ledger import Channel, Line, Peer
from comity.domain.record import Entry, Told
from comity.ports import Copied, Listed, LogKept, Noticed, Place, Witnessed


@dataclass
class Shelf:
    """One channel."""

    channel: Channel
    size: int = 0
    pending: int = 0
    drained: int = 0
    note: bytes = b""
    pending_note: bytes = b""
    leaves: list[bytes] = field(default_factory=list)
    pending_leaves: list[bytes] = field(default_factory=list)
    entries: dict[int, Entry] = field(default_factory=dict)
    told: dict[int, Told] = field(default_factory=dict)
    filed: dict[int, int] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    notes: dict[int, bytes] = field(default_factory=dict)
    lines: dict[tuple[str, int], Line] = field(default_factory=dict)
    own: Line | None = None
    evidence: list[bytes] = field(default_factory=list)


@dataclass
class Content:
    """All that a transaction may change."""

    shelves: dict[str, Shelf] = field(default_factory=dict)
    peers: dict[str, Peer] = field(default_factory=dict)
    tombs: dict[tuple[str, str], Place] = field(default_factory=dict)
    acted: dict[tuple[str, str], str] = field(default_factory=dict)
    lists: dict[str, Listed] = field(default_factory=dict)
    notices: dict[str, Noticed] = field(default_factory=dict)
    copies: list[Copied] = field(default_factory=list)
    cursors: dict[str, int] = field(default_factory=dict)
    logs: dict[str, LogKept] = field(default_factory=dict)
    witnessed: dict[str, Witnessed] = field(default_factory=dict)
    cases: Cabinet = field(default_factory=Cabinet)
    people: Staff = field(default_factory=Staff)
    filings: int = 0
