"""A node under attack by one of its peers and by strangers, while an honest peer reads and confirms what is written for it."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from comity.adapters.clock import SystemClock
from comity.config import LimitsTable
from comity.domain.ledger import Channel, Lane, Peer
from comity.faces.api.wire import Patience
from comity.flows.receive import Puller
from comity.ports import Opened, PeerKept
from tests.faces.exchange.nodes import Node, make_node, serving

PATIENCE = Patience(handshake_s=2.0, head_s=1.0, body_s=1.0, stall_s=1.0, tick_s=0.1)
LIMITS = LimitsTable(rescue_s=5, urgent_s=5, other_s=20, burst_s=2, connections=12)
CLOSED = 0
"""In place of a status: the connection ended without an answer."""
RECORDS = 5
WAIT_S = 20.0

Act = Callable[["Siege"], list[int]]
"""One attack: what each of its attempts was answered."""


@dataclass(frozen=True)
class Pace:
    """So many records were written, held and confirmed in this time."""

    confirmed: int
    took_s: float

    @property
    def per_s(self) -> float:
        return self.confirmed / self.took_s


@dataclass
class Held:
    """An attack that goes on: what its attempts were answered so far, and how it ended if it broke."""

    answered: list[int] = field(default_factory=list)
    broke: list[BaseException] = field(default_factory=list)
    rounds: int = 0


@dataclass
class Siege:
    """`node` writes for `enemy` (an accepted peer that attacks) and for `honest`; `stranger` is in nobody's roster."""

    folder: Path
    node: Node
    enemy: Node
    honest: Node
    stranger: Node
    channels: dict[Lane, str]
    ours: str
    puller: Puller

    @property
    def port(self) -> int:
        assert self.node.server is not None
        return self.node.server.port

    def path(self, lane: Lane = Lane.BULK) -> str:
        """The enemy's own channel in this lane."""
        return self.channels[lane].removeprefix(self.node.name)

    def go_on(self, records: int = RECORDS) -> Pace:
        """One record after the other is written for the honest peer, held by it, and confirmed."""
        before = self.node.store.position(self.ours).size
        start_s = time.perf_counter()
        for _ in range(records):
            self.node.append(self.ours, 1)
            self.puller.pull(self.ours)
        took_s = time.perf_counter() - start_s
        size = self.node.store.position(self.ours).size
        line = self.node.store.cosigned(self.ours, f"{self.honest.name}/receipt", size - 1)
        assert size == before + records
        assert line is not None
        assert line.size == size
        return Pace(records, took_s)

    def append_only(self, records: int) -> float:
        """Seconds for writing so many, of which nobody is told: nothing less is possible. They are read in the end."""
        start_s = time.perf_counter()
        for _ in range(records):
            self.node.append(self.ours, 1)
        took_s = time.perf_counter() - start_s
        self.puller.pull(self.ours)
        return took_s

    def told(self, kind: str, peer: str) -> int:
        """How often this was counted so far."""
        return sum(met.count for met in self.node.guarding.told() if (met.peer, met.kind) == (peer, kind))

    def total(self) -> int:
        return sum(met.count for met in self.node.guarding.told())

    @contextmanager
    def under(self, act: Act, rounds_max: int = 20) -> Iterator[Held]:
        """The attack is tried again and again in a thread of its own, from before the block until its end."""
        held, begun, ending = Held(), threading.Event(), threading.Event()

        def attack() -> None:
            try:
                while held.rounds < rounds_max and not (ending.is_set() and held.rounds):
                    begun.set()
                    held.answered += act(self)
                    held.rounds += 1
            except BaseException as fault:  # told to the test, which fails by it
                held.broke.append(fault)
                begun.set()

        thread = threading.Thread(target=attack, daemon=True)
        thread.start()
        assert begun.wait(WAIT_S)
        try:
            yield held
        finally:
            ending.set()
            thread.join(60)
            assert not thread.is_alive()


