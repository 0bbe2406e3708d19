"""A story of two nodes that can be cut short at any boundary and told again from what is on disk.

Whatever leaves a node is first written, fsynced, into `seen.log`: that is what the outside world could hold against it. The story
itself is a pure function of its plan, so telling it again repeats the same requests with the same ids, as callers do.
"""

from __future__ import annotations

import base64
import json
import os
import random
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from comity.domain.ledger import CompactRange, leaf_of, leaves_root, parse_note
from comity.domain.record import Entry, Sealed, State, decode_bundle, encode_bundle, index_of
from comity.domain.record.kinds import erase_1
from comity.errors import ComityError
from comity.flows.drain import Drainer
from comity.flows.filing import sealed
from comity.flows.receive import Puller, pull_all
from comity.ports import Erasure, Peer, Place, Reply, Step, World
from tests.worlds import DirectCourier, Pair, letter, pair, sealed_indicator


class SeenLog:
    """What has left, in order."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def write(self, *words: object) -> None:
        os.write(self._file, (json.dumps(words) + "\n").encode())
        os.fsync(self._file)


class WatchedCourier:
    """Notes down every checkpoint that is served and every cosignature that is posted, before it is."""

    def __init__(self, inner: DirectCourier, log: SeenLog, *, withhold: bool) -> None:
        self.inner, self.log = inner, log
        self._asked: set[str] = set()
        self._withhold = withhold

    def get(self, peer: Peer, path: str, body_bytes_max: int) -> bytes:
        body = self.inner.get(peer, path, body_bytes_max)
        if self._withhold and "/records/" in path and path not in self._asked:
            self._asked.add(path)  # the first time a bundle is asked for, some bodies stay behind
            entries = decode_bundle(body, 0, 256)
            body = encode_bundle([Entry(e.index, State.WITHHELD) if e.index % 50 == 9 else e for e in entries])
        if path.endswith("checkpoint"):
            lines = parse_note(body).text.decode().split("\n")
            self.log.write("signed", lines[0], int(lines[1]), lines[2])
        return body

    def post(self, peer: Peer, path: str, body: bytes) -> Reply:
        note = parse_note(body)
        lines = note.text.decode().split("\n")
        self.log.write(
            "cosigned", lines[0], int(lines[1]), lines[2], base64.b64encode(note.signatures[0].signature).decode()
        )
        return self.inner.post(peer, path, body)


@dataclass(frozen=True)
class Plan:
    """How much of what is told.

    records  indicator records in the bulk channel, appended in groups of `group`
    erased   of those, how many are erased by later orders
    from_start  whether a story told again repeats every request, or only the last ones that are on disk
    """

    records: int = 12
    group: int = 5
    erased: int = 2
    seed: int = 1
    from_start: bool = True


def strange(world: World, n: int) -> Sealed:
    """Records that the other side can't use: of an unknown kind, malformed, and not even JSON."""
    good = sealed_indicator(world, n)
    if n % 3 == 0:
        return Sealed(good.envelope.replace(b"indicator/1", b"prophecy/9"), good.fields, good.id)
    if n % 3 == 1:
        return Sealed(good.envelope.replace(b'"confidence":50', b'"confidence":"fifty"'), good.fields, good.id)
    return Sealed(b"\xff not a record", (), good.id)


def record_id(n: int) -> str:
    return f"01930000-0000-7000-8000-{n:012x}"


