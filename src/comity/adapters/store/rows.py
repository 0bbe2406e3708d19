"""Between rows and values."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from comity.adapters.at_rest import Sealing
from comity.adapters.store.growth import Growth
from comity.adapters.store.sealed import body_in, entry_body, posted
from comity.domain.ledger import (
    Admission,
    Channel,
    CompactRange,
    Lane,
    Line,
    PastKey,
    Peer,
    Position,
    Predecessor,
    Standing,
    VerifierKey,
)
from comity.domain.record import Entry, Header, Order, State, Told, Trace, postings
from comity.domain.terms import Country, Instant, NodeName


@dataclass
class Log:
    """One channel as the sequencer knows it; a group works on copies."""

    ch: int
    channel: Channel
    growth: Growth
    note: bytes = b""
    pending: int = 0
    pending_note: bytes = b""
    pending_leaves: list[bytes] = field(default_factory=list)
    drained: int = 0
    line: Line | None = None

    def copy(self) -> Log:
        return replace(self, growth=self.growth.copy(), pending_leaves=list(self.pending_leaves))

    @property
    def size(self) -> int:
        return self.growth.size

    def position(self) -> Position:
        peaks = self.growth.peaks
        return Position(
            self.size, peaks.root(), peaks.to_bytes(), self.pending, self.note, self.pending_note, self.drained
        )


def channel_row(log: Log) -> dict[str, Any]:
    c = log.channel
    return {
        "ch": log.ch,
        "origin": c.origin,
        "vkey": c.key.text,
        "writer": c.writer,
        "audience": c.audience,
        "lane": c.lane.value,
        "opened": c.opened,
        "standing": c.standing.value,
        "why": c.why,
        **follows_columns(c.follows),
        **progress_row(log),
    }


def follows_columns(follows: Predecessor | None) -> dict[str, Any]:
    return {
        "follows_origin": follows.origin if follows else None,
        "follows_size": follows.size if follows else None,
        "follows_root": follows.root if follows else None,
    }


PROGRESS_COLUMNS = (
    "size",
    "peaks",
    "note",
    "pending",
    "pending_note",
    "pending_leaves",
    "drained",
    "line_size",
    "line_time",
    "line_name",
    "line",
)


def progress_row(log: Log) -> dict[str, Any]:
    line = log.line or Line("", 0, 0, b"")
    return {
        "size": log.size,
        "peaks": log.growth.peaks.to_bytes(),
        "note": log.note,
        "pending": log.pending,
        "pending_note": log.pending_note,
        "pending_leaves": b"".join(log.pending_leaves),
        "drained": log.drained,
        "line_size": line.size,
        "line_time": line.time_s,
        "line_name": line.name,
        "line": line.line,
    }


def log_of(row: Mapping[str, Any], open_tiles: list[bytes]) -> Log:
    channel = Channel(
        VerifierKey.parse(row["vkey"]),
        NodeName(row["writer"]),
        NodeName(row["audience"]),
        Lane(row["lane"]),
        Instant(row["opened"]),
        Standing(row["standing"]),
        row["why"],
        Predecessor(row["follows_origin"], row["follows_size"], row["follows_root"]) if row["follows_origin"] else None,
    )
    leaves: bytes = row["pending_leaves"]
    return Log(
        row["ch"],
        channel,
        Growth(CompactRange.from_bytes(row["size"], row["peaks"]), open_tiles),
        row["note"],
        row["pending"],
        row["pending_note"],
        [leaves[at : at + 32] for at in range(0, len(leaves), 32)],
        row["drained"],
        Line(row["line_name"], row["line_size"], row["line_time"], row["line"]) if row["line_size"] else None,
    )


def entry_row(sealing: Sealing, ch: int, entry: Entry, leaf: bytes, told: Told | None) -> dict[str, Any]:
    return {
        "ch": ch,
        "idx": entry.index,
        "leaf": leaf,
        "state": int(entry.state),
        **entry_body(entry, sealing, ch),
        "order_origin": entry.order.origin if entry.order else None,
        "order_index": entry.order.index if entry.order else None,
        **told_columns(told),
    }


def told_columns(told: Told | None) -> dict[str, Any]:
    header = told.header if told else None
    return {
        "settled": told is not None,
        "id": header.id if header else None,
        "kind": header.kind if header else None,
        "issuer": header.issuer if header else None,
        "made": header.made if header else None,
        "fault": told.fault if told else None,
    }


def trace_rows(sealing: Sealing, ch: int, index: int, told: Told) -> list[dict[str, Any]]:
    return [
        {"name": each.name, "key": posted(sealing, each.name, each.key), "ch": ch, "idx": index}
        for each in postings(told)
    ]


def entry_of(sealing: Sealing, row: Any) -> Entry:
    return entry_in(sealing, row.ch, row.idx, row.state, row.body, row.marking, row.order_origin, row.order_index)


def entry_in(
    sealing: Sealing,
    ch: int,
    index: int,
    state: int,
    body: bytes | None,
    marking: str | None,
    order_origin: str | None,
    order_index: int,
) -> Entry:
    order = Order(order_origin, order_index) if order_origin is not None else None
    salt, envelope, fields = body_in(sealing, ch, index, body, marking)
    return Entry(index, State(state), salt, envelope, fields, order)


def told_of(row: Any, traces: tuple[Trace, ...]) -> Told:
    header = Header(row.id, row.kind, row.issuer, Instant(row.made)) if row.id is not None else None
    return Told(header, traces, row.fault)


NAMED = ("request", "report", "record", "order", "sha256")
"""Members of a notice that name a thing by its id or digest."""
PLACED = (("origin", "index"), ("ours", "ours_index"))
"""Members of a notice that name a record by its place."""
ASKED_FOR = frozenset((*NAMED, *(name for pair in PLACED for name in pair)))


def notice_columns(about: Mapping[str, Any]) -> dict[str, bytes]:
    """All that a notice says, to be sealed; and beside it what queries ask for."""
    named = {name: value for name, value in about.items() if name in ASKED_FOR}
    return {"about": msgspec.json.encode(named), "told": msgspec.json.encode(about)}


def peer_document(peer: Peer) -> bytes:
    return msgspec.json.encode(
        {
            "name": peer.name,
            "country": peer.country,
            "title": peer.title,
            "address": peer.address,
            "certificate": base64.b64encode(peer.certificate).decode(),
            "receipt_key": peer.receipt_key.text,
            "channels": [[key.text, lane.value] for key, lane in peer.channels],
            "fingerprint": peer.fingerprint.hex(),
            "admission": peer.admission.value,
            "since": peer.since,
            "past": [[past.key.text, past.until, past.why] for past in peer.past],
            "next_certificate": base64.b64encode(peer.next_certificate).decode(),
            "witness_key": peer.witness_key.text if peer.witness_key else None,
            "version": peer.version,
            "seal_key": base64.b64encode(peer.seal_key).decode(),
            "contact": peer.contact,
        }
    )


def peer_of(document: bytes) -> Peer:
    """The peer behind a document; the last six members are younger than the first documents."""
    doc = msgspec.json.decode(document)
    return Peer(
        NodeName(doc["name"]),
        Country(doc["country"]),
        doc["title"],
        doc["address"],
        base64.b64decode(doc["certificate"]),
        VerifierKey.parse(doc["receipt_key"]),
        tuple((VerifierKey.parse(text), Lane(lane)) for text, lane in doc["channels"]),
        bytes.fromhex(doc["fingerprint"]),
        Admission(doc["admission"]),
        Instant(doc["since"]),
        tuple(PastKey(VerifierKey.parse(text), Instant(until), why) for text, until, why in doc.get("past", ())),
        base64.b64decode(doc.get("next_certificate", "")),
        VerifierKey.parse(doc["witness_key"]) if doc.get("witness_key") else None,
        doc.get("version", 0),
        base64.b64decode(doc.get("seal_key", "")),
        doc.get("contact", ""),
    )
