"""Signals as a list and one by one: what this node knows as indicators, who said so, what became of it, who else names it.

A page looks at a bounded number of records, however many there are: values are sealed in their records, so that a filter by kind,
marking or state has to open them. What was not looked at is said, and one link further.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from comity.domain.indicator import Indicator
from comity.domain.ledger import Channel, Lane
from comity.domain.record import Record, Told, decode_fields, open_record
from comity.domain.record.custody import Course
from comity.domain.record.kinds import indicator_1, transfer_1
from comity.domain.record.opened import uuid_trace, value_traces
from comity.domain.record.places import Value
from comity.domain.terms import Instant, instant_from
from comity.errors import NotFound
from comity.flows.custody import custody_of
from comity.flows.disposition import disposition_of
from comity.ports import Place, World

NEWEST = 5000
"""Of so many newest records a list is made; older ones are found by search."""
LOOKED = 240
"""So many records one page opens at most."""
PAGE = 40
NAMERS_MAX = 200
"""So many records that name one value are counted; beyond that the page says `200+`."""
STATES = ("current", "amended", "withdrawn", "cleared", "expired")
"""What a list can be narrowed to. What was erased whole stands in no list: its own page and custody say what is left."""


@dataclass(frozen=True)
class Signal:
    """One indicator record.

    place      None where it was erased
    value      None where it isn't here: erased, or sealed and not ours to open
    made       None where it was erased
    state      one of STATES, or `erased`
    via        node that passed it on to us; empty where it came from its issuer, or is ours
    last_seen  as the record says; `expires` when it may be used no more
    named      other records here that name the same value; `namers` the nodes that do
    """

    record: str
    issuer: str
    state: str
    place: Place | None = None
    value: Indicator | None = None
    kind: str = ""
    role: str = ""
    source: str = ""
    source_sha256: str = ""
    note: str = ""
    confidence: int | None = None
    suppressed: bool = False
    made: Instant | None = None
    via: str = ""
    marking: Any = None
    first_seen: str = ""
    last_seen: str = ""
    expires: str = ""
    named: int = 0
    namers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What a list is narrowed to; empty is everything. `start` is how many of the newest are passed over."""

    whose: str = ""
    kind: str = ""
    tlp: str = ""
    channel: str = ""
    state: str = ""
    start: int = 0


@dataclass(frozen=True)
class Found:
    """One page of a list. `onward` is where the next one begins; None where everything was looked at."""

    signals: tuple[Signal, ...]
    looked: int
    onward: int | None


def signals(world: World, asked: Asked) -> Found:
    """The newest signals that fit, about PAGE of them: whole pieces are looked at."""
    places = [place for place in _places(world, asked.whose) if asked.channel in ("", place.origin)]
    fitting: list[Signal] = []
    looked = 0
    for chunk in _chunks(places[asked.start : asked.start + LOOKED]):
        looked += len(chunk)
        fitting += [signal for signal in _read(world, chunk) if _fits(signal, asked)]
        if len(fitting) >= PAGE:
            break
    end = asked.start + looked
    return Found(_with_namers(world, fitting), looked, end if end < len(places) and looked else None)


def signal_named(world: World, record: str) -> tuple[Signal, list[Place]]:
    """One signal by its record's id, and every place where it stands here. NotFound."""
    places = world.store.find(record)
    carried = [place for place in _speaking(world, [record]).get(record, ()) if _is_transfer(world, place)]
    for place in (*places, *carried):
        for signal in _read(world, [place]):
            if signal.record == record:
                return _with_namers(world, [signal])[0], places
    return _erased(world, record), []


def _erased(world: World, record: str) -> Signal:
    """What is left of a record that was erased whole: whose it was, and the order. NotFound for whatever else."""
    left = custody_of(world, record)
    if left.disposition.course is not Course.ERASED:
        raise NotFound("signal", record=record[:60])
    return Signal(record=record, issuer=left.issuer, state="erased")


def channels_of(world: World) -> list[tuple[str, str, bool]]:
    """(origin, the other side or empty on the desk, whether we write it) of the channels in which signals may stand."""
    lanes = (Lane.DESK, Lane.BULK, Lane.URGENT)
    found = []
    for channel in world.store.channels():
        if channel.lane in lanes:
            ours = channel.writer == world.me.name
            other = "" if channel.lane is Lane.DESK else str(channel.audience if ours else channel.writer)
            found.append((channel.origin, other, ours))
    return found


def _places(world: World, whose: str) -> list[Place]:
    """Newest first. Those that a relay passed on stand inside transfers, and are a list of their own."""
    if whose == "relayed":
        told = world.store.of_kind(transfer_1.KIND, NEWEST)
        return [place for place in told if not _is_ours(world, place)]
    found = world.store.of_kind(indicator_1.KIND, NEWEST)
    if whose == "ours":
        return [place for place in found if _is_ours(world, place)]
    return [place for place in found if not _is_ours(world, place)] if whose == "theirs" else found


def _is_ours(world: World, place: Place) -> bool:
    return place.origin.startswith(f"{world.me.name}/ch/")


def _chunks(places: Sequence[Place]) -> Iterator[Sequence[Place]]:
    for at in range(0, len(places), PAGE):
        yield places[at : at + PAGE]


