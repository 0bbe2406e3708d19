"""Drafting a request: what is asked of whom, every route weighed as the fields change, what is missing beside its field, two persons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from comity.domain.law import MEMBERS_OF_TARGETS, Findings, Measure, RouteView, choices_of
from comity.domain.law.values import FormField
from comity.domain.ledger import Admission
from comity.domain.terms import NodeName, Reason, Refused, instant_text
from comity.errors import NotFound
from comity.faces.api.asking import granted
from comity.faces.api.request_view import request_view
from comity.faces.api.route_view import route_line
from comity.faces.api.routes.reports import report_view
from comity.faces.console.forms import Form, Sent
from comity.faces.console.pages.request import Sparse
from comity.faces.console.pages.rescue import text_read
from comity.faces.console.rail import Verb
from comity.faces.console.render import Desk, Seen
from comity.faces.console.signing import may_sign
from comity.flows.request import Ask, Drafted, attest, discard, draft, look_over, may, measure_named
from comity.flows.request_state import dossier

NATURES = ("via-state", "voluntary", "binding-order")
URGENCIES = ("routine", "urgent", "emergency")
TEXT_BYTES_MAX = 16 * 1024 * 1024
MEMBER = "m:"
"""Before the name of a form's member, in names of fields."""
TARGETS_MAX = 1000
LIMITED_MAX = 5
"""Targets for which the page asks about times and data; for more, a file of the draft is handed in."""
FIRST_MEASURE = "preserve"
_PERSONAL = (
    "person",
    "victims",
    "reporter",
    "confirmation_contact",
    "conducting_authority.name",
    "remedy_address",
    "appeal_contact",
)
"""Beginnings of members that speak of persons: these travel sealed."""
_BODY = ("measure", "to", "nature", "route", "offence", "facts", "urgency", "deadline")


@dataclass(frozen=True)
class Field:
    """A member of the chosen route's form, as a field. `choices` where its type names them; `word` names its label; `of`: the target."""

    name: str
    held: bool
    choices: tuple[tuple[str, str], ...]
    note: str
    word: str
    of: str = ""


@get("/desk/requests/new", sync_to_thread=True)
def blank(desk: Seen) -> Response[Any]:
    """An empty form; `report=ID` brings what that report names, `from=ID` what an earlier draft says."""
    query = desk.request.query_params
    return _form(desk, _begun(desk, query.get("report", ""), query.get("from", "")), looked=False)


@post("/desk/requests/new", sync_to_thread=True)
def keep(desk: Seen, form: Sent) -> Response[Any]:
    """Keeps the draft on this desk, or only looks at it. Nothing leaves."""
    if form.text("do") == "look":
        return _form(desk, form, looked=True)
    ask = _ask(desk, form)
    if not form.good:
        return _form(desk, form, looked=True, status=422)
    outcome = draft(desk.world, desk.officer, ask)
    if isinstance(outcome, Refused):
        return _form(desk, form, looked=True, status=422, reasons=outcome.reasons)
    old, did = form.text("replaces"), "draft_kept"
    if old and isinstance(discard(desk.world, desk.officer, old), Refused):
        did = "draft_kept_both"
    return desk.go(f"/desk/requests/{outcome.value.request}/draft", did=did)


@post("/desk/requests/weigh", sync_to_thread=True)
def weigh(desk: Seen, form: Sent) -> Response[Any]:
    """The routes and the members of the chosen one's form, as the fields stand now."""
    return desk.show("parts/draft_ways.html", **_facts(desk, form, looked=True))


@post("/desk/requests/check", sync_to_thread=True)
def check(desk: Seen, form: Sent) -> Response[Any]:
    """What is missing, as the fields stand now."""
    return desk.show("parts/draft_findings.html", **_facts(desk, form, looked=True))


@get("/desk/requests/{request_id:str}/draft", sync_to_thread=True)
def one(desk: Seen, request_id: FromPath[str]) -> Response[Any]:
    """A draft of ours on its way out: read, submitted, approved by somebody else, sent."""
    return _steps(desk, request_id, Form())


@post("/desk/requests/{request_id:str}/attest", sync_to_thread=True, request_max_body_size=TEXT_BYTES_MAX)
def read(desk: Seen, request_id: FromPath[str], form: Sent) -> Response[Any]:
    """Records that this officer has read the text that the route rests on."""
    said = text_read(form)
    if said is None and form.good:
        form.fault("text_title", "fault.empty")
    if said is None or not form.good:
        return _steps(desk, request_id, form, status=422)
    granted(attest(desk.world, desk.officer, request_id, *said))
    return desk.go(f"/desk/requests/{request_id}/draft", did="attested")


