"""Looking values up among millions of indicators, on both stores, beside a bare table with one index."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

from bench.apparatus.machine import Observed
from bench.apparatus.result import Result, say
from bench.apparatus.rounds import Contest, in_turns
from comity.adapters.at_rest import AtRest
from comity.adapters.keyring.files import FileKeyring
from comity.adapters.store.postgres import PostgresStore
from comity.adapters.store.sql import SqlStore
from comity.adapters.store.sqlite import SqliteStore
from comity.domain.ledger import ED25519, Channel, Lane
from comity.domain.terms import Instant, NodeName
from comity.ports import Opened, Place
from tests import postgres

TINY = {"rows": 2_000, "asked": 400, "rounds": 2}
ISSUER, READER = NodeName("police.kr.example"), NodeName("taskforce.kh.example")
SLICES, BATCH = 10, 200
Ask = Callable[[Sequence[bytes]], list[int]]
"""Keys to the index at which each stands, in their order; -1 for one that stands nowhere."""


@dataclass(frozen=True)
class _Side:
    """One database with the same postings twice: in a store's own table, and in a bare one with one index."""

    store: SqlStore
    origin: str
    peer: Ask
    floor: Ask

    def one_by_one(self, keys: Sequence[bytes]) -> list[int]:
        return [_index(self.store.traced("value", [key]).get(key)) for key in keys]

    def at_once(self, keys: Sequence[bytes]) -> list[int]:
        found = self.store.traced("value", keys)
        return [_index(found.get(key)) for key in keys]


