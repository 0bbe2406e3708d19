"""Withdrawing records of ours: every holder stops using them."""

from __future__ import annotations

from collections.abc import Sequence

from comity.domain.record import Marking
from comity.domain.record.kinds import withdraw_1
from comity.domain.record.orders import Target
from comity.domain.terms import Actor, Granted, Reason, Refused
from comity.flows.access import permit_on, whole
from comity.flows.ordering import Issued, issue, refusal_for, targets_of
from comity.ports import World

ORDERS_MARKING = Marking(tlp="GREEN", hcodes=("H0",), pap="GREEN")
"""An order holds no personal value, and whoever was given the record has to be told of it."""


def withdraw(world: World, actor: Actor, records: Sequence[str], reason_code: str) -> Granted[Issued] | Refused:
    """One act over one or more records; what was said of them weighs nothing from now on. `actor` acts alone."""
    reasons = permit_on(world, actor, "withdraw", records) + refusal_for(world, records, reason_code)
    world = whole(world)
    if not actor.name:
        reasons += (Reason("author-missing", {"field": "by"}),)
    if reasons:
        return Refused(reasons)

    def body(targets: tuple[Target, ...]) -> withdraw_1.Body:
        named = tuple(withdraw_1.Withdrawn(t.origin, t.index, t.id) for t in targets)
        return withdraw_1.Body(targets=named, reason_code=reason_code)

    return Granted(issue(world, body, targets_of(world, records), marking=ORDERS_MARKING))
