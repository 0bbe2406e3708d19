"""Today: what needs this reader, what ends soon, what changed, who waits for whom, which channel is silent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from litestar import Response, get

from comity.domain.terms import Instant, instant_text
from comity.faces.api.asking import RefusedHere
from comity.faces.console.channel_health import healths
from comity.faces.console.rail import Entry
from comity.faces.console.render import Seen
from comity.faces.console.work import URGENT, Clock, News, Piece, ending_soon, news, pieces, pieces_of
from comity.flows.access import permit
from comity.flows.duty import duties
from comity.flows.proposal import proposals
from comity.ports.requests import Count, Wanted

DAY_MS = 86_400_000
NEWS = 60
SHOWN = 12
CHANGES = 8
HOMES = (("manage-people", "/desk/people"), ("audit", "/desk/journal"))
"""Where whoever reads no requests begins, by what they do here instead."""
DRAWN = 10


@dataclass(frozen=True)
class Need:
    """One line of "needs you": a request, or something else with a page of its own."""

    piece: Piece | None
    key: str
    path: str
    about: str
    tone: str
    icon: str
    clock: Clock | None
    life: bool


@dataclass(frozen=True)
class Ends:
    """A clock of the next 24 hours, for the picture. `x` lies between 0 and 860, `y` is one of four heights."""

    x: int
    y: int
    tone: str
    text: str
    last: bool


@dataclass(frozen=True)
class Waits:
    """One partner: how many requests wait for them, how many for us, and for how many days the oldest has."""

    partner: str
    we: int
    they: int
    oldest_days: int


@get("/desk/today", sync_to_thread=True, opt={"asks": "view"})
def today(desk: Seen) -> Response[Any]:
    """The day at a glance. Whoever reads no requests goes on to the first page of theirs."""
    if not desk.may("view"):
        return desk.go(next((path for act, path in HOMES if desk.may(act)), desk.rail[0].lines[0].entry.path))
    if why := permit(desk.world, desk.officer, "view"):
        raise RefusedHere(why)
    world, now = desk.world, desk.spoken.now
    counts = world.store.counted(Wanted("open"))
    happened = news(world, world.store.notices(NEWS))
    ours = pieces(world, Wanted("us"), SHOWN)
    beside = [*_from_notices(happened), *_from_custody(desk)]
    needs = sorted([*_from_requests(ours), *beside], key=_first)
    channels = healths(desk.node, world)
    soon, end_count = ending_soon(world, Instant(now - DAY_MS), Instant(now + DAY_MS), DRAWN)
    changes = [each for each in happened if each.kind not in URGENT][:CHANGES]
    named = pieces_of(world, [each.path.rpartition("/")[2] for each in changes if each.path])
    return desk.show(
        "today.html",
        needs=needs[:SHOWN],
        need_count=sum(each.n for each in counts if each.turn == "us") + len(beside),
        ends=_picture(desk, soon),
        end_count=end_count,
        waiting=sum(each.n for each in counts if each.turn == "them"),
        happened=changes,
        named={f"/desk/requests/{request}": piece for request, piece in named.items()},
        waits=_waits(counts, now),
        silent=[each for each in channels if each.tone != "go"],
        channel_count=len(channels),
        hours=[Instant(now + hour * 3_600_000) for hour in range(0, 25, 4)],
        other=_other_zone(desk),
        since=instant_text(now),
    )


def _from_requests(found: Iterable[Piece]) -> Iterable[Need]:
    for piece in found:
        path = f"/desk/requests/{piece.request}"
        yield Need(piece, "", path, piece.other, "", "", piece.due, piece.life)


def _from_notices(happened: Iterable[News]) -> Iterable[Need]:
    for each in happened:
        if each.kind in URGENT:
            yield Need(
                None, f"notice.{each.kind}", each.path or "/desk/channels", each.about, "stop", "warn", None, False
            )


def _from_custody(desk: Seen) -> Iterable[Need]:
    for duty in duties(desk.world):
        yield Need(
            None, "need.duty", "/desk/requests", duty.issuer, "wait", "chain", Clock("clock.deadline", duty.due), False
        )
    for each in proposals(desk.world):
        if each.decided is None:
            yield Need(None, "need.proposal", "/desk/requests", each.proposed_by, "wait", "pen", None, False)


def _first(need: Need) -> tuple[bool, bool, int]:
    """Danger to life, then what has a clock, the nearest first."""
    return (not need.life, need.clock is None, need.clock.due if need.clock is not None else 0)


def _picture(desk: Seen, soon: Iterable[Piece]) -> list[Ends]:
    now, drawn = desk.spoken.now, []
    ends = ((piece, clock) for piece in soon for clock in piece.clocks if now - DAY_MS <= clock.due < now + DAY_MS)
    for number, (piece, clock) in enumerate(sorted(ends, key=lambda each: each[1].due)[:DRAWN]):
        x = max(0, min(860, round((clock.due - now) / DAY_MS * 860)))
        tone = "life" if piece.life else desk.spoken.tone(clock.due, clock.since) or "move"
        text = f"{desk.t(clock.what)}: {desk.title_of(piece.other)}"
        drawn.append(Ends(x, 56 + number % 4 * 24, tone, text if len(text) < 44 else f"{text[:42]}…", x > 560))
    return drawn


def _waits(counts: Iterable[Count], now: Instant) -> list[Waits]:
    waiting = [each for each in counts if each.turn in ("us", "them")]
    return [
        Waits(
            partner,
            sum(each.n for each in waiting if each.turn == "them" and each.other == partner),
            sum(each.n for each in waiting if each.turn == "us" and each.other == partner),
            max((now - each.oldest) // DAY_MS for each in waiting if each.other == partner),
        )
        for partner in sorted({each.other for each in waiting})
    ]


def _other_zone(desk: Seen) -> str:
    """The second row of hours in the picture: a partner's, where its clock differs from the reader's."""
    return next((zone for zone in desk.clocks[1:] if zone != "UTC"), "")


pages = [today]
rail = [Entry("today", "/desk/today", "work", "today", 1, go="t", act="view")]
