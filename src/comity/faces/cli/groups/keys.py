"""`comity keys`: the keys under which things lie on this node's disks."""

from __future__ import annotations

import typer
from rich.console import Console

from comity.faces.cli.session import session

ORDER = 105
group = typer.Typer(help="Keys under which things lie on this node's disks.", no_args_is_help=True)

WORDS: dict[str, tuple[str, str]] = {
    "at-rest-key-not-chosen": ("The database's seal has no key yet.", "Report what is shown here."),
    "sealed-value-altered": ("A sealed value in the database was changed, or stands where another one stood: {place}", "Stop the node and restore a backup; keep the database as it is for whoever looks into it."),
    "sealed-value-unreadable": ("A value in the database is sealed under a key that nobody named: {key} ({place})", "Restore a backup; keep the database as it is for whoever looks into it."),
}  # fmt: skip


@group.callback()
def keys() -> None:
    """Keys under which things lie on this node's disks."""


@group.command("rotate-at-rest")
def rotate(context: typer.Context) -> None:
    """Seal everything in the database anew under a fresh key, and destroy the old one. The node must not run."""
    from comity.node.rotating import rotate_at_rest  # here: it costs time that other commands needn't pay

    here = session(context)
    done = rotate_at_rest(here.config())

    def human(console: Console) -> None:
        console.print(f"{sum(done.rows.values())} rows are sealed under key {done.now}.", markup=False)
        console.print(f"Key {done.before} is destroyed here; backups that were made before have it with them.")

    here.show(done, human)
