"""Role × case × purpose × marking × {view, API, export}, each held against an oracle that is written from the tables and calls no rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import pytest

from comity.domain.ledger import Lane
from comity.domain.record import Marking
from comity.domain.record.kinds import indicator_1
from comity.flows.access import seen_by
from comity.flows.filing import channel_to, letter, sealed
from comity.flows.lookup import opened
from comity.ports import Place
from tests.access.people import CASE_A, CASE_B, Door, opened_case, opened_door, person, put
from tests.faces.routes.desks import KR

# ---- the tables, as docs/access.md has them
READERS = {"officer", "approver", "duty-officer", "reviewer", "victim-officer", "partner"}
ON_DESK = READERS - {"partner"}
TAKE_RECEIPTS = READERS - {"victim-officer"}
EXPORT = {"officer"}
ROLES = [*sorted(READERS), "auditor", "administrator"]
CASES = ["A", "B", "desk"]
"""A: the person works in it; B: others do."""
PURPOSES = ["crime", "rescue", "court", "immigration"]
MARKINGS = {
    "open": Marking(tlp="GREEN"),
    "h0": Marking(tlp="AMBER", hcodes=("H0",)),
    "h1": Marking(tlp="AMBER", hcodes=("H1",)),
    "h2": Marking(tlp="AMBER", hcodes=("H2",)),
    "red": Marking(tlp="RED"),
    "for-rescue": Marking(tlp="GREEN", purpose=("rescue",)),
    "for-nothing": Marking(tlp="GREEN", purpose=()),
    "over": Marking(tlp="GREEN", expires="2020-01-01T00:00:00Z"),
    "yet": Marking(tlp="GREEN", expires="2099-01-01T00:00:00Z"),
    "for-us": Marking(tlp="GREEN", releasable_to=(KR,)),
    "for-our-country": Marking(tlp="GREEN", releasable_to=("KR",)),
    "for-others": Marking(tlp="GREEN", releasable_to=("VN",)),
    "strictest": Marking(tlp="RED", hcodes=("H0", "H1", "H2"), purpose=("crime",), expires="2099-01-01T00:00:00Z"),
}
FIT_FOR = {
    "open": set(PURPOSES),
    "h0": {"crime", "rescue"},
    "h1": {"crime", "rescue", "immigration"},
    "h2": set(PURPOSES),
    "red": set(PURPOSES),
    "for-rescue": {"rescue"},
    "for-nothing": set(),
    "over": set(),
    "yet": set(PURPOSES),
    "for-us": set(PURPOSES),
    "for-our-country": set(PURPOSES),
    "for-others": set(),
    "strictest": {"crime"},
}
STAYS = {
    "h2": {"marking-not-onward"},
    "red": {"marking-named-recipients"},
    "strictest": {"marking-not-onward", "marking-named-recipients"},
}
"""Markings of another node's record under which no value of it leaves."""


def reaches(role: str, case: str) -> bool:
    return case == "A" or (case == "desk" and role in ON_DESK)


def seen(role: str, case: str, purpose: str, marking: str) -> bool:
    return reaches(role, case) and purpose in FIT_FOR[marking]


@dataclass(frozen=True)
class House:
    door: Door
    places: dict[tuple[str, str], Place]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened_door(tmp_path_factory.mktemp("matrix")) as (door, desks):
        far, near = desks.kh.world, door.world
        origin = channel_to(far, near.me.name, Lane.BULK)
        ids: dict[str, tuple[str, str]] = {}
        for number, key in enumerate(product(CASES, MARKINGS)):
            body = indicator_1.Body(
                kind="email",
                role="recruiter",
                source=indicator_1.Source("list", "a" * 64, "fictional"),
                personal_value=f"fictional{number}@lure.example",
            )
            record = sealed(far, body, purpose="crime", marking=MARKINGS[key[1]])
            far.store.keep([letter(origin, record)])
            ids[record.id] = key
        desks.exchange()
        opened_case(near, CASE_A, "A-1", "a1")
        opened_case(near, CASE_B, "B-1", "b1", purposes=tuple(PURPOSES))
        for record_id, (case, _) in ids.items():
            if case != "desk":
                put(near, CASE_A if case == "A" else CASE_B, "record", record_id)
        yield House(door, {key: near.store.find(record_id)[0] for record_id, key in ids.items()})


