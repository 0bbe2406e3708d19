"""What is asked about each target, and what an addressee would send back for it: no limit, no time, the wrong clock.

A draft says it in members of its form that bear the target's place: `targets[0].start`, `.end` (RFC 3339 with an offset), `.port`,
`.platform`, `.categories` (between commas). They speak of the target at that place in the draft.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from comity.domain.law.draft import Draft, finding
from comity.domain.law.measure import Measure
from comity.domain.law.member_types import unfit
from comity.domain.law.values import LawBook, Route
from comity.domain.terms import Reason

DAY_MS = 86_400_000
MANY_TARGETS = 10
"""More identifiers than this are taken one by one by who is asked; our own choice."""
MEMBERS = ("start", "end", "port", "platform", "categories")

_MEMBER = re.compile(r"targets\[(0|[1-9]\d{0,3})\]\.(\w+)", re.ASCII)
_PORT = re.compile(r"[1-9]\d{0,4}", re.ASCII)
_IN_TEXT = re.compile(r"data:(?:image|video)/", re.IGNORECASE)


@dataclass(frozen=True)
class Wanted:
    """One target with the limits of what is asked about it; `start` and `end` in ms since 1970, None where not said."""

    place: int
    kind: str
    value: str
    start: int | None
    end: int | None
    port: str
    platform: str
    categories: tuple[str, ...]

    def at(self, member: str) -> str:
        """The field of a finding about it."""
        return f"form/targets[{self.place}].{member}"


def is_target_member(name: str) -> bool:
    """Whether a member of a form speaks of a target."""
    found = _MEMBER.fullmatch(name)
    return found is not None and found[2] in MEMBERS


def wanted(draft: Draft, measure: Measure) -> tuple[Wanted, ...]:
    """Each target with its limits. A measure that asks for one category of data asks for that unless the draft says otherwise."""
    return tuple(_wanted(draft, measure, place, *target) for place, target in enumerate(draft.targets))


def _wanted(draft: Draft, measure: Measure, place: int, kind: str, value: str) -> Wanted:
    def said(member: str) -> str:
        return draft.form.get(f"targets[{place}].{member}", "").strip()

    named = tuple(word.strip() for word in said("categories").split(",") if word.strip())
    alone = measure.data if len(measure.data) == 1 else ()
    return Wanted(
        place, kind, value, _ms(said("start")), _ms(said("end")), said("port"), said("platform"), named or alone
    )


def _ms(text: str) -> int | None:
    return None if not text or unfit("", "datetime", text) else int(datetime.fromisoformat(text).timestamp() * 1000)


def asked_too_much(draft: Draft, measure: Measure, route: Route | None, book: LawBook) -> Iterator[Reason]:
    """What holds a draft back: the limits of what is asked can't be read, or there are none."""
    yield from _misplaced(draft)
    for each in wanted(draft, measure):
        yield from _times(draft, each)
        if each.kind == "ip" and measure.data:
            yield from _address(each)
        yield from _port(each)
        yield from _categories(each, measure, route, book)
    yield from _without_limit(draft, book)
    if any(_IN_TEXT.search(text) for text in (draft.facts, *draft.form.values())):
        yield finding("media-in-text", "facts", "leave-out")


def asked_a_lot(draft: Draft, measure: Measure, book: LawBook) -> Iterator[Reason]:
    """What only tells: it may well be answered in part."""
    if len(draft.targets) > MANY_TARGETS:
        yield finding("many-targets", "targets", "check", count=len(draft.targets), most=MANY_TARGETS)
    for each in wanted(draft, measure):
        if measure.data and not each.categories:
            yield finding("categories-open", each.at("categories"), "choose", choices=list(measure.data))
        for category in each.categories:
            known = book.categories.get(category)
            days = _days(each, draft)
            if known is not None and known.window_days is not None and days is not None and days > known.window_days:
                yield finding(
                    "range-long", each.at("start"), "narrow", category=category, days=days, days_most=known.window_days
                )


def _days(each: Wanted, draft: Draft) -> int | None:
    end = each.end if each.end is not None else draft.at
    return None if each.start is None or end is None else (end - each.start) // DAY_MS


def _misplaced(draft: Draft) -> Iterator[Reason]:
    """A member about a target that isn't there would be an answer nobody reads."""
    for name in draft.form:
        found = _MEMBER.fullmatch(name)
        if found is not None and found[2] in MEMBERS and int(found[1]) >= len(draft.targets):
            yield finding("target-not-there", f"form/{name}", "leave-out", count=len(draft.targets))


def _times(draft: Draft, each: Wanted) -> Iterator[Reason]:
    for member in ("start", "end"):
        text = draft.form.get(f"targets[{each.place}].{member}", "").strip()
        why = unfit(member, "datetime", text) if text else None
        if why is not None:
            yield finding(
                "time-no-offset" if why == "no-offset" else "time-unreadable",
                each.at(member),
                "correct",
                value=text[:60],
            )
    if each.start is not None and each.end is not None and each.start > each.end:
        yield finding("time-order", each.at("end"), "correct")
    for member, at in (("start", each.start), ("end", each.end)):
        if at is not None and draft.at is not None and at > draft.at:
            yield finding("time-to-come", each.at(member), "correct")


def _address(each: Wanted) -> Iterator[Reason]:
    """Who held an address is known for a moment alone; who holds one of a private range, nobody outside can say."""
    try:
        address = ip_address(each.value.split("/", 1)[0])
    except ValueError:
        return
    if not address.is_global or address.is_multicast:
        yield finding("ip-not-public", f"targets/{each.place}", "leave-out", value=each.value)
    elif each.start is None and each.end is None:
        yield finding("ip-needs-time", each.at("start"), "fill-in", value=each.value)


def _port(each: Wanted) -> Iterator[Reason]:
    if each.port and (_PORT.fullmatch(each.port) is None or int(each.port) > 65_535):
        yield finding("port-unreadable", each.at("port"), "correct", value=each.port[:20])


def _categories(each: Wanted, measure: Measure, route: Route | None, book: LawBook) -> Iterator[Reason]:
    for category in each.categories:
        if category not in book.categories:
            yield finding(
                "category-unknown", each.at("categories"), "choose", category=category, choices=sorted(book.categories)
            )
        elif category not in measure.data:
            yield finding(
                "category-not-of-measure",
                each.at("categories"),
                "choose",
                category=category,
                measure=measure.id,
                choices=list(measure.data),
            )
        elif route is not None and route.data and category not in route.data:
            yield finding(
                "category-not-of-route",
                each.at("categories"),
                "choose",
                category=category,
                route=route.id,
                choices=list(route.data),
            )


def _without_limit(draft: Draft, book: LawBook) -> Iterator[Reason]:
    """Words that ask for everything. Each language has its own list, and a draft may mix them."""
    texts = {"facts": draft.facts, **{f"form/{name}": text for name, text in draft.form.items()}}
    for field, text in texts.items():
        folded = " ".join(text.casefold().split())
        for phrases in book.phrases.values():
            for phrase in phrases.without_limit:
                if _stands_in(phrase, folded):
                    yield finding("without-limit", field, "narrow", phrase=phrase)


def _stands_in(phrase: str, text: str) -> bool:
    """Whether the phrase stands there as words of its own: "overall data" isn't all data. Scripts without spaces have no such ends."""
    if not phrase[0].isascii():
        return phrase in text
    return phrase in text and re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text) is not None
