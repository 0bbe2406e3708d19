"""One request: what was asked beside what was done, both sides' events, the thread, clocks, the next acts and why not the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from comity.domain.law import stops
from comity.domain.terms import Reason, Refused, instant_from
from comity.errors import Malformed
from comity.faces.api.asking import RefusedHere, granted
from comity.faces.api.request_view import AllowedView, RequestView, StepView, request_view
from comity.faces.console.forms import Form, Sent
from comity.faces.console.render import Desk, Seen
from comity.faces.console.signing import may_sign, signature_in
from comity.faces.console.telling import CONSENTS, FILES_BYTES_MAX, METHODS, consent_in, held_in, items_in, method_in
from comity.faces.console.work import LIFE, piece_of
from comity.flows import request as requesting
from comity.flows.access import permit, subject_of
from comity.flows.answer import NEEDS_REASON, REFUSALS, Said, act, answer, asked_form
from comity.flows.certify import certify_request
from comity.flows.message import Said as Written
from comity.flows.message import send_message
from comity.flows.opened import open_request
from comity.flows.request_state import Dossier, dossier
from comity.flows.rights import gate_of

FREEZE = "freeze"
"""Machine of measures that hold an amount."""
QUESTIONS = ("unclear", "missing", "contradictory", "unreadable", "too-broad", "not-found")
TAKEN = {
    "takedown": ("delete", "block", "delist", "suspend", "nothing"),
    "preserve": ("snapshot-kept", "kept-in-place", "nothing"),
    "freeze": ("withdrawals-stopped", "held", "partly-held", "nothing"),
    "rescue": ("visited", "found", "moved-to-safety", "nothing"),
    "": ("done", "partly", "nothing"),
}
"""What an addressee can say was really done, by measure; other words come from other nodes and are shown as they are."""
_QUIET = frozenset({"bounce", "discard", "no_reply", "withdraw", "hold_lapsed", "lapse", "validation_failed"})
"""Acts that are offered last: they end something, or only record that nothing came."""


class Sparse(dict[str, Any]):
    """Members that a record may have; None for one that it hasn't, so that a page can ask for any of them."""

    def __missing__(self, name: str) -> None:
        return None


@dataclass(frozen=True)
class Event:
    """One line of the timeline.

    where   `us`, `them`, or `cross` for what went over to the other side
    step    of the machine; None for a message
    message None for a step
    told    what was said with the step
    line    of the record, with its service and place
    """

    where: str
    at: str
    step: StepView | None
    message: Any
    told: Sparse
    line: Any


@dataclass(frozen=True)
class Next:
    """An act that the state allows.

    why_not  what still keeps it from being done by this reader now
    """

    may: AllowedView
    why_not: tuple[Reason, ...]
    ground: bool
    reason: bool


@get("/desk/requests/{request_id:str}", sync_to_thread=True)
def one(desk: Seen, request_id: FromPath[str]) -> Response[Any]:
    """The whole of one request."""
    return _shown(desk, request_id, Form())


@post("/desk/requests/{request_id:str}/opened", sync_to_thread=True, opt={"asks": "open"})
def opened(desk: Seen, request_id: FromPath[str]) -> Response[Any]:
    """Tells the other side that this reader has opened what came in. The page asks for it by itself as soon as it is seen."""
    told = open_request(desk.world, desk.officer, request_id)
    if desk.request.headers.get("hx-request"):
        return desk.show("parts/opened.html", told=len(told))
    return desk.go(f"/desk/requests/{request_id}", did="opened" if told else "")


@post("/desk/requests/{request_id:str}/messages", sync_to_thread=True, opt={"asks": "message"})
def write(desk: Seen, request_id: FromPath[str], form: Sent) -> Response[Any]:
    """Writes to the other side; what was typed stays when it doesn't fit."""
    text = form.text("text", most=200_000)
    code = form.text("code")
    asks = ((form.must("field", most=120), code),) if code in QUESTIONS else ()
    if not text and not asks:
        form.fault("text", "fault.empty")
    if not form.good:
        return _shown(desk, request_id, form, status=422)
    said = Written(
        text=text or None,
        asks=asks,
        reply_to=form.text("reply_to") or None,
        lang=form.text("lang") or desk.words.lang,
    )
    granted(send_message(desk.world, desk.officer, request_id, said))
    return desk.go(f"/desk/requests/{request_id}#thread", did="message_sent")


