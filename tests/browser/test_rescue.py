"""The rescue page on a telephone: it keeps what is typed on the device, waits ten seconds, and sends nothing into a dead line."""

from __future__ import annotations

import pytest

from tests.browser.desk import Looked, clipped, overflowing, violations
from tests.faces.routes.desks import KH

PAGE = "/desk/rescue/new"


def read_beforehand(looked: Looked) -> None:
    """Somebody has read the route's text, so that the page needs a name or a place and no more."""
    kr = looked.desk.desks.kr
    if not any(each["in_force"] for each in kr.get("/rescue/attestations")):
        until = "2027-03-01T00:00:00Z"
        body = {"to": KH, "route": "kr_kh.rescue", "text_title": "FICTIONAL memorandum", "text_sha256": "a" * 64}
        kr.post("/rescue/attestations", {**body, "valid_until": until})


@pytest.mark.parametrize(("lang", "theme"), [("km", "dark"), ("vi", "light")])
def test_the_page_is_clean_on_a_telephone_with_everything_unfolded(looked: Looked, lang: str, theme: str) -> None:
    page = looked.open(looked.window(360, theme=theme, lang=lang), PAGE)  # type: ignore[arg-type]  # one of the two words
    for part in page.locator("details > summary").all():
        part.click()
    assert violations(page) == []
    assert overflowing(page) == []
    assert clipped(page) == []


def test_what_is_typed_stays_on_the_device_until_it_is_discarded(looked: Looked) -> None:
    page = looked.open(looked.window(360), PAGE)
    assert page.locator("[data-kept]").is_hidden()
    page.locator("#f-place").fill("가상만 단지 3동")
    assert "Kept on this device only" in page.locator("[data-kept]").inner_text()
    looked.open(page, PAGE)
    assert page.locator("#f-place").input_value() == "가상만 단지 3동"
    page.locator("[data-discard]").click()
    assert page.locator("#f-place").input_value() == ""
    looked.open(page, PAGE)
    assert page.locator("#f-place").input_value() == ""
    assert page.evaluate("localStorage.length") == 0


def test_nothing_is_sent_into_a_dead_line(looked: Looked) -> None:
    read_beforehand(looked)
    before = len(looked.desk.desks.kr.get("/rescue/alerts"))
    page = looked.open(looked.window(360), PAGE)
    assert page.locator("[data-offline]").is_hidden()
    page.locator("#f-name").fill("가상인 라")
    page.context.set_offline(True)
    page.locator("[data-offline]").wait_for()
    page.locator("button[data-next]").click()
    assert page.locator("#toasts .toast").count() == 0
    page.context.set_offline(False)
    page.locator("[data-offline]").wait_for(state="hidden")
    assert page.locator("#f-name").input_value() == "가상인 라"
    assert len(looked.desk.desks.kr.get("/rescue/alerts")) == before


def test_it_can_be_taken_back_within_ten_seconds_and_leaves_after(looked: Looked) -> None:
    read_beforehand(looked)
    kr = looked.desk.desks.kr
    before = len(kr.get("/rescue/alerts"))
    page = looked.window(360)
    page.clock.install()
    looked.open(page, PAGE)
    page.locator("#f-name").fill("가상인 마")
    page.locator("button[data-next]").click()
    page.locator("[data-undo]").click()
    page.clock.run_for(12_000)
    assert (page.url.endswith(PAGE), len(kr.get("/rescue/alerts"))) == (True, before)
    page.locator("button[data-next]").click()
    page.clock.run_for(9_000)
    assert len(kr.get("/rescue/alerts")) == before
    page.clock.run_for(2_000)
    page.wait_for_url("**/desk/rescue/*did=alerted")
    assert len(kr.get("/rescue/alerts")) == before + 1
    assert page.evaluate("localStorage.length") == 0
    assert violations(page) == []
    assert overflowing(page) == []


def test_the_page_looks_again_by_itself_and_says_so_politely(looked: Looked) -> None:
    read_beforehand(looked)
    desks = looked.desk.desks
    request = desks.kr.post("/rescue/alerts", {"to": KH, "name": "Fictional Person"})["request"]
    page = looked.window(360)
    page.clock.install()
    looked.open(page, f"/desk/rescue/{request}")
    assert "not yet stored by their machine" in page.locator("#standing").inner_text()
    desks.exchange()
    desks.kh.post(f"/requests/{request}/opened")
    desks.exchange()
    page.clock.run_for(21_000)
    page.locator("#standing", has_text="officer opened").wait_for()
    assert page.locator("#standing").get_attribute("aria-live") == "polite"


def test_without_script_it_is_sent_by_keyboard_alone(looked: Looked) -> None:
    read_beforehand(looked)
    page = looked.open(looked.window(360, scripts=False), PAGE)
    assert "no ten seconds" in page.locator("noscript").inner_text()
    page.locator("#f-place").focus()
    page.keyboard.press("Tab")
    page.keyboard.type("Fictional Person")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/rescue/*did=alerted")
    assert page.locator("h1").inner_text() == "The alert has left"
