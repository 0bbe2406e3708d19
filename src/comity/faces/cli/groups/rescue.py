"""`comity rescue`: alerts that one officer sends at once, the second signature afterwards, routes attested beforehand."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from comity.faces.cli.asked import given_only, given_value, members
from comity.faces.cli.request_text import request_brief
from comity.faces.cli.sentence_words import WORDS as SENTENCE
from comity.faces.cli.sentence_words import because
from comity.faces.cli.session import read_file, session
from comity.faces.cli.showing import moment, say, table

ORDER = 66
WORDS = SENTENCE
TEXT_BYTES_MAX = 512 * 1024 * 1024
group = typer.Typer(help="Rescue alerts: life first, the second signature afterwards.", no_args_is_help=True)

Title = Annotated[str | None, typer.Option(help="Title of the text that you have read.")]
TextFile = Annotated[Path | None, typer.Option("--text", help="The text's file: its SHA-256 is taken, the file stays.")]
Digest = Annotated[str | None, typer.Option("--sha256", help="The SHA-256, where the file isn't here.")]


@group.command()
def alert(
    context: typer.Context,
    to: Annotated[str, typer.Option(help="The peer that is alerted.")],
    name: Annotated[str | None, typer.Option(help="The person's name. Sealed.")] = None,
    place: Annotated[str | None, typer.Option(help="A compound, an address, or geo:LAT,LON. Sealed.")] = None,
    facts: Annotated[str | None, typer.Option(help="What is known. Sealed.")] = None,
    target: Annotated[list[str] | None, typer.Option(help="VALUE or KIND=VALUE that may lead to the person.")] = None,
    form: Annotated[list[str] | None, typer.Option(help="NAME=TEXT of F_RESCUE; nothing about persons.")] = None,
    form_personal: Annotated[list[str] | None, typer.Option(help="NAME=TEXT about persons. Sealed.")] = None,
    route: Annotated[
        str | None, typer.Option(help="Id of the route; else the best that somebody has attested.")
    ] = None,
    report: Annotated[str | None, typer.Option(help="Id of the report that led to it.")] = None,
    title: Title = None,
    text: TextFile = None,
    text_sha256: Digest = None,
) -> None:
    """Send an alert, now and alone: a name or a place is enough. Where nobody attested the route, read its text and say so here."""
    here = session(context)
    body = given_only(
        {
            "to": to,
            "name": name,
            "place": place,
            "facts": facts,
            "targets": [given_value(each) for each in target or ()],
            "form": members(form, "--form"),
            "form_personal": members(form_personal, "--form-personal"),
            "route": route,
            "report": report,
            "text": _text_read(title, text, text_sha256),
        }
    )
    with here.desk() as desk:
        sent: dict[str, Any] = desk.post("/rescue/alerts", body)
    here.show(sent, lambda console: _alerted(console, sent))


@group.command()
def countersign(context: typer.Context, request: Annotated[str, typer.Argument(help="Id of the alert.")]) -> None:
    """Give the second signature; somebody other than who alerted."""
    here = session(context)
    with here.desk() as desk:
        view: dict[str, Any] = desk.post(f"/rescue/alerts/{request}/countersign")
    here.show(view, lambda console: request_brief(console, view))


@group.command(name="list")
def list_(
    context: typer.Context, limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 100
) -> None:
    """List the newest alerts, ours and theirs, with what is due."""
    here = session(context)
    with here.desk() as desk:
        found: list[dict[str, Any]] = desk.get("/rescue/alerts", limit=limit)
    rows = [
        (e["request"], f"{e['side']}, {e['other']}", e["state"], moment(e["made"]), e["by"], _signed(e)) for e in found
    ]
    here.show(
        found,
        lambda console: table(console, ("alert", "our side, other", "state", "made", "by", "second signature"), rows),
    )


@group.command()
def attest_route(
    context: typer.Context,
    to: Annotated[str, typer.Option(help="The peer that may be alerted on the strength of it.")],
    route: Annotated[str, typer.Option(help="Id of the route; see: comity request routes --measure rescue")],
    until: Annotated[str, typer.Option(help="Until when somebody may rely on it: 2027-06-30T00:00:00Z")],
    title: Annotated[str, typer.Option(help="Title of the text that you have read.")],
    text: TextFile = None,
    text_sha256: Digest = None,
) -> None:
    """Record by day that you have read the text of a route, so that nobody has to at night."""
    here = session(context)
    body = {"to": to, "route": route, "valid_until": until, **(_text_read(title, text, text_sha256) or {})}
    with here.desk() as desk:
        kept: dict[str, Any] = desk.post("/rescue/attestations", body)
    here.show(
        kept,
        lambda console: say(
            console,
            f"{kept['by']} has read {kept['text_title']}: {kept['route']} to {kept['to']} until {moment(until)}.",
        ),
    )


@group.command()
def attestations(context: typer.Context) -> None:
    """List who has read which text beforehand, and until when that holds."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: list[dict[str, Any]] = desk.get("/rescue/attestations")
    rows = [
        (
            e["to"],
            e["route"],
            e["by"],
            moment(e["at"]),
            moment(e["valid_until"]),
            "" if e["in_force"] else "over",
            e["text_title"],
        )
        for e in found
    ]
    here.show(found, lambda console: table(console, ("peer", "route", "read by", "at", "until", "", "text"), rows))


def _text_read(title: str | None, text: Path | None, digest: str | None) -> dict[str, str] | None:
    """Title and digest of a text that was read; None where nothing of the kind was said."""
    if title is None and text is None and digest is None:
        return None
    if title is None:
        raise typer.BadParameter("say which text it is", param_hint="--title")
    if (text is None) == (digest is None):
        raise typer.BadParameter("give one of them", param_hint="--text / --sha256")
    found = digest or sha256(read_file(text or Path(), TEXT_BYTES_MAX)).hexdigest()
    return {"text_title": title, "text_sha256": found}


def _alerted(console: Console, sent: dict[str, Any]) -> None:
    say(console, f"Alert {sent['request']} has left by {sent['route']}, in the {sent['lane']} channel.", "bold")
    say(
        console,
        f"Second signature until {moment(sent['countersign_by'])}: comity rescue countersign {sent['request']} --as SOMEBODY-ELSE",
    )
    if sent["advice"]:
        say(console, "Not waited for, to be seen to now:")
    for reason in sent["advice"]:
        what, mend = because(reason)
        say(console, f"  - {what}", "yellow")
        if mend:
            say(console, f"      {mend}")


def _signed(line: dict[str, Any]) -> str:
    due = line["second_signature"]
    if due is None:
        return "–"
    late = " (late)" if due["overdue"] and due["by"] else ""
    if due["by"]:
        return f"{due['by']}{late}"
    return f"OVERDUE since {moment(due['due'])}" if due["overdue"] else f"due {moment(due['due'])}"
