"""Two nodes with a bit of everything in their stores, and all that a store tells, to hold it against another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from comity.domain.ledger import ED25519, Channel, Lane, Line, VerifierKey
from comity.domain.record import Entry, seal
from comity.domain.record.kinds import request_1
from comity.domain.terms import Instant, NodeName
from comity.flows.drain import Drainer
from comity.flows.receive import Puller
from comity.ports import (
    Acted,
    Buried,
    Copied,
    Erased,
    Erasure,
    Letter,
    Listed,
    LogKept,
    Moved,
    Noticed,
    Place,
    Stopped,
    Store,
    Witnessed,
    World,
)
from tests.worlds import Pair, channel_to, letter, marking, pair, sealed_indicator

LOG = VerifierKey("far.example/ch/" + "0" * 16, ED25519, bytes(32))


def newer(store: Store) -> None:
    """What version 1 had no place for."""
    line = Line("police.kr.example/witness", 4, 100, b"line")
    store.keep(
        [],
        [
            Copied(NodeName("police.kr.example"), "x", "print", "0" * 64, "Kim (fictional)", Instant(2)),
            Moved("passed-on", 0, 1),
            LogKept(LOG, NodeName("far.example"), Instant(3)),
            Witnessed(LOG.name, 0, 4, bytes(32), b"note", line),
        ],
    )


def sealed_request(world: World) -> Letter:
    sealed = seal(
        request_1.EXAMPLE,
        id=world.mint.record_id(),
        issuer=world.me.name,
        made=world.clock.now(),
        marking=marking(),
        purpose="crime",
        salt=world.mint.salt,
    )
    return letter("", sealed)


def furnished(folder: Path, store: str = "sqlite") -> Pair:
    """Two nodes with a bit of everything: full tiles, erased and parted entries, pending ones, lines, notices, evidence."""
    two = pair(folder, store=store)
    kr, kh = two.kr.store, two.kh.store
    kr.keep([letter(two.bulk.origin, sealed_indicator(two.kr, n)) for n in range(300)])
    kr.keep([replace(sealed_request(two.kr), origin=two.bulk.origin)])
    Puller(two.kh, two.kh_sees_kr).pull(two.bulk.origin)
    for index, pointers in ((2, None), (300, ("/facts",))):
        order = letter(two.bulk.origin, sealed_indicator(two.kr, 900 + index))
        kr.keep([replace(order, erases=(Erasure(Place(two.bulk.origin, index), pointers),))])
    Puller(two.kh, two.kh_sees_kr).pull(two.bulk.origin)
    Drainer(two.kh, two.kr.me.name).drain_all()
    kr.keep([letter(two.urgent.origin, sealed_indicator(two.kr, n)) for n in range(4)])
    origin, position = two.urgent.origin, kr.position(two.urgent.origin)
    kh.pend(origin, position.note, 4, kr.leaves(origin, 0, 4))
    kh.fill(origin, kr.entries(origin, 1, 3))
    kh.keep(
        [],
        [
            Erased(Erasure(Place(two.bulk.origin, 2)), Place(two.bulk.origin, 301)),
            Erased(Erasure(Place(two.bulk.origin, 300), ("/facts",)), Place(two.bulk.origin, 302)),
            Noticed("a", Instant(1), "k", {"n": 1}),
            Listed("majestic", "0" * 64, b"raw", "Kim (fictional)", Instant(1)),
            Buried(two.kr.me.name, "x", Place(origin, 0)),
            Acted(two.kr.me.name, "y", Instant(1), "done"),
        ],
    )
    stopped = channel_to(two.kh, two.kr.me.name, Lane.BULK, "d" * 16)
    kh.keep([], [Stopped(stopped.origin, "stopped", "shown", Instant(1), (b"one", b"two"))])
    return two


def told(store: Store) -> dict[str, object]:
    """All that the port tells, in comparable values."""
    channels: list[Channel] = sorted(store.channels(), key=lambda channel: channel.origin)
    return {
        "peers": store.peers(),
        "lists": store.warning_lists(),
        "notices": store.notices(),
        "numbered": store.notices_after(0),
        "copies": store.copies("police.kr.example", "x"),
        "cursor": store.cursor("passed-on"),
        "logs": store.logs(),
        "witnessed": store.witnessed(LOG.name),
        "buried": store.buried("police.kr.example", ["x"]),
        "acted": store.acted("police.kr.example", "y"),
        "requests": store.of_kind("request/1"),
        "indicators": store.of_kind("indicator/1"),
        **{channel.origin: told_of(store, channel) for channel in channels},
    }


def told_of(store: Store, channel: Channel) -> tuple[object, ...]:
    origin = channel.origin
    position = store.position(origin)
    entries: list[Entry] = store.entries(origin, 0, position.pending)
    sizes = store.sizes(origin, 0)
    return (
        channel,
        position,
        store.line(origin),
        entries,
        store.parted(origin, 0, position.size),
        store.leaves(origin, 0, position.size),
        {size: (store.note(origin, size), store.lines(origin, size)) for size in sizes},
        store.told([Place(origin, entry.index) for entry in entries]),
        store.evidence(origin),
        store.missing(origin),
    )


def close(two: Pair) -> None:
    two.kr.store.close()
    two.kh.store.close()
