"""The human-rights gate: what forbids that a request is looked into at all, or asks for a second pair of eyes before it is.

It reads what the other side says of itself, so it stops whoever is honest or careless; who lies is met by the rest: nobody learns
where an adult is without that person's consent, and "not found" says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Literal

import msgspec

from comity.domain.law.values import Standing
from comity.domain.terms import Reason

Effect = Literal["block", "hold", "protect"]
"""`block`: nothing is looked up. `hold`: not before a second officer has said why. `protect`: told, and never waited for."""


class RightsExample(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request, and whether the row speaks of it."""

    measure: str
    offence: str = ""
    form: dict[str, str] = {}
    speaks: bool
    why: str


class RightsRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One check of the gate.

    measures  for which it is made; empty: all
    offences  offence codes that it speaks of; one that ends in `-` stands for all that begin so
    members   form members, and the words that it speaks of; none named: any. A member may list several, between commas
    """

    id: str
    effect: Effect
    text: str
    basis: str
    standing: Standing
    checked_on: date
    measures: tuple[str, ...] = ()
    offences: tuple[str, ...] = ()
    members: dict[str, tuple[str, ...]] = {}
    example: tuple[RightsExample, ...] = ()

    def speaks(self, measure: str, offence: str, form: Mapping[str, str]) -> bool:
        """Whether the request is one of those that it is about."""
        if self.measures and measure not in self.measures:
            return False
        named = any(offence.startswith(code) if code.endswith("-") else offence == code for code in self.offences)
        return named or any(_speaks(form.get(member, ""), values) for member, values in self.members.items())


def _speaks(text: str, values: tuple[str, ...]) -> bool:
    """Whether one of the words that a member lists is among these; where none are named, whether it says anything."""
    said = {word.strip().lower() for word in text.split(",")} - {""}
    return bool(said & set(values) if values else said)


def rights_gate(rows: Iterable[RightsRow], measure: str, offence: str, form: Mapping[str, str]) -> tuple[Reason, ...]:
    """What every row that speaks of the request says, each with its effect."""
    return tuple(
        Reason("rights-gate", {"row": row.id, "effect": row.effect, "text": row.text, "basis": row.basis})
        for row in rows
        if row.speaks(measure, offence, form)
    )


def stops(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """Those before which nothing is looked up."""
    return tuple(reason for reason in reasons if reason.facts.get("effect") in ("block", "hold"))


def held(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """Those that two persons may lift with their reasons, as against what is never looked up."""
    return tuple(reason for reason in reasons if reason.facts.get("effect") == "hold")


def check_rights(row: RightsRow) -> tuple[Reason, ...]:
    """What is wrong with a row: it speaks of nothing, or its examples come to something else."""
    found = [] if row.offences or row.members else [Reason("rights-row-empty", {"rights": row.id})]
    for number, each in enumerate(row.example):
        if row.speaks(each.measure, each.offence, each.form) != each.speaks:
            found.append(Reason("rights-example", {"rights": row.id, "example": number, "why": each.why}))
    return tuple(found)
