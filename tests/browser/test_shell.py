"""The frame around every page: who isn't inside sees the door; who is, finds everything by keyboard and in every language."""

from __future__ import annotations

import pytest

from tests.browser.desk import Looked, overflowing, violations


def test_a_stranger_sees_the_door_and_an_officer_the_day(looked: Looked) -> None:
    page = looked.window(inside=False)
    looked.open(page, "/")
    assert page.url.endswith("/desk/login")
    looked.enter(page)
    assert page.locator("h1").inner_text() == "Today"
    assert page.locator(".menu summary").inner_text() == "김담당 (fictional)"


def test_a_wrong_token_is_said_beside_its_field(looked: Looked) -> None:
    page = looked.open(looked.window(inside=False), "/desk/login")
    page.locator("#f-name").fill("Sample (fictional)")
    page.locator("#f-token").fill("guessed")
    page.keyboard.press("Enter")
    page.wait_for_selector("#f-token-fault")
    assert page.title().startswith("(1) ")
    assert page.locator("#f-name").input_value() == "Sample (fictional)"
    assert page.locator("#f-token").input_value() == ""
    looked.forgive(True)


@pytest.mark.parametrize("lang", ["en", "ko", "vi", "km", "zh"])
def test_the_language_is_chosen_at_the_door(looked: Looked, lang: str) -> None:
    page = looked.open(looked.window(inside=False), "/desk/login")
    page.locator("#lang").focus()
    page.locator("#lang").select_option(lang)
    page.wait_for_function("(want) => document.documentElement.lang.startsWith(want)", arg=lang)
    assert page.locator("#lang").input_value() == lang
    assert violations(page) == []
    assert overflowing(page) == []


def test_the_skip_link_comes_first_and_leads_to_the_work(looked: Looked) -> None:
    page = looked.window()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_palette_opens_with_a_stroke_and_leads_on(looked: Looked) -> None:
    page = looked.window()
    page.keyboard.press("/")
    page.locator("#palette[open]").wait_for()
    page.keyboard.type("tod")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/today")
    assert page.locator("#palette[open]").count() == 0


def test_whoever_leaves_is_outside(looked: Looked) -> None:
    page = looked.window()
    page.locator(".menu summary").click()
    page.locator("form[action='/desk/leave'] button").click()
    page.wait_for_url("**/desk/login?did=left")
    looked.open(page, "/desk/today")
    assert "/desk/login" in page.url
