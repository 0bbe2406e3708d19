"""What pages say and do, without a browser: queue manners, both sides, acts with reasons, and the same page for hidden and absent."""

from __future__ import annotations

import re
from typing import Any

import pytest

from comity.domain.terms import Instant, instant_from, instant_text
from comity.faces.console.spoken import Spoken, zone_of
from comity.faces.console.states import shown_state
from comity.faces.console.words import LANGUAGES, book
from comity.faces.console.work import pieces
from comity.ports.requests import Wanted
from tests.console.asked import Asked, visible
from tests.faces.routes.desks import Desks, ask, sent

AT = instant_from("2026-11-21T05:32:09.000Z")


def spoken(lang: str = "en", zone: str = "Asia/Seoul") -> Spoken:
    return Spoken(book()[lang], zone, AT)


def drafted(desks: Desks, **changed: Any) -> str:
    request: str = desks.kr.post("/requests", ask(**changed))["request"]
    return request


def test_a_list_has_what_is_ours_first_and_every_filter_is_an_address(asked: Asked) -> None:
    asked.enter()
    draft, out = drafted(asked.desks), sent(asked.desks)
    page = asked.page("/desk/requests")
    rows = re.findall(r'id="row-([0-9a-f-]{36})"', page)
    assert rows.index(draft) < rows.index(out)
    assert rows == [piece.request for piece in pieces(asked.desks.kr.world, Wanted("open"))]
    theirs = re.findall(r'id="row-([0-9a-f-]{36})"', asked.page("/desk/requests?view=them&measure=preserve"))
    assert out in theirs
    assert draft not in theirs


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_request_is_told_in_every_language(asked: Asked, lang: str) -> None:
    asked.enter()
    page = asked.page(f"/desk/requests/{sent(asked.desks)}", lang=lang)
    assert book()[lang].texts["ack.stored"][0] in page
    assert book()[lang].texts["ack.not_opened"][0] in page
    assert book()[lang].texts["asked.nothing"][0] in page
    assert 'lang="en"' not in page.partition("<head>")[0] or lang == "en"


def test_stored_and_opened_stay_two_facts(asked: Asked) -> None:
    asked.enter()
    request = sent(asked.desks)
    before = visible(asked.page(f"/desk/requests/{request}"))
    assert "machine stored" in before
    assert "no officer yet" in before
    asked.desks.kh.post(f"/requests/{request}/opened")
    asked.desks.exchange()
    after = visible(asked.page(f"/desk/requests/{request}"))
    assert "officer opened" in after
    assert "no officer yet" not in after


def test_an_author_sees_why_they_cannot_approve_and_the_flow_says_the_same(asked: Asked) -> None:
    asked.enter("김 (fictional)")
    request = drafted(asked.desks)
    asked.desks.kr.post(f"/requests/{request}/attest", {"text_title": "Treaty", "text_sha256": "a" * 64})
    asked.desks.kr.post(f"/requests/{request}/submit")
    page = asked.page(f"/desk/requests/{request}")
    assert 'aria-disabled="true"' in page
    assert "it has to be another person" in visible(page)
    act = {"event": "approve", "how": "approve", "state": "legal_check"}
    answer = asked.post(f"/desk/requests/{request}/act", act)
    assert answer.status_code == 422
    assert "it has to be another person" in answer.text
    asked.enter("lee (fictional)")
    assert asked.post(f"/desk/requests/{request}/act", act).headers["location"].endswith("did=done")


def test_an_act_on_a_state_that_has_moved_on_is_not_done_and_says_so(asked: Asked) -> None:
    asked.enter()
    request = sent(asked.desks)
    answer = asked.post(f"/desk/requests/{request}/act", {"event": "withdraw", "how": "steps", "state": "approved"})
    assert answer.status_code == 409
    assert "it is now sent" in visible(answer.text)
    assert asked.desks.kr.get(f"/requests/{request}")["state"] == "sent"


