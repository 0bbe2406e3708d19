"""`comity subject-access`: answers somebody who asks what is held about them. Two persons."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from comity.faces.cli.session import session, write_file
from comity.faces.cli.showing import moment, say, table

ORDER = 88
WORDS: dict[str, tuple[str, str]] = {
    "subject-missing": ("It isn't said who or what is asked about.", "Give the value or the name."),
    "reference-missing": ("The person's own request isn't named.", "--for-request REF"),
    "not-confirmed": ("This answer is {state}.", "Somebody else: comity subject-access confirm PROPOSAL"),
    "subject-erased": ("About whom it was has been erased.", "Ask anew."),
}  # fmt: skip
group = typer.Typer(help="Answer somebody who asks what is held about them.", no_args_is_help=True)

Proposal = Annotated[str, typer.Argument(help="Id that `ask` has shown.")]


@group.command()
def ask(
    context: typer.Context,
    about: Annotated[str, typer.Argument(help="The value or the name.")],
    for_request: Annotated[str, typer.Option(help="Reference of the person's own request.")],
) -> None:
    """Propose an answer; somebody else confirms it."""
    here = session(context)
    with here.desk() as desk:
        found: dict[str, Any] = desk.post("/subject-access", {"about": about, "reference": for_request})
    here.show(
        found,
        lambda console: say(
            console,
            f"Proposed as {found['proposal']}. Next, somebody else: comity subject-access confirm {found['proposal']}",
        ),
    )


@group.command(name="list")
def list_(context: typer.Context) -> None:
    """List what was asked for; about whom isn't shown."""
    here = session(context)
    with here.desk() as desk:
        found: list[dict[str, Any]] = desk.get("/subject-access")
    rows = [(e["proposal"], e["terms"].get("reference", ""), e["state"], e["by"], moment(e["at"])) for e in found]
    here.show(found, lambda console: table(console, ("proposal", "reference", "state", "by", "at"), rows))


@group.command()
def confirm(context: typer.Context, proposal: Proposal) -> None:
    """Let an answer go out that somebody else has proposed."""
    _decide(context, proposal, confirmed=True)


@group.command()
def reject(context: typer.Context, proposal: Proposal) -> None:
    """Stop an answer that somebody else has proposed."""
    _decide(context, proposal, confirmed=False)


@group.command()
def answer(
    context: typer.Context,
    proposal: Proposal,
    out: Annotated[Path | None, typer.Option(help="Folder for answer.json and answer.txt.")] = None,
) -> None:
    """Show the answer, or write it as JSON and as text."""
    here = session(context)
    with here.desk() as desk:
        found: dict[str, Any] = desk.get(f"/subject-access/{proposal}")
    text = found.pop("text")
    if out is not None:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_file(out / "answer.json", msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
        write_file(out / "answer.txt", text.encode())

    def human(console: Console) -> None:
        say(console, text if out is None else f"{out} holds answer.json and answer.txt.")

    here.show(found, human)


def _decide(context: typer.Context, proposal: str, *, confirmed: bool) -> None:
    here = session(context)
    with here.desk() as desk:
        found: dict[str, Any] = desk.post(f"/subject-access/{proposal}/decision", {"confirmed": confirmed})
    here.show(found, lambda console: say(console, f"{found['proposal']} is {found['state']}."))
