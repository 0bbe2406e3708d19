"""Real nodes for tests: keys on disk, TLS on loopback, the reference store behind."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from comity.adapters.clock import SystemClock, SystemMint
from comity.adapters.courier import HttpsCourier
from comity.adapters.keyring import FileKeyring
from comity.adapters.store.memory import MemoryStore
from comity.config import LimitsTable
from comity.domain.law import LawBook, Measure
from comity.domain.ledger import COSIGNATURE, ED25519, Admission, Channel, Lane, Peer, cosignature_line, parse_note
from comity.domain.record import Marking, encode_fields, index_of, seal
from comity.domain.record.kinds import ack_1
from comity.domain.request import Machine
from comity.domain.terms import NodeName, country
from comity.errors import NotFound
from comity.faces.api.exchange import exchange_app
from comity.faces.api.guard import Guard
from comity.faces.api.tls import Server, admit, tls_context
from comity.faces.api.wire import Patience
from comity.node.guarding import Guarding
from comity.ports import NO_FILES, Files, Letter, Opened, PeerKept, Place, Self, World


class EmptyCatalog:
    """A node that knows no law and no measures."""

    def book(self) -> LawBook:
        raise NotFound("no-law")

    def measures(self) -> Mapping[str, Measure]:
        return {}

    def machine(self, name: str) -> Machine:
        raise NotFound("no-machine", name=name)


@dataclass
class Node:
    """One node of a test."""

    name: NodeName
    keyring: FileKeyring
    store: MemoryStore
    courier: HttpsCourier
    world: World
    context: ssl.SSLContext
    mint: SystemMint
    guarding: Guarding
    server: Server | None = None

    def card(self) -> Peer:
        """How others enter this node into their rosters."""
        return Peer(
            name=self.name,
            country=country("KR"),
            title=f"{self.name} (fictional)",
            address=self.server.address if self.server else "https://127.0.0.1:9",
            certificate=self.keyring.certificate(),
            receipt_key=self.keyring.key(f"{self.name}/receipt"),
            channels=(),
            fingerprint=sha256(self.name.encode()).digest(),
            admission=Admission.ACCEPTED,
            since=SystemClock().now(),
        )

    def accept(self, other: Node, admission: Admission = Admission.ACCEPTED) -> None:
        """Enters the other one into the roster, and lets its certificate through the handshake."""
        self.store.keep((), (PeerKept(replace(other.card(), admission=admission)),))
        admit(self.context, other.keyring.certificate())

    def open_channel(self, audience: NodeName, lane: Lane = Lane.BULK) -> str:
        key = self.keyring.create(f"{self.name}/ch/{self.mint.channel_id()}", ED25519)
        self.store.keep((), (Opened(Channel(key, self.name, audience, lane, SystemClock().now())),))
        return key.name

    def append(self, origin: str, count: int) -> tuple[Place, ...]:
        return self.store.keep([self._letter(origin) for _ in range(count)])

    def cosign(self, note: bytes, time_s: int = 1_795_000_000) -> bytes:
        """The checkpoint of this note with our cosignature line as its only one."""
        text, name = parse_note(note).text, f"{self.name}/receipt"
        return (
            text
            + b"\n"
            + cosignature_line(self.keyring.key(name), lambda message: self.keyring.sign(name, message), text, time_s)
        )

    def _letter(self, origin: str) -> Letter:
        sealed = seal(
            ack_1.EXAMPLE,
            id=self.mint.record_id(),
            issuer=self.name,
            made=SystemClock().now(),
            marking=Marking(tlp="AMBER"),
            purpose="investigation",
            salt=self.mint.salt,
        )
        return Letter(origin, sealed, index_of(sealed.envelope, encode_fields(sealed.fields)))


def make_node(
    folder: Path,
    name: str,
    *,
    poll_s: float = 0.02,
    comment_s: float = 20.0,
    files: Files = NO_FILES,
    limits: LimitsTable | None = None,
    patience: Patience | None = None,
) -> Node:
    """A node with keys in `folder`; it serves once `serving` is entered."""
    me, clock, mint = NodeName(name), SystemClock(), SystemMint()
    keyring = FileKeyring(folder / name)
    keyring.create_certificate(me, clock.now())
    keyring.create(f"{me}/receipt", COSIGNATURE)
    paths = keyring.certificate_path, keyring.certificate_key_path
    store, courier = MemoryStore(me, keyring, mint.salt), HttpsCourier(*paths, connect_s=3.0, read_s=3.0)
    here = Self(me, country("KR"), f"{me} (fictional)", "")
    world = World(here, store, keyring, courier, EmptyCatalog(), clock, mint, files=files)
    context = tls_context(*paths)
    node = Node(me, keyring, store, courier, world, context, mint, Guarding(world, store.peers, limits))
    app = Guard(exchange_app(lambda: world, store.peers, poll_s=poll_s, comment_s=comment_s), node.guarding)
    share = node.guarding.quotas.connections
    node.server = Server(
        app, "127.0.0.1", 0, tls=context, door=node.guarding, share=share, patience=patience or Patience()
    )
    return node


@contextmanager
def serving(*nodes: Node) -> Iterator[None]:
    """All of them listen inside the block."""
    for node in nodes:
        assert node.server is not None
        node.server.start()
    try:
        yield
    finally:
        for node in nodes:
            node.courier.close()
        threads = [threading.Thread(target=node.server.stop) for node in nodes if node.server]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


@dataclass(frozen=True)
class Answer:
    """An HTTP answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask_raw(server: Node, client: Node, head: bytes, body: bytes = b"", framing: bytes | None = None) -> Answer:
    """One request, written byte by byte as the test wants it, on its own connection.

    framing   header that says where the body ends; its length unless told otherwise
    """
    framing = b"Content-Length: %d" % len(body) if framing is None else framing
    assert server.server is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=server.keyring.certificate())
    context.load_cert_chain(client.keyring.certificate_path, client.keyring.certificate_key_path)
    with (
        socket.create_connection(("127.0.0.1", server.server.port), 5) as plain,
        context.wrap_socket(plain, server_hostname=server.name) as line,
    ):
        line.sendall(
            head + b"\r\nHost: " + server.name.encode() + b"\r\nConnection: close\r\n" + framing + b"\r\n\r\n" + body
        )
        raw = b"".join(iter(lambda: line.recv(65536), b""))
    top, _, rest = raw.partition(b"\r\n\r\n")
    first, *lines = top.decode("latin-1").split("\r\n")
    return Answer(int(first.split(" ")[1]), dict(line.lower().split(": ", 1) for line in lines), rest)
