"""A newcomer's first day: five tasks, by what stands on the page and nothing else."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Looked
from tests.browser.test_rescue import read_beforehand
from tests.browser.work import TAKEDOWN, TEXT, sent_through
from tests.faces.routes.desks import KR

SENT_MS = 11_000
"""What leaves waits ten seconds; the page's own clock is moved over them."""
NOTATIONS = ["+82 10-5550-4471", "010-5550-4471", "(82) 10 5550 4471", "+82.10.5550.4471", "０１０－５５５０－４４７１"]


@pytest.fixture
def page(looked: Looked) -> Page:
    """Today's page in English, with a clock that the test moves."""
    page = looked.window()
    page.clock.install()
    return looked.open(page, "/desk/today")


def by_rail(page: Page, title: str) -> None:
    page.locator("nav.rail, aside nav, nav").get_by_role("link", name=title).first.click()


def test_takes_a_report(page: Page) -> None:
    by_rail(page, "Reports")
    page.get_by_role("link", name="Take a report").first.click()
    page.get_by_label("In the reporter's own words").fill(
        "FICTIONAL: a site, lure-walk.example, recruits for a compound."
    )
    page.clock.run_for(1000)
    page.locator("#found", has_text="lure-walk.example").wait_for()
    page.get_by_role("button", name="Keep the report").click()
    page.wait_for_url("**/desk/reports/*did=*")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.locator("mark").all_inner_texts() == ["lure-walk.example"]


def test_finds_a_telephone_number_in_any_notation(page: Page) -> None:
    for notation in NOTATIONS:
        page.get_by_role("searchbox").first.fill(notation)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Phone: +821055504471"), notation).to_be_visible()
    for kind, path in (("Report", "reports"), ("Indicator", "signals")):
        page.get_by_role("searchbox").first.fill(NOTATIONS[1])
        page.keyboard.press("Enter")
        page.locator("main").get_by_role("link", name=kind, exact=True).first.click()
        page.wait_for_url(f"**/desk/{path}/*")
        assert page.locator("h1").inner_text()
        page.go_back()


def test_answers_what_waits(looked: Looked, page: Page) -> None:
    desks = looked.desk.desks
    body = {"measure": "takedown", "to": KR, "route": "kr.takedown", "nature": "via-state", "offence": "fraud"}
    told = {"targets": [{"value": "https://jobs.example/walk"}], "facts": "FICTIONAL", "form": TAKEDOWN}
    request = desks.kh.post("/requests", {**body, **told, "urgency": "urgent"})["request"]
    desks.kh.post(f"/requests/{request}/attest", TEXT)
    sent_through(desks.kh, request, "approver-kh (fictional)")
    desks.exchange()
    page.reload()
    page.get_by_role("link", name="https://jobs.example/walk").first.click()
    page.keyboard.press("n")
    acts = page.locator("#act")
    acts.get_by_text("Say what was done").first.click()
    acts.get_by_label("What was really done").first.select_option(label="blocked in one country")
    acts.get_by_role("button", name="Say what was done").click()
    gone(page)
    assert desks.kr.get(f"/requests/{request}")["state"] == "acted"


def test_sends_a_rescue(looked: Looked, page: Page) -> None:
    read_beforehand(looked)
    by_rail(page, "Rescue")
    page.locator("main").get_by_role("link", name="Rescue").first.click()
    page.get_by_label("Place").fill("가상만 단지 9동 (FICTIONAL)")
    page.get_by_role("button", name="Send now").click()
    gone(page)
    assert "가상만 단지 9동" in page.locator("main").inner_text()
    assert "Still due" in page.locator("main").inner_text(), "the second person's signature"


def test_checks_a_receipt(looked: Looked, page: Page) -> None:
    by_rail(page, "Requests")
    page.get_by_role("link", name="lure-valley.example").first.click()
    page.locator(".receipt").get_by_role("link", name="Check").first.click()
    page.locator("[data-results] .state.go").wait_for()
    assert KR in page.locator("[data-results]").inner_text()


def gone(page: Page) -> None:
    """The ten seconds in which it can be taken back are over."""
    expect(page.locator(".toast")).to_contain_text("Leaves in")
    with page.expect_navigation():
        page.clock.run_for(SENT_MS)
