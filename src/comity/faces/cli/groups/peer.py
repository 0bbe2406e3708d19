"""`comity peer`: invites, compares, admits, looks after and lets go of other nodes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from comity.errors import Malformed
from comity.faces.cli.exits import REFUSED
from comity.faces.cli.session import Session, read_file, session, write_file
from comity.faces.cli.showing import say, table
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
    lane: Annotated[list[str] | None, typer.Option(help="rescue, urgent or bulk; all unless told.")] = None,
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
    replaces: Annotated[
        str | None, typer.Option(help="The peer's keys are `lost` or `stolen`; these take their place.")
    ] = None,
    lost_since: Annotated[str, typer.Option(help="With --replaces: from when on the old keys count for nothing.")] = "",
    reason: Annotated[str, typer.Option(help="With --replaces: why; kept with the act.")] = "",
) -> None:
    """Admit the node that made this invitation for us; or, with --replaces, take its new keys for a peer's."""
    here = session(context)
    try:
        text = read_file(file, INVITATION_BYTES_MAX).decode("utf-8")
    except UnicodeDecodeError as fault:
        raise Malformed("invitation-shape", file=str(file), why="not UTF-8") from fault
    body: dict[str, Any] = {"invitation": text, "fingerprint": fingerprint}
    if replaces is not None:
        body["replaces"] = {"why": replaces, "since": lost_since, "reason": reason}
    with here.desk() as desk:
        kept = desk.post("/peers", body)
    here.show(kept, lambda console: console.print(f"{kept['name']} is {kept['admission']}.", markup=False))


@group.command(name="list")
def list_(context: typer.Context) -> None:
    """List every peer, with its admission."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: list[dict[str, Any]] = desk.get("/peers")

    def human(console: Console) -> None:
        if not found:
            console.print("No peers yet. Next: comity peer invite NAME")
            return
        columns = ("name", "country", "title", "admission", "since", "address", "contact")
        table(console, ("peer", *columns[1:]), ([each[key] for key in columns] for each in found))

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
def contact(
    context: typer.Context,
    name: Name,
    text: Annotated[
        str, typer.Argument(help="Telephone or other way, compared over one already trusted; '' for none.")
    ],
) -> None:
    """Note how a peer's officers are called; what their requests say of it is never shown as one."""
    here = session(context)
    with here.desk() as desk:
        kept: dict[str, Any] = desk.post(f"/peers/{name}/contact", {"contact": text})
    here.show(kept, lambda console: say(console, f"{kept['name']} is called: {kept['contact'] or 'not noted'}"))


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


@group.command()
def rotate(
    context: typer.Context,
    receipt: Annotated[bool, typer.Option("--receipt", help="A new key for confirming receipt.")] = False,
    witness: Annotated[bool, typer.Option("--witness", help="A new key for cosigning as a witness.")] = False,
    certificate: Annotated[
        bool, typer.Option("--certificate", help="Make the next certificate and announce it.")
    ] = False,
    switch: Annotated[
        bool, typer.Option("--switch", help="Show the announced certificate from the next start on.")
    ] = False,
    channel: Annotated[
        str | None, typer.Option(metavar="ORIGIN", help="A channel of ours goes on under a new key.")
    ] = None,
    why: Annotated[str, typer.Option(help="rotated, lost or stolen.")] = "rotated",
    without: Annotated[list[str] | None, typer.Option(help="With --switch: a peer that may be cut off.")] = None,
) -> None:
    """Change keys of this node: announced to every peer first, used once they know it. One at a time."""
    chosen: list[tuple[str, dict[str, Any] | None]] = [
        *([("/keys/receipt", {"why": why})] if receipt else []),
        *([("/keys/witness", {"why": why})] if witness else []),
        *([("/keys/certificate", None)] if certificate else []),
        *([("/keys/certificate/switch", {"without": without or []})] if switch else []),
        *([("/keys/channel", {"origin": channel, "why": why})] if channel is not None else []),
    ]
    if len(chosen) != 1:
        raise typer.BadParameter("give one of --receipt, --witness, --certificate, --switch, --channel ORIGIN")
    here = session(context)
    with here.desk() as desk:
        fresh: dict[str, Any] = desk.post(*chosen[0])
    told = {
        "/keys/certificate": "The certificate {name} is announced. Next: comity peer rotate --switch",
        "/keys/certificate/switch": "From the next start on the certificate {name} is shown. Restart the node.",
    }.get(chosen[0][0], "{name} is announced to every peer.")
    here.show(fresh, lambda console: console.print(told.format_map(fresh), markup=False))


def _move(here: Session, name: str, act: str, reason: str) -> None:
    with here.desk() as desk:
        moved = desk.post(f"/peers/{name}/{act}", {"reason": reason})
    here.show(moved, lambda console: console.print(f"{moved['name']} is {moved['admission']}.", markup=False))
