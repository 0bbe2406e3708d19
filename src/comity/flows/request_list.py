"""Requests as a list: some of them in the order of work, with what is said of each, by few questions to the store however many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from comity.domain.ledger import VerifierKey
from comity.domain.record import Record
from comity.domain.request.dossier import Dossier
from comity.domain.request.summary import Summary, summary_of
from comity.domain.terms import Instant, NodeName
from comity.flows.opened import seen
from comity.flows.receipt_keys import Until, nearest_by, receipt_keys
from comity.flows.request_state import dossiers, read
from comity.ports import Place, World
from comity.ports.requests import EVERY, Row, Wanted

Keys = Sequence[tuple[VerifierKey, Until]]
"""By which keys a node confirms, and until when each counts."""


@dataclass(frozen=True)
class Said:
    """How far our last word has come at the other side.

    sent    when it was made (RFC 3339)
    stored  when their machine had it on its disk; None when it hasn't said so
    opened  when somebody there opened it, and `by` whom
    """

    sent: str
    stored: Instant | None
    opened: str | None
    by: str | None


@dataclass(frozen=True)
class Listed:
    """One request of a list.

    targets  what is asked about, nothing personal
    by       who took the last step, or drafted it
    """

    summary: Summary
    targets: tuple[str, ...]
    by: str
    said: Said | None


def listed(world: World, wanted: Wanted, limit: int, after: str = "") -> tuple[Listed, ...]:
    """In the order of work; those after the request `after`. What can't be read any more is left out."""
    rows = world.store.requests(wanted, limit, after)
    known = {row.summary.request: row for row in rows if row.wholly}
    parts = [row.summary.request for row in rows if not row.wholly]
    anew = dossiers(world, parts) if parts else {}
    for request, found in anew.items():  # as they see it, whatever the whole has
        known[request] = _row_of(world, found)
    return _lines(world, [known[row.summary.request] for row in rows if row.summary.request in known])


def ending(world: World, since: Instant, until: Instant, limit: int) -> tuple[tuple[Listed, ...], int]:
    """Those whose nearest clock ends in this time, the nearest first, and how many there are."""
    rows, count = world.store.ending(since, until, limit)
    return _lines(world, rows), count


def found_by(
    world: World, fits: Callable[[Summary, tuple[str, ...]], bool], among: int, limit: int
) -> tuple[Listed, ...]:
    """Of the first ones in the order of work, those that fit by what a list says of them: its words, and the targets."""
    rows = world.store.requests(EVERY, among)
    entries = world.store.entries_at([row.summary.shown for row in rows])
    shown = {row.summary.request: entries[row.summary.shown] for row in rows if row.summary.shown in entries}
    ids = [
        row.summary.request
        for row in rows
        if row.summary.request in shown and fits(row.summary, _targets(read(shown[row.summary.request])))
    ]
    return listed(world, Wanted(ids=tuple(ids[:limit])), limit) if ids else ()


def line_of(world: World, found: Dossier) -> Listed | None:
    """The same of one that was read."""
    return next(iter(_lines(world, [_row_of(world, found)])), None)


def _row_of(world: World, found: Dossier) -> Row:
    channels = {channel.origin: channel for channel in world.store.channels()}
    summary = summary_of(found, world.me.name, channels)
    word = None
    if summary.ours is not None:
        record = next(record for place, record in found.records if place == summary.ours)
        word = seen(world, summary.ours, record)
    return Row(summary, word.place if word is not None else None)


def _records(world: World, rows: Sequence[Row]) -> dict[Place, Record[Any]]:
    places = [
        place
        for row in rows
        for place in (row.summary.shown, row.summary.last, row.summary.ours, row.opened)
        if place is not None
    ]
    return {place: read(entry) for place, entry in world.store.entries_at(places).items()}


def _lines(world: World, rows: Sequence[Row]) -> tuple[Listed, ...]:
    records = _records(world, rows)
    channels = {channel.origin: channel for channel in world.store.channels()}
    keys: dict[NodeName, Keys] = {}
    lines = []
    for row in rows:
        place, stored = row.summary.ours, None
        if place is not None and place in records:
            reader = channels[place.origin].audience
            if reader not in keys:
                keys[reader] = receipt_keys(world, reader)
            stored = nearest_by(world, place.origin, place.index, keys[reader])
        lines.append(_line(row, records, Instant(stored.time_s * 1000) if stored is not None else None))
    return tuple(line for line in lines if line is not None)


def _line(row: Row, records: dict[Place, Record[Any]], stored: Instant | None) -> Listed | None:
    one = row.summary
    shown, last = records.get(one.shown), records.get(one.last) if one.last is not None else None
    if shown is None:
        return None
    return Listed(
        summary=one,
        targets=_targets(shown),
        by=_by(last) if last is not None else shown.body.drafted_by,
        said=_said(row, records, stored),
    )


def _targets(record: Record[Any]) -> tuple[str, ...]:
    return tuple(target.value for target in record.body.targets)


def _by(record: Record[Any]) -> str:
    body = record.body
    by: str = body.by if hasattr(body, "by") else body.approved_by or body.drafted_by
    return by


def _said(row: Row, records: dict[Place, Record[Any]], stored: Instant | None) -> Said | None:
    place = row.summary.ours
    if place is None or place not in records:
        return None
    word = records.get(row.opened) if row.opened is not None else None
    return Said(
        records[place].envelope.made,
        stored,
        word.body.at if word is not None else None,
        (word.body.by or "") if word is not None else None,
    )
