"""Alerts, freezes and requests sent anew, over the desk's API and on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from comity.faces.cli.app import run
from tests.faces.routes.desks import KH, KR, Desks, introduced, opened_desks, sent
from tests.freeze.drafts import FORM, TRANSFER, WALLET

READ = {"text_title": "FICTIONAL memorandum", "text_sha256": "a" * 64}
LEE, CHAN = "lee (fictional)", "chan (fictional)"


def in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    with opened_desks(tmp_path_factory.mktemp("desks")) as made:
        yield made


def test_an_alert_over_the_api_leaves_is_answered_and_countersigned(desks: Desks) -> None:
    kr, kh = desks.kr, desks.kh
    asked = {"to": KH, "name": "Jane Doe-Example", "form": {"state[]": "confined"}}
    assert set(kr.refused("/rescue/alerts", asked)) == {"attest-missing"}
    body = {"to": KH, "route": "kr_kh.rescue", "valid_until": in_days(90), **READ}
    assert kr.post("/rescue/attestations", body, by=LEE)["in_force"] is True
    assert [(e["by"], e["route"]) for e in kr.get("/rescue/attestations")] == [(LEE, "kr_kh.rescue")]
    alerted = kr.post("/rescue/alerts", asked)
    assert alerted["route"] == "kr_kh.rescue"
    assert "facts" in {reason["field"] for reason in alerted["advice"]}
    desks.exchange()
    there = kh.get(f"/requests/{alerted['request']}")
    assert (there["state"], there["ask"]["personal_targets"][0]["value"]) == ("handed_over", "jane doe-example")
    assert "isn't to be punished" in there["progress"]["note"]["en"]
    kh.post(f"/requests/{alerted['request']}/steps", {"event": "plan"})
    bare = {"event": "report", "taken": "found", "choice": "rescued", "whereabouts": "a shelter"}
    refused = kh.refused(f"/requests/{alerted['request']}/actions", bare)
    assert set(refused) == {"whereabouts-without-consent", "found-without-consent"}
    path = f"/rescue/alerts/{alerted['request']}/countersign"
    assert set(kr.refused(path)) == {"same-person-twice"}
    view = kr.post(path, by=LEE)
    assert (view["progress"]["second_signature"]["by"], view["progress"]["answer"]["overdue"]) == (LEE, False)
    (line,) = [e for e in kr.get("/rescue/alerts") if e["request"] == alerted["request"]]
    assert (line["side"], line["second_signature"]["overdue"]) == ("requester", False)
    desks.exchange()
    (line,) = [e for e in kh.get("/rescue/alerts") if e["request"] == alerted["request"]]
    assert (line["side"], line["second_signature"]) == ("requested", None)
    assert "jane" not in json.dumps(line).casefold(), "a list names nobody"


def freeze_form() -> dict[str, str]:
    return FORM | {"ends_at": in_days(20), "remedy_until": in_days(10)}


def test_a_freeze_over_the_api_shows_what_is_held_beside_what_was_asked(desks: Desks) -> None:
    form = freeze_form()
    wallet = {"kind": "wallet", "value": WALLET}
    targets = [wallet, {"kind": "transaction", "value": TRANSFER}]
    request = sent(desks, measure="freeze", route="vol.freeze", nature="voluntary", targets=targets, form=form)
    path = f"/requests/{request}"
    desks.kh.post(f"{path}/steps", {"event": "accept"})
    desks.kh.post(f"{path}/steps", {"event": "order_hold"})
    body: dict[str, Any] = {"event": "confirm_hold", "taken": "stopped", "hold_until": in_days(15)}
    body["held"] = [{"asset": FORM["asset"], "amount": "7"}]
    view = desks.kh.post(f"{path}/actions", body, by=CHAN)
    assert view["state"] == "partly_held"
    desks.exchange()
    hold = desks.kr.get(path)["progress"]["hold"]
    assert (hold["asked"], hold["held"], hold["lapsed"]) == (FORM["amount_units"], body["held"], False)
    answer = desks.kh.ask(f"{path}/actions", body | {"held": [{"asset": "KRW", "amount": "1.5"}]})
    assert answer.status_code == 400, "amounts are whole"


def test_a_request_sent_anew_is_shown_at_the_old_one_and_the_old_one_at_it(desks: Desks) -> None:
    first = sent(desks)
    said = {"event": "intend_to_refuse_or_postpone", "reason": "FICTIONAL"}
    desks.kh.post(f"/requests/{first}/steps", said)
    desks.kh.post(f"/requests/{first}/steps", {"event": "refuse", "ground": "NOT_IN_FORM", "reason": "FICTIONAL"})
    desks.exchange()
    second = sent(desks, replaces_request=first)
    for side in (desks.kr, desks.kh):
        assert side.get(f"/requests/{first}")["progress"]["replaced_by"] == [second]
        assert side.get(f"/requests/{second}")["ask"]["replaces_request"] == first


# ---- the command line, each node opened for its command ------------------------------------------------------------------


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    kr, kh = introduced(tmp_path_factory.mktemp("homes"))
    return kr.home, kh.home


class Typing:
    """Somebody at one node's command line."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.home, self.capsys = home, capsys

    def says(self, *words: str, by: str = "kim (fictional)", code: int = 0) -> str:
        self.capsys.readouterr()
        got = run([*words, "--home", str(self.home), "--as", by])
        told = self.capsys.readouterr()
        assert got == code, (words, told.out, told.err)
        return told.out + told.err


