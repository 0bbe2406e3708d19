"""`comity node upgrade`, `move` and `scrub`: what becomes of the database under a node."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from comity.errors import Malformed
from comity.faces.cli.session import session

WORDS: dict[str, tuple[str, str]] = {
    "schema-older": ("The store has schema {found}; this program needs {known}.", "Make a backup, stop the node, then run: {mend}"),
    "schema-newer": ("The store has schema {found}; this program knows {known} and none that is newer.", "Use the program that last ran this node, or a newer one."),
    "schema-missing": ("There is no store in this database.", "Give the right --home, and look at [store] in comity.toml."),
    "schema-differs": ("After the upgrade the tables aren't what they should be: {found}. Nothing was changed.", "Don't go on. Report what is shown here."),
    "store-damaged": ("The database doesn't hold together: {found}", "Don't go on with it. Restore a backup."),
    "database-unreachable": ("The database {where} can't be reached: {why}", "Look whether it runs, and at [store] in comity.toml."),
    "database-away": ("The database {where} doesn't answer.", "Look whether it runs; the node goes on by itself when it is back."),
    "database-encoding": ("The database {where} keeps text as {found}.", "Make one with encoding {wanted}."),
    "database-not-durable": ("The database {where} may forget what it has confirmed.", "Set {wanted}."),
    "database-is-a-replica": ("The database {where} is a replica; nothing can be kept in it.", "Name the primary in [store] of comity.toml."),
    "commit-unknown": ("The database {where} went away in the middle of a commit, and hasn't told its outcome.", "Start the node again when the database is back."),
    "driver-missing": ("{driver} isn't installed, and this node's store is on PostgreSQL.", "Run: {mend}"),
    "store-url": ("What is given as the store's place isn't one: {why}", "See Database in docs/operate.md."),
    "store-not-empty": ("{where} isn't empty: there are rows in {table}.", "Give an empty database; for sqlite, move the old store folder away."),
    "store-there-already": ("The store is there already: {where}", "Give another place."),
    "backup-elsewhere": ("This node's store is on a server: {where}", "Back it up and restore it with PostgreSQL's own means; see Database in docs/operate.md."),
    "moved-differs": ("What arrived in {where} differs: {found}. Nothing was changed.", "Run comity rebuild first; then move again."),
}  # fmt: skip


def upgrade(context: typer.Context) -> None:
    """Bring an older store up to this program, in one transaction. Make a backup first; the node must not run."""
    from comity.node.storing import upgrade_store  # here: it costs time that other commands needn't pay

    here = session(context)
    done = upgrade_store(here.config())

    def human(console: Console) -> None:
        for title in done:
            console.print(f"done: {title}", markup=False)
        console.print("The store is as this program needs it." if done else "Nothing to do.")

    here.show({"done": done}, human)


def move(
    context: typer.Context,
    to: Annotated[str, typer.Option("--to", help="postgresql://user@host/database, or sqlite: in the node's home.")],
) -> None:
    """Take the store to an empty database, verify it there, and name that in comity.toml. The node must not run."""
    from comity.node.moving import move_store  # here: as above

    here = session(context)
    if to != "sqlite" and not to.startswith("postgresql://"):
        raise Malformed("store-url", why="write postgresql://user@host/database, or sqlite")
    moved = move_store(here.config(), "" if to == "sqlite" else to)

    def human(console: Console) -> None:
        console.print(
            f"{sum(moved.rows.values())} rows stand in {moved.after}; rows, roots and postings agree.", markup=False
        )
        if moved.variable:
            console.print(f"{moved.variable} is set, and goes before comity.toml: change it.", style="yellow")
        console.print(f"{moved.before} still holds everything: destroy it when this node has run.", markup=False)

    here.show(moved, human)


def scrub(context: typer.Context) -> None:
    """Write anew whatever held erased values in the database's files. Run it on a schedule; writing waits meanwhile."""
    here = session(context)
    with here.desk() as desk:
        told: dict[str, Any] = desk.post("/scrub", {})

    def human(console: Console) -> None:
        for code in told["done"]:
            console.print(f"done: {code}", markup=False)
        for code, why in told["undone"].items():
            console.print(f"not done: {code}: {why}", style="yellow", markup=False)

    here.show(told, human)
