"""`comity node recover`: goes on after a backup was put back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console

from comity.config import read_config
from comity.domain.terms import node_name
from comity.faces.cli.session import session

WORDS: dict[str, tuple[str, str]] = {
    "channel-behind": ("Since a backup was put back nothing of {writer}'s channel is shown before it has caught up.", "Run the node and let it reach the peer. See: comity node status"),
    "channel-retired": ("It has ended ({why}), and nothing goes on from it yet.", "Run the node and let it reach the peer; or, if the peer won't come back: comity node recover --without NAME"),
    "nothing-to-acknowledge": ("No backup was put back.", "Nothing needs to be done."),
}  # fmt: skip


def recover(
    context: typer.Context,
    leave_out: Annotated[
        str | None, typer.Option("--without", help="Peer that is not waited for: our channels go on without its tail.")
    ] = None,
) -> None:
    """Acknowledge that a backup was put back, and go on: what partners still hold of us comes back, then we catch up with them."""
    from comity.node import recovering  # here: it costs a second that other commands needn't pay

    here = session(context)
    config = read_config(here.home)
    done = recovering.acknowledge(config)
    if leave_out is not None:
        recovering.go_on_without(config, node_name(leave_out))
    rounds = recovering.recover_all(config, lambda one: here.progress(_line(one)))
    told: dict[str, Any] = {"acknowledged": asdict(done), "rounds": [asdict(one) for one in rounds]}

    def human(console: Console) -> None:
        console.print(f"{len(done.retired)} channels of ours ended, {len(done.behind)} of others catch up.")
        for origin in done.lost:
            console.print(f"The backup has never heard of {origin}; it comes back with its peer.", markup=False)
        if done.witness:
            console.print("The witness key was replaced.")
        for one in rounds:
            console.print(_line(one), markup=False)
        console.print("Compare the roster with what you know: whoever was expelled since the backup is in it again.")
        console.print("What still waits goes on by itself: comity node run")

    here.show(told, human)


def _line(one: Any) -> str:
    """A round in words: `Any`, because importing its type would cost every command a second."""
    left = one.recovery
    if one.fault:
        return f"{one.peer}: waits ({one.fault}); {len(left.ended)} of our channels, {len(left.behind)} of its own"
    state = "recovered" if left.done else f"{len(left.ended) + len(left.behind)} channels wait"
    lost = f"; confirmed and lost: {', '.join(left.lost)}" if left.lost else ""
    return f"{one.peer}: {state}, {left.regained} entries taken back, {left.again} issued again{lost}"
