"""Custody by pages: orders with who has complied, the acts on a record, two persons where it hurts, duties answered, and what isn't ours passed on or held."""

from __future__ import annotations

import re
from typing import Any

import pytest

from comity.faces.console.amending import leaves, written
from comity.faces.console.words import LANGUAGES, book
from tests.console.asked import Asked, visible
from tests.faces.routes.desks import KH, KR, sent

SECOND = "이승인 (fictional)"


def shared(asked: Asked, host: str) -> str:
    """The id of a signal of ours that the other side holds."""
    kr = asked.desks.kr
    body = {"values": [f"https://{host}/1"], "role": "scam-site", "source": "fictional", "source_sha256": "d" * 64}
    kr.post("/imports", {**body, "audience": KH})
    asked.desks.exchange()
    (place,) = kr.world.store.of_kind("indicator/1", 1)
    header = kr.world.store.told([place])[place].header
    assert header is not None
    return header.id


def told(asked: Asked, host: str) -> str:
    """The id of a signal of theirs."""
    kh = asked.desks.kh
    body = {"values": [f"https://{host}/1"], "role": "scam-site", "source": "fictional", "source_sha256": "e" * 64}
    kh.post("/imports", {**body, "audience": KR})
    asked.desks.exchange()
    (place,) = asked.desks.kr.world.store.of_kind("indicator/1", 1)
    header = asked.desks.kr.world.store.told([place])[place].header
    assert header is not None
    return header.id


def order_in(answer: Any) -> str:
    assert answer.status_code == 303, visible(answer.text)
    path: str = answer.headers["location"].partition("?")[0]
    return path.rpartition("/")[2]


def test_an_order_says_who_complied_and_who_is_still_silent(asked: Asked) -> None:
    asked.enter()
    record = shared(asked, "custody-one.example")
    order = order_in(asked.post(f"/desk/custody/{record}/withdraw", {"reason": "wrong-value"}))
    before = visible(asked.page(f"/desk/custody/{order}"))
    assert "0 of 1 holders say they complied" in before
    assert "still in time" in before
    asked.desks.exchange()
    after = visible(asked.page(f"/desk/custody/{order}"))
    assert "1 of 1 holders say they complied" in after
    assert "Nobody can prove from afar" in after
    assert f'href="/desk/custody/{order}"' in asked.page("/desk/custody?view=ours")
    assert f'href="/desk/custody/{order}"' not in asked.page("/desk/custody?view=overdue")
    assert "taken back" in visible(asked.page(f"/desk/custody/{record}")).lower()


def test_an_erasure_takes_two_persons(asked: Asked) -> None:
    asked.enter()
    record = shared(asked, "custody-two.example")
    proposal = order_in(asked.post(f"/desk/custody/{record}/erase", {"ground": "data-subject", "what": "whole"}))
    page = asked.page(f"/desk/custody/{proposal}")
    assert 'aria-describedby="why-confirm"' in page
    assert "it has to be another person" in visible(page)
    assert f'href="/desk/custody/{proposal}"' in asked.page("/desk/custody")
    assert asked.post(f"/desk/custody/{proposal}/confirm").status_code == 422
    asked.enter(SECOND)
    order = order_in(asked.post(f"/desk/custody/{proposal}/confirm"))
    assert "custody-two" not in asked.page(f"/desk/custody/{record}")
    assert "It was erased" in visible(asked.page(f"/desk/custody/{record}"))
    assert "Erase" in visible(asked.page(f"/desk/custody/{order}"))


def test_who_proposed_may_take_it_back_and_nothing_comes_of_it(asked: Asked) -> None:
    asked.enter()
    record = shared(asked, "custody-three.example")
    proposal = order_in(asked.post(f"/desk/custody/{record}/clear", {"ground": "mistaken-identity"}))
    assert asked.post(f"/desk/custody/{proposal}/reject").headers["location"] == "/desk/custody?did=rejected"
    assert "rejected" in visible(asked.page(f"/desk/custody/{proposal}"))
    assert asked.desks.kr.get(f"/custody/{record}")["record"]["course"] == "current"


