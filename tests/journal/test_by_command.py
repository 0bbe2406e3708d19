"""By the commands of the manual, with three machines: the node, its partner, and the overseer's desk without a node."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from comity.faces.cli.app import run
from tests.node.homes import admit, append, fresh_home, invitation

KEY = "court.kr.example/oversight"


def says(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    """What a command prints as data. Any: JSON."""
    capsys.readouterr()
    got = run([*words, "--json"])
    told = capsys.readouterr()
    assert got == code, (words, told.out, told.err)
    return json.loads(told.out)


def test_from_enrolment_to_a_confirmed_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kr, kh = fresh_home(tmp_path / "kr"), fresh_home(tmp_path / "kh", "taskforce.kh.example", "KH")
    admit(kh, invitation(kr, kh.name))
    admit(kr, invitation(kh, kr.name))
    append(kr, kh.name, 3)
    desk, pages, line = tmp_path / "court", tmp_path / "pages", tmp_path / "today.line"
    kim = ["--home", str(kr.home), "--as", "Kim (fictional)"]
    lee = ["--home", str(kr.home), "--as", "Lee (fictional)"]

    vkey = says(capsys, "oversight", "key", str(desk), KEY)["vkey"]
    assert says(capsys, "oversight", "key", str(desk), KEY)["vkey"] == vkey
    proposal = says(capsys, "oversight", "enroll", "court", vkey, *kim)["proposal"]
    assert "second-person" in str(says(capsys, "oversight", "confirm", proposal, *kim, code=1))
    assert says(capsys, "oversight", "confirm", proposal, *lee)["state"] == "confirmed"
    listed = says(capsys, "oversight", "list", *kim)
    ((_, log),) = listed["journals"].items()
    (court,) = listed["overseers"]
    assert (court["confirmed"], court["silent"]) == (0, False)

    says(capsys, "oversight", "export", "court", str(pages), *kim)
    checked = says(capsys, "oversight", "check", str(pages), "--log", log, "--desk", str(desk))
    assert checked["pages"]["keys_proven"]
    says(capsys, "oversight", "cosign", str(pages), "--log", log, "--desk", str(desk), "--out", str(line))
    assert says(capsys, "oversight", "take", str(line), *kim)["confirmed"] == checked["pages"]["size"]
    assert says(capsys, "oversight", "list", *kim)["overseers"][0]["confirmed"] == checked["pages"]["size"]
    found = says(capsys, "journal", "list", "--who", "lee", "--act", "confirm", "--outcome", "granted", *kim)
    assert {(each["name"], each["entry"]["act"]) for each in found} == {("Lee (fictional)", "confirm")}
    at = found[0]["entry"]["at"]
    assert says(capsys, "journal", "list", "--act", "confirm", "--until", at, *kim) != found
    assert says(capsys, "journal", "list", "--since", "2100-01-01T00:00:00Z", *kim) == []
    assert says(capsys, "journal", "list", "--since", "no time at all, though", *kim, code=3)
    compared = says(capsys, "oversight", "compare", *kim)
    assert (compared["sent"] >= 3, compared["lacking"]) == (True, [])
    assert compared["limit"] == "never-entered-cannot-be-proven"

    entries = says(capsys, "journal", "list", *kim)
    assert {each["name"] for each in entries} >= {"Kim (fictional)", "Lee (fictional)"}
    assert says(capsys, "journal", "report", *kim) == []
    acted = next(each for each in entries if each["entry"].get("records") and each["entry"]["act"] == "confirm")
    followed = says(capsys, "oversight", "follow", acted["entry"]["records"][0], *kim)
    assert [each["entry"]["act"] for each in followed["acts"]] == ["confirm"]

    asked = says(capsys, "subject-access", "ask", "lure-1.example.com", "--for-request", "DSAR-1", *kim)["proposal"]
    assert "not-confirmed" in str(says(capsys, "subject-access", "answer", asked, *kim, code=1))
    says(capsys, "subject-access", "confirm", asked, *lee)
    out = tmp_path / "answer"
    says(capsys, "subject-access", "answer", asked, "--out", str(out), *kim)
    assert json.loads((out / "answer.json").read_bytes())["reference"] == "DSAR-1"
    assert "DSAR-1" in (out / "answer.txt").read_text()


def test_what_an_overseers_desk_refuses_is_said_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["oversight", "key", str(tmp_path / "court"), "court"]) == 3
    assert "court.kr.example/oversight" in capsys.readouterr().err
    vkey = says(capsys, "oversight", "key", str(tmp_path / "court"), KEY)["vkey"]
    assert run(["oversight", "check", str(tmp_path), "--log", vkey]) != 0
    assert "pages" in capsys.readouterr().err
