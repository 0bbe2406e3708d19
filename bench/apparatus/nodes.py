"""Two nodes that know each other: one that has written records, one that has nothing yet; by direct call or over TLS."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from bench.apparatus.records import ISSUER, READER, START, Made
from comity.adapters.catalog import FileCatalog
from comity.adapters.clock import SystemClock, SystemMint
from comity.adapters.keyring import FileKeyring
from comity.adapters.store.sqlite import SqliteStore
from comity.domain.ledger import COSIGNATURE, ED25519, Admission, Channel, Lane, Peer
from comity.domain.record import index_of
from comity.domain.terms import Country, NodeName
from comity.faces.api.exchange import exchange_app
from comity.faces.api.guard import Guard
from comity.faces.api.tls import Server, tls_context
from comity.node.guarding import Guarding
from comity.ports import Courier, Letter, Opened, PeerKept, Self, World
from tests.worlds import DirectCourier

WRITER = ISSUER
CHANNEL = "b" * 16


def keyring(folder: Path, name: NodeName) -> FileKeyring:
    """The node's keys and certificate, made at first."""
    keys = FileKeyring(folder / "keys")
    if not (folder / "keys").exists() or not keys.certificate_path.exists():
        keys.create_certificate(name, SystemClock().now())
        keys.create(f"{name}/receipt", COSIGNATURE)
    return keys


def card(name: NodeName, keys: FileKeyring, channels: Sequence[Channel], address: str) -> Peer:
    """How the other one has it in its roster."""
    return Peer(
        name,
        Country("KR" if name == WRITER else "KH"),
        f"{name} (fictional)",
        address,
        keys.certificate(),
        keys.key(f"{name}/receipt"),
        tuple((channel.key, channel.lane) for channel in channels),
        sha256(name.encode()).digest(),
        Admission.ACCEPTED,
        START,
    )


def open_world(folder: Path, name: NodeName, courier: Courier) -> World:
    """The node in `folder`, with all that is its own and real."""
    keys, mint = keyring(folder, name), SystemMint()
    store = SqliteStore(folder / "store", folder / "marks", name, keys, mint.salt)
    me = Self(name, Country("KR" if name == WRITER else "KH"), f"{name} (fictional)", "")
    return World(me, store, keys, courier, FileCatalog(()), SystemClock(), mint)


def write_all(folder: Path, records: Sequence[Made], reader: FileKeyring) -> Channel:
    """Makes the writing node: a roster with the reader in it, and one channel with all records."""
    world = open_world(folder, WRITER, DirectCourier(WRITER, {}))
    key = world.keyring.create(f"{WRITER}/ch/{CHANNEL}", ED25519)
    channel = Channel(key, WRITER, READER, Lane.BULK, START)
    world.store.keep([], [Opened(channel), PeerKept(card(READER, reader, [], "https://127.0.0.1:1"))])
    letters = [Letter(channel.origin, made.sealed, index_of(made.envelope, made.fields)) for made in records]
    for at in range(0, len(letters), 1000):
        world.store.keep(letters[at : at + 1000])
    world.store.close()
    return channel


def introduce(world: World, writer: FileKeyring, channel: Channel, address: str) -> Peer:
    """The reader learns of the writer and of its channel."""
    peer = card(WRITER, writer, [channel], address)
    world.store.keep([], [PeerKept(peer), Opened(replace(channel, opened=START))])
    return peer


@contextmanager
def far_writer(folder: Path) -> Iterator[str]:
    """The writing node in a process of its own, on loopback over TLS; yields its address."""
    command = [sys.executable, "-m", "bench.apparatus.nodes", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as far:
        assert far.stdin is not None
        assert far.stdout is not None
        try:
            yield json.loads(far.stdout.readline())["address"]
        finally:
            far.stdin.close()  # its sign to end


def _serve(folder: Path) -> None:
    """Serves until stdin ends."""
    world = open_world(folder, WRITER, DirectCourier(WRITER, {}))
    keys = keyring(folder, WRITER)
    (reader,) = world.store.peers()
    context = tls_context(keys.certificate_path, keys.certificate_key_path, [reader.certificate])
    guarding = Guarding(world, world.store.peers)
    app = Guard(exchange_app(lambda: world, world.store.peers), guarding)
    with Server(app, "127.0.0.1", 0, tls=context, door=guarding) as server:
        print(json.dumps({"address": server.address}), flush=True)
        sys.stdin.read()
    world.store.close()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
