"""`comity peer`: invites, compares, admits, looks after and lets go of other nodes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from comity.errors import Malformed
from comity.faces.cli.exits import REFUSED
from comity.faces.cli.session import Session, read_file, session, write_file
from comity.faces.cli.wording import WORDS as WORDING
from comity.faces.cli.wording import told, told_plainly

INVITATION_BYTES_MAX = 64 * 1024
ORDER = 20
group = typer.Typer(help="The nodes that this one works with.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The peer's node name: police.kh.example")]
File = Annotated[Path, typer.Argument(help="The invitation: HOST.peer.json")]
Reason = Annotated[str, typer.Option(help="Why; kept with the act.")]


@group.command()
def invite(
    context: typer.Context,
    name: Name,
    lane: Annotated[list[str] | None, typer.Option(help="urgent or bulk; both unless told.")] = None,
    out: Annotated[str | None, typer.Option(help="File to write; else HOST.peer.json here; - for stdout.")] = None,
) -> None:
    """Write our invitation for NAME, and show the fingerprint to read out."""
    here = session(context)
    body: dict[str, Any] = {"to": name, **({"lanes": lane} if lane else {})}
    with here.desk() as desk:
        made: dict[str, Any] = desk.post("/peers/invite", body)
    path = Path(out or f"{made['node']}.peer.json")
    if out == "-":
        typer.echo(made["invitation"], nl=False)
        here.progress(f"fingerprint {made['fingerprint']}")
        return
    write_file(path, made["invitation"].encode())

    def human(console: Console) -> None:
        console.print(f"{path} is written, for {name} alone.", markup=False)
        console.print("Read this out over a way that both sides already trust:")
        console.print(f"  {made['fingerprint']}")

    shown = {"node": made["node"], "to": name, "file": str(path), "fingerprint": made["fingerprint"]}
    here.show(shown, human)


@group.command()
def fingerprint(context: typer.Context, file: File) -> None:
    """Show the fingerprint of an invitation, and whose it claims to be."""
    from comity.flows.invitation import fingerprint as fingerprint_of  # here: other commands ask the API
    from comity.flows.invitation import read_invitation

    raw = read_file(file, INVITATION_BYTES_MAX)
    said = read_invitation(raw)
    shown = {"node": said.node, "for": said.audience, "fingerprint": fingerprint_of(raw)}

    def human(console: Console) -> None:
        console.print(f"says it is by {said.node} ({said.country}) {said.title}, for {said.audience}", markup=False)
        console.print(f"  {shown['fingerprint']}")

    session(context).show(shown, human)


@group.command()
def accept(
    context: typer.Context,
    file: File,
    fingerprint: Annotated[str, typer.Option(help="As the other side's officer read it out.")] = "",
) -> None:
    """Admit the node that made this invitation for us."""
    here = session(context)
    try:
        text = read_file(file, INVITATION_BYTES_MAX).decode("utf-8")
    except UnicodeDecodeError as fault:
        raise Malformed("invitation-shape", file=str(file), why="not UTF-8") from fault
    with here.desk() as desk:
        kept = desk.post("/peers", {"invitation": text, "fingerprint": fingerprint})
    here.show(kept, lambda console: console.print(f"{kept['name']} is {kept['admission']}.", markup=False))


@group.command(name="list")
def list_(context: typer.Context) -> None:
    """List every peer, with its admission."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: list[dict[str, Any]] = desk.get("/peers")

    def human(console: Console) -> None:
        table = Table("peer", "country", "title", "admission", "since", "address")
        for each in found:
            table.add_row(*(each[key] for key in ("name", "country", "title", "admission", "since", "address")))
        console.print(table if found else "No peers yet. Next: comity peer invite NAME")

    here.show(found, human)


@group.command()
def check(context: typer.Context, name: Name) -> None:
    """Walk the way to a peer step by step, and say at which one it ends."""
    here = session(context)
    with here.desk() as desk:
        steps: list[dict[str, Any]] = desk.post(f"/peers/{name}/check")

    def human(console: Console) -> None:
        for step in steps:
            mark, style = ("ok ", "green") if step["good"] else ("BAD", "red")
            what, mend = told(step["code"], step["facts"], WORDING) or (told_plainly(step["code"], step["facts"]), "")
            console.print(f"{mark} {step['step']}: {what}", style=style, markup=False)
            if mend and not step["good"]:
                console.print(f"    {mend}", markup=False)

    here.show(steps, human)
    if not all(step["good"] for step in steps):
        raise typer.Exit(REFUSED)


@group.command()
def suspend(context: typer.Context, name: Name, reason: Reason) -> None:
    """Nothing goes to the peer and nothing is pulled from it, until `resume`."""
    _move(session(context), name, "suspend", reason)


@group.command()
def resume(context: typer.Context, name: Name, reason: Reason) -> None:
    """End a suspension."""
    _move(session(context), name, "resume", reason)


@group.command()
def expel(context: typer.Context, name: Name, reason: Reason) -> None:
    """End working with a peer; only a new invitation, compared anew, lets it in again."""
    _move(session(context), name, "expel", reason)


def _move(here: Session, name: str, act: str, reason: str) -> None:
    with here.desk() as desk:
        moved = desk.post(f"/peers/{name}/{act}", {"reason": reason})
    here.show(moved, lambda console: console.print(f"{moved['name']} is {moved['admission']}.", markup=False))
