"""What is known here about a value: who said so, when, where it stands; and which warning list names it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from comity.domain.indicator import Indicator, broader, guess, indicator
from comity.domain.match import Suppression, Suppressors
from comity.domain.record import Record, decode_fields, header_of, open_record
from comity.domain.record.custody import Course
from comity.domain.record.kinds import transfer_1
from comity.domain.terms import Instant
from comity.errors import Malformed
from comity.flows.disposition import disposition_of
from comity.flows.suppress import suppressors
from comity.ports import Place, World


@dataclass(frozen=True)
class Statement:
    """One record that names the value, or one that covers it.

    value    as the record has it: the value itself, or a domain above it
    exact    whether it is the value itself
    said_by  node whose record it is
    said_at  when its issuer made it
    role     what the record calls it (`scam-site`, `recruiter` …); None where it doesn't say
    via      node that passed the record on to us; None where its issuer gave it to us itself
    course   `current`, or what its issuer has made of it since: `withdrawn`, `cleared`
    """

    place: Place
    record: str
    kind: str
    said_by: str
    said_at: Instant
    value: Indicator
    exact: bool
    role: str | None
    source: str | None
    via: str | None = None
    course: Course = Course.CURRENT


@dataclass(frozen=True)
class Known:
    """The answer about one value.

    suppressed  warning lists that name the value, or what a statement says about something above it
    raises      whether somebody says something about it, and still says it, that no warning list takes the weight from
    """

    value: Indicator
    statements: tuple[Statement, ...]
    suppressed: tuple[Suppression, ...]
    raises: bool


def read_value(kind: str | None, raw: str) -> Indicator:
    """The value in its normal form; without a kind, the surest one that fits. Malformed says what doesn't fit and why."""
    if kind is not None:
        return indicator(kind, raw)
    fitting = guess(raw)
    if not fitting:
        raise Malformed("value-of-no-kind", text=raw[:200])
    return fitting[0]


def opened(world: World, place: Place) -> Record[Any] | None:
    """The record at a place as far as it is here; None when it is erased or in quarantine."""
    found = world.store.entries(place.origin, place.index, place.index + 1)
    told = world.store.told([place]).get(place)
    if not found or found[0].envelope is None or told is None or told.fault is not None:
        return None
    return open_record(found[0].envelope, decode_fields(found[0].fields) if found[0].fields else ())


def look_up(world: World, values: Sequence[Indicator]) -> tuple[Known, ...]:
    """What is known about each value, exactly or by what covers it. Own and others' records alike; erased ones are gone."""
    reach = {value: (value, *broader(value)) for value in values}
    postings = world.store.traced("value", [one.key for chain in reach.values() for one in chain])
    lists = suppressors(world)
    answers = []
    for value, chain in reach.items():
        statements: dict[tuple[str, str, Indicator], Statement] = {}
        for one in chain:
            for place in postings.get(one.key, ()):
                said = _statement(world, place, one, exact=one == value)
                if said is not None:  # one record may stand in two channels, and come by a relay as well
                    statements.setdefault((said.said_by, said.record, one), said)
        answers.append(_weighed(lists, value, tuple(statements.values())))
    return tuple(answers)


def _weighed(lists: Suppressors, value: Indicator, statements: tuple[Statement, ...]) -> Known:
    """A page below a well-known name is no more suspicious than the name: what is said of the name weighs nothing for it."""
    own = lists.check(value)
    above = {s.value: lists.check(s.value) for s in statements if not s.exact}
    standing = [s for s in statements if s.course is Course.CURRENT]
    raises = not own and any(s.exact or not above[s.value] for s in standing)
    found = dict.fromkeys((*own, *(one for chain in above.values() for one in chain)))
    return Known(value, statements, tuple(found), raises)


def _statement(world: World, place: Place, value: Indicator, *, exact: bool) -> Statement | None:
    """None for what is erased, refused, or overtaken by an amendment: audit reads that, nobody else."""
    record = opened(world, place)
    if record is None:
        return None
    via = None
    if isinstance(record.body, transfer_1.Body):
        via = record.envelope.issuer
        inside = transfer_1.carries(record.body)
        if inside is None or world.store.buried(via, [record.envelope.id]):
            return None
        record = open_record(inside[0], decode_fields(inside[1]))
    header, body = header_of(record.envelope), record.body
    course = disposition_of(world, header.issuer, header.id).course
    if course in (Course.ERASED, Course.AMENDED):
        return None
    role, source = getattr(body, "role", None), getattr(body, "source", None)
    name = getattr(source, "name", None)
    role = role if isinstance(role, str) else None
    return Statement(place, header.id, header.kind, header.issuer, header.made, value, exact, role, name, via, course)
