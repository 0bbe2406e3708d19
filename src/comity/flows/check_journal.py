"""What an overseer's own machine makes of a journal's pages: whole, the same as last time and more of it, and nothing left out that others have.

No node and no store: pages, the writer's key as the overseer got it, and what it saw last. Nothing that lies beside the pages is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from comity.domain.ledger import (
    TILE_WIDTH,
    CompactRange,
    VerifierKey,
    leaf_of,
    parse_checkpoint,
    parse_note,
    parse_policy,
    parse_proof,
    split_hashes,
    tile_path,
    verify_inclusion,
)
from comity.domain.record import decode_bundle, open_record, read_envelope
from comity.domain.record.kinds import journal_1
from comity.errors import BadProof, MalformedRecord
from comity.flows.carry import NOTE_BYTES_MAX
from comity.flows.check_pages import BUNDLE_BYTES_MAX, Checked, Get, check_pages

SALT_BYTES = 32


@dataclass(frozen=True)
class Seen:
    """What this overseer saw last: the checkpoint it cosigned."""

    origin: str
    size: int
    root: str
    note: str


@dataclass(frozen=True)
class Missing:
    """A record that its writer put under a signed root, and whose entry the journal doesn't have.

    receipt  as the caller named it
    code     `act-without-entry`, `not-under-its-root`, `another-writer`, `later-than-the-journal`
    """

    receipt: str
    code: str
    record: str
    kind: str
    made: str


@dataclass(frozen=True)
class JournalChecked:
    """A journal that holds.

    entries   how many acts and reads it tells of
    fresh     records since what was seen last
    missing   receipts of others that it has no entry for; an alarm that is shown with both, the receipt and the journal
    """

    pages: Checked
    entries: int
    fresh: int
    missing: tuple[Missing, ...]


def check_journal(
    get: Get,
    channel: str,
    log: VerifierKey,
    seen: Seen | None,
    receipts: Sequence[tuple[str, bytes]] = (),
    told: Callable[[int], None] = lambda _: None,
) -> JournalChecked:
    """Everything that can be checked offline.

    receipts  (name, bytes) of receipt files about records of the same node, as its partners have them
    Raises as `check_pages`, and BadProof `journal-went-back` or `journal-forked` when it isn't what was seen before and more.
    """
    pages = check_pages(get, channel, parse_policy(f"log {log.text}\nquorum none\n".encode()), records=True, told=told)
    if seen is not None:
        grown_from(get, pages, seen)
    known: set[str] = set()
    entries, last = 0, ""
    for envelope in _envelopes(get, pages.size):
        try:
            record = open_record(envelope, ())
        except MalformedRecord:
            continue
        if isinstance(record.body, journal_1.Body):
            entries += len(record.body.entries)
            last = max(last, record.envelope.made)
            known.update(each for entry in record.body.entries for each in entry.records)
    writer = log.name.partition("/")[0]
    missing = tuple(each for name, raw in receipts if (each := _lacks(name, raw, writer, known, last)) is not None)
    return JournalChecked(pages, entries, pages.size - (seen.size if seen is not None else 0), missing)


def grown_from(get: Get, pages: Checked, seen: Seen) -> None:
    """BadProof `journal-went-back` or `journal-forked` unless these pages are what was seen, and more."""
    facts = {"origin": seen.origin, "seen_size": seen.size, "size": pages.size}
    if pages.size < seen.size:
        raise BadProof("journal-went-back", **facts)
    tree = CompactRange()
    for n in range(-(-seen.size // TILE_WIDTH)):
        width = min(TILE_WIDTH, pages.size - n * TILE_WIDTH)
        hashes = split_hashes(get(tile_path(0, n, width), 32 * TILE_WIDTH))
        tree.extend(hashes[: seen.size - n * TILE_WIDTH])
    if tree.root().hex() != seen.root:
        raise BadProof("journal-forked", **facts)


def _envelopes(get: Get, size: int) -> list[bytes]:
    found = []
    for n in range(-(-size // TILE_WIDTH)):
        width = min(TILE_WIDTH, size - n * TILE_WIDTH)
        bundle = decode_bundle(get(tile_path("records", n, width), BUNDLE_BYTES_MAX), n * TILE_WIDTH, width)
        found += [entry.envelope for entry in bundle if entry.envelope is not None]
    return found


def _lacks(name: str, raw: bytes, writer: str, known: set[str], last: str) -> Missing | None:
    """What is wrong about one receipt; None where the journal has the act, or can't have it yet."""
    proof = parse_proof(raw)
    signed = parse_checkpoint(parse_note(proof.note).text)
    extra = proof.extra or b""
    salt, sealed = extra[:SALT_BYTES], extra[SALT_BYTES:]
    envelope = read_envelope(sealed)
    told = {"receipt": name, "record": envelope.id, "kind": envelope.kind, "made": envelope.made}
    if signed.origin.partition("/")[0] != writer or envelope.issuer != writer:
        return Missing(code="another-writer", **told)
    try:
        verify_inclusion(proof.index, signed.size, leaf_of(salt, sealed), proof.hashes, signed.root)
    except BadProof:
        return Missing(code="not-under-its-root", **told)
    if envelope.id in known:
        return None
    return Missing(code="act-without-entry" if envelope.made <= last else "later-than-the-journal", **told)


def note_of(get: Get) -> bytes:
    """The checkpoint as it lies there."""
    return get("checkpoint", NOTE_BYTES_MAX)
