"""Rescue: an alert by one duty officer on a name or a place alone, what has become of it, and the board of those looked for."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from comity.domain.law import usable
from comity.domain.ledger import Admission
from comity.domain.request.summary import CLOSED
from comity.domain.terms import Actor, Instant, NodeName, Reason, Refused, instant_from, instant_text
from comity.errors import Malformed, NotFound
from comity.faces.api.asking import granted
from comity.faces.api.routes.reports import report_view
from comity.faces.console.forms import Form, Sent
from comity.faces.console.rail import Entry, Verb
from comity.faces.console.render import Desk, Seen
from comity.faces.console.work import Piece, piece_of, pieces_of
from comity.flows.attest_route import DAYS_MAX, Reading, attest_route, readings
from comity.flows.request import weigh_for
from comity.flows.request_state import Dossier, dossier
from comity.flows.rescue import MEASURE, Alert, SecondSignature, alert, alerts, countersign, second_signature
from comity.ports import World
from comity.ports.requests import Wanted

STATES = ("confined", "injured", "ill", "minor", "pregnant", "ransom_demanded", "threatened_sale", "forced_crime")
STALE_MS = 48 * 3_600_000
"""Places rot in days: groups are moved. Our own choice, as in the rescue checks."""
SHOWN = 15
"""Alerts on one page of the board."""
SILENT_MS = 24 * 3_600_000
TEXT_BYTES_MAX = 16 * 1024 * 1024


@dataclass(frozen=True)
class Way:
    """One partner to whom an alert could go: the best route, and who has read its text. Neither is given where there is none."""

    node: NodeName
    route: str | None
    title: str
    reading: Reading | None


@dataclass(frozen=True)
class Missing:
    """Somebody who is looked for, as far as the alert says.

    seen   when the place was last observed; None where nobody says
    stale  codes of what has grown old: `place`, `unknown`, `silent`
    """

    piece: Piece
    who: tuple[str, ...]
    where: tuple[str, ...]
    seen: Instant | None
    stale: tuple[str, ...]
    signed: SecondSignature | None


@get("/desk/rescue", sync_to_thread=True)
def board(desk: Seen) -> Response[Any]:
    """Everybody who is looked for, those not yet safe first."""
    return _board(desk, Form())


@get("/desk/rescue/new", sync_to_thread=True)
def blank(desk: Seen) -> Response[Any]:
    """The alert's form; `report=ID` fills in whom and where that report names."""
    return _form(desk, _from_report(desk.world, desk.request.query_params.get("report", "")))


@post("/desk/rescue/new", sync_to_thread=True, request_max_body_size=TEXT_BYTES_MAX)
def send(desk: Seen, form: Sent) -> Response[Any]:
    """Sends the alert now. Nothing holds it back but what the flow itself names."""
    ways = ways_from(desk.world)
    to = form.one_of("to", [str(way.node) for way in ways] or [""])
    asked = Alert(
        to=NodeName(to),
        name=form.text("name", most=2000) or None,
        place=form.text("place", most=2000) or None,
        facts=form.text("facts", most=200_000),
        targets=(("phone", phone),) if (phone := form.text("phone", most=200)) else (),
        form=_members(desk, form),
        report=form.text("report") or None,
        text=text_read(form),
    )
    if not asked.name and not asked.place:
        form.fault("place", "rescue.need")
    if not form.good:
        return _form(desk, form, status=422)
    outcome = alert(desk.world, desk.officer, asked)
    if isinstance(outcome, Refused):
        return _form(desk, form, status=422, reasons=outcome.reasons)
    return desk.go(f"/desk/rescue/{outcome.value.request}", did="alerted")


