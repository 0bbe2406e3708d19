"""The journal of a node: every act in the transaction of what it changes, every read with what was opened for it.

No flow writes it. A world whose store is `Journalled` does: whatever is kept there is kept with its entry, whatever is read there is
counted. A face binds the world to whoever asks (`acting`), so that entries have an actor, a case, a purpose and a basis.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final, cast

from msgspec import UNSET, structs

from comity.domain.access import CaseFile, CaseMoved, Grant, Link, Member, Sight
from comity.domain.ledger import ED25519, Channel, Lane, Standing, successor
from comity.domain.record import Entry, Marking
from comity.domain.record.kinds import journal_1
from comity.domain.search import Asked
from comity.domain.terms import Actor, Reason, Refused, instant_text
from comity.errors import Fenced, NotFound
from comity.flows.continue_channel import continue_channel
from comity.flows.filing import letter, new_channel, sealed
from comity.ports import (
    Acted,
    Buried,
    Copied,
    Drained,
    Erased,
    Fact,
    Hits,
    Letter,
    Listed,
    LogKept,
    Moved,
    Opened,
    PeerKept,
    Place,
    Stopped,
    Store,
    World,
)
from comity.ports.journal import Noted, Waiting
from comity.ports.people import (
    AccountKept,
    ContextChosen,
    PasskeyKept,
    SessionKept,
    SessionsEnded,
    TicketKept,
    TicketsClosed,
    TicketUsed,
)

MARKING: Final = Marking(tlp="RED", hcodes=("H0", "H2"))
PURPOSE: Final = "accountability"
DAY_MS: Final = 86_400_000
MACHINE: Final = "node"
UNDECLARED: Final = "undeclared"
"""Act of what was kept by a person for which no flow asked and no route declared anything; tests show that there is none."""
AT_ONCE: Final = frozenset({"export", "read-victim", "audit", "subject-access"})
"""Acts of reading whose entry is durable before the answer leaves."""
LETS_OUT: Final = frozenset({"export", "subject-access"})
"""Acts by which values leave, whatever the route was declared for."""
VICTIM_FIELDS: Final = (b"/victims", b"/whereabouts")
LOGIN: Final = "come-in"
QUERY_BYTES: Final = 16

CODES: Final[Mapping[type[Any], str]] = {
    AccountKept: "account",
    Acted: "outside-effect",
    Buried: "buried",
    CaseFile: "case",
    CaseMoved: "case-state",
    ContextChosen: "context",
    Copied: "copy",
    Erased: "erased",
    Grant: "break-glass",
    Link: "case-link",
    Listed: "warning-list",
    LogKept: "witnessed-log",
    Member: "case-member",
    Opened: "channel",
    PasskeyKept: "passkey",
    PeerKept: "peer",
    SessionKept: LOGIN,
    SessionsEnded: "session-end",
    Stopped: "channel-standing",
    TicketKept: "ticket",
    TicketUsed: "ticket-used",
    TicketsClosed: "tickets-closed",
}
"""Facts that are an act, each with its code. What is not in here moves nothing that anybody decided."""
OF_THE_MACHINE: Final = frozenset(CODES) - {Acted, Buried, Copied, Erased, TicketKept, TicketUsed, TicketsClosed}
"""Those that are told even where no person acts: roster, keys, channels, people's coming and going, emergencies."""


@dataclass
class Tally:
    """What one question or act of one actor has come to so far.

    act    what was asked for last and permitted: whatever is kept then is that
    reads  what it is read for: as declared, for a page also asks what it may offer; unless values leave by it
    """

    actor: Actor
    act: str
    reads: str = ""
    why: str = ""
    things: dict[str, None] = field(default_factory=dict)
    places: dict[Place, None] = field(default_factory=dict)
    queries: dict[bytes, None] = field(default_factory=dict)
    refused: tuple[Reason, ...] = ()
    victims: bool = False


