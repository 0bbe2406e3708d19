"""The catalog over the API: it shows what the folders hold, and no more and no less."""

from __future__ import annotations

from typing import Any

import pytest

from comity.adapters.catalog import FileCatalog
from comity.domain import indicator, record
from tests.faces.routes.desks import KH, Desks


def test_every_kind_in_the_folders_is_shown(desks: Desks) -> None:
    told = desks.kr.get("/kinds")
    assert {each["kind"] for each in told["indicators"]} == set(indicator.kinds())
    assert {each["kind"] for each in told["records"]} == set(record.kinds())
    for each in told["indicators"]:
        assert each["label"]
        assert each["examples"]
        assert each["personal"] is not indicator.is_open(each["kind"])


def test_every_record_kind_has_a_schema_that_marks_what_is_sealed(desks: Desks) -> None:
    for each in desks.kr.get("/kinds")["records"]:
        schema = desks.kr.get(each["schema"])
        body: dict[str, Any] = schema["$defs"][schema["$ref"].rpartition("/")[2]]
        marked = {f"/{name}" for name, place in body["properties"].items() if place.get("personal")}
        assert marked == set(each["personal"])


@pytest.mark.parametrize("path", ["/schemas/report/99", "/schemas/smell/1", "/schemas/report/x"])
def test_an_unknown_schema_is_not_found_with_those_that_are(desks: Desks, path: str) -> None:
    answer = desks.kr.raw(path)
    assert (answer.status_code, answer.json()["facts"]["known"]) == (404, sorted(record.kinds()))


def test_every_measure_in_the_catalog_is_shown_with_what_a_receipt_of_it_does_not_show(desks: Desks) -> None:
    told = {each["id"]: each for each in desks.kr.get("/measures")}
    assert set(told) == set(FileCatalog().measures())
    assert all(each["proves_not"]["en"] and each["label"]["en"] for each in told.values())
    assert "ko" in told["preserve"]["unreviewed"]


def test_routes_are_weighed_best_first_with_gate_reasons_conditions_source_and_standing(desks: Desks) -> None:
    rows = desks.kr.get("/routes", measure="preserve", to=KH)
    assert (rows[0]["route"], rows[0]["gate"]) == ("kr_kh.mla", "attest")
    gates = [row["gate"] for row in rows]
    assert gates == sorted(gates, key=("open", "attest", "blocked").index)
    for row in rows:
        assert row["source"]
        assert row["standing"] in ("text", "secondary", "memory", "design")
        if row["gate"] == "blocked":
            assert "blocked" in {reason["facts"]["effect"] for reason in row["reasons"]}
            assert row["nearest"] == "kr_kh.mla"
    held = [member["name"] for form in rows[0]["forms"] for member in form["members"] if member["held"]]
    assert held == ["central_authority", "subject_and_nature", "use_limitation"]
    assert rows[0]["conditions"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"measure": "smell", "to": KH}, 404),
        ({"measure": "preserve", "to": "nobody.example"}, 404),
        ({"measure": "preserve", "to": "No Host"}, 400),
        ({"measure": "preserve"}, 400),
    ],
    ids=str,
)
def test_routes_of_nothing_are_a_problem(desks: Desks, query: dict[str, str], status: int) -> None:
    assert desks.kr.raw("/routes", **query).status_code == status
