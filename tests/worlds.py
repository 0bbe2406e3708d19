"""Whole nodes for tests: real store, real keys, real flows; letters go from node to node by direct call or by TLS."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from comity.adapters.at_rest import Sealing
from comity.adapters.keyring.files import FileKeyring
from comity.adapters.store.memory import MemoryStore
from comity.adapters.store.sqlite import SqliteStore
from comity.domain.ledger import COSIGNATURE, ED25519, Admission, Channel, Lane, Peer, parse_tile_path
from comity.domain.record import Marking, Sealed, encode_fields, index_of, seal
from comity.domain.record.kinds import indicator_1
from comity.domain.terms import Country, Instant, NodeName
from comity.flows import carry, held, witness
from comity.ports import Catalog, Courier, Letter, Opened, PeerKept, Reply, Self, Step, Store, World, no_step
from tests import postgres

START = Instant(1_795_500_000_000)


class TestClock:
    """A clock that tests move; it ticks by a millisecond at each look."""

    __test__ = False

    def __init__(self, at: int = START) -> None:
        self.at = at

    def now(self) -> Instant:
        self.at += 1
        return Instant(self.at)


class SeededMint:
    """Identity and chance that a seed repeats."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._count = 0

    def record_id(self) -> str:
        self._count += 1
        raw = (
            (START + self._count) << 80
            | 7 << 76
            | self._chance.getrandbits(12) << 64
            | 2 << 62
            | self._chance.getrandbits(62)
        )
        text = f"{raw:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def salt(self) -> bytes:
        return self._chance.randbytes(32)

    def channel_id(self) -> str:
        return f"{self._chance.getrandbits(64):016x}"


class DirectCourier:
    """Carries by calling the other node's flows in this process: the same answers as over HTTPS, without the wire."""

    def __init__(self, me: NodeName, worlds: dict[NodeName, World]) -> None:
        self._me, self._worlds = me, worlds
        self.requests = 0

    def _far(self, peer: Peer) -> tuple[World, Peer]:
        world = self._worlds[peer.name]
        return world, next(x for x in world.store.peers() if x.name == self._me)

    def get(self, peer: Peer, path: str, body_bytes_max: int) -> bytes:
        self.requests += 1
        world, caller = self._far(peer)
        path, _, asked = path.partition("?")
        if path == "/channels":
            return msgspec.json.encode(carry.channels_for(world, caller))
        if path == "/.well-known/comity":
            return msgspec.json.encode(carry.well_known(world, caller))
        if path.startswith("/witness/"):
            return witness.latest(world, path.split("/")[2])
        if path.startswith("/held"):
            return self._held(world, caller, path, int(asked.partition("=")[2] or 0))
        chid, _, rest = path.removeprefix("/ch/").partition("/")
        origin = f"{world.me.name}/ch/{chid}"
        if rest.startswith("files/"):
            start, most = (int(part.partition("=")[2]) for part in asked.split("&"))
            return b"".join(carry.file(world, caller, origin, rest.removeprefix("files/"), start)[1])[:most]
        number = int(asked.partition("=")[2] or 0)
        if rest == "checkpoint" and asked.startswith("witnessed="):
            return carry.checkpoint(world, caller, origin, witnessed=True)
        if rest == "checkpoint":
            return carry.checkpoint(world, caller, origin, number)
        level, n, width = parse_tile_path(rest)
        if level == "records":
            return carry.records(world, caller, origin, n, width, number)
        assert isinstance(level, int)
        return carry.tile(world, caller, origin, level, n, width)

    def _held(self, world: World, caller: Peer, path: str, skip: int) -> bytes:
        if path == "/held":
            return msgspec.json.encode(held.held_channels(world, caller))
        chid, _, rest = path.removeprefix("/held/").partition("/")
        origin = f"{self._me}/ch/{chid}"
        if rest == "checkpoint":
            return held.held_checkpoint(world, caller, origin)
        level, n, width = parse_tile_path(rest)
        if level == "records":
            return held.held_records(world, caller, origin, n, width, skip)
        assert isinstance(level, int)
        return held.held_tile(world, caller, origin, level, n, width)

    def post(self, peer: Peer, path: str, body: bytes) -> Reply:
        self.requests += 1
        world, caller = self._far(peer)
        if path == "/witness/add-checkpoint":
            told = witness.add_checkpoint(world, body)
            return Reply(told.status, told.body)
        origin = f"{world.me.name}/ch/{path.split('/')[2]}"
        status, answer = carry.take_cosignature(world, caller, origin, body)
        return Reply(status, answer)


def open_store(
    kind: str,
    folder: Path,
    name: NodeName,
    keyring: FileKeyring,
    salt: Callable[[], bytes],
    step: Step,
    catalog: Catalog | None = None,
    sealing: Sealing | None = None,
) -> Store:
    """`memory`, `sqlite`, or `postgres` (in tests marked `pg`)."""
    if kind == "memory":
        return MemoryStore(name, keyring, salt, step=step, catalog=catalog)
    if kind == "postgres":
        from comity.adapters.store.postgres import PostgresStore  # here: psycopg needn't be there for other tests

        url = postgres.server().of(folder)
        place = url, folder / "marks", name, keyring, salt
        return PostgresStore(*place, step=step, catalog=catalog, sealing=sealing)
    kept = folder / "store", folder / "marks", name, keyring, salt
    return SqliteStore(*kept, step=step, catalog=catalog, sealing=sealing)


