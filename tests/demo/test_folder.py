"""The demo deletes only what it made, and says plainly why it doesn't begin."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path

import pytest

from comity.errors import Conflict, Misconfigured
from comity.faces.cli.app import run
from comity.faces.demo import home as homes
from comity.faces.demo.home import MARK, taken
from comity.faces.demo.ports import chosen_base, must_be_free
from tests.demo.free_ports import free_base


def test_a_folder_without_the_mark_is_never_touched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    for flags in ([], ["--once"], ["--reset"]):
        assert run(["demo", *flags, "--home", str(tmp_path)]) == 1
    assert "was not made by the demo" in capsys.readouterr().err
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("mark", ["{}", "not JSON", '{"purpose": "another", "port_base": 8710, "played": true}'])
def test_a_mark_that_is_not_the_demos_counts_as_none(tmp_path: Path, mark: str) -> None:
    (tmp_path / MARK).write_text(mark)
    (tmp_path / "thesis.txt").write_text("mine")
    assert run(["demo", "--reset", "--home", str(tmp_path)]) == 1
    assert (tmp_path / "thesis.txt").exists()
    assert (tmp_path / MARK).read_text() == mark


def test_a_link_to_a_marked_folder_is_not_followed(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    with taken(real) as home:
        home.write(8710, played=True)
    link.symlink_to(real)
    with pytest.raises(Conflict), taken(link):
        pass


def test_emptying_stays_inside_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    with taken(tmp_path / ".demo") as home:
        home.write(8710, played=True)
        (home.path / "police").mkdir()
        (home.path / "police" / "comity.toml").touch()
        (home.path / "away").symlink_to(outside)
        home.empty()
        assert [entry.name for entry in home.path.iterdir()] == [MARK]
    assert (outside / "kept").exists()


def test_two_demos_do_not_share_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "PATIENCE_S", 0.2)
    with taken(tmp_path) as home:
        home.write(8710, played=False)
        other = os.open(tmp_path / MARK, os.O_RDWR)
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(other)
        with pytest.raises(Conflict) as fault, taken(tmp_path):
            pass
    assert fault.value.code == "demo-runs-already"


@pytest.mark.parametrize(("base", "played", "files"), [(9000, True, True), (8710, False, True), (8710, True, False)])
def test_only_an_intact_demo_goes_on(tmp_path: Path, base: int, played: bool, files: bool) -> None:
    with taken(tmp_path) as home:
        home.write(base, played=played)
        (home.path / "police").mkdir()
        if files:
            (home.path / "police" / "comity.toml").touch()
        assert not home.is_intact(8710, ("police",))
        home.write(8710, played=True)
        assert home.is_intact(8710, ("police",)) == files


def test_a_demo_that_broke_off_says_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    base = free_base()
    monkeypatch.setenv("COMITY_PORT_BASE", str(base))
    with taken(tmp_path) as home:
        home.write(base, played=False)
    assert run(["demo", "--home", str(tmp_path)]) == 1
    assert "--reset" in capsys.readouterr().err


def test_a_taken_port_is_named_with_the_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        monkeypatch.setenv("COMITY_PORT_BASE", str(port - 3))
        assert run(["demo", "--once", "--home", str(tmp_path / ".demo")]) == 2
        with pytest.raises(Misconfigured) as fault:
            must_be_free(port - 3)
    said = capsys.readouterr().err
    assert str(port) in said
    assert "COMITY_PORT_BASE=" in said
    assert port in fault.value.facts["ports"]  # type: ignore[operator]


@pytest.mark.parametrize("text", ["80", "65535", "-1", "8710.5", "port", "٨٧١٠", "99999999"])
def test_a_first_port_that_cannot_be_one_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured):
        chosen_base({"COMITY_PORT_BASE": text})


def test_without_a_word_the_ports_begin_at_8710() -> None:
    assert chosen_base({}) == 8710
    assert chosen_base({"COMITY_PORT_BASE": ""}) == 8710