def measure(*, rows: int = 5_000_000, asked: int = 20_000, rounds: int = 5) -> Result:
    """rows   indicators in each table; half of the `asked` keys are among them

    The postings are put into the table by SQL: how they get there by records is what `intake` and `sync` measure.
    """
    seen = Observed()
    answers: dict[str, list[list[int]]] = {}
    keys = [_key(n // 2 * (rows // asked or 1) if n % 2 else rows + n) for n in range(asked)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="comity-bench-")))
        sides: dict[str, _Side] = {}
        for name, make in (("sqlite", _sqlite), ("postgres", _postgres)):
            if name == "postgres" and postgres.MISSING:
                say(f"   no PostgreSQL here: {', '.join(postgres.MISSING)} not installed")
                continue
            say(f"   {rows:,} indicators into {name}, twice")
            sides[name] = make(folder / name, rows)
            stack.callback(sides[name].store.close)
        times = in_turns(lambda: _contest(sides, keys, answers), rounds)
    us = {name: time.best_s * 1e6 / asked for name, time in times.items()}
    middle = {name: time.median_s * 1e6 / asked for name, time in times.items()}
    for name, each in us.items():
        say(f"   {name:24} {each:8.2f} us a value (median round {middle[name]:.2f})")
    ratios = {f"{side}_one": us[f"{side}_peer"] / us[f"{side}_one"] for side in sides}
    ratios |= {f"{side}_at_once": us[f"{side}_peer"] / us[f"{side}_at_once"] for side in sides}
    return Result(
        name="lookup",
        ratio=ratios["sqlite_one"],
        floor=us["sqlite_one"] / us["sqlite_floor"],
        split={"database_us": us["sqlite_floor"], "python_us": us["sqlite_one"] - us["sqlite_floor"]},
        agree=all(each == _expected(keys, rows) for each in map(_flat, answers.values())),
        machine=seen.machine(),
        ratios=ratios,
        sizes={"indicators": rows, "asked": asked, "rounds": rounds, "at_once": BATCH},
        figures={f"{name}_us": each for name, each in us.items()}
        | {f"{name}_median_us": each for name, each in middle.items()},
    )


def _contest(sides: dict[str, _Side], keys: list[bytes], answers: dict[str, list[list[int]]]) -> Contest:
    """Slice by slice; the answers of the last round are kept."""
    answers.clear()
    cut = len(keys) // SLICES

    def run(name: str, ask: Ask, some: Sequence[bytes], step: int) -> None:
        found: list[int] = []
        for at in range(0, len(some), step):
            found += ask(some[at : at + step])
        answers.setdefault(name, []).append(found)

    contest: dict[str, list[Callable[[], object]]] = {}
    for side, each in sides.items():
        asks = {"one": each.one_by_one, "peer": each.peer, "floor": each.floor, "at_once": each.at_once}
        for how, ask in asks.items():
            name, step = f"{side}_{how}", BATCH if how == "at_once" else cut
            contest[name] = [partial(run, name, ask, keys[at * cut : (at + 1) * cut], step) for at in range(SLICES)]
    return contest


def _index(places: list[Place] | None) -> int:
    return places[0].index if places else -1


def _flat(answers: list[list[int]]) -> list[int]:
    return [one for some in answers for one in some]


def _expected(keys: list[bytes], rows: int) -> list[int]:
    places = {key: index for index, key in _keys(rows)} if rows <= 10_000 else None
    step = rows // len(keys) or 1
    wanted = [n // 2 * step if n % 2 else -1 for n in range(len(keys))]
    if places is not None and [places.get(key, -1) for key in keys] != wanted:
        return []
    return wanted[: len(keys) // SLICES * SLICES]


def _key(n: int) -> bytes:
    return blake2b(b"%d" % n, digest_size=16).digest()


def _keys(rows: int) -> Iterator[tuple[int, bytes]]:
    """Index and key of every posting, in the order of keys: so that a tree is filled from left to right."""
    for key, index in sorted((_key(n), n) for n in range(rows)):
        yield index, key


def _channel(keyring: FileKeyring) -> Channel:
    return Channel(keyring.create(f"{ISSUER}/ch/{'b' * 16}", ED25519), ISSUER, READER, Lane.BULK, Instant(0))


def _sqlite(folder: Path, rows: int) -> _Side:
    keyring = FileKeyring(folder / "keys")
    channel = _channel(keyring)

    def opened() -> SqliteStore:
        return SqliteStore(folder / "store", folder / "marks", ISSUER, keyring, lambda: os.urandom(32))

    store = opened()
    store.keep([], [Opened(channel)])
    store.close()
    ours, bare = (
        sqlite3.connect(folder / "store" / "node.db"),
        sqlite3.connect(folder / "bare.db", check_same_thread=False),
    )
    lock = _lock(keyring)
    ours.executemany("insert into trace values ('value', ?, 1, ?)", sorted((lock(k), n) for n, k in _keys(rows)))
    ours.commit()
    ours.close()
    bare.execute("create table bare (key blob not null, ch integer not null, idx integer not null)")
    bare.executemany("insert into bare values (?, 1, ?)", ((key, index) for index, key in _keys(rows)))
    bare.execute("create index by_key on bare (key)")
    bare.commit()
    beside = sqlite3.connect(f"file:{folder / 'store' / 'node.db'}?mode=ro", uri=True)
    by_trace = "select ch, idx from trace where name = 'value' and key = ? order by ch, idx"
    return _Side(
        opened(),
        channel.origin,
        partial(_raw, bare.execute, "select ch, idx from bare where key = ?"),
        lambda keys: _raw(beside.execute, by_trace, [lock(key) for key in keys]),
    )


def _postgres(folder: Path, rows: int) -> _Side:
    import psycopg

    keyring, url = FileKeyring(folder / "keys"), postgres.server().of(folder)
    channel = _channel(keyring)
    store = PostgresStore(url, folder / "marks", ISSUER, keyring, lambda: os.urandom(32))
    store.keep([], [Opened(channel)])
    connection = psycopg.connect(url, autocommit=True)
    connection.execute("create table if not exists bare (key bytea not null, ch integer not null, idx bigint not null)")
    with connection.cursor() as cursor:
        with cursor.copy("copy trace (name, key, ch, idx) from stdin") as out:
            lock = _lock(keyring)
            for key, index in sorted((lock(k), n) for n, k in _keys(rows)):
                out.write_row(("value", key, 1, index))
        with cursor.copy("copy bare from stdin") as out:
            for index, key in _keys(rows):
                out.write_row((key, 1, index))
        cursor.execute("create index on bare (key)")
        cursor.execute("analyze")
    by_trace = "select ch, idx from trace where name = 'value' and key = %s order by ch, idx"
    return _Side(
        store,
        channel.origin,
        partial(_raw, connection.execute, "select ch, idx from bare where key = %s"),
        lambda keys: _raw(connection.execute, by_trace, [lock(key) for key in keys]),
    )


def _lock(keyring: FileKeyring) -> Callable[[bytes], bytes]:
    """How the store writes a key of its own: sealed, each by itself."""
    sealing = AtRest(keyring)
    sealing.use(next(iter(keyring.at_rest_keys())))
    return sealing.key


def _raw(execute: Callable[..., Any], query: str, keys: Sequence[bytes]) -> list[int]:  # Any: a cursor of either driver
    found = [execute(query, (key,)).fetchall() for key in keys]
    return [rows[0][1] if rows else -1 for rows in found]
