"""`comity message`: words between the two sides of a request, to make something clear."""

from __future__ import annotations

from mimetypes import guess_type
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from comity.faces.cli.asked import given_only
from comity.faces.cli.groups.file import upload
from comity.faces.cli.request_text import message_thread
from comity.faces.cli.sentence_words import WORDS as SENTENCE
from comity.faces.cli.session import read_file, session

ORDER = 68
TEXT_BYTES_MAX = 200_000
WORDS = SENTENCE
group = typer.Typer(help="Questions and answers about a request, between its two sides.", no_args_is_help=True)

Request = Annotated[str, typer.Argument(help="Id of the request.")]


@group.command()
def send(
    context: typer.Context,
    request: Request,
    text: Annotated[str | None, typer.Option(help="What you write. Sealed.")] = None,
    text_file: Annotated[Path | None, typer.Option(help="The same from a file, UTF-8.")] = None,
    ask: Annotated[
        list[str] | None,
        typer.Option(
            help="FIELD or FIELD=CODE: facts, targets=too-broad, form/use_limitation=missing ... May be given often."
        ),
    ] = None,
    file: Annotated[list[Path] | None, typer.Option(help="A file to attach; may be given often.")] = None,
    reply_to: Annotated[str | None, typer.Option(help="Id of the record that it answers.")] = None,
    lang: Annotated[str | None, typer.Option(help="Language of the text: ko, vi, en ...")] = None,
) -> None:
    """Write to the other side. It changes no state: a question that stops the clocks is `comity request answer ID ask`."""
    if text is not None and text_file is not None:
        raise typer.BadParameter("give one of them", param_hint="--text / --text-file")
    here = session(context)
    written = text if text_file is None else read_file(text_file, TEXT_BYTES_MAX).decode("utf-8", "replace")
    with here.desk() as desk:
        attached = [
            {
                "sha256": upload(here, desk, each)["sha256"],
                "media_type": guess_type(each.name)[0] or "application/octet-stream",
            }
            for each in file or ()
        ]
        asks = [_question(each) for each in ask or ()]
        body = {"text": written, "asks": asks, "attachments": attached, "reply_to": reply_to, "lang": lang}
        found: list[dict[str, Any]] = desk.post(f"/requests/{request}/messages", given_only(body))
    here.show(found, lambda console: message_thread(console, found[-1:]))


@group.command(name="list")
def list_(context: typer.Context, request: Request) -> None:
    """Show the thread; a named officer's first look is told to the other side."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        if here.officer is not None:
            desk.post(f"/requests/{request}/opened")
        found: list[dict[str, Any]] = desk.get(f"/requests/{request}/messages")

    def human(console: Console) -> None:
        message_thread(console, found)

    here.show(found, human)


def _question(text: str) -> dict[str, str]:
    field, equals, code = text.partition("=")
    return {"field": field, "code": code} if equals else {"field": field}
