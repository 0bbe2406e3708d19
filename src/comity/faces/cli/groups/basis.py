"""`comity basis`: every route for a measure between two countries on a day, from the catalog alone; no node is needed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer
from msgspec import to_builtins
from rich.console import Console

from comity.domain.law import LawBook, Measure, Offence, RouteView, offence_in, weigh, would_open
from comity.domain.terms import country
from comity.errors import NotFound
from comity.faces.api.route_view import route_line
from comity.faces.api.views import reason_views
from comity.faces.cli.request_text import route_whole
from comity.faces.cli.sentence_words import WORDS as SENTENCE
from comity.faces.cli.sentence_words import because
from comity.faces.cli.session import session
from comity.faces.cli.showing import say
from comity.node.reading import catalog_here

ORDER = 64
WORDS = SENTENCE
LAWFUL = "The software never says that an act is lawful; a named officer decides. No lawyer has reviewed the catalog."


def command(
    context: typer.Context,
    sender: Annotated[str, typer.Option("--from", help="Country that asks: KR")],
    receiver: Annotated[str, typer.Option("--to", help="Country that is asked: KH")],
    measure: Annotated[str, typer.Option(help="What is asked: preserve, produce_traffic, takedown ...")],
    offence: Annotated[str | None, typer.Option(help="What is investigated: an offence of the catalog.")] = None,
    penalty: Annotated[float | None, typer.Option(help="Its highest penalty where you are, in years.")] = None,
    on: Annotated[str | None, typer.Option(help="The day, 2026-12-24; today unless told.")] = None,
    known: Annotated[str | None, typer.Option(help="As it was known on this day.")] = None,
    company: Annotated[bool, typer.Option("--company", help="A company is asked, no authority.")] = False,
    in_lieu: Annotated[
        bool, typer.Option("--in-lieu", help="Both have agreed to use the convention instead of their treaty.")
    ] = False,
) -> None:
    """Weigh every route between two countries: gate, reasons, clocks, forms, and what would open a closed one; best first."""
    here = session(context)
    catalog = catalog_here(here.home)
    asked = catalog.measures().get(measure)
    if asked is None:
        raise NotFound("measure", measure=measure, known=sorted(catalog.measures()))
    book = catalog.book()
    day = _day(on, "--on") or datetime.now(UTC).date()
    views = weigh(
        asked,
        country(sender),
        country(receiver),
        day,
        book,
        known=_day(known, "--known"),
        offence=_offence(book, offence, penalty, sender),
        agreed_in_lieu=in_lieu,
        addressee="company" if company else None,
    )
    told = _told(views, asked, book, day)
    here.show(told, lambda console: _print(console, told))


def _day(text: str | None, option: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as fault:
        raise typer.BadParameter("is no day of the calendar: 2026-12-24", param_hint=option) from fault


def _offence(book: LawBook, code: str | None, years: float | None, sender: str) -> Offence | None:
    """How grave it is: as told, else what the catalog knows of the law of whoever asks."""
    if code is None:
        return Offence("", years) if years is not None else None
    if code not in book.offences:
        raise NotFound("offence", offence=code, known=sorted(book.offences))
    return Offence(code, years) if years is not None else offence_in(book, code, sender)


def _told(views: tuple[RouteView, ...], measure: Measure, book: LawBook, day: date) -> dict[str, Any]:
    """`routes`, best first. Any: JSON."""
    routes = []
    for view in views:
        line = to_builtins(route_line(view, measure, book))
        steps = would_open(view)
        routes.append(
            {
                "id": line.pop("route"),
                **line,
                "forms": [form["id"] for form in line["forms"]],
                "needs": to_builtins([n for n in view.row.needs if not n.measures or measure.id in n.measures]),
                "opens": None if steps is None else to_builtins(reason_views(steps)),
            }
        )
    return {"on": day.isoformat(), "measure": measure.id, "routes": routes}


def _print(console: Console, told: dict[str, Any]) -> None:
    if not told["routes"]:
        say(console, "The catalog has no route for this measure between the two.")
    for route in told["routes"]:
        route_whole(console, {**route, "route": route["id"], "forms": []})
        if route["forms"]:
            say(console, f"    forms: {', '.join(route['forms'])}")
        for need in route["needs"]:
            say(console, f"    article {need['article']} asks for {need['member']}")
        if route["opens"] is None:
            say(console, "    nothing opens it for this request")
        elif route["gate"] != "open":
            for step in route["opens"]:
                what, mend = because(step)
                say(console, f"    opens when: {what}{' ' + mend if mend else ''}")
    say(console, LAWFUL, "dim")
