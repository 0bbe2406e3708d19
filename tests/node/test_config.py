"""Settings: what is refused, what goes before what, and that what is written is what is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.config import Config, choose_home, choose_officer, config_text, fresh_config, read_config
from comity.errors import Misconfigured

GOOD = """
[node]
name = "police.kr.example"
country = "KR"
title = "Police (fictional)"
address = "https://police.kr.example:8710"
[folders]
marks = "../kr.marks"
"""


def read(folder: Path, text: str, **environment: str) -> Config:
    (folder / "comity.toml").write_text(text, "utf-8")
    return read_config(folder, environment)


def test_little_has_to_be_said(tmp_path: Path) -> None:
    config = read(tmp_path, GOOD)
    assert (config.name, config.listen.host, config.listen.port) == ("police.kr.example", "127.0.0.1", 8710)
    assert config.marks == tmp_path.parent / "kr.marks"
    assert config.overlays == ()


@pytest.mark.parametrize(
    ("text", "code", "key"),
    [
        (GOOD + "[listen]\nprot = 1\n", "config-key-unknown", "listen.prot"),
        (GOOD + "[listn]\nport = 1\n", "config-key-unknown", "listn"),
        ("home = 1\n" + GOOD, "config-key-unknown", "home"),
        (GOOD + '[listen]\nport = "1"\n', "config-value", "listen.port"),
        (GOOD + "[listen]\nport = 70000\n", "config-value", "listen.port"),
        (GOOD + "[pull]\nevery_s = 0\n", "config-value", "pull.every_s"),
        (GOOD.replace("KR", "kr"), "config-value", "country-code"),
        (GOOD.replace('"police.kr.example"', '"police"'), "config-value", "node-name"),
        (GOOD.replace("https://", "http://"), "config-value", "node.address"),
        (GOOD.replace("Police (fictional)", " "), "config-value", "node.title"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(tmp_path: Path, text: str, code: str, key: str) -> None:
    with pytest.raises(Misconfigured) as told:
        read(tmp_path, text)
    assert (told.value.code, told.value.facts["key"]) == (code, key)
    assert told.value.facts["file"] == str(tmp_path / "comity.toml")


def test_an_unknown_key_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as told:
        read(tmp_path, GOOD + "[listen]\nprot = 1\n")
    assert told.value.facts["known"] == ["host", "port", "beyond_loopback"]


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as told:
        read(tmp_path, GOOD.partition("[folders]")[0])
    assert told.value.code == "config-value"
    assert "folders" in str(told.value.facts["why"])


@pytest.mark.parametrize("raw", [b"[node", b"\xff"])
def test_what_is_no_toml_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "comity.toml").write_bytes(raw)
    with pytest.raises(Misconfigured) as told:
        read_config(tmp_path, {})
    assert told.value.code == "config-not-toml"


def test_a_home_without_settings_says_how_to_make_a_node(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as told:
        read_config(tmp_path, {})
    assert (told.value.code, told.value.facts["mend"]) == ("no-config", "comity node init")


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        GOOD + "[listen]\nport = 1\n",
        COMITY_LISTEN_PORT="2",
        COMITY_LISTEN_BEYOND_LOOPBACK="true",
        COMITY_NODE_TITLE="7",
        COMITY_FOLDERS_CATALOG="a:b",
        COMITY_PULL_EVERY_S="3",
        COMITY_HOME="/elsewhere",
        COMITY_REQUIRE="shared",
    )
    assert (config.listen.port, config.listen.beyond_loopback, config.title) == (2, True, "7")
    assert config.overlays == (tmp_path / "a", tmp_path / "b")
    assert config.pull.every_s == 3


@pytest.mark.parametrize(
    ("variable", "text", "code"),
    [
        ("COMITY_LISTEN_PROT", "1", "environment-key-unknown"),
        ("COMITY_LISTEN_PORT", "http", "environment-value"),
        ("COMITY_LISTEN_PORT", "70000", "config-value"),
        ("COMITY_PULL_EVERY", "1", "environment-key-unknown"),
    ],
)
def test_an_environment_that_does_not_fit_is_refused(tmp_path: Path, variable: str, text: str, code: str) -> None:
    with pytest.raises(Misconfigured) as told:
        read(tmp_path, GOOD, **{variable: text})
    assert told.value.code == code


@given(
    title=st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=60).filter(str.strip),
    port=st.integers(0, 65535),
    desk=st.integers(0, 65535),
)
def test_what_is_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, title: str, port: int, desk: int
) -> None:
    home = tmp_path_factory.getbasetemp() / "written"
    home.mkdir(exist_ok=True)
    made = fresh_config(
        home, name="a.example", country="KR", title=title, port=port, desk_port=desk, address="https://a.example"
    )
    assert read(home, config_text(made)) == made


def test_the_high_water_file_lies_outside_what_is_copied_with_the_home(tmp_path: Path) -> None:
    made = fresh_config(tmp_path / "kr", name="a.example", country="KR", title="x")
    assert not made.marks.is_relative_to(made.home)


def test_home_and_officer_are_as_given_else_from_the_environment(tmp_path: Path) -> None:
    assert choose_home("/x", {"COMITY_HOME": "/y"}) == Path("/x")
    assert choose_home(None, {"COMITY_HOME": "/y"}) == Path("/y")
    assert choose_home(None, {}).name == ".comity"
    assert choose_officer(None, {"COMITY_AS": "Kim"}) == "Kim"
    assert choose_officer("Lee", {"COMITY_AS": "Kim"}) == "Lee"
    assert choose_officer(None, {}) is None