class Journalled:
    """Port `Store` that keeps the journal with whatever is kept, and counts for the actor whatever is read.

    base   the world with the store behind, in which the journal's own channel is made
    """

    def __init__(self, base: World, inner: Store, waiting: Waiting, tally: Tally | None = None) -> None:
        self.base, self.inner, self.waiting, self.tally = base, inner, waiting, tally

    def __getattr__(self, name: str) -> Any:  # Any: whatever else the store behind answers
        return getattr(self.inner, name)

    def keep(self, letters: Sequence[Letter], facts: Sequence[Fact] = ()) -> tuple[Place, ...]:
        """As the store behind, and in the same transaction the entries about it."""
        noted = list(noted_of(self.base, self.tally, letters, facts))
        journal = letters_of(self.base, noted) if noted else []
        return self.inner.keep([*letters, *journal], facts)[: len(letters)]

    def seen(self, sight: Sight) -> Any:  # Any: a store, which this class is by what it passes on
        return Journalled(self.base, self.inner.seen(sight), self.waiting, self.tally)

    def whole(self) -> Any:
        return Journalled(self.base, self.inner.whole(), self.waiting, self.tally)

    def entries(self, origin: str, start: int, stop: int) -> list[Entry]:
        return self._read(origin, self.inner.entries(origin, start, stop))

    def parted(self, origin: str, start: int, stop: int) -> list[Entry]:
        return self._read(origin, self.inner.parted(origin, start, stop))

    def entries_at(self, places: Sequence[Place]) -> dict[Place, Entry]:
        found = self.inner.entries_at(places)
        for place, entry in found.items():
            self._read(place.origin, [entry])
        return found

    def searched(self, asked: Asked, limit: int, after: Place | None = None) -> Hits:
        found = self.inner.searched(asked, limit, after)
        if self.tally is not None:
            self._asked([repr(asked).encode()])
            self.tally.places.update(dict.fromkeys(hit.place for hit in found.found))
        return found

    def traced(self, name: str, keys: Sequence[bytes]) -> dict[bytes, list[Place]]:
        if name == "value":
            self._asked(keys)
        return self.inner.traced(name, keys)

    def _read(self, origin: str, entries: list[Entry]) -> list[Entry]:
        if self.tally is not None:
            for entry in entries:
                self.tally.places[Place(origin, entry.index)] = None
                if entry.fields and any(pointer in entry.fields for pointer in VICTIM_FIELDS):
                    self.tally.victims = True
        return entries

    def _asked(self, values: Iterable[bytes]) -> None:
        if self.tally is not None:
            self.tally.queries.update(dict.fromkeys(values))


# ---- who acts -----------------------------------------------------------------------------------------------------------


def acting(world: World, actor: Actor, act: str = "", why: str = "") -> World:
    """The world in which whatever is kept or read is this actor's. `act`: what was declared; a flow that asks says it better."""
    store = world.store
    if not isinstance(store, Journalled):
        return world
    base = replace(world, store=store.base.store)
    return replace(world, store=cast(Store, Journalled(base, store.inner, store.waiting, Tally(actor, act, act, why))))


def own(world: World) -> World:
    """The world as the node itself works in it: with everything in it, and nothing that it looks up there is anybody's reading."""
    store = world.store
    return replace(world, store=store.base.store) if isinstance(store, Journalled) else world


def tally_of(world: World) -> Tally | None:
    """What has come together in this world; None where it is nobody's, or no journal is kept."""
    return world.store.tally if isinstance(world.store, Journalled) else None


def asked_for(world: World, act: str, things: Iterable[str] = (), *, granted: bool) -> None:
    """A flow has asked whether its actor may: from now on that is what they do here."""
    tally = tally_of(world)
    if tally is not None and granted:
        tally.act = act
        if not tally.reads or act in LETS_OUT:
            tally.reads = act
        tally.things.update(dict.fromkeys(things))


