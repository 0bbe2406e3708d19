"""`comity receipt`: lists and saves receipts, and tells the policy to check them by."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from comity.domain.terms import Reason, Refused
from comity.errors import NotFound
from comity.faces.cli.exits import failed_by
from comity.faces.cli.sentence_words import WORDS as SENTENCE
from comity.faces.cli.session import session, write_file
from comity.faces.cli.showing import say, table

ORDER = 80
WORDS = SENTENCE
group = typer.Typer(help="Receipts that can be checked without trusting a node.", no_args_is_help=True)

Request = Annotated[str, typer.Argument(help="Id of the request.")]


@group.command(name="list")
def list_(context: typer.Context, request: Request) -> None:
    """List the receipts of a request: who confirmed what, and what still waits."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: dict[str, Any] = desk.get(f"/requests/{request}/receipts")

    def human(console: Console) -> None:
        rows = [
            (each["name"], ", ".join(each["cosigned_by"]), ", ".join(each["openable"])) for each in found["receipts"]
        ]
        if rows:
            table(console, ("receipt", "cosigned by", "can be opened"), rows)
        for each in found["receipts"]:
            for file in each["files"]:
                say(console, f"{each['name']} names {file['sha256']}  {file['bytes']} bytes")
        for each in found["waiting"]:
            say(console, f"{each['kind']} number {each['index']} waits for {each['waiting_for']}", "yellow")
        if not rows and not found["waiting"]:
            say(console, "Nothing of this request has crossed a border yet.")

    here.show(found, human)


@group.command()
def save(
    context: typer.Context,
    request: Request,
    into: Annotated[Path, typer.Option("--dir", help="Folder to write to; made if it isn't there.")] = Path("."),
    opened: Annotated[
        list[str] | None, typer.Option("--open", help="Sealed value to put beside it: /facts; may be given often.")
    ] = None,
) -> None:
    """Write every receipt of a request to NAME.tlog-proof, and the values that you open to NAME.fields."""
    here = session(context)
    wanted, files = list(opened or ()), []
    with here.desk(inspect=True) as desk:
        found: dict[str, Any] = desk.get(f"/requests/{request}/receipts")
        _must_open(wanted, found["receipts"])
        _make(into)
        for each in found["receipts"]:
            proof = into / f"{each['name']}.tlog-proof"
            write_file(proof, desk.get_bytes(each["proof"]))
            line: dict[str, Any] = {"proof": str(proof), "fields": None, "cosigned_by": each["cosigned_by"]}
            here_open = [pointer for pointer in wanted if pointer in each["openable"]]
            if here_open:
                beside = into / f"{each['name']}.fields"
                write_file(beside, desk.get_bytes(each["fields"], open=here_open))
                line |= {"fields": str(beside), "opened": here_open}
            files.append(line)
    shown = {"files": files, "waiting": found["waiting"]}

    def human(console: Console) -> None:
        for line in files:
            say(console, line["proof"])
            if line["fields"]:
                say(console, f"{line['fields']}  opens {', '.join(line['opened'])}")
        for each in found["waiting"]:
            say(
                console,
                f"No receipt yet: {each['kind']} number {each['index']} waits for {each['waiting_for']}",
                "yellow",
            )
        if files:
            say(
                console,
                "Whoever has these files can show them to anyone. To check one: comity verify FILE --policy POLICY",
            )

    here.show(shown, human)


@group.command()
def policy(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option(help="File to write; else stdout.")] = None,
) -> None:
    """Write this node's roster as a policy: the keys that `comity verify --policy` believes."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        raw = desk.get_bytes("/policy")
    if out is not None:
        write_file(out, raw)
    shown = {"policy": raw.decode(), "file": str(out) if out is not None else None}
    here.show(shown, lambda console: say(console, f"{out} is written.") if out else typer.echo(raw, nl=False))


def _must_open(wanted: list[str], receipts: list[dict[str, Any]]) -> None:
    """A pointer that no receipt has is a slip of the pen, and would be missed in court."""
    there = sorted({pointer for each in receipts for pointer in each["openable"]})
    missing = [pointer for pointer in wanted if pointer not in there]
    if missing:
        mend = f"open one of {', '.join(there)}" if there else "none of its values is here"
        raise failed_by(Refused(tuple(Reason("field-not-here", {"field": p, "mend": mend}) for p in missing)))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise NotFound("file-not-written", file=str(folder), why=fault.strerror or "") from fault
