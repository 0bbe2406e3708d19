"""Taking records in durably, by one writer and by many at once, beside plain SQLite with one commit for each record."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter

from bench.apparatus.disk import appends_s
from bench.apparatus.machine import Observed
from bench.apparatus.records import ISSUER, Made, made_records
from bench.apparatus.result import Result, say
from bench.apparatus.signed_rows import Row, SignedRows
from comity.adapters.keyring import FileKeyring
from comity.adapters.store.sqlite import SqliteStore
from comity.domain.ledger import ED25519, Channel, Lane, leaf_of, leaves_root, open_checkpoint
from comity.domain.record import index_of
from comity.domain.terms import Instant, NodeName
from comity.ports import Letter, Opened

TINY = {"writers": (1, 4), "per_writer": 6, "count_max": 24, "rounds": 1}
WRITERS = (1, 16, 128)


def measure(
    *,
    writers: Sequence[int] = WRITERS,
    per_writer: int = 400,
    count_max: int = 6_400,
    rounds: int = 3,
    where: str | None = None,
) -> Result:
    """For each number of writers, `per_writer` records each and at most `count_max` in all, every one on disk before the next.

    where    folder to measure the disk of; the system's folder for temporary files unless told
    """
    counts = {n: min(n * per_writer, count_max) for n in writers}
    say(f"   making {max(counts.values()):,} records")
    records = list(made_records(max(counts.values())))
    letters = [(made, index_of(made.envelope, made.fields)) for made in records]
    ours: dict[int, list[float]] = {n: [] for n in writers}
    peers: dict[int, list[float]] = {n: [] for n in writers}
    groups: dict[int, list[float]] = {n: [] for n in writers}
    floor: list[float] = []
    agree = True
    seen = Observed()
    with tempfile.TemporaryDirectory(prefix="comity-bench-", dir=where) as name:
        folder = Path(name)
        for _ in range(rounds):
            for n in writers:
                some = letters[: counts[n]]
                floor.append(400 / appends_s(folder, 400))
                spent_s, kept = _peer(folder / "peer", [made for made, _ in some], n)
                agree = agree and kept
                peers[n].append(len(some) / spent_s)
                run = _Ours(folder / "ours")
                spent_s = _in_threads(n, [run.letter(made, told) for made, told in some], run.keep)
                ours[n].append(len(some) / spent_s)
                groups[n].append(len(some) / run.groups)
                agree = run.holds_exactly([made for made, _ in some]) and agree
                run.close()
    best = {n: max(rates) for n, rates in ours.items()}
    peer = {n: max(rates) for n, rates in peers.items()}
    fsyncs = max(floor)
    for n in writers:
        say(
            f"   {n:4} writers: ours {best[n]:8.0f}/s (median {median(ours[n]):.0f}), plain sqlite {peer[n]:8.0f}/s"
            f" (median {median(peers[n]):.0f}), {median(groups[n]):.1f} in a group"
        )
    say(f"   this disk: {fsyncs:.0f} durable appends a second (median {median(floor):.0f})")
    most = max(writers)
    return Result(
        name="intake",
        ratio=best[most] / peer[most],
        floor=fsyncs / best[most],
        split={f"group_mean_{n}": median(groups[n]) for n in writers}
        | {f"us_a_record_{n}": 1e6 / best[n] for n in writers},
        agree=agree,
        machine=seen.machine(),
        ratios={f"writers_{n}": best[n] / peer[n] for n in writers}
        | {f"writers_{n}_median": median(ours[n]) / median(peers[n]) for n in writers},
        sizes={f"records_{n}": counts[n] for n in writers} | {"rounds": rounds},
        figures={f"ours_per_s_{n}": best[n] for n in writers}
        | {f"peer_per_s_{n}": peer[n] for n in writers}
        | {f"ours_median_per_s_{n}": median(ours[n]) for n in writers}
        | {f"peer_median_per_s_{n}": median(peers[n]) for n in writers}
        | {"floor_fsyncs_per_s": fsyncs, "floor_fsyncs_median_per_s": median(floor)},
    )


class _Ours:
    """A whole store with one channel of its own, in a fresh folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        keyring = FileKeyring(folder / "keys")
        key = keyring.create(f"{ISSUER}/ch/{'b' * 16}", ED25519)
        self._channel = Channel(key, ISSUER, NodeName("taskforce.kh.example"), Lane.BULK, Instant(0))

        self._store = SqliteStore(folder / "store", folder / "marks", ISSUER, keyring, lambda: os.urandom(32))
        self._store.keep([], [Opened(self._channel)])
        self._before = self._store.groups

    @property
    def groups(self) -> int:
        return self._store.groups - self._before

    def letter(self, made: Made, told: object) -> Letter:
        return Letter(self._channel.origin, made.sealed, told)  # type: ignore[arg-type]

    def keep(self, letter: Letter) -> None:
        self._store.keep([letter])

    def holds_exactly(self, records: Sequence[Made]) -> bool:
        """Every record once, in some order; the entries give the signed root; the projections are those of the records."""
        origin = self._channel.origin
        position = self._store.position(origin)
        entries = self._store.entries(origin, 0, position.size)
        leaves = [leaf_of(entry.salt or b"", entry.envelope or b"") for entry in entries]
        signed = open_checkpoint(position.note, self._channel.key)
        return (
            sorted((entry.envelope or b"", entry.fields) for entry in entries)
            == sorted((r.envelope, r.fields) for r in records)
            and (signed.size, signed.root) == (len(records), leaves_root(leaves))
            and self._store.rebuild(write=False) == ()
        )

    def close(self) -> None:
        self._store.close()
        shutil.rmtree(self._folder)


def _peer(folder: Path, records: Sequence[Made], writers: int) -> tuple[float, bool]:
    """Seconds, and whether all rows are there."""
    folder.mkdir()
    rows = [Row(made.sealed.id, made.envelope, made.fields, bytes(64)) for made in records]
    kept = SignedRows(folder / "rows.db")
    spent_s = _in_threads(writers, rows, kept.add)
    whole = sorted((row.envelope, row.fields) for row in kept.all()) == sorted(
        (row.envelope, row.fields) for row in rows
    )
    kept.close()
    shutil.rmtree(folder)
    return spent_s, whole


def _in_threads(count: int, items: Sequence[object], each: Callable[..., None]) -> float:
    """Seconds until `count` threads, started together, have done all items; each waits for its item before it takes the next."""
    gate = threading.Barrier(count + 1)

    def work(start: int) -> None:
        mine = list(islice(items, start, None, count))
        gate.wait()
        for item in mine:
            each(item)

    threads = [threading.Thread(target=work, args=(start,)) for start in range(count)]
    for thread in threads:
        thread.start()
    gate.wait()
    start_s = perf_counter()
    for thread in threads:
        thread.join()
    return perf_counter() - start_s
