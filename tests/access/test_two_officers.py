"""Two officers in two cases hold the same telephone number: neither learns of the other by any answer of the desk.

Every GET route of the OpenAPI document is asked before and after the other's data is there: same bytes, same number of statements.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from comity.domain.terms import Actor
from comity.faces.api.openapi import document
from tests.access.people import CASE_A, CASE_B, Door, opened_case, opened_door, person
from tests.faces.routes.desks import KH, ask

PHONE = "+82 10-0000-0001"
NARRATIVE = "FICTIONAL: the caller's number is the one in the list."
FILE_A, FILE_B = b"fictional bytes of case A", b"fictional bytes of case B"
NOT_THERE = "0193ffff-0000-7000-8000-0000000000ff"


@dataclass
class Made:
    """What one officer has made: what stands in paths, by the name of the parameter."""

    actor: Actor
    case: str
    ids: dict[str, str] = field(default_factory=dict)


@dataclass
class House:
    door: Door
    b: Made
    before: dict[str | None, dict[str, tuple[int, bytes, int]]]
    a: Made


def work(door: Door, account: str, case: str, raw: bytes) -> Made:
    """A report, a request on it, a file and a shared value, all in the case."""
    actor = person(door.world, account, "officer", case=case)
    made = Made(actor, case)
    report = _yes(
        door.post(
            actor,
            "/reports",
            {
                "country": "KR",
                "category": "fraud",
                "values": [{"kind": "phone", "value": PHONE}],
                "narrative": NARRATIVE,
                "victims": [{"name": "Victim-Seven (fictional)", "whereabouts": "a fictional place"}],
                "fictional": True,
            },
        )
    )
    request = _yes(door.post(actor, "/requests", ask(report=report["report"])))
    sha256 = _yes(_upload(door, actor, raw))["sha256"]
    body = {
        "values": [PHONE],
        "kind": "phone",
        "role": "scam-caller",
        "source": "list (fictional)",
        "source_sha256": "b" * 64,
    }
    _yes(door.post(actor, "/imports", body))
    host, _, channel = report["origin"].partition("/ch/")
    shown = _yes(door.get(actor, f"/records/{host}/{channel}/{report['index']}"))
    made.ids = {
        "report_id": report["report"],
        "request_id": request["request"],
        "sha256": sha256,
        "host": host,
        "channel": channel,
        "index": str(report["index"]),
        "file": f"{report['index']}.fields",
        "wanted": shown["envelope"]["id"],
        "case_id": case,
    }
    return made


def _upload(door: Door, actor: Actor, raw: bytes) -> Any:
    door.named.actor = actor
    headers = {"authorization": "Bearer t0ken", "content-type": "application/octet-stream"}
    return door.client.post("/files", content=raw, headers=headers)


def _yes(answer: Any) -> Any:
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


FIXED = {"name": KH, "version": "1", "rest": "checkpoint"}
ROUTES = [
    (path, [each for each in told["get"].get("parameters", ()) if each["in"] == "query" and each.get("required")])
    for path, told in json.loads(document())["paths"].items()
    if "get" in told
]


def paths(ids: Mapping[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Every GET route, with these ids in it."""
    for path, needed in ROUTES:
        filled = path
        for name in re.findall(r"{(\w+)}", path):
            value = "report" if "/schemas/" in path and name == "name" else {**FIXED, **ids}.get(name, NOT_THERE)
            filled = filled.replace(f"{{{name}}}", value)
        asked = {"measure": "preserve", "to": KH}
        yield filled, {each["name"]: asked.get(each["name"], "lure-harbour.example") for each in needed}


def answers(door: Door, actor: Actor, ids: Mapping[str, str]) -> dict[str, tuple[int, bytes, int]]:
    return {path: door.counted(actor, path, **query) for path, query in paths(ids)}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened_door(tmp_path_factory.mktemp("two")) as (door, _):
        opened_case(door.world, CASE_A, "A-1", "a1")
        opened_case(door.world, CASE_B, "B-1", "b1")
        b = work(door, "b1", CASE_B, FILE_B)
        before = {}
        for case in (CASE_B, None):  # in the case, and on the desk with every case of theirs
            actor = person(door.world, "b1", "officer", case=case)
            answers(door, actor, b.ids)  # whatever is only made at the first look is made
            before[case] = answers(door, actor, b.ids)
        yield House(door, b, before, work(door, "a1", CASE_A, FILE_A))