def test_a_withdrawal_without_a_reason_keeps_what_was_typed(asked: Asked) -> None:
    asked.enter()
    request = sent(asked.desks)
    told = {"event": "withdraw", "how": "steps", "state": "sent", "reason": ""}
    answer = asked.post(f"/desk/requests/{request}/act", told)
    assert answer.status_code == 422
    assert "<title>(1) " in answer.text
    done = asked.post(f"/desk/requests/{request}/act", {**told, "reason": "FICTIONAL: no longer needed"})
    assert done.status_code == 303
    assert asked.desks.kr.get(f"/requests/{request}")["state"] == "withdrawn"


def test_a_message_goes_with_its_language_and_an_empty_one_does_not(asked: Asked) -> None:
    asked.enter()
    request = sent(asked.desks)
    assert asked.post(f"/desk/requests/{request}/messages", {"text": " ", "code": ""}).status_code == 422
    said = {"text": "서울 시각입니다. <b>(가상)</b>", "lang": "ko", "field": "facts", "code": "unclear"}
    assert asked.post(f"/desk/requests/{request}/messages", said).status_code == 303
    page = asked.page(f"/desk/requests/{request}")
    assert '<p class="said" lang="ko">서울 시각입니다. &lt;b&gt;(가상)&lt;/b&gt;</p>' in page


def test_a_receipt_is_taken_away_and_remembered_as_a_copy(asked: Asked) -> None:
    asked.enter()
    request = sent(asked.desks)
    (path,) = re.findall(r'href="(/desk/receipts/[^"]+)"', asked.page(f"/desk/requests/{request}"))
    answer = asked.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    record = asked.desks.kr.get(f"/requests/{request}")["records"][-1]["record"]
    copies = asked.desks.kr.get(f"/custody/{record}")["record"]["copies"]
    assert [(each["what"], each["by"]) for each in copies] == [("receipt", "김담당 (fictional)")]


@pytest.mark.parametrize(
    "path", ["/desk/requests/{}", "/desk/requests/not-an-id", "/desk/receipts/police.kr.example/0123456789abcdef/0"]
)
def test_what_is_not_here_has_one_page(asked: Asked, path: str) -> None:
    asked.enter()
    answer = asked.get(path.format("01930000-0000-7000-8000-000000000000"))
    assert answer.status_code == 404
    assert visible(answer.text) == visible(asked.get("/desk/nothing").text)


def test_a_personal_value_is_not_looked_up_by_an_address(asked: Asked) -> None:
    asked.enter()
    value = "victim@family.example"
    sent(asked.desks)
    assert "isn't looked up by an address" in visible(asked.page(f"/desk/search?q={value}")).replace("&#39;", "'")
    answer = asked.post("/desk/search", {"q": value})
    assert "somebody named it" in visible(answer.text)


def test_news_grey_a_row_in_its_place_and_wait_behind_one_button(asked: Asked) -> None:
    """The stream itself, up to its first event."""
    asked.enter()
    request = sent(asked.desks)
    since = instant_text(Instant(asked.desks.kr.world.clock.now()))
    asked.desks.kh.post(f"/requests/{request}/steps", {"event": "acknowledge"})
    asked.desks.exchange()
    from comity.faces.console.pages import live
    from tests.console.desks import desk_of

    desk = desk_of(asked.desks)
    found = live._since(desk, instant_from(since))
    html = live._html(desk, found, instant_from(since))
    assert 'class="fresh"' in html
    assert f'data-row="row-{request}"' in html
    assert "It stays in its place" in html
    assert live._event(html).startswith(b"data: ")


