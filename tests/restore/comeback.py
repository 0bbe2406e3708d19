"""Two nodes, one of which comes back from a backup: real stores, and a wire that remembers every signed note that passed it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

from msgspec import structs

from comity.adapters.catalog import FileCatalog
from comity.adapters.keyring.files import FileKeyring
from comity.adapters.store.sqlite import SqliteStore
from comity.domain.ledger import Lane, Peer, parse_checkpoint, parse_note, successor
from comity.domain.record import decode_fields, index_of, open_record
from comity.domain.record.kinds import erase_1, request_1, withdraw_1
from comity.domain.terms import NodeName
from comity.errors import ComityError, Unreachable
from comity.flows.drain import Drainer
from comity.flows.filing import desk, letter, outgoing, sealed
from comity.flows.receive import Puller, pull_all
from comity.flows.recover import Recovery, cosigned_name, go_on_at_home, is_due, recover
from comity.flows.taking_up import look_for_channels
from comity.ports import Erasure, Moved, Place, Reply, Step, World, no_step
from tests.worlds import DirectCourier, TestClock, channel_to, introduce, node_world, sealed_indicator

KR, KH = "police.kr.example", "taskforce.kh.example"
CATALOG = FileCatalog()


class RememberingCourier(DirectCourier):
    """Keeps every checkpoint that passed, by origin and size; nodes that are offline can't be reached."""

    def __init__(
        self, me: NodeName, worlds: dict[NodeName, World], seen: dict[tuple[str, int], set[bytes]], offline: set[str]
    ):
        super().__init__(me, worlds)
        self.seen, self.offline = seen, offline

    def get(self, peer: Peer, path: str, body_bytes_max: int) -> bytes:
        if peer.name in self.offline:
            raise Unreachable("timeout", peer=peer.name)
        raw = super().get(peer, path, body_bytes_max)
        if path.partition("?")[0].endswith("/checkpoint"):
            self._remember(raw)
        return raw

    def post(self, peer: Peer, path: str, body: bytes) -> Reply:
        if peer.name in self.offline:
            raise Unreachable("timeout", peer=peer.name)
        self._remember(body)
        return super().post(peer, path, body)

    def _remember(self, raw: bytes) -> None:
        told = parse_checkpoint(parse_note(raw).text)
        self.seen.setdefault((told.origin, told.size), set()).add(told.root)


@dataclass
class Nodes:
    """Both nodes in one folder. `erased` values must be nowhere; `acts` counts what each request set off at its recipient."""

    folder: Path
    clock: TestClock = field(default_factory=TestClock)
    worlds: dict[NodeName, World] = field(default_factory=dict)
    seen: dict[tuple[str, int], set[bytes]] = field(default_factory=dict)
    offline: set[str] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)
    steps: dict[str, Step] = field(default_factory=dict)
    starts: int = 0
    written: int = 0

    def __getitem__(self, name: str) -> World:
        return self.worlds[NodeName(name)]

    def home(self, name: str) -> Path:
        return self.folder / name.split(".")[1]

    def start(self, name: str) -> World:
        self.starts += 1
        courier = RememberingCourier(NodeName(name), self.worlds, self.seen, self.offline)
        step = self.steps.get(name, no_step)
        country = name.split(".")[1].upper()
        world = node_world(
            self.home(name), name, country, courier, CATALOG, seed=self.starts * 7919, clock=self.clock, step=step
        )
        self.worlds[NodeName(name)] = world
        return world

    def other(self, name: str) -> str:
        return KH if name == KR else KR

    def peer(self, name: str) -> Peer:
        """The other node as this one knows it."""
        return next(peer for peer in self[name].store.peers() if peer.name == self.other(name))

    # ---- what officers do
    def indicate(self, name: str, value: str | None = None, lane: Lane = Lane.BULK) -> Place | None:
        world, self.written = self[name], self.written + 1
        origin = outgoing(world, NodeName(self.other(name)), lane)
        if origin is None:
            return None
        record = sealed_indicator(world, self.written, value=value or f"v{self.written}-{name[:3]}.example.com")
        return world.store.keep([letter(origin, record)])[0]

    def request(self, name: str) -> Place | None:
        world = self[name]
        origin = outgoing(world, NodeName(self.other(name)), Lane.URGENT)
        if origin is None:
            return None
        body = structs.replace(request_1.EXAMPLE, request=world.mint.record_id(), to=self.other(name))
        return world.store.keep([letter(origin, sealed(world, body, purpose="crime"))])[0]

    def erase(self, name: str, place: Place) -> bool:
        """Orders the erasure of a record of its own, in the channel that goes on from the record's."""
        found = self._living(name, place)
        if found is None:
            return False
        world, (origin, place, record) = self[name], found
        target = erase_1.Erasure(origin=place.origin, index=place.index, id=record.envelope.id)
        order = sealed(world, erase_1.Body(targets=(target,), ground="test", ordered_by="Kim"), purpose="erasure")
        world.store.keep([replace(letter(origin, order), erases=(Erasure(place),))])
        if hasattr(record.body, "value"):
            self.erased.add(record.body.value)
        return True

    def withdraw(self, name: str, place: Place) -> bool:
        found = self._living(name, place)
        if found is None:
            return False
        world, (origin, place, record) = self[name], found
        target = structs.replace(
            withdraw_1.EXAMPLE.targets[0], origin=place.origin, index=place.index, id=record.envelope.id
        )
        body = structs.replace(withdraw_1.EXAMPLE, targets=(target,))
        world.store.keep([letter(origin, sealed(world, body, purpose="withdrawal"))])
        return True

    def _living(self, name: str, place: Place):  # type: ignore[no-untyped-def]
        world = self[name]
        here = {channel.origin: channel for channel in world.store.channels()}
        if place.origin not in here or place.index >= world.store.position(place.origin).size:
            return None
        (entry,) = world.store.entries(place.origin, place.index, place.index + 1)
        channel = here[place.origin]
        while (after := successor(channel.origin, here.values())) is not None:
            if channel.origin == place.origin and after.follows is not None and place.index >= after.follows.size:
                return None
            channel = after
        if entry.envelope is None or channel.standing.value != "open":
            return None
        return channel.origin, place, open_record(entry.envelope, decode_fields(entry.fields))

    # ---- what the machine does
    def pull(self, name: str) -> None:
        world = self[name]
        try:
            look_for_channels(world, self.peer(name))
        except ComityError:
            return
        pull_all(Puller(world, self.peer(name)))

    def drain(self, name: str) -> None:
        Drainer(self[name], NodeName(self.other(name))).drain_all()

    def settle(self, rounds: int = 8) -> None:
        for _ in range(rounds):
            for name in (KR, KH):
                self.go_on(name)
                self.pull(name)
                self.drain(name)

    def go_on(self, name: str) -> Recovery | None:
        if not is_due(self[name], self.peer(name)):
            return None
        try:
            return recover(self[name], self.peer(name))
        except Unreachable:
            return None

    # ---- disks
    def stop(self, name: str) -> None:
        self[name].store.close()

    def backup(self, name: str, label: str = "backup") -> None:
        self.stop(name)
        shutil.copytree(self.home(name) / "store", self.home(name) / label, dirs_exist_ok=True)
        self.start(name)

    def restore(self, name: str, label: str = "backup", *, marks_lost: bool = False) -> None:
        """The disk dies, the backup is put back, an operator acknowledges it; where nothing is behind, that is all."""
        self.stop(name)
        home = self.home(name)
        shutil.rmtree(home / "store")
        shutil.copytree(home / label, home / "store")
        if marks_lost:
            (home / "marks" / "high-water").unlink()
        keyring = FileKeyring(home / "keys")
        lost = lines_in(home / "marks" / "high-water")
        store = SqliteStore(home / "store", home / "marks", NodeName(name), keyring, lambda: bytes(32), inspect=True)
        if store.fences:
            store.acknowledge_restore()
            store.keep([], [Moved(cosigned_name(o), store.cursor(cosigned_name(o)), size) for o, size in lost.items()])
        store.close()
        go_on_at_home(self.start(name))

    def close(self) -> None:
        for name in (KR, KH):
            self.stop(name)


