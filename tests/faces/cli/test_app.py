"""The command: found groups, options anywhere, exit codes, JSON on stdout and words on stderr."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.faces.cli.app import hoisted, modules, run
from comity.node.presence import Running, announced
from tests.node.homes import fresh_home, invitation

KR, KH = "police.kr.example", "police.kh.example"
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def home(tmp_path: Path) -> str:
    return str(fresh_home(tmp_path / "kr").home)


def said(capsys: Capture) -> Any:
    """What came on stdout, as JSON."""
    return json.loads(capsys.readouterr().out)


# ---- the shape of the command
@pytest.mark.parametrize("word", ["node", "peer", "channel", "rebuild", "doctor"])
def test_every_file_of_the_folder_is_a_word_of_the_command(word: str, capsys: Capture) -> None:
    assert word in [module.__name__.rpartition(".")[2] for module in modules()]
    assert run([word, "--help"]) == 0
    assert f"Usage: comity {word}" in capsys.readouterr().out


def test_global_options_may_stand_anywhere() -> None:
    front = ["--home", "x", "--json", "--as=Kim"]
    assert hoisted(["peer", "--home", "x", "list", "--json", "--as=Kim"]) == [*front, "peer", "list"]
    assert hoisted(["lookup", "--", "--json"]) == ["lookup", "--", "--json"]
    assert hoisted(["peer", "--home"]) == ["--home", "peer"]


@given(st.lists(st.sampled_from(["a", "--json", "--home", "--as", "x y", "--out", "--", "--home=b"]), max_size=8))
def test_moving_options_to_the_front_loses_nothing_and_moving_again_changes_nothing(words: list[str]) -> None:
    moved = hoisted(words)
    assert sorted(moved) == sorted(words)
    assert hoisted(moved) == moved


@pytest.mark.parametrize(
    "words", [[], ["peer"], ["nonsense"], ["node", "nonsense"], ["peer", "accept"], ["node", "init", "--port", "x"]]
)
def test_usage_that_does_not_fit_ends_with_two(words: list[str]) -> None:
    assert run(words) == 2


def test_a_command_that_asks_a_running_node_does_not_load_the_store() -> None:
    code = "import sys; from comity.faces.cli.app import modules; modules(); print('sqlalchemy' in sys.modules, 'litestar' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "False"]


# ---- faults
def test_a_home_without_a_node_is_told_with_the_way_out(tmp_path: Path, capsys: Capture) -> None:
    assert run(["peer", "list", "--home", str(tmp_path)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert str(tmp_path / "comity.toml") in told.err
    assert "comity node init" in told.err


def test_with_json_a_fault_is_json_too(tmp_path: Path, capsys: Capture) -> None:
    assert run(["peer", "list", "--home", str(tmp_path), "--json"]) == 2
    told = said(capsys)
    assert (told["exit"], told["error"]["kind"], told["error"]["code"]) == (2, "Misconfigured", "no-config")
    assert told["error"]["told"][0]["mend"]


def test_an_act_without_an_officer_is_refused(home: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COMITY_AS", raising=False)
    assert run(["peer", "invite", KH, "--home", home, "--json"]) == 3
    assert said(capsys)["error"]["code"] == "officer-not-named"


def test_a_peer_that_is_not_there_ends_with_one(home: str, capsys: Capture) -> None:
    assert run(["peer", "check", KH, "--home", home]) == 1
    assert f"no peer {KH}" in capsys.readouterr().err


def test_a_desk_that_is_announced_and_does_not_answer_ends_with_four(tmp_path: Path, capsys: Capture) -> None:
    config = fresh_home(tmp_path / "kr")
    with announced(config, Running(1, "http://127.0.0.1:9", "", "")):
        assert run(["peer", "list", "--home", str(config.home)]) == 4
    assert "doesn't answer" in capsys.readouterr().err


# ---- commands
def test_init_makes_a_node_once(tmp_path: Path, capsys: Capture) -> None:
    words = [
        "node",
        "init",
        "--name",
        KR,
        "--country",
        "KR",
        "--title",
        "경찰 (fictional)",
        "--home",
        str(tmp_path / "kr"),
    ]
    assert run([*words, "--json"]) == 0
    assert said(capsys)["node"] == KR
    assert run(words) == 1
    assert "in this home already" in capsys.readouterr().err
    assert run(["node", "status", "--home", str(tmp_path / "kr"), "--json"]) == 0
    told = said(capsys)
    assert (told["title"], told["running"], told["peers"]) == ("경찰 (fictional)", False, {})


@pytest.mark.parametrize(("option", "value"), [("--name", "Police"), ("--country", "Korea"), ("--address", "http://x")])
def test_init_refuses_what_does_not_fit_before_it_makes_anything(tmp_path: Path, option: str, value: str) -> None:
    words = {"--name": KR, "--country": "KR", "--title": "x", "--address": "https://x", option: value}
    assert (
        run(["node", "init", "--home", str(tmp_path / "kr"), *[word for pair in words.items() for word in pair]]) == 2
    )
    assert list(tmp_path.iterdir()) == []


def test_an_invitation_goes_from_one_home_to_the_other(tmp_path: Path, capsys: Capture) -> None:
    kr, kh = (str(fresh_home(tmp_path / name[7:9], name, name[7:9].upper()).home) for name in (KR, KH))
    file, officer = str(tmp_path / f"{KR}.peer.json"), ["--as", "김 (fictional)", "--json"]
    assert run(["peer", "invite", KH, "--out", file, "--home", kr, *officer]) == 0
    told = said(capsys)["fingerprint"]
    assert run(["peer", "fingerprint", file, "--json"]) == 0
    assert said(capsys) == {"node": KR, "for": KH, "fingerprint": told}
    wrong = told[:-1] + ("0" if told[-1] != "0" else "1")
    assert run(["peer", "accept", file, "--fingerprint", wrong, "--home", kh, *officer]) == 1
    refused = said(capsys)["error"]
    assert (refused["kind"], [reason["code"] for reason in refused["reasons"]]) == ("Refused", ["fingerprint-differs"])
    for _ in range(2):
        assert run(["peer", "accept", file, "--fingerprint", told, "--home", kh, *officer]) == 0
        assert said(capsys)["admission"] == "accepted"
    assert run(["peer", "list", "--home", kh, "--json"]) == 0
    assert [(peer["name"], peer["fingerprint"]) for peer in said(capsys)] == [(KR, told)]
    assert run(["channel", "list", "--home", kh, "--json"]) == 0
    assert [(row["writer"], row["lane"]) for row in said(capsys) if not row["ours"]] == [
        (KR, lane) for lane in ("rescue", "urgent", "bulk")
    ]
    assert run(["peer", "check", KR, "--home", kh, "--json"]) == 1
    assert [step["code"] for step in said(capsys) if not step["good"]] == ["connection-refused"]
    assert run(["peer", "suspend", KR, "--reason", "a test", "--home", kh, *officer]) == 0
    assert said(capsys)["admission"] == "suspended"


@pytest.mark.parametrize(("raw", "code"), [(b"{}", 3), (b"\xff\xfe", 3), (b"x" * 100_000, 3)])
def test_a_file_that_is_no_invitation_ends_with_three(home: str, tmp_path: Path, raw: bytes, code: int) -> None:
    file = tmp_path / "x.peer.json"
    file.write_bytes(raw)
    words = ["peer", "accept", str(file), "--fingerprint", "0" * 64, "--home", home, "--as", "Kim (fictional)"]
    assert run(words) == code
    assert run(["peer", "fingerprint", str(file)]) == code


def test_a_file_that_is_not_there_ends_with_one(tmp_path: Path, capsys: Capture) -> None:
    assert run(["peer", "fingerprint", str(tmp_path / "none")]) == 1
    assert str(tmp_path / "none") in capsys.readouterr().err


def test_a_sound_node_passes_rebuild_and_doctor(home: str, capsys: Capture) -> None:
    assert run(["rebuild", "--check", "--home", home]) == 0
    assert "nothing differs" in capsys.readouterr().out
    assert run(["doctor", "--home", home]) == 0


def test_the_doctor_says_what_is_wrong_where_and_how_to_mend_it(tmp_path: Path, capsys: Capture) -> None:
    config = fresh_home(tmp_path / "kr")
    key = next(config.keys.glob("*.key"))
    key.chmod(0o644)
    assert run(["doctor", "--home", str(config.home)]) == 1
    told = capsys.readouterr().out
    assert str(key) in told
    assert "chmod it to 0600" in told


def test_the_doctor_does_not_open_a_store_whose_high_water_file_is_missing(tmp_path: Path, capsys: Capture) -> None:
    config = fresh_home(tmp_path / "kr")
    (config.marks / "high-water").unlink()
    assert run(["doctor", "--home", str(config.home), "--json"]) == 1
    assert [each["code"] for each in said(capsys)["findings"] if not each["good"]] == ["marks-missing"]
    assert not (config.marks / "high-water").exists()


def test_a_fenced_store_is_looked_at_and_nothing_is_written_in_it(tmp_path: Path, capsys: Capture) -> None:
    config = fresh_home(tmp_path / "kr")
    high_water = config.marks / "high-water"
    invitation(config, KH)
    high_water.write_text(high_water.read_text().splitlines()[0] + "\n")
    words = ["--home", str(config.home), "--json"]
    assert run(["peer", "invite", KH, "--as", "Kim (fictional)", *words]) == 1
    assert said(capsys)["error"]["kind"] == "Fenced"
    assert run(["doctor", *words]) == 1
    codes = [each["code"] for each in said(capsys)["findings"] if not each["good"]]
    assert codes == ["store-behind-its-signatures"] * 4, (
        "every channel of the invitation, and the journal that tells of them"
    )
