"""What waits to be told outside: which notices since the last word, how many of each kind, and whether any of them presses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from comity.domain.ledger import Lane
from comity.errors import NotFound
from comity.flows.lookup import opened
from comity.ports import Moved, Noticed, Place, World

PAGE, PAGES_MAX = 200, 500


@dataclass(frozen=True)
class Waiting:
    """Notices with numbers in (before, after], seen by one herald.

    counts    kind -> how many, of those that are told at all
    pressing  how many of them are about a rescue or an urgent request
    """

    before: int
    after: int
    counts: Mapping[str, int] = field(default_factory=dict)
    pressing: int = 0


def waiting(world: World, herald: str, kinds: Collection[str]) -> Waiting | None:
    """What this herald hasn't told yet; None when there are no new notices. What concerns a rescue is told whatever `kinds` are."""
    before = after = world.store.cursor(cursor_of(herald))
    counts: Counter[str] = Counter()
    pressing = 0
    for _ in range(PAGES_MAX):
        page = world.store.notices_after(after, PAGE)
        for _, notice in page:
            lane = _lane(world, notice)
            if notice.kind in kinds or lane is Lane.RESCUE:
                counts[notice.kind] += 1
                pressing += lane is Lane.RESCUE or _is_urgent(world, notice)
        if not page:
            break
        after = page[-1][0]
    return Waiting(before, after, dict(counts), pressing) if after > before else None


def told(world: World, herald: str, passed: Waiting) -> None:
    """Remembers that it was told. Conflict when somebody else moved on meanwhile."""
    world.store.keep([], [Moved(cursor_of(herald), passed.before, passed.after)])


def cursor_of(herald: str) -> str:
    """Name of the cursor over notices that a herald has."""
    return f"herald:{herald}"


def _place(notice: Noticed) -> Place | None:
    origin, index = notice.about.get("origin"), notice.about.get("index")
    return Place(origin, index) if isinstance(origin, str) and isinstance(index, int) else None


def _lane(world: World, notice: Noticed) -> Lane | None:
    origin = notice.about.get("origin")
    try:
        return world.store.channel(origin).lane if isinstance(origin, str) else None
    except NotFound:
        return None


def _is_urgent(world: World, notice: Noticed) -> bool:
    """Whether a request arrived that its sender calls urgent."""
    place = _place(notice)
    if notice.kind != "request-arrived" or place is None:
        return False
    record = opened(world, place)
    return record is not None and getattr(record.body, "urgency", "routine") != "routine"