def test_an_alert_is_one_line_to_type(
    homes: tuple[Path, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    kim = Typing(homes[0], capsys)
    line = ("rescue", "alert", "--to", KH, "--name", "Jane Doe-Example")
    assert "Nobody has recorded having read" in kim.says(*line, code=1)
    text = tmp_path / "memorandum.txt"
    text.write_text("FICTIONAL TEXT")
    read = ("--title", "FICTIONAL memorandum", "--text", str(text))
    route = ("--to", KH, "--route", "kr_kh.rescue", "--until", in_days(90))
    assert "has read FICTIONAL memorandum" in kim.says("rescue", "attest-route", *route, *read, by=LEE)
    assert "kr_kh.rescue" in kim.says("rescue", "attestations")
    told = kim.says(*line, "--place", "geo:10.6271,103.5128", "--target", "phone=no number")
    assert "has left by kr_kh.rescue" in told
    assert "goes along in words" in told
    request = told.split()[1]
    assert "due" in kim.says("rescue", "list")
    assert "needs somebody else" in kim.says("rescue", "countersign", request, code=1)
    kim.says("rescue", "countersign", request, by=LEE)
    assert LEE in kim.says("rescue", "list")
    shown = kim.says("request", "show", request)
    assert f"Countersigned by {LEE}" in shown
    assert "isn't to be punished" in shown


def test_a_freeze_that_says_too_little_is_told_what_is_missing(
    homes: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    kim = Typing(homes[0], capsys)
    given = ("--measure", "freeze", "--to", KH, "--route", "vol.freeze", "--nature", "voluntary", "--offence", "fraud")
    told = kim.says("request", "draft", *given, "--target", f"wallet={WALLET}", "--facts", "FICTIONAL")
    for said in ("how much", "of what", "lapses", "may object: remedy_address", "legal basis at home"):
        assert said in told
    whole = [word for name, text in freeze_form().items() for word in ("--form", f"{name}={text}")]
    told = kim.says("request", "draft", *given, "--target", f"wallet={WALLET}", "--facts", "FICTIONAL", *whole)
    assert "how much" not in told
    shown = kim.says("request", "show", told.split()[1])
    assert f"Asked: {FORM['amount_units']} of {FORM['asset']}" in shown


def test_the_homes_know_each_other(homes: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert KR in Typing(homes[1], capsys).says("peer", "list")
