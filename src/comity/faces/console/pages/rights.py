"""The human-rights gate of a partner's request: what it says, and how two persons lift what it holds."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from comity.faces.api.asking import granted
from comity.faces.api.routes.rights import gate_view
from comity.faces.console.forms import Form, Sent
from comity.faces.console.render import Desk, Seen
from comity.flows import rights


@get("/desk/requests/{request_id:str}/rights", sync_to_thread=True)
def gate(desk: Seen, request_id: FromPath[str]) -> Response[Any]:
    """What the gate says."""
    return _shown(desk, request_id, Form())


@post("/desk/requests/{request_id:str}/rights", sync_to_thread=True, opt={"asks": "look-up"})
def propose(desk: Seen, form: Sent, request_id: FromPath[str]) -> Response[Any]:
    """First of two persons."""
    reason = _reason(form)
    if not form.good:
        return _shown(desk, request_id, form, status=422)
    granted(rights.propose_lift(desk.world, desk.officer, request_id, reason))
    return desk.go(f"/desk/requests/{request_id}/rights", did="proposed")


@post("/desk/requests/{request_id:str}/rights/{proposal:str}", sync_to_thread=True, opt={"asks": "confirm"})
def decide(desk: Seen, form: Sent, request_id: FromPath[str], proposal: FromPath[str]) -> Response[Any]:
    """Second of two persons, with a reason of their own."""
    wanted = form.one_of("decision", ("confirm", "reject"))
    reason = _reason(form)
    if not form.good:
        return _shown(desk, request_id, form, status=422)
    confirmed = wanted == "confirm"
    granted(rights.decide_lift(desk.world, desk.officer, request_id, proposal, reason, confirmed=confirmed))
    return desk.go(f"/desk/requests/{request_id}/rights", did="decided")


def _reason(form: Form) -> str:
    reason = form.must("reason", most=rights.REASON_MAX)
    if reason and len(reason) < rights.REASON_MIN:
        form.fault("reason", "cases.short", least=rights.REASON_MIN)
    return reason


def _shown(desk: Desk, request_id: str, form: Form, status: int = 200) -> Response[Any]:
    found = rights.gate(desk.world, request_id)
    view = gate_view(found)
    return desk.show(
        "rights.html",
        status=status,
        form=form,
        view=view,
        waiting=next((each for each in view.proposals if each.state == "proposed"), None),
        blocked=any(each.facts["effect"] == "block" for each in found.stopping),
        me_acting=desk.officer.name,
        may_propose=desk.may("look-up"),
        may_decide=desk.may("confirm"),
        least=rights.REASON_MIN,
    )


pages = [gate, propose, decide]
