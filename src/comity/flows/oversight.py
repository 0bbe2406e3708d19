"""Overseers: who reads the journal from outside, with a key of their own; what they are given, and what they confirm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec import structs

from comity.domain.ledger import (
    COSIGNATURE,
    Line,
    Standing,
    VerifierKey,
    note_bytes,
    open_note,
    parse_checkpoint,
    parse_note,
)
from comity.domain.record import Entry
from comity.domain.terms import Actor, Granted, Instant, NodeName, Reason, Refused, instant_from, instant_text
from comity.errors import Conflict, MalformedNote, NotFound, Unproven
from comity.flows.access import permit, whole
from comity.flows.journal import journals, own
from comity.flows.lines import largest_line
from comity.flows.pages import Head, head_at, piece
from comity.flows.two_persons import Proposed, decide_on, proposals, propose, topic
from comity.ports import Merged, World

TOPIC = topic("watch")
ENROL, END = "enrol", "end"
DAY_MS = 86_400_000
GRACE_MS = 2 * 3_600_000
"""So long after a day without its cosignature an overseer counts as silent."""


@dataclass(frozen=True)
class Overseer:
    """One overseer.

    order  of a court or an authority that lets it read names and reasons; None: it reads the skeleton
    """

    name: str
    key: VerifierKey
    order: str | None
    since: Instant
    proposed_by: str
    confirmed_by: str


@dataclass(frozen=True)
class Watch:
    """How far an overseer has confirmed the journal.

    size, at  of its last cosignature; 0 and None before the first
    behind    records that it hasn't confirmed
    silent    it is more than a day and two hours late, and there is something to confirm
    """

    overseer: Overseer
    origin: str
    size: int
    at: Instant | None
    behind: int
    silent: bool


def enrol(world: World, actor: Actor, name: str, vkey: str, order: str = "") -> Granted[Proposed] | Refused:
    """First of two persons: this body reads the journal from outside and confirms it with this key.

    order  of a court or authority that opens names and reasons to it; without one it sees neither
    """
    try:
        key = VerifierKey.parse(vkey.strip())
    except MalformedNote as fault:
        return Refused((Reason(fault.code, {"field": "vkey", **fault.facts}),))
    reasons = []
    if key.kind != COSIGNATURE:
        reasons.append(Reason("not-a-cosigners-key", {"field": "vkey", "name": key.name}))
    if not name.isprintable() or not 0 < len(name.strip()) <= 120:
        reasons.append(Reason("overseer-name", {"field": "name"}))
    ours = [channel.key for channel in world.store.channels()]
    if key.name.partition("/")[0] == world.me.name or key in ours:
        reasons.append(Reason("overseer-is-ourselves", {"field": "vkey", "name": key.name}))
    if reasons:
        return Refused(tuple(reasons))
    terms = {"event": ENROL, "overseer": name.strip(), "vkey": key.text, **({"order": order} if order else {})}
    return propose(world, actor, "manage-keys", TOPIC, terms)


def end(world: World, actor: Actor, name: str) -> Granted[Proposed] | Refused:
    """First of two persons: this overseer reads no longer."""
    overseer_named(world, name)
    return propose(world, actor, "manage-keys", TOPIC, {"event": END, "overseer": name})


def decide(world: World, actor: Actor, proposal: str, *, confirmed: bool) -> Granted[Proposed] | Refused:
    """Second of two persons."""
    return decide_on(world, actor, TOPIC, proposal, confirmed=confirmed)


def proposed(world: World) -> list[Proposed]:
    """Everything that was ever proposed about overseers."""
    return proposals(world, TOPIC)


def overseers(world: World) -> list[Overseer]:
    """Those who read now, in the order of their enrolment."""
    found: dict[str, Overseer] = {}
    decided = sorted((each for each in proposed(own(world)) if each.decided_at), key=lambda each: each.decided_at or "")
    for each in decided:
        name = each.terms.get("overseer", "")
        if each.state != "confirmed" or each.decided_at is None or each.decided_by is None:
            continue
        found.pop(name, None)
        if each.terms.get("event") == ENROL:
            key, since = VerifierKey.parse(each.terms["vkey"]), instant_from(each.decided_at)
            found[name] = Overseer(name, key, each.terms.get("order"), since, each.by, each.decided_by)
    return list(found.values())


def overseer_named(world: World, name: str) -> Overseer:
    for each in overseers(world):
        if each.name == name:
            return each
    raise NotFound("overseer", overseer=name[:120])


def journal_keys(world: World) -> dict[str, str]:
    """Origin and vkey of the node's journals, oldest first: what an overseer pins."""
    return {channel.origin: channel.key.text for channel in journals(whole(world))}


