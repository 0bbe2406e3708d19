"""Clearing somebody: what records of ours said of them weighs nothing any more, with anybody. Two persons."""

from __future__ import annotations

from collections.abc import Sequence

from comity.domain.record.kinds import clear_1
from comity.domain.terms import Actor, Granted, Reason, Refused
from comity.flows.access import permit_on
from comity.flows.ordering import refusal_for, targets_of
from comity.flows.proposal import GROUNDS, Proposal, propose
from comity.ports import World


def propose_clearance(world: World, actor: Actor, records: Sequence[str], ground: str) -> Granted[Proposal] | Refused:
    """First of two persons. Holders mark the records as cleared; an erasure, if they are to go too, is proposed beside it."""
    reasons = permit_on(world, actor, "clear", records) + refusal_for(world, records, ground)
    if ground not in GROUNDS:
        reasons += (Reason("ground-not-of-a-clearance", {"field": "ground", "choices": list(GROUNDS)}),)
    if reasons:
        return Refused(reasons)
    named = tuple(clear_1.Cleared(t.origin, t.index, t.id) for t in targets_of(world, records))
    body = clear_1.Body(targets=named, ground=ground, ordered_by=actor.name)  # type: ignore[arg-type]  # checked above
    return propose(world, actor, body)
