"""Cases, purpose and journal by keyboard alone: what one works in is changed on top of any page, and a line of the journal leads on."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.desk import Looked, overflowing, violations


def test_case_and_purpose_are_changed_on_top_of_a_page_by_keyboard(looked: Looked) -> None:
    page = looked.open(looked.window(), "/desk/reports")
    page.get_by_role("link", name="Change", exact=True).focus()
    page.keyboard.press("Enter")
    form = page.locator("#context form")
    form.wait_for()
    assert page.url.endswith("/desk/reports"), "the page under it stays"
    assert violations(page) == []
    page.locator("#f-in_case").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    form.get_by_label("Why you change it").focus()
    page.keyboard.type("FICTIONAL: night shift")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/reports?did=context")
    strip = page.locator("section.purpose")
    expect(strip).to_contain_text("2026-형제-4471")
    looked.open(page, "/desk/settings")
    expect(page.locator("section.purpose")).to_contain_text("2026-형제-4471")


def test_the_strip_works_without_scripts(looked: Looked) -> None:
    page = looked.open(looked.window(360, scripts=False), "/desk/requests")
    page.locator("section.purpose").get_by_role("link", name="Change").click()
    page.get_by_label("Why you change it").fill("FICTIONAL: night shift")
    page.get_by_role("button", name="Change").click()
    assert "/desk/requests" in page.url
    assert overflowing(page) == []


def test_a_line_of_the_journal_leads_to_its_basis_by_keyboard(looked: Looked) -> None:
    page = looked.open(looked.window(768, theme="dark"), "/desk/journal?act=send")
    page.locator("main").get_by_role("link", name="request").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/requests/*")
    looked.open(page, "/desk/journal")
    page.get_by_text("Find entries").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Who").fill("박당직")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/journal?*who=*")
    assert page.locator("li.loud").count() == 1
