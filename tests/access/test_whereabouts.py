"""Where a found adult is: without that person's consent neither the requester nor a reporter can tell it from "not found".

Same bytes but for ids, times and the name that was asked for, and the same number of statements, at both nodes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import event

from comity.adapters.catalog import FileCatalog
from comity.domain.law import rights_gate, stops
from comity.domain.record import decode_fields, open_record
from comity.domain.terms import Actor, Granted, Refused
from comity.flows.access import seen_by
from comity.flows.answer import Said, act, answer
from comity.flows.rights import look_for
from comity.flows.take_report import Submission, take_report
from comity.ports import World
from tests.access.people import CASE_B, Door, opened_case, opened_door, person
from tests.access.test_two_officers import ROUTES
from tests.faces.routes.desks import KH, Desks

FOUND, NEVER = "Anna Fictional-One", "Anna Fictional-Two"
SHELTER = "FICTIONAL shelter in the third street"


@dataclass
class House:
    door: Door
    desks: Desks
    asked: list[int]
    requests: dict[str, str]
    took: dict[str, int]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The Cambodian side has found one of two people, and keeps where she is in a case of its own."""
    with opened_door(tmp_path_factory.mktemp("whereabouts")) as (door, desks):
        far, asked = desks.kh.world, [0]
        store: Any = desks.kh.node.world.store  # the SQL store; its engine is not part of the port

        def count(*_: object) -> None:
            asked[0] += 1

        event.listen(store._engine, "before_cursor_execute", count)
        opened_case(far, CASE_B, "R-1", "rath")
        made = House(door, desks, asked, {}, {})
        rath = person(far, "rath", "duty-officer", case=CASE_B)
        victims = ((FOUND, None, SHELTER, None),)
        values = (("person_name", FOUND),)
        said = Submission("officer", far.me.country, "trafficking", values, "FICTIONAL: she is safe.", victims=victims)
        assert isinstance(take_report(seen_by(far, rath), rath, said), Granted)
        for name in (FOUND, NEVER):
            body = {"to": KH, "name": name, "text": {"text_title": "memorandum (fictional)", "text_sha256": "a" * 64}}
            sent = door.post(person(door.world, "kim", "duty-officer"), "/rescue/alerts", body)
            assert sent.status_code == 201, sent.text
            made.requests[name] = sent.json()["request"]
        desks.exchange()
        for name in (FOUND, NEVER):
            sok = person(far, "sok", "duty-officer")
            assert isinstance(answer(seen_by(far, sok), sok, made.requests[name], Said("plan")), Granted)
            asked[0] = 0
            done = act(seen_by(far, sok), sok, made.requests[name], "report", taken="looked", choice="not_found")
            assert isinstance(done, Granted), done
            made.took[name] = asked[0]
        desks.exchange()
        yield made


