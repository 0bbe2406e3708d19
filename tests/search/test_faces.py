"""The desk's API and the command answer a question with what was found, where, and what there is of it in all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.config import read_config
from comity.domain.ledger import Lane
from comity.faces.cli.app import run
from comity.node.assembly import open_node
from tests.faces.routes.desks import Desks, opened_desks
from tests.node.homes import fresh_home
from tests.search.corpus import corpus, sealed
from tests.worlds import channel_to, letter


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    with opened_desks(tmp_path_factory.mktemp("desks")) as made:
        world = made.kr.world
        origin = channel_to(world, made.kh.world.me.name, Lane.BULK, "1" * 16).origin
        world.store.keep([letter(origin, sealed(world, each.body)) for each in corpus()])
        yield made


def test_a_hit_tells_where_it_stands_and_what_was_found_in_it(desks: Desks) -> None:
    told = desks.kr.get("/search", q="해외취업 kind:report", limit=1)
    (hit,) = told["records"]
    assert (hit["kind"], hit["issuer"], told["exact"]) == ("report/1", desks.kr.world.me.name, True)
    snippet = hit["snippet"]
    assert [snippet["text"][a:b] for a, b in snippet["spans"]] == ["해외취업"]
    assert snippet["pointer"] == "/narrative"
    host, _, channel = hit["origin"].partition("/ch/")
    assert desks.kr.get(f"/records/{host}/{channel}/{hit['index']}")["envelope"]["id"] == hit["record"]


def test_pages_lead_from_one_to_the_next(desks: Desks) -> None:
    seen: list[str] = []
    after = None
    while True:
        told = desks.kr.post("/search", {"q": "kind:report", "limit": 4, "after": after})
        seen += [each["record"] for each in told["records"]]
        after = told["after"]
        if after is None:
            break
    assert len(seen) == len(set(seen)) == told["count"] == 30


def test_a_persons_own_value_goes_into_a_body(desks: Desks) -> None:
    answer = desks.kr.raw("/search", q="+82 10-5550-1234")
    (reason,) = answer.json()["facts"]["reasons"]
    assert (answer.status_code, reason["code"]) == (422, "personal-value-in-address")
    assert desks.kr.post("/search", {"q": "+82 10-5550-1234"})["count"] > 3


def test_partners_are_found_beside_records(desks: Desks) -> None:
    assert [each["name"] for each in desks.kr.get("/search", q="taskforce")["peers"]] == [desks.kh.world.me.name]
    assert desks.kr.get("/search", q="taskforce kind:report")["peers"] == []


@pytest.mark.parametrize(
    ("asked", "words"),
    [("overse", ["overseas"]), ("scam tele", ["telegram"]), ("해외", ["해외취업"]), ("zz", []), ("sc", [])],
)
def test_suggestions_go_on_with_the_last_word(desks: Desks, asked: str, words: list[str]) -> None:
    assert desks.kr.get("/search/suggest", q=asked)["words"] == words


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"q": "kind:nonsense"}, "search-kind-unknown"),
        ({"q": '"open'}, "search-quote-open"),
        ({"q": "…"}, "search-empty"),
        ({"q": "scam", "after": "nowhere"}, "search-after-unknown"),
        ({"q": "scam", "after": "nobody.example/ch/1/7"}, "search-after-unknown"),
    ],
)
def test_what_cant_be_read_is_told(desks: Desks, query: dict[str, str], code: str) -> None:
    answer = desks.kr.raw("/search", **query)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_the_command_shows_a_table_and_says_how_a_question_is_mended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = fresh_home(tmp_path / "home")
    with open_node(read_config(config.home, {})) as node:
        origin = channel_to(node.world, "taskforce.kh.example", Lane.BULK, "1" * 16).origin
        node.world.store.keep([letter(origin, sealed(node.world, each.body)) for each in corpus()])
    home = str(config.home)
    assert run(["--home", home, "search", "해외취업", "--limit", "2"]) == 0
    said = capsys.readouterr().out
    assert "records hold it" in said
    assert "해외취업" in said
    assert "There are more: --after" in said
    assert run(["--home", home, "--json", "search", "kind:decision"]) == 0
    assert json.loads(capsys.readouterr().out)["count"] == 5
    assert run(["--home", home, "search", "nowhere-written"]) == 0
    assert "No record holds it." in capsys.readouterr().out
    assert run(["--home", home, "search", "kind:nonsense"]) != 0
    assert "Use one of: action, decision" in capsys.readouterr().err
    assert run(["--home", home, "search", "before:soon"]) != 0
    assert "Write before:2026-11-24" in capsys.readouterr().err
