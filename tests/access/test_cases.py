"""Cases: who is in, who is out, what lies in them, and an emergency access that is loud, short and judged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from comity.adapters.catalog import FileCatalog
from comity.domain.access import CaseFile, CaseMoved
from comity.domain.terms import Actor, Granted, Instant, Refused, instant_text
from comity.errors import Conflict, NotFound
from comity.flows import cases
from comity.flows.access import permit, seen_by
from comity.flows.take_report import Submission, take_report
from comity.ports import World
from tests.access.people import CASE_A, opened_case, person, put
from tests.worlds import TestClock, node_world

REASON = "FICTIONAL: a child may be in that flat tonight."
HOUR_MS = 3_600_000


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.pg)])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    none: Any = None  # nothing is carried here
    made = node_world(tmp_path, "police.kr.example", "KR", none, FileCatalog(), store=str(request.param))
    yield made
    made.store.close()


def codes(answer: object) -> list[str]:
    assert isinstance(answer, Refused)
    return [each.code for each in answer.reasons]


def yes(answer: Granted[Any] | Refused) -> Any:
    assert isinstance(answer, Granted), answer
    return answer.value


def later(world: World, ms: int) -> None:
    clock = world.clock
    assert isinstance(clock, TestClock)
    clock.at = Instant(clock.at + ms)


def report_in(world: World, actor: Actor) -> str:
    said = Submission("officer", world.me.country, "fraud", ((None, "https://lure.example/a"),), fictional=True)
    return str(yes(take_report(world, actor, said)).report)


def reports(world: World, actor: Actor) -> int:
    return len(seen_by(world, actor).store.of_kind("report/1"))


def test_a_case_is_opened_and_its_reports_are_seen_by_its_members_alone(world: World) -> None:
    kim, lee = person(world, "kim", "officer"), person(world, "lee", "officer")
    opened = yes(cases.open_case(world, kim, cases.NewCase("2026-1", "Harbour (fictional)")))
    inside = person(world, "kim", "officer", case=opened.file.id)
    report = report_in(world, inside)
    assert [link.id for link in cases.case_named(world, kim, opened.file.id).links] == [report]
    assert (reports(world, inside), reports(world, kim), reports(world, lee)) == (1, 1, 0)
    yes(cases.add_member(world, kim, opened.file.id, "lee", "investigator"))
    assert reports(world, lee) == 1
    yes(cases.remove_member(world, kim, opened.file.id, "lee"))
    assert reports(world, lee) == 0
    assert [member.account for member in world.store.members(opened.file.id)] == ["kim", "lee"], "that they were stays"
    assert codes(cases.remove_member(world, kim, opened.file.id, "kim")) == ["last-member"]
    yes(cases.unlink(world, kim, opened.file.id, report))
    assert reports(world, lee) == 1, "back on the desk"


def test_a_thing_goes_into_a_case_only_by_somebody_who_sees_it(world: World) -> None:
    opened_case(world, CASE_A, "A-1", "kim")
    lee, kim = person(world, "lee", "officer"), person(world, "kim", "officer")
    theirs = report_in(world, person(world, "kim", "officer", case=CASE_A))
    ours = yes(cases.open_case(world, lee, cases.NewCase("2026-2", "Quay (fictional)"))).file.id
    with pytest.raises(NotFound) as hidden:
        cases.link(seen_by(world, lee), lee, ours, "report", theirs)
    with pytest.raises(NotFound) as absent:
        cases.link(seen_by(world, lee), lee, ours, "report", "0193ffff-0000-7000-8000-0000000000ff")
    assert hidden.value.code == absent.value.code
    with pytest.raises(NotFound):
        cases.case_named(world, lee, CASE_A)
    open_one = report_in(world, kim)
    yes(cases.link(seen_by(world, lee), lee, ours, "report", open_one))
    assert reports(world, kim) == 1, "what another case took from the desk is in that case"


def test_what_lies_in_two_cases_is_seen_in_both(world: World) -> None:
    opened_case(world, CASE_A, "A-1", "kim")
    report = report_in(world, person(world, "kim", "officer", case=CASE_A))
    lee = person(world, "lee", "officer")
    other = yes(cases.open_case(world, lee, cases.NewCase("2026-2", "Quay (fictional)"))).file.id
    put(world, other, "report", report)
    assert reports(world, lee) == reports(world, person(world, "kim", "officer")) == 1


def test_a_case_goes_on_by_its_states_and_is_reopened_under_its_number(world: World) -> None:
    kim, lee = person(world, "kim", "officer"), person(world, "lee", "officer")
    case = yes(cases.open_case(world, kim, cases.NewCase("2026-7", "Mole (fictional)"))).file.id
    with pytest.raises(NotFound):
        cases.move_case(world, lee, case, "active", "FICTIONAL: not mine")
    assert codes(cases.move_case(world, kim, case, "closed", "short")) == ["case-state", "reason-length"]
    why = "FICTIONAL: the inquiry is over"
    for state in ("active", "paused", "active", "closing", "closed"):
        moved = yes(cases.move_case(world, kim, case, state, why))
    assert (moved.file.state, [each.state for each in moved.moves][-2:]) == ("closed", ["closing", "closed"])
    inside = person(world, "kim", "officer", case=case)
    (ended,) = permit(world, inside, "take-report")
    assert (ended.code, permit(world, inside, "view")) == ("case-ended", ())
    again = yes(cases.move_case(world, kim, case, "active", "FICTIONAL: a new witness"))
    assert (again.file.number, again.file.state, again.moves[-1].reason) == (
        "2026-7",
        "active",
        "FICTIONAL: a new witness",
    )
    assert permit(world, inside, "take-report") == ()


def test_two_who_move_a_case_at_once_are_told(world: World) -> None:
    kim = person(world, "kim", "officer")
    case = yes(cases.open_case(world, kim, cases.NewCase("2026-8", "Dyke (fictional)"))).file
    now = world.clock.now()
    world.store.keep([], [CaseMoved(case.id, "open", "active", "kim", now, "FICTIONAL")])
    with pytest.raises(Conflict, match="case-moved-meanwhile"):
        world.store.keep([], [CaseMoved(case.id, "open", "paused", "lee", now, "FICTIONAL")])
    assert [each.state for each in world.store.case_moves(case.id)] == ["active"]


def test_two_cases_have_two_numbers(world: World) -> None:
    kim = person(world, "kim", "officer")
    yes(cases.open_case(world, kim, cases.NewCase("2026-1", "Harbour (fictional)")))
    with pytest.raises(Conflict, match="case-number-taken"):
        cases.open_case(world, kim, cases.NewCase("2026-1", "Another (fictional)"))


def test_a_basis_that_is_over_ends_every_act_on_it(world: World) -> None:
    kim = person(world, "kim", "officer")
    until = Instant(world.clock.now() + HOUR_MS)
    asked = cases.NewCase("2026-3", "Pier (fictional)", ("crime",), "order 7 (fictional)", until)
    case = yes(cases.open_case(world, kim, asked)).file.id
    inside = person(world, "kim", "officer", case=case)
    assert permit(world, inside, "take-report") == ()
    later(world, HOUR_MS)
    (why,) = permit(world, inside, "take-report")
    assert (why.code, why.facts["until"]) == ("basis-expired", instant_text(until))


def test_glass_is_broken_loudly_for_four_hours(world: World) -> None:
    opened_case(world, CASE_A, "A-1", "kim")
    report_in(world, person(world, "kim", "officer", case=CASE_A))
    lee = person(world, "lee", "officer")
    assert reports(world, lee) == 0
    assert codes(cases.break_glass(world, lee, "A-1", "   urgent          ")) == ["reason-length"]
    grant = yes(cases.break_glass(world, lee, "A-1", REASON))
    assert reports(world, lee) == 1
    loud = [each for each in world.store.notices() if each.kind == "break-glass"]
    assert [each.about["account"] for each in loud] == ["lee"]
    for role, hears in (("approver", True), ("auditor", True), ("officer", False), ("administrator", True)):
        heard = [each.kind for each in seen_by(world, person(world, "x", role)).store.notices()]
        assert ("break-glass" in heard) is hears, role
    later(world, 4 * HOUR_MS)
    assert reports(world, lee) == 0
    assert [each.id for each in cases.accesses(world, person(world, "park", "approver"))] == [grant.id]
    assert [each.id for each in cases.accesses(world, lee)] == [grant.id]
    assert cases.accesses(world, person(world, "choi", "officer")) == ()


def test_an_access_that_nobody_judged_bars_the_next_one(world: World) -> None:
    opened_case(world, CASE_A, "A-1", "kim")
    lee, park = person(world, "lee", "officer"), person(world, "park", "approver")
    first = yes(cases.break_glass(world, lee, "A-1", REASON))
    yes(cases.break_glass(world, lee, "A-1", REASON))
    later(world, 72 * HOUR_MS)
    assert codes(cases.break_glass(world, lee, "A-1", REASON)) == ["access-unreviewed", "access-unreviewed"]
    yes(cases.break_glass(world, person(world, "choi", "officer"), "A-1", REASON))
    assert codes(cases.judge_access(world, lee, first.id, "right")) == ["role-lacks-act"]
    for grant in cases.accesses(world, lee):
        yes(cases.judge_access(world, park, grant.id, "right"))
    assert codes(cases.judge_access(world, park, first.id, "wrong")) == ["judged-already"]
    yes(cases.break_glass(world, lee, "A-1", REASON))


def test_a_wrong_access_ends_at_once_and_nobody_judges_their_own(world: World) -> None:
    opened_case(world, CASE_A, "A-1", "kim")
    report_in(world, person(world, "kim", "officer", case=CASE_A))
    lee = person(world, "lee", "officer", "approver")
    grant = yes(cases.break_glass(world, lee, "A-1", REASON))
    assert codes(cases.judge_access(world, lee, grant.id, "right")) == ["judge-of-oneself"]
    yes(cases.judge_access(world, person(world, "park", "approver"), grant.id, "wrong"))
    assert reports(world, lee) == 0


def test_only_roles_with_that_act_break_glass(world: World) -> None:
    opened_case(world, CASE_A, "A-1", "kim")
    for role in world.catalog.roles():
        answer = cases.break_glass(world, person(world, "x", role), "A-1", REASON)
        assert isinstance(answer, Granted) is (role in {"officer", "duty-officer"}), role


def test_a_case_outlives_a_rewrite_of_its_row(world: World) -> None:
    opened_case(world, CASE_A, "A-1", "kim")
    file = world.store.case(CASE_A)
    assert isinstance(file, CaseFile)
    world.store.keep([], [file])
    assert world.store.cases() == (file,)
    assert world.store.cases(()) == ()
