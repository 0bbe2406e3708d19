"""Data-subject access: what is held about a value, who received it, and who looked at it on which basis. Two persons; and it is journalled.

What is withheld is said as classes that stand in every answer alike: an answer about somebody against whom an investigation goes on
differs by nothing from one about somebody against whom there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from comity.domain.indicator import Indicator
from comity.domain.ledger import Lane
from comity.domain.record import Record
from comity.domain.search import read_query
from comity.domain.terms import Actor, Granted, Reason, Refused, instant_text
from comity.errors import Malformed
from comity.flows.access import permit, whole
from comity.flows.journal import commitment, query_key
from comity.flows.journal_read import Kept, walk
from comity.flows.lookup import opened, read_value
from comity.flows.two_persons import Proposed, decide_on, named, proposals, propose, topic
from comity.ports import Place, World

TOPIC = topic("access")
ACT: Final = "subject-access"
CLASSES: Final = ("ongoing-investigation", "record-of-another-authority", "protection-of-others")
"""What an answer may leave out. All of them stand in every answer, whether or not something was left out."""
HITS: Final = 1000


@dataclass(frozen=True)
class Held:
    """One record that names the value.

    fields  which sealed members of it are here
    given   nodes that were given it
    """

    kind: str
    made: str
    issuer: str
    purpose: str
    basis: str | None
    fields: tuple[str, ...]
    given: tuple[str, ...]


@dataclass(frozen=True)
class Seen:
    """One time somebody opened a record of these, or asked for the value: in which roles, what for, on which basis. No names of officers."""

    at: str
    act: str
    roles: tuple[str, ...]
    purpose: str | None
    basis: str | None
    asked: bool


@dataclass(frozen=True)
class Answer:
    """What the person gets. `withheld` are classes, never counts."""

    reference: str
    node: str
    made: str
    about: str
    held: tuple[Held, ...]
    seen: tuple[Seen, ...]
    withheld: tuple[str, ...] = CLASSES


def ask(world: World, actor: Actor, about: str, reference: str) -> Granted[Proposed] | Refused:
    """First of two persons. `reference`: of the person's own request, as the authority filed it."""
    reasons: list[Reason] = []
    if not 0 < len(about.strip()) <= 500 or not about.isprintable():
        reasons.append(Reason("subject-missing", {"field": "about", "mend": "give the value or the name"}))
    if not 0 < len(reference.strip()) <= 120 or not reference.isprintable():
        reasons.append(Reason("reference-missing", {"field": "reference", "mend": "name the person's request"}))
    if reasons:
        return Refused(tuple(reasons))
    return propose(world, actor, ACT, TOPIC, {"reference": reference.strip()}, about.strip())


def decide(world: World, actor: Actor, wanted: str, *, confirmed: bool) -> Granted[Proposed] | Refused:
    """Second of two persons."""
    return decide_on(world, actor, TOPIC, wanted, confirmed=confirmed)


def asked(world: World) -> list[Proposed]:
    """Every request for access that was filed here."""
    return proposals(world, TOPIC)


def one(world: World, wanted: str) -> Proposed:
    """One of them. NotFound for what is none."""
    return named(world, TOPIC, wanted)


def answer(world: World, actor: Actor, wanted: str) -> Granted[Answer] | Refused:
    """The answer to a request that two persons let go."""
    found = named(world, TOPIC, wanted)
    reasons = permit(world, actor, ACT)
    if found.state != "confirmed":
        reasons += (Reason("not-confirmed", {"state": found.state, "mend": "somebody else confirms it"}),)
    if found.reason is None:
        reasons += (Reason("subject-erased", {"proposal": found.id}),)
    if reasons or found.reason is None:
        return Refused(reasons)
    everything = whole(world)
    places = list(_naming(everything, found.reason))
    free = {place: record for place in places if (record := _disclosable(everything, place)) is not None}
    held = tuple(sorted((_held(everything, p, r) for p, r in free.items()), key=lambda each: (each.made, each.kind)))
    ids = {record.envelope.id for record in free.values()}
    seen = tuple(_seen(everything, found.reason, set(free), ids))
    at = instant_text(world.clock.now())
    return Granted(Answer(found.terms.get("reference", ""), world.me.name, at, found.reason, held, seen))


