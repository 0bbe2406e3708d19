"""Look-up over the API: who said so and when, exactly or by what covers it, and why nothing is raised."""

from __future__ import annotations

import pytest

from tests.faces.routes.desks import KR, Desks

SHA = "e" * 64


@pytest.fixture(scope="module")
def shared(desks: Desks) -> Desks:
    """Korea has shared a domain, a wallet and a number."""
    for kind, value in (
        ("domain", "shared-harbour.example"),
        ("wallet", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
        ("phone", "+855 12 345 678"),
    ):
        body = {"values": [value], "kind": kind, "role": "recruiter", "source": "list-1", "source_sha256": SHA}
        desks.kr.post("/imports", {**body, "audience": desks.kh.world.me.name})
    desks.exchange()
    return desks


@pytest.mark.parametrize(
    ("asked", "exact"),
    [
        ("shared-harbour.example", True),
        ("SHARED-HARBOUR[.]example", True),
        ("https://shared-harbour.example/", False),
        ("a.b.shared-harbour.example", False),
        ("bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa?amount=1", True),
    ],
)
def test_a_value_is_found_in_any_notation_with_who_said_so_and_when(shared: Desks, asked: str, exact: bool) -> None:
    (said,) = shared.kh.get("/lookup", value=asked)["statements"]
    assert (said["said_by"], said["role"], said["source"]) == (KR, "recruiter", "list-1")
    assert said["exact"] is exact
    assert said["said_at"].endswith("Z")
    place = shared.kh.get(f"/records/{said['origin'].replace('/ch/', '/')}/{said['index']}")
    assert place["envelope"]["id"] == said["record"]


def test_a_personal_value_is_found_by_the_body_alone(shared: Desks) -> None:
    answer = shared.kh.raw("/lookup", value="+85512345678")
    (reason,) = answer.json()["facts"]["reasons"]
    assert (answer.status_code, reason["code"]) == (422, "personal-value-in-address")
    assert "POST /lookup" in reason["facts"]["mend"]
    (said,) = shared.kh.post("/lookup", {"value": "+85512345678"})["statements"]
    assert said["said_by"] == KR


def test_what_nobody_named_is_an_empty_answer(shared: Desks) -> None:
    known = shared.kh.get("/lookup", value="quiet-harbour.example")
    assert (known["statements"], known["suppressed"], known["raised"]) == ([], [], False)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"value": "???"}, "value-of-no-kind"),
        ({"value": "x.example", "kind": "smell"}, "indicator-kind-unknown"),
        ({"value": "https://x.example/", "kind": "domain"}, "domain-is-url"),
        ({"value": ""}, "request-shape"),
        ({}, "request-shape"),
        ({"value": "x" * 5000}, "request-shape"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_value_that_cannot_be_read_is_a_problem_with_its_code(
    shared: Desks, query: dict[str, str], code: str
) -> None:
    answer = shared.kh.raw("/lookup", **query)
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text


def test_a_listed_popular_name_is_known_and_says_why_nothing_is_raised(shared: Desks) -> None:
    listed = {
        "name": "popular (fictional)",
        "description": "d",
        "version": 3,
        "type": "hostname",
        "matching_attributes": ["hostname", "domain", "url"],
        "list": ["shared-harbour.example"],
    }
    kept = shared.kh.post("/imports/warning-list", listed)
    assert (kept["name"], kept["entries"], kept["by"]) == ("popular (fictional)", 1, shared.kh.officer)
    known = shared.kh.get("/lookup", value="shared-harbour.example")
    assert known["statements"]
    assert not known["raised"]
    assert [(s["list"], s["entry"], s["why"]) for s in known["suppressed"]] == [
        ("popular (fictional)", "shared-harbour.example", "listed")
    ]
    assert [each["name"] for each in shared.kh.get("/imports/warning-lists")] == ["popular (fictional)"]
    taken = shared.kh.post(
        "/reports", {"country": "KH", "category": "c", "values": [{"value": "shared-harbour.example"}]}
    )
    assert taken["raised"] == []
