"""A store goes from one database to another and back, whole, and each time the node goes on where it stood."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from comity.config import FILE_NAME, Config, config_text, fresh_config, read_config, with_store
from comity.domain.ledger import Lane
from comity.errors import Conflict, Misconfigured, NotFound
from comity.faces.cli.app import run
from comity.flows.drain import Drainer
from comity.flows.receive import Puller
from comity.node.assembly import open_node
from comity.node.moving import move_store
from comity.node.storing import place
from tests import postgres
from tests.node.homes import fresh_home
from tests.upgrade.furnished import close, furnished, newer, told
from tests.worlds import Pair, letter, pair, sealed_indicator

pg = pytest.mark.pg


def settled(folder: Path, name: str, country: str) -> Config:
    """Settings beside a store that a test has made."""
    config = fresh_config(folder, name=name, country=country, title="fictional", marks=str(folder / "marks"))
    (folder / FILE_NAME).write_text(config_text(config))
    return config


def both(folder: Path) -> list[Config]:
    return [settled(folder / "kr", "police.kr.example", "KR"), settled(folder / "kh", "taskforce.kh.example", "KH")]


def goes_on(two: Pair, count: int) -> None:
    """One side writes, the other pulls, and they have the same roots."""
    two.kr.store.keep([letter(two.bulk.origin, sealed_indicator(two.kr, n)) for n in range(count)])
    Puller(two.kh, two.kh_sees_kr).pull(two.bulk.origin)
    Drainer(two.kh, two.kr.me.name).drain_all()
    assert two.kh.store.position(two.bulk.origin).root == two.kr.store.position(two.bulk.origin).root
    assert all(world.store.rebuild(write=False) == () for world in (two.kr, two.kh))


@pg
def test_a_store_moves_to_postgres_and_back_and_the_sync_goes_on(tmp_path: Path) -> None:
    two = furnished(tmp_path)
    for world in (two.kr, two.kh):
        newer(world.store)
    before = [told(world.store) for world in (two.kr, two.kh)]
    close(two)
    for config in both(tmp_path):
        moved = move_store(config, postgres.server().of(config.home))
        assert moved.rows["channel"] >= 3
        assert read_config(config.home, {}).store_url == postgres.server().of(config.home)
        config.store.rename(config.home / "left-behind")
    two = pair(tmp_path, store="postgres", seed=2)
    assert [told(world.store) for world in (two.kr, two.kh)] == before
    goes_on(two, 20)
    newer_still = [told(world.store) for world in (two.kr, two.kh)]
    close(two)
    for config in both(tmp_path):
        (config.home / FILE_NAME).write_text(with_store(config.home, postgres.server().of(config.home)))
        move_store(read_config(config.home, {}), "")
        assert read_config(config.home, {}).store_url == ""
    two = pair(tmp_path, seed=3)
    assert [told(world.store) for world in (two.kr, two.kh)] == newer_still
    goes_on(two, 20)
    close(two)


@pg
def test_what_would_not_arrive_whole_does_not_arrive(tmp_path: Path) -> None:
    two = furnished(tmp_path)
    config, other = both(tmp_path)
    there = postgres.server()
    with pytest.raises(Misconfigured, match="store-in-use"):
        move_store(config, there.of(config.home))
    close(two)
    with closing(sqlite3.connect(config.store / "node.db")) as connection:
        connection.execute("delete from trace where idx = 7")
        connection.commit()
    with pytest.raises(Misconfigured, match="moved-differs"):
        move_store(config, there.of(config.home))
    assert read_config(config.home, {}).store_url == ""
    move_store(other, there.of(config.home))
    with pytest.raises(Conflict, match="store-not-empty"):
        move_store(config, there.of(config.home))
    with pytest.raises(Conflict, match="store-there-already"):
        move_store(read_config(other.home, {}), there.of(config.home))
    (tmp_path / "nothing").mkdir()
    with pytest.raises(NotFound):
        move_store(settled(tmp_path / "nothing", "police.kr.example", "KR"), there.of(tmp_path))


@pg
def test_the_command_moves_a_node_and_tells_what_to_do_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = fresh_home(tmp_path / "home")
    url = postgres.server().of(config.home)
    assert run(["--home", str(config.home), "--json", "node", "move", "--to", url]) == 0
    assert json.loads(capsys.readouterr().out)["rows"]["channel"] == 2  # the desk and the journal
    shutil.rmtree(config.store)
    with open_node(read_config(config.home, {})) as node:
        assert {channel.lane for channel in node.world.store.channels()} == {Lane.DESK, Lane.JOURNAL}
    assert not config.store.exists()
    assert run(["--home", str(config.home), "node", "scrub"]) == 0
    assert "done: table-rewritten" in capsys.readouterr().out
    monkeypatch.setenv("COMITY_STORE_URL", url)
    assert run(["--home", str(config.home), "node", "move", "--to", "sqlite"]) == 0
    said = capsys.readouterr().out
    assert "COMITY_STORE_URL is set" in said
    assert "postgresql://postgres@/" in said
    monkeypatch.delenv("COMITY_STORE_URL")
    with open_node(read_config(config.home, {})) as node:
        assert {channel.lane for channel in node.world.store.channels()} == {Lane.DESK, Lane.JOURNAL}


def test_a_place_that_is_none_is_refused_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = str(fresh_home(tmp_path / "home").home)
    assert run(["--home", home, "node", "move", "--to", "mysql://x"]) != 0
    assert "write postgresql://user@host/database, or sqlite" in capsys.readouterr().err
    assert run(["--home", home, "node", "move", "--to", "postgresql://u:very-secret@127.0.0.1:1/x"]) != 0
    said = capsys.readouterr().err
    assert "postgresql://u:***@127.0.0.1:1/x" in said
    assert "very-secret" not in said
    assert run(["--home", home, "node", "upgrade"]) == 0
    assert "Nothing to do" in capsys.readouterr().out


@pytest.mark.parametrize(
    "before",
    ["[node]\nname = 'x'\n", "[store]\nurl = 'postgresql://a@/b' # ours\n\n[pull]\nevery_s = 1\n", "[store] # none\n"],
)
def test_only_the_place_of_the_store_changes_in_the_settings(before: str, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(before)
    after = with_store(tmp_path, "postgresql://n@/new")
    assert 'url = "postgresql://n@/new"' in after
    assert [line for line in before.splitlines() if line and "url" not in line] == [
        line for line in after.splitlines() if line and "url" not in line and (line != "[store]" or "[store]" in before)
    ]


def test_a_password_in_the_place_of_the_store_is_shown_nowhere(tmp_path: Path) -> None:
    url = "postgresql://u:very-secret@db.example/x"
    config = fresh_config(
        tmp_path, name="police.kr.example", country="KR", title="x", marks=str(tmp_path / "m"), store_url=url
    )
    assert config.store_url == url
    assert "very-secret" not in repr(config)
    assert place(config) == "postgresql://u:***@db.example/x"
    (tmp_path / FILE_NAME).write_text(config_text(config))
    assert read_config(tmp_path, {}) == config
    assert read_config(tmp_path, {"COMITY_STORE_URL": ""}).store_url == ""
    with pytest.raises(Misconfigured, match=r"store\.url"):
        read_config(tmp_path, {"COMITY_STORE_URL": "mysql://u@db.example/x"})


def test_without_the_extra_the_settings_say_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = fresh_home(tmp_path / "home").home
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.setenv("COMITY_STORE_URL", "postgresql://u@db.example/x")
    assert run(["--home", str(home), "node", "status"]) != 0
    assert 'Run: pip install "comity[pg]"' in capsys.readouterr().err


def test_a_backup_of_a_store_on_a_server_is_left_to_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = str(fresh_home(tmp_path / "home").home)
    monkeypatch.setenv("COMITY_STORE_URL", "postgresql://u@db.example/x")
    assert run(["--home", home, "node", "backup", str(tmp_path / "out")]) != 0
    assert "PostgreSQL's own means" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
