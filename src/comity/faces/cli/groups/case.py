"""`comity case`: cases, who works in them, what lies in them, and emergency access."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from comity.faces.cli.access_words import WORDS as ACCESS
from comity.faces.cli.asked import given_only
from comity.faces.cli.session import session
from comity.faces.cli.showing import moment, say, table

ORDER = 62
WORDS = ACCESS
group = typer.Typer(help="Cases: who works in them, what lies in them, emergency access.", no_args_is_help=True)

Case = Annotated[str, typer.Argument(help="Id of the case.")]
Account = Annotated[str, typer.Argument(help="Id of the account.")]


@group.command(name="open")
def open_(
    context: typer.Context,
    number: Annotated[str, typer.Option(help="As the unit counts its cases.")],
    title: Annotated[str, typer.Option(help="What it is about.")],
    purpose: Annotated[list[str] | None, typer.Option(help="What people act for in it; may be given often.")] = None,
    basis: Annotated[str | None, typer.Option(help="Legal basis that acts in it rest on.")] = None,
    basis_until: Annotated[str | None, typer.Option(help="Until when it holds: 2027-05-24T00:00:00Z")] = None,
) -> None:
    """Open a case; you lead it and are its first member."""
    body = {"number": number, "title": title, "purposes": purpose, "basis": basis, "basis_until": basis_until}
    _ask(context, "/cases", given_only(body))


@group.command(name="list")
def list_(context: typer.Context) -> None:
    """List the cases that are open to you."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: list[dict[str, Any]] = desk.get("/cases")

    def human(console: Console) -> None:
        if not found:
            say(console, "No case.")
            return
        rows = [
            (each["number"], each["title"], each["state"], each["lead"], moment(each["opened"]), each["case"])
            for each in found
        ]
        table(console, ("number", "title", "state", "lead", "opened", "case"), rows)

    here.show(found, human)


@group.command()
def show(context: typer.Context, case: Case) -> None:
    """Show a case, its members and what lies in it."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: dict[str, Any] = desk.get(f"/cases/{case}")
    here.show(found, lambda console: _shown(console, found))


@group.command()
def add(
    context: typer.Context,
    case: Case,
    account: Account,
    role: Annotated[str, typer.Option(help="What they do in the case.")] = "investigator",
) -> None:
    """Add somebody to a case."""
    _ask(context, f"/cases/{case}/members", {"account": account, "role": role})


@group.command()
def remove(context: typer.Context, case: Case, account: Account) -> None:
    """Somebody works in the case no more."""
    _ask(context, f"/cases/{case}/members/{account}/remove", {})


@group.command()
def put(
    context: typer.Context,
    case: Case,
    what: Annotated[str, typer.Argument(help="request, report, record or file.")],
    thing: Annotated[str, typer.Argument(help="Its id; of a file, its SHA-256.")],
) -> None:
    """Put something into a case: only its members see it from now on."""
    _ask(context, f"/cases/{case}/links", {"what": what, "id": thing})


@group.command()
def take(context: typer.Context, case: Case, thing: Annotated[str, typer.Argument(help="Its id or digest.")]) -> None:
    """Take something out of a case; what lies in no case is on the desk."""
    _ask(context, f"/cases/{case}/links/{thing}/undo", {})


@group.command()
def state(
    context: typer.Context,
    case: Case,
    to: Annotated[
        str, typer.Argument(help="active, paused, closing, closed or archived; active reopens a closed one.")
    ],
    reason: Annotated[str, typer.Option(help="Why; it stands in the case and in the journal.")],
) -> None:
    """The case goes on to another state. In one that is closed or archived nothing is done until it is reopened."""
    _ask(context, f"/cases/{case}/state", {"state": to, "reason": reason})


@group.command()
def emergency(
    context: typer.Context,
    number: Annotated[str, typer.Argument(help="Number of the case.")],
    reason: Annotated[str, typer.Option(help="Why it can't wait, in at least 20 characters.")],
) -> None:
    """Open a case of others for four hours. Whoever judges such access is told at once."""
    here = session(context)
    with here.desk() as desk:
        found: dict[str, Any] = desk.post("/emergency-accesses", {"number": number, "reason": reason})
    here.show(found, lambda console: _accesses(console, [found]))


@group.command()
def accesses(context: typer.Context) -> None:
    """List emergency accesses: all of them if you judge them, else your own."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: list[dict[str, Any]] = desk.get("/emergency-accesses")
    here.show(found, lambda console: _accesses(console, found))


@group.command()
def judge(
    context: typer.Context,
    access: Annotated[str, typer.Argument(help="Id of the emergency access.")],
    verdict: Annotated[str, typer.Argument(help="right or wrong.")],
) -> None:
    """Say whether an emergency access was right. A wrong one ends at once."""
    here = session(context)
    with here.desk() as desk:
        found: dict[str, Any] = desk.post(f"/emergency-accesses/{access}/judge", {"verdict": verdict})
    here.show(found, lambda console: _accesses(console, [found]))


def _ask(context: typer.Context, path: str, body: dict[str, Any]) -> None:
    here = session(context)
    with here.desk() as desk:
        found: dict[str, Any] = desk.post(path, body)
    here.show(found, lambda console: _shown(console, found))


def _shown(console: Console, found: dict[str, Any]) -> None:
    file = found["file"]
    say(console, f"{file['number']}  {file['title']}  {file['state']}  ({file['case']})")
    people = [
        (m["account"], m["role"], moment(m["since"]), moment(m["until"]) if m["until"] else "")
        for m in found["members"]
    ]
    table(console, ("account", "role", "since", "until"), people)
    if found["links"]:
        rows = [(each["what"], each["id"], each["by"], moment(each["at"])) for each in found["links"]]
        table(console, ("what", "id", "by", "at"), rows)


def _accesses(console: Console, found: list[dict[str, Any]]) -> None:
    if not found:
        say(console, "No emergency access.")
        return
    rows = [
        (
            each["account"],
            each["reason"],
            moment(each["at"]),
            moment(each["until"]),
            each["verdict"] or "waits",
            each["access"],
        )
        for each in found
    ]
    table(console, ("account", "reason", "at", "until", "judged", "access"), rows)
