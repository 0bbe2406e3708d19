"""`comity keys`: the keys under which things lie on this node's disks."""

from __future__ import annotations

import typer
from rich.console import Console

from comity.errors import Misconfigured
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


@group.command("lock")
def lock(context: typer.Context) -> None:
    """Lock the private keys under the passphrase that [keys] names. The node must not run."""
    from comity.node.presence import running  # here: as above
    from comity.node.storing import lock_keys

    here = session(context)
    config = here.config()
    if running(config) is not None:
        raise Misconfigured("node-runs-already", file=str(config.presence))
    done = lock_keys(config)

    def human(console: Console) -> None:
        console.print(
            f"{len(done)} key files are locked now. Without the passphrase nobody opens them: keep it in a safe."
        )
        console.print(
            "What they were stays on the disk until it is overwritten; keys that were ever read by others: rotate them."
        )

    here.show({"locked": done}, human)
