"""What is wrong with a node is found, and told with where it is."""

from __future__ import annotations

import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from comity.config import Config
from comity.domain.ledger import Line
from comity.domain.terms import Instant
from comity.node.assembly import open_node
from comity.node.doctor import Finding, examine, examine_files
from comity.ports import PeerKept, Stopped
from tests.node.homes import admit, append, fresh_home, invitation


@pytest.fixture
def kr(tmp_path: Path) -> Config:
    return fresh_home(tmp_path / "kr")


def bad(found: list[Finding]) -> list[str]:
    return [each.code for each in found if not each.good]


def test_a_sound_node_has_nothing_wrong(kr: Config) -> None:
    assert bad(examine_files(kr)) == []
    with open_node(kr) as node:
        assert bad(examine(node)) == []


def test_a_key_file_that_others_can_read_is_named(kr: Config) -> None:
    key = next(kr.keys.glob("*.key"))
    key.chmod(0o644)
    (finding,) = [each for each in examine_files(kr) if not each.good]
    assert (finding.code, finding.where, finding.facts["mode"]) == ("file-open-to-others", str(key), "0644")


def test_a_missing_high_water_file_is_told_and_not_made_anew(kr: Config) -> None:
    (kr.marks / "high-water").unlink()
    assert bad(examine_files(kr)) == ["marks-missing"]
    assert not (kr.marks / "high-water").exists()


def test_marks_that_would_be_copied_with_the_home_are_told(kr: Config) -> None:
    inside = kr.home / "marks"
    shutil.copytree(kr.marks, inside)
    assert bad(examine_files(replace(kr, marks=inside))) == ["marks-inside-home"]


def test_missing_keys_token_and_overlay_are_told(kr: Config, tmp_path: Path) -> None:
    shutil.rmtree(kr.keys)
    kr.token.unlink()
    found = bad(examine_files(replace(kr, overlays=(tmp_path / "law",))))
    assert found == ["file-unreadable", "no-keys", "catalog-overlay-missing"]


def test_a_store_behind_its_signatures_is_opened_for_the_doctor_and_told_by_channel(kr: Config, tmp_path: Path) -> None:
    invitation(kr, "police.kh.example")
    backup = tmp_path / "backup"
    shutil.copytree(kr.store, backup)
    append(kr, "police.kh.example", 2)
    shutil.rmtree(kr.store)
    shutil.copytree(backup, kr.store)
    with open_node(kr, inspect=True) as node:
        fenced = [each for each in examine(node) if each.code == "store-behind-its-signatures"]
        assert {each.facts["reason"] for each in fenced} == {"signed-more-than-stored"}
        assert len(fenced) == 2, "the channel, and the journal that says so"
        assert fenced[0].where in node.fences


class Later:
    """A clock that is off by some days."""

    def __init__(self, days: int, now: Instant) -> None:
        self._at = Instant(now + days * 86_400_000)

    def now(self) -> Instant:
        return self._at


@pytest.mark.parametrize(("days", "code"), [(800, "certificate-ends-soon"), (900, "certificate-expired")])
def test_a_certificate_that_ends_is_told_in_time(kr: Config, days: int, code: str) -> None:
    with open_node(kr) as node:
        world = replace(node.world, clock=Later(days, node.world.clock.now()))
        assert bad(examine(replace(node, world=world))) == [code]


def test_a_clock_behind_our_own_cosignature_is_told(kr: Config, tmp_path: Path) -> None:
    kh = fresh_home(tmp_path / "kh", "police.kh.example", "KH")
    admit(kr, invitation(kh, kr.name))
    with open_node(kr) as node:
        origin = next(c.origin for c in node.world.store.channels() if c.writer == kh.name)
        later_s = node.world.clock.now() // 1000 + 3600
        node.world.store.keep_line(origin, Line(f"{kr.name}/receipt", 0, later_s, b"x\n"))
        found = [each for each in examine(node) if each.step == "clock"]
        assert [(each.code, each.good) for each in found] == [("clock-behind-own-cosignature", False)]
        assert 3590 <= found[0].facts["behind_s"] <= 3610


def test_a_peer_that_is_not_reached_and_a_channel_that_is_stopped_are_told(kr: Config, tmp_path: Path) -> None:
    kh = fresh_home(tmp_path / "kh", "police.kh.example", "KH")
    admit(kr, invitation(kh, kr.name))
    with open_node(kr) as node:
        origin = next(c.origin for c in node.world.store.channels() if c.writer == kh.name)
        node.world.store.keep([], [Stopped(origin, "stopped", "equivocation", node.world.clock.now())])
        assert bad(examine(node)) == ["channel-stopped", "connection-refused"]


def test_a_certificate_of_a_peer_that_cannot_be_read_is_told(kr: Config, tmp_path: Path) -> None:
    kh = fresh_home(tmp_path / "kh", "police.kh.example", "KH")
    admit(kr, invitation(kh, kr.name))
    with open_node(kr) as node:
        (peer,) = node.world.store.peers()
        node.world.store.keep([], [PeerKept(replace(peer, certificate=sha256(b"junk").digest()))])
        found = [each for each in examine(node) if each.code == "certificate-unreadable"]
        assert [each.where for each in found] == [kh.name]
