"""Imports over the API: each value once, each refused line with its reason, limits that hold."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from comity.faces.api.routes.imports import BATCH_MAX, WARNING_LIST_BYTES_MAX
from tests.faces.routes.desks import KH, PROBLEM, Desks


def batch(given: list[str], **changed: object) -> dict[str, Any]:
    about = {"kind": "domain", "role": "scam-site", "source": "l", "source_sha256": "1" * 64}
    return {"values": given, **about, **changed}


def test_importing_again_adds_nothing(desks: Desks) -> None:
    body = batch(["again-1.example", "again-2.example"], audience=KH)
    first, second = desks.kr.post("/imports", body), desks.kr.post("/imports", body)
    assert (first["new"], first["known"]) == (2, 0)
    assert (second["new"], second["known"]) == (0, 2)
    assert first["origin"] == second["origin"]


def test_each_refused_value_has_its_place_and_reason_and_the_others_are_kept(desks: Desks) -> None:
    kept = desks.kr.post("/imports", batch(["fine.example", "https://x.example/", "co.uk", "*.wild.example"]))
    assert kept["new"] == 1
    assert [(r["field"], r["code"]) for r in kept["refused"]] == [
        ("values[1]", "domain-is-url"),
        ("values[2]", "domain-public-suffix"),
        ("values[3]", "domain-wildcard"),
    ]
    assert kept["refused"][2]["mend"] == "wild.example"


def test_values_without_a_kind_are_read_as_the_surest_one(desks: Desks) -> None:
    kept = desks.kr.post("/imports", batch(["mixed.example", "https://mixed.example/a", "???"], kind=None))
    assert (kept["new"], [r["code"] for r in kept["refused"]]) == (2, ["value-of-no-kind"])


def test_values_without_an_audience_stay_on_the_desk(desks: Desks) -> None:
    kept = desks.kr.post("/imports", batch(["home-alone.example"]))
    (channel,) = [c for c in desks.kr.get("/channels") if c["origin"] == kept["origin"]]
    assert channel["lane"] == "desk"


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"audience": "nobody.example"}, 409, "no-channel-to-peer"),
        ({"audience": "No Host"}, 400, "node-name"),
        ({"kind": "smell"}, 400, "indicator-kind-unknown"),
        ({"values": []}, 400, "request-shape"),
        ({"values": ["x.example"] * (BATCH_MAX + 1)}, 400, "request-shape"),
        ({"source_sha256": "ABC"}, 400, "request-shape"),
        ({"confidence": 101}, 400, "request-shape"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_batch_that_does_not_fit_is_a_problem(desks: Desks, changed: dict[str, Any], status: int, code: str) -> None:
    answer = desks.kr.ask("/imports", batch(["y.example"], **changed))
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def _listed(**changed: object) -> dict[str, Any]:
    made = {"name": "n (fictional)", "description": "d", "version": 1, "type": "hostname", "list": ["a.example"]}
    return {**made, "matching_attributes": ["domain"], **changed}


def test_a_newer_warning_list_takes_the_place_of_the_old_one(desks: Desks) -> None:
    desks.kr.post("/imports/warning-list", _listed())
    desks.kr.post("/imports/warning-list", _listed(version=2, list=["a.example", "b.example"]))
    (there,) = [each for each in desks.kr.get("/imports/warning-lists") if each["name"] == "n (fictional)"]
    assert (there["version"], there["entries"]) == (2, 2)


@pytest.mark.parametrize(
    ("body", "code"),
    [({"a": 1}, "warning-list-json"), (_listed(type="smell"), "warning-list-type"), (_listed(list=[" "]), "warning-list-entry-empty")],
    ids=str,
)  # fmt: skip
def test_a_warning_list_that_cannot_be_read_is_refused_whole(desks: Desks, body: dict[str, Any], code: str) -> None:
    answer = desks.kr.ask("/imports/warning-list", body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_large_warning_list_passes_and_a_larger_one_does_not(desks: Desks) -> None:
    headers = {**desks.kr._headers("kim"), "content-type": "application/json"}
    for size, status in ((WARNING_LIST_BYTES_MAX - 1000, 200), (WARNING_LIST_BYTES_MAX + 1, 413)):
        raw = msgspec.json.encode(_listed(name="large (fictional)", description="d" * size))
        answer = desks.kr.client.post("/imports/warning-list", content=raw, headers=headers)
        assert answer.status_code == status
    assert answer.headers["content-type"] == PROBLEM