def journal_channels(world: World) -> list[VerifierKey]:
    """The same as keys, for an overseer that asks over the exchange."""
    return [channel.key for channel in journals(whole(world))]


# ---- what it is given ---------------------------------------------------------------------------------------------------


def may_take(world: World, actor: Actor) -> tuple[Reason, ...]:
    """Why this actor doesn't hand the journal to an overseer; nothing when they may."""
    return permit(world, actor, "audit")


def head(world: World, origin: str) -> Head:
    """The journal at its newest size, with every line that is here for it. NotFound for any other channel."""
    world = whole(world)
    channel = next((each for each in journals(world) if each.origin == origin), None)
    if channel is None or channel.standing is Standing.BEHIND:
        raise NotFound("channel", origin=origin[:150])
    return head_at(world, channel, world.store.position(origin).size)


def page(world: World, origin: str, path: str, overseer: Overseer) -> bytes:
    """A page of the journal for one overseer: in its records names and reasons are withheld unless it has an order."""
    world = whole(world)
    if all(each.origin != origin for each in journals(world)):
        raise NotFound("channel", origin=origin[:150])

    def let_out(entries: Sequence[Entry]) -> Sequence[Entry]:
        return entries if overseer.order else [skeleton(each) for each in entries]

    return piece(world, origin, path, world.store.position(origin).size, let_out)


def skeleton(entry: Entry) -> Entry:
    """The entry without what it says of persons."""
    return structs.replace(entry, fields=b"") if entry.fields else entry


# ---- what it confirms ---------------------------------------------------------------------------------------------------


def take_line(world: World, note: bytes) -> Granted[Watch] | Refused:
    """Keeps an overseer's cosignature on a checkpoint of the journal that we signed. Anybody may bring it: it proves itself."""
    world = whole(world)
    signed = parse_note(note)
    claimed = parse_checkpoint(signed.text)
    channel = next((each for each in journals(world) if each.origin == claimed.origin), None)
    if channel is None:
        return Refused((Reason("not-our-journal", {"origin": claimed.origin[:150]}),))
    try:
        ours = parse_note(world.store.note(claimed.origin, claimed.size))
    except NotFound:
        return Refused((Reason("size-not-signed", {"size": claimed.size}),))
    if ours.text != signed.text:
        return Refused((Reason("another-root", {"size": claimed.size}),))
    for overseer in overseers(world):
        lines = [line for line in signed.signatures if line.name == overseer.key.name]
        if not lines:
            continue
        try:
            good = open_note(note_bytes(ours.text, [lines[0].to_bytes()]), [overseer.key]).good
        except Unproven:
            return Refused((Reason("bad-signature", {"name": overseer.key.name}),))
        line = Line(overseer.key.name, claimed.size, good.get(overseer.key) or 0, lines[0].to_bytes())
        world.store.keep((), [Merged(claimed.origin, line)])
        return Granted(watch(world, overseer))
    return Refused((Reason("no-overseers-line", {"size": claimed.size}),))


def watch(world: World, overseer: Overseer) -> Watch:
    """How far one overseer has come in the journal that is written now."""
    world = whole(world)
    channels = journals(world)
    if not channels:
        raise Conflict("no-journal")
    origin, now = channels[-1].origin, world.clock.now()
    size = world.store.position(origin).size
    line = largest_line(world, origin, overseer.key.name, size)
    confirmed, at = (line.size, Instant(line.time_s * 1000)) if line is not None else (0, None)
    behind = size - confirmed
    late = now - (at if at is not None else overseer.since) > DAY_MS + GRACE_MS
    return Watch(overseer, origin, confirmed, at, behind, behind > 0 and late)


def watches(world: World) -> Iterator[Watch]:
    """All of them; none where no overseer is enrolled."""
    for each in overseers(world):
        yield watch(own(world), each)


def silent(world: World) -> list[str]:
    """Overseers whose daily cosignature is missing."""
    return [each.overseer.name for each in watches(world) if each.silent]


def overseen_by(world: World, node: NodeName) -> Overseer | None:
    """The overseer whose key bears this node's name: it may have the journal over the exchange, by its pinned certificate."""
    return next((each for each in overseers(world) if each.key.name.partition("/")[0] == node), None)


def told(watched: Watch) -> dict[str, object]:
    """Facts of one, as JSON has them."""
    return {
        "overseer": watched.overseer.name,
        "origin": watched.origin,
        "confirmed": watched.size,
        "at": instant_text(watched.at) if watched.at is not None else None,
        "behind": watched.behind,
    }
