"""Every act and every read through the desk stands in the journal, with actor, case, purpose and basis."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, cast

import msgspec
import pytest
from litestar.handlers import HTTPRouteHandler

from comity.domain.access import ACTS
from comity.domain.ledger import Lane
from comity.domain.terms import Actor
from comity.faces.api.desk import discovered
from comity.flows.filing import desk, letter
from comity.flows.journal import UNDECLARED, Journalled, acting, journals
from comity.ports import World
from tests.access.people import CASE_A, Door, opened_case, opened_door, person
from tests.access.test_two_officers import paths
from tests.faces.routes.desks import LURE, Desks, ask
from tests.journal.reading import by, kept, size
from tests.worlds import sealed_indicator

BASIS = "warrant-17 (fictional)"


@dataclasses.dataclass
class House:
    door: Door
    desks: Desks

    @property
    def world(self) -> World:
        return self.door.world


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened_door(tmp_path_factory.mktemp("journal")) as (door, desks):
        opened_case(door.world, CASE_A, "A-1", "kim", "park")
        yield House(door, desks)


def acts_as(world: World, account: str, *roles: str, case: str | None = CASE_A) -> Actor:
    return dataclasses.replace(person(world, account, *roles, case=case), basis=BASIS)


def done(answer: Any) -> Any:
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def test_a_request_is_followed_from_its_draft_until_it_leaves(house: House) -> None:
    door, world = house.door, house.world
    kim, park = acts_as(world, "kim", "officer"), acts_as(world, "park", "approver")
    start = size(world)
    request = done(door.post(kim, "/requests", ask()))["request"]
    done(door.post(kim, f"/requests/{request}/attest", {"text_title": "treaty", "text_sha256": "a" * 64}))
    done(door.post(kim, f"/requests/{request}/submit"))
    assert door.post(kim, f"/requests/{request}/approve").status_code == 422
    done(door.post(park, f"/requests/{request}/approve"))
    done(door.post(kim, f"/requests/{request}/send"))
    told = [each for each in kept(world, start) if request in each.entry.about]
    acts = [(each.actor, each.entry.act, each.entry.outcome) for each in told if each.entry.act != "view"]
    assert acts == [
        ("kim", "draft", "granted"),
        ("kim", "attest", "granted"),
        ("kim", "submit", "granted"),
        ("kim", "approve", "refused"),
        ("park", "approve", "granted"),
        ("kim", "send", "granted"),
    ]
    assert "role-lacks-act" in next(each for each in told if each.entry.outcome == "refused").entry.reasons
    for each in told:
        assert (each.entry.case, each.entry.purpose, each.entry.basis) == (CASE_A, "crime", BASIS)
        assert each.name == f"{each.actor} (fictional)"
        assert each.entry.outcome == "refused" or each.entry.records
    sent = told[-1].entry.records[0]
    (place,) = world.store.find(sent)
    assert world.store.channel(place.origin).lane is Lane.URGENT


def test_what_was_received_stands_in_it_as_places(house: House) -> None:
    start = size(house.desks.kh.node.world)
    house.desks.exchange()
    told = [each.entry for each in kept(house.desks.kh.node.world, start) if each.entry.act == "received"]
    held = [c for c in house.desks.kh.world.store.channels() if c.writer != house.desks.kh.world.me.name]
    covered = {(p.origin, i) for each in told for p in each.places for i in range(p.first, p.last + 1)}
    position = house.desks.kh.world.store.position
    new = {(c.origin, position(c.origin).drained - 1) for c in held if position(c.origin).drained}
    assert new & covered, "the newest entry of what was pulled stands in the journal"
    assert sum(each.rows for each in told) == len(covered)


def test_a_look_up_leaves_a_commitment_and_never_the_value(house: House) -> None:
    door, world = house.door, house.world
    kim = acts_as(world, "kim", "officer")
    start = size(world)
    done(door.post(kim, "/lookup", {"value": LURE}))
    done(door.post(kim, "/lookup", {"value": LURE}))
    done(door.post(kim, "/lookup", {"value": "https://other-harbour.example/"}))
    first, second, third = by(kept(world, start), kim)
    assert first.entry.queries
    assert first.entry.queries == second.entry.queries
    assert first.entry.queries[0] != third.entry.queries[0]
    (channel,) = journals(world)
    raw = b"".join(e.envelope or b"" for e in world.store.entries(channel.origin, 0, size(world)))
    assert b"lure-harbour" not in raw
    assert b"(fictional)" not in raw.replace(BASIS.encode(), b"")


def test_a_person_who_has_only_a_role_cannot_see_the_journal_by_any_store(house: House) -> None:
    door, world = house.door, house.world
    size(world)
    (channel,) = journals(world)
    host, _, name = channel.origin.partition("/ch/")
    for roles in (("officer",), ("approver",), ("auditor",), ("administrator",)):
        actor = person(world, "lee", *roles)
        assert door.get(actor, f"/records/{host}/{name}/0").status_code in (404, 422)
        listed = door.get(actor, "/channels")
        assert channel.origin not in listed.text


class Spy:
    """Counts what a store really gives out."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.rows = inner, set[tuple[str, int]]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def seen(self, sight: Any) -> Any:
        found = Spy(self.inner.seen(sight))
        found.rows = self.rows
        return found

    def entries(self, origin: str, start: int, stop: int) -> Any:
        found = self.inner.entries(origin, start, stop)
        self.rows |= {(origin, each.index) for each in found}
        return found

    def entries_at(self, places: Any) -> Any:
        found = self.inner.entries_at(places)
        self.rows |= {(place.origin, place.index) for place in found}
        return found

    def searched(self, *asked: Any) -> Any:
        found = self.inner.searched(*asked)
        self.rows |= {(each.place.origin, each.place.index) for each in found.found}
        return found


