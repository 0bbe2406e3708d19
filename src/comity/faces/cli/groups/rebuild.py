"""`comity rebuild`: is what is derived from records what it should be?"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from comity.faces.cli.exits import REFUSED
from comity.faces.cli.session import session

ORDER = 110


def command(
    context: typer.Context,
    check: Annotated[
        bool, typer.Option("--check", help="Only tell; change nothing. Exit code 1 if anything differs.")
    ] = False,
) -> None:
    """Recompute postings, tree and cursors from the records, and put right what differs."""
    here = session(context)
    with here.desk(inspect=check) as desk:
        found: dict[str, Any] = desk.post("/rebuild", {"write": not check})

    def human(console: Console) -> None:
        for difference in found["differences"]:
            console.print(difference, markup=False)
        count = len(found["differences"])
        console.print(
            f"{count} differences, {'put right' if found['written'] else 'nothing changed'}"
            if count
            else "nothing differs"
        )

    here.show(found, human)
    if check and found["differences"]:
        raise typer.Exit(REFUSED)
