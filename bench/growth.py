"""How appending, syncing and looking up change while a channel grows a hundredfold, beside a bare table that grows as much."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from bench.apparatus.machine import Observed
from bench.apparatus.nodes import WRITER, introduce, keyring, open_world
from bench.apparatus.records import READER, START, Made, made_records
from bench.apparatus.result import Result, say
from comity.domain.ledger import ED25519, Channel, Lane
from comity.domain.record import index_of
from comity.flows.drain import Drainer
from comity.flows.receive import Puller
from comity.ports import Letter, Opened, PeerKept, World
from tests.worlds import DirectCourier

TINY = {"sizes": (300, 600)}
SAMPLE = 500
WIDTH = 48


def measure(*, sizes: Sequence[int] = (10_000, 30_000, 100_000, 300_000, 1_000_000)) -> Result:
    """Microseconds a record between each two sizes; the ratio is how much dearer the last stretch is here, beside there."""
    seen = Observed()
    here: dict[str, list[float]] = {"append": [], "sync": [], "lookup": []}
    peer: list[float] = []
    with tempfile.TemporaryDirectory(prefix="comity-bench-") as name:
        two, bare, made = _Two(Path(name)), _Bare(Path(name)), made_records(max(sizes), requests_in_ten=1)
        at = 0
        for size in sizes:
            spent = {"append": 0.0, "pull": 0.0, "bare": 0.0}
            while at < size:
                part = [record for _, record in zip(range(min(5_000, size - at)), made, strict=False)]
                spent["append"] += two.append(part)
                spent["pull"] += two.pull()
                spent["bare"] += bare.append(part)
                at += len(part)
            stretch = size - (sizes[sizes.index(size) - 1] if sizes.index(size) else 0)
            here["append"].append(spent["append"] / stretch * 1e6)
            here["sync"].append(spent["pull"] / stretch * 1e6)
            here["lookup"].append(two.look_up(part) * 1e6)
            peer.append(spent["bare"] / stretch * 1e6)
            say(
                f"   {size:>9,}: append {here['append'][-1]:6.0f}, sync {here['sync'][-1]:6.0f}, "
                f"look-up {here['lookup'][-1]:6.0f} us; bare table {peer[-1]:6.0f} us"
            )
        agree = two.agree(at) and bare.count() == at
        two.close()
    for what, each in (*here.items(), ("bare table", peer)):
        _plot(what, sizes, each)
    figures = {f"{what}_{size}_us": us for what, each in here.items() for size, us in zip(sizes, each, strict=True)}
    figures |= {f"bare_{size}_us": us for size, us in zip(sizes, peer, strict=True)}
    dearer = here["append"][-1] / here["append"][0], peer[-1] / peer[0]
    return Result(
        name="growth",
        ratio=dearer[1] / dearer[0],
        floor=here["append"][-1] / peer[-1],
        split={"append_us": here["append"][-1], "sync_us": here["sync"][-1]},
        agree=agree,
        machine=seen.machine(),
        ratios={"append_last_to_first": dearer[0], "bare_last_to_first": dearer[1]},
        sizes={"records": max(sizes), "rounds": 1},
        figures=figures,
    )


class _Two:
    """A writer and a reader in this process, each with a store on disk."""

    def __init__(self, folder: Path) -> None:
        reader_keys = keyring(folder / "reader", READER)
        self.writer = open_world(folder / "writer", WRITER, DirectCourier(WRITER, {}))
        self.reader = open_world(folder / "reader", READER, DirectCourier(READER, {WRITER: self.writer}))
        key = self.writer.keyring.create(f"{WRITER}/ch/{'b' * 16}", ED25519)
        self.channel = Channel(key, WRITER, READER, Lane.BULK, START)
        peer = introduce(self.reader, keyring(folder / "writer", WRITER), self.channel, "https://127.0.0.1:1")
        theirs = replace(
            peer,
            name=READER,
            certificate=reader_keys.certificate(),
            receipt_key=reader_keys.key(f"{READER}/receipt"),
            channels=(),
        )
        self.writer.store.keep([], [Opened(self.channel), PeerKept(theirs)])
        self.puller, self.drainer = Puller(self.reader, peer), Drainer(self.reader, WRITER)

    def append(self, part: Sequence[Made]) -> float:
        letters = [Letter(self.channel.origin, made.sealed, index_of(made.envelope, made.fields)) for made in part]
        start_s = perf_counter()
        for at in range(0, len(letters), 1000):
            self.writer.store.keep(letters[at : at + 1000])
        return perf_counter() - start_s

    def pull(self) -> float:
        """Held, cosigned and filed."""
        start_s = perf_counter()
        while self.puller.pull(self.channel.origin).fresh:
            pass
        self.drainer.drain_all()
        return perf_counter() - start_s

    def look_up(self, part: Sequence[Made]) -> float:
        """Seconds a value, one by one."""
        keys = [
            t.key for made in part[:SAMPLE] for t in index_of(made.envelope, made.fields).traces if t.name == "value"
        ]
        start_s = perf_counter()
        found = [self.reader.store.traced("value", [key]) for key in keys]
        spent_s = perf_counter() - start_s
        assert all(found)
        return spent_s / len(keys)

    def agree(self, size: int) -> bool:
        """Both ends hold the same, whole and filed."""
        ours, theirs = (world.store.position(self.channel.origin) for world in self._worlds())
        return (ours.size, ours.root) == (theirs.size, theirs.root) and theirs.drained == size

    def _worlds(self) -> tuple[World, World]:
        return self.writer, self.reader

    def close(self) -> None:
        for world in self._worlds():
            world.store.close()


class _Bare:
    """The peer: rows with a unique id in plain SQLite, in transactions of a thousand."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
        for pragma in ("journal_mode=wal", "synchronous=full"):
            self._connection.execute(f"pragma {pragma}")
        self._connection.execute("create table r (idx integer primary key, id text unique, envelope blob, fields blob)")

    def append(self, part: Sequence[Made]) -> float:
        rows = [(made.sealed.id, made.envelope, made.fields) for made in part]
        start_s = perf_counter()
        for at in range(0, len(rows), 1000):
            self._connection.execute("begin immediate")
            self._connection.executemany("insert into r (id, envelope, fields) values (?, ?, ?)", rows[at : at + 1000])
            self._connection.execute("commit")
        return perf_counter() - start_s

    def count(self) -> int:
        (number,) = self._connection.execute("select count(*) from r").fetchone()
        return int(number)


def _plot(what: str, sizes: Sequence[int], us: Sequence[float]) -> None:
    """Bars for a person to see whether it stays level."""
    say(f"   {what}, us")
    for size, each in zip(sizes, us, strict=True):
        say(f"   {size:>9,} {'█' * max(1, round(each / max(us) * WIDTH))} {each:.0f}")
