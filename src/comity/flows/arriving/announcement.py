"""What a peer says of its own keys and channels, in a channel that is already trusted."""

from __future__ import annotations

from typing import Any

from comity.domain.ledger import Peer, Predecessor
from comity.domain.record import Entry, Record, Told, decode_fields, open_record
from comity.domain.record.kinds import continues_1, roster_2
from comity.domain.terms import Reason
from comity.errors import Malformed
from comity.flows.arriving.batch import Batch
from comity.flows.roster_news import after_news
from comity.flows.taking_up import Announced, taken_up
from comity.ports import Noticed, Opened, PeerKept, Place

KINDS = ("roster", "continues")


def arrive(batch: Batch, place: Place, told: Told, entry: Entry) -> None:
    """What is not a channel of this writer's for us, or bears a name that is taken, is passed over."""
    record: Record[Any] = open_record(entry.envelope or b"", decode_fields(entry.fields))
    if isinstance(record.body, roster_2.Body):
        _take_roster(batch, place, record.body)
    elif isinstance(record.body, continues_1.Body):
        _take_continuation(batch, place, record.body)
    else:
        me = batch.world.me.name
        _take_channels(batch, [Announced(k.vkey, k.lane) for k in record.body.keys if me in k.audience])


def _take_channels(batch: Batch, announced: list[Announced]) -> None:
    """Opens what may be opened, once in this batch."""
    opened = {fact.channel.origin for fact in batch.facts if isinstance(fact, Opened)}
    for fact in taken_up(batch.world, batch.channel.writer, announced):
        if not (isinstance(fact, Opened) and fact.channel.origin in opened):
            batch.facts.append(fact)


def _take_continuation(batch: Batch, place: Place, body: continues_1.Body) -> None:
    """The first record of a channel says what it goes on from; that must be what was said when it was announced."""
    follows = Predecessor(body.origin, body.size, bytes.fromhex(body.root))
    if place.index == 0 and batch.channel.follows is None:
        key, lane = batch.channel.key.text, batch.channel.lane.value
        batch.facts += taken_up(batch.world, batch.channel.writer, [Announced(key, lane, follows)])
    elif place.index or batch.channel.follows != follows:
        about = {"origin": place.origin, "index": place.index, "continues": body.origin, "why": "not-as-announced"}
        key = f"continues {place.origin} {place.index}"
        batch.facts.append(Noticed(key, batch.world.clock.now(), "continues-refused", about))


def _take_roster(batch: Batch, place: Place, body: roster_2.Body) -> None:
    """A newer roster of the writer's own changes its entry here; anything else changes nothing."""
    world, writer = batch.world, batch.channel.writer
    before = _as_it_stands(batch)
    if before is None or (body.node == writer and body.version <= before.version):
        return
    others = [peer for peer in world.store.peers() if peer.name != writer]
    now = world.clock.now()
    try:
        news = after_news(before, body, me=world.me.name, others=others, now=now)
    except Malformed as fault:
        news = Reason(fault.code)
    if isinstance(news, Reason):
        about = {"origin": place.origin, "index": place.index, "peer": writer, "why": news.code}
        batch.facts.append(Noticed(f"roster {place.origin} {place.index}", now, "roster-passed-over", about))
        return
    _take_channels(batch, list(news.channels))
    batch.facts.append(PeerKept(news.peer, over=before))
    if news.changed:
        about = {"peer": writer, "version": body.version, "changed": list(news.changed)}
        batch.facts.append(Noticed(f"roster {writer} {body.version}", now, "roster-taken-up", about))


def _as_it_stands(batch: Batch) -> Peer | None:
    """The writer's entry after what this batch has changed already."""
    for fact in reversed(batch.facts):
        if isinstance(fact, PeerKept) and fact.peer.name == batch.channel.writer:
            return fact.peer
    return next((peer for peer in batch.world.store.peers() if peer.name == batch.channel.writer), None)