def finished(world: World) -> None:
    """The answer is made: what was read for it, and what was refused, goes to the journal before it leaves."""
    store = world.store
    tally = tally_of(world)
    if not isinstance(store, Journalled) or tally is None:
        return
    at_once = tally.victims or tally.reads in AT_ONCE or bool(tally.refused)
    for entry in read_entries(store.base, tally):
        store.waiting.add(Noted(tally.actor, entry, tally.why), at_once=at_once)
    tally.places, tally.queries, tally.refused = {}, {}, ()


def not_let_in(world: World, shown: str, refused: Refused) -> Refused:
    """Tells that somebody wasn't let in, and gives the refusal back. `shown`: the name that they gave, which is committed to only."""
    if isinstance(world.store, Journalled):
        base = world.store.base
        codes = tuple(reason.code for reason in refused.reasons)
        queries = (commitment(query_key(base), shown.encode("utf-8", "surrogatepass")),)
        at = instant_text(base.clock.now())
        entry = journal_1.Entry(at=at, act=LOGIN, outcome="refused", reasons=codes, queries=queries)
        world.store.waiting.add(Noted(None, entry), at_once=True)
    return refused


def keep_noted(world: World, noted: Sequence[Noted]) -> None:
    """Keeps entries that waited; `world` is the one with the store behind."""
    if noted:
        world.store.keep(letters_of(world, noted))


# ---- entries ------------------------------------------------------------------------------------------------------------


def noted_of(world: World, tally: Tally | None, letters: Sequence[Letter], facts: Sequence[Fact]) -> Iterator[Noted]:
    """The entries of one transaction; none for what only moves cursors."""
    at = instant_text(world.clock.now())
    why = next((fact.reason for fact in facts if isinstance(fact, CaseMoved | ContextChosen | Grant)), "")
    if tally is not None:
        told = [fact for fact in facts if type(fact) in CODES]
        if letters or told:
            entry = _entry(world, tally.act or UNDECLARED, at, letters, told, tally.actor)
            about = dict.fromkeys((*tally.things, *entry.about))
            for part in _parts(structs.replace(entry, about=tuple(about))):
                yield Noted(tally.actor, part, why or tally.why)
        return
    if letters:
        yield from (Noted(None, part) for part in _parts(_entry(world, "machine", at, letters, (), None)))
    for fact in facts:
        if type(fact) in OF_THE_MACHINE:
            entry = _entry(world, CODES[type(fact)], at, (), (fact,), None)
            yield Noted(_who_came(world, fact), entry, why if isinstance(fact, ContextChosen | Grant) else "")
        elif isinstance(fact, Drained) and fact.after > fact.before:
            read = journal_1.Read(origin=fact.origin, first=fact.before, last=fact.after - 1)
            things = _things(told.traces for told in fact.told)
            entry = journal_1.Entry(at=at, act="received", about=things, places=(read,), rows=fact.after - fact.before)
            yield from (Noted(None, part) for part in _parts(entry))
        elif (
            isinstance(fact, Moved)
            and fact.name.startswith("attacked ")
            and fact.before // DAY_MS < fact.after // DAY_MS
        ):
            _, kind, peer = fact.name.split(" ", 2)
            yield Noted(None, journal_1.Entry(at=at, act="attack", what=(kind,), about=(peer or "nobody",)))


def read_entries(world: World, tally: Tally) -> Iterator[journal_1.Entry]:
    """What one answer opened, and what was refused on the way."""
    actor, basis = tally.actor, basis_of(world, tally.actor)
    plain = journal_1.Entry(
        at=instant_text(world.clock.now()),
        act=tally.reads or tally.act or "view",
        case=actor.case,
        purpose=actor.purpose,
        basis=basis,
    )
    if tally.refused:
        codes = tuple(dict.fromkeys(reason.code for reason in tally.refused))
        things = tuple(tally.things)[: journal_1.THINGS_MAX]
        yield structs.replace(plain, outcome="refused", reasons=codes, about=things)
    if tally.places or tally.queries:
        key = query_key(world) if tally.queries else b""
        queries = tuple(commitment(key, each) for each in tally.queries)
        places = _ranges(tally.places)
        yield from _parts(structs.replace(plain, places=places, rows=len(tally.places), queries=queries))


