"""The same on PostgreSQL: every byte of the server's data directory is read, its write-ahead log too, before and after a scrub.

All nodes of a chain have databases in one server, so what one node still has can be told from its folder (`base/<number>`); the
write-ahead log is everybody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import pytest

from comity.adapters.at_rest import IN_THE_CLEAR
from comity.adapters.files import FolderFiles
from comity.adapters.store.postgres import PostgresStore
from comity.domain.record.custody import Course
from comity.flows.disposition import disposition_of
from tests import postgres
from tests.custody.circle import NAMES, Circle, circle
from tests.custody.scanning import found_in
from tests.custody.test_erasure_scan import Planted, erase_all, plant

A, B, C, D = NAMES
SEEDS = count(1_000)
"""What one test planted must not be taken for what another one left in the log that they share."""
DONE = ("table-rewritten", "statistics-rewritten", "log-segment-ended", "checkpoint")
LOG = "pg_wal"

pytestmark = pytest.mark.pg


@dataclass
class Chain:
    """A gave a record to B and to D; B passed it on to C; each has a database in the one server."""

    circle: Circle
    folder: Path
    planted: Planted
    server: postgres.Server

    def homes(self) -> dict[str, set[str]]:
        """For each token, the files beside the database that hold it."""
        return found_in(self.folder, self.planted.tokens)

    def server_files(self) -> set[str]:
        """Files of the server that hold any token."""
        self.server.ask("postgres", "checkpoint")  # what it keeps in memory alone is written before it is looked for
        return set().union(*found_in(Path(self.server.socket), self.planted.tokens).values())

    def inside(self, name: str) -> set[str]:
        """Those of one node's database."""
        return {file for file in self.server_files() if file.startswith(self.base(name))}

    def base(self, name: str) -> str:
        database = self.server.taken[(self.folder / str(NAMES.index(name))).resolve()]
        ((number,),) = self.server.ask("postgres", "select oid from pg_database where datname = %s", database)
        return f"base/{number}/"

    def scrub(self, *names: str) -> dict[str, tuple[tuple[str, ...], set[str]]]:
        told = {}
        for name in names:
            store = self.circle[name].store
            assert isinstance(store, PostgresStore)
            scrubbed = store.scrub()
            told[name] = (scrubbed.done, {code for code, _ in scrubbed.undone})
        return told


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    seed = next(SEEDS)
    made = circle(tmp_path, NAMES, store="postgres", sealing=IN_THE_CLEAR)
    for number, name in enumerate(NAMES):
        files = FolderFiles(tmp_path / str(number) / "files", bytes(32), encrypted=False)
        made.worlds[made[name].me.name] = replace(made[name], files=files)
        for _ in range(seed):
            made[name].mint.salt()
    yield Chain(made, tmp_path, plant(made, seed), postgres.server())
    made.close()


@pytest.fixture
def recycling() -> Iterator[postgres.Server]:
    """Old segments of the log are kept for use, as a server does that nobody has told otherwise."""
    there = postgres.server()
    yield there
    there.ask("postgres", "alter system reset wal_recycle")
    there.ask("postgres", "select pg_reload_conf()")


@pytest.fixture
def removing(recycling: postgres.Server) -> None:
    """Old segments are removed, as operators are told to set it."""
    not_recycled(recycling)


def not_recycled(there: postgres.Server) -> None:
    there.ask("postgres", "alter system set wal_recycle = off")
    there.ask("postgres", "select pg_reload_conf()")


def analyzed(chain: Chain) -> None:
    """Statistics are made of the values themselves, as autovacuum does now and then."""
    for database in set(chain.server.taken.values()):
        chain.server.ask(database, "analyze")


@pytest.mark.usefixtures("removing")
def test_after_order_answers_and_scrub_no_byte_of_it_is_left_in_any_file_down_the_chain(chain: Chain) -> None:
    made, planted = chain.circle, chain.planted
    analyzed(chain)
    for name in (A, B, C, D):
        assert chain.inside(name), name
    assert any(file.startswith(LOG) for file in chain.server_files())
    made.offline.add(D)
    erase_all(made, planted)
    made.exchange()
    for name in (A, B, C):
        assert disposition_of(made[name], A, planted.record).course is Course.ERASED, name
        assert chain.inside(name), f"{name}: PostgreSQL keeps old versions of rows until a scrub"
    assert chain.scrub(A, B, C) == dict.fromkeys((A, B, C), (DONE, set()))
    for name in (A, B, C):
        assert chain.inside(name) == set(), name
        assert made[name].store.rebuild(write=False) == (), name
    assert not any(file.startswith(LOG) for file in chain.server_files())
    assert chain.inside(D), "whoever hasn't heard of it still has it"
    made.offline.clear()
    made.exchange()
    assert chain.scrub(D) == {D: (DONE, set())}
    assert chain.server_files() == set()
    assert {token for token, files in chain.homes().items() if files} == set()


def test_where_old_segments_are_kept_the_log_still_holds_it_and_the_scrub_says_so_until_they_have_been_used_up(
    chain: Chain, recycling: postgres.Server
) -> None:
    made = chain.circle
    erase_all(made, chain.planted)
    made.exchange()
    told = chain.scrub(A, B, C, D)
    assert {undone for _, undones in told.values() for undone in undones} == {"log-segments-removed"}
    left = chain.server_files()
    assert left, "tables are clean, and the log isn't"
    assert {file.partition("/")[0] for file in left} == {LOG}
    not_recycled(recycling)
    ((segments,),) = recycling.ask("postgres", "select count(*) from pg_ls_waldir()")
    for _ in range(segments + 1):
        chain.scrub(A)
    assert chain.server_files() == set()
