"""What a node has kept is listed and written to files by command, and the files are judged as they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from comity.domain.ledger import Lane, note_bytes, parse_note
from comity.domain.receipt.evidence import document
from comity.domain.terms import NodeName
from comity.faces.cli.app import run
from comity.flows.filing import channel_to
from comity.node.assembly import open_node
from comity.ports import Stopped
from tests.node.homes import admit, fresh_home, invitation
from tests.worlds import letter, sealed_indicator

KR, KH = "police.kr.example", "police.kh.example"


def test_kept_evidence_is_listed_exported_and_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kr, kh = fresh_home(tmp_path / "kr", KR, "KR"), fresh_home(tmp_path / "kh", KH, "KH")
    admit(kr, invitation(kh, KR))
    invitation(kr, KH)
    with open_node(kr) as node:
        world = node.world
        origin = channel_to(world, NodeName(KH), Lane.URGENT)
        world.store.keep([letter(origin, sealed_indicator(world, 1))])
        note = world.store.position(origin).note
        same = document("fork", (note, note))
        world.store.keep([], [Stopped(origin, "open", "", world.clock.now(), (same, b"no note", note))])
    home = ["--home", str(kr.home)]
    assert run(["evidence", "list", *home, "--json"]) == 0
    (line,) = json.loads(capsys.readouterr().out)
    assert (line["origin"], line["writer"], line["kind"]) == (origin, KR, "fork")
    assert run(["evidence", "export", origin, "--dir", str(tmp_path), *home, "--json"]) == 0
    (file,) = json.loads(capsys.readouterr().out)["files"]
    assert Path(file).read_bytes() == same
    assert run(["receipt", "policy", "--out", str(tmp_path / "policy"), *home]) == 0
    capsys.readouterr()
    assert run(["evidence", "judge", file, "--policy", str(tmp_path / "policy"), *home]) == 1
    assert "NOT PROVEN" in capsys.readouterr().out, "one note twice is no fork"
    assert run(["evidence", "export", origin[:-1] + "x", *home]) == 1
    assert note_bytes(parse_note(note).text, [s.to_bytes() for s in parse_note(note).signatures]) == note