@get("/desk/rescue/{request_id:str}", sync_to_thread=True)
def one(desk: Seen, request_id: FromPath[str]) -> Response[Any]:
    """What has become of one alert: stored, opened, and whose signature is still due."""
    found = dossier(desk.world, request_id)
    if found.measure.leaves != "alert":
        raise NotFound("alert", request=request_id[:60])
    each = _missing(desk, found, piece_of(desk.world, found))
    why = _why_not_sign(desk.officer, each)
    return desk.show("rescue_sent.html", each=each, made=found.sent.envelope.made if found.sent else "", why_not=why)


@post("/desk/rescue/{request_id:str}/countersign", sync_to_thread=True)
def sign(desk: Seen, request_id: FromPath[str]) -> Response[Any]:
    """The second signature, by somebody else than who alerted."""
    granted(countersign(desk.world, desk.officer, request_id))
    return desk.go(f"/desk/rescue/{request_id}", did="countersigned")


@post("/desk/rescue/attest", sync_to_thread=True, request_max_body_size=TEXT_BYTES_MAX)
def attest(desk: Seen, form: Sent) -> Response[Any]:
    """Somebody has read a route's text by day, so that nobody has to at night."""
    ways = {str(way.node): way for way in ways_from(desk.world) if way.route is not None}
    to = form.one_of("to", ways or [""])
    until = _moment(desk, form, "until")
    if form.text("until") == "":
        form.fault("until", "fault.empty")
    read = text_read(form)
    if read is None and form.good:
        form.fault("text_title", "fault.empty")
    if not form.good or read is None or until is None:
        return _board(desk, form, status=422)
    granted(
        attest_route(
            desk.world,
            desk.officer,
            measure=MEASURE,
            to=NodeName(to),
            route=str(ways[to].route),
            text_title=read[0],
            text_sha256=read[1],
            valid_until=until,
        )
    )
    return desk.go("/desk/rescue#read", did="attested")


def ways_from(world: World) -> list[Way]:
    """Every admitted partner, those first to whom an alert can leave at once."""
    known = [each for each in readings(world) if each.in_force and each.said.measure == MEASURE]
    found = []
    for peer in world.store.peers():
        if peer.admission is not Admission.ACCEPTED:
            continue
        fits = usable(weigh_for(world, MEASURE, peer.name))
        said = next((r for view in fits for r in known if (r.said.to, r.said.route) == (peer.name, view.row.id)), None)
        best = next((view for view in fits if said is None or view.row.id == said.said.route), None)
        found.append(Way(peer.name, best.row.id if best else None, best.instrument.title if best else "", said))
    return sorted(found, key=lambda way: (way.reading is None, way.route is None, way.node))


def _form(desk: Desk, form: Form, status: int = 200, reasons: tuple[Reason, ...] = ()) -> Response[Any]:
    ways = ways_from(desk.world)
    return desk.show(
        "rescue_new.html",
        status=status,
        form=form,
        ways=[way for way in ways if way.route is not None],
        named_ways=[(str(way.node), desk.title_of(way.node)) for way in ways if way.route is not None],
        closed=[way for way in ways if way.route is None],
        unread=any(way.reading is None for way in ways if way.route is not None),
        states=[("", "–"), *((code, desk.words.word("person_state", code)) for code in STATES)],
        reasons=reasons,
    )


def _from_report(world: World, report: str) -> Form:
    if not report:
        return Form()
    body = report_view(world, report).body
    victim: dict[str, Any] = next(iter(body.get("victims") or ()), {})
    told = {"report": report, "name": victim.get("name"), "place": victim.get("whereabouts"), "never_call": "yes"}
    return Form({name: (text,) for name, text in told.items() if isinstance(text, str)})


