"""`comity journal`: who did and read what in this node."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer
from rich.console import Console

from comity.faces.cli.session import session
from comity.faces.cli.showing import moment, say, table

ORDER = 86
WORDS: dict[str, tuple[str, str]] = {
    "journal-waits": ("The journal can't be kept: {waiting} entries wait.", "Look at the disk: comity doctor. Until then nothing is shown to anybody."),
    "journal-behind-its-signatures": ("The journal {origin} may not be signed on.", "See Restore in docs/operate.md."),
    "not-in-the-journal": ("{record} is no record of the journal.", "See: comity journal list --json"),
    "names-nobody": ("{record} says nothing of a person.", "There is nothing to forget in it."),
    "journal-place": ("{before} names no record of the journal.", "Give the origin and the index that the list shows."),
}  # fmt: skip
group = typer.Typer(help="Who did and read what in this node.", no_args_is_help=True)
ASKED = {
    "own-name": "asked for their own name",
    "asked-without-case": "asked for values or names in no case",
    "night-peak": "opened many records at night",
    "many-at-once": "opened a great many records within an hour",
    "refused-often": "was refused often in a day",
    "break-glass": "opened a case of others in an emergency",
}


@group.command(name="list")
def list_(
    context: typer.Context,
    limit: Annotated[int, typer.Option(help="Records; one holds up to 128 entries.", min=1, max=1000)] = 50,
    before: Annotated[str | None, typer.Option(help="`ORIGIN INDEX` of the last record shown.")] = None,
    who: Annotated[str | None, typer.Option(help="Part of a name, an account or a role.")] = None,
    act: Annotated[str | None, typer.Option(help="What was done: view, approve, break-glass …")] = None,
    case: Annotated[str | None, typer.Option(help="Id of a case.")] = None,
    purpose: Annotated[str | None, typer.Option(help="What for.")] = None,
    basis: Annotated[str | None, typer.Option(help="Part of a basis.")] = None,
    outcome: Annotated[str | None, typer.Option(help="granted or refused.")] = None,
    since: Annotated[str | None, typer.Option(help="From then on: 2026-12-24T10:00:00Z")] = None,
    until: Annotated[str | None, typer.Option(help="Before then.")] = None,
) -> None:
    """Show the newest entries, or the newest that fit. That you have read them is one of the next."""
    here = session(context)
    asked = {"before": before, "who": who, "act": act, "case": case, "purpose": purpose, "basis": basis}
    asked |= {"outcome": outcome, "since": since, "until": until}
    query: dict[str, Any] = {"limit": limit, **{name: text for name, text in asked.items() if text}}
    with here.desk() as desk:
        found: list[dict[str, Any]] = desk.get("/journal", **query)
    here.show(found, lambda console: _table(console, found))


@group.command()
def report(context: typer.Context) -> None:
    """Show what deserves a question: own name, no case, nights, a great deal at once. None of it is a finding about somebody."""
    here = session(context)
    offset = -(time.altzone if time.localtime().tm_isdst > 0 else time.timezone) // 60
    with here.desk() as desk:
        found: list[dict[str, Any]] = desk.get("/journal/report", utc_offset_minutes=offset)

    def human(console: Console) -> None:
        for each in found:
            what = ASKED.get(each["code"], each["code"])
            say(console, f"{each['actor']} {what}: {each['count']}, {moment(each['first'])} to {moment(each['last'])}")
        say(console, "Each is a question to ask." if found else "Nothing stands out.")

    here.show(found, human)


@group.command()
def forget(
    context: typer.Context,
    record: Annotated[str, typer.Argument(help="Id of a record of the journal.")],
    ground: Annotated[str, typer.Option(help="Why.")],
) -> None:
    """Propose that names and reasons in a record of the journal go; its skeleton stays. Somebody else: comity record confirm."""
    here = session(context)
    with here.desk() as desk:
        found: dict[str, Any] = desk.post("/journal/forget", {"record": record, "ground": ground})
    here.show(found, lambda console: say(console, f"Next, somebody else: comity record confirm {found['proposal']}"))


def _table(console: Console, found: list[dict[str, Any]]) -> None:
    rows = []
    for each in found:
        entry = each["entry"]
        outcome = "" if entry.get("outcome", "granted") == "granted" else ", ".join(entry.get("reasons", []))
        about = ", ".join(entry.get("about", [])[:2])
        who = each["name"] or each["actor"] or ", ".join(each["roles"])
        context = " ".join(str(entry[name]) for name in ("case", "purpose", "basis") if entry.get(name))
        rows.append((moment(entry["at"]), who, entry["act"], outcome, entry.get("rows", 0), about, context))
    table(console, ("at", "who", "act", "refused", "rows", "about", "case, purpose, basis"), rows)
