"""Questions to the reference store: every record that is here is opened, and held against the words of the port's promise."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

from comity.domain.record import ORDERS, PROPOSAL, Entry, Told, order_in
from comity.domain.search import Asked, Page, answers, page_of
from comity.errors import Malformed
from comity.ports import Hit, Hits, Place

Open = Callable[[str, int], bool]


def _everything(_origin: str, _index: int) -> bool:
    return True


class MemorySearch:
    """The part of the port that answers questions."""

    @abstractmethod
    def _kept(self) -> tuple[Any, str]:
        """All that is kept, and whose it is. Any: the content, which is above this file."""

    @abstractmethod
    def _shown(self) -> dict[str, Any]:
        """Channels of which something may be shown. Any: as above."""

    def searched(
        self, asked: Asked, limit: int, after: Place | None = None, open_: Open = _everything, strip: Any = None
    ) -> Hits:
        """`open_` and `strip` are a person's: what is hidden as a whole, and what an entry is without hidden values."""
        kept, me = self._kept()
        ended = set(kept.tombs) | {(me, record) for record in self._taken_back()}
        found: dict[tuple[str, str], tuple[int, Hit]] = {}
        for number, place, entry, told, page in self._pages():
            if not open_(place.origin, place.index) or not answers(page, asked):
                continue
            if {(page.issuer, page.record), (told.header.issuer, told.header.id)} & ended:
                continue
            hit = Hit(place, told.header, entry if strip is None else strip(entry))
            best = found.get((page.issuer, page.record))
            if best is None or best[0] < number:
                found[page.issuer, page.record] = number, hit
        hits = [hit for _, hit in sorted(found.values(), key=lambda each: -each[0])]
        if after is None:
            rest = hits
        else:
            numbers = {place: number for number, place, *_ in self._pages() if open_(place.origin, place.index)}
            if after not in numbers:
                raise Malformed("search-after-unknown", origin=after.origin, index=after.index)
            rest = [hit for hit in hits if numbers[hit.place] < numbers[after]]
        page_ = tuple(rest[:limit])
        return Hits(page_, len(hits), True, page_[-1].place if len(rest) > limit else None)

    def _pages(self) -> Iterator[tuple[int, Place, Entry, Any, Page]]:
        for origin, shelf in self._shown().items():
            for index, told in shelf.told.items():
                entry = shelf.entries.get(index)
                if entry is None or entry.envelope is None or told.fault is not None or told.header is None:
                    continue
                page = page_of(entry.envelope, entry.fields, told.traces)
                if page is not None:
                    yield shelf.filed.get(index, 0), Place(origin, index), entry, told, page

    def _taken_back(self) -> Iterator[str]:
        kept, me = self._kept()
        for shelf in kept.shelves.values():
            if shelf.channel.writer != me:
                continue
            for index, told in shelf.told.items():
                entry = shelf.entries.get(index)
                if told.header is None or told.header.kind not in ORDERS or entry is None or entry.envelope is None:
                    continue
                order = order_in(entry.envelope, entry.fields)
                if order is not None and order.purpose != PROPOSAL:
                    yield from (target.id for target in order.targets if target.pointers is None)


def numbered(told: Told, shelf: Any, index: int, content: Any) -> None:
    """The place of a record in the order of filing; Any: of the store above this file."""
    shelf.told[index] = told
    content.filings += 1
    shelf.filed[index] = content.filings