def plain(text: str, house: House) -> str:
    """Without what differs between any two requests."""
    for name, request in house.requests.items():
        text = text.replace(name, "NAME").replace(name.lower(), "name").replace(request, "REQUEST")
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "ID", text)
    text = re.sub(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z", "TIME", text)
    text = re.sub(r"[0-9a-f]{64}", "DIGEST", text)
    text = re.sub(r'"(request|decision|action|ack)-\d+-', r'"\1-NUMBER-', text)
    return re.sub(r'"(index|size|at_size)":\d+|/\d+\.(?=fields|tlog)', "NUMBER", text)


def test_the_answer_is_the_same_and_takes_the_same(house: House) -> None:
    far, said = house.desks.kh.world, []
    for name in (FOUND, NEVER):
        key = bytes.fromhex(house.requests[name].replace("-", ""))
        ours = [p for p in far.store.traced("request", [key])[key] if far.store.channel(p.origin).writer == far.me.name]
        entry = far.store.entries(ours[-1].origin, ours[-1].index, ours[-1].index + 1)[0]
        record = open_record(entry.envelope or b"", decode_fields(entry.fields) if entry.fields else ())
        assert record.envelope.kind == "action/1"
        said.append((len(entry.envelope or b""), plain((entry.envelope or b"").decode(), house)))
    assert said[0] == said[1]
    assert house.took[FOUND] == house.took[NEVER]
    assert SHELTER not in said[0][1]


def test_the_requester_can_tell_nothing_apart(house: House) -> None:
    kim = person(house.door.world, "kim", "duty-officer")
    routes = [path for path, _ in ROUTES if "{request_id}" in path]
    assert len(routes) >= 4
    for path in routes:
        told = []
        for name in (FOUND, NEVER):
            status, body, asked = house.door.counted(kim, path.format(request_id=house.requests[name]))
            assert status == 200, (path, body)
            assert SHELTER.encode() not in body
            told.append((status, plain(body.decode(), house), asked))
        assert told[0] == told[1], path


def test_a_reporter_can_tell_nothing_apart(house: House) -> None:
    """Somebody at the very node that found her, outside the case, who reports each name."""
    far, told = house.desks.kh.world, []
    reporter = person(far, "dara", "officer")
    for name in (FOUND, NEVER):
        house.asked[0] = 0
        said = Submission("citizen", far.me.country, "missing", (("person_name", name),))
        taken = take_report(seen_by(far, reporter), reporter, said)
        assert isinstance(taken, Granted)
        kinds = [statement.kind for known in taken.value.known for statement in known.statements]
        told.append((kinds, len(taken.value.raised), house.asked[0]))
    assert told[0] == told[1]


def test_whoever_works_in_the_case_reads_it(house: House) -> None:
    """The measure itself: it is there, and told to those who may know."""
    far = house.desks.kh.world
    rath = person(far, "rath", "duty-officer", case=CASE_B)
    mine = seen_by(far, rath).store
    (place,) = [
        p
        for p in mine.of_kind("report/1")
        if SHELTER.encode() in mine.entries(p.origin, p.index, p.index + 1)[0].fields
    ]
    outside = seen_by(far, person(far, "dara", "officer")).store
    assert outside.entries(place.origin, place.index, place.index + 1) == []


# ---- the gate before anybody is looked up


def asked_for(house: House, **more: Any) -> str:
    body = {"to": KH, "name": FOUND, "text": {"text_title": "memorandum (fictional)", "text_sha256": "a" * 64}, **more}
    sent = house.door.post(person(house.door.world, "kim", "duty-officer"), "/rescue/alerts", body)
    assert sent.status_code == 201, sent.text
    house.desks.exchange()
    request: str = sent.json()["request"]
    return request


def looked(world: World, actor: Actor, request: str, house: House) -> tuple[object, int]:
    """The answer, and how many statements asked for values."""
    asked = [0]
    whole: Any = seen_by(world, actor)

    class Counting:
        def __getattr__(self, name: str) -> Any:
            return getattr(whole.store, name)

        def traced(self, name: str, keys: Any) -> Any:
            asked[0] += name == "value"
            return whole.store.traced(name, keys)

    counting: Any = Counting()
    return look_for(replace(whole, store=counting), actor, request), asked[0]


@pytest.mark.parametrize(
    ("more", "rows"),
    [
        ({"form_personal": {"person.status": "refugee"}}, ["cover"]),
        ({"form_personal": {"reporter.relation": "spouse"}}, ["cover"]),
        ({"form": {"person.sought_for": "religion"}}, ["h3"]),
        ({"offence": "political-propaganda"}, ["h1"]),
    ],
)
def test_where_the_gate_stops_it_nobody_is_looked_up(house: House, more: dict[str, Any], rows: list[str]) -> None:
    far = house.desks.kh.world
    before = {notice.key for notice in far.store.notices(1000)}
    request = asked_for(house, **more)
    fresh = [notice for notice in far.store.notices(1000) if notice.key not in before]
    assert [notice.about["rows"] for notice in fresh if notice.kind == "rights-gate"] == [rows]
    assert not [notice for notice in fresh if notice.kind == "match"], "not even the node itself has looked"
    answered, asked = looked(far, person(far, "rath", "duty-officer"), request, house)
    assert isinstance(answered, Refused)
    assert [reason.facts["row"] for reason in answered.reasons] == rows
    assert asked == 0


def test_what_protects_is_told_and_delays_nothing(house: House) -> None:
    far = house.desks.kh.world
    before = {notice.key for notice in far.store.notices(1000)}
    request = asked_for(house, form={"state[]": "confined,minor"})
    fresh = [notice for notice in far.store.notices(1000) if notice.key not in before]
    assert "rights-gate" not in {notice.kind for notice in fresh}
    assert "match" in {notice.kind for notice in fresh}
    answered, asked = looked(far, person(far, "rath", "duty-officer"), request, house)
    assert isinstance(answered, Granted)
    assert asked == 1
    rows = FileCatalog().rights().values()
    told = rights_gate(rows, "rescue", "", {"state[]": "confined,minor"})
    assert ({each.facts["row"] for each in told}, stops(told)) == ({"h5", "h10"}, ())
