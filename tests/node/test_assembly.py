"""A node made, opened, found and not found."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from comity.config import Config, fresh_config, read_config
from comity.domain.ledger import Lane
from comity.errors import Conflict, Misconfigured
from comity.node.assembly import make_node, open_node
from comity.node.presence import Running, announced, read_token, running

TOLD = Running(1, "http://127.0.0.1:1", "https://127.0.0.1:2", "2026-11-24T00:00:00.000Z")


@pytest.fixture
def made(tmp_path: Path) -> Config:
    config = fresh_config(tmp_path / "kr", name="police.kr.example", country="KR", title="Police (fictional)")
    make_node(config)
    return config


def test_a_new_node_has_settings_keys_certificate_token_marks_desk_and_journal(made: Config) -> None:
    assert read_config(made.home, {}) == made
    with open_node(made) as node:
        lanes = {(channel.lane, channel.audience) for channel in node.world.store.channels()}
        assert lanes == {(Lane.DESK, made.name), (Lane.JOURNAL, made.name)}
        assert node.world.keyring.key(f"{made.name}/receipt")
        assert node.world.keyring.certificate()
        assert node.fences == {}
    assert (made.marks / "high-water").exists()
    assert len(read_token(made)) >= 40


def test_nobody_else_can_read_what_is_secret(made: Config) -> None:
    for path in [made.token, made.home, made.keys, *made.keys.glob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_token_that_others_can_read_opens_nothing(made: Config) -> None:
    made.token.chmod(0o640)
    with pytest.raises(Misconfigured) as told:
        read_token(made)
    assert told.value.code == "key-file-open-to-others"


def test_a_home_that_holds_a_node_is_left_alone(made: Config) -> None:
    before = made.token.read_bytes()
    with pytest.raises(Conflict) as told:
        make_node(replace(made, title="another"))
    assert told.value.code == "node-exists"
    assert made.token.read_bytes() == before


def test_a_making_that_was_cut_off_goes_on_with_the_same_keys(made: Config) -> None:
    token, certificate = made.token.read_bytes(), (made.keys / "certificate.pem").read_bytes()
    (made.home / "comity.toml").unlink()
    make_node(made)
    assert (made.token.read_bytes(), (made.keys / "certificate.pem").read_bytes()) == (token, certificate)
    with open_node(made) as node:
        assert len(node.world.store.channels()) == 2


def test_keys_of_another_node_are_refused(made: Config) -> None:
    with pytest.raises(Misconfigured) as told:
        open_node(replace(made, name=made.name.replace("kr", "kh")))  # type: ignore[arg-type]  any host will do
    assert told.value.code == "keys-of-another-node"


def test_a_node_without_keys_does_not_make_new_ones_by_itself(made: Config) -> None:
    made.keys.rename(made.home / "lost")
    with pytest.raises(Misconfigured) as told:
        open_node(made)
    assert told.value.code == "no-keys"
    assert not made.keys.exists()


def test_an_overlay_that_is_not_there_is_refused_before_anything_is_opened(made: Config, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as told:
        open_node(replace(made, overlays=(tmp_path / "law",)))
    assert told.value.code == "catalog-overlay-missing"
    open_node(made).close()


def test_one_process_has_the_store_and_closing_gives_it_back(made: Config) -> None:
    node = open_node(made)
    with pytest.raises(Misconfigured) as told:
        open_node(made)
    assert told.value.code == "store-in-use"
    node.close()
    node.close()
    open_node(made).close()


def test_a_node_is_found_only_while_it_runs(made: Config) -> None:
    assert running(made) is None
    with announced(made, TOLD):
        assert running(made) == TOLD
    assert running(made) is None


def test_a_file_that_a_crash_left_behind_misleads_nobody(made: Config) -> None:
    with announced(made, TOLD):
        left = made.presence.read_bytes()
    made.presence.write_bytes(left)
    assert running(made) is None
    with announced(made, TOLD):
        assert running(made) == TOLD


def test_a_second_node_is_not_announced(made: Config) -> None:
    with announced(made, TOLD):
        with pytest.raises(Misconfigured) as told, announced(made, TOLD):
            pass
        assert told.value.code == "node-runs-already"
        assert running(made) == TOLD
