"""Custody: where a record stands after its issuer's orders, who may pass it on to whom, and who has done what was ordered.

What is counted here are acknowledgements and silence. Nobody can prove from afar that bytes are gone, and no name says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Literal

from msgspec import Struct

from comity.domain.record.marking import Marking, strictest
from comity.domain.record.orders import AMEND, CLEAR, ERASE, WITHDRAW, Commanded
from comity.domain.terms import Granted, Instant, Reason, Refused, instant_from

HOUR_MS: Final = 3_600_000
CRIME_PURPOSES: Final = frozenset({"crime", "rescue"})
"""Purposes for which a record of handling code H0 may be used."""

Lift = Literal["H2", "H3", "TLP"]
"""What an issuer's decision may lift for one receiver: a handling code, or the circle that the TLP colour draws."""


class Course(StrEnum):
    """Where a record stands after the orders of its issuer, the mildest first."""

    CURRENT = "current"
    AMENDED = "amended"
    WITHDRAWN = "withdrawn"
    CLEARED = "cleared"
    ERASED = "erased"


_COURSE: Final = {AMEND: Course.AMENDED, WITHDRAW: Course.WITHDRAWN, CLEAR: Course.CLEARED, ERASE: Course.ERASED}
_SEVERITY: Final = {course: at for at, course in enumerate(Course)}


@dataclass(frozen=True)
class Disposition:
    """What became of one record.

    order        id of the order that decides; None while it is current
    reason       that order's code or ground
    replacement  id of the record that stands in its place, by the last amendment
    fields       pointers that orders took away, where the rest stays
    """

    course: Course
    order: str | None = None
    reason: str = ""
    replacement: str | None = None
    fields: tuple[str, ...] = ()


def disposition(record: str, orders: Iterable[Commanded]) -> Disposition:
    """The fold of the issuer's orders about one record, in the order of its channels.

    Taking back is never undone: who still stands by a record issues a new one. So only amendments depend on their order.
    """
    decided = Disposition(Course.CURRENT)
    replacement: str | None = None
    fields: set[str] = set()
    for order in orders:
        for target in order.targets:
            if target.id != record:
                continue
            if target.pointers is not None:
                fields |= set(target.pointers)
                continue
            if order.kind == AMEND:
                replacement = order.replacement
            course = _COURSE[order.kind]
            milder = _SEVERITY[decided.course] < _SEVERITY[course]
            if milder or (course is decided.course is Course.AMENDED):
                decided = Disposition(course, order.id, order.reason)
    return Disposition(decided.course, decided.order, decided.reason, replacement, tuple(sorted(fields)))


# ---- what an order asks, and until when --------------------------------------------------------------------------------


class OrderRule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long holders have for an order of one kind, and which answers count as compliance. Read from the catalog.

    id          `erase`, `withdraw` …
    danger_h    hours where a person is in danger
    complies    states of an acknowledgement that release a holder as having complied
    """

    id: str
    deadline_h: int
    danger_h: int
    complies: tuple[str, ...]
    source: str
    standing: str
    checked_on: date
    example: tuple[RuleExample, ...] = ()

    def due(self, since: Instant, *, danger: bool) -> Instant:
        """When a holder that was told at `since` is late."""
        return Instant(since + HOUR_MS * (self.danger_h if danger else self.deadline_h))


class RuleExample(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One case, run as a test: hours since the order, the last answer, and what it comes to."""

    hours: int
    danger: bool = False
    state: str | None = None
    comes_to: Literal["waiting", "overdue", "complied", "answered"]
    why: str = ""


@dataclass(frozen=True)
class Answer:
    """The last acknowledgement of a holder, with what it counts of those behind it."""

    state: str
    at: str
    reason: str | None = None
    review: str | None = None
    holders: int = 1
    complied: int | None = None
    overdue: int = 0
    named: tuple[str, ...] = ()


@dataclass(frozen=True)
class Holder:
    """A node that was given the record and then the order.

    answer    None while it is silent
    released  why an overseer released it; None when nobody did
    nameable  whether who asks from upstream may learn its name
    """

    node: str
    due: Instant
    answer: Answer | None = None
    released: str | None = None
    nameable: bool = True


@dataclass(frozen=True)
class Tally:
    """Who has done what was ordered. `others` have answered something that isn't compliance: held, refused, in part."""

    holders: int
    complied: int
    overdue: int
    waiting: int
    others: int
    named_overdue: tuple[str, ...]