def _read(world: World, places: Sequence[Place]) -> Iterator[Signal]:
    """Those of the places that hold a signal that can be read."""
    told = world.store.told(places)
    opened = [(place, record) for place in places if (record := _inside(world, place, told.get(place))) is not None]
    courses = _courses(world, {record.envelope.id: record.envelope.issuer for _, record in opened})
    channels = {channel.origin: channel for channel in world.store.channels()}
    for place, record in opened:
        yield _signal(world, place, record, courses[record.envelope.id], channels[place.origin])


def _inside(world: World, place: Place, told: Told | None) -> Record[Any] | None:
    """The indicator at a place, or the one that a transfer there carries; None where it can't be read."""
    if told is None or told.fault is not None or told.header is None:
        return None
    if told.header.kind not in (indicator_1.KIND, transfer_1.KIND):
        return None
    for entry in world.store.entries(place.origin, place.index, place.index + 1):
        if entry.envelope is None:
            return None
        record: Record[Any] = open_record(entry.envelope, decode_fields(entry.fields) if entry.fields else ())
        if not isinstance(record.body, transfer_1.Body):
            return record
        carried = transfer_1.carries(record.body) if record.body.of.kind == indicator_1.KIND else None
        return open_record(carried[0], decode_fields(carried[1])) if carried is not None else None
    return None


def _signal(world: World, place: Place, record: Record[Any], course: Course, channel: Channel) -> Signal:
    body, envelope = record.body, record.envelope
    ends = [each for each in (envelope.marking.expires, envelope.expires) if each]
    expires = min(ends, key=instant_from, default="")
    over = bool(expires) and course is Course.CURRENT and instant_from(expires) <= world.clock.now()
    return Signal(
        record=envelope.id,
        issuer=envelope.issuer,
        state="expired" if over else course.value,
        place=place,
        value=_value(body),
        kind=body.kind,
        role=body.role,
        source=body.source.name,
        source_sha256=body.source.sha256 or "",
        note=body.source.note or "",
        confidence=body.confidence,
        suppressed=body.suppressed,
        made=instant_from(envelope.made),
        via=str(channel.writer) if channel.writer != envelope.issuer else "",
        marking=envelope.marking,
        first_seen=body.first_seen or "",
        last_seen=body.last_seen or "",
        expires=expires,
    )


def _value(body: Any) -> Indicator | None:
    said = next((each for each in (body.value, body.personal_value) if isinstance(each, str)), None)
    return Indicator(body.kind, said) if said is not None else None


def _courses(world: World, ids: dict[str, str]) -> dict[str, Course]:
    """What became of each record (id -> issuer), in few questions: only those that something speaks of are looked at closely."""
    spoken = _speaking(world, list(ids))
    by_issuer: dict[str, list[str]] = {}
    for record, issuer in ids.items():
        by_issuer.setdefault(issuer, []).append(record)
    buried = {record for issuer, records in by_issuer.items() for record in world.store.buried(issuer, records)}
    return {
        record: disposition_of(world, issuer, record).course
        if spoken.get(record) or record in buried
        else Course.CURRENT
        for record, issuer in ids.items()
    }


def _speaking(world: World, records: Sequence[str]) -> dict[str, list[Place]]:
    """Places of records that speak of each of these."""
    keys: dict[str, bytes] = {}
    for record in records:
        try:
            keys[record] = uuid_trace("record", record).key
        except ValueError:
            continue
    found = world.store.traced("record", list(keys.values()))
    return {record: list(found.get(key, ())) for record, key in keys.items()}


def _is_transfer(world: World, place: Place) -> bool:
    told = world.store.told([place]).get(place)
    return told is not None and told.header is not None and told.header.kind == transfer_1.KIND


def _with_namers(world: World, found: Iterable[Signal]) -> tuple[Signal, ...]:
    """Beside each, how many other records here name the same value, and whose they are."""
    listed = list(found)
    keys = {each.record: _key(each.value) for each in listed if each.value is not None}
    postings = world.store.traced("value", list(dict.fromkeys(keys.values()))) if keys else {}
    near = {key: places[: NAMERS_MAX + 1] for key, places in postings.items()}
    told = world.store.told([place for places in near.values() for place in places]) if near else {}
    return tuple(_counted(each, near.get(keys.get(each.record, b""), []), told.get) for each in listed)


def _counted(signal: Signal, places: Sequence[Place], told: Callable[[Place], Told | None]) -> Signal:
    headers = [known.header for place in places if (known := told(place)) is not None and known.header is not None]
    others = {header.id: header.issuer for header in headers if header.id != signal.record}
    namers = tuple(sorted(set(others.values())))
    return replace(signal, named=len(others), namers=namers)


def _key(value: Indicator) -> bytes:
    return next(iter(value_traces((Value(value.kind, value.value),)))).key


def _fits(signal: Signal, asked: Asked) -> bool:
    tlp = signal.marking.tlp if signal.marking is not None else ""
    return all(
        wanted in ("", has)
        for wanted, has in ((asked.kind, signal.kind), (asked.tlp, tlp), (asked.state, signal.state))
    )
