"""Going on after a backup was put back: what was signed is taken back from those who hold it, and nothing is done twice.

An operator has acknowledged the return (the store then has retired every channel of ours that is behind its signatures, and set
every channel of others behind). From there each peer is recovered on its own, whenever it can be reached, in steps that may break
off anywhere and be taken again:

1. it hands back what it holds of our channels: checked against our own signature, its orders carried out, nothing signed;
2. a successor goes on where each of them ends; what came back above such a point is issued again under its old id;
3. erasures that our high-water file tells of, and whose orders nobody holds, are ordered again;
4. its own channels are pulled up to checkpoints asked for now; then all orders in them are carried out, and only then they open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from msgspec import structs

from comity.domain.ledger import COSIGNATURE, Channel, Lane, Peer, Standing, successor
from comity.domain.record import decode_fields, open_record, order_in
from comity.domain.record.kinds import erase_1, roster_2
from comity.domain.terms import Instant, instant_text
from comity.errors import NotFound
from comity.flows.continue_channel import continue_channel
from comity.flows.filing import letter, sealed
from comity.flows.obeying import obey
from comity.flows.once_answered import BACK
from comity.flows.own_roster import RECEIPT, WITNESS, announced, own_roster
from comity.flows.receipt_keys import next_name
from comity.flows.receive import Puller, Verdict
from comity.flows.regain import held_by, letter_again, regained, tail_of
from comity.flows.taking_up import end_of, look_for_channels
from comity.ports import Erasure, Fact, Moved, Noticed, Opened, Place, Stopped, World

RESTORED = "restored-from-backup"
WHILE_RETIRED = "restored-while-retired"
GROUND = "erased-before-the-restore"
FACTS_MAX = 500
BLOCK = 500


@dataclass(frozen=True)
class Recovery:
    """How far it has come with one peer.

    ended    channels of ours that wait for what the peer holds of them
    behind   channels of the peer's that show nothing yet
    regained entries that came back in this round
    again    records issued or ordered again in this round
    lost     channels of the peer's of which we had confirmed more than anybody holds any more
    """

    peer: str
    ended: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    regained: int = 0
    again: int = 0
    lost: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        """Whether nothing of this peer waits any more."""
        return not self.ended and not self.behind


def cosigned_name(origin: str) -> str:
    """Cursor: the size that we had cosigned of a channel before the backup was put back."""
    return f"recover/cosigned {origin}"


def waiting(world: World, peer: Peer) -> Recovery:
    """What still waits for this peer; nothing is asked."""
    channels = world.store.channels()
    ended = tuple(c.origin for c in _ended(world, peer.name) if successor(c.origin, channels) is None)
    behind = tuple(c.origin for c in channels if c.writer == peer.name and c.standing is Standing.BEHIND)
    return Recovery(peer.name, ended, behind)


def is_due(world: World, peer: Peer) -> bool:
    """Whether a round with this peer would bring anything on."""
    back = world.store.cursor(BACK)
    return back > 0 and (world.store.cursor(_done_name(peer)) < back or not waiting(world, peer).done)


def recover(world: World, peer: Peer) -> Recovery:
    """One round with one peer; safe to repeat, also after it broke off. Raises what `Courier.get` does, Malformed, Unproven."""
    count = _take_back(world, peer)
    _adopt_own_roster(world, peer)
    world.step("V1")
    for channel in _ended(world, peer.name):
        if successor(channel.origin, world.store.channels()) is None:
            continue_channel(world, channel.origin, RESTORED)
            world.step("V2")
    again = _issue_again(world, peer) + _order_again(world, peer)
    world.step("V3")
    lost = _catch_up(world, peer)
    world.step("V5")
    left = waiting(world, peer)
    name, back = _done_name(peer), world.store.cursor(BACK)
    if left.done and world.store.cursor(name) < back and _has_taken_up(world, peer):
        world.store.keep([], [Moved(name, world.store.cursor(name), back)])
    return replace(left, regained=count, again=again, lost=lost)


def without(world: World, peer: Peer) -> Recovery:
    """Goes on without waiting for this peer: successors open where the backup ends. What it holds above comes back later.

    Its own channels stay dark: nobody else can tell what was ordered in them.
    """
    for channel in _ended(world, peer.name):
        if successor(channel.origin, world.store.channels()) is None:
            continue_channel(world, channel.origin, RESTORED)
    return waiting(world, peer)


def go_on_at_home(world: World) -> None:
    """Desk and journal, which no other node works with, go on where the backup ends. Safe to repeat."""
    for channel in _ended(world, world.me.name):
        if channel.lane.at_home and successor(channel.origin, world.store.channels()) is None:
            continue_channel(world, channel.origin, RESTORED)


def _done_name(peer: Peer) -> str:
    return f"recover/done {peer.name}"


def _ended(world: World, audience: str) -> list[Channel]:
    """Channels of ours for this reader that a return from a backup has ended, in the order of their chains."""
    ours = [c for c in world.store.channels() if c.writer == world.me.name and c.audience == audience]
    return [c for c in ours if c.standing is Standing.RETIRED and c.why == RESTORED]


# ---- 1: what the peer holds of ours
def _take_back(world: World, peer: Peer) -> int:
    """Channels that the backup never knew are ours if our keyring has their key; then every tail that is longer than ours."""
    held = held_by(world, peer)
    known = {channel.origin for channel in world.store.channels()}
    for one in held:
        if one.origin in known:
            continue
        try:
            key = world.keyring.key(one.origin)
        except NotFound:
            continue
        if key.text != one.vkey:
            continue
        channel = Channel(key, world.me.name, peer.name, Lane(one.lane), world.clock.now(), Standing.RETIRED, RESTORED)
        world.store.keep([], [Opened(channel)])
    count = 0
    retired = {channel.origin: channel for channel in _ended(world, peer.name)}
    for one in held:
        ended = retired.get(one.origin)
        if ended is not None and one.size > world.store.position(one.origin).size:
            count += regained(world, tail_of(world, peer, ended))
            world.step("V1t")
    for one in held:  # once both ends are here, the chain is
        ended, before = retired.get(one.origin), one.follows
        if ended is None or ended.follows is not None or before is None or before.origin not in retired:
            continue
        if before.size <= world.store.position(before.origin).size:
            world.store.keep([], [Opened(replace(ended, follows=before))])
    return count


def _adopt_own_roster(world: World, peer: Peer) -> None:
    """Our keys as we last told them to this peer, if that is newer than what the desk of the backup says."""
    own = own_roster(world)
    newest: Any = None
    ours = {c.origin for c in world.store.channels() if c.writer == world.me.name and c.audience == peer.name}
    for place in world.store.of_kind(roster_2.KIND):
        for entry in world.store.entries(place.origin, place.index, place.index + 1) if place.origin in ours else ():
            if entry.envelope is not None:
                body = open_record(entry.envelope, decode_fields(entry.fields)).body
                newest = body if newest is None or body.version > newest.version else newest
    if newest is None or newest.version <= own.version:
        return
    keys = tuple(key for key in newest.keys if key.lane in (RECEIPT, WITNESS))
    told = replace(own, version=newest.version, keys=keys, certificate=newest.certificate)
    letters, guard = announced(world, told, world.store.channels())
    notice = Noticed(f"own-roster {newest.version}", world.clock.now(), "own-roster-regained", {"peer": peer.name})
    world.store.keep(letters, [guard, notice])


# ---- 2 and 3: again
def _issue_again(world: World, peer: Peer) -> int:
    """Entries that came back above a cut go into the channel that goes on now, under their old ids, each once."""
    count = 0
    for channel in _ended(world, peer.name):
        end, size = end_of(world, channel.origin), world.store.position(channel.origin).size
        goes_on = _last(world, channel)
        if end is None or goes_on.standing is not Standing.OPEN:
            continue
        for start in range(end, size, BLOCK):
            entries = world.store.entries(channel.origin, start, min(start + BLOCK, size))
            letters = [each for entry in entries if (each := letter_again(goes_on.origin, entry)) is not None]
            before = world.store.position(goes_on.origin).size
            if letters:
                world.store.keep(letters)
            count += world.store.position(goes_on.origin).size - before
    return count


def _order_again(world: World, peer: Peer) -> int:
    """Erasures of which our high-water file tells, whose orders nobody has any more, and whose records this peer still holds."""
    count = 0
    for channel in _ended(world, peer.name):
        goes_on = _last(world, channel)
        end = end_of(world, channel.origin)
        for entry in world.store.parted(channel.origin, 0, end or 0) if goes_on.standing is Standing.OPEN else ():
            if entry.order is None or not _is_lost(world, Place(entry.order.origin, entry.order.index)):
                continue
            there = tail_of(world, peer, channel, entry.index, entry.index + 1).entries
            if not there or there[0].envelope is None:
                continue
            theirs = open_record(there[0].envelope, decode_fields(there[0].fields)).envelope
            here = {f.pointer for f in decode_fields(entry.fields)} if entry.envelope is not None else set()
            pointers = tuple(sorted(set(theirs.sealed) - here)) if entry.envelope is not None else None
            target = erase_1.Erasure(origin=channel.origin, index=entry.index, id=theirs.id, fields=pointers)
            body = erase_1.Body(targets=(target,), ground=GROUND, ordered_by=world.me.name)
            place = Place(channel.origin, entry.index)
            order = letter(goes_on.origin, sealed(world, body, purpose="erasure"))
            world.store.keep([replace(order, erases=(Erasure(place, pointers),))])
            count += 1
    return count


def _is_lost(world: World, order: Place) -> bool:
    try:
        channel = world.store.channel(order.origin)
    except NotFound:
        return True
    end = end_of(world, order.origin)
    reach = world.store.position(order.origin).size if end is None else end
    return channel.writer == world.me.name and order.index >= reach


def _last(world: World, channel: Channel) -> Channel:
    """The newest channel of the chain."""
    seen = {channel.origin}
    while (after := successor(channel.origin, world.store.channels())) is not None and after.origin not in seen:
        seen.add(after.origin)
        channel = after
    return channel


def _has_taken_up(world: World, peer: Peer) -> bool:
    """Whether the peer has confirmed something in every channel that goes on: from then on nothing comes above a cut."""
    names = [peer.receipt_key.name, *(past.key.name for past in peer.past)]
    for channel in _ended(world, peer.name):
        last = _last(world, channel)
        if not any(world.store.cosigned(last.origin, name, 0) for name in names):
            return False
    return True


# ---- 4: what the peer writes
def _behind(world: World, peer: Peer) -> list[Channel]:
    theirs = [c for c in world.store.channels() if c.writer == peer.name and c.standing is Standing.BEHIND]
    return sorted(theirs, key=lambda channel: (channel.lane.rank, channel.origin))


def _catch_up(world: World, peer: Peer) -> tuple[str, ...]:
    """Opens the peer's channels once all of them are held up to checkpoints asked for now, and their orders are carried out."""
    if not _behind(world, peer):
        return ()
    look_for_channels(world, peer)
    puller = Puller(world, peer)
    for channel in _behind(world, peer):
        if not _pulled(puller, channel.origin):
            return ()
        world.step("V4")
    channels = _behind(world, peer)
    facts = [fact for channel in channels for fact in _orders_in(world, channel)]
    for start in range(0, len(facts), FACTS_MAX):
        world.store.keep([], facts[start : start + FACTS_MAX])
        world.step("V4o")
    now = world.clock.now()
    lost = tuple(c.origin for c in channels if world.store.position(c.origin).size < _cosigned(world, c.origin))
    facts = [_opened_again(channel, now) for channel in channels]
    if lost:
        retire_receipt_key(world)
        facts += [Noticed(f"confirmed-and-lost {o}", now, "confirmed-and-lost", {"origin": o}) for o in lost]
    world.store.keep([], facts)
    return lost