def node_world(
    folder: Path,
    name: str,
    country: str,
    courier: Courier,
    catalog: object,
    *,
    store: str = "sqlite",
    seed: int = 1,
    step: Step = no_step,
    clock: TestClock | None = None,
    sealing: Sealing | None = None,
) -> World:
    """A node in `folder`, with a desk of its own.

    sealing   `IN_THE_CLEAR` where traces are looked for that a seal would hide; sealed by the node's own key unless told
    """
    host, mint = NodeName(name), SeededMint(seed)
    keyring = FileKeyring(folder / "keys")
    keyring.create(f"{name}/receipt", COSIGNATURE)
    keyring.create_certificate(host, START)
    opened = open_store(store, folder, host, keyring, mint.salt, step, catalog, sealing)  # type: ignore[arg-type]
    me = Self(host, Country(country), f"{name} (fictional)", "https://127.0.0.1:1")
    return World(me, opened, keyring, courier, catalog, clock or TestClock(), mint, step)  # type: ignore[arg-type]


def channel_to(world: World, audience: str, lane: Lane, chid: str) -> Channel:
    """Opens a channel that this world writes, or finds it."""
    for channel in world.store.channels():
        if channel.origin == f"{world.me.name}/ch/{chid}":
            return channel
    key = world.keyring.create(f"{world.me.name}/ch/{chid}", ED25519)
    channel = Channel(key, world.me.name, NodeName(audience), lane, world.clock.now())
    world.store.keep([], [Opened(channel)])
    return channel


def introduce(world: World, other: World, channels: list[Channel]) -> Peer:
    """Puts `other`, and what it writes for us, into the roster."""
    peer = Peer(
        other.me.name,
        other.me.country,
        other.me.title,
        other.me.address,
        other.keyring.certificate(),
        other.keyring.key(f"{other.me.name}/receipt"),
        tuple((c.key, c.lane) for c in channels),
        bytes(32),
        Admission.ACCEPTED,
        START,
    )
    world.store.keep([], [PeerKept(peer), *(Opened(replace(c, opened=START)) for c in channels)])
    return peer


def marking() -> Marking:
    return Marking(tlp="AMBER", purpose=("crime",))


def sealed_indicator(
    world: World, n: int, *, kind: str = "domain", value: str | None = None, record: str | None = None
) -> Sealed:
    """A plainly fictional indicator record."""
    body = indicator_1.Body(
        kind=kind,
        value=value or f"lure-{n}.example.com",
        role="scam-site",
        source=indicator_1.Source("fictional list", "0" * 64, ""),
        first_seen=None,
        last_seen=None,
        confidence=50,
    )
    return seal(
        body,
        id=record or world.mint.record_id(),
        issuer=world.me.name,
        made=world.clock.now(),
        marking=marking(),
        purpose="crime",
        salt=world.mint.salt,
    )


def letter(origin: str, sealed: Sealed) -> Letter:
    return Letter(origin, sealed, index_of(sealed.envelope, encode_fields(sealed.fields)))


@dataclass(frozen=True)
class Pair:
    """Two nodes that know each other; `kr` writes `urgent` and `bulk` for `kh`, and the other way round."""

    kr: World
    kh: World
    kr_sees_kh: Peer
    kh_sees_kr: Peer
    urgent: Channel
    bulk: Channel
    back: Channel


def pair(
    folder: Path,
    catalog: object = None,
    *,
    store: str = "sqlite",
    steps: tuple[Step, Step] = (no_step, no_step),
    seed: int = 1,
) -> Pair:
    """`store` as in `open_store`; `postgres+sqlite` gives each node its own."""
    kinds = store.split("+")
    worlds: dict[NodeName, World] = {}
    couriers = [DirectCourier(NodeName(name), worlds) for name in ("police.kr.example", "taskforce.kh.example")]
    kr = node_world(
        folder / "kr", "police.kr.example", "KR", couriers[0], catalog, store=kinds[0], seed=seed, step=steps[0]
    )
    kh = node_world(
        folder / "kh",
        "taskforce.kh.example",
        "KH",
        couriers[1],
        catalog,
        store=kinds[-1],
        seed=seed + 100_000,
        step=steps[1],
    )
    worlds |= {kr.me.name: kr, kh.me.name: kh}
    urgent = channel_to(kr, kh.me.name, Lane.URGENT, "a" * 16)
    bulk = channel_to(kr, kh.me.name, Lane.BULK, "b" * 16)
    back = channel_to(kh, kr.me.name, Lane.URGENT, "c" * 16)
    return Pair(kr, kh, introduce(kr, kh, [back]), introduce(kh, kr, [urgent, bulk]), urgent, bulk, back)