def text_of(found: Answer) -> str:
    """The same as plain text, for who gets it on paper."""
    lines = [
        f"Access to data: {found.reference}",
        f"Answered by {found.node} on {found.made}",
        f"About: {found.about}",
        "",
        "What is held and can be told",
        *(
            f"- {each.made}: {each.kind.partition('/')[0]} by {each.issuer}, purpose {each.purpose}, basis "
            f"{each.basis or '-'}, given to {', '.join(each.given) or 'nobody'}"
            for each in found.held
        ),
        *([] if found.held else ["- nothing"]),
        "",
        "Who looked at it or asked for it, as far as it can be told",
        *(
            f"- {each.at}: {each.act} as {', '.join(each.roles)}, purpose {each.purpose or '-'}, basis {each.basis or '-'}"
            for each in found.seen
        ),
        *([] if found.seen else ["- nobody"]),
        "",
        "Every answer may leave out what belongs to these classes; that they are named says nothing about you:",
        *(f"- {each}" for each in found.withheld),
        "",
    ]
    return "\n".join(lines)


def _naming(world: World, about: str) -> Iterator[Place]:
    """Records that name the value, as an indicator or in their text; each once."""
    found: dict[Place, None] = {}
    for value in _values(about):
        found.update(dict.fromkeys(world.store.traced("value", [value.key]).get(value.key, [])))
    with suppress(Malformed):
        hits = world.store.searched(read_query(f'"{about}"', kept=True), HITS)
        found.update(dict.fromkeys(hit.place for hit in hits.found))
    told = [place for place in found if world.store.channel(place.origin).lane is not Lane.JOURNAL]
    yield from sorted(told, key=lambda each: (each.origin, each.index))


def _values(about: str) -> Iterator[Indicator]:
    for kind in (None, "person_name"):
        with suppress(Malformed):
            yield read_value(kind, about)


def _disclosable(world: World, place: Place) -> Record[Any] | None:
    """The record unless it lies in a case, or is another authority's under a handling code that keeps it."""
    record = opened(world, place)
    if record is None:
        return None
    things = {record.envelope.id, getattr(record.body, "request", None), getattr(record.body, "report", None)}
    if world.store.lies_in([thing for thing in things if isinstance(thing, str)]):
        return None
    marking = record.envelope.marking
    foreign = record.envelope.issuer != world.me.name
    return None if foreign and (marking.hcodes or marking.tlp not in ("CLEAR", "GREEN")) else record


def _held(world: World, place: Place, record: Record[Any]) -> Held:
    envelope = record.envelope
    readers = {world.store.channel(each.origin).audience for each in world.store.find(envelope.id)}
    given = tuple(sorted(readers - {world.me.name})) if envelope.issuer == world.me.name else ()
    fields = tuple(sorted(set(envelope.sealed) - record.absent))
    return Held(envelope.kind, envelope.made, envelope.issuer, envelope.purpose, envelope.basis, fields, given)


def _seen(world: World, about: str, places: set[Place], ids: set[str]) -> Iterator[Seen]:
    """From the journal: what opened one of these records or asked for the value, in no case."""
    key = query_key(world)
    wanted = {commitment(key, value.key) for value in _values(about)}
    for text in (about, f'"{about}"'):
        for kept in (False, True):
            with suppress(Malformed):
                wanted.add(commitment(key, repr(read_query(text, kept=kept)).encode()))
    for one in walk(world):
        entry = one.entry
        if entry.case is not None or entry.act == ACT:
            continue
        by_query = bool(wanted & set(entry.queries))
        touched = bool(ids & {*entry.records, *entry.about}) or _opened_one(one, places)
        if by_query or touched:
            yield Seen(entry.at, entry.act, one.roles, entry.purpose, entry.basis, by_query)


def _opened_one(one: Kept, places: set[Place]) -> bool:
    ranges = one.entry.places
    return any(p.origin == r.origin and r.first <= p.index <= r.last for r in ranges for p in places)