def basis_of(world: World, actor: Actor) -> str | None:
    """The basis that the actor named, or that of their case."""
    if actor.basis is not None or actor.case is None:
        return actor.basis
    file = world.store.case(actor.case)
    return file.basis if file is not None else None


def _entry(
    world: World, act: str, at: str, letters: Sequence[Letter], facts: Sequence[Fact], actor: Actor | None
) -> journal_1.Entry:
    kinds = (each.told.header.kind for each in letters if each.told.header is not None)
    named = _of_facts(facts)
    about = (*_things(each.told.traces for each in letters), *named)
    return journal_1.Entry(
        at=at,
        act=act,
        case=actor.case if actor is not None else None,
        purpose=actor.purpose if actor is not None else None,
        basis=basis_of(world, actor) if actor is not None else None,
        records=tuple(dict.fromkeys(each.sealed.id for each in letters)),
        about=tuple(dict.fromkeys(about)),
        what=tuple(dict.fromkeys((*kinds, *(CODES[type(fact)] for fact in facts)))),
    )


def _of_facts(facts: Sequence[Fact]) -> Iterator[str]:
    """What facts are about: accounts, cases, peers and channels, by id or name."""
    for fact in facts:
        match fact:
            case AccountKept(account=account):
                yield account.id
            case SessionKept(session=session):
                yield session.account
            case SessionsEnded(account=name) | ContextChosen(account=name) | TicketsClosed(account=name):
                yield name
            case PasskeyKept(passkey=passkey):
                yield passkey.account
            case TicketKept(ticket=ticket) if ticket.account:
                yield ticket.account
            case CaseFile(id=name) | CaseMoved(case=name) | Grant(case=name):
                yield name
            case Member(case=name, account=account_id):
                yield from (name, account_id)
            case Link(case=name, id=thing):
                yield from (name, thing)
            case PeerKept(peer=peer):
                yield peer.name
            case Opened(channel=channel):
                yield channel.origin
            case Stopped(origin=name):
                yield name
            case Copied(record=name) | Buried(record=name) | Acted(record=name):
                yield name
            case _:
                pass


def _things(traces: Iterable[Iterable[Any]]) -> tuple[str, ...]:
    """Requests, reports and records that postings name, as UUIDs."""
    names = ("request", "report", "record")
    keys = dict.fromkeys(trace.key for each in traces for trace in each if trace.name in names)
    return tuple(_uuid(key) for key in keys)


def _uuid(key: bytes) -> str:
    text = key.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _who_came(world: World, fact: Fact) -> Actor | None:
    """Whoever came in is the actor of that; nobody acts for a roster that follows a record."""
    if not isinstance(fact, SessionKept):
        return None
    account = world.store.account(fact.session.account)
    if account is None:
        return None
    role = next(iter(account.roles), "")
    return Actor(account.name, world.me.name, role, frozenset(account.roles), account.id)


def _ranges(places: Iterable[Place]) -> tuple[journal_1.Read, ...]:
    found: list[tuple[str, int, int]] = []
    for place in sorted(places, key=lambda each: (each.origin, each.index)):
        if found and found[-1][0] == place.origin and found[-1][2] == place.index - 1:
            found[-1] = (place.origin, found[-1][1], place.index)
        else:
            found.append((place.origin, place.index, place.index))
    return tuple(journal_1.Read(origin=origin, first=first, last=last) for origin, first, last in found)


