"""A request that takes the place of an earlier one: refused, withdrawn or over, and sent anew, mended."""

from __future__ import annotations

from comity.domain.request import Machine
from comity.domain.terms import Reason
from comity.errors import NotFound
from comity.flows.request_state import dossier
from comity.ports import World


def is_over(machine: Machine, state: str) -> bool:
    """Whether nothing more can come of a request in this state than its closing."""
    targets = {to for event in machine.events(state) for to in machine.targets(state, event)}
    return targets <= set(machine.terminal)


def replacing(world: World, earlier: str) -> tuple[Reason, ...]:
    """What stands against a new request in the place of this one: it has to be ours, sent, and over."""
    about = {"field": "replaces_request", "request": earlier}
    try:
        found = dossier(world, earlier)
    except NotFound:
        return (Reason("replaced-not-found", {**about, "mend": "choose"}),)
    if found.side != "requester":
        return (Reason("replaced-not-ours", {**about, "mend": "choose"}),)
    if found.sent is None:
        return (Reason("replaced-never-sent", {**about, "mend": "send-that-one"}),)
    if not is_over(found.machine, found.view.state):
        return (Reason("replaced-still-open", {**about, "state": found.view.state, "mend": "withdraw"}),)
    return ()
