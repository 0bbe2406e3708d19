"""A day's work by keyboard alone, and lists that stand still while others act."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.desk import Looked


def focused(page: Page) -> str:
    said: str = page.evaluate(
        "document.activeElement.getAttribute('href') || document.activeElement.id || document.activeElement.tagName"
    )
    return said


def test_an_officer_finds_opens_and_writes_without_a_pointer(looked: Looked) -> None:
    page = looked.window()
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url("**/desk/requests")
    page.keyboard.press("j")
    first = focused(page)
    page.keyboard.press("j")
    second = focused(page)
    assert first.startswith("/desk/requests/")
    assert second != first
    page.keyboard.press("k")
    assert focused(page) == first
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{first}")
    page.wait_for_load_state()
    page.keyboard.press("n")
    assert page.evaluate("document.activeElement.closest('#act') !== null")
    page.go_back()
    page.wait_for_url("**/desk/requests")
    page.keyboard.press("?")
    expect(page.locator("#keys-help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys-help")).to_be_hidden()


def test_letters_do_nothing_in_a_field_or_when_they_are_switched_off(looked: Looked) -> None:
    page = looked.open(looked.window(), "/desk/requests")
    page.locator("#q").focus()
    page.keyboard.type("j?g r")
    assert page.locator("#q").input_value() == "j?g r"
    assert page.url.endswith("/desk/requests")
    looked.open(page, "/desk/settings")
    page.locator("input[name=keys]").uncheck()
    page.locator("form[action='/desk/settings'] button").click()
    page.wait_for_url("**did=settings")
    looked.open(page, "/desk/requests")
    page.keyboard.press("j")
    assert page.locator(".row[aria-current]").count() == 0
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()


def test_what_leaves_waits_ten_seconds_and_can_be_taken_back(looked: Looked) -> None:
    page = looked.window()
    page.clock.install()
    looked.open(page, f"/desk/requests/{looked.desk.named['asked']}")
    page.locator("textarea[name=text]").fill("FICTIONAL: a word that never leaves")
    page.locator("#thread button[type=submit]").click()
    expect(page.locator(".toast")).to_contain_text("Leaves in")
    page.clock.run_for(9_000)
    page.locator("#thread h2").click()
    page.keyboard.press("u")
    expect(page.locator(".toast")).to_contain_text("Nothing has left")
    page.clock.run_for(20_000)
    assert "did=" not in page.url
    page.locator("#thread button[type=submit]").click()
    page.clock.run_for(11_000)
    page.wait_for_url("**did=message_sent**")


def test_a_row_that_others_changed_greys_in_its_place_and_new_ones_wait(looked: Looked) -> None:
    page = looked.open(looked.window(), "/desk/requests")
    order = page.locator(".rows .row").evaluate_all("rows => rows.map(row => row.id)")
    request = looked.desk.named["asked"]
    expect(page.locator(f"#row-{request}")).not_to_have_class("done")
    looked.desk.desks.kh.post(f"/requests/{request}/steps", {"event": "acknowledge"})
    looked.desk.desks.exchange()
    expect(page.locator(".fresh")).to_be_visible(timeout=15_000)
    expect(page.locator(f"#row-{request}.done .changed")).to_be_visible()
    assert page.locator(".rows .row").evaluate_all("rows => rows.map(row => row.id)") == order
    page.locator(".fresh").click()
    expect(page.locator(f"#row-{request}.done")).to_have_count(0)