def _parts(entry: journal_1.Entry) -> Iterator[journal_1.Entry]:
    """The entry, or several where one of its lists is longer than an entry holds; the count stands in the first."""
    most = journal_1.THINGS_MAX
    lists = {name: getattr(entry, name) for name in ("records", "about", "places", "queries")}
    longest = max(len(each) for each in lists.values())
    yield structs.replace(entry, **{name: each[:most] for name, each in lists.items()})
    for at in range(most, longest, most):
        yield structs.replace(entry, rows=0, **{name: each[at : at + most] for name, each in lists.items()})


# ---- records ------------------------------------------------------------------------------------------------------------


def letters_of(world: World, noted: Sequence[Noted]) -> list[Letter]:
    """Entries as records of the journal: those of one actor with one reason together."""
    origin = journal_channel(world)
    groups: dict[tuple[Actor | None, str], list[journal_1.Entry]] = {}
    for each in noted:
        who = each.actor
        alike = replace(who, case=None, purpose="", basis=None) if who is not None else None
        groups.setdefault((alike, each.why), []).append(each.entry)
    return [
        letter(origin, sealed(world, _body(actor, why, some), purpose=PURPOSE, marking=MARKING))
        for (actor, why), entries in groups.items()
        for some in _packed(entries)
    ]


def _body(actor: Actor | None, why: str, entries: Sequence[journal_1.Entry]) -> journal_1.Body:
    return journal_1.Body(
        actor=actor.account or None if actor is not None else None,
        roles=tuple(sorted(role for role in actor.acts_as if role)) if actor is not None else (MACHINE,),
        entries=tuple(entries),
        name=actor.name if actor is not None and actor.name else UNSET,
        why=why or UNSET,
    )


def _packed(entries: Sequence[journal_1.Entry]) -> Iterator[list[journal_1.Entry]]:
    """As many as one record holds, by number and by what they name."""
    some: list[journal_1.Entry] = []
    weight = 0
    for entry in entries:
        heavy = 1 + len(entry.records) + len(entry.about) + len(entry.places) + len(entry.queries)
        if some and (len(some) == journal_1.ENTRIES_MAX or weight + heavy > 4 * journal_1.THINGS_MAX):
            yield some
            some, weight = [], 0
        some.append(entry)
        weight += heavy
    if some:
        yield some


# ---- the channel --------------------------------------------------------------------------------------------------------


def journals(world: World) -> list[Channel]:
    """The node's journal and those that it goes on from, oldest first."""
    ours = [c for c in world.store.channels() if c.writer == world.me.name and c.lane is Lane.JOURNAL]
    return sorted(ours, key=lambda channel: (channel.opened, channel.origin))


def journal_channel(world: World) -> str:
    """Origin of the open journal. Opened at first use; one that a return from a backup has ended goes on in another."""
    channels = journals(world)
    for channel in reversed(channels):
        if channel.standing is Standing.OPEN:
            return channel.origin
    for channel in reversed(channels):
        if channel.standing is Standing.FENCED:
            raise Fenced("journal-behind-its-signatures", origin=channel.origin)
        if successor(channel.origin, channels) is None:
            return continue_channel(world, channel.origin, channel.why or "restored").origin
    made = new_channel(world, world.me.name, Lane.JOURNAL)
    world.store.keep([], [Opened(made)])
    return made.origin


# ---- what was asked -----------------------------------------------------------------------------------------------------


def query_key(world: World) -> bytes:
    """The key under which what was asked for is committed to: a secret of this node, which nobody else can try values with.

    A signature of Ed25519 is the same each time, and nobody without the private key can make it.
    """
    name = f"{world.me.name}/journal"
    try:
        world.keyring.key(name)
    except NotFound:
        world.keyring.create(name, ED25519)
    return sha256(world.keyring.sign(name, b"comity journal queries/1")).digest()


def commitment(key: bytes, asked: bytes) -> str:
    """What stands in the journal for a value (its 16-byte key) or a text that was asked for."""
    return hmac.new(key, asked, sha256).digest()[:QUERY_BYTES].hex()