def test_what_is_seen_is_what_the_tables_say(house: House) -> None:
    world, wrong = house.door.world, []
    for role, purpose in product(ROLES, PURPOSES):
        actor = person(world, "a1", role, purpose=purpose)
        mine = seen_by(world, actor)
        there = set(mine.store.of_kind("indicator/1"))
        for (case, marking), place in house.places.items():
            wanted = seen(role, case, purpose, marking)
            got = opened(mine, place) is not None
            if (got, place in there) != (wanted, wanted):
                wrong.append((role, case, purpose, marking, got, place in there))
    assert not wrong


def test_the_api_shows_what_the_tables_say_and_nothing_is_told_of_the_rest(house: House) -> None:
    world, wrong = house.door.world, []
    absent = {}
    for role, purpose in product(ROLES, PURPOSES):
        actor = person(world, "a1", role, purpose=purpose)
        for (case, marking), place in house.places.items():
            answer = house.door.get(actor, path_of(place))
            status = 422 if role not in READERS else 200 if seen(role, case, purpose, marking) else 404
            if answer.status_code != status:
                wrong.append((role, case, purpose, marking, answer.status_code))
            if answer.status_code == 404:
                absent[place] = answer.json()
    assert not wrong
    for place, told in absent.items():
        beyond = house.door.get(person(world, "a1", "officer"), path_of(Place(place.origin, 10_000))).json()
        assert {**told, "facts": {**told["facts"], "index": 10_000}} == beyond


def test_values_leave_as_the_tables_say(house: House) -> None:
    world, wrong = house.door.world, []
    for role, purpose in product(ROLES, PURPOSES):
        actor = person(world, "a1", role, purpose=purpose)
        for (case, marking), place in house.places.items():
            path = f"/receipts/{place.origin.replace('/ch/', '/')}/{place.index}.fields"
            answer = house.door.get(actor, path, open="/personal_value")
            status, codes = answer.status_code, set[str]()
            if status == 422:
                codes = {each["code"] for each in answer.json()["facts"]["reasons"]}
            if role not in TAKE_RECEIPTS:
                wanted: tuple[int, set[str]] = 422, {"role-lacks-act"}
            elif not seen(role, case, purpose, marking):
                wanted = 422, {"field-not-here"}  # as for a record that isn't there at all
            else:
                lacks = {"role-lacks-act"} if role not in EXPORT else set()
                wanted = (422, lacks | STAYS.get(marking, set())) if lacks or marking in STAYS else (200, set())
            if (status, codes) != wanted:
                wrong.append((role, case, purpose, marking, status, codes, wanted))
    assert not wrong


def test_a_case_that_one_names_is_the_only_one_that_counts(house: House) -> None:
    world = house.door.world
    there = person(world, "a1", "officer", case=CASE_A)
    elsewhere = person(world, "a1", "officer", case=CASE_B)
    inside, outside = house.places["A", "open"], house.places["B", "open"]
    assert house.door.get(there, path_of(inside)).status_code == 200
    assert house.door.get(there, path_of(outside)).status_code == 404
    refused = house.door.get(elsewhere, path_of(inside))
    assert refused.status_code == 422
    assert [each["code"] for each in refused.json()["facts"]["reasons"]] == ["not-a-member"]


def test_a_refusal_has_every_reason(house: House) -> None:
    world = house.door.world
    actor = person(world, "a1", "reviewer", case=CASE_B, purpose="fishing")
    refused = house.door.post(
        actor, "/requests", {"measure": "preserve", "to": "taskforce.kh.example", "nature": "voluntary"}
    )
    codes = {each["code"] for each in refused.json()["facts"]["reasons"]}
    assert codes == {"role-lacks-act", "not-a-member", "case-purpose"}


def path_of(place: Place) -> str:
    return f"/records/{place.origin.replace('/ch/', '/')}/{place.index}"