def make_siege(folder: Path, lines_burst: int = 100_000) -> Siege:
    """Nothing listens yet: enter `serving(siege.node)`. All attackers of the tests share one address: it may have this many lines."""
    patience = replace(PATIENCE, lines_burst=lines_burst)
    node = make_node(folder, "police.kr.example", limits=LIMITS, patience=patience)
    enemy = make_node(folder, "captured.example")
    honest = make_node(folder, "police.kh.example")
    stranger = make_node(folder, "stranger.example")
    node.accept(enemy)
    node.accept(honest)
    channels = {lane: node.open_channel(enemy.name, lane) for lane in (Lane.RESCUE, Lane.URGENT, Lane.BULK)}
    for origin in channels.values():
        node.append(origin, 3)
    ours = node.open_channel(honest.name)
    node.guarding.look()
    return Siege(folder, node, enemy, honest, stranger, channels, ours, _reader(honest, node, ours))


def _reader(honest: Node, node: Node, origin: str) -> Puller:
    """The honest peer knows the node and the channel that it writes."""
    peer: Peer = node.card()
    key = node.keyring.key(origin)
    channel = Channel(key, node.name, honest.name, Lane.BULK, SystemClock().now())
    honest.store.keep((), (PeerKept(peer), Opened(channel)))
    return Puller(honest.world, peer)


@contextmanager
def besieged(folder: Path, lines_burst: int = 100_000) -> Iterator[Siege]:
    siege = make_siege(folder, lines_burst)
    with serving(siege.node):
        try:
            yield siege
        finally:
            siege.honest.courier.close()


# ---- lines, byte by byte -------------------------------------------------------------------------------------------


def plain_line(siege: Siege) -> socket.socket:
    return socket.create_connection(("127.0.0.1", siege.port), WAIT_S)


def client_context(siege: Siege, client: Node | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=siege.node.keyring.certificate())
    if client is not None:
        context.load_cert_chain(client.keyring.certificate_path, client.keyring.certificate_key_path)
    return context


@contextmanager
def line_of(siege: Siege, client: Node | None, context: ssl.SSLContext | None = None) -> Iterator[ssl.SSLSocket]:
    """A connection with this client's certificate; it ends with the block."""
    context = context or client_context(siege, client)
    with plain_line(siege) as plain, context.wrap_socket(plain, server_hostname=siege.node.name) as line:
        yield line


def to_the_end(line: ssl.SSLSocket | socket.socket) -> bytes:
    """Everything that still comes, however the far end lets go."""
    heard = b""
    with suppress(OSError):
        while piece := line.recv(65536):
            heard += piece
    return heard


def one_answer(line: ssl.SSLSocket) -> bytes:
    """The next answer on a line that stays open; what there was of it when the line ends."""
    heard = b""
    with suppress(OSError):
        while b"\r\n\r\n" not in heard and (piece := line.recv(65536)):
            heard += piece
        top, _, body = heard.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", top)
        while length and len(body) < int(length[1]) and (piece := line.recv(65536)):
            body, heard = body + piece, heard + piece
    return heard


def statuses(heard: bytes) -> list[int]:
    """Of every answer in it, in order; CLOSED for nothing at all."""
    found = [int(part[:3]) for part in heard.split(b"HTTP/1.1 ")[1:]]
    return found or [CLOSED]


def sent(siege: Siege, raw: bytes, client: Node | None = None) -> list[int]:
    """One connection of the enemy, these bytes, and what came back until its end."""
    with line_of(siege, client or siege.enemy) as line:
        with suppress(OSError):
            line.sendall(raw)
        return statuses(to_the_end(line))


def head(siege: Siege, first: str, *more: str, close: bool = True) -> bytes:
    """A request head as an honest client would write it, with the test's own lines."""
    lines = [first, f"Host: {siege.node.name}", *more, *(["Connection: close"] if close else [])]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
