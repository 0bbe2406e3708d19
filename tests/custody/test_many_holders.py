"""Forty-five holders: who complied, who is late, and who was let off; from records and the clock alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from comity.domain.ledger import Lane
from comity.domain.terms import Refused
from comity.faces.api.custody_view import order_view
from comity.flows.custody import custody_of, overdue, release
from comity.flows.erase import propose_erasure
from comity.flows.holders import act_named
from comity.flows.proposal import confirm, reject

from .circle import Circle, circle, granted, indicator, officer, put

HUB = "hub.example"
READERS = [f"holder-{number:02}.example" for number in range(45)]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Circle]:
    made = circle(tmp_path_factory.mktemp("many"), [HUB, *READERS], store="memory", hub=HUB, bulk=False)
    yield made
    made.close()


def test_43_of_45_comply_and_the_two_late_ones_are_named_until_an_overseer_lets_one_off(many: Circle) -> None:
    hub = many[HUB]
    record, _ = put(hub, indicator("lure-harbour.example"), READERS, lane=Lane.URGENT)
    many.exchange(1)
    silent = READERS[7], READERS[31]
    many.offline |= set(silent)
    proposed = granted(propose_erasure(hub, officer(hub), [record], "court-order"))
    alone = confirm(hub, officer(hub), proposed.id)
    assert isinstance(alone, Refused)
    assert [reason.code for reason in alone.reasons] == ["four-eyes"]
    before = hub.store.position(hub.store.find(record)[0].origin).size
    issued = granted(confirm(hub, officer(hub, "Lee (fictional)"), proposed.id))
    assert len(issued.readers) == 45
    assert before == 1, "nothing left before the second person"
    many.exchange(2)
    many.hours(73)
    (order,) = custody_of(hub, record).orders
    shown = order_view(order)
    assert shown.summary == "43 of 45 complied, 2 overdue"
    assert shown.overdue == list(silent)
    assert overdue(hub, seen := set()) == 2
    again = len(hub.store.notices(1000))
    assert overdue(hub, seen) == overdue(hub, set()) == 2
    assert len(hub.store.notices(1000)) == again, "noticed once each"
    assert [h.node for h in order.holders] == READERS
    let_off = granted(release(hub, officer(hub, "overseer (fictional)"), issued.act, silent[0], "FICTIONAL: dissolved"))
    assert order_view(let_off).summary == "43 of 44 complied, 1 overdue, 1 released"
    nobody = release(hub, officer(hub), issued.act, "stranger.example", "FICTIONAL")
    assert isinstance(nobody, Refused)
    many.offline.clear()
    many.exchange(2)
    (order,) = custody_of(hub, record).orders
    assert (order.tally.complied, order.tally.holders, order.tally.overdue) == (44, 44, 0)
    seen = set()
    assert overdue(hub, seen) == 0
    assert issued.act in seen, "what all have done is not looked at again"
    assert act_named(hub, issued.act).ours


def test_a_proposal_is_decided_once(many: Circle) -> None:
    hub = many[HUB]
    record, _ = put(hub, indicator("second-harbour.example"), READERS[:1], lane=Lane.URGENT)
    proposed = granted(propose_erasure(hub, officer(hub), [record], "court-order"))
    assert granted(reject(hub, officer(hub, "Lee (fictional)"), proposed.id)).decided == "reject"
    for decide in (confirm, reject):
        twice = decide(hub, officer(hub, "Park (fictional)"), proposed.id)
        assert isinstance(twice, Refused)
        assert "already-decided" in {reason.code for reason in twice.reasons}
    assert hub.store.entries(*_range(hub, record))[0].envelope is not None


def _range(world, record):  # type: ignore[no-untyped-def]
    place = world.store.find(record)[0]
    return place.origin, place.index, place.index + 1
