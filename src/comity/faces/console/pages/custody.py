"""Custody: orders and who has done what was ordered, one record's course and holders, and the acts that amend, withdraw, erase, clear and pass on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from comity.domain.record import Record, kinds
from comity.domain.record.custody import CRIME_PURPOSES, Course
from comity.domain.record.marking import Marking
from comity.domain.terms import NodeName, Reason, Refused
from comity.errors import MalformedRecord, NotFound, Unreachable
from comity.faces.api.asking import granted
from comity.faces.api.custody_view import CustodyView, OrderView, custody_view, duty_view, order_view, proposal_view
from comity.faces.console.amending import leaves, written
from comity.faces.console.forms import Form, Sent
from comity.faces.console.rail import Entry
from comity.faces.console.render import Desk, Seen
from comity.faces.console.signing import may_sign, signature_in
from comity.faces.console.work import request_at
from comity.flows.access import permit, permit_on
from comity.flows.amend import amend as amending
from comity.flows.clear import propose_clearance
from comity.flows.custody import acts, custody_of, followed, release
from comity.flows.duty import answer_duty, duties
from comity.flows.erase import propose_erasure
from comity.flows.hold import hold, lift
from comity.flows.holders import act_named
from comity.flows.lookup import opened
from comity.flows.proposal import GROUNDS, confirm, proposal, proposals, reject
from comity.flows.transfer import LIFTS, transfer
from comity.flows.transfer import permit as permit_onward
from comity.flows.withdraw import withdraw

NEWEST = 40
"""So many orders, and so many proposals, one page follows."""
WITHDRAWING = ("wrong-value", "no-longer-holds", "shared-by-mistake", "duplicate", "not-a-scam")
AMENDING = ("wrong-value", "incomplete", "translated-anew", "court-correction")
ERASING = ("data-subject", "court-order", "retention-over", "shared-by-mistake")
TIGHTER = ("", "GREEN", "AMBER", "AMBER+STRICT", "RED")
PURPOSES = tuple(sorted(CRIME_PURPOSES))
STAGES = {
    "complied": ("go", "tick"),
    "waiting": ("move", "clock"),
    "answered": ("wait", "ask"),
    "overdue": ("stop", "warn"),
    "released": ("rest", "undo"),
}
"""Where a holder stands -> (tone, icon)."""
COURSES = {
    "current": ("go", "tick"),
    "amended": ("move", "swap"),
    "withdrawn": ("rest", "undo"),
    "cleared": ("terms", "scale"),
    "erased": ("rest", "delete"),
}
VIEWS: dict[str, Callable[[OrderView], bool]] = {
    "all": lambda order: True,
    "overdue": lambda order: order.overdue_count > 0,
    "ours": lambda order: order.ours,
    "theirs": lambda order: not order.ours,
}


@get("/desk/custody", sync_to_thread=True)
def overview(desk: Seen) -> Response[Any]:
    """What waits for somebody, here and with the holders."""
    world = desk.world
    view = desk.request.query_params.get("view", "all")
    view = view if view in VIEWS else "all"
    orders = [order_view(followed(world, act)) for act in acts(world, NEWEST)]
    return desk.show(
        "custody.html",
        orders=[order for order in orders if VIEWS[view](order)],
        view=view,
        views={name: sum(map(test, orders)) for name, test in VIEWS.items()},
        proposals=[proposal_view(each) for each in proposals(world, NEWEST)],
        duties=[duty_view(each) for each in duties(world)],
        newest=NEWEST,
        stages=STAGES,
    )


@get("/desk/custody/find", sync_to_thread=True)
def find(desk: Seen) -> Response[Any]:
    """To the record of this id, or back where nothing was typed."""
    wanted = desk.request.query_params.get("record", "").strip()
    return desk.go(f"/desk/custody/{quote(wanted, safe='')}" if wanted else "/desk/custody")


@get("/desk/custody/{wanted:str}", sync_to_thread=True)
def one(desk: Seen, wanted: FromPath[str]) -> Response[Any]:
    """One order, one proposal or one record."""
    return _shown(desk, wanted, Form())


# ---- about a record of ours ---------------------------------------------------------------------------------------------


@post("/desk/custody/{record:str}/withdraw", sync_to_thread=True, opt={"asks": "withdraw"})
def take_back(desk: Seen, record: FromPath[str], form: Sent) -> Response[Any]:
    """Every holder stops using it."""
    reason = form.one_of("reason", WITHDRAWING)
    if not form.good:
        return _shown(desk, record, form, status=422)
    issued = granted(withdraw(desk.world, desk.officer, [record], reason))
    return desk.go(f"/desk/custody/{issued.act}", did="ordered")


@post("/desk/custody/{record:str}/erase", sync_to_thread=True, opt={"asks": "erase"})
def erase(desk: Seen, record: FromPath[str], form: Sent) -> Response[Any]:
    """Proposes an erasure, of the whole or of some sealed values; somebody else confirms it."""
    ground = form.one_of("ground", ERASING)
    whole = form.one_of("what", ("whole", "fields")) == "whole"
    fields = form.all("fields")
    if not whole and not fields:
        form.fault("fields", "custody.no_field")
    if not form.good:
        return _shown(desk, record, form, status=422)
    made = granted(propose_erasure(desk.world, desk.officer, [record], ground, None if whole else fields))
    return desk.go(f"/desk/custody/{made.id}", did="custody_proposed")


@post("/desk/custody/{record:str}/clear", sync_to_thread=True, opt={"asks": "clear"})
def clear(desk: Seen, record: FromPath[str], form: Sent) -> Response[Any]:
    """Proposes a clearance; somebody else confirms it."""
    ground = form.one_of("ground", GROUNDS)
    if not form.good:
        return _shown(desk, record, form, status=422)
    made = granted(propose_clearance(desk.world, desk.officer, [record], ground))
    return desk.go(f"/desk/custody/{made.id}", did="custody_proposed")


@get("/desk/custody/{record:str}/amend", sync_to_thread=True)
def amend_form(desk: Seen, record: FromPath[str]) -> Response[Any]:
    """What the record says, member by member, to be put right."""
    return _amend(desk, record, Form())


@post("/desk/custody/{record:str}/amend", sync_to_thread=True, opt={"asks": "amend"})
def amend(desk: Seen, record: FromPath[str], form: Sent) -> Response[Any]:
    """Puts a new record in the place of the one that was wrong."""
    old = _own(desk, record)
    reason = form.one_of("reason", AMENDING)
    body = written(msgspec.to_builtins(old.body), {name: form.text(name, most=200_000) for name in form.values})
    try:
        made = msgspec.convert(body, kinds()[old.envelope.kind].body)
    except (msgspec.ValidationError, MalformedRecord) as fault:
        form.fault("body", "custody.unfit", why=str(fault))
    if not form.good:
        return _amend(desk, record, form, status=422)
    done = amending(desk.world, desk.officer, record, made, reason, danger=form.ticked("danger"))
    if isinstance(done, Refused):
        return _amend(desk, record, form, status=422, reasons=done.reasons)
    return desk.go(f"/desk/custody/{done.value.act}", did="ordered")


@post("/desk/custody/{record:str}/permit", sync_to_thread=True, opt={"asks": "transfer"})
def allow(desk: Seen, record: FromPath[str], form: Sent) -> Response[Any]:
    """As its issuer: a holder may pass it on to one node."""
    peers = _partners(desk)
    holder, onward = form.one_of("holder", peers), form.must("onward_to", most=120)
    lifts = [each for each in form.all("lifts") if each in LIFTS]
    if not form.good:
        return _shown(desk, record, form, status=422)
    granted(permit_onward(desk.world, desk.officer, record, NodeName(holder), NodeName(onward), lifts))
    return desk.go(f"/desk/custody/{record}", did="permitted")


# ---- about a record of another node's -----------------------------------------------------------------------------------


@post("/desk/custody/{record:str}/transfer", sync_to_thread=True, opt={"asks": "transfer"})
def pass_on(desk: Seen, record: FromPath[str], form: Sent) -> Response[Any]:
    """Passes it on to a partner, if marking, issuer and receiver allow it."""
    to, why = form.one_of("to", _partners(desk)), form.must("why", most=1000)
    purpose, tlp = form.one_of("purpose", PURPOSES), form.one_of("tighten", TIGHTER)
    if not form.good:
        return _shown(desk, record, form, status=422)
    tighten = Marking(tlp=tlp) if tlp else None  # type: ignore[arg-type]  # one of the words above
    try:
        done = transfer(
            desk.world,
            desk.officer,
            record,
            NodeName(to),
            why=why,
            purpose=purpose,
            tighten=tighten,
            leave_out=form.all("leave_out"),
        )
    except Unreachable:
        form.fault("to", "custody.unreachable")
        return _shown(desk, record, form, status=422)
    if isinstance(done, Refused):
        return _shown(desk, record, form, status=422, reasons=done.reasons)
    return desk.go(f"/desk/custody/{record}", did="passed_on")


@post("/desk/custody/{record:str}/hold", sync_to_thread=True, opt={"asks": "hold"})
def keep(desk: Seen, record: FromPath[str], form: Sent) -> Response[Any]:
    """A legal hold: an order to erase it is answered with the hold from now on."""
    basis, said = form.must("basis", most=400), form.must("review")
    try:
        review = desk.spoken.instant(said) if said else None
    except ValueError:
        review = None
        form.fault("review", "fault.moment")
    if not form.good or review is None:
        return _shown(desk, record, form, status=422)
    done = hold(desk.world, desk.officer, record, basis, review)
    if isinstance(done, Refused):
        return _shown(desk, record, form, status=422, reasons=done.reasons)
    return desk.go(f"/desk/custody/{record}", did="kept_on_hold")


@post("/desk/custody/{record:str}/lift", sync_to_thread=True, opt={"asks": "hold"})
def end_hold(desk: Seen, record: FromPath[str]) -> Response[Any]:
    """Ends the hold; what was ordered meanwhile is carried out."""
    granted(lift(desk.world, desk.officer, record))
    return desk.go(f"/desk/custody/{record}", did="hold_lifted")


# ---- proposals, orders, duties -----------------------------------------------------------------------------------------


@post("/desk/custody/{wanted:str}/confirm", sync_to_thread=True, opt={"asks": "confirm"})
def agree(desk: Seen, wanted: FromPath[str], form: Sent) -> Response[Any]:
    """The second person: the order goes out, and bodies go."""
    issued = granted(confirm(desk.world, desk.officer, wanted, signature_in(desk, form)))
    return desk.go(f"/desk/custody/{issued.act}", did="ordered")


@post("/desk/custody/{wanted:str}/reject", sync_to_thread=True, opt={"asks": "confirm"})
def refuse(desk: Seen, wanted: FromPath[str]) -> Response[Any]:
    """Nothing comes of the proposal; who made it may take it back."""
    granted(reject(desk.world, desk.officer, wanted))
    return desk.go("/desk/custody", did="rejected")


@post("/desk/custody/{wanted:str}/answer", sync_to_thread=True, opt={"asks": "answer"})
def answer(desk: Seen, wanted: FromPath[str], form: Sent) -> Response[Any]:
    """Whether what had been carried out was taken back."""
    state, reason = form.text("state"), form.text("reason", most=400)
    if state not in ("reversed", "cannot-reverse"):
        form.fault("state", "fault.choice")
    elif state == "cannot-reverse" and not reason:
        form.fault("reason", "fault.empty")
    if not form.good:
        return _shown(desk, wanted, form, status=422)
    said: Literal["reversed", "cannot-reverse"] = "reversed" if state == "reversed" else "cannot-reverse"
    granted(answer_duty(desk.world, desk.officer, wanted, said, reason or None))
    return desk.go(f"/desk/custody/{wanted}", did="answered")


@post("/desk/custody/{wanted:str}/release", sync_to_thread=True, opt={"asks": "release"})
def free(desk: Seen, wanted: FromPath[str], form: Sent) -> Response[Any]:
    """A holder is no longer waited for, with the reason; it stays in the overview as released."""
    holder, reason = form.must("holder", most=120), form.must("reason", most=1000)
    if not form.good:
        return _shown(desk, wanted, form, status=422)
    officer = desk.officer
    granted(release(desk.world, officer, wanted, holder, reason))
    return desk.go(f"/desk/custody/{wanted}", did="released")


# ---- pages -------------------------------------------------------------------------------------------------------------


def _shown(desk: Desk, wanted: str, form: Form, status: int = 200, reasons: tuple[Reason, ...] = ()) -> Response[Any]:
    world = desk.world
    try:
        order = order_view(followed(world, act_named(world, wanted)))
    except NotFound:
        order = None
    if order is not None:
        return _order(desk, order, form, status)
    try:
        found = proposal(world, wanted)
    except NotFound:
        return _record(desk, wanted, form, status, reasons)
    return desk.show(
        "custody_proposal.html",
        status=status,
        form=form,
        found=proposal_view(found),
        against=_against_confirming(desk, found.proposed_by, found.records),
        may_sign=may_sign(desk),
    )


def _order(desk: Desk, order: OrderView, form: Form, status: int) -> Response[Any]:
    world = desk.world
    return desk.show(
        "custody_order.html",
        status=status,
        form=form,
        order=order,
        stages=STAGES,
        duty=next((duty_view(each) for each in duties(world) if each.order == order.id), None),
        against_answer=permit(world, desk.officer, "answer"),
        against_release=permit_on(world, desk.officer, "release", [order.id]),
        open_holders=[h.node for h in order.holders if h.stage in ("waiting", "overdue", "answered")],
    )


def _record(desk: Desk, wanted: str, form: Form, status: int, reasons: tuple[Reason, ...]) -> Response[Any]:
    world, officer = desk.world, desk.officer
    found = custody_view(custody_of(world, wanted))
    record = _here(desk, found)
    mine = found.issuer == world.me.name
    kind = record.envelope.kind if record is not None else ""
    partners, word = _partners(desk), desk.words.word
    return desk.show(
        "custody_record.html",
        status=status,
        form=form,
        found=found,
        reasons=reasons,
        kind=kind,
        leads_to=_leads_to(desk, wanted, kind),
        sealed=sorted(record.envelope.sealed) if record is not None else [],
        marking=record.envelope.marking if record is not None else None,
        mine=mine,
        stands=found.course in (Course.CURRENT.value, Course.AMENDED.value) and record is not None,
        course=COURSES[found.course],
        stages=STAGES,
        partners=[(name, desk.title_of(name)) for name in partners if name != found.issuer],
        keepers=[(k.node, desk.title_of(k.node)) for k in found.keepers if k.node in partners],
        against={
            act: permit_on(world, officer, act, [wanted])
            for act in (("amend", "withdraw", "erase", "clear", "transfer") if mine else ("transfer", "hold"))
        },
        withdrawing=[(code, word("withdraw", code)) for code in WITHDRAWING],
        erasing=[(code, word("erase_ground", code)) for code in ERASING],
        clearing=[(code, word("clear_ground", code)) for code in GROUNDS],
        purposes=[(code, word("purpose", code)) for code in PURPOSES],
        tighter=[(each, f"TLP:{each}" if each else desk.t("custody.as_marked")) for each in TIGHTER],
        lifts=LIFTS,
    )


def _amend(desk: Desk, record: str, form: Form, status: int = 200, reasons: tuple[Reason, ...] = ()) -> Response[Any]:
    old, word = _own(desk, record), desk.words.word
    return desk.show(
        "custody_amend.html",
        status=status,
        form=form,
        record=record,
        kind=old.envelope.kind,
        members=leaves(msgspec.to_builtins(old.body)),
        absent=sorted(old.absent),
        reasons=reasons,
        amending=[(code, word("amend", code)) for code in AMENDING],
        against=permit_on(desk.world, desk.officer, "amend", [record]),
    )


def _own(desk: Desk, record: str) -> Record[Any]:
    """A record of ours as it stands here; NotFound for any other."""
    found = custody_view(custody_of(desk.world, record))
    here = _here(desk, found) if found.issuer == desk.world.me.name else None
    if here is None:
        raise NotFound("own-record", record=record[:60])
    return here


def _here(desk: Desk, found: CustodyView) -> Record[Any] | None:
    """The record itself, as far as it is here."""
    for place in desk.world.store.find(found.record):
        record = opened(desk.world, place)
        if record is not None:
            return record
    return None


def _leads_to(desk: Desk, record: str, kind: str) -> str:
    """The page about what the record says; empty where there is none."""
    if kind.startswith("indicator/"):
        return f"/desk/signals/{record}"
    if kind.startswith("report/"):
        return f"/desk/reports/{record}"
    for place in desk.world.store.find(record):
        request = request_at(desk.world, place.origin, place.index)
        if request:
            return f"/desk/requests/{request}"
    return ""


def _against_confirming(desk: Desk, proposed_by: str, records: tuple[str, ...]) -> tuple[Reason, ...]:
    against = permit_on(desk.world, desk.officer, "confirm", records)
    return (*against, Reason("four-eyes", {})) if desk.officer.name == proposed_by else against


def _partners(desk: Desk) -> list[str]:
    return [str(peer.name) for peer in desk.world.store.peers() if peer.admission.value == "accepted"]


pages = [
    overview,
    find,
    one,
    take_back,
    erase,
    clear,
    amend_form,
    amend,
    allow,
    pass_on,
    keep,
    end_hold,
    agree,
    refuse,
    answer,
    free,
]
rail = [Entry("custody", "/desk/custody", "trust", "chain", 3, go="d")]
