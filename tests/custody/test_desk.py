"""Custody as officers ask for it: over the desk's API, and on the command line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.faces.cli.app import run
from comity.faces.cli.custody_words import WORDS
from comity.faces.cli.sentence_words import WORDS as SENTENCE
from tests.faces.routes.desks import KH, KR, Desks, opened_desks
from tests.house.tracked import ROOT
from tests.node.homes import fresh_home

RULES = (
    "domain/record/custody.py",
    *(f"flows/{name}.py" for name in ("ordering", "withdraw", "amend", "erase", "clear", "proposal", "transfer")),
    *(f"flows/{name}.py" for name in ("hold", "duty", "custody", "carrying", "arriving/transfer")),
)
GIVEN = re.compile(r"Reason\(\s*\"([a-z-]+)\"")
SHA = "0" * 64


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Desks]:
    with opened_desks(tmp_path) as made:
        yield made


def shared(two: Desks, value: str = "lure-harbour.example") -> str:
    """A record of KR's that KH has."""
    body = {"values": [value], "kind": "domain", "role": "scam-site", "source": "list", "source_sha256": SHA}
    two.kr.post("/imports", body | {"audience": KH})
    two.exchange()
    known = two.kh.post("/lookup", {"value": value, "kind": "domain"})
    record: str = known["statements"][0]["record"]
    return record


def test_every_reason_has_words() -> None:
    codes = {code for file in RULES for code in GIVEN.findall((ROOT / "src" / "comity" / file).read_text())}
    assert {"tlp-red-never-onward", "already-decided", "marking-loosened"} <= codes
    assert codes - set(WORDS) - set(SENTENCE) == set()


def test_an_erasure_is_proposed_confirmed_and_followed_over_the_api(two: Desks) -> None:
    record = shared(two)
    proposed = two.kr.post("/custody/erasures", {"records": [record], "ground": "court-order"})
    assert two.kr.get("/custody")["proposals"] == [proposed]
    alone = two.kr.refused(f"/custody/proposals/{proposed['id']}/confirm")
    assert set(alone) == {"four-eyes"}
    issued = two.kr.post(f"/custody/proposals/{proposed['id']}/confirm", by="Lee (fictional)")
    assert issued["readers"] == [KH]
    two.exchange()
    shown = two.kr.get(f"/custody/{issued['order']}")["order"]
    assert shown["summary"] == "1 of 1 complied"
    told = two.kr.get(f"/custody/{record}")["record"]
    assert (told["course"], told["reason"], told["keepers"][0]["node"]) == ("erased", "court-order", KH)
    assert "no proof that bytes are gone" in told["says"]
    assert two.kh.get(f"/custody/{record}")["record"]["course"] == "erased"


def test_a_withdrawn_value_is_shown_as_withdrawn_and_not_raised(two: Desks) -> None:
    record = shared(two)
    two.kr.post("/custody/withdrawals", {"records": [record], "reason_code": "wrong-site"})
    two.exchange()
    known = two.kh.post("/lookup", {"value": "lure-harbour.example", "kind": "domain"})
    assert (known["raised"], [each["course"] for each in known["statements"]]) == (False, ["withdrawn"])
    (said,) = known["statements"]
    seen = two.kh.get(f"/records/{said['origin'].replace('/ch/', '/')}/{said['index']}")
    assert seen["course"] == "withdrawn"


def test_a_receipt_that_is_fetched_is_a_copy_that_left(two: Desks) -> None:
    record = shared(two)
    place = two.kr.world.store.find(record)[0]
    path = f"/receipts/{place.origin.replace('/ch/', '/')}/{place.index}.tlog-proof"
    for _ in range(2):
        assert two.kr.raw(path).status_code == 200
    (copy,) = two.kr.get(f"/custody/{record}")["record"]["copies"]
    assert (copy["what"], copy["by"]) == ("receipt", two.kr.officer)


def test_an_amendment_holds_to_the_kind_and_says_what_doesnt_fit(two: Desks) -> None:
    record = shared(two)
    body = {"record": record, "body": {"kind": "domain"}, "reason_code": "wrong-site"}
    wrong = two.kr.ask("/custody/amendments", body)
    assert (wrong.status_code, wrong.json()["code"]) == (400, "request-shape")
    source = {"name": "list", "sha256": SHA}
    new = {"kind": "domain", "role": "scam-site", "source": source, "value": "right-harbour.example"}
    two.kr.post("/custody/amendments", body | {"body": new})
    two.exchange()
    known = two.kh.post("/lookup", {"value": "right-harbour.example", "kind": "domain"})
    assert known["raised"]


def test_what_isnt_ours_or_isnt_there_is_answered_as_such(two: Desks) -> None:
    record = shared(two)
    no = two.kh.refused("/custody/withdrawals", {"records": [record], "reason_code": "x"})
    assert set(no) == {"not-our-record"}
    assert two.kr.raw("/custody/01930000-0000-7000-8000-000000000000").status_code == 404
    assert set(two.kr.refused("/custody/holds/none/lift")) == {"no-hold"}


def test_the_command_line_says_what_waits_and_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = fresh_home(tmp_path / "home", KR)
    here = ["--home", str(config.home), "--as", "Kim (fictional)"]
    assert run(["custody", "list", *here]) == 0
    assert "No order that others answer to us." in capsys.readouterr().out
    missing = "01930000-0000-7000-8000-000000000000"
    assert run(["record", "withdraw", missing, "--reason", "x", *here]) != 0
    assert "Only its issuer takes a record back" in capsys.readouterr().err
    assert run(["custody", "list", "--json", *here]) == 0
    assert json.loads(capsys.readouterr().out) == {"proposals": [], "duties": [], "orders": []}
