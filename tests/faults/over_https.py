"""A writer and a reader with stores on disk and TLS between them, in one process: nothing happens but what a test does.

`kr` writes two channels for `kh`, of which `bulk` goes over a middle that may do anything, and `urgent` straight, on connections of
its own. Each round writes records that have effects, so that it can be seen whether each happened, once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from comity.adapters.clock import SystemClock
from comity.adapters.courier import HttpsCourier
from comity.adapters.files import FolderFiles
from comity.adapters.keyring.files import FileKeyring
from comity.adapters.store.sqlite import SqliteStore
from comity.domain.ledger import COSIGNATURE, Channel, Lane, Peer, leaves_root
from comity.domain.record import Sealed, index_of
from comity.domain.terms import Country, NodeName
from comity.faces.api.exchange import exchange_app
from comity.faces.api.tls import Server, tls_context
from comity.flows.drain import Drainer
from comity.flows.receive import Puller
from comity.ports import NO_FILES, Files, Self, World
from tests.files.kept import STORAGE_KEY
from tests.worlds import SeededMint, TestClock, channel_to, introduce, letter, sealed_indicator

KR, KH = NodeName("police.kr.example"), NodeName("taskforce.kh.example")
SHARED = "lure-shared.example.com"
"""A value that `kh` reported itself: whatever names it is a match."""
ROUND = 3
"""Records that one round adds to the bulk channel: a match, one of no known kind, and another."""
AT_ONCE, ONE_BY_ONE = 1 << 26, 1
"""Bytes that a line carries at once: a round in one bundle, or its leaves as a tile and then each record as a bundle of its own."""


def make_world(folder: Path, name: NodeName, country: str, seed: int, files: Files = NO_FILES) -> World:
    """A node that has a certificate with today's dates."""
    keyring, clock, mint = FileKeyring(folder / "keys"), TestClock(), SeededMint(seed)
    keyring.create(f"{name}/receipt", COSIGNATURE)
    keyring.create_certificate(name, SystemClock().now())
    store = SqliteStore(folder / "store", folder / "marks", name, keyring, mint.salt)
    me = Self(name, Country(country), f"{name} (fictional)", "https://127.0.0.1:9")
    courier = fresh_courier(keyring)
    return World(me, store, keyring, courier, None, clock, mint, files=files)  # type: ignore[arg-type]


def fresh_courier(keyring: FileKeyring) -> HttpsCourier:
    return HttpsCourier(keyring.certificate_path, keyring.certificate_key_path, connect_s=5.0, read_s=5.0)


