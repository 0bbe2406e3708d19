"""Who asks what is held about them: two persons answer, and the answer tells of no investigation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from comity.flows.subject_access import CLASSES
from comity.ports import World
from tests.access.people import CASE_A, Door, opened_case, opened_door, person
from tests.faces.routes.desks import Desks
from tests.journal.reading import kept, size

OPEN, HIDDEN, NOBODY = "lure-open.example", "lure-hidden.example", "lure-nobody.example"


@dataclass
class House:
    door: Door
    desks: Desks

    @property
    def world(self) -> World:
        return self.door.world


def done(answer: Any) -> Any:
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def codes(answer: Any) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {each["code"] for each in answer.json()["facts"]["reasons"]}


def taken(house: House, value: str, case: str | None) -> None:
    actor = person(house.world, "kim", "officer", case=case)
    body = {
        "channel_in": "citizen",
        "category": "recruitment",
        "country": "KR",
        "values": [{"value": f"https://{value}/apply"}],
        "narrative": f"FICTIONAL: {value} recruits",
        "fictional": True,
    }
    done(house.door.post(actor, "/reports", body))
    done(house.door.get(actor, "/lookup", value=value))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened_door(tmp_path_factory.mktemp("subject")) as (door, desks):
        opened_case(door.world, CASE_A, "A-1", "kim")
        made = House(door, desks)
        taken(made, OPEN, None)
        taken(made, HIDDEN, CASE_A)
        yield made


def answered(house: House, about: str) -> dict[str, Any]:
    kim, park = person(house.world, "kim", "officer"), person(house.world, "park", "approver")
    proposal = done(house.door.post(kim, "/subject-access", {"about": about, "reference": "DSAR-7"}))["proposal"]
    assert codes(house.door.get(kim, f"/subject-access/{proposal}")) == {"not-confirmed"}
    done(house.door.post(park, f"/subject-access/{proposal}/decision", {"confirmed": True}))
    found: dict[str, Any] = done(house.door.get(kim, f"/subject-access/{proposal}"))
    return found


def test_what_is_held_and_who_saw_it_on_which_basis(house: House) -> None:
    found = answered(house, OPEN)
    assert [(each["kind"], each["purpose"]) for each in found["held"]] == [("report/1", "crime")]
    assert {"take-report", "look-up"} <= {each["act"] for each in found["seen"]}
    assert any(each["asked"] for each in found["seen"])
    assert {tuple(each["roles"]) for each in found["seen"]} == {("officer",)}
    assert "kim" not in found["text"]
    assert found["reference"] in found["text"]


def test_an_investigation_changes_no_byte_of_the_answer(house: House) -> None:
    hidden, nobody = answered(house, HIDDEN), answered(house, NOBODY)
    for each, about in ((hidden, HIDDEN), (nobody, NOBODY)):
        each["text"] = each["text"].replace(about, "").replace(each["made"], "")
        each.pop("made")
        each["about"] = ""
    assert hidden == nobody
    assert hidden["held"] == hidden["seen"] == []
    assert hidden["withheld"] == list(CLASSES)
    assert answered(house, OPEN)["withheld"] == list(CLASSES)


def test_one_person_answers_nobody(house: House) -> None:
    both = person(house.world, "kim", "officer", "approver")
    proposal = done(house.door.post(both, "/subject-access", {"about": OPEN, "reference": "DSAR-8"}))["proposal"]
    path = f"/subject-access/{proposal}/decision"
    assert "second-person" in codes(house.door.post(both, path, {"confirmed": True}))
    park = person(house.world, "park", "approver")
    done(house.door.post(park, path, {"confirmed": False}))
    assert codes(house.door.get(both, f"/subject-access/{proposal}")) == {"not-confirmed"}
    assert "decided-already" in codes(house.door.post(park, path, {"confirmed": True}))
    assert "role-lacks-act" in codes(
        house.door.post(person(house.world, "lee", "auditor"), "/subject-access", {"about": OPEN, "reference": "x"})
    )


def test_the_answer_itself_stands_in_the_journal_at_once(house: House) -> None:
    start = size(house.world)
    answered(house, OPEN)
    told = kept(house.world, start)
    acts = [each.entry.act for each in told]
    assert len([each for each in told if each.entry.act == "confirm" and each.entry.records]) == 1
    assert acts.count("subject-access") >= 3, "asked, refused while unconfirmed, answered"


def test_about_whom_it_is_is_listed_to_nobody(house: House) -> None:
    answered(house, OPEN)
    listed = house.door.get(person(house.world, "lee", "auditor"), "/subject-access")
    assert listed.status_code == 200
    assert OPEN not in listed.text
    assert "DSAR-7" in listed.text
    found = house.door.post(person(house.world, "kim", "officer"), "/search", {"q": f'"{NOBODY}"'})
    assert done(found)["records"] == [], "nor does a search tell that somebody asked"