def lines_in(high_water: Path) -> dict[str, int]:
    """By channel, the size that was cosigned."""
    words = [line.split() for line in high_water.read_text().splitlines()] if high_water.exists() else []
    return {word[1]: int(word[2]) for word in words if word[0] == "line"}


def nodes(folder: Path) -> Nodes:
    made = Nodes(folder)
    for name in (KR, KH):
        made.start(name)
    kr, kh = made[KR], made[KH]
    ours = [channel_to(kr, KH, lane, digit * 16) for lane, digit in ((Lane.URGENT, "a"), (Lane.BULK, "b"))]
    theirs = [channel_to(kh, KR, lane, digit * 16) for lane, digit in ((Lane.URGENT, "c"), (Lane.BULK, "d"))]
    introduce(kr, kh, theirs)
    introduce(kh, kr, ours)
    desk(kr)
    desk(kh)
    return made


def no_fork(made: Nodes) -> None:
    """Every note that ever passed: one root for each origin and size."""
    assert [key for key, roots in made.seen.items() if len(roots) > 1] == []


def nothing_erased_is_back(made: Nodes) -> None:
    """Erased values stand in no file of either store."""
    for name in (KR, KH):
        for file in (made.home(name) / "store").iterdir():
            raw = file.read_bytes()
            assert [value for value in made.erased if value.encode() in raw] == [], f"{name} {file.name}"


def both_agree(made: Nodes, writer: str) -> None:
    """Along every chain that the writer goes on with, both ends hold the same, to the byte, up to each cut."""
    there, here = made[writer].store, made[made.other(writer)].store
    mine = [c for c in there.channels() if c.writer == writer and c.audience == made.other(writer)]
    for channel in mine:
        after = successor(channel.origin, mine)
        cut = after.follows.size if after is not None and after.follows is not None else None
        size = there.position(channel.origin).size if cut is None else cut
        ours = there.entries(channel.origin, 0, size)
        theirs = here.entries(channel.origin, 0, size)
        assert len(theirs) == size, f"{channel.origin}: {len(theirs)} of {size}"
        for one, two in zip(ours, theirs, strict=True):
            assert (one.index, one.state, one.envelope) == (two.index, two.state, two.envelope), channel.origin


def each_answer_came_once(made: Nodes, asker: str) -> None:
    """The asker holds one `stored` for each of its requests, however often the other end came back from a backup."""
    store = made[asker].store
    answered: dict[str, set[str]] = {}
    for channel in store.channels():
        if channel.writer != made.other(asker):
            continue
        for entry in store.entries(channel.origin, 0, store.position(channel.origin).size):
            if entry.envelope is None or index_of(entry.envelope, entry.fields).fault is not None:
                continue
            record = open_record(entry.envelope, decode_fields(entry.fields))
            if record.envelope.kind == "ack/1" and record.body.state == "stored":
                answered.setdefault(record.body.of, set()).add(record.envelope.id)
    assert [of for of, ids in answered.items() if len(ids) > 1] == []
