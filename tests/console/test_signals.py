"""Signals: what is known as indicators, from whom, what became of it; stated and taken back by pages; a page never reads them all."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from comity.domain.record import kinds as record_kinds
from comity.faces.console.signals import LOOKED, PAGE, signals
from comity.faces.console.signals import Asked as Narrowed
from comity.faces.console.words import LANGUAGES, book
from tests.console.asked import Asked, visible
from tests.faces.routes.desks import KH, Desks, sent

VALUES = {"values": "https://signal-harbour.example/a\nboss@signal-harbour.example", "role": "scam-site"}
SOURCE = {"kind": "", "source": "fictional list", "confidence": "60", "audience": KH}


def stated(asked: Asked, **fields: str) -> list[str]:
    """Ids of the records that are new on the first page."""
    before = rows(asked.page("/desk/signals?whose=ours"))
    answer = asked.post("/desk/signals/new", {**VALUES, **SOURCE, **fields})
    assert answer.status_code == 303, visible(answer.text)
    return [each for each in rows(asked.page("/desk/signals?whose=ours")) if each not in before]


def rows(html: str) -> list[str]:
    return re.findall(r'href="/desk/signals/([0-9a-f-]{36})"', html)


def lists(desks: Desks, host: str, count: int = 1) -> None:
    """The Cambodian side shares a list with us."""
    values = [f"https://{host}/{number}" for number in range(count)]
    body = {"values": values, "role": "scam-site", "source": "fictional", "source_sha256": "b" * 64}
    desks.kh.post("/imports", {**body, "audience": desks.kr.world.me.name})
    desks.exchange()


def test_what_is_stated_is_listed_with_kind_marking_and_age(asked: Asked) -> None:
    asked.enter()
    new = stated(asked)
    assert len(new) == 2
    page = visible(asked.page("/desk/signals?whose=ours&kind=url"))
    assert "https://signal-harbour.example/a" in page
    assert "boss@signal-harbour.example" not in page
    assert "TLP:AMBER" in page
    assert rows(asked.page("/desk/signals?whose=ours&tlp=RED")) == []
    shown = visible(asked.page(f"/desk/signals/{new[0]}"))
    assert "fictional list" in shown
    assert "60 of 100" in shown
    assert asked.post("/desk/signals/new", {**VALUES, **SOURCE}).headers["location"].endswith("did=shared_before")


@pytest.mark.parametrize(
    ("field", "value"),
    [("values", ""), ("values", "no value at all"), ("confidence", "101"), ("audience", "x.example")],
)
def test_what_does_not_fit_is_said_beside_its_field_and_nothing_is_kept(asked: Asked, field: str, value: str) -> None:
    asked.enter()
    before = asked.page("/desk/signals?whose=ours")
    answer = asked.post("/desk/signals/new", {**VALUES, **SOURCE, field: value})
    assert answer.status_code == 422
    assert f'id="f-{field}-fault"' in answer.text
    assert rows(asked.page("/desk/signals?whose=ours")) == rows(before)


def test_others_signals_come_with_who_said_so_and_who_else_does(asked: Asked) -> None:
    asked.enter()
    lists(asked.desks, "signal-hill.example")
    theirs = rows(asked.page("/desk/signals?whose=theirs"))[0]
    request = sent(asked.desks, targets=[{"value": "https://signal-hill.example/0"}])
    page = asked.page(f"/desk/signals/{theirs}")
    assert f'href="/desk/requests/{request}"' in page
    assert "taskforce.kh.example" in visible(page)
    assert 'action="/desk/signals/' not in page, "nobody else's signal is taken back"
    assert theirs not in rows(asked.page("/desk/signals?whose=ours"))


def test_a_signal_that_is_taken_back_says_so_here_and_there(asked: Asked) -> None:
    asked.enter()
    (record,) = stated(asked, values="https://signal-mistake.example/1")
    assert asked.post(f"/desk/signals/{record}/withdraw", {"reason": "because"}).status_code == 422
    assert asked.post(f"/desk/signals/{record}/withdraw", {"reason": "wrong-value"}).status_code == 303
    page = visible(asked.page(f"/desk/signals/{record}"))
    assert "Nobody acts on it any more" in page
    assert record in rows(asked.page("/desk/signals?state=withdrawn"))
    assert record not in rows(asked.page("/desk/signals?state=current"))


def test_an_erased_signal_says_that_it_was_and_tells_nothing(asked: Asked) -> None:
    asked.enter()
    (record,) = stated(asked, values="https://signal-erased.example/1")
    made = asked.desks.kr.post("/custody/erasures", {"records": [record], "ground": "data-subject"})
    asked.desks.kr.post(f"/custody/proposals/{made['id']}/confirm", by="lee (fictional)")
    page = asked.page(f"/desk/signals/{record}")
    assert "erased here by order" in visible(page)
    assert "signal-erased" not in page
    assert record not in rows(asked.page("/desk/signals?whose=ours"))


def test_a_page_opens_a_bounded_number_of_records(asked: Asked) -> None:
    """However many there are, and whatever is asked for."""
    asked.enter()
    lists(asked.desks, "signal-many.example", 700)
    world = asked.desks.kr.world
    counted = Counting(world.store)
    found = signals(replace(world, store=counted), Narrowed(whose="theirs"))
    assert len(found.signals) == PAGE
    assert counted.calls.total() < 80, counted.calls
    counted.calls.clear()
    none = signals(replace(world, store=counted), Narrowed(whose="theirs", kind="wallet"))
    assert (none.signals, none.looked, none.onward) == ((), LOOKED, LOOKED)
    assert counted.calls["entries"] == LOOKED
    assert counted.calls.total() < LOOKED + 60, counted.calls
    more = asked.page(f"/desk/signals?whose=theirs&from={LOOKED}")
    assert len(set(rows(more))) == PAGE


class Counting:
    """A store that counts what it is asked."""

    def __init__(self, store: Any) -> None:
        self._store, self.calls = store, Counter[str]()

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(self._store, name)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_kind_of_value_and_record_has_its_word(lang: str) -> None:
    from comity.domain.indicator import kinds

    words = book()[lang]
    assert {kind for kind in kinds() if not words.has(f"indicator.{kind}")} == set()
    assert "indicator/1" in record_kinds()


def test_a_signal_that_is_not_here_is_not_here(asked: Asked) -> None:
    asked.enter()
    assert asked.get("/desk/signals/01930000-0000-7000-8000-000000000000").status_code == 404
    assert asked.get("/desk/signals/no-id").status_code == 404
