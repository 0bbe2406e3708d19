"""The board of clocks on two nodes: a hold that runs out with nothing asked for is loud at both ends, by the calendar of who holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from comity.adapters.catalog import FileCatalog
from comity.domain.terms import Actor, Granted, Instant, NodeName
from comity.flows.answer import Said, act, answer
from comity.flows.clock_board import Line, board, loud
from comity.flows.drain import Drainer
from comity.flows.receive import Puller, pull_all
from comity.flows.request import Ask, approve, attest, draft, send, submit
from comity.ports import World
from tests.worlds import START, Pair, pair

KIM = Actor("kim (fictional)", NodeName("police.kr.example"), "officer")
LEE = Actor("lee (fictional)", NodeName("police.kr.example"), "approver")
SOK = Actor("sok (fictional)", NodeName("taskforce.kh.example"), "officer")
CHAN = Actor("chan (fictional)", NodeName("taskforce.kh.example"), "approver")
DAY = 86_400_000
ASK = Ask(
    measure="preserve",
    to=NodeName("taskforce.kh.example"),
    route="kr_kh.mla",
    nature="via-state",
    offence="ict_fraud",
    targets=(("url", "https://lure.example/apply"),),
    facts="FICTIONAL",
    form={
        "central_authority": "fictional ministry",
        "subject_and_nature": "fictional",
        "use_limitation": "this investigation alone",
        "targets[0].categories": "content",
    },
)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Pair]:
    made = pair(tmp_path, FileCatalog())
    yield made
    made.kr.store.close()
    made.kh.store.close()


def exchange(two: Pair) -> None:
    for _ in range(2):
        pull_all(Puller(two.kh, two.kh_sees_kr))
        Drainer(two.kh, two.kr.me.name).drain_all()
        pull_all(Puller(two.kr, two.kr_sees_kh))
        Drainer(two.kr, two.kh.me.name).drain_all()


def held(two: Pair, until: Instant) -> str:
    """A request to preserve that has been accepted and carried out."""
    drafted = draft(two.kr, KIM, ASK)
    assert isinstance(drafted, Granted), drafted
    request: str = drafted.value.request
    steps: list[object] = [
        attest(two.kr, KIM, request, "fictional treaty", "a" * 64),
        submit(two.kr, KIM, request),
        approve(two.kr, LEE, request),
        send(two.kr, KIM, request),
    ]
    exchange(two)
    steps += [
        answer(two.kh, SOK, request, Said("acknowledge")),
        answer(two.kh, CHAN, request, Said("accept")),
        act(two.kh, SOK, request, "preserve", taken="kept", hold_until=until),
    ]
    exchange(two)
    assert [step for step in steps if not isinstance(step, Granted)] == []
    return request


def seen(world: World) -> list[Line]:
    return list(board(world, ZoneInfo, 100))


def test_a_hold_is_on_both_boards_and_grows_loud_as_it_runs_out(two: Pair) -> None:
    request = held(two, Instant(START + 40 * DAY))
    for world in (two.kr, two.kh):
        (line,) = seen(world)
        assert (line.request, line.clocks[0].name, line.clocks[0].due) == (request, "hold", START + 40 * DAY)
        assert (line.clocks[0].alarm, loud([line])) == (None, 0)
    for world in (two.kr, two.kh):
        world.clock.at = Instant(START + 34 * DAY)  # type: ignore[attr-defined]
        (line,) = seen(world)
        assert (line.clocks[0].state, line.clocks[0].alarm, loud([line])) == ("running", 7, 1)
        world.clock.at = Instant(START + 41 * DAY)  # type: ignore[attr-defined]
        (line,) = seen(world)
        assert (line.clocks[0].state, loud([line])) == ("missed", 1)


def test_a_request_on_which_nothing_runs_is_not_on_the_board(two: Pair) -> None:
    assert isinstance(draft(two.kr, KIM, ASK), Granted)
    assert seen(two.kr) == []
