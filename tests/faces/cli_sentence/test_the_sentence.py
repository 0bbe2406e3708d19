"""Report, match, request, action, receipt on the command line of two running nodes."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path

import pytest

from comity.faces.cli.app import run
from tests.faces.cli_sentence.conftest import Officer, Officers

KR, KH = "police.kr.example", "taskforce.kh.example"
LURE = "https://jobs.lure-harbour.example/apply?id=7"
DRAFT = """
measure = "preserve"
to = "taskforce.kh.example"
route = "kr_kh.mla"
nature = "via-state"
offence = "fraud"
facts = "FICTIONAL: the page recruits for a compound."
targets = [{ value = "https://jobs.lure-harbour.example/apply?id=7" }, { kind = "email", value = "victim@family.example" }]

[form]
central_authority = "MOJ"
subject_and_nature = "fraud"
use_limitation = "this case"
"""


def drafted(kim: Officer, folder: Path) -> str:
    (folder / "draft.toml").write_text(DRAFT)
    request: str = kim.asks("request", "draft", str(folder / "draft.toml"))["request"]
    return request


def sent(officers: Officers, folder: Path) -> str:
    request = drafted(officers.kim, folder)
    (folder / "treaty.txt").write_text("FICTIONAL TEXT")
    officers.kim.says("request", "attest", request, "--title", "a treaty", "--text", str(folder / "treaty.txt"))
    officers.kim.says("request", "submit", request)
    officers.lee.says("request", "approve", request)
    officers.kim.says("request", "send", request)
    officers.sok.waits_for("request", "list", until=lambda rows: any(row["request"] == request for row in rows))
    return request


def test_the_whole_sentence(officers: Officers, tmp_path: Path) -> None:
    kim, lee, sok = officers.kim, officers.lee, officers.sok
    # report, match
    listed = tmp_path / "list.txt"
    listed.write_text("lure-harbour.example\nnot a domain\n\nlure-harbour.example\n")
    said = kim.says(
        "import", "list", str(listed), "--kind", "domain", "--to", KH, "--role", "scam-site", "--name", "harbour list"
    )
    assert "new" in said
    assert "domain-" in said
    sok.waits_for("lookup", "lure-harbour.example", until=lambda known: bool(known["statements"]))
    shown = sok.says(
        "report", "take", "--value", LURE, "--category", "job-lure", "--narrative", "FICTIONAL", "--fictional"
    )
    assert f"{KR} said so on " in shown
    assert " UTC" in shown
    assert "by covering it with domain lure-harbour.example" in shown
    assert "1 of its values are known elsewhere" in shown
    # request
    request = drafted(kim, tmp_path)
    refused = kim.is_refused("request", "submit", request)
    assert "Nobody has recorded having read the text of kr_kh.mla" in refused
    (tmp_path / "treaty.txt").write_text("FICTIONAL TEXT")
    kim.says("request", "attest", request, "--title", "a treaty", "--text", str(tmp_path / "treaty.txt"))
    kim.says("request", "submit", request)
    assert "The author can't approve their own request" in kim.is_refused("request", "approve", request)
    assert "is approved" in lee.says("request", "approve", request)
    assert "is sent" in kim.says("request", "send", request)
    # action
    sok.waits_for("request", "list", until=lambda rows: any(row["request"] == request for row in rows))
    whole = sok.says("request", "show", request)
    assert "victim@family.example" in whole
    assert f"comity request answer {request} accept" in whole
    sok.says("request", "answer", request, "accept")
    evidence = tmp_path / "export.json"
    evidence.write_bytes(b'{"fictional": true}')
    assert "--hold-until" in sok.is_refused("action", "take", request, "--event", "preserve", "--taken", "logs-held")
    told = sok.says(
        "action", "take", request, "--event", "preserve", "--taken", "logs-held",
        "--hold-until", "2027-01-22T00:00:00Z", "--evidence", str(evidence),
    )  # fmt: skip
    assert sha256(evidence.read_bytes()).hexdigest() in told
    view = kim.waits_for(
        "request", "show", request, until=lambda view: view["state"] == "preserved" and view["evidence"]
    )
    (item,) = view["evidence"]
    assert (item["sha256"], item["bytes"]) == (sha256(evidence.read_bytes()).hexdigest(), 19)
    assert item["media_type"] == "application/json"
    # receipt
    sok.waits_for("receipt", "list", request, until=lambda found: len(found["receipts"]) == 5 and not found["waiting"])
    for side in (kim, sok):
        folder = tmp_path / side.name[:3]
        saved = side.asks("receipt", "save", request, "--dir", str(folder), "--open", "/facts")
        policy = folder / "own.policy"
        side.says("receipt", "policy", "--out", str(policy))
        assert len(saved["files"]) == 5
        opened = [line for line in saved["files"] if line["fields"]]
        assert [line["opened"] for line in opened] == [["/facts"]]
        for line in saved["files"]:
            beside = ("--fields", line["fields"]) if line["fields"] else ()
            assert side.says("verify", line["proof"], "--policy", str(policy), *beside).startswith("VERIFIED")
            assert b"victim@family" not in Path(line["proof"]).read_bytes()
        shown = side.says("verify", opened[0]["proof"], "--policy", str(policy), "--fields", opened[0]["fields"])
        assert "FICTIONAL: the page recruits" in shown
        assert "/personal_targets (sealed" in shown


def test_a_receipt_needs_neither_node_nor_home(
    officers: Officers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = sent(officers, tmp_path)
    officers.kim.waits_for("receipt", "list", request, until=lambda found: bool(found["receipts"]))
    (line,) = officers.kim.asks("receipt", "save", request, "--dir", str(tmp_path))["files"]
    officers.sok.says("receipt", "policy", "--out", str(tmp_path / "theirs.policy"))
    elsewhere = ["--home", str(tmp_path / "nowhere")]
    assert run(["verify", line["proof"], "--policy", str(tmp_path / "theirs.policy"), *elsewhere]) == 0
    assert run(["verify", line["proof"], *elsewhere]) == 5
    assert not (tmp_path / "nowhere").exists()
    capsys.readouterr()


def test_terms_and_a_refusal_with_its_ground(officers: Officers, tmp_path: Path) -> None:
    request = sent(officers, tmp_path)
    sok, kim = officers.sok, officers.kim
    sok.says("request", "answer", request, "intend_to_refuse_or_postpone", "--reason", "FICTIONAL: scope unclear")
    told = sok.is_refused("request", "answer", request, "refuse")
    assert "A refusal names its ground." in told
    assert "No reason is given." in told
    assert "is never a ground" in sok.is_refused(
        "request", "answer", request, "refuse", "--ground", "BANK_SECRECY", "--reason", "x"
    )
    sok.says(
        "request",
        "answer",
        request,
        "offer_terms",
        "--term",
        "FICTIONAL: this case only",
        "--until",
        "2027-01-22T00:00:00Z",
    )
    kim.waits_for("request", "show", request, until=lambda view: view["state"] == "conditional")
    assert "FICTIONAL: this case only (use, until 2027-01-22 00:00:00 UTC" in kim.says("request", "show", request)


def test_one_side_cannot_say_the_others_word_and_is_told_its_own(officers: Officers, tmp_path: Path) -> None:
    request = sent(officers, tmp_path)
    told = officers.kim.is_refused("request", "answer", request, "accept")
    assert "Allowed now: " in told
    assert "withdraw" in told


def test_a_pointer_that_nothing_has_is_a_slip_and_writes_no_file(officers: Officers, tmp_path: Path) -> None:
    request = sent(officers, tmp_path)
    officers.kim.waits_for("receipt", "list", request, until=lambda found: bool(found["receipts"]))
    told = officers.kim.is_refused("receipt", "save", request, "--dir", str(tmp_path / "out"), "--open", "/fact")
    assert "/fact can't be opened" in told
    assert not (tmp_path / "out").exists()


def test_routes_are_shown_with_gate_reason_and_source(officers: Officers) -> None:
    shown = officers.kim.says("request", "routes", "--measure", "preserve", "--to", KH)
    assert shown.startswith("ATTEST   kr_kh.mla")
    assert "source: " in shown
    assert "standing: " in shown
    assert "BLOCKED  unc.preserve" in shown
    assert "is not in force" in shown
    assert "a named officer decides" in shown


def test_empty_states_say_what_to_do_next(officers: Officers, tmp_path: Path) -> None:
    assert "That doesn't make it harmless." in officers.kim.says("lookup", "quiet-harbour.example")
    assert "comity import warnings FILE" in officers.kim.says("import", "warnings")
    home = tmp_path / "fresh"
    fresh = Officer(home, "kim", officers.kim.capsys)
    fresh.says(
        "node",
        "init",
        "--name",
        "bank.vn.example",
        "--country",
        "VN",
        "--title",
        "t (fictional)",
        "--port",
        "0",
        "--address",
        "https://127.0.0.1:1",
    )
    for words, hint in (
        (("report", "list"), "Next: comity report take"),
        (("request", "list"), "Next: comity request routes"),
    ):
        assert hint in fresh.says(*words)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("lookup", "???"), 3, "No kind of indicator fits ???."),
        (("lookup", "x.example", "--kind", "smell"), 3, "There is no kind of indicator smell."),
        (("lookup",), 2, "give a value"),
        (("report", "take"), 2, "--category"),
        (("report", "take", "--category", "c"), 1, "neither a value nor a narrative"),
        (("report", "show", "x"), 1, ""),
        (("request", "show", "01930000-0000-7000-8000-000000000000"), 1, ""),
        (("request", "draft", "--measure", "preserve"), 2, "--to"),
        (("request", "draft", "--form", "x"), 2, "NAME=TEXT"),
        (("request", "attest", "x", "--title", "t"), 2, "--text"),
        (("request", "routes", "--measure", "smell", "--to", KH), 1, "smell"),
        (("import", "list", "missing.txt", "--role", "r"), 1, "missing.txt can't be read"),
        (("action", "take", "x", "--event", "e", "--taken", "t", "--evidence", "missing"), 1, "missing can't be read"),
        (("receipt", "list", "x"), 1, ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_what_goes_wrong_has_its_exit_code_and_words(
    officers: Officers, words: tuple[str, ...], code: int, told: str
) -> None:
    assert told in officers.kim.is_refused(*words, code=code)


def test_a_report_may_come_from_a_file_or_from_stdin(
    officers: Officers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {
        "category": "job-lure",
        "narrative": "FICTIONAL",
        "values": [{"value": "filed-harbour.example"}],
        "fictional": True,
    }
    (tmp_path / "r.json").write_text(json.dumps(body))
    (tmp_path / "r.toml").write_text(
        'category = "job-lure"\nnarrative = "FICTIONAL"\nvalues = [{ value = "a.example" }]\n'
    )
    for name in ("r.json", "r.toml"):
        taken = officers.sok.asks("report", "take", str(tmp_path / name))
        shown = officers.sok.asks("report", "show", taken["report"])
        assert (shown["body"]["country"], shown["body"]["narrative"]) == ("KH", "FICTIONAL")
    read, write = os.pipe()
    os.write(write, json.dumps({**body, "country": "VN"}).encode())
    os.close(write)
    with open(read, encoding="utf-8") as piped:
        monkeypatch.setattr("sys.stdin", piped)
        taken = officers.sok.asks("report", "take", "-", "--value", "phone=+855 12 345 678")
    shown = officers.sok.asks("report", "show", taken["report"])
    assert shown["body"]["country"] == "VN"
    assert shown["body"]["contacts"] == [{"kind": "phone", "value": "+85512345678"}]
    (tmp_path / "bad.toml").write_text("category = ")
    assert "TOML or JSON" in officers.sok.is_refused("report", "take", str(tmp_path / "bad.toml"), code=3)