def test_settings_are_kept_by_the_browser_and_a_purpose_needs_a_reason(asked: Asked) -> None:
    asked.enter()
    kept = {"lang": "vi", "zone": "Asia/Phnom_Penh", "theme": "dark"}
    assert asked.post("/desk/settings", kept).status_code == 303
    page = asked.page("/desk/settings")
    assert '<html lang="vi" data-theme="dark"' in page
    assert '<meta name="comity-keys" content="off">' in page
    assert asked.post("/desk/purpose", {"purpose": "rescue", "why": ""}).status_code == 422
    assert asked.post("/desk/purpose", {"purpose": "rescue", "why": "FICTIONAL"}).status_code == 303
    assert book()["vi"].texts["purpose.rescue"][0] in asked.page("/desk/today")
    assert asked.post("/desk/settings", {**kept, "zone": "Mars/Olympus"}).status_code == 422


def test_times_are_the_readers_first_and_the_partners_second() -> None:
    both = str(spoken().both("2026-11-21T05:32:09.000Z", "KH"))
    assert re.sub("<[^>]+>", " ", both).split() == ["14:32", "Seoul", "12:32", "Phnom", "Penh"]
    assert str(spoken().both("2026-11-21T05:32:09.000Z", "JP")).count("<time") == 1, "the same clock isn't told twice"
    assert 'datetime="2026-11-21T14:32:09+09:00"' in both
    assert "2027" in spoken().full(instant_from("2027-01-01T00:00:00.000Z"))


@pytest.mark.parametrize(
    ("minutes", "said", "tone"),
    [
        (30, "30 min left", "stop"),
        (125, "2 h 5 min left", "wait"),
        (3 * 1440, "3 days left", ""),
        (-61, "over by 1 h 1 min", "stop"),
    ],
)
def test_a_clock_says_what_is_left_and_its_tone(minutes: int, said: str, tone: str) -> None:
    due = Instant(AT + minutes * 60_000)
    assert spoken().left(due) == said
    assert spoken().tone(due, Instant(AT - 86_400_000)) == tone


@pytest.mark.parametrize(
    ("amount", "asset", "lang", "said"),
    [
        ("1250500000", "USDT", "en", "1\u202f250.50\u00a0USDT"),
        ("1200000000000000000", "ETH", "vi", "1,20\u00a0ETH"),
        ("10000000", "KRW", "ko", "10\u202f000\u202f000\u00a0KRW"),
        ("7", "BTC", "en", "0.00000007\u00a0BTC"),
        ("12345", "UNKNOWNCOIN", "en", "12\u202f345\u00a0UNKNOWNCOIN"),
        (str(10**30), "ETH", "en", "1\u202f000\u202f000\u202f000\u202f000\u00a0ETH"),
    ],
)
def test_money_comes_from_whole_numbers(amount: str, asset: str, lang: str, said: str) -> None:
    assert spoken(lang).money(amount, asset) == said


def test_every_state_of_every_machine_has_an_icon_a_tone_and_five_words(desks: Desks) -> None:
    catalog = desks.kr.world.catalog
    machines = [catalog.machine(measure.machine) for measure in catalog.measures().values()]
    states = {state for machine in machines for state in machine.states}
    events = {event for machine in machines for event in machine.known_events}
    assert {state for state in states if shown_state(state) == ("rest", "doc")} <= {"feedback"}
    for words in book().values():
        assert {state for state in states if not words.has(f"state.{state}")} == set()
        assert {event for event in events if not words.has(f"act.{event}")} == set()


def test_every_country_of_the_catalog_has_a_zone(desks: Desks) -> None:
    from importlib.resources import files

    countries = {file.name.removesuffix(".toml") for file in (files("comity") / "catalog" / "countries").iterdir()}
    assert {country for country in countries if len(country) == 2 and zone_of(country) == "UTC"} == set()


def test_a_word_is_found_in_what_records_say_and_marked(asked: Asked) -> None:
    asked.enter()
    request = sent(asked.desks, facts="FICTIONAL: a lighthouse without a keeper.")
    answer = asked.post("/desk/search", {"q": "lighthouse"})
    assert answer.status_code == 200
    assert "a <mark>lighthouse</mark> without a keeper" in answer.text
    assert f'href="/desk/requests/{request}"' in answer.text
