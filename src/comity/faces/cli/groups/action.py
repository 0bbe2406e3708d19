"""`comity action`: says what was really done for a request."""

from __future__ import annotations

from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from comity.errors import NotFound
from comity.faces.cli.asked import given_only, members
from comity.faces.cli.client import Desk
from comity.faces.cli.groups.file import upload
from comity.faces.cli.request_text import request_brief
from comity.faces.cli.sentence_words import WORDS as SENTENCE
from comity.faces.cli.session import session
from comity.faces.cli.showing import say

ORDER = 70
WORDS = SENTENCE
group = typer.Typer(help="What was really done for a request.", no_args_is_help=True)


@group.callback()
def _group() -> None:
    """Keeps `take` a word of its own while it is the only one."""


@group.command()
def take(
    context: typer.Context,
    request: Annotated[str, typer.Argument(help="Id of the request.")],
    event: Annotated[str, typer.Option(help="What is told: one that `comity request show` calls possible.")],
    taken: Annotated[str, typer.Option(help="What was done, in a word: logs-held, blocked, removed ...")],
    hold_until: Annotated[str | None, typer.Option(help="Until when data is held: 2026-12-24T10:00:00Z")] = None,
    evidence: Annotated[
        list[Path] | None, typer.Option(help="A file that stays here: only its digest leaves. May be given often.")
    ] = None,
    file: Annotated[
        list[Path] | None,
        typer.Option(
            help="A file that it yielded, to be handed over: kept here, fetched by the requester. May be given often."
        ),
    ] = None,
    method: Annotated[str, typer.Option(help="How the files came about: export, screenshot ...")] = "export",
    media_type: Annotated[str | None, typer.Option(help="Of the files; else by their names.")] = None,
    use_limitation: Annotated[str | None, typer.Option(help="What binds their use: this-case-only")] = None,
    note: Annotated[str | None, typer.Option(help="In words. Sealed.")] = None,
    choice: Annotated[str | None, typer.Option(help="The state meant, where there are several.")] = None,
    held: Annotated[
        list[str] | None, typer.Option(help="ASSET=UNITS that are really held, smallest units; may be given often.")
    ] = None,
    whereabouts: Annotated[str | None, typer.Option(help="Where a person is. Sealed; only with --consent.")] = None,
    consent: Annotated[
        str | None, typer.Option(help="Whose word allows it: person, or child-path for a minor.")
    ] = None,
) -> None:
    """Tell the requester what was done, with the files that it yielded: handed over, or named by their digest alone."""
    here = session(context)
    items = [_item(each, method, media_type, use_limitation) for each in evidence or ()]
    handed = list(file or ())
    with here.desk() as desk:
        for each in handed:
            items.append(_told(each, upload(here, desk, each), method, media_type, use_limitation))
        view = _taken(
            desk,
            request,
            event=event,
            taken=taken,
            hold_until=hold_until,
            items=items,
            note=note,
            choice=choice,
            held=[{"asset": asset, "amount": units} for asset, units in members(held, "--held").items()],
            whereabouts=whereabouts,
            consent=consent,
        )

    def human(console: Console) -> None:
        for item, path in zip(items, [*(evidence or ()), *handed], strict=True):
            say(console, f"{item['sha256']}  {item['bytes']} bytes  {path}")
        request_brief(console, view)

    here.show(view, human)


def _taken(desk: Desk, request: str, **said: Any) -> dict[str, Any]:
    """The request's view after the action. Any: what the API takes."""
    view: dict[str, Any] = desk.post(f"/requests/{request}/actions", given_only(said))
    return view


def _item(file: Path, method: str, media_type: str | None, use_limitation: str | None) -> dict[str, Any]:
    """A file by its digest, read piece by piece: evidence may be larger than memory."""
    digest, size = sha256(), 0
    try:
        with open(file, "rb") as source:
            while piece := source.read(1 << 20):
                digest.update(piece)
                size += len(piece)
    except OSError as fault:
        raise NotFound("file-missing", file=str(file), why=fault.strerror or "") from fault
    return _told(file, {"sha256": digest.hexdigest(), "bytes": size}, method, media_type, use_limitation)


def _told(
    file: Path, kept: dict[str, Any], method: str, media_type: str | None, use_limitation: str | None
) -> dict[str, Any]:
    """What the record says of a file."""
    return given_only(
        {
            **kept,
            "media_type": media_type or guess_type(file.name)[0] or "application/octet-stream",
            "method": method,
            "use_limitation": use_limitation,
        }
    )
