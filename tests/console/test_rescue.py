"""The rescue page works without script, asks for a name or a place alone, is small, and tells machine and person apart afterwards."""

from __future__ import annotations

import re
from hashlib import sha256

import pytest

from comity.faces.console.assets import served
from tests.console.asked import Asked, visible
from tests.faces.routes.desks import KH, ask

TEXT = b"FICTIONAL text of a memorandum"
READ = {"text_title": "FICTIONAL memorandum of a desk", "text_sha256": "a" * 64}
OFFICER, OTHER = "김담당 (fictional)", "이승인 (fictional)"
PAGE_BYTES_MAX = 50_000


def alerted(asked: Asked, **fields: str) -> str:
    """The id of an alert that has left."""
    answer = asked.post(
        "/desk/rescue/new", {"to": KH, "place": "가상만 단지 3동", "never_call": "yes", **READ, **fields}
    )
    assert answer.status_code == 303, visible(answer.text)
    path: str = answer.headers["location"].partition("?")[0]
    return path.rpartition("/")[2]


def test_a_place_alone_leaves_without_script(asked: Asked) -> None:
    asked.enter()
    request = alerted(asked)
    found = asked.desks.kr.get(f"/requests/{request}")
    assert (found["sent"], found["ask"]["form"]["safe_contact.never_call"]) == (True, "true")
    assert [target["kind"] for target in found["ask"]["personal_targets"]] == ["place"]


def test_a_name_alone_leaves_too(asked: Asked) -> None:
    asked.enter()
    request = alerted(asked, place="", name="가상인 나")
    assert asked.desks.kr.get(f"/requests/{request}")["sent"] is True


def test_without_either_nothing_leaves_and_what_was_typed_stays(asked: Asked) -> None:
    asked.enter()
    before = len(asked.desks.kr.get("/rescue/alerts"))
    answer = asked.post("/desk/rescue/new", {"to": KH, "facts": "FICTIONAL: heard by night", **READ})
    assert answer.status_code == 422
    assert "one of them is enough" in visible(answer.text)
    assert "FICTIONAL: heard by night" in answer.text
    assert len(asked.desks.kr.get("/rescue/alerts")) == before


def test_a_text_that_nobody_has_read_is_named_as_the_reason(asked: Asked) -> None:
    asked.enter()
    answer = asked.post("/desk/rescue/new", {"to": KH, "name": "Fictional Person"})
    assert answer.status_code == 422
    assert "Nobody has recorded having read the text" in visible(answer.text)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text_title": "x", "text_sha256": "12"}, "64 digits"),
        ({"text_title": "x", "text_sha256": ""}, "Choose the file"),
        ({"seen_at": "yesterday"}, "a day and a time"),
        ({"to": "nobody.example"}, "one of the choices"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(asked: Asked, fields: dict[str, str], said: str) -> None:
    asked.enter()
    answer = asked.post("/desk/rescue/new", {"to": KH, "name": "Fictional Person", **READ, **fields})
    assert answer.status_code == 422
    assert said in visible(answer.text)


def test_the_text_is_known_by_the_digest_of_the_file_itself(asked: Asked) -> None:
    asked.enter()
    fields = {"to": KH, "name": "Fictional Person", "text_title": "FICTIONAL text"}
    answer = asked.client.post(
        "/desk/rescue/new",
        data=fields,
        files={"text_file": ("text.txt", TEXT, "text/plain")},
        headers={"origin": "http://127.0.0.1:8711"},
        follow_redirects=False,
    )
    assert answer.status_code == 303, visible(answer.text)
    request = answer.headers["location"].partition("?")[0].rpartition("/")[2]
    told = asked.desks.kr.get(f"/requests/{request}")["ask"]["attestation"]
    assert told["text_sha256"] == sha256(TEXT).hexdigest()


def test_machine_and_person_are_told_apart_and_the_second_signature_is_due(asked: Asked) -> None:
    asked.enter()
    request = alerted(asked)
    page = visible(asked.page(f"/desk/rescue/{request}"))
    assert "not yet stored by their machine" in page
    assert "no officer yet" in page
    asked.desks.exchange()
    page = visible(asked.page(f"/desk/rescue/{request}"))
    assert "machine stored" in page
    assert "no officer yet" in page
    asked.desks.kh.post(f"/requests/{request}/opened")
    asked.desks.exchange()
    page = visible(asked.page(f"/desk/rescue/{request}"))
    assert "officer opened" in page
    assert "no officer yet" not in page
    assert "You alerted, so it has to be somebody else" in page


def test_the_second_signature_is_given_by_another_person_alone(asked: Asked) -> None:
    asked.enter(OFFICER)
    request = alerted(asked)
    assert asked.post(f"/desk/rescue/{request}/countersign").status_code == 422
    asked.post("/desk/leave")
    asked.enter(OTHER)
    answer = asked.post(f"/desk/rescue/{request}/countersign")
    assert answer.headers["location"] == f"/desk/rescue/{request}?did=countersigned"
    assert asked.desks.kr.get(f"/requests/{request}")["progress"]["second_signature"]["by"] == OTHER


def test_the_board_says_who_where_when_and_what_is_stale(asked: Asked) -> None:
    asked.enter()
    alerted(asked, name="가상인 나", place="가상 오래된 단지", seen_at="2020-01-02T03:04")
    alerted(asked, name="가상인 다", place="가상 새 단지")
    page = visible(asked.page("/desk/rescue"))
    for said in (
        "가상인 나",
        "가상 오래된 단지",
        "seen over 48 h ago",
        "nobody says when it was seen",
        "second signature due",
    ):
        assert said in page


def test_a_request_that_is_no_alert_has_no_rescue_page(asked: Asked) -> None:
    asked.enter()
    request = asked.desks.kr.post("/requests", ask())["request"]
    assert asked.get(f"/desk/rescue/{request}").status_code == 404


def test_a_route_is_read_beforehand_so_that_nobody_has_to_at_night(asked: Asked) -> None:
    asked.enter(OTHER)
    fields = {"to": KH, "until": "2027-02-01T10:00", **READ}
    for missing in ("until", "text_title"):
        assert asked.post("/desk/rescue/attest", {**fields, missing: ""}).status_code == 422
    answer = asked.post("/desk/rescue/attest", fields)
    assert answer.status_code == 303, visible(answer.text)
    assert "It can leave at once" in visible(asked.page("/desk/rescue/new"))
    answer = asked.post("/desk/rescue/new", {"to": KH, "name": "Fictional Person", "never_call": "yes"})
    assert answer.status_code == 303


@pytest.mark.parametrize("lang", ["en", "ko", "vi", "km", "zh"])
def test_the_page_with_all_that_it_loads_is_small(asked: Asked, lang: str) -> None:
    asked.enter()
    page = asked.page("/desk/rescue/new", lang=lang)
    loaded = set(re.findall(r'/desk/static/[0-9a-f]+/([^"#]+)', page))
    assert "comity.css" in loaded
    assert not any("vendor" in name for name in loaded)
    modules = {f"js/{name}" for name in re.findall(r'from "\./([a-z]+\.js)"', served()["js/rescue.js"].decode())}
    modules |= {"js/toasts.js"}
    size = len(page.encode()) + sum(len(served()[name]) for name in loaded | modules)
    assert size < PAGE_BYTES_MAX
