"""What would open a closed route: who would have to ratify, read, check, agree or withdraw something."""

from __future__ import annotations

from comity.domain.law.weigh import RouteView
from comity.domain.terms import Reason

OPENERS = {
    "not-in-force": "enters-into-force",
    "route-not-in-force": "enters-into-force",
    "not-party": "becomes-party",
    "status-unknown": "status-found-out",
    "party-from-memory": "status-found-out",
    "status-too-old": "status-found-out",
    "row-from-memory": "text-read",
    "carrier-from-memory": "text-read",
    "row-held-back": "force-found-out",
    "treaty-first": "agreed-in-lieu",
    "reservation": "reservation-withdrawn",
    "text-not-read": "attested",
    "carrier-to-confirm": "attested",
    "party-second-hand": "attested",
    "treaty-may-bind": "attested",
}
"""Reason -> what ends it. What isn't here no step of anybody ends: another route, addressee or offence is needed."""

FINAL = frozenset({"same-state", "penalty-too-low", "addressee-not-a-company", "addressee-not-an-authority"})


def would_open(view: RouteView) -> tuple[Reason, ...] | None:
    """Every step that is needed, none twice; empty where the route is open, None where nothing opens it.

    A step bears the facts of the reason that it ends: the state, the instrument, the condition of its entry into force.
    """
    steps: dict[tuple[str, str], Reason] = {}
    for reason in view.reasons:
        if reason.facts["effect"] == "warning":
            continue
        opener = OPENERS.get(reason.code)
        if opener is None:
            return None
        facts = {name: value for name, value in reason.facts.items() if name != "effect"}
        of = "" if opener == "attested" else str(facts.get("state", ""))
        steps.setdefault((opener, of), Reason(opener, facts))
    return tuple(steps.values())
