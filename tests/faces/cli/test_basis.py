"""The law without a node: routes between two countries, and a draft in a file looked over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from comity.faces.cli.app import run

DRAFT = """
measure = "produce_traffic"
from = "KR"
to = "KH"
route = "kr_kh.mla"
offence = "ict_fraud"
targets = ["8.8.8.8"]
facts = "FICTIONAL: an account was emptied from this address."
[form]
central_authority = "Ministry of Justice"
subject_and_nature = "Fraud by a fictional site"
"conducting_authority.name" = "fictional officer"
use_limitation = "this investigation alone"
"targets[0].start" = "2026-11-24T10:00:00+09:00"
"""
READ = (
    '[attestation]\nby = "fictional officer"\nat = "2026-11-24T09:00:00Z"\ntext_sha256 = "{}"\ntext_title = "Treaty"\n'
)


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    code = run([*words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_routes_come_best_first_with_gate_reasons_clocks_forms_and_what_would_open_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = told(
        capsys, "--home", str(tmp_path), "basis", "--from", "KR", "--to", "KH", "--measure", "preserve",
        "--offence", "fraud", "--on", "2026-11-24",
    )  # fmt: skip
    assert code == 0
    routes = {each["id"]: each for each in found["routes"]}
    assert next(iter(routes)) == "kr_kh.mla"
    assert {"id", "instrument", "article", "gate", "reasons", "clocks", "forms"} <= set(routes["bud.preserve"])
    assert routes["bud.preserve"]["forms"] == ["F_PRESERVE"]
    assert [clock["duration"] for clock in routes["bud.preserve"]["clocks"]] == ["P60D", "P90D"]
    assert [why["code"] for why in routes["untoc.mla"]["reasons"] if why["facts"]["effect"] == "blocked"] == [
        "treaty-first"
    ]
    assert "agreed-in-lieu" in [step["code"] for step in routes["untoc.mla"]["opens"]]


def test_on_another_day_the_treaty_was_not_there_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--home", str(tmp_path), "basis", "--from", "KR", "--to", "KH", "--measure", "hear_witness")
    _, before = told(capsys, *asked, "--on", "2021-02-23")
    _, after = told(capsys, *asked, "--on", "2021-02-24")
    gates = [{each["id"]: each["gate"] for each in found["routes"]}["kr_kh.mla"] for found in (before, after)]
    assert gates == ["blocked", "attest"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--measure", "nonsense"], 1),
        (["--measure", "preserve", "--offence", "nonsense"], 1),
        (["--measure", "preserve", "--on", "2026-02-30"], 2),
    ],
)
def test_what_is_not_known_is_said_with_what_is(
    tmp_path: Path, words: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = run(["--home", str(tmp_path), "basis", "--from", "KR", "--to", "KH", *words])
    assert (ended, capsys.readouterr().err != "") == (code, True)


def test_a_draft_in_a_file_is_looked_over_and_passes_once_what_was_found_is_mended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "draft.toml"
    file.write_text(DRAFT)
    code, found = told(capsys, "--home", str(tmp_path), "request", "lint", str(file))
    assert code == 1
    assert [(why["code"], why["field"]) for why in found["blocking"]] == [("attest-missing", "attestation")]
    file.write_text(DRAFT + READ.format("a" * 64))
    code, found = told(capsys, "--home", str(tmp_path), "request", "lint", str(file))
    assert (code, found["blocking"]) == (0, [])


def test_findings_are_told_in_the_officers_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "draft.toml"
    file.write_text(DRAFT.replace("+09:00", ""))
    assert run(["--home", str(tmp_path), "request", "lint", str(file), "--lang", "km"]) == 1
    assert "ពេលវេលាមិនបានប្រាប់តំបន់ម៉ោងទេ" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["measure = 'preserve'", "measure = 'preserve'\nfrom = 'KR'\nto = 'KH'\nhoroscope = 'x'", "not toml"]
)
def test_a_file_that_is_no_draft_is_refused(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "draft.toml"
    file.write_text(text)
    assert run(["--home", str(tmp_path), "request", "lint", str(file)]) not in (0, 1)
    assert capsys.readouterr().err != ""
