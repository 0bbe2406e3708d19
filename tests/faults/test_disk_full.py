"""Disks that fill up under either node, page by page: an act is refused with what is full, and nothing half of it stays.

Receipts stand, nothing is confirmed that isn't on the disk, and with room again the story goes on to the same end at both nodes.
"""

from __future__ import annotations

import errno
import io
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from litestar.testing import TestClient

from comity.adapters.keyring.files import FileKeyring
from comity.adapters.store.marks import Marks
from comity.adapters.store.sqlite import SqliteStore
from comity.config import Config
from comity.domain.ledger import Line, Peer
from comity.domain.terms import NodeName
from comity.errors import ComityError, Misconfigured, NoSpace, NotFound, Unreachable
from comity.faces.api.desk import desk_app
from comity.faces.cli.app import run as command
from comity.flows.drain import Drainer
from comity.flows.receive import Puller, pull_all
from comity.flows.roster import invite
from comity.node.assembly import open_node
from comity.node.backup import kept_backups, make_backup
from comity.node.doctor import examine_files
from comity.ports import Reply, no_step
from tests.faults.scenario import (
    Plan,
    WatchedCourier,
    check_end,
    check_seen,
    erase_once,
    open_pair,
    record_id,
    replace_id,
    strange,
)
from tests.faults.small_disk import Disk, begin
from tests.faults.test_every_boundary import in_child
from tests.node.homes import fresh_home, officer
from tests.worlds import Pair, SeededMint, letter, sealed_indicator

SOAK = int(os.environ.get("COMITY_SOAK", "0"))
PAGES = {
    "kr": range(60) if SOAK else (0, 1, 4, 10),
    "kh": range(60) if SOAK else (0, 1, 4, 10),
    "kr/marks": (0,) * (40 if SOAK else 2),  # what is left of the file's last page is room enough
    "kh/marks": (0,) * (40 if SOAK else 2),
}
LIMITS = {"kr": (0, 7), "kh": (0, 7)}
GROUP = 3
OCTETS = {"content": bytes(200_000), "headers": {"content-type": "application/octet-stream"}}
ACTS_MAX = 90
"""After so many acts that all found room, so be it."""


class Wire(WatchedCourier):
    """As over HTTPS: a far end whose disk is full answers 507."""

    def get(self, peer: Peer, path: str, body_bytes_max: int) -> bytes:
        try:
            return super().get(peer, path, body_bytes_max)
        except NoSpace as fault:
            raise Unreachable("peer-status", peer=peer.name, status=507) from fault

    def post(self, peer: Peer, path: str, body: bytes) -> Reply:
        try:
            return super().post(peer, path, body)
        except NoSpace:
            return Reply(507, b"")


