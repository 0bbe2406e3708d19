"""`comity lookup`: what is known about a value, who said so and when."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from comity.faces.cli.known_text import known_lines
from comity.faces.cli.sentence_words import WORDS as SENTENCE
from comity.faces.cli.session import Session, session
from comity.faces.cli.showing import table

ORDER = 60
WORDS = SENTENCE


def command(
    context: typer.Context,
    value: Annotated[
        str | None, typer.Argument(help="A link, domain, number, address or name, as it was written.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Read it as this kind; else as the surest one that fits.")] = None,
    kinds: Annotated[bool, typer.Option("--kinds", help="List the kinds instead.")] = False,
) -> None:
    """Look a value up: who said what about it and when, exactly or by what covers it."""
    here = session(context)
    if kinds:
        _kinds(here)
        return
    if value is None:
        raise typer.BadParameter("give a value, or --kinds", param_hint="VALUE")
    with here.desk(inspect=True) as desk:
        # In the body: an address of a request may be written down somewhere, and a number may be a person's own.
        known: dict[str, Any] = desk.post("/lookup", {"value": value, "kind": kind})
    here.show(known, lambda console: known_lines(console, known))


def _kinds(here: Session) -> None:
    with here.desk(inspect=True) as desk:
        found: dict[str, Any] = desk.get("/kinds")

    def human(console: Console) -> None:
        rows = [
            (each["kind"], each["label"], "sealed" if each["personal"] else "in the clear", each["examples"][0])
            for each in found["indicators"]
        ]
        table(console, ("kind", "label", "travels", "example"), rows)

    here.show(found, human)
