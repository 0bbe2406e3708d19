"""Named conditions that data may call by name, since data holds no expressions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from comity.domain.law.participation import binds
from comity.domain.law.values import LawBook
from comity.domain.terms import Country, Reason


@dataclass(frozen=True)
class Between:
    """What a condition is asked about: who asks whom, on which day, as known when."""

    sender: Country
    receiver: Country
    at: date
    known: date | None
    agreed_in_lieu: bool
    book: LawBook


def no_mla_treaty_or_agreed_in_lieu(between: Between) -> Reason | None:
    """UNTOC 18(7), Budapest 27(1) and 28(1): the convention yields to a treaty on mutual assistance between the two.

    A treaty that was signed and whose force nobody has checked counts as possibly binding: `treaty-may-bind`.
    """
    if between.agreed_in_lieu or between.sender == between.receiver:
        return None
    pair = (between.sender, between.receiver)
    found: dict[str, list[str]] = {"bound": [], "maybe": []}
    for instrument in between.book.instruments.values():
        if instrument.mla_treaty:
            found.setdefault(binds(instrument, pair, between.at, between.book, between.known), []).append(instrument.id)
    if found["bound"]:
        return Reason("treaty-first", {"treaties": found["bound"]})
    if found["maybe"]:
        return Reason("treaty-may-bind", {"treaties": found["maybe"]})
    return None


PREDICATES: dict[str, Callable[[Between], Reason | None]] = {
    "no_mla_treaty_or_agreed_in_lieu": no_mla_treaty_or_agreed_in_lieu,
}
