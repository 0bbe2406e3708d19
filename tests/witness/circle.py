"""A writer, its reader and witnesses in three countries, all in one process."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from comity.domain.ledger import Channel, Lane, Peer, Policy, VerifierKey, parse_policy
from comity.domain.terms import Actor, Granted, NodeName
from comity.flows.receive import Puller
from comity.flows.submit import Submitter
from comity.flows.witness import keep_log, witness_key
from comity.ports import PeerKept, World
from tests.worlds import DirectCourier, channel_to, introduce, letter, node_world, sealed_indicator

WITNESSES = (("hub.un.example", "CH"), ("court.sg.example", "SG"), ("ombud.th.example", "TH"))


@dataclass
class Circle:
    """`kr` writes `urgent` and `bulk` for `kh`; each hub knows both logs, and both nodes know each hub's witness key."""

    kr: World
    kh: World
    hubs: dict[str, World]
    urgent: Channel
    bulk: Channel
    _count: int = 0

    def peer(self, world: World, name: str) -> Peer:
        return next(peer for peer in world.store.peers() if peer.name == name)

    def key(self, hub: str) -> VerifierKey:
        found = witness_key(self.hubs[hub])
        assert found is not None
        return found

    def submitter(self, hub: str) -> Submitter:
        return Submitter(self.kr, self.peer(self.kr, hub))

    def puller(self, policy: Policy | None = None, lanes: Sequence[Lane] = (Lane.BULK,)) -> Puller:
        """The reader's, which demands this policy's quorum on these lanes."""
        world = replace(self.kh, quorums=dict.fromkeys(lanes, policy)) if policy is not None else self.kh
        return Puller(world, self.peer(self.kh, self.kr.me.name))

    def append(self, channel: Channel, count: int = 1) -> None:
        start = self._count
        self._count += count
        self.kr.store.keep([letter(channel.origin, sealed_indicator(self.kr, n)) for n in range(start, start + count)])

    def close(self) -> None:
        for world in (self.kr, self.kh, *self.hubs.values()):
            world.store.close()


def circle(folder: Path, store: str = "memory") -> Circle:
    """A fresh one. The keys that everybody begins with are copied: making them durably, for five nodes, takes longer than most tests."""
    for keys in _keys().glob("*/keys"):
        if not (folder / keys.parent.name).exists():
            shutil.copytree(keys, folder / keys.parent.name / "keys")
    return _introduced(folder, store)


@cache
def _keys() -> Path:
    """A folder with the keys of five nodes that know each other and have done nothing yet."""
    kept = tempfile.TemporaryDirectory(prefix="comity-keys-")
    atexit.register(kept.cleanup)
    _introduced(Path(kept.name), "memory").close()
    return Path(kept.name)


def _introduced(folder: Path, store: str) -> Circle:
    worlds: dict[NodeName, World] = {}

    def make(name: str, country: str, seed: int) -> World:
        made = node_world(
            folder / name, name, country, DirectCourier(NodeName(name), worlds), None, store=store, seed=seed
        )
        worlds[made.me.name] = made
        return made

    kr, kh = make("police.kr.example", "KR", 1), make("taskforce.kh.example", "KH", 100_000)
    hubs = {name: make(name, country, 200_000 + at) for at, (name, country) in enumerate(WITNESSES)}
    urgent = channel_to(kr, kh.me.name, Lane.URGENT, "a" * 16)
    bulk = channel_to(kr, kh.me.name, Lane.BULK, "b" * 16)
    introduce(kr, kh, [])
    introduce(kh, kr, [urgent, bulk])
    for hub in hubs.values():
        for channel in (urgent, bulk):
            assert isinstance(
                keep_log(hub, channel.key.text, by=Actor("Tan (fictional)", hub.me.name, "officer")), Granted
            )
        for node in (kr, kh):
            introduce(hub, node, [])
            known = introduce(node, hub, [])
            node.store.keep([], [PeerKept(replace(known, witness_key=witness_key(hub)))])
    return Circle(kr, kh, hubs, urgent, bulk)


def quorum(circle_: Circle, need: int, *more: str) -> Policy:
    """Witnesses of three states, of whom `need` must have signed; `more` are further lines that stand first."""
    lines = [*more]
    for at, hub in enumerate(circle_.hubs):
        lines.append(f"witness w{at} {circle_.key(hub).text}")
    lines += [f"group states {need} w0 w1 w2", "quorum states"]
    return parse_policy("\n".join(lines) + "\n")
