"""Requests as a list in the reference store: every one read anew for every question."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from comity.domain.ledger import Channel, Place
from comity.domain.record import Entry, Record, Told, open_record, postings
from comity.domain.request.dossier import Dossier, assemble
from comity.domain.request.summary import Summary, summary_of
from comity.domain.terms import Instant, NodeName
from comity.errors import Malformed, Misconfigured, NotFound
from comity.ports import Catalog
from comity.ports.requests import EVERY, Count, Row, Wanted

IsOpen = Callable[[str, int], bool]


def _all(_origin: str, _index: int) -> bool:
    return True


class MemoryRequests(ABC):
    """The part of the port that lists requests."""

    _catalog: Catalog | None
    _me: NodeName

    @abstractmethod
    def _shown(self) -> Any:
        """Shelves of which something may be shown, by origin; Any: of the store above this file."""

    @abstractmethod
    def channels(self) -> tuple[Channel, ...]: ...
    @abstractmethod
    def find(self, record: str) -> list[Place]: ...
    @abstractmethod
    def entries(self, origin: str, start: int, stop: int) -> list[Entry]: ...
    @abstractmethod
    def buried(self, issuer: str, records: Sequence[str]) -> dict[str, Place]: ...

    def requests(self, wanted: Wanted, limit: int, after: str = "", is_open: IsOpen = _all) -> tuple[Row, ...]:
        rows = [row for row in self._rows(is_open) if _fits(row, wanted)]
        whole = sorted((row for row in rows if row.wholly), key=lambda row: row.summary.order)
        parts = sorted((row for row in rows if not row.wholly), key=lambda row: row.summary.request, reverse=True)
        every = [*whole, *parts]
        if after in [row.summary.request for row in every]:
            every = every[1 + [row.summary.request for row in every].index(after) :]
        return tuple(every[:limit])

    def counted(self, wanted: Wanted = EVERY, is_open: IsOpen = _all) -> tuple[Count, ...]:
        counts: Counter[Count] = Counter()
        oldest: dict[Count, int] = {}
        for row in self._rows(is_open):
            one = row.summary
            if not _fits(row, wanted):
                continue
            rank, turn = (one.rank, str(one.turn)) if row.wholly else (2, "nobody")
            alike = Count(rank, turn, one.side, one.alert, str(one.other), one.measure, 1)
            counts[alike] += 1
            oldest[alike] = min(oldest.get(alike, one.changed), one.changed) if row.wholly else 0
        return tuple(replace(alike, n=n, oldest=oldest[alike]) for alike, n in counts.items())

    def ending(self, since: Instant, until: Instant, limit: int, is_open: IsOpen = _all) -> tuple[tuple[Row, ...], int]:
        rows = [row for row in self._rows(is_open) if row.wholly and since <= row.summary.due < until]
        return tuple(sorted(rows, key=lambda row: (row.summary.due, row.summary.request))[:limit]), len(rows)

    def entries_at(self, places: Sequence[Place]) -> dict[Place, Entry]:
        found = {}
        for place in dict.fromkeys(places):
            shelf = self._shown().get(place.origin)
            entry = shelf.entries.get(place.index) if shelf is not None else None
            told: Told | None = shelf.told.get(place.index) if shelf is not None else None
            if entry is not None and entry.envelope is not None and told is not None and told.fault is None:
                found[place] = entry
        return found

    def _rows(self, is_open: IsOpen) -> Iterator[Row]:
        if self._catalog is None:
            raise Misconfigured("catalog-missing", mend="open the store with the node's catalog")
        named: dict[str, list[tuple[Place, Record[Any]]]] = {}
        opened: dict[str, list[tuple[Place, Record[Any]]]] = {}
        for origin, shelf in self._shown().items():
            for index in sorted(shelf.told):
                told, entry = shelf.told[index], shelf.entries.get(index)
                if told.fault is not None or entry is None or entry.envelope is None:
                    continue
                traces = postings(told)
                if not any(trace.name in ("request", "record") for trace in traces):
                    continue
                record = open_record(entry.envelope, ())
                for trace in traces:
                    if trace.name == "request":
                        named.setdefault(_uuid(trace.key), []).append((Place(origin, index), record))
                    elif trace.name == "record" and record.envelope.kind == "ack/1":
                        opened.setdefault(_uuid(trace.key), []).append((Place(origin, index), record))
        channels = {channel.origin: channel for channel in self.channels()}
        for request, placed in named.items():
            try:
                dossier = assemble(
                    request,
                    placed,
                    me=self._me,
                    channels=channels,
                    measures=self._catalog.measures(),
                    machine=self._catalog.machine,
                    gone=self._gone,
                )
                summary = summary_of(dossier, self._me, channels)
            except (Malformed, NotFound):
                continue
            first = _first(dossier, summary, opened, channels)
            if is_open(summary.shown.origin, summary.shown.index):
                places = [*(place for place, _ in dossier.records), *([first] if first is not None else [])]
                yield Row(summary, first, all(is_open(place.origin, place.index) for place in places))

    def _gone(self, named: Sequence[str], sides: Sequence[NodeName]) -> set[str]:
        gone = {ref for side in sides for ref in self.buried(side, named)}
        for ref in named:
            entries = [e for place in self.find(ref) for e in self.entries(place.origin, place.index, place.index + 1)]
            if entries and all(entry.envelope is None for entry in entries):
                gone.add(ref)
        return gone


def _first(
    dossier: Dossier,
    summary: Summary,
    opened: dict[str, list[tuple[Place, Record[Any]]]],
    channels: dict[str, Channel],
) -> Place | None:
    if summary.ours is None:
        return None
    ours = next(record for place, record in dossier.records if place == summary.ours)
    reader = channels[summary.ours.origin].audience
    words = [
        (word.body.at, place)
        for place, word in opened.get(ours.envelope.id, ())
        if word.envelope.issuer == reader and word.body.of == ours.envelope.id and word.body.state == "opened"
    ]
    return min(words, key=lambda word: word[0])[1] if words else None


def _fits(row: Row, wanted: Wanted) -> bool:
    one, view = row.summary, wanted.view
    if wanted.other not in ("", one.other) or wanted.measure not in ("", one.measure):
        return False
    if (wanted.ids and one.request not in wanted.ids) or not one.request.endswith(wanted.ends):
        return False
    if not row.wholly and view in ("us", "them", "closed", "unsigned"):
        return False
    return {
        "all": True,
        "open": not one.closed or not row.wholly,
        "us": one.turn == "us" and not one.closed,
        "them": one.turn == "them" and not one.closed,
        "sent": one.side == "requester",
        "received": one.side == "requested",
        "closed": one.closed,
        "alerts": one.alert,
        "unsigned": one.second is not None,
    }[view]


def _uuid(key: bytes) -> str:
    text = key.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