def _steps(desk: Desk, request_id: str, form: Form, status: int = 200) -> Response[Any]:
    found, view = dossier(desk.world, request_id), request_view(desk.world, request_id)
    if found.side != "requester" or found.draft is None:
        raise NotFound("draft", request=request_id[:60])
    drafted_by, officer = found.ask.drafted_by, desk.officer.name
    blocking = view.findings.blocking if view.findings is not None else []
    nexts = {each.how: each.event for each in view.allowed if each.how in ("submit", "approve", "send")}
    why = {how: [Reason(r.code, {"mend": r.mend}) for r in blocking if how in ("submit", "send")] for how in nexts}
    for how, reasons in why.items():
        reasons += [
            each for each in may(desk.world, desk.officer, how, found) if each.code not in {r.code for r in reasons}
        ]
        if how == "approve" and drafted_by == officer:
            reasons.append(Reason("four-eyes", {}))
    approved = next(
        (step for step in reversed(view.history) if step.told.get("role") == "approver" or "approve" in step.event),
        None,
    )
    return desk.show(
        "request_draft.html",
        status=status,
        form=form,
        view=view,
        ask=Sparse(view.ask),
        members={**view.ask.get("form", {}), **view.ask.get("form_personal", {})},
        targets=[*view.ask.get("targets", ()), *view.ask.get("personal_targets", ())],
        attested=view.ask.get("attestation"),
        nexts=nexts,
        why=why,
        approved=approved,
        mine=drafted_by == officer,
        may_sign=may_sign(desk),
    )


def _begun(desk: Desk, report: str, earlier: str) -> Form:
    """The form's first values."""
    if earlier:
        found = dossier(desk.world, earlier)
        if found.side != "requester" or found.draft is None:
            raise NotFound("draft", request=earlier[:60])
        view = request_view(desk.world, earlier).ask
        told = {name: str(view[name]) for name in _BODY if view.get(name) and name != "deadline"}
        told |= {
            MEMBER + name: text for name, text in {**view.get("form", {}), **view.get("form_personal", {})}.items()
        }
        targets = [each["value"] for each in (*view.get("targets", ()), *view.get("personal_targets", ()))]
        told |= {
            "targets": "\n".join(targets),
            "report": view.get("report") or "",
            "replaces": earlier if found.sent is None else "",
        }
        return Form({name: (text,) for name, text in told.items()})
    if not report:
        return Form()
    body = report_view(desk.world, report).body
    values = [each["value"] for each in (*body.get("indicators", ()), *(body.get("contacts") or ()))]
    told = {"report": report, "targets": "\n".join(values), "facts": str(body.get("narrative") or "")}
    return Form({name: (text,) for name, text in told.items()})


def _ask(desk: Desk, form: Form) -> Ask:
    """What the form says; faults for what can't be read at all. What is merely missing is the linter's to say."""
    measures = [each for each, _ in _measures(desk)]
    peers = [str(peer.name) for peer in desk.world.store.peers() if peer.admission is Admission.ACCEPTED]
    members = {name[len(MEMBER) :]: form.text(name, most=200_000) for name in form.values if name.startswith(MEMBER)}
    members = {name: text for name, text in members.items() if text}
    deadline = None
    if said := form.text("deadline"):
        try:
            deadline = instant_text(desk.spoken.instant(said))
        except ValueError:
            form.fault("deadline", "fault.moment")
    law_of = form.text("law_of", most=2).upper() or None
    nature = form.text("nature") or NATURES[0]
    return Ask(
        measure=form.one_of("measure", measures) if form.text("measure") else measures[0],
        to=NodeName(form.one_of("to", peers or [""]) if form.text("to") else (peers or [""])[0]),
        route=form.text("route", most=120) or None,
        nature=nature if nature in NATURES else NATURES[0],
        offence=form.text("offence", most=120),
        targets=tuple((None, line) for line in _lines(form.text("targets", most=200_000))),
        facts=form.text("facts", most=200_000),
        form={name: text for name, text in members.items() if not name.startswith(_PERSONAL)},
        form_personal={name: text for name, text in members.items() if name.startswith(_PERSONAL)},
        law_of=law_of if nature == "binding-order" else None,
        urgency=form.text("urgency") if form.text("urgency") in URGENCIES else "routine",
        deadline=deadline,
        report=form.text("report") or None,
    )


def _measures(desk: Desk) -> list[tuple[str, str]]:
    """Measures that leave by approval, with their names: what can't wait first, the others by name."""
    found = [m for m in desk.world.catalog.measures().values() if m.leaves == "approved"]
    named = [(m.id, m.label.get(desk.words.lang, m.label["en"])) for m in found]
    return sorted(named, key=lambda each: (each[0] != FIRST_MEASURE, each[1]))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()][:TARGETS_MAX]