def _board(desk: Desk, form: Form, status: int = 200) -> Response[Any]:
    after = desk.request.query_params.get("after", "")
    there = alerts(desk.world, SHOWN + 1, after)
    known = pieces_of(desk.world, [each.request for each in there[:SHOWN]])
    found = [_missing(desk, each, known[each.request]) for each in there[:SHOWN] if each.request in known]
    found.sort(key=lambda each: (each.piece.closed, -each.piece.changed))
    return desk.show(
        "rescue.html",
        status=status,
        found=found,
        open_count=_waiting(desk),
        after=after,
        further=there[SHOWN - 1].request if len(there) > SHOWN else "",
        form=form,
        read=[each for each in readings(desk.world) if each.said.measure == MEASURE],
        named_ways=[(str(way.node), desk.title_of(way.node)) for way in ways_from(desk.world) if way.route is not None],
        days_max=DAYS_MAX,
    )


def _members(desk: Desk, form: Form) -> dict[str, str]:
    """Coded members of the form of a rescue; nobody is called unless the box was cleared."""
    told = {"safe_contact.never_call": "true" if form.ticked("never_call") else "false"}
    seen = _moment(desk, form, "seen_at")
    if seen is not None:
        told["location.observed_at"] = instant_text(seen)
    state = form.text("state")
    if state in STATES:
        told["state[]"] = state
    return told


def _moment(desk: Desk, form: Form, name: str) -> Instant | None:
    said = form.text(name)
    if not said:
        return None
    try:
        return desk.spoken.instant(said)
    except ValueError:
        form.fault(name, "fault.moment")
        return None


def text_read(form: Form) -> tuple[str, str] | None:
    """Title and SHA-256 of the text that was read: of the file itself where one was sent. None where neither is said."""
    title, typed = form.text("text_title", most=1000), form.text("text_sha256").lower()
    for file in form.files.get("text_file", ()):
        raw = file.file.read()
        if raw:
            return title or (file.filename or "text")[:200], sha256(raw).hexdigest()
    if not typed:
        if title:
            form.fault("text_sha256", "rescue.digest_missing")
        return None
    if len(typed) != 64 or set(typed) - set("0123456789abcdef"):
        form.fault("text_sha256", "fault.digest")
        return None
    if not title:
        form.fault("text_title", "fault.empty")
    return title, typed


def _missing(desk: Desk, found: Dossier, piece: Piece) -> Missing:
    ask, now = found.ask, desk.spoken.now
    targets = ask.personal_targets if isinstance(ask.personal_targets, tuple) else ()
    words = ask.form_personal if isinstance(ask.form_personal, dict) else {}
    where = [t.value for t in (*targets, *ask.targets) if t.kind == "place"]
    where += [words[name] for name in ("location.address_text", "location.compound_name") if name in words]
    who = [t.value for t in targets if t.kind == "person_name"] + [words[n] for n in ("person.name",) if n in words]
    seen = _instant(ask.form.get("location.observed_at", ""))
    stale = []
    if not piece.closed:
        if where and seen is None:
            stale.append("unknown")
        if seen is not None and now - seen > STALE_MS:
            stale.append("place")
        if now - piece.changed > SILENT_MS:
            stale.append("silent")
    signed = second_signature(desk.world, found) if found.side == "requester" else None
    return Missing(piece, tuple(who), tuple(where), seen, tuple(stale), signed)


def _instant(text: str) -> Instant | None:
    try:
        return instant_from(text) if text else None
    except Malformed:
        return None


def _why_not_sign(officer: Actor, each: Missing) -> str:
    """Message that says why this reader can't give the second signature; nothing where they can, or none is due."""
    return (
        "rescue.not_you" if each.signed is not None and each.signed.by is None and each.piece.by == officer.name else ""
    )


def _waiting(desk: Desk) -> int:
    """Alerts that are not closed, as far as this reader sees them."""
    return sum(each.n for each in desk.world.store.counted(Wanted("alerts")) if each.rank < CLOSED)


pages = [board, blank, send, attest, one, sign]
rail = [Entry("rescue", "/desk/rescue", "work", "rescue", 3, go="l", count=_waiting, act="view")]
verbs = [Verb("verb.rescue", "/desk/rescue/new", "rescue", "verb.rescue_note")]
