"""What the human-rights gate holds is lifted by two persons with two reasons, for one request; what it blocks by nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from comity.domain.terms import Actor, Granted, Refused
from comity.errors import NotFound
from comity.flows import rights
from comity.flows.access import seen_by
from comity.flows.journal import acting
from comity.ports import World
from tests.access.people import CASE_A, opened_case, person, put
from tests.faces.routes.desks import KR, Desks, opened_desks
from tests.journal.reading import kept, size

WHY = "FICTIONAL: the consul has spoken with her, she asks for help"
TEXT = {"text_title": "memorandum (fictional)", "text_sha256": "a" * 64}


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    with opened_desks(tmp_path_factory.mktemp("gate")) as made:
        yield made


def alerted(desks: Desks, **more: Any) -> str:
    """A rescue alert that the Cambodian side sends us; the reporter's relation is what the gate holds."""
    asked = {"to": KR, "name": "Anna Fictional-One", "text": TEXT, "form_personal": {"reporter.relation": "spouse"}}
    request: str = desks.kh.post("/rescue/alerts", {**asked, **more})["request"]
    desks.exchange()
    return request


def as_(world: World, actor: Actor) -> World:
    return seen_by(acting(world, actor), actor)


def codes(answer: object) -> list[str]:
    assert isinstance(answer, Refused), answer
    return [each.code for each in answer.reasons]


def test_two_persons_lift_a_hold_and_both_reasons_stand_in_the_journal(desks: Desks) -> None:
    world, request = desks.kr.node.world, alerted(desks)
    rath, sok = person(world, "rath", "duty-officer"), person(world, "sok", "approver")
    both = person(world, "both", "duty-officer", "approver")
    assert codes(rights.look_for(as_(world, rath), rath, request)) == ["rights-gate"]
    assert codes(rights.propose_lift(as_(world, rath), rath, request, "too short")) == ["reason-length"]
    start = size(world)
    made = rights.propose_lift(as_(world, both), both, request, WHY)
    assert isinstance(made, Granted)
    assert codes(rights.propose_lift(as_(world, rath), rath, request, WHY)) == ["lift-waits"]
    assert [n.about["request"] for n in world.store.notices() if n.kind == "rights-lift"] == [request]
    assert codes(rights.look_for(as_(world, rath), rath, request)) == ["rights-gate"], "proposed is not lifted"
    decide = (request, made.value.id)
    assert codes(rights.decide_lift(as_(world, both), both, *decide, WHY, confirmed=True)) == ["second-person"]
    assert codes(rights.decide_lift(as_(world, rath), rath, *decide, WHY, confirmed=True)) == ["role-lacks-act"]
    assert codes(rights.decide_lift(as_(world, sok), sok, *decide, "yes", confirmed=True)) == ["reason-length"]
    assert isinstance(rights.decide_lift(as_(world, sok), sok, *decide, f"{WHY}: seen", confirmed=True), Granted)
    assert isinstance(rights.look_for(as_(world, rath), rath, request), Granted)
    (proposal,) = rights.gate(world, request).proposals
    assert (proposal.reason, proposal.answer, proposal.decided_by) == (WHY, f"{WHY}: seen", sok.name)
    told = [
        (each.name, each.entry.act) for each in kept(world, start) if request in each.entry.about and each.entry.records
    ]
    assert told == [(both.name, "look-up"), (sok.name, "confirm")]
    other = alerted(desks)
    assert codes(rights.look_for(as_(world, rath), rath, other)) == ["rights-gate"], "for one request, not for its like"


def test_a_hold_that_is_kept_is_kept(desks: Desks) -> None:
    world, request = desks.kr.node.world, alerted(desks)
    rath, sok = person(world, "rath", "duty-officer"), person(world, "sok", "approver")
    made = rights.propose_lift(as_(world, rath), rath, request, WHY)
    assert isinstance(made, Granted)
    assert isinstance(rights.decide_lift(as_(world, sok), sok, request, made.value.id, WHY, confirmed=False), Granted)
    assert codes(rights.look_for(as_(world, rath), rath, request)) == ["rights-gate"]
    assert codes(rights.decide_lift(as_(world, sok), sok, request, made.value.id, WHY, confirmed=True)) == [
        "decided-already"
    ]


def test_what_is_blocked_is_lifted_by_nobody(desks: Desks) -> None:
    world = desks.kr.node.world
    request = alerted(desks, form={"person.sought_for": "religion"})
    rath = person(world, "rath", "duty-officer")
    answer = rights.propose_lift(as_(world, rath), rath, request, WHY)
    assert isinstance(answer, Refused)
    assert [each.facts["effect"] for each in answer.reasons] == ["block"]
    free = alerted(desks, form_personal={})
    assert codes(rights.propose_lift(as_(world, rath), rath, free, WHY)) == ["nothing-held"]


def test_whoever_does_not_see_the_request_learns_nothing_of_its_gate(desks: Desks) -> None:
    world, request = desks.kr.node.world, alerted(desks)
    opened_case(world, CASE_A, "A-1", "rath")
    put(world, CASE_A, "request", request)
    sok = person(world, "sok", "approver")
    for asked in (request, "0193ffff-0000-7000-8000-0000000000ff"):
        with pytest.raises(NotFound, match="request"):
            rights.decide_lift(as_(world, sok), sok, asked, request, WHY, confirmed=True)
        with pytest.raises(NotFound, match="request"):
            rights.gate(as_(world, sok), asked)


def test_the_api_lifts_it_by_two_officers(desks: Desks) -> None:
    kr, request = desks.kr, alerted(desks)
    before = kr.get(f"/requests/{request}/rights")
    assert (before["stopped"], [each["effect"] for each in before["rows"]]) == (True, ["hold"])
    made = kr.post(f"/requests/{request}/rights", {"reason": WHY}, by="rath (fictional)")
    refused = kr.refused(
        f"/requests/{request}/rights/{made['proposal']}", {"confirmed": True, "reason": WHY}, by="rath (fictional)"
    )
    assert set(refused) == {"second-person"}
    kr.post(f"/requests/{request}/rights/{made['proposal']}", {"confirmed": True, "reason": WHY}, by="sok (fictional)")
    after = kr.get(f"/requests/{request}/rights")
    assert (after["stopped"], [each["lifted"] for each in after["rows"]]) == (False, [True])
    assert kr.raw(f"/requests/{request}/known").status_code == 200
