"""Hidden and absent are alike: in hits, counts, snippets and suggestions, and in what it costs to ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import event

from comity.domain.access import Link, Sight
from comity.domain.ledger import Lane
from comity.domain.search import read_query, read_start
from comity.domain.terms import Instant
from comity.errors import Malformed
from comity.ports import Hits, Place, World
from tests.access.people import CASE_A, CASE_B, Door, opened_case, opened_door, person
from tests.search.corpus import Written, corpus, sealed
from tests.search.questions import QUESTIONS
from tests.worlds import channel_to, letter

SIGHT = Sight(
    cases=frozenset({CASE_A}),
    desk=False,
    purpose="crime",
    victims=False,
    reviews=False,
    audits=False,
    node="police.kr.example",
    country="KR",
    at=Instant(1_795_600_000_000),
)


@dataclass
class Split:
    """The corpus in a store: every third record in case A, every third in case B, the rest on the desk."""

    world: World
    records: list[Written]

    def of(self, *thirds: int) -> list[Written]:
        return [each for n, each in enumerate(self.records) if n % 3 in thirds]


def split(world: World, thirds: tuple[int, ...] = (0, 1, 2)) -> Split:
    """`thirds` are put in; the rest isn't there at all."""
    origin = channel_to(world, "taskforce.kh.example", Lane.BULK, "1" * 16).origin
    records = [each for each in corpus() if each.kind != "message"]  # those hang on one request
    for n, written in enumerate(records):
        one = sealed(world, written.body)
        written.ids.append(one.id)
        if n % 3 not in thirds:
            continue
        case = {0: CASE_A, 1: CASE_B}.get(n % 3)
        facts = [Link(case, "record", one.id, "somebody", world.clock.now())] if case else []
        world.store.keep([letter(origin, one)], facts)
    return Split(world, records)


def asked_of(here: World, sight: Sight, question: str) -> Hits:
    return here.store.seen(sight).searched(read_query(question, kept=sight.victims), 500)


def test_each_sees_their_own_and_counts_nothing_else(world: World) -> None:
    made = split(world)
    seen = {
        SIGHT: made.of(0),
        replace(SIGHT, cases=frozenset({CASE_A, CASE_B})): made.of(0, 1),
        replace(SIGHT, desk=True, cases=frozenset()): made.of(2),
        replace(SIGHT, desk=True): made.of(0, 2),
        replace(SIGHT, purpose="statistics"): [],
    }
    for sight, records in seen.items():
        for question in ("scam", "집", "lure", "kind:report", "诈骗", "+821055501234", "tuyen", "ភ្នំពេញ"):
            hits = asked_of(world, sight, question)
            want = [each.ids[0] for each in reversed(records) if QUESTIONS.get(question, _report)(each)]
            assert [hit.header.id for hit in hits.found] == want, (question, sight)
            assert (hits.count, hits.exact, hits.after) == (len(want), True, None)


def _report(written: Written) -> bool:
    return written.kind == "report"


def test_with_and_without_what_is_hidden_every_answer_is_the_same(world: World, far: World) -> None:
    """`far` has only what is seen: ids and questions alike, so that all that could differ is what the hidden ones do."""
    made, lone = split(world), split(far, (0,))
    for question in QUESTIONS:
        there = question.replace(world.me.name, far.me.name)
        one, other = asked_of(world, SIGHT, question), asked_of(far, replace(SIGHT, node=far.me.name), there)
        told = [(hit.header.kind, hit.entry.fields != b"") for hit in one.found]
        assert told == [(hit.header.kind, hit.entry.fields != b"") for hit in other.found], question
        assert (one.count, one.exact, one.after) == (other.count, other.exact, other.after)
    assert len(made.records) == len(lone.records)


def test_asking_takes_as_many_statements_whatever_is_hidden(world: World, kind: str) -> None:
    made = split(world)
    if kind == "memory":
        assert not hasattr(world.store, "_engine"), "no statements to count"
        return
    counted = [0]

    def count(*_: object) -> None:
        counted[0] += 1

    event.listen(world.store._engine, "before_cursor_execute", count)  # type: ignore[attr-defined]
    hidden_alone = replace(SIGHT, cases=frozenset({"0193a000-0000-7000-8000-0000000000cc"}))
    costs = set()
    for question in ("scam", "never-written-anywhere", "kind:report"):
        for sight in (SIGHT, hidden_alone):
            counted[0] = 0
            asked_of(world, sight, question)
            costs.add(counted[0])
    assert costs == {2 if kind == "sqlite" else 7}
    assert made.records


