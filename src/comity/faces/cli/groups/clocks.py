"""`comity clocks`: what runs on open requests, and what is about to be lost."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from comity.faces.cli.session import session
from comity.faces.cli.showing import moment, say, table

ORDER = 66


def command(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Of so many open requests.")] = 200,
) -> None:
    """The board of clocks: when each began, when it is over, which stand still. Holds that lapse with nothing asked for come first."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: list[dict[str, Any]] = desk.get("/clocks", limit=limit)
    here.show(found, lambda console: _print(console, found))


def _print(console: Console, found: list[dict[str, Any]]) -> None:
    if not found:
        say(console, "No clock runs on an open request.")
        return
    loud = [(line, clock) for line in found for clock in line["clocks"] if clock["loud"]]
    for line, clock in loud:
        when = "has lapsed" if clock["state"] == "missed" else f"ends {moment(clock['due'])}"
        say(
            console, f"The hold of request {line['request']} {when}, and nobody has asked for what is held.", "bold red"
        )
        say(console, "    File the request for production, or have the hold extended, now.")
    rows = [
        (
            line["request"],
            line["measure"],
            f"{'to' if line['side'] == 'requester' else 'from'} {line['other']}",
            clock["name"],
            clock["state"],
            moment(clock["due"]) if clock["due"] else "-",
            f"{clock['alarm']} d" if clock["alarm"] is not None else "",
        )
        for line in found
        for clock in line["clocks"]
        if clock["state"] != "waiting"
    ]
    table(console, ("request", "measure", "", "clock", "", "over", "alarm"), rows)