def _facts(desk: Desk, form: Form, *, looked: bool) -> dict[str, Any]:
    """What both halves of the page are made of."""
    ask = _ask(desk, form)
    measure, book = measure_named(desk.world, ask.measure), desk.world.catalog.book()
    drafted = look_over(desk.world, desk.officer, ask) if ask.to else Drafted("", (), Findings(), ())
    chosen = next((view for view in drafted.routes if view.row.id == ask.route), None)
    found = [*drafted.findings.blocking, *drafted.findings.advisory, *drafted.warnings]
    return {
        "form": form,
        "looked": looked,
        "ways": [route_line(view, measure, book) for view in drafted.routes],
        "chosen": ask.route,
        "natures": [(each, desk.words.word("nature", each)) for each in (chosen.natures if chosen else NATURES[:2])],
        "fields": [*_fields(desk, form, chosen, measure), *_limits(desk, measure, ask)],
        "blocking": drafted.findings.blocking,
        "advisory": (*drafted.findings.advisory, *drafted.warnings),
        "beside": _beside(found) if looked else {},
        "field_of": field_of,
        "member": MEMBER,
    }


def _fields(desk: Desk, form: Form, chosen: RouteView | None, measure: Measure) -> list[Field]:
    """Members that hold a request back first, then what the form requires besides; what the record says itself is left out."""
    book, found = desk.world.catalog.book(), dict[str, Field]()
    needs = chosen.row.needs if chosen is not None else ()
    asked = {need.member for need in needs if not need.measures or measure.id in need.measures}
    for name in (*(chosen.form if chosen is not None else ()), *measure.forms):
        must = {*measure.members.get(name, ()), *asked}
        for member in book.forms[name].fields:
            wanted = member.name in must or (member.required in (True, "warn") and member.from_record is None)
            if wanted or form.text(MEMBER + member.name):
                held, choices = member.name in must, _choices(desk, member)
                found.setdefault(member.name, Field(member.name, held, choices, member.note, member.name))
    if form.text("deadline"):
        found.setdefault("deadline_reason", Field("deadline_reason", True, (), "", "deadline_reason"))
    return sorted(found.values(), key=lambda field: not field.held)


def _limits(desk: Desk, measure: Measure, ask: Ask) -> list[Field]:
    """From when to when, and which data: asked about each of the first targets of a measure that asks for data."""
    if not measure.data:
        return []
    one = measure.data[0] if len(measure.data) == 1 else ""
    kinds = [(each, desk.words.word("data", each)) for each in measure.data]
    choices = () if one else (("", "–"), (", ".join(measure.data), desk.words.say("draft.all_of_these")), *kinds)
    return [
        Field(
            f"targets[{place}].{member}", False, choices if member == "categories" else (), "", f"target.{member}", text
        )
        for place, (_, text) in enumerate(ask.targets[:LIMITED_MAX])
        for member in MEMBERS_OF_TARGETS
        if member != "categories" or choices
    ]


def _choices(desk: Desk, member: FormField) -> tuple[tuple[str, str], ...]:
    words = choices_of(member.type)
    return (("", "–"), *((word, desk.words.word("member_value", word)) for word in words)) if words else ()


def field_of(about: str) -> str:
    """The field of the page that a finding is about; empty for none."""
    name = about.partition("[")[0] if about.startswith("targets") else about
    if name.startswith("targets"):
        return "targets"
    if name.startswith("form/"):
        return MEMBER + name[5:]
    return name if name in (*_BODY, "law_of") else ""


def _beside(found: list[Reason]) -> dict[str, list[Reason]]:
    beside: dict[str, list[Reason]] = {}
    for reason in found:
        beside.setdefault(field_of(str(reason.facts.get("field", ""))), []).append(reason)
    return beside


def _form(
    desk: Desk, form: Form, *, looked: bool, status: int = 200, reasons: tuple[Reason, ...] = ()
) -> Response[Any]:
    words = desk.words
    peers = [peer for peer in desk.world.store.peers() if peer.admission is Admission.ACCEPTED]
    return desk.show(
        "request_new.html",
        status=status,
        reasons=reasons,
        measures=_measures(desk),
        peers=[(str(peer.name), desk.title_of(peer.name)) for peer in peers],
        urgencies=[(each, words.word("urgency", each)) for each in URGENCIES],
        **_facts(desk, form, looked=looked),
    )


pages = [blank, keep, weigh, check, one, read]
verbs = [Verb("verb.draft", "/desk/requests/new", "pen", "verb.draft_note")]
