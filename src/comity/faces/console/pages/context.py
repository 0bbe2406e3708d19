"""In which case, for which purpose and on which basis a reader works: chosen with a reason, held in their session, shown on every page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from litestar import Response, get, post
from markupsafe import Markup

from comity.domain.access import CaseFile
from comity.domain.record.custody import CRIME_PURPOSES
from comity.faces.api.asking import granted
from comity.faces.console.forms import Form, Sent
from comity.faces.console.render import Desk, Seen
from comity.faces.console.who import session_id
from comity.flows.cases import cases_of
from comity.flows.people.sessions import REASON_MIN, WORD_MAX, choose

CASES = 200
"""In the list to choose from, the newest; any other one by its page."""


@get("/desk/context", sync_to_thread=True, opt={"own": True})
def context(desk: Seen) -> Response[Any]:
    """The form: alone where htmx asks for it, else as a page."""
    return _shown(desk, Form(), back=desk.request.query_params.get("back", ""))


@post("/desk/context", sync_to_thread=True, opt={"own": True})
def change(desk: Seen, form: Sent) -> Response[Any]:
    """From now on this reader works in that case, for that purpose, on that basis; the reason is kept."""
    cases = cases_of(desk.node.world, desk.officer)
    case = form.one_of("in_case", ["", *(each.id for each in cases)])
    purpose = form.one_of("for_purpose", [each for each, _ in purposes_of(desk, cases)])
    basis = form.text("on_basis", most=WORD_MAX)
    why = form.must("change_why", most=400)
    if why and len(why) < REASON_MIN:
        form.fault("change_why", "cases.short", least=REASON_MIN)
    file = next((each for each in cases if each.id == case), None)
    if file is not None and purpose not in file.purposes:
        form.fault(
            "for_purpose",
            "context.not_for",
            purposes=", ".join(desk.words.word("purpose", each) for each in file.purposes),
        )
    back = step_back(form.text("back"), f"/desk/cases/{case}" if case else "/desk/today")
    if not form.good:
        return _shown(desk, form, status=422, back=form.text("back"))
    chosen(desk, case or None, purpose, basis or None, why)
    return desk.go(back, did="context")


def chosen(desk: Desk, case: str | None, purpose: str, basis: str | None, why: str) -> None:
    """Keeps the choice in the session, with its reason."""
    assert desk.session is not None
    if desk.session.person is not None:
        granted(choose(desk.node.world, desk.session.person, case, purpose, basis, why))
        return
    session = replace(desk.session, case=case, purpose=purpose, basis=basis)
    desk.request.app.state.sessions.change(session_id(desk.request), session)


def purposes_of(desk: Desk, cases: Iterable[CaseFile]) -> list[tuple[str, Markup]]:
    """Purposes that one may choose: those against crime, and those of one's cases."""
    found = {*CRIME_PURPOSES, desk.officer.purpose, *(purpose for each in cases for purpose in each.purposes)}
    return [(each, desk.words.word("purpose", each)) for each in sorted(found)]


def step_back(path: str, otherwise: str) -> str:
    """A page of ours to go back to, and never an address that somebody else wrote."""
    return (
        path
        if path.startswith("/desk/") and "//" not in path and "\\" not in path and path.isprintable()
        else otherwise
    )


def _shown(desk: Desk, form: Form, status: int = 200, back: str = "") -> Response[Any]:
    cases = cases_of(desk.node.world, desk.officer)
    alone = desk.request.headers.get("hx-request") == "true"
    return desk.show(
        "parts/context_form.html" if alone else "context.html",
        status=status,
        form=form,
        back=step_back(back, ""),
        offered=[(each.id, f"{each.number} · {each.title}") for each in cases[:CASES]],
        purposes=purposes_of(desk, cases),
    )


pages = [context, change]