def test_only_some_values_go_where_they_are_named(asked: Asked) -> None:
    asked.enter()
    request = sent(asked.desks)
    record = next(
        each["record"]
        for each in asked.desks.kr.get(f"/requests/{request}")["records"]
        if each["kind"].startswith("request/")
    )
    assert "/facts" in asked.page(f"/desk/custody/{record}")
    none = asked.post(f"/desk/custody/{record}/erase", {"ground": "court-order", "what": "fields"})
    assert none.status_code == 422
    assert "f-fields-fault" in none.text
    fields = {"ground": "court-order", "what": "fields", "fields": "/facts"}
    proposal = order_in(asked.post(f"/desk/custody/{record}/erase", fields))
    assert "<code>/facts</code>" in asked.page(f"/desk/custody/{proposal}")


def test_a_record_is_put_right_member_by_member(asked: Asked) -> None:
    asked.enter()
    record = shared(asked, "custody-wrong.example")
    page = asked.page(f"/desk/custody/{record}/amend")
    assert 'name="m.value"' in page
    assert 'name="m.source.name"' in page
    unfit = asked.post(f"/desk/custody/{record}/amend", {"reason": "wrong-value", "m.kind": ""})
    assert unfit.status_code == 422
    assert "can&#39;t say that" in unfit.text or "can't say that" in unfit.text
    said = {"reason": "wrong-value", "m.value": "https://custody-right.example/1"}
    order_in(asked.post(f"/desk/custody/{record}/amend", said))
    old = asked.page(f"/desk/custody/{record}")
    (new,) = re.findall(r'href="/desk/custody/([0-9a-f-]{36})">The record in its place', old)
    assert "https://custody-right.example/1" in visible(asked.page(f"/desk/signals/{new}"))
    assert "fictional" in visible(asked.page(f"/desk/signals/{new}")), "what wasn't touched stays"


def test_what_is_not_ours_is_held_and_passed_on_only_where_it_may(asked: Asked) -> None:
    asked.enter()
    record = told(asked, "custody-theirs.example")
    page = asked.page(f"/desk/custody/{record}")
    assert f"/desk/custody/{record}/withdraw" not in page
    assert asked.post(f"/desk/custody/{record}/withdraw", {"reason": "wrong-value"}).status_code == 422
    assert asked.post(f"/desk/custody/{record}/hold", {"basis": "", "review": ""}).status_code == 422
    late = asked.post(f"/desk/custody/{record}/hold", {"basis": "FICTIONAL order", "review": "2001-01-01T10:00"})
    assert late.status_code == 422
    assert "review has to lie in the future" in visible(late.text)
    kept = asked.post(f"/desk/custody/{record}/hold", {"basis": "FICTIONAL order", "review": "2099-01-01T10:00"})
    assert kept.headers["location"].endswith("did=kept_on_hold")
    assert "FICTIONAL order" in visible(asked.page(f"/desk/custody/{record}"))
    assert asked.post(f"/desk/custody/{record}/lift").headers["location"].endswith("did=hold_lifted")


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("withdraw", {"reason": "because"}),
        ("erase", {"ground": "because", "what": "whole"}),
        ("clear", {"ground": "because"}),
        ("permit", {"holder": "nobody.example", "onward_to": "x.example", "lifts": "H2"}),
    ],
)
def test_a_word_that_was_not_offered_does_nothing(asked: Asked, path: str, fields: dict[str, str]) -> None:
    asked.enter()
    record = shared(asked, f"custody-{path}.example")
    assert asked.post(f"/desk/custody/{record}/{path}", fields).status_code == 422
    assert asked.desks.kr.get(f"/custody/{record}")["record"]["course"] == "current"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_order_stage_and_answer_has_its_word(asked: Asked, lang: str) -> None:
    words = book()[lang]
    for order, rule in asked.desks.kr.world.catalog.orders().items():
        assert words.has(f"order.{order}"), order
        assert all(words.has(f"ack_state.{state}") for state in rule.complies)


def test_what_is_deeper_than_a_form_stays_as_it_was() -> None:
    body = {"a": "x", "n": 3, "flag": True, "list": [1, {"b": "c"}], "in": {"d": "e", "f": 1}}
    assert [leaf.name for leaf in leaves(body)] == ["m.a", "m.n", "m.flag", "m.in.d", "m.in.f"]
    said = {"m.a": "", "m.n": "4", "m.flag": "no", "m.in.d": "z", "m.in.f": "two"}
    assert written(body, said) == {"n": 4, "flag": False, "list": [1, {"b": "c"}], "in": {"d": "z", "f": "two"}}
    assert written(body, {}) == body
