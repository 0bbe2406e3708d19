"""`comity witness`: cosigns other nodes' logs without seeing what is in them."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from comity.faces.cli.session import session

ORDER = 35
group = typer.Typer(help="Logs of others that this node cosigns as a witness.", no_args_is_help=True)

WORDS = {
    "not-a-log-key": ("{name} is the key of a cosigner, not of a log.", "Give the vkey with which the log signs its checkpoints."),
    "log-differs": ("{origin} is witnessed here with another key.", "Compare the key with the log's operator; a log that has a new key has a new name."),
    "key-shape": ("That is no vkey: {text}", "A vkey is name+id+key, as the log's operator publishes it."),
    "key-id": ("The id in the vkey of {name} isn't that of its key.", "Copy the vkey again, whole."),
}  # fmt: skip


@group.command(name="list")
def list_(context: typer.Context) -> None:
    """Show the witness key, and every log with the size that was cosigned last."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: dict[str, Any] = desk.get("/witness")
    here.show(found, lambda console: _tell(console, found))


@group.command()
def add(
    context: typer.Context,
    vkeys: Annotated[
        list[str], typer.Argument(metavar="VKEY...", help="The log's vkey; - reads them from stdin, one a line.")
    ],
) -> None:
    """Witness these logs from now on."""
    here = session(context)
    given = [line.strip() for line in sys.stdin if line.strip()] if vkeys == ["-"] else vkeys
    with here.desk() as desk:
        added: list[dict[str, Any]] = [desk.post("/witness/logs", {"vkey": vkey}) for vkey in given]
        found: dict[str, Any] = desk.get("/witness")

    def human(console: Console) -> None:
        for each in added:
            console.print(f"witnessing {each['origin']}", markup=False)
        console.print(f"our key: {found['key']}", markup=False)

    here.show({"key": found["key"], "added": added}, human)


def _tell(console: Console, found: dict[str, Any]) -> None:
    console.print(f"our key: {found['key'] or 'none yet: it is made with the first log'}", markup=False)
    table = Table("origin", "writer", "size", "cosigned", "by")
    for each in found["logs"]:
        table.add_row(
            each["origin"], each["writer"], str(each["size"]), each["cosigned_at"] or "-", each["cosigned_by"] or "-"
        )
    console.print(table)