def test_a_page_doesnt_go_on_after_what_is_hidden(world: World) -> None:
    made = split(world)
    origin = world.store.find(made.of(1)[0].ids[0])[0]
    for nowhere in (origin, Place(origin.origin, 10_000)):
        with pytest.raises(Malformed, match="search-after-unknown") as told:
            world.store.seen(SIGHT).searched(read_query("scam"), 5, nowhere)
        assert told.value.facts == {"origin": nowhere.origin, "index": nowhere.index}


def test_who_suffers_is_neither_found_nor_handed_out_without_the_right_to_read_it(world: World) -> None:
    split(world)
    assert asked_of(world, SIGHT, "Kampot").found == ()
    hits = asked_of(world, replace(SIGHT, victims=True), "Kampot")
    assert hits.count > 0
    assert all(b"Kampot" in hit.entry.fields for hit in hits.found)
    for hit in asked_of(world, SIGHT, "kind:report").found:
        assert b"Kampot" not in hit.entry.fields
    start = read_start("kampo", kept=True)
    assert start is not None
    assert world.store.seen(SIGHT).searched(read_query("kampo"), 50).found == ()


# ---- over the desk -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with opened_door(tmp_path_factory.mktemp("searching")) as (made, _):
        opened_case(made.world, CASE_A, "A-17", "a1")
        opened_case(made.world, CASE_B, "B-18", "b1")
        yield made


def _report_in(door: Door, account: str, case: str, narrative: str, victim: str) -> str:
    body = {
        "country": "KR",
        "category": "fraud",
        "values": [{"kind": "domain", "value": "lure-harbour.example"}],
        "narrative": narrative,
        "victims": [{"name": victim, "whereabouts": "Quietville"}],
        "fictional": True,
    }
    answer = door.post(person(door.world, account, "officer", case=case), "/reports", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["report"])


def test_an_answer_is_the_same_byte_by_byte_before_and_after_another_case_holds_it(door: Door) -> None:
    a1 = person(door.world, "a1", "officer")
    asked = [
        ("/search", {"q": "해외취업"}),
        ("/search", {"q": "lure-harbour.example"}),
        ("/search", {"q": "only-the-other-says-so"}),
        ("/search", {"q": "Victim-Nine"}),
        ("/search", {"q": "B-18"}),
        ("/search/suggest", {"q": "onl"}),
        ("/search/suggest", {"q": "해"}),
    ]
    _report_in(door, "a1", CASE_A, "FICTIONAL: 해외취업 광고", "Victim-Eight")
    before = {(path, *query.values()): door.counted(a1, path, **query) for path, query in asked}
    assert b"\xed\x95\xb4\xec\x99\xb8" in before["/search", "해외취업"][1]
    _report_in(door, "b1", CASE_B, "FICTIONAL: 해외취업 해외송금 only-the-other-says-so", "Victim-Nine")
    after = {(path, *query.values()): door.counted(a1, path, **query) for path, query in asked}
    assert after == before
    told = door.get(person(door.world, "b1", "officer"), "/search", q="only-the-other-says-so").json()
    assert told["count"] == 1


def test_a_victim_is_found_by_a_victim_officer_alone(door: Door) -> None:
    _report_in(door, "a1", CASE_A, "FICTIONAL: a second report", "Victim-Ten")
    body = {"q": "Victim-Ten"}
    plain = door.post(person(door.world, "a1", "officer"), "/search", body).json()
    assert (plain["count"], plain["records"]) == (0, [])
    both = door.post(person(door.world, "a1", "officer", "victim-officer"), "/search", body).json()
    assert both["count"] == 1
    assert both["records"][0]["snippet"]["pointer"] == "/victims/0/name"
    assert door.get(person(door.world, "a1", "officer"), "/search/suggest", q="quietv").json() == {"words": []}
    assert door.get(person(door.world, "a1", "officer", "victim-officer"), "/search/suggest", q="quietv").json() == {
        "words": ["quietville"]
    }


def test_cases_are_found_by_their_members(door: Door) -> None:
    for account, number in (("a1", "A-17"), ("b1", "B-18")):
        for asked in ("A-17", "B-18"):
            told = door.get(person(door.world, account, "officer"), "/search", q=asked).json()
            assert [each["number"] for each in told["cases"]] == ([number] if asked == number else [])


def test_whoever_may_not_search_is_refused(door: Door) -> None:
    answer = door.get(person(door.world, "root", "administrator"), "/search", q="scam")
    assert answer.status_code == 422
    assert "scam" not in answer.text
