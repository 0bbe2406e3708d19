"""Two nodes on this machine with nothing but a bad line between them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from msgspec import structs

from comity.config import Config, fresh_config, read_config
from comity.domain.ledger import BETWEEN_NODES, Lane
from comity.domain.record import Sealed, Told
from comity.domain.record.kinds import request_1
from comity.domain.terms import Actor, Granted, NodeName
from comity.faces.api.serve import serving
from comity.flows.filing import channel_to, sealed
from comity.flows.lookup import opened
from comity.flows.opened import open_record, seen
from comity.flows.roster import accept, fingerprint, invite
from comity.node.assembly import Node, make_node, open_node
from comity.ports import Letter, Place
from tests.line.slow_line import Character, Line, line
from tests.node.homes import free_port
from tests.worlds import letter, sealed_indicator

KR, KH = NodeName("police.kr.example"), NodeName("taskforce.kh.example")
GROUP = 250


@dataclass(frozen=True)
class Homes:
    """Two nodes that know each other, each reached by the other over the line alone; `ways` leads to where they listen."""

    folder: Path
    ways: dict[int, int]

    def copy(self, to: Path) -> Homes:
        """The same two nodes as they stand on disk, for one more story."""
        shutil.copytree(self.folder, to)
        return Homes(to, self.ways)

    def config(self, name: str) -> Config:
        return read_config(self.folder / name, {})


def officer(node: str) -> Actor:
    return Actor("Kim (fictional)", NodeName(node), "officer")


def make_homes(folder: Path) -> Homes:
    ways: dict[int, int] = {}
    configs = {}
    for name, host, country in (("kr", KR, "KR"), ("kh", KH, "KH")):
        near, far = free_port(), free_port()
        ways[near] = far
        made = fresh_config(
            folder / name,
            name=host,
            country=country,
            title=f"{host} (fictional)",
            port=far,
            address=f"https://127.0.0.1:{near}",
        )
        make_node(made)
        configs[host] = read_config(folder / name, {})
    letters = {}
    for host, other in ((KR, KH), (KH, KR)):
        with open_node(configs[host]) as node:
            letters[host] = invite(node.world, other, BETWEEN_NODES, by=officer(host))
    for host, other in ((KR, KH), (KH, KR)):
        with open_node(configs[host]) as node:
            raw = letters[other]
            assert isinstance(accept(node.world, raw, fingerprint(raw), by=officer(host)), Granted)
    return Homes(folder, ways)


def lay_bulk(homes: Homes, count: int) -> None:
    """So many fictional indicators wait at `kr` for `kh`; one is made, the others are told apart by their ids."""
    with open_node(homes.config("kr")) as node:
        origin = channel_to(node.world, KH, Lane.BULK)
        made = letter(origin, sealed_indicator(node.world, 1))
        header = made.told.header
        assert header is not None

        def nth(n: int) -> Letter:
            record = f"01930000-0000-7000-8000-{n:012x}"
            envelope = made.sealed.envelope.replace(made.sealed.id.encode(), record.encode())
            told = Told(structs.replace(header, id=record), (), None)
            return replace(made, sealed=Sealed(envelope, made.sealed.fields, record), told=told)

        for start in range(0, count, GROUP):
            node.world.store.keep([nth(n) for n in range(start, min(start + GROUP, count))])


@dataclass(frozen=True)
class Ends:
    """Both nodes while they run, and the line between them."""

    kr: Node
    kh: Node
    line: Line

    def rescue(self) -> Place:
        """A request to find somebody is kept at `kr`."""
        world = self.kr.world
        body = structs.replace(request_1.EXAMPLE, to=KH, measure="rescue", request=world.mint.record_id())
        record = sealed(world, body, purpose="crime")
        return world.store.keep([letter(channel_to(world, KH, Lane.RESCUE), record)])[0]

    def has_receipt(self, place: Place) -> bool:
        """The recipient's own cosignature covers the record, and is stored at the writer."""
        name = self.kr.world.store.peers()[0].receipt_key.name
        return self.kr.world.store.cosigned(place.origin, name, place.index) is not None

    def open(self, place: Place) -> bool:
        """An officer at `kh` opens the record, as soon as it is there to be opened."""
        record = (
            opened(self.kh.world, place) if self.kh.world.store.position(place.origin).drained > place.index else None
        )
        return record is not None and open_record(self.kh.world, officer(KH), place, record) is not None

    def is_seen(self, place: Place) -> bool:
        """The officer's word has come back to `kr`."""
        record = opened(self.kr.world, place)
        assert record is not None
        return seen(self.kr.world, place, record) is not None

    def bulk_here(self) -> int:
        """Bulk records that have come to `kh`, held or not yet."""
        store = self.kh.world.store
        origin = next(c.origin for c in store.channels() if c.writer == KR and c.lane is Lane.BULK)
        position = store.position(origin)
        return position.pending - len(store.missing(origin)) if position.pending > position.size else position.size


@contextmanager
def ends(homes: Homes, character: Character) -> Iterator[Ends]:
    """Both nodes run inside the block."""
    with ExitStack() as stack:
        carrying = stack.enter_context(line(character, homes.ways))
        nodes = []
        for name in ("kr", "kh"):
            node = stack.enter_context(open_node(homes.config(name)))
            stack.enter_context(serving(node, "fictional token"))
            nodes.append(node)
        yield Ends(nodes[0], nodes[1], carrying)


def until(look: Callable[[], bool], within_s: float) -> float:
    """Seconds until it is so; a failure when it isn't within that time."""
    start_s = time.monotonic()
    while time.monotonic() - start_s < within_s:
        if look():
            return time.monotonic() - start_s
        time.sleep(0.05)
    raise AssertionError(f"it was not so within {within_s:.0f} seconds")
