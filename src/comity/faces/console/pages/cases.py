"""Cases: which are open to a reader, who works in one, what lies in it, how far it is; and opening one of others in an emergency."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from litestar import Response, get, post
from litestar.params import FromPath

from comity.domain.access import ENDED, GLASS_REASON_MIN, STATES, CaseFile, CaseState, Thing
from comity.domain.terms import Refused, instant_from
from comity.errors import Conflict, NotFound
from comity.faces.api.asking import granted
from comity.faces.api.routes.cases import case_line, case_view
from comity.faces.console.forms import Form, Sent
from comity.faces.console.pages.context import chosen, purposes_of, step_back
from comity.faces.console.rail import Entry, Verb
from comity.faces.console.render import Desk, Seen
from comity.flows import cases as casework
from comity.flows.access import there
from comity.flows.request_state import Dossier, dossier

SHOWN = 100
THINGS = 12
"""Requests of a case that are shown with what they are; the others by their id."""
KINDS: tuple[Thing, ...] = ("request", "report", "record", "file")
JUDGES = "review-access"


@dataclass(frozen=True)
class Lying:
    """A thing in a case. `found`: of a request, what it is."""

    what: str
    id: str
    by: str
    at: str
    path: str
    found: Dossier | None


@get("/desk/cases", sync_to_thread=True, opt={"act": "status"})
def listed(desk: Seen) -> Response[Any]:
    """The cases that are open to this reader; the emergency accesses that they may judge, or have had."""
    return _list(desk, Form())


@post("/desk/cases", sync_to_thread=True, opt={"asks": "open-case"})
def open_case(desk: Seen, form: Sent) -> Response[Any]:
    """Opens a case; who does leads it."""
    number, title = form.must("number", most=120), form.must("title", most=casework.TITLE_MAX)
    purposes = form.all("purposes") or ("crime",)
    basis, until = form.text("basis", most=120), form.text("basis_until")
    ends = None
    if until:
        try:
            ends = instant_from(until) if until.endswith("Z") else desk.spoken.instant(until)
        except (ValueError, OverflowError):
            form.fault("basis_until", "journal.no_time")
    if ends is not None and not basis:
        form.fault("basis", "reason.basis-missing")
    if not form.good:
        return _list(desk, form, status=422)
    try:
        asked = casework.NewCase(number, title, purposes, basis or None, ends)
        made = granted(casework.open_case(desk.node.world, desk.officer, asked))
    except Conflict:
        form.fault("number", "cases.number_taken")
        return _list(desk, form, status=422)
    return desk.go(f"/desk/cases/{made.file.id}", did="case_opened")


@get("/desk/cases/{case_id:str}", sync_to_thread=True, opt={"act": "status"})
def one(desk: Seen, case_id: FromPath[str]) -> Response[Any]:
    """One case."""
    return _one(desk, case_id, Form())


@post("/desk/cases/{case_id:str}/state", sync_to_thread=True, opt={"asks": "manage-case"})
def move(desk: Seen, form: Sent, case_id: FromPath[str]) -> Response[Any]:
    """The case goes on, or is reopened; with a reason."""
    state = cast(CaseState, form.one_of("state", STATES))
    reason = form.must("reason", most=casework.REASON_MAX)
    if form.good and len(reason) < casework.MOVE_REASON_MIN:
        form.fault("reason", "cases.short", least=casework.MOVE_REASON_MIN)
    if not form.good:
        return _one(desk, case_id, form, status=422)
    granted(casework.move_case(desk.node.world, desk.officer, case_id, state, reason))
    return desk.go(f"/desk/cases/{case_id}", did="case_moved")


@post("/desk/cases/{case_id:str}/members", sync_to_thread=True, opt={"asks": "manage-case"})
def add_member(desk: Seen, form: Sent, case_id: FromPath[str]) -> Response[Any]:
    """Somebody works in the case from now on."""
    account, role = form.must("account", most=120), form.text("role", most=60) or "investigator"
    if not form.good:
        return _one(desk, case_id, form, status=422)
    outcome = casework.add_member(desk.node.world, desk.officer, case_id, account, role)
    if isinstance(outcome, Refused) and {each.code for each in outcome.reasons} <= {
        "account-unknown",
        "member-already",
    }:
        form.fault("account", f"reason.{outcome.reasons[0].code}")
        return _one(desk, case_id, form, status=422)
    granted(outcome)
    return desk.go(f"/desk/cases/{case_id}#members", did="member_added")


@post("/desk/cases/{case_id:str}/members/remove", sync_to_thread=True, opt={"asks": "manage-case"})
def remove_member(desk: Seen, form: Sent, case_id: FromPath[str]) -> Response[Any]:
    """Somebody works in it no more; that they did stays."""
    granted(casework.remove_member(desk.node.world, desk.officer, case_id, form.text("account")))
    return desk.go(f"/desk/cases/{case_id}#members", did="member_removed")


@post("/desk/cases/{case_id:str}/links", sync_to_thread=True, opt={"asks": "manage-case"})
def put(desk: Seen, form: Sent, case_id: FromPath[str]) -> Response[Any]:
    """Something lies in the case from now on. An address of a page will do: what it is of is told by it."""
    what = cast(Thing, form.one_of("what", KINDS))
    thing = form.must("thing", most=300).partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2]
    if form.good and not there(desk.world, what, thing):
        form.fault("thing", "cases.nothing_there")
    if not form.good:
        return _one(desk, case_id, form, status=422)
    granted(casework.link(desk.world, desk.officer, case_id, what, thing))
    return desk.go(f"/desk/cases/{case_id}#things", did="case_put")


@post("/desk/cases/{case_id:str}/links/undo", sync_to_thread=True, opt={"asks": "manage-case"})
def take_out(desk: Seen, form: Sent, case_id: FromPath[str]) -> Response[Any]:
    """It lies in the case no more."""
    granted(casework.unlink(desk.node.world, desk.officer, case_id, form.text("thing")))
    return desk.go(f"/desk/cases/{case_id}#things", did="case_taken")


@get("/desk/emergency", sync_to_thread=True, opt={"asks": "break-glass"})
def glass(desk: Seen) -> Response[Any]:
    """What emergency access is, who is told, and the form."""
    return _glass(desk, Form())


@post("/desk/emergency", sync_to_thread=True, opt={"asks": "break-glass"})
def break_glass(desk: Seen, form: Sent) -> Response[Any]:
    """Opens a case of others for four hours, and goes into it."""
    number = form.must("number", most=120)
    reason = form.must("reason", most=casework.REASON_MAX)
    if reason and len(reason) < GLASS_REASON_MIN:
        form.fault("reason", "cases.short", least=GLASS_REASON_MIN)
    if not form.good:
        return _glass(desk, form, status=422)
    try:
        grant = granted(casework.break_glass(desk.node.world, desk.officer, number, reason))
    except NotFound:
        form.fault("number", "emergency.no_case")
        return _glass(desk, form, status=422)
    file = desk.node.world.store.case(grant.case)
    purpose = desk.officer.purpose
    if file is not None and purpose not in file.purposes:
        purpose = file.purposes[0]
    chosen(desk, grant.case, purpose, None, reason[:400])
    return desk.go(f"/desk/cases/{grant.case}", did="glass_broken")


@post("/desk/cases/accesses/{access_id:str}", sync_to_thread=True, opt={"asks": "review-access"})
def judge(desk: Seen, form: Sent, access_id: FromPath[str]) -> Response[Any]:
    """Somebody else says whether an emergency access was right. A wrong one ends at once."""
    verdict = form.one_of("verdict", ("right", "wrong"))
    if form.good:
        granted(casework.judge_access(desk.node.world, desk.officer, access_id, verdict))
    return desk.go(step_back(form.text("back"), "/desk/cases"), did="judged" if form.good else "")


def _list(desk: Desk, form: Form, status: int = 200) -> Response[Any]:
    world = desk.node.world
    mine = casework.cases_of(world, desk.officer)
    view = desk.request.query_params.get("view", "running")
    views = {
        "running": [each for each in mine if each.state not in ENDED],
        "ended": [each for each in mine if each.state in ENDED],
    }
    found = views.get(view, views["running"])
    accesses = casework.accesses(world, desk.officer)[:20]
    return desk.show(
        "cases.html",
        status=status,
        form=form,
        view=view if view in views else "running",
        views={name: len(some) for name, some in views.items()},
        found=[case_line(each) for each in found[:SHOWN]],
        more=max(0, len(found) - SHOWN),
        accesses=accesses,
        names=_names(desk),
        numbers=_numbers(desk, [each.case for each in accesses]),
        me_judging=(desk.officer.account or desk.officer.name) if desk.may(JUDGES) else "",
        purposes=purposes_of(desk, mine),
        may_open=desk.may("open-case"),
        may_break=desk.may("break-glass"),
    )


def _one(desk: Desk, case_id: str, form: Form, status: int = 200) -> Response[Any]:
    world = desk.node.world
    found = casework.case_named(world, desk.officer, case_id)
    view = case_view(found)
    glass = desk.glass_of(case_id)
    return desk.show(
        "case.html",
        status=status,
        form=form,
        view=view,
        lying=_lying(desk, found),
        names=_names(desk),
        glass=glass,
        here_now=desk.session is not None and desk.officer.case == case_id,
        may_manage=desk.may("manage-case"),
        kinds=[(each, desk.words.word("thing", each)) for each in KINDS],
        least=casework.MOVE_REASON_MIN,
        ended=view.file.state in ENDED,
    )


def _lying(desk: Desk, found: casework.Opened) -> list[Lying]:
    """What lies in it, the newest first; requests with what they are, as many as a page bears."""
    things, shown = [], 0
    for link in sorted(found.links, key=lambda each: each.at, reverse=True):
        of = None
        if link.what == "request" and shown < THINGS:
            shown += 1
            with suppress(NotFound):
                of = dossier(desk.world, link.id)
        path = {"request": "/desk/requests/", "report": "/desk/reports/"}.get(link.what, "")
        at = desk.spoken.full(link.at)
        things.append(Lying(link.what, link.id, link.by, at, path + link.id if path else "", of))
    return things


def _glass(desk: Desk, form: Form, status: int = 200) -> Response[Any]:
    desk.must("break-glass")
    return desk.show("emergency.html", status=status, form=form, told=_judges(desk), least=GLASS_REASON_MIN)


def _judges(desk: Desk) -> list[str]:
    """Names of those who are told at once; roles, on a node without accounts."""
    roles = {name for name, role in desk.node.world.catalog.roles().items() if JUDGES in role.acts}
    accounts = desk.node.world.store.accounts()
    named = [
        each.name
        for each in accounts
        if roles & set(each.roles) and each.standing == "active" and each.id != desk.officer.account
    ]
    return sorted(named) if accounts else [str(desk.words.word("role_of", name)) for name in sorted(roles)]


def _names(desk: Desk) -> dict[str, str]:
    return {each.id: each.name for each in desk.node.world.store.accounts()}


def _numbers(desk: Desk, cases: list[str]) -> dict[str, str]:
    files: tuple[CaseFile, ...] = desk.node.world.store.cases(set(cases)) if cases else ()
    return {each.id: each.number for each in files}


pages = [listed, open_case, one, move, add_member, remove_member, put, take_out, glass, break_glass, judge]
rail = [Entry("cases", "/desk/cases", "know", "case", 3, go="c", act="view")]
verbs = [
    Verb("verb.case", "/desk/cases#new", "case", act="open-case"),
    Verb("verb.emergency", "/desk/emergency", "warn", note="verb.loud", act="break-glass"),
    Verb("verb.context", "/desk/context", "swap"),
]
