"""The desk's API in this process: who gets in, what is refused and how, and that its description tells the truth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from comity.faces.api.desk import BODY_BYTES_MAX, desk_app, discovered
from comity.node.assembly import open_node
from tests.node.homes import fresh_home

TOKEN = "t0ken"
KH = "police.kh.example"
KIM = {"authorization": f"Bearer {TOKEN}", "x-comity-officer": "%EA%B9%80%20(fictional)"}
PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Any]]:
    """One node for all tests of this module; none of them needs it fresh."""
    with (
        open_node(fresh_home(tmp_path_factory.mktemp("homes") / "kr")) as node,
        TestClient(desk_app(node.itself, TOKEN), base_url="http://127.0.0.1:8711") as client,
    ):
        yield client


def paths() -> list[tuple[str, str]]:
    """Every method and path that the folder of routes brings."""
    return [(method, path) for handler in discovered() for method in handler.http_methods for path in handler.paths]


# ---- who gets in
@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer x", f"Basic {TOKEN}", f"Bearer {TOKEN} ", f"Bearer  {TOKEN}", TOKEN]
)
def test_without_the_token_there_is_a_problem_document(desk: TestClient[Any], header: str | None) -> None:
    answer = desk.get("/status", headers={} if header is None else {"authorization": header})
    assert (answer.status_code, answer.headers["content-type"]) == (401, PROBLEM)
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "token-wrong"


@pytest.mark.parametrize(("method", "path"), paths())
def test_no_route_opens_without_the_token(desk: TestClient[Any], method: str, path: str) -> None:
    concrete = re.sub(r"\{\w+:\w+\}", "1", path)
    assert desk.request(method, concrete, json={}).status_code == 401


def test_the_description_does_not_open_without_the_token_either(desk: TestClient[Any]) -> None:
    assert desk.get("/schema").status_code == 401


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:1", "localhost:8711", "[::1]:8711"])
def test_loopback_has_these_names(desk: TestClient[Any], host: str) -> None:
    assert desk.get("/health", headers={**KIM, "host": host}).status_code == 200


@pytest.mark.parametrize("host", ["rebound.example", "127.0.0.1.example", "0.0.0.0", "localhost.example:8711", ""])
def test_under_another_name_nothing_is_answered(desk: TestClient[Any], host: str) -> None:
    answer = desk.get("/health", headers={**KIM, "host": host})
    assert (answer.status_code, answer.json()["code"]) == (403, "host-not-ours")


# ---- who acts
@pytest.mark.parametrize(
    ("header", "code"),
    [(None, "officer-not-named"), ("", "officer-not-named"), ("%20", "officer-name"), ("%ff", "officer-name"), ("%0a", "officer-name"), ("a" * 101, "officer-name")],
)  # fmt: skip
def test_an_act_names_the_officer(desk: TestClient[Any], header: str | None, code: str) -> None:
    headers = {"authorization": KIM["authorization"], **({} if header is None else {"x-comity-officer": header})}
    answer = desk.post("/peers/invite", json={"to": KH}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_the_officer_is_kept_with_the_act(desk: TestClient[Any]) -> None:
    assert desk.post("/peers/invite", json={"to": "bank.vn.example"}, headers=KIM).status_code == 200
    notices = desk.app.state.node().world.store.notices()
    assert "김 (fictional)" in [notice.about["by"] for notice in notices if notice.kind == "peer-invited"]


# ---- what is refused
@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"to":"\xff"}', "application/json", 400),
        (b'{"to":"police.kh.example","more":1}', "application/json", 400),
        (b'{"to":7}', "application/json", 400),
        (b'{"to":"police.kh.example","lanes":["desk"]}', "application/json", 400),
        (b"{}", "application/json", 400),
        (b"", "application/json", 400),
        (b"to=police.kh.example", "application/x-www-form-urlencoded", 415),
        (b'{"to":"police.kh.example"}', "text/plain", 415),
        (b'{"to":"' + b"x" * BODY_BYTES_MAX + b'"}', "application/json", 413),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_body_that_does_not_fit_is_a_problem_document(
    desk: TestClient[Any], body: bytes, kind: str, status: int
) -> None:
    answer = desk.post("/peers/invite", content=body, headers={**KIM, "content-type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)


def test_a_body_that_does_not_fit_is_told_by_its_member(desk: TestClient[Any]) -> None:
    answer = desk.post("/peers/invite", json={"to": 7}, headers=KIM).json()
    assert answer["code"] == "request-shape"
    assert answer["facts"]["faults"] == [{"where": "to", "why": "Expected `str`, got `int`"}]


def test_a_lawful_no_has_every_reason(desk: TestClient[Any]) -> None:
    made = desk.post("/peers/invite", json={"to": KH}, headers=KIM).json()
    answer = desk.post("/peers", json={"invitation": made["invitation"]}, headers=KIM)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:comity:problem:refused")
    codes = [reason["code"] for reason in answer.json()["facts"]["reasons"]]
    assert codes == ["fingerprint-not-given", "invitation-for-another", "invitation-by-ourselves"]


def test_unlike_a_partner_an_officer_learns_what_was_not_found(desk: TestClient[Any]) -> None:
    answer = desk.get("/peers/nobody.example", headers=KIM)
    assert (answer.status_code, answer.json()["facts"]) == (404, {"name": "nobody.example"})


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("DELETE", "/peers", 405)])
def test_what_is_not_there_is_a_problem_document(desk: TestClient[Any], method: str, path: str, status: int) -> None:
    answer = desk.request(method, path, headers=KIM)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)


# ---- the description
def test_the_description_is_openapi_3_1_of_every_route(desk: TestClient[Any]) -> None:
    told = desk.get("/schema", headers=KIM).json()
    assert told["openapi"].startswith("3.1")
    described = {(method.upper(), _bare(path)) for path, item in told["paths"].items() for method in item}
    assert {(method, _bare(path)) for method, path in paths() if method != "OPTIONS"} <= described


def _bare(path: str) -> str:
    """Without the types of its parameters."""
    return re.sub(r":\w+\}", "}", path)


def test_the_description_promises_what_the_decoder_refuses(desk: TestClient[Any]) -> None:
    schemas = desk.get("/schema", headers=KIM).json()["components"]["schemas"]
    assert schemas["Invite"]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["Invited"]


def test_every_route_describes_its_problems(desk: TestClient[Any]) -> None:
    for item in desk.get("/schema", headers=KIM).json()["paths"].values():
        for operation in item.values():
            assert {"400", "401", "403", "404", "415", "422"} <= set(operation["responses"])


# ---- a folder that is read
def test_one_more_file_in_the_folder_is_one_more_route(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from comity.faces.api import routes

    (tmp_path / "planted_here.py").write_text(
        "from litestar import get\n\n"
        "@get('/planted', sync_to_thread=True)\n"
        "def planted() -> dict[str, str]:\n"
        "    return {}\n\n"
        "routes = [planted]\n"
    )
    before = paths()
    monkeypatch.setattr(routes, "__path__", [*routes.__path__, str(tmp_path)])
    assert set(paths()) - set(before) == {("GET", "/planted")}


def test_channels_are_shown_with_how_far_they_have_come(desk: TestClient[Any]) -> None:
    rows = desk.get("/channels", headers=KIM).json()
    assert {(row["lane"], row["size"], row["confirmed"]) for row in rows if row["lane"] == "desk"} == {("desk", 0, 0)}