def stage(holder: Holder, rule: OrderRule, now: Instant) -> str:
    """`complied`, `released`, `answered`, `overdue` or `waiting`: of the holder itself, not of those behind it."""
    if holder.released is not None:
        return "released"
    if holder.answer is None:
        return "overdue" if now > holder.due else "waiting"
    if holder.answer.state in rule.complies:
        return "complied"
    if holder.answer.state == "partly":  # something waits for a person there, and not for ever
        return "overdue" if now > holder.due else "answered"
    return "answered"


def tally(holders: Sequence[Holder], rule: OrderRule, now: Instant) -> Tally:
    """The sum over holders and those behind them, as far as they have told. An overseer's release takes a holder out."""
    count = complied = overdue = 0
    named: list[str] = []
    for holder in holders:
        where = stage(holder, rule, now)
        if where == "released":
            continue
        answer = holder.answer
        behind = max(answer.holders - 1, 0) if answer is not None else 0
        told = answer.complied if answer is not None else None
        itself = int(where == "complied")
        count += 1 + behind
        complied += min(told, itself + behind) if told is not None else itself
        late = int(where == "overdue")
        overdue += late + (min(answer.overdue, behind) if answer is not None else 0)
        if late and holder.nameable:
            named.append(holder.node)
        named += answer.named if answer is not None else ()
    waiting = sum(stage(holder, rule, now) == "waiting" for holder in holders)
    others = max(count - complied - overdue - waiting, 0)
    return Tally(count, complied, overdue, waiting, others, tuple(sorted(set(named))))


# ---- passing on --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Receiver:
    """Who would get a record from a holder.

    community   it stands in the holder's roster: what TLP:GREEN calls the community
    custody     its node says that it carries orders out and answers them
    """

    node: str
    country: str
    community: bool
    custody: bool


def may_transfer(
    marking: Marking, purpose: str, to: Receiver, at: Instant, lifted: Collection[Lift] = ()
) -> Granted[Marking] | Refused:
    """Whether a holder may pass a record on, with every reason why not.

    marking  the issuer's, and whatever was tightened on the way
    purpose  for which the receiver gets it
    lifted   what a decision of the issuer, on file, lifts for this receiver
    Tightening any member of the marking never turns a no into a yes.
    """
    reasons: list[Reason] = []
    if marking.tlp == "RED":
        reasons.append(Reason("tlp-red-never-onward", {"tlp": marking.tlp}))
    elif marking.tlp.startswith("AMBER") and "TLP" not in lifted:
        mend = "ask the issuer for a decision that permits it"
        reasons.append(Reason("tlp-keeps-it-here", {"tlp": marking.tlp, "to": to.node, "mend": mend}))
    elif marking.tlp != "CLEAR" and not to.community:
        reasons.append(Reason("not-of-the-community", {"tlp": marking.tlp, "to": to.node}))
    for code in ("H2", "H3"):
        if code in marking.hcodes and code not in lifted:
            mend = "ask the issuer for a decision that permits it"
            reasons.append(Reason("handling-code-without-permission", {"code": code, "to": to.node, "mend": mend}))
    if "H0" in marking.hcodes and purpose not in CRIME_PURPOSES:
        reasons.append(Reason("purpose-not-against-crime", {"purpose": purpose, "choices": sorted(CRIME_PURPOSES)}))
    if marking.purpose is not None and purpose not in marking.purpose:
        reasons.append(Reason("purpose-not-allowed", {"purpose": purpose, "choices": list(marking.purpose)}))
    if marking.releasable_to is not None and not {to.node, to.country} & set(marking.releasable_to):
        reasons.append(Reason("not-releasable-to", {"to": to.node, "choices": list(marking.releasable_to)}))
    if marking.expires is not None and at >= instant_from(marking.expires):
        reasons.append(Reason("marking-expired", {"expires": marking.expires}))
    if not to.custody:
        reasons.append(Reason("receiver-takes-no-custody", {"to": to.node}))
    return Refused(tuple(reasons)) if reasons else Granted(marking)


def is_at_least(tight: Marking, loose: Marking) -> bool:
    """Whether everything that `loose` forbids is forbidden by `tight` too: a relay may tighten, never loosen."""
    return strictest(strictest(tight, loose), _NOTHING_FORBIDDEN) == strictest(tight, _NOTHING_FORBIDDEN)


_NOTHING_FORBIDDEN: Final = Marking(tlp="CLEAR", pap="CLEAR", source="A", info=1)
