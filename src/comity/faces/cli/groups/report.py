"""`comity report`: takes reports, lists and shows them."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from comity.faces.cli.asked import from_file, given_only, given_value
from comity.faces.cli.known_text import known_lines
from comity.faces.cli.sentence_words import WORDS as SENTENCE
from comity.faces.cli.sentence_words import because
from comity.faces.cli.session import session
from comity.faces.cli.showing import flat, moment, pairs, say, table

ORDER = 50
WORDS = SENTENCE
group = typer.Typer(help="Reports: what somebody says has happened.", no_args_is_help=True)


@group.command()
def take(
    context: typer.Context,
    file: Annotated[str | None, typer.Argument(help="The report as TOML or JSON; - for stdin.")] = None,
    value: Annotated[list[str] | None, typer.Option(help="VALUE or KIND=VALUE; may be given often.")] = None,
    narrative: Annotated[str | None, typer.Option(help="What happened, in the reporter's words.")] = None,
    category: Annotated[str | None, typer.Option(help="job-lure, investment, ...")] = None,
    country: Annotated[str | None, typer.Option(help="Two capital letters; else this node's.")] = None,
    channel: Annotated[str | None, typer.Option(help="citizen, officer, partner or file.")] = None,
    language: Annotated[str | None, typer.Option(help="Language of the narrative: ko")] = None,
    reporter: Annotated[str | None, typer.Option(help="Name of whoever reports.")] = None,
    contact: Annotated[str | None, typer.Option(help="How the reporter is reached.")] = None,
    victim: Annotated[list[str] | None, typer.Option(help="Name of a victim; may be given often.")] = None,
    fictional: Annotated[bool, typer.Option("--fictional", help="Made up for practice.")] = False,
) -> None:
    """Keep a report on this node's desk, and tell what others know about its values. An option takes the place of the file's member."""
    here = session(context)
    body: dict[str, Any] = from_file(file) if file is not None else {}
    body |= given_only(
        {
            "values": [given_value(each) for each in value or ()],
            "narrative": narrative,
            "category": category,
            "country": country,
            "channel_in": channel,
            "language": language,
            "reporter": given_only({"name": reporter, "contact": contact}),
            "victims": [{"name": name} for name in victim or ()],
            "fictional": fictional or None,
        }
    )
    body.setdefault("country", here.config().country)
    if "category" not in body:
        raise typer.BadParameter("say what kind of scheme it is", param_hint="--category")
    with here.desk() as desk:
        taken: dict[str, Any] = desk.post("/reports", body)

    def human(console: Console) -> None:
        say(console, f"Report {taken['report']} is kept.")
        for known in taken["known"]:
            known_lines(console, known)
        for unread in taken["unread"]:
            what, _ = because(unread)
            say(
                console,
                f"Not a value of any kind, kept with the narrative: {unread['facts']['text']} ({what})",
                "yellow",
            )
        count = len(taken["raised"])
        say(
            console,
            f"{count} of its values are known elsewhere." if count else "None of its values needs attention for now.",
        )

    here.show(taken, human)


@group.command(name="list")
def list_(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 100,
) -> None:
    """List reports, newest first."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: list[dict[str, Any]] = desk.get("/reports", limit=limit)

    def human(console: Console) -> None:
        if not found:
            say(console, "No reports yet. Next: comity report take")
            return
        rows = [
            (each["report"], moment(each["received"]), each["country"], each["category"], each["values"], _marks(each))
            for each in found
        ]
        table(console, ("report", "received", "country", "category", "values", ""), rows)

    here.show(found, human)


@group.command()
def show(context: typer.Context, report: Annotated[str, typer.Argument(help="Id of the report.")]) -> None:
    """Show a report, with what is known about its values today."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: dict[str, Any] = desk.get(f"/reports/{report}")

    def human(console: Console) -> None:
        pairs(console, flat(found["body"]), indent=0)
        if found["absent"]:
            say(console, f"Not here any more: {', '.join(found['absent'])}", "yellow")
        for known in found["known"]:
            known_lines(console, known)
        for request in found["requests"]:
            say(console, f"Led to request {request}")

    here.show(found, human)


def _marks(line: dict[str, Any]) -> str:
    return "fictional" if line["fictional"] else ""