def tell(two: Pair, plan: Plan) -> None:
    """Both ends do all there is to do, however far they came before."""
    chance = random.Random(plan.seed)
    puller, drainer = Puller(two.kh, two.kh_sees_kr), Drainer(two.kh, two.kr.me.name)
    back, back_drainer = Puller(two.kr, two.kr_sees_kh), Drainer(two.kr, two.kh.me.name)

    def exchange() -> None:
        for results in (pull_all(puller), pull_all(back)):
            for result in results.values():
                if isinstance(result, ComityError):
                    raise result
        drainer.drain_all()
        back_drainer.drain_all()

    first = 0
    if not plan.from_start:
        first = max(0, two.kr.store.position(two.bulk.origin).size // plan.group - 2) * plan.group
    for start in range(min(first, plan.records), plan.records, plan.group):
        letters = []
        for n in range(start, min(start + plan.group, plan.records)):
            made = strange(two.kr, n) if n % 7 == 3 else sealed_indicator(two.kr, n, record=record_id(n))
            letters.append(letter(two.bulk.origin, replace_id(made, record_id(n))))
        two.kr.store.keep(letters)
        if chance.random() < 0.7:
            exchange()
    for k in range(plan.erased):
        erase_once(two.kr, two.bulk.origin, k * 5 + 1, record_id(900_000 + k))
    for _ in range(3):
        exchange()


def replace_id(made: Sealed, record: str) -> Sealed:
    return Sealed(made.envelope.replace(made.id.encode(), record.encode()), made.fields, record)


def erase_once(world: World, origin: str, index: int, order_id: str) -> None:
    if any(place.origin == origin for place in world.store.find(order_id)):
        return
    target = erase_1.Erasure(origin=origin, index=index, id=record_id(index))
    body = erase_1.Body(targets=(target,), ground="test", ordered_by="fictional")
    order = letter(origin, sealed(world, body, purpose="crime", record=order_id))
    world.store.keep([replace(order, erases=(Erasure(Place(origin, index)),))])


def open_pair(folder: Path, steps: tuple[Step, Step], *, salt_seed: int, withhold: bool, store: str = "sqlite") -> Pair:
    """Both nodes from their disks; chance differs at each opening, as it does in life."""
    two = pair(folder, None, store=store, steps=steps, seed=salt_seed)
    log = SeenLog(folder / "seen.log")
    kr = replace(two.kr, courier=WatchedCourier(two.kr.courier, log, withhold=withhold))  # type: ignore[arg-type]
    kh = replace(two.kh, courier=WatchedCourier(two.kh.courier, log, withhold=withhold))  # type: ignore[arg-type]
    return replace(two, kr=kr, kh=kh)


def run(folder: Path, plan: Plan, steps: tuple[Step, Step], *, salt_seed: int) -> Pair:
    two = open_pair(folder, steps, salt_seed=salt_seed, withhold=True)
    tell(two, plan)
    return two


# ---- what must hold, whenever one looks
def check_seen(folder: Path, two: Pair) -> None:
    """Nothing that left contradicts what is on the disks."""
    roots: dict[tuple[str, int], str] = {}
    lines: dict[tuple[str, int], str] = {}
    for row in map(json.loads, (folder / "seen.log").read_text().splitlines()):
        what, origin, size, root = row[:4]
        assert roots.setdefault((origin, size), root) == root, f"two signed roots for {origin} at {size}"
        if what == "cosigned":
            assert lines.setdefault((origin, size), row[4]) == row[4], f"two cosignatures for {origin} at {size}"
    for origin in {origin for origin, _ in lines}:
        world = reader_of(two, origin)
        largest = max(size for name, size in lines if name == origin)
        check_held(world, origin, largest, base64.b64decode(roots[origin, largest]))
        leaves, tree = world.store.leaves(origin, 0, largest), CompactRange()
        for size in sorted(size for name, size in lines if name == origin):
            tree.extend(leaves[tree.size : size])
            assert tree.root() == base64.b64decode(roots[origin, size]), (
                f"cosigned another history of {origin} at {size}"
            )


def reader_of(two: Pair, origin: str) -> World:
    return two.kr if origin.startswith(two.kh.me.name) else two.kh


def check_held(world: World, origin: str, size: int, root: bytes) -> None:
    """Every record below a posted cosignature is here, whole and under that root, or gone by an order that is here."""
    assert world.store.position(origin).size >= size, "cosigned beyond what is held"
    entries = world.store.entries(origin, 0, size)
    assert [entry.index for entry in entries] == list(range(size))
    leaves = world.store.leaves(origin, 0, size)
    assert leaves_root(leaves) == root
    for entry, leaf in zip(entries, leaves, strict=True):
        if entry.envelope is None:
            assert entry.state is State.ERASED
            assert entry.order is not None
            assert (
                world.store.entries(entry.order.origin, entry.order.index, entry.order.index + 1)[0].envelope
                is not None
            )
        else:
            assert entry.salt is not None
            assert leaf_of(entry.salt, entry.envelope) == leaf


def check_end(two: Pair, plan: Plan) -> None:
    """Everything is delivered, answered once, and alike at both ends."""
    for channel, far in ((two.bulk, two.kh), (two.back, two.kr)):
        writer = two.kr if channel is two.bulk else two.kh
        ours, theirs = writer.store.position(channel.origin), far.store.position(channel.origin)
        assert (ours.size, ours.root) == (theirs.size, theirs.root)
        if theirs.size:
            assert theirs.drained == theirs.size
            line = far.store.line(channel.origin)
            assert line is not None
            assert line.size == theirs.size
            assert writer.store.lines(channel.origin, theirs.size) == (line,)
        assert writer.store.rebuild(write=False) == ()
        assert far.store.rebuild(write=False) == ()
    assert two.kr.store.position(two.bulk.origin).size == plan.records + plan.erased
    acks = Counter(
        (about.origin, about.index)
        for entry in two.kh.store.entries(two.back.origin, 0, 10**9)
        for about in index_of(entry.envelope or b"", entry.fields).about
    )
    expected = {(two.bulk.origin, n) for n in range(plan.records) if n % 7 == 3}
    expected |= {(two.bulk.origin, plan.records + k) for k in range(plan.erased)}
    assert set(acks) == expected, "each strange record and each order is answered"
    assert set(acks.values()) <= {1}, "and none of them twice"
    for k in range(plan.erased):
        for world in (two.kr, two.kh):
            assert world.store.entries(two.bulk.origin, k * 5 + 1, k * 5 + 2)[0].envelope is None