@dataclass
class Story:
    """Two nodes and how far their story has come."""

    folder: Path
    mounts: bool
    two: Pair = field(init=False)
    records: int = 0
    erased: int = 0
    receipts: dict[tuple[str, int], Line] = field(default_factory=dict)
    opened: int = 0

    def open(self) -> None:
        self.opened += 1
        two = open_pair(self.folder, (no_step, no_step), salt_seed=self.opened, withhold=False)
        kr, kh = (self._wired(world.courier) for world in (two.kr, two.kh))
        self.two = replace(two, kr=replace(two.kr, courier=kr), kh=replace(two.kh, courier=kh))

    @staticmethod
    def _wired(watched: object) -> Wire:
        assert isinstance(watched, WatchedCourier)
        return Wire(watched.inner, watched.log, withhold=False)

    def close(self) -> None:
        self.two.kr.store.close()
        self.two.kh.store.close()

    # ---- acts
    def write(self) -> None:
        two = self.two
        letters = []
        for n in range(self.records, self.records + GROUP):
            made = strange(two.kr, n) if n % 7 == 3 else sealed_indicator(two.kr, n, record=record_id(n))
            letters.append(letter(two.bulk.origin, replace_id(made, record_id(n))))
        before = two.kr.store.position(two.bulk.origin).size
        try:
            places = two.kr.store.keep(letters)
        except NoSpace:
            assert two.kr.store.position(two.bulk.origin).size == before, "refused, and counted all the same"
            raise
        assert [place.index for place in places] == list(range(self.records, self.records + GROUP))
        self.records += GROUP

    def erase(self) -> None:
        erase_once(self.two.kr, self.two.bulk.origin, self.erased * 5 + 1, record_id(900_000 + self.erased))
        self.erased += 1

    def exchange(self) -> None:
        two = self.two
        faults: list[ComityError] = []
        for world, peer in ((two.kh, two.kh_sees_kr), (two.kr, two.kr_sees_kh)):
            results = pull_all(Puller(world, peer))
            faults += [result for result in results.values() if isinstance(result, ComityError)]
            Drainer(world, peer.name).drain_all()
        own = [fault for fault in faults if not isinstance(fault, Unreachable)]
        if own:
            raise own[0]
        for channel, writer in ((two.bulk, two.kr), (two.back, two.kh)):
            size = writer.store.position(channel.origin).size
            for line in writer.store.lines(channel.origin, size):
                assert self.receipts.setdefault((channel.origin, size), line) == line, (
                    "a receipt was exchanged for another"
                )

    # ---- full
    def until_full(self, acts: tuple[Callable[[], None], ...], full: Disk) -> Callable[[], None] | None:
        """Acts, one after the other, until one is refused; returns that one."""
        for number in range(ACTS_MAX):
            act = acts[number % len(acts)]
            try:
                act()
            except (NoSpace, Misconfigured) as fault:
                self.check_told(fault, full.folder)
                return act
        return None

    def check_told(self, fault: ComityError, full: Path) -> None:
        """It names the place. SQLite doesn't tell a limit of files from a disk that fails, so that is told as either."""
        if self.mounts:
            assert fault.code == "no-space"
            assert Path(str(fault.facts["folder"])).is_relative_to(full), "another place"
        else:
            assert fault.code in ("no-space", "store-unusable")
            assert Path(str(fault.facts["folder"])).is_relative_to(self.folder)

    def check_now(self, number: int) -> None:
        """What would be found after a loss of power at this moment: everything that left is on the disks."""
        copy = self.folder / f"copy-{number}"
        for node in ("kr", "kh"):
            shutil.copytree(self.folder / node, copy / node, ignore=shutil.ignore_patterns("node.lock", "*-shm"))
        shutil.copy(self.folder / "seen.log", copy / "seen.log")
        found = open_pair(copy, (no_step, no_step), salt_seed=1000 + number, withhold=False)
        check_seen(copy, found)
        assert found.kr.store.position(found.bulk.origin).size >= self.records + self.erased
        for (origin, size), line in self.receipts.items():
            writer = found.kr if origin == found.bulk.origin else found.kh
            assert line in writer.store.lines(origin, size), "a receipt is gone"
        for world in (found.kr, found.kh):
            assert world.store.rebuild(write=False) == ()
            world.store.close()
        shutil.rmtree(copy)

    def restart_while_full(self, place: str) -> None:
        """A start on a full disk works or is refused plainly, and harms nothing."""
        self.close()
        node = self.folder / place.partition("/")[0]
        name = (self.two.kr if node.name == "kr" else self.two.kh).me.name
        with suppress(NoSpace, *(() if self.mounts else (Misconfigured,))):
            mint = SeededMint(5000 + self.opened)
            SqliteStore(node / "store", node / "marks", name, FileKeyring(node / "keys"), mint.salt).close()


def checkpoint(store: Path) -> None:
    if store.exists():
        with closing(sqlite3.connect(store / "node.db")) as beside:
            beside.execute("pragma wal_checkpoint(truncate)")


def fill_up(folder: Path, *, may_mount: bool) -> None:
    mounts = may_mount and begin()
    disks = {place: Disk(folder / place, folder, mounts=mounts) for place in (PAGES if mounts else LIMITS)}
    story = Story(folder, mounts)
    story.open()
    story.write()
    story.exchange()
    number, full_at, told = 0, Counter[str](), PAGES if mounts else LIMITS
    phases = ((story.write, story.write, story.exchange), (story.erase, story.exchange))[: 2 if mounts else 1]
    for acts in phases:
        for place, full in disks.items():
            for pages in told[place]:
                number += 1
                checkpoint(full.folder / "store")  # else what the write-ahead log has taken already is room too
                full.leave(pages)
                refused = story.until_full(acts, full)
                if refused is not None:
                    full_at[place] += 1
                    if not mounts:  # the limit would be one for the looking too
                        full.make_room()
                    story.check_now(number)
                if number % 3 == 0:
                    story.restart_while_full(place)
                full.make_room()
                if number % 3 == 0:
                    story.open()
                if refused is not None:
                    refused()
    assert all(full_at[place] >= len(pages) for place, pages in told.items()), full_at
    for _ in range(3):
        story.exchange()
    check_seen(folder, story.two)
    check_end(story.two, Plan(records=story.records, erased=story.erased))
    for (origin, size), line in story.receipts.items():
        writer = story.two.kr if origin == story.two.bulk.origin else story.two.kh
        assert line in writer.store.lines(origin, size), "a receipt is gone"
    story.close()


@pytest.mark.torture
@pytest.mark.parametrize("may_mount", [True, False], ids=["full-disk", "limit-of-files"])
def test_whichever_disk_is_full_nothing_confirmed_is_lost_and_both_end_alike(tmp_path: Path, may_mount: bool) -> None:
    """Where nobody but root may mount, both ways are the second."""
    assert in_child(lambda: fill_up(tmp_path, may_mount=may_mount)) == 0


