"""The command line, as its people use it: invited, in, at work in their own name, out."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from comity.config import Config
from comity.faces.cli.app import run
from tests.node.homes import fresh_home
from tests.people.house import OTHER, PASSWORD


class Shell:
    """One person's command line: a home of a node, and a place for their token."""

    def __init__(self, config: Config, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.config, self._capsys, self._patch = config, capsys, monkeypatch

    def __call__(self, *words: str, typed: str = "") -> tuple[int, Any]:
        """Exit code, and what stands on stdout."""
        self._patch.setattr("sys.stdin", io.StringIO(typed + "\n"))
        code = run(["--home", str(self.config.home), "--json", *words])
        said = self._capsys.readouterr()
        return code, json.loads(said.out) if said.out else said.err

    def told(self, *words: str, typed: str = "") -> Any:
        code, told = self(*words, typed=typed)
        assert code == 0, told
        return told

    def fails(self, *words: str, typed: str = "") -> str:
        """The code of what went wrong."""
        code, told = self(*words, typed=typed)
        assert code != 0
        found: str = told["error"]["code"]
        return found


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("COMITY_TOKENS", str(tmp_path / "tokens"))
    monkeypatch.setenv("COMITY_PEOPLE_ARGON2_MEMORY_KIB", "19456")
    monkeypatch.setenv("COMITY_PEOPLE_ARGON2_PASSES", "2")
    return Shell(fresh_home(tmp_path / "home"), capsys, monkeypatch)


def test_a_node_gets_its_people_from_the_command_line(shell: Shell, tmp_path: Path) -> None:
    assert shell.told("people", "list") == []
    assert shell.told("request", "list") == []
    made = shell.told("people", "add", "ahn", "--name", "Ahn (fictional)", "--role", "administrator")
    assert shell.fails("request", "list") == "person-needed"
    assert shell.told("people", "list")[0]["standing"] == "invited"
    assert shell.fails("login", "--link", made["secret"], typed="short") == "refused"
    came = shell.told("login", "--link", f"/desk/enter#{made['secret']}", typed=PASSWORD)
    token = tmp_path / "tokens" / "police.kr.example.token"
    assert (came["login"], came["file"], token.stat().st_mode & 0o777) == ("ahn", str(token), 0o600)
    kim = shell.told("people", "add", "kim", "--name", "Kim (fictional)", "--role", "officer")
    assert [each["login"] for each in shell.told("people", "list")] == ["ahn", "kim"]
    assert shell.fails("request", "list") == "refused"
    assert shell.told("logout") == {"logged_out": True}
    assert not token.exists()
    assert shell.told("logout") == {"logged_out": False}
    shell.told("login", "--link", kim["secret"], typed=OTHER)
    assert shell.told("request", "list") == []
    assert shell.told("people", "sessions")[0]["this"] is True
    assert shell.fails("people", "list") == "refused"


def test_who_is_suspended_works_no_more(shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = shell.told("people", "add", "ahn", "--name", "Ahn (fictional)", "--role", "administrator")
    shell.told("login", "--link", made["secret"], typed=PASSWORD)
    kim = shell.told("people", "add", "kim", "--name", "Kim (fictional)", "--role", "officer")
    monkeypatch.setenv("COMITY_TOKENS", str(tmp_path / "kim"))
    shell.told("login", "--link", kim["secret"], "--read-only", typed=OTHER)
    assert shell.fails("people", "sessions", "--end") == "reads-only"
    monkeypatch.setenv("COMITY_TOKENS", str(tmp_path / "tokens"))
    assert shell.told("people", "suspend", "kim")["standing"] == "suspended"
    monkeypatch.setenv("COMITY_TOKENS", str(tmp_path / "kim"))
    assert shell.fails("request", "list") == "session-ended"
    assert shell.fails("login", "kim", typed=OTHER) == "not-let-in"
    (tmp_path / "kim" / "police.kr.example.token").chmod(0o644)
    assert shell.fails("request", "list") == "key-file-open-to-others"


def test_case_purpose_and_basis_go_before_the_commands_name(shell: Shell) -> None:
    made = shell.told(
        "people", "add", "ahn", "--name", "Ahn (fictional)", "--role", "administrator", "--role", "officer"
    )
    shell.told("login", "--link", made["secret"], typed=PASSWORD)
    opened = shell.told("case", "open", "--number", "2026-1", "--title", "Harbour (fictional)", "--purpose", "rescue")
    case = opened["file"]["case"]
    inside = ("--case", case, "--purpose", "rescue", "--basis", "법 7 (fictional)")
    _, told = shell(*inside, "request", "list")
    assert [each["code"] for each in told["error"]["reasons"]] == ["context-without-reason"]
    assert shell.told(*inside, "--why", "당직 (fictional)", "request", "list") == []
    moved = shell.told("case", "state", case, "active", "--reason", "FICTIONAL: begun")
    assert (moved["file"]["state"], moved["moves"][0]["reason"]) == ("active", "FICTIONAL: begun")
    _, other = shell("--case", "0193ffff-0000-7000-8000-0000000000ff", "--why", "FICTIONAL", "request", "list")
    assert [each["code"] for each in other["error"]["reasons"]] == ["not-a-member"]
