"""How long the console's pages take at the server with a hundred thousand requests, beside a bare query and rendering what is ready."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from litestar.testing import TestClient
from sqlalchemy import Connection, insert

from bench.apparatus.machine import Observed
from bench.apparatus.result import Result, say
from comity.adapters.store import request_rows
from comity.adapters.store import tables as t
from comity.adapters.store.rows import entry_row, trace_rows
from comity.adapters.store.sealed import sealed, sealing_of
from comity.domain.access import CaseFile, Member
from comity.domain.ledger import Lane
from comity.domain.record import Entry, Marking, Sealed, State, encode_fields, index_of
from comity.domain.record.kinds import decision_1, report_1, request_1
from comity.domain.record.places import Target
from comity.domain.record.sealing import seal
from comity.domain.terms import Actor, Granted, Instant, NodeName, instant_text
from comity.faces.api.desk import desk_app
from comity.faces.console import render
from comity.faces.console.app import above
from comity.flows.people.accounts import NewPerson, add
from comity.ports import World
from tests.console.asked import Asked
from tests.faces.routes.desks import KH, KR, TOKEN, opened_desks, sent

TINY = {"requests": 60, "rounds": 2}
AIM_MS = 150.0
PASSWORD = "three copper kettles boil"
CASE = "0193a000-0000-7000-8000-0000000000bb"
OLD = "0193a5d1-{0}-7000-8000-{1:012x}"
BLOCK = 5_000
DAY_MS = 86_400_000
LIST = "select * from request_state where rank < 3 order by rank, due, fresh, id limit 51"

Put = tuple[str, bytes, bytes]
"""Who writes (`ours`, `theirs`, `desk`), the envelope, the sealed values."""


def measure(*, requests: int = 100_000, rounds: int = 30) -> Result:
    """Each page is loaded as a browser would, by the node's one operator, and by an officer from whom half of all requests are hidden.

    The floor: one bare query for the rows of the list, and its template rendered with data that is ready.
    """
    seen = Observed()
    figures: dict[str, float] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="comity-bench-")))
        desks = stack.enter_context(opened_desks(folder))
        node = desks.kr.node
        store: Any = getattr(node.world.store, "inner", node.world.store)
        started = perf_counter()
        one = sent(desks)  # whose records are in the tree, so that receipts can be made of them
        _fill(node.world, store, requests - 1)
        figures["filling_us"] = (perf_counter() - started) * 1e6 / requests
        say(f"   {requests:,} requests put in, {figures['filling_us']:.0f} us each")
        pages = {
            "today": "/desk/today",
            "requests": "/desk/requests",
            "requests, theirs": "/desk/requests?view=them",
            "request": f"/desk/requests/{one}",
            "reports": "/desk/reports",
            "rescue": "/desk/rescue",
            "search": "/desk/search?q=lure",
            "channels": "/desk/channels",
        }
        client = stack.enter_context(TestClient(_app(node), base_url="http://127.0.0.1:8711"))
        operator = Asked(client, desks)
        operator.enter()
        ready = _caught(operator, pages["requests"])
        spent = {"operator": _loaded(operator, pages, rounds)}
        floor_s = min(_took(lambda: _floor(store, ready)) for _ in range(rounds))
        agree = _agrees(store, requests)
        person = _person(stack, desks, node)
        spent["person"] = _loaded(person, pages, rounds)
    for who, by_page in spent.items():
        for name, times in by_page.items():
            figures[f"{who}_{name}_p50_ms"], figures[f"{who}_{name}_p95_ms"] = _at(times, 0.5), _at(times, 0.95)
            say(
                f"   {who:9} {name:28} p50 {_at(times, 0.5):7.1f} ms, p95 {_at(times, 0.95):7.1f} ms, best {min(times):7.1f}"
            )
    slowest = max(value for name, value in figures.items() if name.endswith("_p95_ms") and "computing" not in name)
    figures["floor_ms"], ours = floor_s * 1e3, min(spent["operator"]["requests"])
    say(f"   the list's floor, a bare query and its template with ready data: {figures['floor_ms']:.1f} ms")
    return Result(
        name="console_pages",
        ratio=AIM_MS / slowest,
        floor=ours / figures["floor_ms"],
        split={f"{who}_{name}_ms": min(times) for who, by_page in spent.items() for name, times in by_page.items()},
        agree=agree,
        machine=seen.machine(),
        ratios={
            name.removesuffix("_ms"): AIM_MS / value for name, value in figures.items() if name.endswith("_p95_ms")
        },
        sizes={"requests": requests, "rounds": rounds},
        figures=figures,
    )


def _app(node: Any) -> Any:  # Any: the two libraries spell the types of an ASGI app differently
    return above(desk_app(node.itself, TOKEN), node.itself, TOKEN)


def _person(stack: ExitStack, desks: Any, node: Any) -> Asked:
    """An officer who comes in by invitation, and sees nothing of the case."""
    admin = Actor("api.token", node.world.me.name, "administrator")
    add(
        node.world, admin, NewPerson("root", "root (fictional)", ("administrator",), "en", "Asia/Seoul")
    )  # first of all
    new = add(node.world, admin, NewPerson("minji", "minji (fictional)", ("officer",), "en", "Asia/Seoul"))
    assert isinstance(new, Granted)
    client = stack.enter_context(TestClient(_app(node), base_url="http://127.0.0.1:8711"))
    asked = Asked(client, desks)
    told = {"secret": new.value.secret, "password": PASSWORD, "again": PASSWORD}
    assert asked.post("/desk/enter", told).status_code == 303
    return asked


def _loaded(asked: Asked, pages: dict[str, str], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each load by the clock, and of computing by this process; the pages in turns, a first load of each not counted."""
    for path in pages.values():
        asked.page(path)
    times: dict[str, list[float]] = {f"{name}{way}": [] for name in pages for way in ("", ", computing")}
    for _ in range(rounds):
        for name, path in pages.items():
            started = process_time()
            times[name].append(_took(lambda path=path: asked.page(path)) * 1e3)  # type: ignore[misc]
            times[f"{name}, computing"].append((process_time() - started) * 1e3)
    return {name: sorted(each) for name, each in times.items()}


