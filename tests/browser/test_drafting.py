"""A draft in the browser: routes are weighed as the fields change, what is typed is kept, and the keyboard alone is enough."""

from __future__ import annotations

from pathlib import Path

from tests.browser.desk import Looked, overflowing, violations
from tests.console.test_drafting import WHOLE

PAGE = "/desk/requests/new"


def kept(looked: Looked) -> str:
    """The id of a draft that lacks nothing but the attestation."""
    members = {name[2:]: text for name, text in WHOLE.items() if name.startswith("m:")}
    body = {name: text for name, text in WHOLE.items() if not name.startswith("m:") and name != "targets"}
    targets = [{"value": line} for line in WHOLE["targets"].splitlines()]
    request: str = looked.desk.desks.kr.post("/requests", {**body, "targets": targets, "form": members})["request"]
    return request


def test_routes_and_findings_follow_what_is_chosen(looked: Looked) -> None:
    page = looked.open(looked.window(), PAGE)
    assert page.locator("#way-vol\\.preserve").count() == 1
    page.locator("#f-measure").select_option("freeze")
    page.locator("#way-vol\\.freeze").wait_for()
    page.locator("#f-measure").select_option("preserve")
    page.locator("#way-vol\\.preserve").wait_for()
    page.locator("#way-kr_kh\\.mla").focus()
    page.keyboard.press("Space")
    page.locator("#f-m\\:central_authority").wait_for()
    page.locator("#way-kr_kh\\.mla:checked").wait_for()
    assert page.evaluate("document.activeElement.id") == "way-kr_kh.mla"
    page.locator("#f-offence").fill("fraud")
    page.locator("#findings", has_not_text="The offence isn't named").wait_for()
    assert "Central authority" in page.locator("#findings").inner_text()
    page.locator("#findings a", has_text="Central authority").click()
    assert page.evaluate("location.hash") == "#f-m:central_authority"
    assert violations(page) == []


def test_what_is_typed_is_kept_in_the_tab_with_the_forms_members(looked: Looked) -> None:
    page = looked.open(looked.window(), PAGE)
    page.locator("#f-measure").select_option("preserve")
    page.locator("#way-vol\\.preserve").wait_for()
    page.locator("#way-kr_kh\\.mla").check()
    page.locator("#f-m\\:central_authority").fill("법무부 (가상)")
    page.locator("#f-facts").fill("FICTIONAL: half a sentence")
    looked.open(page, PAGE)
    page.locator("#f-m\\:central_authority").wait_for()
    page.wait_for_function("document.getElementById('f-m:central_authority')?.value === '법무부 (가상)'")
    assert page.locator("#f-facts").input_value() == "FICTIONAL: half a sentence"
    assert page.locator("#f-measure").input_value() == "preserve"
    page.locator("[data-discard]").click()
    page.wait_for_function("document.getElementById('f-facts').value === ''")


def test_a_draft_is_read_by_the_digest_of_its_text_and_handed_on_by_keyboard(looked: Looked, tmp_path: Path) -> None:
    (tmp_path / "treaty.txt").write_text("FICTIONAL treaty")
    request = kept(looked)
    page = looked.open(looked.window(), f"/desk/requests/{request}/draft")
    page.locator("#f-text_title").fill("FICTIONAL treaty")
    page.locator("#f-text_file").set_input_files(str(tmp_path / "treaty.txt"))
    page.locator("#f-text_title").press("Enter")
    page.wait_for_url("**did=attested")
    page.keyboard.press("n")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Hand to the approver"
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "attested" not in url)
    assert looked.desk.desks.kr.get(f"/requests/{request}")["state"] == "legal_check"


def test_what_the_words_of_a_report_hold_is_shown_while_they_are_typed(looked: Looked) -> None:
    page = looked.open(looked.window(), "/desk/reports/new")
    page.locator("#f-narrative").fill("가상: lure-harbour-2.example 에서 +82 10-5550-1234로 전화")
    page.locator("#found", has_text="+821055501234").wait_for()
    assert "lure-harbour-2.example" in page.locator("#found").inner_text()
    page.locator("#found input[value='phone +821055501234']").check()
    assert violations(page) == []
    page.locator("button[data-next]").click()
    page.wait_for_url("**/desk/reports/*did=*")
    page.locator("mark").first.wait_for()
    assert page.locator("mark").all_inner_texts() == ["lure-harbour-2.example", "+82 10-5550-1234"]
    known = page.locator("section[aria-labelledby=known]").inner_text()
    assert ("lure-harbour-2.example" in known, "+821055501234" in known) == (True, False)
    assert violations(page) == []
    assert overflowing(page) == []
