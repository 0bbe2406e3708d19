"""A node that has nothing catches up with one that has written much, beside copying rows that are signed one by one."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.apparatus.disk import sequential_s
from bench.apparatus.machine import Observed
from bench.apparatus.nodes import WRITER, far_writer, introduce, keyring, open_world, write_all
from bench.apparatus.records import READER, Made, made_records
from bench.apparatus.result import Result, say
from bench.apparatus.signed_rows import Row, SignedRows, copy_verified, in_batches
from bench.apparatus.watched import Watched
from comity.adapters.courier import HttpsCourier
from comity.domain.ledger import TILE_WIDTH, Channel
from comity.flows.drain import Drainer
from comity.flows.receive import Puller
from comity.ports import Courier, World
from tests.worlds import DirectCourier

TINY = {"count": 600, "rounds": 1}


@dataclass(frozen=True)
class _Run:
    """One cold sync."""

    pull_s: float
    drain_s: float
    split_s: Counter[str]
    agree: bool


def measure(*, count: int = 100_000, rounds: int = 2) -> Result:
    """From empty to held, cosigned and filed; direct calls and HTTPS between two processes, in turns with the peer."""
    say(f"   making {count:,} records and a node that has written them")
    records = list(made_records(count, requests_in_ten=1))
    runs: dict[str, list[_Run]] = {"direct": [], "https": []}
    peer_s: list[float] = []
    floor_s: list[float] = []
    agree = True
    seen = Observed()
    with tempfile.TemporaryDirectory(prefix="comity-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        reader_keys = keyring(folder / "reader-keys", READER)
        channel = write_all(folder / "writer", records, reader_keys)
        signed = _Signed(folder / "signed", records)
        for _ in range(rounds):
            spent_s, same = signed.copy()
            peer_s.append(spent_s)
            agree = agree and same
            floor_s.append(_floor_s(folder, records))
            near = open_world(folder / "writer", WRITER, DirectCourier(WRITER, {}))
            courier = DirectCourier(READER, {WRITER: near})
            runs["direct"].append(_run(folder, courier, channel, records, "https://127.0.0.1:1"))
            near.store.close()
            with far_writer(folder / "writer") as address:
                https = HttpsCourier(reader_keys.certificate_path, reader_keys.certificate_key_path)
                runs["https"].append(_run(folder, https, channel, records, address))
                https.close()
        stack.callback(signed.close)
    best = {way: min(made, key=lambda run: run.pull_s + run.drain_s) for way, made in runs.items()}
    peer, floor = min(peer_s), min(floor_s)
    figures = {"peer_s": peer, "peer_median_s": median(peer_s), "floor_s": floor}
    ratios: dict[str, float] = {}
    split: dict[str, float] = {}
    for way, run in best.items():
        whole_s = run.pull_s + run.drain_s
        figures |= {f"{way}_pull_s": run.pull_s, f"{way}_drain_s": run.drain_s, f"{way}_records_per_s": count / whole_s}
        figures[f"{way}_median_s"] = median(made.pull_s + made.drain_s for made in runs[way])
        ratios |= {f"{way}_held_and_cosigned": peer / run.pull_s, f"{way}_with_drain": peer / whole_s}
        split |= {f"{way}_{part}_us": each / count * 1e6 for part, each in sorted(run.split_s.items())}
        parts = ", ".join(f"{part} {each / count * 1e6:.0f}" for part, each in sorted(run.split_s.items()))
        say(f"   {way:6} {run.pull_s:6.2f} s held and cosigned, {run.drain_s:6.2f} s drained; us a record: {parts}")
    say(f"   peer   {peer:6.2f} s (median {median(peer_s):.2f}); floor {floor:.2f} s")
    return Result(
        name="sync",
        ratio=ratios["https_held_and_cosigned"],
        floor=best["https"].pull_s / floor,
        split=split,
        agree=agree and all(run.agree for made in runs.values() for run in made),
        machine=seen.machine(),
        ratios=ratios,
        sizes={
            "records": count,
            "bytes": sum(len(r.envelope) + len(r.fields) for r in records),
            "batch": TILE_WIDTH,
            "rounds": rounds,
        },
        figures=figures,
    )


def _run(folder: Path, courier: Courier, channel: Channel, records: Sequence[Made], address: str) -> _Run:
    here = folder / "reader"
    shutil.copytree(folder / "reader-keys", here)
    spent_s: Counter[str] = Counter()
    world = open_world(here, READER, courier)
    peer = introduce(world, keyring(folder / "writer", WRITER), channel, address)
    # By direct call the far node runs in this process: what it spends is serving.
    courier_part = "serve" if isinstance(courier, DirectCourier) else "network"
    watched: Any = replace(  # Any: stands for the ports of a World
        world,
        courier=Watched(courier, spent_s, lambda _name: courier_part),
        store=Watched(world.store, spent_s, lambda name: "keep" if name == "keep" else "store"),
    )
    start_s = perf_counter()
    puller = Puller(watched, peer)
    pulled = puller.pull(channel.origin)
    while pulled.fresh and pulled.size < len(records):  # a reader that is far behind comes nearer in signed steps
        pulled = puller.pull(channel.origin)
    pull_s = perf_counter() - start_s
    split_s = Counter({courier_part: spent_s[courier_part], "store": spent_s["store"] + spent_s["keep"]})
    split_s["hash_and_verify"] = pull_s - sum(split_s.values())  # type: ignore[assignment]
    spent_s.clear()
    start_s = perf_counter()
    drained = Drainer(watched, WRITER).drain_all()
    drain_s = perf_counter() - start_s
    split_s["drain_store"] = spent_s["store"] + spent_s["keep"]
    split_s["drain_read_and_decide"] = drain_s - split_s["drain_store"]  # type: ignore[assignment]
    same = (pulled.size, pulled.posted, drained) == (len(records),) * 3 and _same(world, channel, records)
    world.store.close()
    shutil.rmtree(here)
    return _Run(pull_s, drain_s, split_s, same)


def _same(world: World, channel: Channel, records: Sequence[Made]) -> bool:
    """The same records at the same places, and everything derived from them as they say."""
    entries = world.store.entries(channel.origin, 0, len(records) + 1)
    return [(entry.envelope, entry.fields) for entry in entries] == [
        (made.envelope, made.fields) for made in records
    ] and world.store.rebuild(write=False) == ()


class _Signed:
    """The peer's source: the same records, each with a signature of its own."""

    def __init__(self, folder: Path, records: Sequence[Made]) -> None:
        folder.mkdir()
        key = Ed25519PrivateKey.generate()
        self._folder, self._records, self._key = folder, records, key.public_key()
        self._source = SignedRows(folder / "source.db")
        rows = (Row(made.sealed.id, made.envelope, made.fields, key.sign(made.envelope)) for made in records)
        for batch in in_batches(rows, 1000):
            self._source.add_all(batch)

    def copy(self) -> tuple[float, bool]:
        """Seconds for one cold copy, and whether it is the same."""
        path = self._folder / "target.db"
        target = SignedRows(path)
        start_s = perf_counter()
        copy_verified(self._source, target, self._key, TILE_WIDTH)
        spent_s = perf_counter() - start_s
        same = [(row.envelope, row.fields) for row in target.all()] == [(m.envelope, m.fields) for m in self._records]
        target.close()
        for file in self._folder.glob("target.db*"):
            file.unlink()
        return spent_s, same

    def close(self) -> None:
        self._source.close()


def _floor_s(folder: Path, records: Sequence[Made]) -> float:
    """Hashing the same bytes once and writing them to disk once."""
    start_s = perf_counter()
    for made in records:
        sha256(made.envelope).digest()
        sha256(made.fields).digest()
    hashed_s = perf_counter() - start_s
    return hashed_s + sequential_s(folder, (part for made in records for part in (made.envelope, made.fields)))
