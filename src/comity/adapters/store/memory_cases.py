"""Cases in the reference store, and the store as one person sees it: written from the port's promises, by going through everything."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from msgspec import structs

from comity.domain.access import CaseFile, CaseMoved, Grant, Link, Member, Sight
from comity.domain.ledger import Channel, Lane
from comity.domain.record import Entry, Told, decode_fields, encode_fields, postings, read_envelope
from comity.domain.search import Asked
from comity.domain.terms import Instant
from comity.errors import Conflict
from comity.ports import Hits, Noticed, Place
from comity.ports.requests import EVERY, Count, Row, Wanted


@dataclass
class Cabinet:
    """All that is kept of cases."""

    files: dict[str, CaseFile] = field(default_factory=dict)
    members: dict[tuple[str, str, int], Member] = field(default_factory=dict)
    links: dict[tuple[str, str], Link] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    moves: list[CaseMoved] = field(default_factory=list)

    def keep(self, fact: CaseFile | CaseMoved | Member | Link | Grant) -> None:
        match fact:
            case CaseFile():
                if any(each.number == fact.number and each.id != fact.id for each in self.files.values()):
                    raise Conflict("case-number-taken", number=fact.number)
                self.files[fact.id] = fact
            case CaseMoved():
                file = self.files.get(fact.case)
                if file is None or file.state != fact.before:
                    raise Conflict("case-moved-meanwhile", case=fact.case)
                self.files[fact.case] = replace(file, state=fact.state)
                self.moves.append(fact)
            case Member():
                self.members[fact.case, fact.account, fact.since] = fact
            case Link():
                self.links[fact.case, fact.id] = fact
            case Grant():
                self.grants[fact.id] = fact

    def of(self, ids: Collection[str]) -> list[frozenset[str]]:
        """For each of these things that lies in cases, which those are."""
        found: dict[str, set[str]] = {}
        for link in self.links.values():
            if link.until is None and link.id in ids:
                found.setdefault(link.id, set()).add(link.case)
        return [frozenset(found[one]) for one in dict.fromkeys(ids) if one in found]


class MemoryCases(ABC):
    """The part of the port that tells of cases."""

    @property
    @abstractmethod
    def _cabinet(self) -> Cabinet:
        """What is kept of cases now."""

    def case(self, case: str) -> CaseFile | None:
        return self._cabinet.files.get(case)

    def cases(self, ids: Collection[str] | None = None) -> tuple[CaseFile, ...]:
        found = [each for each in self._cabinet.files.values() if ids is None or each.id in ids]
        return tuple(sorted(found, key=lambda each: (-each.opened, each.id)))

    def members(self, case: str) -> tuple[Member, ...]:
        found = [each for each in self._cabinet.members.values() if each.case == case]
        return tuple(sorted(found, key=lambda each: (each.since, each.account)))

    def open_to(self, account: str, at: Instant) -> frozenset[str]:
        there = [m for m in self._cabinet.members.values() if m.since <= at and (m.until is None or m.until > at)]
        glass = [g for g in self._cabinet.grants.values() if g.at <= at < g.until]
        named = [*((m.account, m.case) for m in there), *((g.account, g.case) for g in glass)]
        return frozenset(case for whose, case in named if whose == account)

    def links(self, case: str) -> tuple[Link, ...]:
        found = [each for each in self._cabinet.links.values() if each.case == case and each.until is None]
        return tuple(sorted(found, key=lambda each: (each.at, each.id)))

    def lies_in(self, ids: Sequence[str]) -> tuple[frozenset[str], ...]:
        return tuple(self._cabinet.of(ids))

    def case_moves(self, case: str) -> tuple[CaseMoved, ...]:
        return tuple(each for each in self._cabinet.moves if each.case == case)

    def grants(self, account: str | None = None) -> tuple[Grant, ...]:
        found = [each for each in self._cabinet.grants.values() if account in (None, each.account)]
        return tuple(sorted(found, key=lambda each: (-each.at, each.id)))

    def seen(self, sight: Sight) -> Any:  # Any: a view that asks the whole for whatever it doesn't answer itself
        return SeenMemory(self, sight)

    def whole(self) -> Any:
        return self

    def hidden(self, name: str, keys: Sequence[bytes]) -> frozenset[bytes]:
        return frozenset()


UNNAMED = ("request", "report", "record", "order", "sha256", "index", "ours_index")


class SeenMemory:
    """The whole store's answers, less what is hidden."""

    def __init__(self, whole: Any, sight: Sight) -> None:  # Any: the memory store, which is above this file
        self._whole, self._sight = whole, sight

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)

    def seen(self, sight: Sight) -> SeenMemory:
        return SeenMemory(self._whole, sight)

    def whole(self) -> Any:
        return self._whole

    def channels(self) -> tuple[Channel, ...]:
        return tuple(each for each in self._whole.channels() if each.lane is not Lane.JOURNAL)

    def _open(self, origin: str, index: int) -> bool:
        shelf = self._whole._shelf(origin)
        if shelf.channel.lane is Lane.JOURNAL:
            return False
        told: Told | None = shelf.told.get(index)
        entry: Entry | None = shelf.entries.get(index)
        belongs = (
            {} if told is None else {t.key: t for t in postings(told) if t.name in ("request", "report", "record")}
        )
        own = told.header.id if told is not None and told.header is not None else None
        things = {
            link.id
            for link in self._whole._cabinet.links.values()
            if link.until is None and (link.id == own or _key(link.id) in belongs)
        }
        if not self._sight.reaches(self._whole._cabinet.of(things)):
            return False
        if told is None or told.fault is not None or entry is None or entry.envelope is None:
            return True
        envelope = read_envelope(entry.envelope)
        return self._sight.allows(envelope.marking, envelope.issuer)

    def _places(self, places: Sequence[Place]) -> list[Place]:
        return [place for place in places if self._open(place.origin, place.index)]

    def entries(self, origin: str, start: int, stop: int) -> list[Entry]:
        found = self._whole.entries(origin, start, stop)
        return [self._without(entry) for entry in found if self._open(origin, entry.index)]

    def parted(self, origin: str, start: int, stop: int) -> list[Entry]:
        return [entry for entry in self.entries(origin, start, stop) if entry.order is not None]

    def _without(self, entry: Entry) -> Entry:
        kept = [field for field in decode_fields(entry.fields) if not self._sight.hides(field.pointer)]
        return structs.replace(entry, fields=encode_fields(kept)) if entry.fields else entry

    def told(self, places: Sequence[Place]) -> Mapping[Place, Told]:
        found: Mapping[Place, Told] = self._whole.told(self._places(places))
        return found

    def standing(self, origin: str, records: Sequence[str]) -> dict[str, int]:
        found = self._whole.standing(origin, records)
        return {one: index for one, index in found.items() if self._open(origin, index)}

    def find(self, record: str) -> list[Place]:
        return self._places(self._whole.find(record))

    def traced(self, name: str, keys: Sequence[bytes]) -> dict[bytes, list[Place]]:
        found = {key: self._places(places) for key, places in self._whole.traced(name, keys).items()}
        return {key: places for key, places in found.items() if places}

    def hidden(self, name: str, keys: Sequence[bytes]) -> frozenset[bytes]:
        links = [each for each in self._whole._cabinet.links.values() if each.until is None]
        lying = {_key(each.id) for each in links} & set(keys)
        mine = {_key(each.id) for each in links if each.case in self._sight.cases} & set(keys)
        there = {*self._whole.traced(name, keys), *lying} if self._sight.desk else set(keys)
        return frozenset(there - {*self.traced(name, keys), *mine})

    def searched(self, asked: Asked, limit: int, after: Place | None = None) -> Hits:
        found: Hits = self._whole.searched(asked, limit, after, self._open, self._without)
        return found

    def requests(self, wanted: Wanted, limit: int, after: str = "") -> tuple[Row, ...]:
        found: tuple[Row, ...] = self._whole.requests(wanted, limit, after, self._open)
        return found

    def counted(self, wanted: Wanted = EVERY) -> tuple[Count, ...]:
        found: tuple[Count, ...] = self._whole.counted(wanted, self._open)
        return found

    def ending(self, since: Instant, until: Instant, limit: int) -> tuple[tuple[Row, ...], int]:
        found: tuple[tuple[Row, ...], int] = self._whole.ending(since, until, limit, self._open)
        return found

    def entries_at(self, places: Sequence[Place]) -> dict[Place, Entry]:
        found = self._whole.entries_at(self._places(places))
        return {place: self._without(entry) for place, entry in found.items()}

    def of_kind(self, kind: str, limit: int = 1000) -> list[Place]:
        return self._places(self._whole.of_kind(kind, 1 << 53))[:limit]

    def notices(self, limit: int = 200) -> tuple[Noticed, ...]:
        return tuple(each for each in self._whole.notices(1 << 53) if self._notice_open(each))[:limit]

    def notices_after(self, seq: int, limit: int = 200) -> tuple[tuple[int, Noticed], ...]:
        found = self._whole.notices_after(seq, 1 << 53)
        return tuple((at, each) for at, each in found if self._notice_open(each))[:limit]

    def _notice_open(self, notice: Noticed) -> bool:
        if notice.kind == "break-glass":
            return self._sight.reviews
        about = notice.about
        named = [about[m] for m in ("request", "report", "record", "order", "sha256") if isinstance(about.get(m), str)]
        cases = self._whole._cabinet.of(named)
        if self._sight.audits and not any(isinstance(about.get(m), (str, int)) for m in UNNAMED):
            return True
        if not all(self._sight.cases & each for each in cases) or not (cases or self._sight.desk):
            return False
        return all(self._open(*place) for place in _placed(about))


def _placed(about: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for origin, index in (("origin", "index"), ("ours", "ours_index")):
        if isinstance(about.get(origin), str) and isinstance(about.get(index), int):
            yield about[origin], about[index]


def _key(thing: str) -> bytes:
    return bytes.fromhex(thing[:32] if len(thing) == 64 else thing.replace("-", ""))
