"""The journal's page: for auditors alone, found by who and what and when, loud where somebody broke glass, checked on the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from comity.flows import prove_journal
from comity.flows.journal import journal_channel
from comity.flows.pages import piece
from comity.ports import World
from tests.console.asked import visible
from tests.console.peopled import Peopled, opened_peopled

REASON = "FICTIONAL: a child may be in that flat tonight."


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peopled]:
    with opened_peopled(tmp_path_factory.mktemp("journal")) as made:
        yield made


def test_it_is_there_for_auditors_alone(house: Peopled) -> None:
    officer, auditor = house.browser("minji"), house.browser("seo")
    absent, hidden = officer.get("/desk/nothing-here"), officer.get("/desk/journal")
    assert (hidden.status_code, visible(hidden.text)) == (absent.status_code, visible(absent.text))
    assert "/desk/journal" not in officer.page("/desk/today")
    assert '<a href="/desk/journal"' in auditor.page("/desk/oversight")
    assert "Who did and read what" in visible(auditor.page("/desk/journal"))
    assert auditor.get("/desk/today").headers["location"] == "/desk/journal"
    assert house.browser("root").get("/desk/today").headers["location"] == "/desk/people"


def test_entries_are_found_by_who_what_and_when(house: Peopled) -> None:
    request = house.request
    officer, auditor = house.browser("minji"), house.browser("seo")
    officer.page(f"/desk/requests/{request}")
    mine = auditor.page("/desk/journal?who=minji&act=view")
    assert "minji (fictional)" in visible(mine)
    assert f"/desk/oversight/acts/{request}" not in mine, "what was only read names no thing"
    sending = auditor.page("/desk/journal?act=send")
    assert f"/desk/oversight/acts/{request}" in sending
    assert "No entry fits" in visible(auditor.page("/desk/journal?who=nobody-of-this-name"))
    assert "No entry fits" in visible(auditor.page("/desk/journal?until=2001-01-01T00:00"))
    assert "No entry fits" in visible(auditor.page("/desk/journal?since=2100-01-01T00:00"))
    assert "No entry fits" not in visible(auditor.page("/desk/journal?since=2001-01-01T00:00&until=2100-01-01T00:00"))
    wrong = auditor.get("/desk/journal?since=tomorrow")
    assert (wrong.status_code, "This is no time" in visible(wrong.text)) == (422, True)


def test_what_is_older_is_on_the_next_page_and_nothing_twice(house: Peopled) -> None:
    auditor = house.browser("seo")
    size = house.world.store.position(journal_channel(house.world)).size
    seen: list[str] = []
    path = "/desk/journal"
    while path:
        page = auditor.page(path)
        seen += [line.split('"')[0] for line in page.split('id="row-')[1:]]
        rest = page.partition('<p class="more"><a href="')[2]
        path = rest.partition('"')[0].replace("&amp;", "&") if rest else ""
    assert len(seen) == len(set(seen)) > size / 2


def test_a_file_holds_what_fits(house: Peopled) -> None:
    answer = house.browser("seo").get("/desk/journal/file?act=send")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert {each["entry"]["act"] for each in lines} == {"send"}
    assert "attachment" in answer.headers["content-disposition"]


def test_broken_glass_is_loud_and_judged_on_the_page(house: Peopled) -> None:
    grant = house.broken_glass("minji", REASON)
    auditor = house.browser("seo")
    page = auditor.page("/desk/journal")
    assert "One emergency access waits for a judgement" in visible(page)
    assert 'class="row entry loud"' in page
    shown = visible(auditor.page("/desk/journal?view=emergency"))
    assert REASON in shown
    assert "minji (fictional)" in shown
    answer = auditor.post(f"/desk/cases/accesses/{grant}", {"verdict": "wrong", "back": "/desk/journal?view=emergency"})
    assert answer.headers["location"].startswith("/desk/journal?view=emergency")
    assert "judged wrong" in visible(auditor.page("/desk/journal?view=emergency"))
    assert "waits for a judgement" not in visible(auditor.page("/desk/journal"))
    assert "opened a case of others" in visible(auditor.page("/desk/journal?view=questions"))


def test_the_whole_journal_is_checked_on_the_page(house: Peopled, monkeypatch: pytest.MonkeyPatch) -> None:
    auditor = house.browser("seo")
    held = visible(auditor.post("/desk/journal/check").text)
    assert "each under the signed root" in held
    assert "by no overseer yet" in held

    def flipped(world: World, origin: str, path: str, size: int, let_out: Any) -> bytes:
        raw = piece(world, origin, path, size, let_out)
        return raw if path.startswith("tile/records") else bytes([raw[0] ^ 1]) + raw[1:]

    monkeypatch.setattr(prove_journal, "piece", flipped)
    broken = visible(auditor.post("/desk/journal/check").text)
    assert "does not hold" in broken
    assert "Change nothing" in broken


def test_a_page_asks_the_store_as_often_for_many_entries_as_for_few(house: Peopled) -> None:
    auditor = house.browser("seo")
    few = house.counted(auditor, "/desk/journal?act=send")
    many = house.counted(auditor, "/desk/journal")
    assert many <= few + 6, (few, many)
    assert many < 40