def _pulled(puller: Puller, origin: str) -> bool:
    """Whether a round that began with a fresh checkpoint ended with nothing of it lacking."""
    while True:
        told = puller.pull(origin)
        if told.verdict in (Verdict.SAME, Verdict.STALE):
            return True
        if told.verdict is Verdict.UNWITNESSED:
            return not told.lacking
        if told.verdict is Verdict.FORK:
            return True  # it is stopped now, and shows nothing
        if told.lacking or not told.fresh:
            return False


def _cosigned(world: World, origin: str) -> int:
    return world.store.cursor(cosigned_name(origin))


def _orders_in(world: World, channel: Channel) -> list[Fact]:
    """What the orders mean that this database hasn't carried out; whatever it had done is done once more without harm."""
    facts: list[Fact] = []
    position = world.store.position(channel.origin)
    for start in range(position.drained, position.size, BLOCK):
        for entry in world.store.entries(channel.origin, start, min(start + BLOCK, position.size)):
            command = order_in(entry.envelope, entry.fields) if entry.envelope is not None else None
            if command is not None and command.issuer == channel.writer:
                facts += obey(world, command, Place(channel.origin, entry.index), again=True).facts
    return facts


def _opened_again(channel: Channel, now: Instant) -> Fact:
    if channel.why == WHILE_RETIRED:
        return Stopped(channel.origin, Standing.RETIRED.value, "continued", now)
    return Stopped(channel.origin, Standing.OPEN.value, "", now)


def retire_receipt_key(world: World) -> None:
    """Ends the receipt key: it stands under confirmations of what nobody holds any more. Every reader is told of the next one."""
    own, now = own_roster(world), world.clock.now()
    key = world.keyring.create(next_name(world, own, RECEIPT), COSIGNATURE)
    ended = [
        structs.replace(each, valid_to=instant_text(now), ended_why=RESTORED)
        if each.lane == RECEIPT and each.valid_to is None
        else each
        for each in own.keys
    ]
    fresh = roster_2.Key(vkey=key.text, lane=RECEIPT, audience=(), valid_from=instant_text(now))
    letters, guard = announced(world, replace(own, keys=(*ended, fresh)), world.store.channels())
    about = {"name": key.name, "why": RESTORED, "by": world.me.name}
    world.store.keep(letters, [guard, Noticed(f"receipt-key {key.name}", now, "receipt-key-replaced", about)])