def _took(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def _at(ordered: list[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def _caught(asked: Asked, path: str) -> Callable[[], str]:
    """Renders the page's template anew with the data that it was rendered with."""
    caught: list[Callable[[], str]] = []
    html = render.Desk.html

    def catching(desk: render.Desk, template: str, **facts: Any) -> str:
        around = desk._around()
        caught.append(lambda: render.environment().get_template(template).render(**around, **facts))
        return html(desk, template, **facts)

    setattr(render.Desk, "html", catching)  # noqa: B010  (for the type checker, which allows no other way)
    try:
        asked.page(path)
    finally:
        setattr(render.Desk, "html", html)  # noqa: B010
    return caught[0]


def _floor(store: Any, ready: Callable[[], str]) -> None:
    store._db.read(lambda connection: connection.exec_driver_sql(LIST).all())
    ready()


def _agrees(store: Any, requests: int) -> bool:
    """Whether every request is counted once, and no more."""
    counted = sum(each.n for each in store.counted())
    say(f"   {counted:,} requests are counted")
    return bool(counted == requests)


# ---- what is put in ----------------------------------------------------------------------------------------------------


def _fill(world: World, store: Any, requests: int) -> None:
    """Entries, their postings and links into one case for every second request, by SQL; then the rows of lists, made as always."""
    ch = {"desk": _ch(store, KR, KR, Lane.DESK), "ours": _ch(store, KR, KH), "theirs": _ch(store, KH, KR)}
    now = world.clock.now()
    file = CaseFile(CASE, "2026-B", "hidden (fictional)", ("crime",), "somebody", now)
    world.store.keep([], [file, Member(CASE, "somebody", "lead", now)])
    made, place, last = _Made(now), dict.fromkeys(ch, 1_000_000), ""
    with store._engine.connect() as connection:
        connection.exec_driver_sql("begin")
        block: list[Put] = []
        for n in range(requests):
            last = made.request(n)
            block += made.records(n)
            if n % 2:
                row: dict[str, Any] = {"key": request_rows.key_of(last), "case_id": CASE, "id": last, "what": "request"}
                row |= {"by": "somebody", "at": now, "until": None}
                connection.execute(insert(t.case_link).values(**sealed(sealing_of(connection), t.case_link, row)))
            if len(block) >= BLOCK or n == requests - 1:
                _put(connection, block, ch, place)
                block.clear()
        _put(connection, [made.report(n) for n in range(max(requests // 50, 5))], ch, place)
        connection.exec_driver_sql("commit")
    catalog = world.catalog

    def list_all(group: Any) -> None:
        for keys in request_rows.all_keys(group.connection):
            request_rows.remake(group.connection, store._logs, world.me.name, catalog, keys)

    store._do(list_all)


def _ch(store: Any, writer: str, audience: str, lane: Lane = Lane.URGENT) -> int:
    fits = (
        log.ch
        for log in store._logs.values()
        if (log.channel.writer, log.channel.audience, log.channel.lane) == (writer, audience, lane)
    )
    return int(next(fits))


def _put(connection: Connection, block: list[Put], ch: dict[str, int], place: dict[str, int]) -> None:
    entries, traces, sealing = [], [], sealing_of(connection)
    for where, envelope, fields in block:
        told = index_of(envelope, fields)
        index = place[where] = place[where] + 1
        entry = Entry(index, State.PRESENT, bytes(32), envelope, fields)
        entries.append(entry_row(sealing, ch[where], entry, bytes(32), told))
        traces += trace_rows(sealing, ch[where], index, told)
    connection.execute(insert(t.entry), entries)
    connection.execute(insert(t.trace), traces)


class _Made:
    """Requests in mixed states: sent and unanswered, received, acknowledged, withdrawn; every fiftieth an alert that came in."""

    def __init__(self, now: int) -> None:
        self._now = now
        self._asks = {
            ("ours", "preserve"): _sealed(_ask("preserve", KH), KR, now),
            ("theirs", "preserve"): _sealed(_ask("preserve", KR), KH, now),
            ("theirs", "rescue"): _sealed(_ask("rescue", KR), KH, now),
        }
        self._steps = {
            (who, event): _sealed(_step(event, node, theirs), node, now)
            for who, node in (("ours", KR), ("theirs", KH))
            for event, theirs in (("acknowledge", True), ("withdraw", False))
        }
        self._report = _sealed(report_1.EXAMPLE, KR, now)

    def request(self, n: int) -> str:
        return OLD.format("0000", n + 1)

    def records(self, n: int) -> Iterator[Put]:
        asks = "ours" if n % 10 in (0, 1, 2, 6, 7) else "theirs"
        measure = "rescue" if asks == "theirs" and n % 50 in (3, 9) else "preserve"
        at = self._now - n % 3000 * 600_000 - DAY_MS
        ask = self._asks[asks, measure]
        if asks == "ours":
            yield self._as("desk", ask, n, "1110", at)
        yield self._as(asks, ask, n, "1111", at)
        answers = "theirs" if asks == "ours" else "ours"
        if measure == "preserve" and n % 10 in (6, 8):
            yield self._as(answers, self._steps[answers, "acknowledge"], n, "2222", at + 60_000)
        if measure == "preserve" and n % 10 in (7, 9):
            yield self._as(asks, self._steps[asks, "withdraw"], n, "3333", at + 60_000)

    def report(self, n: int) -> Put:
        raw = self._report.envelope.replace(self._report.id.encode(), OLD.format("4444", n).encode())
        raw = raw.replace(report_1.EXAMPLE.report.encode(), OLD.format("5555", n).encode())
        return "desk", raw, encode_fields(self._report.fields)

    def _as(self, where: str, one: Sealed, n: int, kind: str, at: int) -> Put:
        raw = one.envelope.replace(one.id.encode(), OLD.format(kind, n + 1).encode())
        raw = raw.replace(OLD.format("0000", 0).encode(), self.request(n).encode())
        raw = raw.replace(OLD.format("1111", 0).encode(), OLD.format("1111", n + 1).encode())
        raw = raw.replace(instant_text(Instant(self._now)).encode(), instant_text(Instant(at)).encode())
        return where, raw, encode_fields(one.fields)


def _ask(measure: str, to: str) -> request_1.Body:
    return request_1.Body(
        request=OLD.format("0000", 0),
        measure=measure,
        to=to,
        nature="via-state",
        route="kr_kh.mla",
        drafted_by="kim (fictional)",
        approved_by=None if measure == "rescue" else "lee (fictional)",
        approved_at=None,
        targets=(Target("url", "https://jobs.lure-harbour.example/apply?id=7"),),
        urgency="emergency" if measure == "rescue" else "urgent",
        facts="FICTIONAL",
    )


def _step(event: str, node: str, answers: bool) -> decision_1.Body:
    after = (OLD.format("1111", 0),) if answers else ()
    return decision_1.Body(
        request=OLD.format("0000", 0),
        event=event,
        by=f"officer of {node}",
        role="officer",
        at="2026-11-25T07:30:00Z",
        after=after,
    )


def _sealed(body: Any, issuer: str, now: int) -> Sealed:
    return seal(
        body,
        id="0193a5d1-9999-7000-8000-000000000000",
        issuer=NodeName(issuer),
        made=Instant(now),
        marking=Marking(tlp="AMBER"),
        purpose="crime",
        salt=lambda: bytes(32),
    )
