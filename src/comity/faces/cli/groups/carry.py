"""`comity carry`: what crosses an air gap by hand, and the answer that comes back."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from typing import Annotated, Any

import segno
import typer
from rich.console import Console

from comity.errors import Conflict, Malformed, NotFound
from comity.faces.cli.sentence_words import WORDS as SENTENCE
from comity.faces.cli.session import read_file, session, write_file
from comity.faces.cli.showing import say, table
from comity.flows.air_gap import ABOUT, split_answers
from comity.node.air_gap import unpack

ORDER = 35
CROSSING_BYTES_MAX = 8 * 1024**3
ANSWER_BYTES_MAX = 4 * 1024 * 1024
STATUS = {
    200: "taken: proof that the peer holds it",
    403: "refused: not the peer's word on our checkpoint",
    404: "refused: no channel of ours for whoever signed it",
    409: "refused: a size that this node never signed",
}
group = typer.Typer(help="Carry records by hand where no line is, and the answer back.", no_args_is_help=True)
WORDS = {
    **SENTENCE,
    "no-crossing": ("This is no crossing: {why}", "Give the folder or file that `comity carry out` wrote."),
    "crossing-format": (
        "The crossing is of format {format}, which isn't known here.",
        "Ask for one of format {known}.",
    ),
    "crossing-damaged": ("The archive is damaged: {why}", "Copy it again, or have it written again."),
    "crossing-name": (
        "The archive holds {name}, which no crossing holds.",
        "Nothing was taken. Ask where it comes from.",
    ),
    "crossing-for-another": ("The crossing is for {for}, and this is {here}.", "Take it to the node that it is for."),
    "crossing-starts-later": (
        "The crossing of {origin} starts at {starts}, and this node holds {held}.",
        "Ask for one with --whole, or take the earlier one first.",
    ),
    "not-in-crossing": ("A page is missing in the crossing: {path}", "Copy it again, or have it written again."),
    "sealed-damaged": ("The sealed archive is damaged at chunk {chunk}.", "Copy it again, or have it written again."),
    "sealed-too-large": ("The archive would have {chunks} chunks, which is too many.", "Carry it in several parts."),
    "sealed-to-another": ("The archive is sealed to another node's key.", "Take it to the node that it is for."),
    "seal-key": (
        "The peer's key for sealed archives has {bytes} bytes instead of {wanted}.",
        "Ask for its invitation again.",
    ),
    "peer-has-no-seal-key": (
        "{peer} has told no key to seal archives to.",
        "Ask it for a new invitation, or write an open archive with --open.",
    ),
    "file-exists": ("{file} is there already.", "Choose another name; nothing is overwritten."),
    "answer-breaks-off": ("The answer breaks off after {after} checkpoints.", "Have it read or copied again."),
    "no-answer": ("The answer holds {notes} checkpoints.", "Give the text that `comity carry in` printed."),
}


@group.command()
def out(
    context: typer.Context,
    peer: Annotated[str, typer.Argument(help="Node that it is for.")],
    to: Annotated[Path, typer.Option("--to", help="File to write, or with --folder a folder that isn't there yet.")],
    whole: Annotated[
        bool, typer.Option("--whole", help="From the first record, not from what the peer has confirmed.")
    ] = False,
    folder: Annotated[bool, typer.Option("--folder", help="Plain files in a folder instead of one archive.")] = False,
    open_: Annotated[bool, typer.Option("--open", help="An archive that isn't sealed to the peer's key.")] = False,
) -> None:
    """Write what the peer may read and hasn't confirmed yet, to be carried to it; sealed to its key unless told otherwise."""
    here = session(context)
    if to.exists():
        raise Conflict("file-exists", file=str(to))
    sealed = False if folder or open_ else None
    with here.desk() as desk:
        raw = desk.post_for_bytes("/crossings", {"peer": peer, "whole": whole, "sealed": sealed})
    if folder:
        _lay_out(raw, to)
    else:
        _write_durably(to, raw)
    is_sealed = raw.startswith(b"comity-sealed/")
    shown = {"written": str(to), "bytes": len(raw), "sealed": is_sealed, "for": peer}
    seal = "sealed to its key" if is_sealed else "NOT sealed: whoever finds it can read it"
    here.show(shown, lambda console: say(console, f"{to} is for {peer}: {len(raw):,} bytes, {seal}."))


