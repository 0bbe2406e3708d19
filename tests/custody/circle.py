"""Several nodes that all know each other, each with an urgent and a bulk channel to some of the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import UNSET, Struct

from comity.adapters.at_rest import Sealing
from comity.adapters.catalog import FileCatalog
from comity.domain.ledger import Channel, Lane
from comity.domain.record import Marking
from comity.domain.record.kinds import indicator_1
from comity.domain.terms import Actor, Granted, NodeName
from comity.errors import Unreachable
from comity.flows.drain import Drainer
from comity.flows.filing import letter, outgoing, sealed
from comity.flows.receive import Puller, pull_all
from comity.ports import Courier, Place, World
from tests.worlds import DirectCourier, TestClock, channel_to, introduce, node_world

CATALOG = FileCatalog()
HOUR_MS = 3_600_000
AMBER = Marking(tlp="AMBER", hcodes=("H0",))
GREEN = Marking(tlp="GREEN", hcodes=("H0",), pap="GREEN")
NAMES = ("police.kr.example", "taskforce.kh.example", "bank.vn.example", "hub.th.example")


def officer(world: World, name: str = "Kim (fictional)") -> Actor:
    return Actor(name, world.me.name, "officer")


@dataclass
class Circle:
    """The nodes by name; `offline` ones can't be reached and pull nothing."""

    worlds: dict[NodeName, World]
    clock: TestClock
    offline: set[str] = field(default_factory=set)

    def __getitem__(self, name: str) -> World:
        return self.worlds[NodeName(name)]

    def exchange(self, rounds: int = 3) -> None:
        """Everybody pulls from everybody who is there, until all has come through."""
        for _ in range(rounds):
            for world in self.worlds.values():
                if world.me.name in self.offline:
                    continue
                for peer in world.store.peers():
                    if peer.name not in self.offline:
                        pull_all(Puller(world, peer))
                        Drainer(world, peer.name).drain_all()

    def hours(self, count: float) -> None:
        self.clock.at += int(count * HOUR_MS)

    def close(self) -> None:
        for world in self.worlds.values():
            world.store.close()


class PartialCourier(DirectCourier):
    """A wire that some nodes are not on."""

    def __init__(self, me: NodeName, worlds: dict[NodeName, World], offline: set[str]) -> None:
        super().__init__(me, worlds)
        self.offline = offline

    def _far(self, peer):  # type: ignore[no-untyped-def]
        if peer.name in self.offline:
            raise Unreachable("timeout", peer=peer.name)
        return super()._far(peer)


def circle(
    folder: Path,
    names: Iterable[str] = NAMES[:3],
    *,
    store: str = "sqlite",
    hub: str | None = None,
    bulk: bool = True,
    countries: Sequence[str] = (),
    sealing: Sealing | None = None,
) -> Circle:
    """`hub` None: everybody writes for everybody; else only the hub for each and each for the hub."""
    worlds: dict[NodeName, World] = {}
    offline: set[str] = set()
    clock = TestClock()
    for number, name in enumerate(names):
        courier: Courier = PartialCourier(NodeName(name), worlds, offline)
        worlds[NodeName(name)] = node_world(
            folder / str(number),
            name,
            countries[number] if countries else "KR",
            courier,
            CATALOG,
            store=store,
            seed=1 + 10_000 * number,
            clock=clock,
            sealing=sealing,
        )
    written: dict[tuple[NodeName, NodeName], list[Channel]] = {}
    lanes = [(Lane.URGENT, "a"), (Lane.BULK, "b")] if bulk else [(Lane.URGENT, "a")]
    pairs = [(a, b) for a in worlds for b in worlds if a != b and (hub is None or hub in (a, b))]
    for a, b in pairs:
        number = list(worlds).index(b)
        written[a, b] = [channel_to(worlds[a], b, lane, f"{sign * 12}{number:04x}") for lane, sign in lanes]
    for a, b in pairs:
        introduce(worlds[b], worlds[a], written[a, b])
    return Circle(worlds, clock, offline)


def indicator(
    value: str, *, kind: str = "domain", note: str = "FICTIONAL", role: str = "scam-site"
) -> indicator_1.Body:
    """`value` in the clear where its kind is open, sealed where it is a person's own."""
    personal = kind not in ("domain", "url", "wallet", "handle")
    return indicator_1.Body(
        kind=kind,
        role=role,
        source=indicator_1.Source("fictional list", "0" * 64, note),
        value=UNSET if personal else value,
        personal_value=value if personal else UNSET,
    )


def put(
    world: World, body: Struct, to: Iterable[str], *, lane: Lane = Lane.BULK, marking: Marking = AMBER
) -> tuple[str, list[Place]]:
    """The same record of this node's for each of these readers: id and places."""
    record = world.mint.record_id()
    letters = []
    for reader in to:
        origin = outgoing(world, NodeName(reader), lane)
        assert origin is not None
        letters.append(letter(origin, sealed(world, body, purpose="crime", marking=marking, record=record)))
    return record, list(world.store.keep(letters))


def granted(outcome):  # type: ignore[no-untyped-def]
    assert isinstance(outcome, Granted), outcome
    return outcome.value
