"""Two nodes that never see each other's network: a stick out, a stick in, an answer back, by the commands of the manual."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from comity.faces.cli.app import run
from tests.node.homes import admit, append, fresh_home, invitation


def says(capsys: pytest.CaptureFixture[str], home: Path, *words: str, code: int = 0) -> Any:
    """What a command prints as data. Any: JSON."""
    capsys.readouterr()
    got = run([*words, "--home", str(home), "--as", "Kim (fictional)", "--json"])
    told = capsys.readouterr()
    assert got == code, (words, told.out, told.err)
    return json.loads(told.out or told.err)


@pytest.fixture
def homes(tmp_path: Path) -> tuple[Path, Path]:
    kr, kh = fresh_home(tmp_path / "kr"), fresh_home(tmp_path / "kh", "taskforce.kh.example", "KH")
    admit(kh, invitation(kr, kh.name))
    admit(kr, invitation(kh, kr.name))
    append(kr, kh.name, 5)
    return kr.home, kh.home


def test_records_go_out_on_a_stick_and_the_proof_of_service_comes_back(
    homes: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kr, kh = homes
    stick, answer, codes = tmp_path / "stick.sealed", tmp_path / "answer.txt", tmp_path / "codes"
    out = says(capsys, kr, "carry", "out", "taskforce.kh.example", "--to", str(stick))
    assert out["sealed"] is True
    taken = says(capsys, kh, "carry", "in", str(stick), "--answer", str(answer), "--qr", str(codes))
    assert {(c["lane"], c["fresh"], c["fault"]) for c in taken["channels"]} == {("urgent", 5, "")}
    assert [file.suffix for file in codes.iterdir()] == [".svg"]
    assert [a["status"] for a in says(capsys, kr, "carry", "answer", str(answer))] == [200]
    (channel,) = [c for c in says(capsys, kr, "channel", "list") if c["ours"] and c["lane"] == "urgent"]
    assert channel["confirmed"] == 5
    says(capsys, kr, "carry", "out", "taskforce.kh.example", "--to", str(stick), code=1)


def test_a_folder_is_carried_as_well_and_a_page_that_was_lost_on_the_way_is_told(
    homes: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kr, kh = homes
    stick = tmp_path / "stick"
    says(capsys, kr, "carry", "out", "taskforce.kh.example", "--to", str(stick), "--folder")
    assert not (tmp_path / "stick.new").exists()
    (page,) = stick.glob("*/records/000.p/5")
    kept = page.read_bytes()
    page.unlink()
    broken = says(capsys, kh, "carry", "in", str(stick), code=1)
    assert [c["fault"] for c in broken["channels"]] == ["not-in-crossing"]
    page.write_bytes(kept)
    whole = says(capsys, kh, "carry", "in", str(stick))
    assert [(c["size"], c["fault"]) for c in whole["channels"]] == [(5, "")]
    assert len(whole["answer"].encode()) < 500