# ---- what is kept beside the database
def torn_marks(folder: Path) -> None:
    """A line that only half fits must not begin the next one."""
    disk = Disk(folder, folder, mounts=begin())
    path = folder / "high-water"
    marks = Marks(path, "police.kr.example")
    lines = [f"seen police.kr.example/ch/{n:016x} {n}\n" for n in range(400)]
    kept: list[str] = []
    refused = 0
    for line in lines:
        disk.leave(0)
        try:
            marks.write([line])
        except NoSpace:
            disk.make_room()
            assert path.stat().st_size >= len("".join(kept))
            refused += 1
            if refused % 2:
                marks.write([line])
                kept.append(line)
        else:
            kept.append(line)
    assert refused > 1
    assert len(kept) == len(lines) - refused // 2
    marks.close()
    disk.make_room()
    assert path.read_text() == "".join(kept)
    assert len(Marks(path, "police.kr.example").told.seen) == len(kept)


def test_a_line_of_the_high_water_file_that_does_not_fit_leaves_no_half_of_itself(tmp_path: Path) -> None:
    assert in_child(lambda: torn_marks(tmp_path)) == 0


def home_on_full_disk(folder: Path) -> None:
    mounts = begin()
    disk = Disk(folder / "disk", folder, mounts=mounts)
    config = fresh_home(disk.folder / "kr")
    refused = 0
    for pages in range(0, 250, 1 if SOAK else 16):
        refused += backed_up(config, disk, pages)
    assert refused > 2
    if not mounts:
        return
    told_at_the_desk(config, disk)
    told_on_the_command_line(config, disk)


def backed_up(config: Config, disk: Disk, pages: int) -> bool:
    """A backup is there whole and listed, or there is nothing of it; says whether it was refused."""
    out, before = disk.folder / "backup", len(kept_backups(config))
    refused = False
    disk.leave(pages)
    try:
        make_backup(config, out)
    except NoSpace:
        refused = True
    except NotFound as fault:  # not even its first block
        refused = fault.facts["why"] == os.strerror(errno.ENOSPC)
    disk.make_room()
    if refused:
        assert list(disk.folder.rglob("*.part")) == []
        assert not out.exists()
        assert len(kept_backups(config)) == before
        make_backup(config, out)
    assert len(kept_backups(config)) == before + 1
    out.unlink()
    return refused


def told_at_the_desk(config: Config, disk: Disk) -> None:
    """HTTP 507 with the folder; the files that records name are as they were; then all goes on."""
    body = {"kind": "domain", "values": ["lure.example.com"], "role": "scam-site", "source": "fictional list"}
    body |= {"source_sha256": "0" * 64, "audience": "police.kh.example"}
    with open_node(config) as node:
        kh = NodeName("police.kh.example")
        invite(node.world, kh, by=officer(config.name))
        client = TestClient(desk_app(node.itself, "t"), base_url="http://127.0.0.1:8711")
        client.headers.update({"Authorization": "Bearer t", "x-comity-officer": "Kim"})
        disk.leave(0)
        answers = {}
        for path, asked in (("/imports", {"json": body}), ("/files", OCTETS), ("/scrub", {"json": {}})):
            answers[path] = client.post(path, **asked)
        told = {path: (answer.status_code, answer.json().get("code")) for path, answer in answers.items()}
        assert told == {
            "/imports": (507, "no-space"),
            "/files": (507, "no-space-for-file"),
            "/scrub": (507, "no-space"),
        }, told
        for answer in answers.values():
            assert answer.headers["retry-after"]
            assert answer.json()["title"].startswith("A disk of this node is full")
            assert answer.json()["facts"]["folder"].startswith(str(disk.folder))
        assert node.world.files.names() == ()
        assert [path.name for path in config.files_folder.iterdir()] == ["storage-key-id"]
        disk.make_room()
        for path, asked in (("/imports", {"json": body}), ("/files", OCTETS), ("/scrub", {"json": {}})):
            assert client.post(path, **asked).status_code < 300
        assert len(node.world.files.names()) == 1


def told_on_the_command_line(config: Config, disk: Disk) -> None:
    file = disk.folder.parent / "file"
    file.write_bytes(bytes(100_000))
    add = ["--home", str(config.home), "--as", "Kim (fictional)", "file", "add", str(file)]
    disk.leave(9)
    code, said = spoken(add)
    assert code == 4
    assert f"The disk that holds {disk.folder}" in said
    assert "Make room" in said
    assert ("disk", "disk-space-low") in {(each.step, each.code) for each in examine_files(config) if not each.good}
    code, said = spoken(["--home", str(config.home), "doctor"])
    assert code == 1
    assert "0 MiB are left on this disk; a node wants 512 MiB." in said
    disk.make_room()
    assert spoken(add)[0] == 0
    assert spoken(["--home", str(config.home), "doctor"])[0] == 0


def spoken(arguments: list[str]) -> tuple[int, str]:
    told = io.StringIO()
    with redirect_stderr(told), redirect_stdout(told):
        code = command(arguments)
    return code, told.getvalue()


@pytest.mark.torture
def test_a_full_disk_is_told_plainly_and_no_half_of_a_backup_or_file_stays(tmp_path: Path) -> None:
    assert in_child(lambda: home_on_full_disk(tmp_path)) == 0
