"""Which way may we ask: every route for a measure between two countries on a day, and where each offence is found in whose law."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from litestar import Response, get

from comity.domain.law import LawBook, Measure, offence_in, weigh, would_open
from comity.domain.terms import Country
from comity.faces.api.route_view import route_line
from comity.faces.console.forms import Form
from comity.faces.console.rail import Entry, Verb
from comity.faces.console.render import Desk, Seen

FIRST_MEASURE = "preserve"
CHECKED = ("in-force", "parties", "text", "fits", "addressee")
"""Columns of the table: what a reason is about."""
_ABOUT = {
    "not-in-force": "in-force",
    "route-not-in-force": "in-force",
    "row-held-back": "in-force",
    "status-too-old": "in-force",
    "not-party": "parties",
    "status-unknown": "parties",
    "party-from-memory": "parties",
    "party-second-hand": "parties",
    "reservation": "parties",
    "same-state": "parties",
    "status-stale": "parties",
    "row-from-memory": "text",
    "text-not-read": "text",
    "carrier-from-memory": "text",
    "carrier-to-confirm": "text",
    "treaty-first": "fits",
    "treaty-may-bind": "fits",
    "penalty-too-low": "fits",
    "addressee-not-a-company": "addressee",
    "addressee-not-an-authority": "addressee",
}
_WEIGHT = {"blocked": 0, "attest": 1, "warning": 2}


@get("/desk/basis", sync_to_thread=True, opt={"act": "view"})
def basis(desk: Seen) -> Response[Any]:
    """The question, and every route with all that speaks for and against it; the usable ones first."""
    book, measures = desk.world.catalog.book(), desk.world.catalog.measures()
    asked = {name: (text,) for name, text in desk.request.query_params.items()}
    form = Form(asked)
    measure = measures.get(form.text("measure") or FIRST_MEASURE, measures[FIRST_MEASURE])
    offence = form.text("offence")
    sender = _country(form.text("from"), book, str(desk.world.me.country))
    receiver = _country(form.text("to"), book, _first_other(desk, book, sender))
    day = _day(form.text("on")) or datetime.fromtimestamp(desk.spoken.now / 1000, UTC).date()
    views = weigh(
        measure,
        sender,
        receiver,
        day,
        book,
        offence=offence_in(book, offence, sender) if offence in book.offences else None,
        addressee="company" if form.text("company") else None,
    )
    ways = []
    for view in views:
        steps = would_open(view)
        marks = {column: _worst(view.reasons, column) for column in CHECKED}
        ways.append((route_line(view, measure, book), marks, steps))
    return desk.show(
        "basis.html",
        form=form,
        measure=measure.id,
        sender=sender,
        receiver=receiver,
        day=day.isoformat(),
        ways=ways,
        usable=sum(line.gate != "blocked" for line, _, _ in ways),
        columns=CHECKED,
        measures=_named(desk, measures),
        countries=[(code, name.get(desk.words.lang, name["en"])) for code, name in sorted(book.countries.items())],
        offences=[("", "–"), *((o.id, o.label.get(desk.words.lang, o.label["en"])) for o in book.offences.values())],
    )


@get("/desk/basis/offences", sync_to_thread=True, opt={"act": "view"})
def offences(desk: Seen) -> Response[Any]:
    """Each offence of the conventions, and the provisions in which a source finds it; a country without one is unknown."""
    book = desk.world.catalog.book()
    states = sorted({fit.state for offence in book.offences.values() for fit in offence.fits})
    rows = [
        (
            offence,
            offence.label.get(desk.words.lang, offence.label["en"]),
            [[fit for fit in offence.fits if fit.state == state] for state in states],
        )
        for offence in book.offences.values()
    ]
    names = [book.countries[state].get(desk.words.lang, state) for state in states]
    return desk.show("offences.html", rows=rows, names=names)


def _named(desk: Desk, measures: Any) -> list[tuple[str, str]]:
    found: dict[str, Measure] = dict(measures)
    return sorted(
        ((m.id, m.label.get(desk.words.lang, m.label["en"])) for m in found.values()), key=lambda each: each[1]
    )


def _country(code: str, book: LawBook, otherwise: str) -> Country:
    return Country(code if code in book.countries else otherwise)


def _first_other(desk: Desk, book: LawBook, sender: str) -> str:
    """The country of a partner, else any other one."""
    partners = [str(peer.country) for peer in desk.world.store.peers() if str(peer.country) != sender]
    return next(iter([*partners, *(code for code in sorted(book.countries) if code != sender)]))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _worst(reasons: Any, column: str) -> str:
    """What the worst of the reasons about this says: blocked, attest, warning, or nothing."""
    effects = [str(why.facts.get("effect")) for why in reasons if _ABOUT.get(why.code) == column]
    return min(effects, key=lambda effect: _WEIGHT.get(effect, 3), default="")


pages = [basis, offences]
rail = [Entry("basis", "/desk/basis", "know", "scale", 4, go="b")]
verbs = [Verb("verb.basis", "/desk/basis", "scale")]