def test_the_other_ones_data_changes_no_answer(house: House) -> None:
    for case, before in house.before.items():
        after = answers(house.door, person(house.door.world, "b1", "officer", case=case), house.b.ids)
        assert [path for path, told in after.items() if told[0] >= 500] == []
        assert {path: (told, before[path]) for path, told in after.items() if told != before[path]} == {}
    told = house.before[CASE_B]
    assert len([path for path, (status, *_) in told.items() if status == 200]) > 20, "most routes show something"
    assert any(b"FICTIONAL" in body for _, body, _ in told.values())
    assert not any(b"Victim-Seven" in body for _, body, _ in told.values())


def test_what_is_hidden_answers_like_what_never_was(house: House) -> None:
    actor = house.b.actor
    absent = dict.fromkeys(house.a.ids, NOT_THERE) | {
        "sha256": "f" * 64,
        "host": house.a.ids["host"],
        "channel": house.a.ids["channel"],
        "index": "100000",
        "file": "100000.fields",
    }
    routes = [path for path, _ in ROUTES if "{" in path]
    wrong, looked = {}, 0
    hidden, missing = dict(paths(house.a.ids)), dict(paths(absent))
    for route, one, other in zip((path for path, _ in ROUTES), hidden.items(), missing.items(), strict=True):
        if route not in routes or "case_id" in route:
            continue
        first, second = house.door.counted(actor, one[0], **one[1]), house.door.counted(actor, other[0], **other[1])
        told = first[1].decode()
        for name, given in house.a.ids.items():
            told = told.replace(given, absent[name]) if len(given) > 5 else told
        told = re.sub(r'"index":\d+', '"index":100000', told)
        looked += first[0] == 404
        if (first[0], told, first[2]) != (second[0], second[1].decode(), second[2]):
            wrong[route] = (first, second)
    assert wrong == {}
    assert looked > 8


def test_a_look_up_tells_of_ones_own_case_alone(house: House) -> None:
    for made, other in ((house.a, house.b), (house.b, house.a)):
        known = _yes(house.door.post(made.actor, "/lookup", {"kind": "phone", "value": PHONE}))
        assert {each["kind"] for each in known["statements"]} == {"report/1", "indicator/1"}
        assert len(known["statements"]) == 2
        assert other.ids["wanted"] not in {each["record"] for each in known["statements"]}


def test_a_report_raises_nothing_of_another_case(house: House) -> None:
    outsider = person(house.door.world, "c1", "officer")
    taken = _yes(
        house.door.post(
            outsider,
            "/reports",
            {"country": "KR", "category": "fraud", "values": [{"kind": "phone", "value": PHONE}], "fictional": True},
        )
    )
    assert taken["raised"] == []
    assert taken["known"][0]["statements"] == []


def test_whoever_sees_everything_sees_both(house: House) -> None:
    """The measure itself: without a sight the same questions do tell of both cases."""
    both = {house.a.ids["report_id"], house.b.ids["report_id"]}
    operator = replace(house.a.actor, account="", case=None)
    assert both <= {each["report"] for each in _yes(house.door.get(operator, "/reports"))}
    for made in (house.a, house.b):
        mine = {each["report"] for each in _yes(house.door.get(made.actor, "/reports"))}
        assert mine & both == {made.ids["report_id"]}


def test_who_suffers_is_told_to_nobody_without_that_act(house: House, tmp_path: Path) -> None:
    door, ids = house.door, house.a.ids
    plain = _yes(door.get(house.a.actor, f"/reports/{ids['report_id']}"))
    assert "/victims" in plain["absent"]
    assert "Victim-Seven" not in str(plain)
    reader = person(door.world, "a1", "officer", "victim-officer", case=CASE_A)
    assert "Victim-Seven" in str(_yes(door.get(reader, f"/reports/{ids['report_id']}")))
