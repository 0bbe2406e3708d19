"""The desk's API, asked by a machine that has read nothing but its description: every answer is one that the description promises."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
import schemathesis

from comity.domain.terms import Actor
from comity.faces.api.openapi import FILE
from tests.access.people import CASE_A, Door, opened_case, opened_door, person
from tests.api_fuzz.asking import Known, as_asked, fuzz, operations
from tests.browser.work import laid_out
from tests.faces.routes.desks import KH, KR, LURE, TOKEN
from tests.house.tracked import ROOT
from tests.people.house import ORIGIN, PASSWORD, House, opened_house

TOLD = json.loads((ROOT / FILE).read_bytes())
OPERATIONS = operations(TOLD)
OF_PEOPLE = ("/people", "/passkeys", "/session")
"""What is about accounts and sessions is asked on a node that has some."""
ROLES = ("officer", "approver", "analyst", "administrator", "auditor")


@dataclass
class Worked:
    """A desk with work on it."""

    door: Door
    known: Known
    officers: tuple[Actor | None, ...]


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worked]:
    with opened_door(tmp_path_factory.mktemp("fuzzed")) as (door, desks):
        named = laid_out(desks)
        opened_case(door.world, CASE_A, "2026-1", "kim", "lee")
        raw = b"fictional bytes"
        headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/octet-stream"}
        file = door.client.post("/files", content=raw, headers={**headers, "x-comity-officer": "kim"}).json()
        report = desks.kr.get(f"/reports/{named['report']}")
        yield Worked(
            door, known_here(desks.kr, named, report, file), (None, person(door.world, "kim", *ROLES, case=CASE_A))
        )


def known_here(side: Any, named: dict[str, str], report: dict[str, Any], file: dict[str, Any]) -> Known:
    """What is on the desk, by the names under which it is asked for."""
    requests = tuple(named[each] for each in sorted(named) if each != "report")
    origins = [each["origin"] for each in side.get("/channels")]
    records = requests
    return {
        "request_id": requests,
        "request": requests,
        "thing": (*requests, named["report"]),
        "report_id": (named["report"],),
        "report": (named["report"],),
        "wanted": records,
        "record_id": records,
        "record": records,
        "id": (*requests, named["report"], file["sha256"]),
        "what": ("request", "report", "record", "file"),
        "case_id": (CASE_A,),
        "account": ("kim", "lee"),
        "host": (KR, KH),
        "channel": tuple(each.partition("/ch/")[2] for each in origins),
        "origin": tuple(origins),
        "index": ("0", "1", "2"),
        "file": ("0.fields", "0.receipt", "0"),
        "rest": ("checkpoint", "tile/0/000.p/1", "records/000.p/1", "tile/entries/000.p/1"),
        "sha256": (file["sha256"],),
        "name": (KH, "report", "request", "action"),
        "peer": (KH,),
        "holder": (KH,),
        "to": (KH,),
        "version": ("1", "2"),
        "measure": ("preserve", "takedown", "rescue"),
        "route": ("kr_kh.mla", "kr.takedown"),
        "nature": ("via-state",),
        "offence": ("fraud",),
        "country": ("KR", "KH"),
        "category": ("fraud", "held-against-will"),
        "channel_in": ("citizen",),
        "value": (LURE, "+82 10-5550-4471"),
        "q": ("lure", "가상", "5550-4471"),
        "kind": ("url", "phone", "email"),
        "event": ("accept", "ask", "opened", "preserve", "refuse", "withdraw", "report_action"),
        "taken": ("snapshot-kept", "block"),
        "ground": ("OVERBROAD", "court-order"),
        "urgency": ("urgent",),
        "text_sha256": ("a" * 64,),
        "source_sha256": ("a" * 64,),
        "deadline": ("2027-01-01T00:00:00Z",),
        "hold_until": ("2027-01-01T00:00:00Z",),
        "valid_until": ("2027-01-01T00:00:00Z",),
        "review": ("2027-01-01T00:00:00Z",),
        "until": ("2027-01-01T00:00:00Z",),
        "limit": ("5",),
        "before": ("3",),
    }


def test_the_description_served_is_the_one_in_docs(worked: Worked) -> None:
    assert worked.door.get(None, "/schema").json() == TOLD


@pytest.mark.parametrize("label", sorted(each for each in OPERATIONS if not each.split(" ")[1].startswith(OF_PEOPLE)))
def test_every_answer_of_the_desk_is_a_promised_one(worked: Worked, label: str) -> None:
    turn = count()

    def send(case: schemathesis.Case) -> Any:
        worked.door.named.actor = worked.officers[next(turn) % 2]
        headers = {
            "Authorization": f"Bearer {TOKEN}",
            "X-Comity-Officer": case.headers.get("X-Comity-Officer") or "kim",
        }
        return worked.door.client.request(**as_asked(case, "http://127.0.0.1:8711", headers))

    fuzz(OPERATIONS[label], worked.known, send)


class Admin:
    """An administrator's browser on a node with people; comes in again whenever a request has ended the session."""

    def __init__(self, house: House) -> None:
        self._house, self._browser = house, house.first()
        self._browser.enrol()
        self.known: Known = {
            "person_name": ("ahn", "lim"),
            "login": ("ahn", "lim"),
            "password": (PASSWORD,),
            "passkey_id": tuple(each["id"] for each in self._browser.get("/passkeys")),
        }

    def ask(self, case: schemathesis.Case) -> Any:
        answer = self._ask(case)
        if answer.status_code == 401:
            self._browser = self._house.browser()
            self._browser.log_in("ahn")
            answer = self._ask(case)
        return answer

    def _ask(self, case: schemathesis.Case) -> Any:
        headers = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", "X-Comity-Csrf": self._browser.csrf}
        return self._browser.client.request(**as_asked(case, ORIGIN, headers))


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Admin]:
    with opened_house(tmp_path_factory.mktemp("house")) as house:
        yield Admin(house)


@pytest.mark.parametrize("label", sorted(each for each in OPERATIONS if each.split(" ")[1].startswith(OF_PEOPLE)))
def test_every_answer_at_the_door_and_about_people_is_a_promised_one(admin: Admin, label: str) -> None:
    fuzz(OPERATIONS[label], admin.known, admin.ask)
