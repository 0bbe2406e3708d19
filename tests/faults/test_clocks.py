"""Clocks that differ, and clocks that jump: what is told of it, what goes on, and what must not go back.

The policy is the specification's (evidence.md, sync.md R7): a time more than a day ahead of the reader's clock, or a day before what
was confirmed earlier, is noticed; nothing is refused or stopped for a time, and no line of a node is dated before another of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from comity.adapters.catalog import FileCatalog
from comity.adapters.clock import SystemMint
from comity.domain.ledger import Standing, parse_policy
from comity.domain.receipt import verify_receipt
from comity.domain.record import read_envelope
from comity.domain.terms import Actor, Granted, Instant, instant_from
from comity.flows.answer import Item, Said, act, answer
from comity.flows.certify import certify_request, policy_text
from comity.flows.custody import followed, overdue
from comity.flows.drain import Drainer
from comity.flows.holders import act_named
from comity.flows.receive import Puller, pull_all
from comity.flows.request import Ask, approve, attest, draft, send, submit
from comity.flows.request_state import dossier
from comity.flows.withdraw import withdraw
from comity.ports import World
from tests.worlds import START, Pair, TestClock, letter, pair, sealed_indicator

MINUTE_MS = 60_000
DAY = 24 * 60
CATALOG = FileCatalog()
HOUR_MS = 60 * MINUTE_MS
TIMES = {"made-in-the-future", "record-back-dated"}


def granted(result: object) -> object:
    assert isinstance(result, Granted), result
    return result.value


@dataclass
class Nodes:
    """Two nodes with clocks of their own, and ids made from them.

    wrong   minutes by which each node's clock is ahead of the true time
    lasts   latest time of a line of each node, at each look
    """

    two: Pair
    true: int = START
    wrong: dict[str, int] = field(default_factory=dict)
    lasts: dict[str, list[int]] = field(default_factory=dict)

    def set(self, kr: int, kh: int) -> None:
        """The clocks jump."""
        self.wrong = {"kr": kr, "kh": kh}
        self.pass_time(0)

    def pass_time(self, minutes: int) -> None:
        self.true += minutes * MINUTE_MS
        for name, world in self.worlds():
            clock = world.clock
            assert isinstance(clock, TestClock)
            clock.at = self.true + self.wrong.get(name, 0) * MINUTE_MS

    def worlds(self) -> tuple[tuple[str, World], ...]:
        return ("kr", self.two.kr), ("kh", self.two.kh)

    def exchange(self, rounds: int = 2) -> None:
        two = self.two
        for _ in range(rounds):
            for world, peer in ((two.kh, two.kh_sees_kr), (two.kr, two.kr_sees_kh)):
                for result in pull_all(Puller(world, peer)).values():
                    assert not isinstance(result, Exception), result
                Drainer(world, peer.name).drain_all()
                self.pass_time(1)
        for name, world in self.worlds():
            self.lasts.setdefault(name, []).append(world.store.last_time_s())

    def write(self, count: int = 3) -> None:
        kr = self.two.kr
        start = kr.store.position(self.two.bulk.origin).size
        made = [sealed_indicator(kr, n) for n in range(start, start + count)]
        kr.store.keep([letter(self.two.bulk.origin, one) for one in made])

    def told(self, name: str) -> Counter[str]:
        world = dict(self.worlds())[name]
        return Counter(notice.kind for notice in world.store.notices(2000) if notice.kind in TIMES)

    def check(self) -> None:
        """Everything has come through, once and alike, and nothing was dated before what was dated earlier."""
        for channel, writer, reader in (
            (self.two.urgent, self.two.kr, self.two.kh),
            (self.two.bulk, self.two.kr, self.two.kh),
            (self.two.back, self.two.kh, self.two.kr),
        ):
            ours, theirs = writer.store.position(channel.origin), reader.store.position(channel.origin)
            assert (ours.size, ours.root) == (theirs.size, theirs.root)
            assert theirs.drained == theirs.size
            assert reader.store.channel(channel.origin).standing is Standing.OPEN
            sizes = writer.store.sizes(channel.origin, 0)
            times = [line.time_s for size in sizes for line in writer.store.lines(channel.origin, size)]
            assert times == sorted(times), "a receipt over more is dated before one over less"
            if theirs.size:
                assert writer.store.lines(channel.origin, theirs.size), "not confirmed"
            entries = writer.store.entries(channel.origin, 0, theirs.size)
            ids = [read_envelope(entry.envelope or b"").id for entry in entries]
            assert ids == sorted(set(ids)), "ids go back, or one came twice"
        for lasts in self.lasts.values():
            assert lasts == sorted(lasts)
        kinds = {notice.kind for _, world in self.worlds() for notice in world.store.notices(2000)}
        assert not kinds & {"cosigner-went-back", "cosignature-refused", "record-replayed", "fork"}


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    two = pair(tmp_path, CATALOG)
    kr, kh = (replace(world, mint=SystemMint(world.clock.now)) for world in (two.kr, two.kh))
    yield Nodes(replace(two, kr=kr, kh=kh))
    kr.store.close()
    kh.store.close()


KIM, LEE, SOK = (
    Actor("Kim (fictional)", "police.kr.example", "officer"),  # type: ignore[arg-type]
    Actor("Lee (fictional)", "police.kr.example", "approver"),  # type: ignore[arg-type]
    Actor("Sok (fictional)", "taskforce.kh.example", "officer"),  # type: ignore[arg-type]
)


def sent(nodes: Nodes) -> str:
    kr = nodes.two.kr
    form = {"custodian_or_location": "host in KH", "necessity": "logs lapse", "intent_to_file_mla": "true"}
    form |= {"central_authority": "MOJ", "subject_and_nature": "fraud", "use_limitation": "this case"}
    asked = Ask(
        measure="preserve",
        to="taskforce.kh.example",  # type: ignore[arg-type]
        route="kr_kh.mla",
        nature="via-state",
        offence="fraud",
        targets=((None, "https://jobs.lure-harbour.example/apply?id=7"),),
        facts="FICTIONAL: the page recruits for a compound.",
        form=form,
    )
    request: str = granted(draft(kr, KIM, asked)).request  # type: ignore[attr-defined]
    granted(attest(kr, KIM, request, "Korea-Cambodia MLA treaty", "a" * 64))
    granted(submit(kr, KIM, request))
    granted(approve(kr, LEE, request))
    granted(send(kr, KIM, request))
    return request


JUMPS = [
    (10, 0),
    (-10, 0),
    (0, 10),
    (0, -10),
    (DAY - 30, 0),
    (30 - DAY, 0),
    (0, DAY - 30),
    (0, 30 - DAY),
    (DAY + 30, 0),
    (-DAY - 30, 0),
    (0, DAY + 30),
    (0, -DAY - 30),
    (-DAY, DAY),
    (DAY, -DAY),
]


@pytest.mark.parametrize(("kr", "kh"), JUMPS)
def test_a_clock_that_jumps_and_is_put_right_stops_nothing_and_is_told_from_a_day_on(
    nodes: Nodes, kr: int, kh: int
) -> None:
    nodes.write()
    nodes.exchange()
    assert nodes.told("kr") == nodes.told("kh") == Counter()
    nodes.set(kr, kh)
    nodes.write()
    request = sent(nodes)
    nodes.exchange()
    nodes.write()
    granted(answer(nodes.two.kh, SOK, request, Said("accept")))
    nodes.exchange()
    nodes.check()
    wrong = {"kh": kr - kh, "kr": kh - kr}  # by how much each sees the other ahead
    for name, ahead in wrong.items():
        expected = {"made-in-the-future"} if ahead > DAY else {"record-back-dated"} if ahead < -DAY else set()
        assert set(nodes.told(name)) == expected, f"{name} sees the other {ahead} minutes ahead"
    before, lasts = {name: nodes.told(name) for name in wrong}, {name: nodes.lasts[name][-1] for name in wrong}
    nodes.set(0, 0)
    nodes.write()
    until = Instant(nodes.two.kh.clock.now() + 60 * DAY * MINUTE_MS)
    item = Item("b" * 64, 512, "application/json", "export")
    granted(act(nodes.two.kh, SOK, request, "preserve", taken="logs-held", hold_until=until, items=[item]))
    nodes.exchange(3)
    nodes.check()
    assert {name: nodes.told(name) for name in wrong} == before, "with right clocks there is nothing to tell"
    nodes.pass_time(3 * DAY)
    nodes.write()
    nodes.exchange()
    nodes.check()
    assert lasts["kh"] < nodes.lasts["kh"][-1] <= nodes.true // 1000, "once the time has come up, lines bear it again"
    ours, theirs = dossier(nodes.two.kr, request), dossier(nodes.two.kh, request)
    assert ours.view.state == theirs.view.state == "preserved"
    for world in (nodes.two.kr, nodes.two.kh):
        policy = parse_policy(policy_text(world))
        for receipt in certify_request(world, request):
            shown = verify_receipt(receipt.proof, policy=policy)
            assert shown.keys_proven
            assert len(shown.delivered) == 1


def test_a_clock_that_jumps_again_and_again_gives_ids_and_lines_that_never_go_back(nodes: Nodes) -> None:
    for kr, kh in ((0, 0), (7, -7), (-DAY, DAY), (3 * DAY, 0), (0, -3 * DAY), (-30 * DAY, 30 * DAY), (0, 0)):
        nodes.set(kr, kh)
        nodes.write(2)
        nodes.exchange()
    nodes.check()
    assert nodes.two.kh.store.position(nodes.two.bulk.origin).size == 14


@pytest.mark.parametrize("wrong", [0, 10, -10, DAY, -DAY])
def test_terms_run_by_the_clock_that_set_them_and_are_not_moved_by_a_jump(nodes: Nodes, wrong: int) -> None:
    """An order's term is set once, by its giver's clock, and the same whenever one looks; who is late is told once."""
    kr = nodes.two.kr
    nodes.set(wrong, 0)
    body = sealed_indicator(kr, 1)
    origin = nodes.two.bulk.origin
    kr.store.keep([letter(origin, body)])
    nodes.exchange()
    granted(withdraw(kr, KIM, [body.id], "wrong-account"))
    order = next(place for place in kr.store.of_kind("withdraw/1") if place.origin == origin)
    header = kr.store.told([order])[order].header
    assert header is not None
    named = act_named(kr, header.id)
    (holder,) = followed(kr, named).holders
    hours = kr.catalog.orders()["withdraw"].deadline_h
    due = instant_from(named.command.made) + hours * HOUR_MS
    assert abs(holder.due - due) < MINUTE_MS
    assert abs(holder.due - (nodes.true + wrong * MINUTE_MS + hours * HOUR_MS)) < 5 * MINUTE_MS
    seen: set[str] = set()
    assert overdue(kr, seen) == 0
    nodes.set(0, 0)
    (again,) = followed(kr, named).holders
    assert again.due == holder.due
    for minutes, late in ((-1, 0), (1, 1), (-60, 0), (1, 1)):  # over the end, back before it, and over it again
        nodes.true = holder.due + minutes * MINUTE_MS
        nodes.set(0, 0)
        assert overdue(kr, seen) == late
        assert followed(kr, named).stages == (("overdue",) if late else ("waiting",))
    told = [notice for notice in kr.store.notices(2000) if notice.kind == "holder-overdue"]
    assert len(told) == 1, "once, however often the clock passes the end"
    nodes.exchange(3)
    assert followed(kr, named).stages == ("complied",)
    assert overdue(kr, seen) == 0