@dataclass
class Wired:
    """Both nodes, what each knows of the other, and how much was written so far: rounds, and records besides in the urgent channel."""

    kr: World
    kh: World
    server: Server
    kr_card: Peer
    bulk: Channel
    urgent: Channel
    back: Channel
    straight: Puller
    rounds: int = 0
    handed_over: int = 0
    stack: ExitStack = field(default_factory=ExitStack)

    def over(self, address: str, portion: int = AT_ONCE) -> Puller:
        """A reader whose connections go to this address, and are new."""
        courier = fresh_courier(self.kh.keyring)  # type: ignore[arg-type]
        self.stack.callback(courier.close)
        return Puller(
            replace(self.kh, courier=courier), replace(self.kr_card, address=address), portion=lambda: portion
        )

    def write(self) -> None:
        """One more round at the writer."""
        world, n = self.kr, self.rounds * ROUND
        strange = sealed_indicator(world, n + 1)
        strange = Sealed(strange.envelope.replace(b"indicator/1", b"prophecy/9"), strange.fields, strange.id)
        bulk = [
            sealed_indicator(world, n, value=SHARED),
            strange,
            sealed_indicator(world, n + 2),
        ]
        world.store.keep([letter(self.bulk.origin, each) for each in bulk])
        world.store.keep([letter(self.urgent.origin, sealed_indicator(world, n, value=SHARED))])
        self.rounds += 1

    def go_ahead(self) -> None:
        """The other channel is pulled and acted on, whatever goes on with the first one."""
        pulled = self.straight.pull(self.urgent.origin)
        Drainer(self.kh, KR).drain(self.urgent.origin)
        size = self.kr.store.position(self.urgent.origin).size
        position = self.kh.store.position(self.urgent.origin)
        assert (pulled.size, pulled.posted, position.drained) == (size, size, size), "the other channel was held up"

    def drain(self) -> None:
        Drainer(self.kh, KR).drain(self.bulk.origin)

    def look(self) -> None:
        """What must hold at any moment: only what is whole is held, cosigned and acted on."""
        position, line = self.kh.store.position(self.bulk.origin), self.kh.store.line(self.bulk.origin)
        size = position.size
        entries = self.kh.store.entries(self.bulk.origin, 0, size)
        assert [entry.index for entry in entries] == list(range(size))
        assert all(entry.envelope is not None for entry in entries)
        assert leaves_root(self.kh.store.leaves(self.bulk.origin, 0, size)) == position.root
        assert (line.size if line else 0) <= size
        assert position.drained <= (line.size if line else 0)
        theirs = self.kr.store.lines(self.bulk.origin, line.size) if line else ()
        assert theirs in ((), (line,)), "the writer has another line than the one that is stored"

    def equal(self) -> None:
        """All of it is at both ends, confirmed, and had each of its effects once, in its order."""
        self.look()
        for channel, count in ((self.bulk, ROUND * self.rounds), (self.urgent, self.rounds + self.handed_over)):
            ours, theirs = (world.store.position(channel.origin) for world in (self.kr, self.kh))
            assert (ours.size, ours.root) == (theirs.size, theirs.root)
            assert (theirs.size, theirs.drained) == (count, count)
            line = self.kh.store.line(channel.origin)
            assert line is not None
            assert self.kr.store.lines(channel.origin, count) == (line,)
        sides = [
            self.kr.store.entries(self.bulk.origin, 0, ROUND * self.rounds),
            self.kh.store.entries(self.bulk.origin, 0, ROUND * self.rounds),
        ]
        assert [each.envelope for each in sides[0]] == [each.envelope for each in sides[1]]

    def effects(self) -> None:
        """Each match noticed once, each strange record told of once and answered once, nothing else."""
        notices = Counter((n.kind, n.about.get("origin"), n.about.get("index")) for n in self.kh.store.notices(1 << 20))
        expected = {("match", self.bulk.origin, n * ROUND) for n in range(self.rounds)}
        expected |= {("quarantined", self.bulk.origin, n * ROUND + 1) for n in range(self.rounds)}
        expected |= {("match", self.urgent.origin, n) for n in range(self.rounds)}
        assert (notices - Counter(expected), Counter(expected) - notices) == (Counter(), Counter())
        answers = Counter(
            (about.origin, about.index)
            for entry in self.kh.store.entries(self.back.origin, 1, 1 << 20)
            for about in index_of(entry.envelope or b"", entry.fields).about
        )
        assert answers == Counter((self.bulk.origin, n * ROUND + 1) for n in range(self.rounds))
        for world in (self.kr, self.kh):
            assert world.store.rebuild(write=False) == ()


@contextmanager
def wired(folder: Path) -> Iterator[Wired]:
    """The writer listens inside the block."""
    kept = FolderFiles(folder / "kr-files", STORAGE_KEY)
    kr = make_world(folder / "kr", KR, "KR", 1, kept)
    kh = make_world(folder / "kh", KH, "KH", 100_000, FolderFiles(folder / "kh-files", STORAGE_KEY))
    urgent, bulk = (channel_to(kr, KH, lane, digit * 16) for lane, digit in ((Lane.URGENT, "a"), (Lane.BULK, "b")))
    back = channel_to(kh, KR, Lane.URGENT, "c" * 16)
    kh.store.keep([letter(back.origin, sealed_indicator(kh, 0, value=SHARED))])
    introduce(kr, kh, [back])
    card = introduce(kh, kr, [urgent, bulk])
    context = tls_context(
        kr.keyring.certificate_path,
        kr.keyring.certificate_key_path,
        [kh.keyring.certificate()],  # type: ignore[attr-defined]
    )
    server = Server(exchange_app(lambda: kr, kr.store.peers), "127.0.0.1", 0, tls=context)
    with ExitStack() as stack:
        for world in (kr, kh):
            stack.callback(world.store.close)
            stack.callback(world.courier.close)  # type: ignore[attr-defined]
        server.start()
        stack.callback(server.stop)
        straight = Puller(kh, replace(card, address=server.address))
        yield Wired(kr, kh, server, card, bulk, urgent, back, straight, stack=stack)