@post(
    "/desk/requests/{request_id:str}/act",
    sync_to_thread=True,
    opt={"asks": "answer"},
    request_max_body_size=FILES_BYTES_MAX,
)
def take(desk: Seen, request_id: FromPath[str], form: Sent) -> Response[Any]:
    """One act of ours. The state that the form was made from has to be the present one."""
    world, officer, event = desk.world, desk.officer, form.must("event", most=120)
    found = dossier(world, request_id)
    if form.text("state") != found.view.state:
        return _shown(desk, request_id, form, status=409, moved=True)
    how = form.one_of("how", ("submit", "approve", "send", "steps", "actions"))
    reason, ground = form.text("reason", most=200_000), form.text("ground") or None
    choice = form.text("choice") or None
    if event in REFUSALS and ground is None:
        form.fault("ground", "fault.ground")
    if event in NEEDS_REASON and not reason:
        form.fault("reason", "fault.empty")
    taken = form.must("taken", most=120) if how == "actions" else ""
    until = _moment(form, desk)
    held = held_in(form, found.ask.form) if how == "actions" else []
    whereabouts, consent = consent_in(form)
    method_in(form)
    terms = tuple((text, "use", None) for text in form.all("term"))
    if not form.good:
        return _shown(desk, request_id, form, status=422)
    if how == "submit":
        granted(requesting.submit(world, officer, request_id))
    elif how == "approve":
        granted(requesting.approve(world, officer, request_id, signature_in(desk, form)))
    elif how == "send":
        granted(requesting.send(world, officer, request_id))
    elif how == "steps":
        granted(answer(world, officer, request_id, Said(event, ground, reason or None, terms, choice), "officer"))
    else:
        about = subject_of(world, [found.request], [record for _, record in found.records])
        if why := permit(world, officer, "act", about):  # before a file is kept for nothing
            raise RefusedHere(why)
        done = act(
            world,
            officer,
            request_id,
            event,
            taken=taken,
            hold_until=until,
            note=form.text("note", most=200_000) or None,
            items=items_in(desk, form),
            choice=choice,
            held=held,
            whereabouts=whereabouts,
            consent=consent,
        )
        if isinstance(done, Refused):
            return _shown(desk, request_id, form, status=422, reasons=done.reasons)
    return desk.go(f"/desk/requests/{request_id}", did="sent" if how == "send" else "done")


def _moment(form: Form, desk: Desk) -> Any:
    """The day and time of a `datetime-local` field, read in the reader's zone; None when it is empty."""
    said = form.text("hold_until")
    if not said:
        return None
    try:
        return desk.spoken.instant(said)
    except ValueError:
        form.fault("hold_until", "fault.moment")
        return None


def _shown(
    desk: Desk,
    request_id: str,
    form: Form,
    *,
    status: int = 200,
    moved: bool = False,
    reasons: tuple[Reason, ...] = (),
) -> Response[Any]:
    world = desk.world
    found = dossier(world, request_id)
    view = request_view(world, request_id)
    piece = piece_of(world, found)
    done = _done(view)
    acts = [_next(desk, found, view, may) for may in view.allowed]
    acts.sort(key=lambda each: (each.may.event in _QUIET, bool(each.why_not)))
    return desk.show(
        "request.html",
        status=status,
        form=form,
        moved=moved,
        reasons=reasons,
        view=view,
        piece=piece,
        life=view.measure == LIFE,
        path_so_far=_path(view),
        events=_events(desk, view),
        acts=acts,
        ask=Sparse(view.ask),
        done=done,
        done_told=Sparse(done.told if done is not None else {}),
        asked=_asked(view),
        receipts=certify_request(world, request_id),
        unopened=_unopened(view, str(world.me.name)),
        named_questions=[(code, desk.words.word("question", code)) for code in QUESTIONS],
        grounds=sorted(code for code, refusal in world.catalog.book().refusals.items() if refusal.is_refusal),
        named_fields=[(name, desk.words.word("field", name)) for name in _fields(view)],
        takens=TAKEN.get(view.measure, TAKEN[""]),
        freezes=found.measure.machine == FREEZE,
        asked_form=Sparse(asked_form(found.ask)),
        methods=[(code, desk.words.word("method", code)) for code in METHODS],
        consents=[(code, desk.words.word("consent", code or "none")) for code in CONSENTS],
        both_or=lambda text: _or_text(lambda: desk.spoken.both(text, desk.countries.get(view.other)), text),
        local_or=lambda text: _or_text(lambda: f"{desk.spoken.local(instant_from(text)):%Y-%m-%dT%H:%M}", text or ""),
        stopped_now=view.state in found.machine.stop_clock,
        gated=stops(gate_of(world, found.ask)) if found.side == "requested" else (),
        may_sign=may_sign(desk),
    )


