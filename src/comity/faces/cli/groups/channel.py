"""`comity channel`: who writes to whom, and how far it has come."""

from __future__ import annotations

from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from comity.faces.cli.session import session

ORDER = 30
group = typer.Typer(help="Channels between this node and others.", no_args_is_help=True)


@group.callback()
def _group() -> None:
    """Keeps `list` a word of its own while it is the only one."""


@group.command(name="list")
def list_(context: typer.Context) -> None:
    """List every channel: size, what has had its effect, and what is confirmed by its reader and by witnesses."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: list[dict[str, Any]] = desk.get("/channels")
    here.show(found, lambda console: _table(console, found))


def _table(console: Console, found: list[dict[str, Any]]) -> None:
    table = Table("writer", "audience", "lane", "standing", "size", "drained", "confirmed", "witnessed", "origin")
    for each in found:
        numbers = [str(each[key]) for key in ("size", "drained", "confirmed")]
        words = [each[key] for key in ("writer", "audience", "lane", "standing")]
        witnessed = str(max(each["witnessed"].values())) if each["witnessed"] else "-"
        table.add_row(*words, *numbers, witnessed, each["origin"].rpartition("/")[2])
    console.print(table)