def test_the_rows_of_an_answer_are_those_that_a_spy_counts(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    door, world = house.door, house.world
    kim = acts_as(world, "kim", "officer")
    store = cast(Any, world.store)
    assert isinstance(store, Journalled)
    spy = Spy(store.inner)
    monkeypatch.setattr(store, "inner", spy)
    request = done(door.post(kim, "/requests", ask()))["request"]
    looked = 0
    for path, query in paths({"request_id": request}):
        start = size(world)
        spy.rows.clear()
        door.get(kim, path, **query)
        wanted = set(spy.rows)
        told = [each for each in by(kept(world, start), kim) if each.entry.outcome == "granted"]
        places = {(p.origin, i) for e in told for p in e.entry.places for i in range(p.first, p.last + 1)}
        assert places == wanted, path
        assert sum(each.entry.rows for each in told) == len(wanted), path
        assert {(each.entry.case, each.entry.basis) for each in told} <= {(CASE_A, BASIS)}
        looked += bool(wanted)
    assert looked >= 8, "several routes open records"


def test_no_route_lets_anybody_act_under_no_name() -> None:
    """Each handler says which act it is, so that whatever is kept in it has one; nothing is undeclared."""
    for handler in discovered():
        assert isinstance(handler, HTTPRouteHandler)
        declared = handler.opt.get("act") or handler.opt.get("asks")
        assert declared in ACTS or "door" in handler.opt or handler.opt.get("open"), handler


def test_whatever_a_person_keeps_by_any_path_is_kept_with_its_entry(house: House) -> None:
    """The store itself does it: a flow that forgot would have to have another store."""
    world = acting(house.world, acts_as(house.world, "kim", "officer"))
    start = size(house.world)
    (place,) = world.store.keep([letter(desk(world), sealed_indicator(world, 1))])
    (told,) = kept(house.world, start)
    assert told.entry.act == UNDECLARED
    assert told.entry.what == ("indicator/1",)
    assert world.store.find(told.entry.records[0]) == [place]


def test_the_journal_says_what_a_schema_of_it_says(house: House) -> None:
    for each in kept(house.world):
        msgspec.json.encode(each.entry)
        assert each.entry.outcome == "granted" or each.entry.reasons
        if each.actor is not None:
            assert each.entry.purpose
            assert each.roles