def _or_text(shown: Callable[[], Any], text: str) -> Any:
    """A moment as it is shown; as it was written where it can't be read."""
    try:
        return shown()
    except (ValueError, TypeError, Malformed):
        return text


def _fields(view: RequestView) -> list[str]:
    """Members of the request that a question may be about."""
    return ["facts", "targets", *sorted(f"form/{name}" for name in view.ask.get("form", {}))]


def _path(view: RequestView) -> list[str]:
    """States that it went through, each once, the present one last."""
    states = list(dict.fromkeys(step.state for step in view.history))
    return [state for state in states if state != view.state]


def _events(desk: Desk, view: RequestView) -> list[Event]:
    me, lines = str(desk.world.me.name), {line.record: line for line in view.records}
    found = []
    for step in view.history:
        line = lines.get(step.record)
        found.append(Event(_where(desk, me, step.node, line), step.at, step, None, Sparse(step.told), line))
    for message in view.messages:
        line = lines.get(message.record)
        found.append(Event(_where(desk, me, message.node, line), message.at, None, message, Sparse(), line))
    return sorted(found, key=lambda event: instant_from(event.at))


def _where(desk: Desk, me: str, node: str, line: Any) -> str:
    if node != me:
        return "them"
    if line is None:
        return "us"
    channel = desk.world.store.channel(line.origin)
    return "us" if channel.writer == channel.audience else "cross"


def _next(desk: Desk, found: Dossier, view: RequestView, may: AllowedView) -> Next:
    """What the flow would say anyway is said before the button is pressed."""
    about = subject_of(desk.world, [found.request], [record for _, record in found.records])
    why: list[Reason] = list(permit(desk.world, desk.officer, _right(may), about))
    if may.how in ("submit", "send") and view.findings is not None:
        why += [Reason(r.code, {"mend": r.mend, "field": r.field}) for r in view.findings.blocking]
    if may.how == "approve" and view.ask.get("drafted_by") == desk.officer.name:
        why.append(Reason("four-eyes", {}))
    return Next(may, tuple(why), may.event in REFUSALS, may.event in NEEDS_REASON or may.event in REFUSALS)


def _right(may: AllowedView) -> str:
    """The word of the roles for an act on a request."""
    if may.event == "countersign":
        return "countersign"
    return {"submit": "submit", "approve": "approve", "send": "send", "actions": "act"}.get(may.how, "answer")


def _done(view: RequestView) -> StepView | None:
    """The last step in which the addressee said what was really done."""
    return next((step for step in reversed(view.history) if step.told.get("taken")), None)


def _asked(view: RequestView) -> str:
    """What was asked beyond the measure's name, where the form says so."""
    return str(view.ask.get("form", {}).get("action_asked", ""))


def _unopened(view: RequestView, me: str) -> int:
    """Records of the other side that nobody here has opened yet, as far as its sender was told."""
    kinds = ("request/", "message/")
    return sum(1 for r in view.records if r.issuer != me and r.kind.startswith(kinds) and r.service.opened_at is None)


pages = [one, opened, write, take]
