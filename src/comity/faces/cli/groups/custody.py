"""`comity custody`: who holds what, who has done what was ordered, and passing records on."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from comity.faces.cli.asked import given_only
from comity.faces.cli.custody_text import order_text, overview_text, shown_text
from comity.faces.cli.custody_words import WORDS as CUSTODY
from comity.faces.cli.session import session
from comity.faces.cli.showing import say

ORDER = 68
WORDS = CUSTODY
group = typer.Typer(help="Custody: holders, answers, deadlines, passing on.", no_args_is_help=True)

Record = Annotated[str, typer.Argument(help="Id of the record.")]
Order = Annotated[str, typer.Argument(help="Id of the order.")]


@group.command(name="list")
def list_(
    context: typer.Context, limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 100
) -> None:
    """List what waits: proposals, duties, and orders that others answer to us."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        view: dict[str, Any] = desk.get("/custody", limit=limit)
    here.show(view, lambda console: overview_text(console, view))


@group.command()
def show(context: typer.Context, wanted: Annotated[str, typer.Argument(help="Id of a record or an order.")]) -> None:
    """Show who holds a record or was given an order, who answered what, who is late, and which copies left."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        view: dict[str, Any] = desk.get(f"/custody/{wanted}")
    here.show(view, lambda console: shown_text(console, view))


@group.command()
def transfer(
    context: typer.Context,
    record: Record,
    to: Annotated[str, typer.Option(help="The peer that gets it.")],
    why: Annotated[str, typer.Option(help="Why it is passed on.")],
    purpose: Annotated[str, typer.Option(help="What it may be used for there.")] = "crime",
    leave_out: Annotated[list[str] | None, typer.Option(help="A sealed field that isn't passed on: /facts")] = None,
) -> None:
    """Pass another node's record on to a peer, with its issuer's receipt."""
    body = {"record": record, "to": to, "why": why, "purpose": purpose, "leave_out": leave_out or ()}
    _placed(context, "transfers", body, "Passed on")


@group.command()
def permit(
    context: typer.Context,
    record: Record,
    holder: Annotated[str, typer.Option(help="Who has it from us.")],
    onward_to: Annotated[str, typer.Option(help="Who may get it from there.")],
    lift: Annotated[list[str], typer.Option(help="H2, H3 or TLP; may be given often.")],
    until: Annotated[str | None, typer.Option(help="2027-01-01T00:00:00Z")] = None,
) -> None:
    """Allow a holder to pass a record of this node on to one other node."""
    body = {"record": record, "holder": holder, "onward_to": onward_to, "lifts": lift, "until": until}
    _placed(context, "permissions", given_only(body), "Permitted")


@group.command()
def vouch(
    context: typer.Context,
    to: Annotated[str, typer.Option(help="The peer that learns our keys.")],
    reader: Annotated[str, typer.Option(help="The reader whose channels they are.")],
) -> None:
    """Tell a peer the keys of our channels for another reader, to check what that one passes on."""
    _placed(context, "vouchers", {"to": to, "reader": reader}, "Told")


@group.command()
def hold(
    context: typer.Context,
    record: Record,
    basis: Annotated[str, typer.Option(help="The law or order that forbids erasing it.")],
    review: Annotated[str, typer.Option(help="When that is looked at again: 2027-05-24T00:00:00Z")],
) -> None:
    """Put a legal hold on another node's record; orders to erase it are answered with the hold."""
    here = session(context)
    with here.desk() as desk:
        view: dict[str, Any] = desk.post("/custody/holds", {"record": record, "basis": basis, "review": review})
    here.show(view, lambda console: shown_text(console, {"order": None, "record": view}))


@group.command()
def lift(context: typer.Context, record: Record) -> None:
    """End a legal hold; what was ordered meanwhile is carried out."""
    here = session(context)
    with here.desk() as desk:
        view: dict[str, Any] = desk.post(f"/custody/holds/{record}/lift")
    here.show(view, lambda console: say(console, f"Lifted; orders to erase that were carried out: {view['erased']}"))


@group.command()
def answer(
    context: typer.Context,
    order: Order,
    state: Annotated[str, typer.Argument(help="reversed or cannot-reverse.")],
    reason: Annotated[str | None, typer.Option(help="Why it can't be taken back.")] = None,
) -> None:
    """Answer a duty: was it taken back?"""
    here = session(context)
    with here.desk() as desk:
        left: list[dict[str, Any]] = desk.post(
            f"/custody/{order}/answer", given_only({"state": state, "reason": reason})
        )
    here.show(left, lambda console: say(console, f"Answered. Duties that are left: {len(left)}"))


@group.command()
def release(
    context: typer.Context,
    order: Order,
    holder: Annotated[str, typer.Argument(help="The node that is no longer waited for.")],
    reason: Annotated[str, typer.Option(help="Why; shown beside it for good.")],
) -> None:
    """Release a holder from an order, as overseer."""
    here = session(context)
    with here.desk() as desk:
        view: dict[str, Any] = desk.post(f"/custody/{order}/release", {"holder": holder, "reason": reason})
    here.show(view, lambda console: order_text(console, view))


def _placed(context: typer.Context, what: str, body: dict[str, Any], done: str) -> None:
    here = session(context)
    with here.desk() as desk:
        view: dict[str, Any] = desk.post(f"/custody/{what}", body)
    here.show(view, lambda console: say(console, f"{done}: {view['origin']} {view['index']}"))
