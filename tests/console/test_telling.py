"""Acts told from the request page: the amount that is really held, files that are handed over, and a person's whereabouts with their word alone."""

from __future__ import annotations

from typing import Any

import pytest

from comity.domain.terms import Instant
from comity.faces.console.telling import units
from tests.browser.work import TEXT, asked_to_freeze, sent_through
from tests.console.asked import ORIGIN, Asked, visible
from tests.faces.routes.desks import KR, Desks

DAY = 86_400_000
ASSET = "trx:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"


@pytest.mark.parametrize(
    ("text", "asset", "amount"),
    [
        ("1 250.50", "USDT", 1_250_500_000),
        ("1\u202f250,5", "USDT", 1_250_500_000),
        ("0", "BTC", 0),
        ("0.00000001", "BTC", 1),
        ("5000000", "KRW", 5_000_000),
        ("12", "UNKNOWNCOIN", 12),
        ("0.5", "KRW", None),
        ("1.2345678", "USDT", None),
        ("1,250.50", "USDT", None),
        ("-1", "USDT", None),
        ("lots", "USDT", None),
        ("", "USDT", None),
    ],
)
def test_an_amount_is_read_in_whole_units_or_not_at_all(text: str, asset: str, amount: int | None) -> None:
    assert units(text, asset) == amount


def local(asked: Asked, moment: Instant) -> str:
    from tests.console.desks import desk_of

    return f"{desk_of(asked.desks).spoken.local(moment):%Y-%m-%dT%H:%M}"


def test_a_freeze_shows_what_was_asked_and_tells_what_is_held(asked: Asked) -> None:
    asked.enter()
    request = asked_to_freeze(asked.desks)
    page = asked.page(f"/desk/requests/{request}")
    assert 'name="held_amount"' in page
    act = {"event": "confirm_hold", "how": "actions", "taken": "withdrawals-stopped"}
    state = asked.desks.kr.get(f"/requests/{request}")["state"]
    told = {**act, "state": state, "hold_until": local(asked, Instant(asked.desks.kr.world.clock.now() + 19 * DAY))}
    bad = asked.post(f"/desk/requests/{request}/act", {**told, "held_amount": "lots", "held_asset": ASSET})
    assert bad.status_code == 422
    assert "f-held_amount-fault" in bad.text
    none = asked.post(f"/desk/requests/{request}/act", {**told, "held_amount": "", "held_asset": ASSET})
    assert none.status_code == 422
    assert "Say how much is held" in visible(none.text)
    amount = {"held_amount": "7", "held_asset": ASSET}
    done = asked.post(f"/desk/requests/{request}/act", {**told, **amount})
    assert done.status_code == 303, visible(done.text)
    view = asked.desks.kr.get(f"/requests/{request}")
    assert view["state"] == "partly_held"
    assert [each["asset"] for each in view["progress"]["hold"]["held"]] == [ASSET]


def asked_to_keep(desks: Desks) -> str:
    """A request of theirs to preserve, which has reached us."""
    body = {
        "measure": "preserve",
        "to": KR,
        "route": "kr_kh.mla",
        "nature": "via-state",
        "offence": "fraud",
        "targets": [{"value": "https://telling.example/1"}],
        "facts": "FICTIONAL",
        "form": {"central_authority": "MOJ", "subject_and_nature": "fraud", "use_limitation": "this case"},
    }
    request: str = desks.kh.post("/requests", body)["request"]
    desks.kh.post(f"/requests/{request}/attest", TEXT)
    sent_through(desks.kh, request, "approver-kh (fictional)")
    desks.exchange()
    desks.kr.post(f"/requests/{request}/steps", {"event": "accept"})
    return request


def test_files_are_handed_over_with_an_act_and_named_by_their_digest(asked: Asked) -> None:
    asked.enter()
    request = asked_to_keep(asked.desks)
    assert 'type="file"' in asked.page(f"/desk/requests/{request}")
    until = local(asked, Instant(asked.desks.kr.world.clock.now() + 30 * DAY))
    state = asked.desks.kr.get(f"/requests/{request}")["state"]
    told = {"event": "preserve", "how": "actions", "state": state, "taken": "snapshot-kept", "hold_until": until}
    files = {"files": ("log.txt", b"FICTIONAL log", "text/plain; charset=utf-8")}
    done: Any = asked.client.post(
        f"/desk/requests/{request}/act",
        data={**told, "method": "screenshot"},
        files=files,
        headers={"origin": ORIGIN},
        follow_redirects=False,
    )
    assert done.status_code == 303, visible(done.text)
    (item,) = asked.desks.kr.get(f"/requests/{request}")["evidence"]
    assert (item["bytes"], item["media_type"], item["method"], item["state"]) == (
        13,
        "text/plain",
        "screenshot",
        "here",
    )
    assert "log.txt" not in asked.page(f"/desk/requests/{request}"), "a file's name may name somebody"


def test_a_refused_act_says_every_reason_and_keeps_what_was_typed(asked: Asked) -> None:
    asked.enter()
    request = asked_to_keep(asked.desks)
    state = asked.desks.kr.get(f"/requests/{request}")["state"]
    told = {"event": "preserve", "how": "actions", "state": state, "taken": "snapshot-kept", "note": "가상 메모"}
    answer = asked.post(f"/desk/requests/{request}/act", told)
    assert answer.status_code == 422
    assert "Say until when it is held" in visible(answer.text)
    assert "가상 메모" in answer.text


def test_where_a_person_is_leaves_only_with_their_own_word(asked: Asked) -> None:
    asked.enter()
    alert = {"to": KR, "name": "가상인 다", "place": "가상 숙소", "facts": "FICTIONAL", "text": TEXT}
    request = asked.desks.kh.post("/rescue/alerts", alert)["request"]
    asked.desks.exchange()
    for event in ("acknowledge", "locate", "hand_over"):
        asked.desks.kr.ask(f"/requests/{request}/steps", {"event": event})
    page = asked.page(f"/desk/requests/{request}")
    assert 'name="whereabouts"' in page
    assert "Without it, answer" in visible(page)
    state = asked.desks.kr.get(f"/requests/{request}")["state"]
    told = {"event": "report", "how": "actions", "state": state, "taken": "found", "choice": "not_found"}
    answer = asked.post(f"/desk/requests/{request}/act", {**told, "whereabouts": "FICTIONAL shelter"})
    assert answer.status_code == 422
    assert "told only with their consent" in visible(answer.text)
    assert asked.desks.kr.get(f"/requests/{request}")["state"] == state
    said = asked.post(f"/desk/requests/{request}/act", told)
    assert said.status_code == 303, visible(said.text)