@group.command(name="in")
def in_(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="Archive or folder that was carried here.")],
    answer: Annotated[Path | None, typer.Option(help="File for the answer; else it is printed.")] = None,
    qr: Annotated[
        Path | None, typer.Option(help="Folder for the answer as QR codes (SVG), one for each channel.")
    ] = None,
) -> None:
    """Take what was carried here: verified, held and cosigned as if it had come over the wire. Taking it twice is harmless."""
    here = session(context)
    raw = _as_archive(path) if path.is_dir() else read_file(path, CROSSING_BYTES_MAX)
    with here.desk() as desk:
        taken: dict[str, Any] = desk.post_bytes("/crossings/taken", raw)
    said = taken["answer"].encode()
    if answer is not None and said:
        write_file(answer, said)
    if qr is not None and said:
        _draw(said, qr)

    def human(console: Console) -> None:
        rows = [
            (c["lane"], c["size"], c["fresh"], _outcome(c), c["origin"].rpartition("/")[2]) for c in taken["channels"]
        ]
        table(console, ("lane", "held", "new", "outcome", "channel"), rows)
        if not said:
            say(console, "There is nothing to answer.")
        elif answer is None:
            say(console, f"The answer to carry back to {taken['node']}:")
            console.print(taken["answer"], markup=False, highlight=False, soft_wrap=True)
        else:
            say(console, f"The answer to carry back to {taken['node']}: {answer}")

    here.show(taken, human)
    if any(c["fault"] for c in taken["channels"]):
        raise typer.Exit(1)


@group.command(name="answer")
def answer_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The answer as a file; - reads what is typed or scanned.")],
) -> None:
    """Take the answer that came back: proof that the peer holds what was carried to it."""
    here = session(context)
    raw = (
        typer.get_binary_stream("stdin").read(ANSWER_BYTES_MAX)
        if str(file) == "-"
        else read_file(file, ANSWER_BYTES_MAX)
    )
    with here.desk() as desk:
        found: list[dict[str, Any]] = desk.post_bytes("/crossings/answers", raw)

    def human(console: Console) -> None:
        rows = [(a["peer"] or "-", a["size"], STATUS.get(a["status"], str(a["status"])), a["origin"]) for a in found]
        table(console, ("by", "size", "outcome", "channel"), rows)

    here.show(found, human)
    if any(a["status"] != 200 for a in found):
        raise typer.Exit(1)


def _outcome(crossed: dict[str, Any]) -> str:
    return f"not taken: {crossed['fault']}" if crossed["fault"] else "held and cosigned"


def _write_durably(path: Path, raw: bytes) -> None:
    draft = path.with_name(path.name + ".new")
    try:
        with open(draft, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except OSError as fault:
        raise NotFound("file-not-written", file=str(path), why=fault.strerror or "") from fault


def _lay_out(raw: bytes, to: Path) -> None:
    """Into a name that nobody takes for whole, and renamed at the end."""
    draft = to.with_name(to.name + ".new")

    def not_sealed(_: bytes) -> bytes:
        raise Malformed("sealed-to-another")

    try:
        draft.mkdir()
        unpack(io.BytesIO(raw), draft, not_sealed)
        os.replace(draft, to)
    except OSError as fault:
        raise NotFound("file-not-written", file=str(to), why=fault.strerror or "") from fault


def _as_archive(folder: Path) -> bytes:
    """The folder's files as one archive; its head must be there."""
    if not (folder / ABOUT).is_file():
        raise Malformed("no-crossing", why=f"{ABOUT} is missing in {folder}")
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w|", format=tarfile.USTAR_FORMAT) as tar:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                raw = file.read_bytes()
                info = tarfile.TarInfo(file.relative_to(folder).as_posix())
                info.size = len(raw)
                tar.addfile(info, io.BytesIO(raw))
    return made.getvalue()


def _draw(answer: bytes, folder: Path) -> None:
    """One code for each cosigned checkpoint, so that each can be scanned by a telephone across the gap."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for note in split_answers(answer):
            origin = note.split(b"\n", 1)[0].decode()
            code = segno.make(note, error="m", micro=False)
            code.save(str(folder / f"{origin.rpartition('/')[2]}.svg"), scale=4, border=4)
    except OSError as fault:
        raise NotFound("file-not-written", file=str(folder), why=fault.strerror or "") from fault
