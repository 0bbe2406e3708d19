"""`comity demo`: five real nodes on this machine play the whole sentence, from a report to a receipt."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from comity.faces.cli.known_text import WHY
from comity.faces.cli.sentence_words import because
from comity.faces.cli.session import session

ORDER = 5
DEFAULT_HOME = ".demo"
WORDS = {
    "demo-folder-not-ours": (
        "{folder} was not made by the demo: it holds no {mark} of the demo's.",
        "Nothing in it was touched. Give another folder: --home",
    ),
    "demo-not-intact": (
        "{folder} holds a demo that can't go on (story played: {played}; its ports begin at {port_base}, wanted: {wanted}).",
        "Go on with COMITY_PORT_BASE={port_base}, if the story was played; or delete it and play anew: --reset",
    ),
    "demo-runs-already": ("A demo runs in {folder} already.", "End it with Ctrl-C, or give another folder: --home"),
    "demo-port-base": ("{variable} is {text}, which can't be the first port.", "Give a number from {least} to {most}."),
    "demo-port-taken": (
        "The demo needs ten ports from {base} on, and somebody else has: {ports}.",
        "End what uses them, or give the first one yourself: {variable}=9710 comity demo",
    ),
    "demo-node-did-not-start": ("The node {node} didn't start: {why}", "See {log}, then try again: --reset"),
    "demo-step-failed": (
        "{node} answered {asked} with: {answer} {facts}",
        "This is a fault of the demo or of the node.",
    ),
    "demo-waited-in-vain": (
        "Waited {seconds} s in vain for {what}.",
        "Is this machine very busy? See the logs, then: --reset",
    ),
    "demo-receipt-refused": ("The receipt {file} was refused: {told}", "This is a fault of the node."),
    "demo-flipped-bit-not-found": ("A flipped bit in {file} was not found.", "This is a fault of the node."),
    "demo-roots-differ": ("The two ends have different roots for {origin} at {size}.", "This is a fault of the node."),
}


def command(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="End with the story; begins afresh in the folder.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Delete the demo's folder and play anew.")] = False,
) -> None:
    """Play report, match, request, action and receipt between three nodes on this machine. --home: its folder, else .demo"""
    from comity.faces.demo.show import show  # here: other commands needn't load it
    from comity.faces.demo.telling import Words

    given: str | None = context.find_root().params["home"]  # not COMITY_HOME: that is a node of the user's own
    path = Path(given or DEFAULT_HOME)
    words = Words(reason=lambda reason: because(reason)[0], why=lambda code: WHY.get(code, code))
    code = show(
        path.expanduser().absolute(),
        str(path),
        _spelt(),
        words,
        once=once,
        reset=reset,
        as_json=session(context).as_json,
    )
    raise typer.Exit(code)


def _spelt() -> str:
    """The command as the user can repeat it: by its name where the shell finds it, else by its path."""
    run = Path(sys.argv[0])
    if run.name != "comity":
        return "comity"
    found = shutil.which("comity")
    return "comity" if found and os.path.samefile(found, run) else os.path.relpath(run)
