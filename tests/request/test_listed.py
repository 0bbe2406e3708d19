"""What a list says of requests is what their records say, at every moment, for everybody, on every store; and it can be made anew."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from sqlalchemy import event, update

from comity.adapters.store import tables as t
from comity.domain.access import Link, Sight
from comity.domain.ledger import Standing
from comity.domain.request.summary import NEVER, Summary, summary_of
from comity.domain.terms import Actor, Granted, Instant
from comity.errors import NotFound
from comity.flows.opened import open_request
from comity.flows.request import Ask, draft
from comity.flows.request_list import listed
from comity.flows.request_state import dossier
from comity.ports import Stopped, World
from comity.ports.requests import View, Wanted
from tests.access.people import CASE_A, CASE_B
from tests.story.test_any_order import CATALOG, FORM, TwoNodes
from tests.worlds import pair

VIEWS: tuple[View, ...] = ("all", "open", "us", "them", "sent", "received", "closed", "alerts", "unsigned")


def sights(world: World) -> list[Sight]:
    """People of the desk and a guest, with and without cases, and one whose purpose a marking rules out."""
    me = world.me
    plain = Sight(frozenset(), True, "crime", False, False, False, str(me.name), str(me.country), world.clock.now())
    one, both = frozenset({CASE_A}), frozenset({CASE_A, CASE_B})
    return [plain, *(replace(plain, cases=some) for some in (one, both)), replace(plain, cases=one, desk=False)]


def read_anew(world: World, request: str) -> Summary | None:
    try:
        found = dossier(world, request)
    except NotFound:
        return None
    return summary_of(found, world.me.name, {channel.origin: channel for channel in world.store.channels()})


def check_view(world: World, requests: list[str]) -> None:
    """Every view of one world against what is read one by one."""
    rows = {row.summary.request: row for row in world.store.requests(Wanted(), 1000)}
    for request in requests:
        anew, row = read_anew(world, request), rows.get(request)
        if row is None and anew is not None:  # a draft is seen, and not what left: the list has no line of it
            every = {each.summary.request: each.summary for each in world.store.whole().requests(Wanted(), 1000)}
            assert not world.store.entries_at([every[request].shown]), request
        else:
            assert (row is None) == (anew is None), request
        if row is not None and row.wholly:
            assert row.summary == anew
    whole = [row.summary for row in rows.values() if row.wholly]
    parts = [row for row in rows.values() if not row.wholly]
    assert whole == sorted(whole, key=lambda one: one.order)
    fits: dict[View, Any] = {
        "open": lambda one: not one.closed,
        "us": lambda one: one.turn == "us" and not one.closed,
        "them": lambda one: one.turn == "them" and not one.closed,
        "sent": lambda one: one.side == "requester",
        "received": lambda one: one.side == "requested",
        "closed": lambda one: one.closed,
    }
    for view, fit in fits.items():
        of_view = world.store.requests(Wanted(view), 1000)
        assert [row.summary for row in of_view if row.wholly] == [one for one in whole if fit(one)], view
        if view in ("us", "them", "closed"):
            assert all(row.wholly for row in of_view), "nothing is told of what is seen in part"
    counted = world.store.counted()
    assert sum(each.n for each in counted) == len(rows)
    assert sum(each.n for each in counted if each.rank < 2) == sum(one.rank < 2 for one in whole)
    assert sum(each.n for each in counted if each.rank == 3) == sum(one.closed for one in whole)
    pages: list[str] = []
    while page := world.store.requests(Wanted(), 2, pages[-1] if pages else ""):
        pages += [row.summary.request for row in page]
    assert pages == [*(one.request for one in whole), *(row.summary.request for row in parts)]
    ends = sorted((one.due, one.request) for one in whole if one.due < NEVER)
    near, count = world.store.ending(Instant(0), Instant(NEVER), 1000)
    assert ([(row.summary.due, row.summary.request) for row in near], count) == (ends, len(ends))
    assert [line.summary.request for line in listed(world, Wanted(), 1000)] == pages


class ListedNodes(TwoNodes):
    """The same two nodes, one of them on SQLite; what lies in cases changes meanwhile, and channels go out of sight."""

    def __init__(self) -> None:
        super().__init__()
        for world in (self.two.kr, self.two.kh):
            world.store.close()
        self.folder = Path(tempfile.mkdtemp())
        self.two = pair(self.folder, CATALOG, store="sqlite+memory")
        self.drafts: list[str] = []

    def teardown(self) -> None:
        self.deliver_everything()
        self.every_list_is_as_the_records_say()
        self.two.kr.store.close()
        shutil.rmtree(self.folder)

    @rule()
    def leave_a_draft(self) -> None:
        self.drafts += drafted(self.two.kr, self.two.kh.me.name, 1)

    @precondition(lambda self: self.requests)
    @rule(data=st.data(), at_kr=st.booleans(), case=st.sampled_from((CASE_A, CASE_B)), what=st.integers(0, 2))
    def lay(self, data: st.DataObject, at_kr: bool, case: str, what: int) -> None:
        """A request, or one of its records, comes into a case, or leaves it."""
        world = self.two.kr if at_kr else self.two.kh
        known = [request for request in (*self.requests, *self.drafts) if read_anew(world, request) is not None]
        if not known:
            return
        request = data.draw(st.sampled_from(known))
        records = [record.envelope.id for _, record in dossier(world, request).records]
        now = world.clock.now()
        one = request if what == 0 else data.draw(st.sampled_from(records))
        until = now if what == 2 else None
        world.store.keep([], [Link(case, "request" if what == 0 else "record", one, "somebody", now, until)])

    @precondition(lambda self: self.requests)
    @rule(data=st.data(), at_kr=st.booleans())
    def open_it(self, data: st.DataObject, at_kr: bool) -> None:
        world = self.two.kr if at_kr else self.two.kh
        request = data.draw(st.sampled_from(self.requests))
        if self.knows(world, request):
            open_request(world, Actor("reader (fictional)", world.me.name, "officer"), request)

    @rule(behind=st.booleans())
    def hide_a_channel(self, behind: bool) -> None:
        """What came over a channel that has to catch up is shown nowhere."""
        standing = Standing.BEHIND if behind else Standing.OPEN
        world = self.two.kr
        world.store.keep([], [Stopped(self.two.back.origin, standing.value, "a test", world.clock.now())])

    @invariant()
    def every_list_is_as_the_records_say(self) -> None:
        for world in (self.two.kr, self.two.kh):
            requests = [*self.requests, *self.drafts]
            check_view(world, requests)
            for sight in sights(world):
                check_view(replace(world, store=world.store.seen(sight)), requests)

    def check_end(self) -> None:
        assert self.two.kr.store.rebuild(write=False) == ()


TestListed = ListedNodes.TestCase
TestListed.settings = settings(
    max_examples=5, stateful_step_count=16, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


@pytest.fixture
def two(tmp_path: Path) -> Any:
    made = pair(tmp_path, CATALOG, store="sqlite+memory")
    yield made
    made.kr.store.close()


def drafted(world: World, to: Any, n: int) -> list[str]:
    officer = Actor("kim (fictional)", world.me.name, "officer")
    asked = Ask(
        measure="takedown",
        to=to,
        route="kr_kh.mla",
        nature="via-state",
        offence="fraud",
        targets=(("domain", "lure.example"),),
        facts="FICTIONAL",
        form=FORM,
    )
    made = [draft(world, officer, asked) for _ in range(n)]
    return [each.value.request for each in made if isinstance(each, Granted)]


def test_a_row_that_went_wrong_is_told_and_put_right(two: Any) -> None:
    world, requests = two.kr, drafted(two.kr, two.kh.me.name, 3)
    right = world.store.requests(Wanted(), 10)
    assert world.store.rebuild(write=False) == ()
    with world.store._engine.begin() as connection:
        connection.execute(
            update(t.request_state).where(t.request_state.c.id == requests[1]).values(turn="them", rank=2)
        )
    assert world.store.requests(Wanted(), 10) != right
    assert any("1 of them stand otherwise" in line for line in world.store.rebuild(write=True))
    assert world.store.requests(Wanted(), 10) == right
    assert world.store.rebuild(write=False) == ()


def test_a_list_costs_as_many_statements_for_many_requests_as_for_two(two: Any) -> None:
    world = two.kr
    sight = replace(sights(world)[1], cases=frozenset({CASE_A}))
    asked = [0]

    def count(*_: object) -> None:
        asked[0] += 1

    event.listen(world.store._engine, "before_cursor_execute", count)
    costs = []
    for more in (2, 28):
        requests = drafted(world, two.kh.me.name, more)
        now = world.clock.now()
        world.store.keep(
            [], [Link((CASE_A, CASE_B)[n % 2], "request", one, "x", now) for n, one in enumerate(requests)]
        )
        for store in (world.store, world.store.seen(sight)):
            store.requests(Wanted(), 1)  # what is known of the conditions so far is learned once
            asked[0] = 0
            there = replace(world, store=store)
            assert listed(there, Wanted("open"), 50)
            store.counted()
            store.ending(Instant(0), Instant(NEVER), 10)
            costs.append(asked[0])
    assert costs[:2] == costs[2:], costs
    assert max(costs) < 12


def test_a_link_to_a_case_hides_the_row_at_once_and_its_end_shows_it_again(two: Any) -> None:
    world = two.kr
    request, other = drafted(world, two.kh.me.name, 2)
    record = dossier(world, request).records[0][1].envelope.id
    outside = replace(world, store=world.store.seen(sights(world)[0]))
    for what, thing in (("request", request), ("record", record)):
        for until, seen in ((None, {other}), (world.clock.now(), {request, other})):
            world.store.keep([], [Link(CASE_B, what, thing, "somebody", world.clock.now(), until)])  # type: ignore[arg-type]
            assert {row.summary.request for row in outside.store.requests(Wanted(), 10)} == seen
            assert sum(each.n for each in outside.store.counted()) == len(seen)
