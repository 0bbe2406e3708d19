"""`comity record`: one record, and the orders by which its issuer takes back what it said."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from comity.faces.cli.asked import from_file, given_only
from comity.faces.cli.custody_text import issued_text, proposal_text
from comity.faces.cli.custody_words import WORDS as CUSTODY
from comity.faces.cli.session import session
from comity.faces.cli.showing import flat, pairs

ORDER = 67
WORDS = CUSTODY
group = typer.Typer(help="Records: shown, withdrawn, amended, erased, cleared.", no_args_is_help=True)

Records = Annotated[list[str], typer.Argument(help="Ids of records of this node.")]
Proposed = Annotated[str, typer.Argument(help="Id of the proposal.")]


@group.command()
def show(
    context: typer.Context,
    origin: Annotated[str, typer.Argument(help="The channel: police.kr.example/ch/00000000000f1c70")],
    index: Annotated[int, typer.Argument(min=0, help="Its place there.")],
) -> None:
    """Show one record as it stands here, and what its issuer has made of it."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        view: dict[str, Any] = desk.get(f"/records/{origin.replace('/ch/', '/')}/{index}")
    here.show(view, lambda console: pairs(console, flat(view)))


@group.command()
def withdraw(
    context: typer.Context, records: Records, reason: Annotated[str, typer.Option(help="Code: wrong-account")]
) -> None:
    """Take records back: every holder stops using them."""
    _order(context, "withdrawals", {"records": records, "reason_code": reason})


@group.command()
def amend(
    context: typer.Context,
    record: Annotated[str, typer.Argument(help="Id of the record that was wrong.")],
    file: Annotated[str, typer.Argument(help="The whole new body as TOML or JSON; - for stdin.")],
    reason: Annotated[str, typer.Option(help="Code: wrong-account")],
    danger: Annotated[
        bool, typer.Option("--danger", help="Somebody is in danger while the old one is believed.")
    ] = False,
) -> None:
    """Put a new record of the same kind in the place of one that was wrong."""
    body = {"record": record, "body": from_file(file), "reason_code": reason, "danger": danger}
    _order(context, "amendments", body)


@group.command()
def erase(
    context: typer.Context,
    records: Records,
    ground: Annotated[str, typer.Option(help="Code: court-order")],
    field: Annotated[list[str] | None, typer.Option(help="Only this sealed field: /facts; may be given often.")] = None,
) -> None:
    """Propose to erase records, or some of their fields, everywhere. Somebody else confirms it."""
    _propose(context, "erasures", given_only({"records": records, "ground": ground, "fields": field or None}))


@group.command()
def clear(
    context: typer.Context,
    records: Records,
    ground: Annotated[str, typer.Option(help="acquitted, dismissed or mistaken-identity.")],
    and_erase: Annotated[bool, typer.Option("--erase", help="Propose their erasure as well.")] = False,
) -> None:
    """Propose that records weigh nothing any more. Somebody else confirms it."""
    _propose(context, "clearances", {"records": records, "ground": ground})
    if and_erase:
        _propose(context, "erasures", {"records": records, "ground": ground})


@group.command()
def confirm(context: typer.Context, proposal: Proposed) -> None:
    """Confirm a proposal, as somebody other than who made it: the order goes out."""
    _order(context, f"proposals/{proposal}/confirm", {})


@group.command()
def reject(context: typer.Context, proposal: Proposed) -> None:
    """Reject a proposal; nothing comes of it."""
    _propose(context, f"proposals/{proposal}/reject", {})


def _order(context: typer.Context, what: str, body: dict[str, Any]) -> None:
    here = session(context)
    with here.desk() as desk:
        view: dict[str, Any] = desk.post(f"/custody/{what}", body)
    here.show(view, lambda console: issued_text(console, view))


def _propose(context: typer.Context, what: str, body: dict[str, Any]) -> None:
    here = session(context)
    with here.desk() as desk:
        view: dict[str, Any] = desk.post(f"/custody/{what}", body)
    here.show(view, lambda console: proposal_text(console, view))
