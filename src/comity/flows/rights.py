"""The human-rights gate before anybody is looked up for a request: made of what the request says, before a store is asked anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET

from comity.domain.indicator import Indicator
from comity.domain.law import rights_gate, stops
from comity.domain.terms import Actor, Granted, Reason, Refused
from comity.flows.access import permit_on
from comity.flows.lookup import Known, look_up
from comity.flows.request_state import dossier
from comity.ports import World


def gate_of(world: World, ask: Any) -> tuple[Reason, ...]:
    """What the gate says of a request. Any: a body of some version of a request."""
    personal: object = getattr(ask, "form_personal", UNSET)
    form: Mapping[str, str] = {**ask.form, **(personal if isinstance(personal, dict) else {})}
    return rights_gate(world.catalog.rights().values(), ask.measure, ask.offence or "", form)


def look_for(world: World, actor: Actor, request: str) -> Granted[tuple[Known, ...]] | Refused:
    """What is known here about whom or what a request is for. Where the gate stops it, nothing is asked of the store."""
    found = dossier(world, request)
    reasons = permit_on(world, actor, "look-up", [request], (record for _, record in found.records))
    if found.side == "requested":
        reasons += stops(gate_of(world, found.ask))
    if reasons:
        return Refused(reasons)
    personal = found.ask.personal_targets if found.ask.personal_targets is not UNSET else ()
    return Granted(look_up(world, [Indicator(each.kind, each.value) for each in (*found.ask.targets, *personal)]))
