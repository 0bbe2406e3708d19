"""The demo as a user runs it: a process that plays the whole sentence, leaves proof behind, and nothing that runs."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from comity.domain.ledger import parse_policy
from comity.domain.receipt import verify_receipt
from comity.domain.record import decode_fields
from comity.errors import Misconfigured
from comity.faces.cli.app import run
from comity.faces.demo import checking
from comity.faces.demo import home as homes
from comity.faces.demo.home import MARK
from comity.faces.demo.ports import must_be_free
from tests.demo.free_ports import free_base

COMITY = [sys.executable, "-c", "import sys; sys.argv[0] = 'comity'; from comity.faces.cli.app import main; main()"]
START_S = 90.0
RECEIPTS = 23
GONE_S = 20.0


@dataclass(frozen=True)
class Played:
    """A demo that has been played."""

    folder: Path
    base: int
    told: list[dict[str, Any]]

    @property
    def home(self) -> Path:
        return self.folder / ".demo"

    def receipts(self) -> list[Path]:
        return sorted((self.home / "receipts").glob("*.tlog-proof"))

    def act(self, name: str) -> list[dict[str, Any]]:
        return [line for line in self.told if line.get("act") == name]

    def said(self, name: str) -> str:
        return "\n".join(note for line in self.act(name) for note in line["notes"])


def environment(base: int) -> dict[str, str]:
    # A user's own node must make no difference.
    return {**os.environ, "COMITY_PORT_BASE": str(base), "COMITY_HOME": "/nowhere", "COMITY_NODE_NAME": "x.example"}


def left(home: Path, base: int) -> bool:
    """Whether anything of the demo still runs: whoever does holds its folder, and nodes hold their ports."""
    mark = os.open(home / MARK, os.O_RDWR)
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        must_be_free(base)
    except (BlockingIOError, Misconfigured):
        return True
    finally:
        os.close(mark)
    return False


def gone(home: Path, base: int) -> bool:
    until = time.monotonic() + GONE_S
    while left(home, base) and time.monotonic() < until:
        time.sleep(0.1)
    return not left(home, base)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder, base = tmp_path_factory.mktemp("demo"), free_base()
    ended = subprocess.run(
        [*COMITY, "demo", "--once", "--json"],
        cwd=folder,
        env=environment(base),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    return Played(folder, base, [json.loads(line) for line in ended.stdout.splitlines()])


def test_the_whole_sentence_is_told_and_nothing_is_left_running(played: Played) -> None:
    acts = list(dict.fromkeys(line["act"] for line in played.told if "act" in line))
    assert acts == [
        *("nodes", "peers", "ready", "share", "report", "match", "rescue", "request", "action", "custody"),
        *("agreement", "receipt"),
    ]
    assert played.told[-1]["played"]
    assert not left(played.home, played.base)


def test_a_delivery_says_when_the_far_node_had_cosigned_it(played: Played) -> None:
    sent = [line for line in played.told if line.get("held_ms") is not None]
    assert len(sent) >= 12
    assert all(line["held_ms"] >= line["ms"] >= 0 for line in sent)


def test_a_rescue_leaves_by_one_officer_in_its_own_lane_and_stored_is_told_apart_from_opened(played: Played) -> None:
    said = played.said("rescue")
    assert "lane rescue" in said
    assert re.search(r"stored by the machine \d\d:\d\d:\d\d UTC, opened \d\d:\d\d:\d\d UTC", said)
    assert "gives the second signature" in [line["what"] for line in played.act("rescue")]


def test_a_refused_request_is_sent_anew_and_says_what_it_replaces(played: Played) -> None:
    assert "ground OVERBROAD" in played.said("request")
    assert re.search(r"replaces [0-9a-f-]{36}", played.said("request"))


def test_less_is_held_than_was_asked_and_the_terms_come_first(played: Played) -> None:
    said = played.said("action")
    assert "1,200,000,000,000,000,000 of 1,500,000,000,000,000,000 units" in said
    assert "offer_terms → accept_terms → order_hold → confirm_hold" in played.said("agreement")


def test_holders_answer_to_what_is_taken_back_and_to_what_is_put_right(played: Played) -> None:
    assert played.said("custody").count("1 of 1 complied") == 2
    assert "recruiter-and-trafficker" in played.said("custody")


def test_the_witness_has_cosigned_the_roots_of_all_four(played: Played) -> None:
    witness = [line for line in played.act("agreement") if line["who"] == "Witness hub"]
    assert len(witness[0]["notes"]) == 4
    asked = [
        file for file in played.receipts() if "-1-" in file.name
    ]  # a writer has its witness's word; its reader needn't
    assert len(asked) == 5
    for file in asked:
        assert b"hub.asean.example/witness" in file.read_bytes(), file.name


def test_what_is_known_is_raised_and_a_popular_name_is_not(played: Played) -> None:
    lines = {line["what"]: line for line in played.act("match") if "ms" not in line}
    raised = {what.partition(" ")[0] for what, line in lines.items() if line["who"] == "RAISED"}
    assert raised == {"url", "handle", "phone", "wallet"}
    (popular,) = [line for what, line in lines.items() if "popular-portal.example" in what]
    assert popular["who"] == "not raised"
    assert "Popular sites (fictional)" in popular["notes"][-1]
    assert "taskforce.kh.example" in popular["notes"][0], "it is known all the same"


def test_routes_are_shown_with_gates_and_reasons_and_the_author_cannot_approve(played: Played) -> None:
    said = played.said("request")
    assert re.search(r"^attest +kr_kh\.mla +\S", said, re.MULTILINE)
    assert re.search(r"^blocked +unc\.preserve +\S", said, re.MULTILINE)
    assert "refused: The author can't approve" in said


def test_both_ends_end_in_the_same_states(played: Played) -> None:
    said = played.said("agreement")
    for state in ("preserved", "acted", "refused", "partly_held", "acknowledged"):
        assert f"{state} = {state}" in said


def test_every_receipt_verifies_by_the_library(played: Played) -> None:
    policy = parse_policy((played.home / "policy").read_text())
    assert len(played.receipts()) == RECEIPTS
    opened = 0
    for file in played.receipts():
        beside = file.with_suffix(".fields")
        fields = decode_fields(beside.read_bytes()) if beside.exists() else ()
        shown = verify_receipt(file.read_bytes(), policy=policy, fields=fields)
        assert shown.keys_proven
        assert shown.delivered, file.name
        opened += bool(shown.opened)
        assert "/personal_targets" not in shown.opened
    assert opened == 5
    orders = {file.stem for file in played.receipts() if file.stem.startswith("order-")}
    assert orders == {"order-withdraw", "order-amend"}


def offline(folder: Path) -> tuple[list[str], dict[str, str]]:
    """(words before a command, variables) with which it has no network: a namespace of its own where that is allowed, else no sockets."""
    unshare = shutil.which("unshare")
    if unshare and subprocess.run([unshare, "-rn", "true"], capture_output=True, check=False).returncode == 0:
        return ["unshare", "-rn"], {}
    (folder / "sitecustomize.py").write_text(
        "import socket\n\ndef refuse(*_):\n    raise OSError('no network here')\n\nsocket.socket.connect = refuse\n"
    )
    return [], {"PYTHONPATH": str(folder)}


def test_every_receipt_verifies_by_the_command_with_networking_off(played: Played, tmp_path: Path) -> None:
    before, extra = offline(tmp_path)
    environ = {**checking.without_settings(), **extra}
    with socket.create_server(("127.0.0.1", 0)) as listening:
        knock = f"import socket; socket.create_connection(('127.0.0.1', {listening.getsockname()[1]}), 5)"
        assert subprocess.run([sys.executable, "-c", knock], check=False).returncode == 0
        knocked = subprocess.run([*before, sys.executable, "-c", knock], env=environ, capture_output=True, check=False)
        assert knocked.returncode != 0, "the network is not off"
    beside = {file: file.with_suffix(".fields") for file in played.receipts()}
    asked = [
        checking.arguments_for(file, played.home / "policy", fields if fields.exists() else None)
        for file, fields in beside.items()
    ]
    ended = subprocess.run(
        [*before, sys.executable, "-c", checking.EACH],
        cwd=tmp_path,
        env=environ,
        input=json.dumps(asked).encode(),
        capture_output=True,
        check=True,
    )
    results = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [code for code, _ in results] == [0] * RECEIPTS
    assert {json.loads(said)["verdict"] for _, said in results} == {"verified"}


def test_a_flipped_bit_is_refused_and_the_part_is_named(played: Played) -> None:
    (copy,) = (played.home / "tampered").iterdir()
    original = played.home / "receipts" / copy.name
    assert copy.read_bytes() != original.read_bytes()
    said = played.act("receipt")[-1]["notes"][-1]
    assert "refused, exit code 1" in said
    assert "the record" in said


def test_the_nodes_start_again_over_what_they_have_and_end_with_their_parent(
    played: Played, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    child = subprocess.Popen(
        [*COMITY, "demo", "--json"],
        cwd=played.folder,
        env=environment(played.base),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert child.stdout is not None
        told = [json.loads(line) for line in iter_until_running(child)]
        assert [line["act"] for line in told if "act" in line] == ["nodes"] * 5, "the story is not played twice"
        assert set(told[-1]["running"]) == {"police", "taskforce", "platform", "vasp", "hub"}
        assert left(played.home, played.base)
        monkeypatch.chdir(played.folder)
        for words in places_to_look(played):
            assert run(words) == 0, words
        assert "preserved" in capsys.readouterr().out
        monkeypatch.setattr(homes, "PATIENCE_S", 0.1)
        assert run(["demo", "--once", "--home", str(played.home)]) == 1
        assert "runs in" in capsys.readouterr().err, "nobody deletes the folder of a demo that runs"
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert gone(played.home, played.base), "nodes outlived a parent that was killed"


def test_a_demo_that_is_told_to_end_takes_its_nodes_with_it(tmp_path: Path) -> None:
    base, home = free_base(), tmp_path / ".demo"
    child = subprocess.Popen(
        [*COMITY, "demo", "--once"],
        cwd=tmp_path,
        env=environment(base),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + START_S
    while len(list(home.glob("*.log"))) < 5 and time.monotonic() < until:
        time.sleep(0.05)
    child.send_signal(signal.SIGTERM)
    said, complained = child.communicate(timeout=START_S)
    assert child.returncode == 130, complained
    assert "--reset" in said
    assert not left(home, base)


def iter_until_running(child: subprocess.Popen[str]) -> Iterator[str]:
    assert child.stdout is not None
    for line in child.stdout:
        yield line
        if "running" in json.loads(line):
            return
    raise AssertionError("the demo ended before its nodes ran")


def places_to_look(played: Played) -> list[list[str]]:
    """The commands that the demo told the user to try, those that look at a refused receipt left out."""
    found = [place for line in played.told for place in line.get("look", ()) if place.startswith("comity ")]
    return [shlex.split(place)[1:] for place in dict.fromkeys(found) if "tampered" not in place]
