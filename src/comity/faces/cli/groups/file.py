"""`comity file`: files that records name, taken in and read out."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256 as digest_of
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from comity.errors import BadProof, Conflict, NotFound
from comity.faces.cli.client import Desk
from comity.faces.cli.request_text import standing_text
from comity.faces.cli.sentence_words import WORDS as SENTENCE
from comity.faces.cli.session import Session, session
from comity.faces.cli.showing import say, table

ORDER = 72
PIECE_BYTES = 4 * 1024 * 1024
TOLD_EVERY_BYTES = 64 * 1024 * 1024
WORDS = SENTENCE
group = typer.Typer(
    help="Files that records name: kept encrypted, fetched from partners, read out.", no_args_is_help=True
)

Digest = Annotated[str, typer.Argument(help="SHA-256 of the file.")]


@group.command()
def add(context: typer.Context, path: Annotated[Path, typer.Argument(help="File to take in.")]) -> None:
    """Keep a file, encrypted, and tell its SHA-256. It leaves this node only with a record that names it."""
    here = session(context)
    with here.desk() as desk:
        kept = upload(here, desk, path)
    here.show(kept, lambda console: say(console, f"{kept['sha256']}  {kept['bytes']} bytes  {path}"))


@group.command()
def get(
    context: typer.Context,
    sha256: Digest,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write it.")],
    force: Annotated[bool, typer.Option("--force", help="Write over what is there.")] = False,
) -> None:
    """Write a file out; it appears under its name only once its digest is verified. Nothing is overwritten without --force."""
    here = session(context)
    if out.exists() and not force:
        raise Conflict("out-exists", file=str(out))
    draft = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
    try:
        with here.desk(inspect=True) as desk:
            found: dict[str, Any] = desk.get(f"/files/{sha256}")
            if found["state"] != "here":
                raise NotFound("file-not-here", sha256=sha256, held=found["held"], bytes=found["bytes"])
            size = _written(here, desk, sha256, found["bytes"], draft)
        _named(draft, out, force=force)
    except OSError as fault:
        raise NotFound("file-not-written", file=str(out), why=fault.strerror or "") from fault
    finally:
        with suppress(OSError):
            draft.unlink()
    shown = {"sha256": sha256, "bytes": size, "file": str(out)}
    here.show(shown, lambda console: say(console, f"{out}  {size} bytes, SHA-256 verified"))


@group.command(name="list")
def list_(context: typer.Context) -> None:
    """List the files that are here, and by how many records each is named."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: list[dict[str, Any]] = desk.get("/files")

    def human(console: Console) -> None:
        rows = [(f["sha256"], "damaged" if f["damaged"] else f["bytes"], f["named"] or "nobody") for f in found]
        if rows:
            table(console, ("SHA-256", "bytes", "named by records"), rows)
        else:
            say(console, "No files here yet. Next: comity file add PATH")

    here.show(found, human)


@group.command()
def show(context: typer.Context, sha256: Digest) -> None:
    """Show how far a file has come, and which records name it."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: dict[str, Any] = desk.get(f"/files/{sha256}")

    def human(console: Console) -> None:
        say(console, f"{sha256}: {standing_text(found['state'], found['held'], found['bytes'])}")
        for place in found["named"]:
            say(console, f"  named by {place['origin']} number {place['index']}")

    here.show(found, human)


@group.command()
def forget(context: typer.Context, sha256: Digest) -> None:
    """Take away a file that no record names: its key is destroyed first, then its bytes."""
    here = session(context)
    with here.desk() as desk:
        done: dict[str, Any] = desk.post(f"/files/{sha256}/forget")
    here.show(done, lambda console: say(console, "Forgotten." if done["forgotten"] else "There was no such file here."))


def upload(here: Session, desk: Desk, path: Path) -> dict[str, Any]:
    """Hands a file to the desk piece by piece: evidence may be larger than memory."""
    try:
        size = path.stat().st_size
        kept: dict[str, Any] = desk.post_stream("/files", _pieces(here, path, size))
    except OSError as fault:
        raise NotFound("file-missing", file=str(path), why=fault.strerror or "") from fault
    return kept


def _pieces(here: Session, path: Path, size: int) -> Iterator[bytes]:
    sent, told = 0, 0
    with open(path, "rb") as source:
        while piece := source.read(1 << 20):
            sent += len(piece)
            if sent - told >= TOLD_EVERY_BYTES and size:
                here.progress(f"{path.name}: {sent * 100 // size} %")
                told = sent
            yield piece


def _written(here: Session, desk: Desk, sha256: str, size: int, draft: Path) -> int:
    """The file under a name of its own, verified; returns its bytes."""
    digest, got, told = digest_of(), 0, 0
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as into:
        while piece := desk.get_bytes(f"/files/{sha256}/bytes", start=got, bytes=PIECE_BYTES):
            digest.update(piece)
            into.write(piece)
            got += len(piece)
            if got - told >= TOLD_EVERY_BYTES and size:
                here.progress(f"{got * 100 // size} %")
                told = got
        into.flush()
        os.fsync(into.fileno())
    if digest.hexdigest() != sha256:
        raise BadProof("file-of-another-digest", sha256=sha256, found=digest.hexdigest())
    return got


def _named(draft: Path, out: Path, *, force: bool) -> None:
    if force:
        os.replace(draft, out)
        return
    try:
        os.link(draft, out)  # unlike a rename it never takes the place of what came there meanwhile
    except FileExistsError as fault:
        raise Conflict("out-exists", file=str(out)) from fault
