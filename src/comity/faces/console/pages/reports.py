"""Reports: taken as told, with the values that their words hold; shown beside what is already known, and by whom it was said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from comity.domain.indicator import Indicator
from comity.domain.report import Found, found_in
from comity.domain.terms import Country
from comity.errors import Malformed
from comity.faces.api.asking import granted
from comity.faces.api.routes.reports import ReportView, report_lines, report_view
from comity.faces.api.views import KnownView, known_view
from comity.faces.console.forms import Form, Sent
from comity.faces.console.pages.request import Sparse
from comity.faces.console.rail import Entry, Verb
from comity.faces.console.render import Desk, Seen
from comity.faces.console.words import LANGUAGES
from comity.flows.access import permit
from comity.flows.lookup import look_up, read_value
from comity.flows.take_report import Submission, take_report

CATEGORIES = (
    "life-in-danger",
    "held-against-will",
    "overseas-job-lure",
    "investment-fraud",
    "romance-fraud",
    "voice-phishing",
    "impersonation",
    "shop-fraud",
    "other",
)
LIFE = frozenset({"life-in-danger", "held-against-will"})
"""Categories that say a life is in danger."""
CHANNELS = ("citizen", "officer", "partner", "file")
NARRATIVE_MAX = 200_000
LINES_MAX = 200
TEXT_BYTES_MAX = 2 * 1024 * 1024


@dataclass(frozen=True)
class Piece:
    """A stretch of the text; `value` where it reads as one."""

    text: str
    value: Indicator | None


@get("/desk/reports", sync_to_thread=True)
def reports(desk: Seen) -> Response[Any]:
    """The newest reports, danger to life first."""
    found = sorted(report_lines(desk.world, LINES_MAX), key=lambda line: line.category not in LIFE)
    return desk.show("reports.html", found=found, life=LIFE)


@get("/desk/reports/new", sync_to_thread=True)
def blank(desk: Seen) -> Response[Any]:
    """The form of a report."""
    return _form(desk, Form())


@post("/desk/reports/found", sync_to_thread=True, request_max_body_size=TEXT_BYTES_MAX)
def look(desk: Seen, form: Sent) -> Response[Any]:
    """What the text holds so far, and what is known of it, while it is being typed. Nothing is kept."""
    return desk.show("parts/found.html", form=form, known=_known(desk, _values(form)), unread=_unread(form))


@post("/desk/reports/look", sync_to_thread=True, request_max_body_size=TEXT_BYTES_MAX)
def look_first(desk: Seen, form: Sent) -> Response[Any]:
    """The same on the form's own page, for browsers without script. Nothing is kept."""
    return _form(desk, form)


@post("/desk/reports", sync_to_thread=True, request_max_body_size=TEXT_BYTES_MAX)
def take(desk: Seen, form: Sent) -> Response[Any]:
    """Keeps the report; what was typed stays when it doesn't fit."""
    category = form.one_of("category", CATEGORIES)
    country = form.must("country", most=2).upper()
    if country and (len(country) != 2 or not country.isascii() or not country.isalpha()):
        form.fault("country", "report.country_two")
    channel = form.one_of("channel_in", CHANNELS)
    narrative = form.text("narrative", most=NARRATIVE_MAX)
    values = _values(form)
    if not narrative and not values:
        form.fault("narrative", "report.nothing")
    victim, whereabouts = form.text("victim", most=2000), form.text("whereabouts", most=2000)
    if whereabouts and not victim:
        form.fault("victim", "report.victim_named")
    if not form.good:
        return _form(desk, form, status=422)
    reporter = (form.text("reporter", most=2000) or None, form.text("contact", most=2000) or None)
    said = Submission(
        channel_in=channel,
        country=Country(country),
        category=category,
        values=(*((each.kind, each.value) for each in values), *((None, text) for text in _unread(form))),
        narrative=narrative or None,
        reporter=reporter if any(reporter) else None,
        victims=((victim, None, whereabouts or None, None),) if victim else (),
        language=form.text("language", most=35) or None,
        fictional=form.ticked("fictional"),
    )
    taken = granted(take_report(desk.world, desk.officer, said))
    return desk.go(f"/desk/reports/{taken.report}", did="reported_raised" if taken.raised else "reported")


@get("/desk/reports/{report_id:str}", sync_to_thread=True)
def one(desk: Seen, report_id: FromPath[str]) -> Response[Any]:
    """One report: its words, what they hold, what others say of it today, and what it led to."""
    view = report_view(desk.world, report_id)
    narrative = view.body.get("narrative")
    text = narrative if isinstance(narrative, str) else ""
    return desk.show(
        "report.html",
        view=view,
        body=Sparse(view.body),
        pieces=list(pieces(text, found_in(text))),
        lang=view.body.get("language") or "",
        life=view.body["category"] in LIFE,
        victims=view.body.get("victims") or (),
        reporter=view.body.get("reporter") or {},
        known=sorted(view.known, key=lambda each: not each.raised),
        way=_way(view),
        may_look=not permit(desk.world, desk.officer, "look-up"),
    )


def pieces(text: str, found: tuple[Found, ...]) -> Iterator[Piece]:
    """The whole text, cut where values begin and end."""
    at = 0
    for each in found:
        if text[at : each.start]:
            yield Piece(text[at : each.start], None)
        yield Piece(text[each.start : each.end], each.value)
        at = each.end
    if text[at:]:
        yield Piece(text[at:], None)


def _way(view: ReportView) -> str:
    """Where the next act leads: an alert where a life is in danger, else a request."""
    return "rescue" if view.body["category"] in LIFE else "request"


def _typed(form: Form) -> list[str]:
    """The values that were written one a line."""
    return [line.strip() for line in form.text("values", most=NARRATIVE_MAX).splitlines() if line.strip()][:LINES_MAX]


def _values(form: Form) -> tuple[Indicator, ...]:
    """What was written and what the text holds, each once, without what the officer left out."""
    left = {tuple(said.split(" ", 1)) for said in form.all("leave_out")}
    found: dict[Indicator, None] = {}
    for text in _typed(form):
        try:
            found.setdefault(read_value(None, text))
        except Malformed:
            continue
    for each in found_in(form.text("narrative", most=NARRATIVE_MAX)):
        found.setdefault(each.value)
    return tuple(each for each in found if (each.kind, each.value) not in left)


def _unread(form: Form) -> list[str]:
    """Lines that read as nothing we know: they are kept with the narrative."""
    unread = []
    for text in _typed(form):
        try:
            read_value(None, text)
        except Malformed:
            unread.append(text)
    return unread


def _known(desk: Desk, values: tuple[Indicator, ...]) -> list[KnownView]:
    if permit(desk.world, desk.officer, "look-up"):
        return []
    return [known_view(each) for each in look_up(desk.world, values)]


def _form(desk: Desk, form: Form, status: int = 200) -> Response[Any]:
    words = desk.words
    return desk.show(
        "report_new.html",
        status=status,
        form=form,
        known=_known(desk, _values(form)),
        unread=_unread(form),
        categories=[(each, words.word("category", each)) for each in CATEGORIES],
        channels=[(each, words.word("channel_in", each)) for each in CHANNELS],
        languages_said=[("", "–"), *LANGUAGES.items()],
    )


pages = [reports, blank, look, look_first, take, one]
rail = [Entry("reports", "/desk/reports", "know", "doc", 1, go="o", act="view")]
verbs = [Verb("verb.report", "/desk/reports/new", "pen")]
