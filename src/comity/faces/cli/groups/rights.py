"""`comity rights`: the human-rights gate of a partner's request, and what two persons lift of it."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from comity.faces.cli.session import session
from comity.faces.cli.showing import moment, say, table

ORDER = 66
WORDS: dict[str, tuple[str, str]] = {
    "rights-gate": ("The human-rights gate says {effect} ({row}): {text}", "A hold is lifted by two persons: comity rights lift. A block is not."),
    "nothing-held": ("Nothing is held for the request {request}.", "See: comity rights show"),
    "lift-waits": ("A proposal to lift it waits for a second person.", "See: comity rights show"),
    "proposal": ("There is no such proposal.", "See: comity rights show"),
}  # fmt: skip
group = typer.Typer(help="The human-rights gate before anybody is looked up for a request.", no_args_is_help=True)

Request = Annotated[str, typer.Argument(help="Id of the request.")]
Proposal = Annotated[str, typer.Argument(help="Id of the proposal.")]
Reason = Annotated[str, typer.Option(help="Why, in at least 20 characters; sealed, and in the journal.")]


@group.command()
def show(context: typer.Context, request: Request) -> None:
    """Show what the gate says of a request, and what was proposed about it."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: dict[str, Any] = desk.get(f"/requests/{request}/rights")

    def human(console: Console) -> None:
        say(console, "Nothing is looked up for it." if found["stopped"] else "Nothing stops a look-up.")
        rows = [(e["row"], "lifted" if e["lifted"] else e["effect"], e["text"], e["basis"]) for e in found["rows"]]
        table(console, ("row", "effect", "", "basis"), rows)
        for each in found["proposals"]:
            _say(console, each)

    here.show(found, human)


@group.command()
def lift(context: typer.Context, request: Request, reason: Reason) -> None:
    """Propose that what the gate holds is lifted for this request; somebody else decides."""
    _post(context, f"/requests/{request}/rights", {"reason": reason})


@group.command()
def confirm(context: typer.Context, request: Request, proposal: Proposal, reason: Reason) -> None:
    """Let go what somebody else has proposed: the request is looked into."""
    _post(context, f"/requests/{request}/rights/{proposal}", {"confirmed": True, "reason": reason})


@group.command()
def reject(context: typer.Context, request: Request, proposal: Proposal, reason: Reason) -> None:
    """Reject it: what is held stays held."""
    _post(context, f"/requests/{request}/rights/{proposal}", {"confirmed": False, "reason": reason})


def _post(context: typer.Context, path: str, body: dict[str, Any]) -> None:
    here = session(context)
    with here.desk() as desk:
        found: dict[str, Any] = desk.post(path, body)
    here.show(found, lambda console: _say(console, found))


def _say(console: Console, found: dict[str, Any]) -> None:
    say(
        console,
        f"{found['state']}: {', '.join(found['rows'])} by {found['by']}, {moment(found['at'])}: {found['reason'] or '-'}",
    )
    if found["decided_by"]:
        say(console, f"  decided by {found['decided_by']}, {moment(found['decided_at'])}: {found['answer'] or '-'}")
    else:
        say(console, f"  next, somebody else: comity rights confirm REQUEST {found['proposal']} --reason …")
