"""`comity import`: plain lists of indicators, and warning lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from comity.domain.match import Line, Listing, looks_like_tag_pack, read_host_list, read_plain_list, read_tag_pack
from comity.errors import NotFound
from comity.faces.cli.client import Desk
from comity.faces.cli.exits import Failed
from comity.faces.cli.sentence_words import WORDS as SENTENCE
from comity.faces.cli.session import err, read_file, session, write_file
from comity.faces.cli.showing import moment, pairs, plain, say, table
from comity.faces.cli.wording import WORDS as WORDING
from comity.faces.cli.wording import lines_for

ORDER = 55
WORDS = SENTENCE
group = typer.Typer(help="Import lists of indicators and warning lists.", no_args_is_help=True)

LIST_BYTES_MAX = 512 * 1024 * 1024
WARNING_LIST_BYTES_MAX = 8 * 1024 * 1024
BATCH = 1000


@dataclass(frozen=True)
class RefusedLine:
    """A line of the file that gave no record."""

    line: int
    code: str
    facts: dict[str, Any]


@dataclass
class Summary:
    """What became of a file."""

    file: str
    sha256: str
    form: str
    new: int = 0
    known: int = 0
    suppressed: int = 0
    origin: str = ""
    refused: list[RefusedLine] = field(default_factory=list)

    @property
    def by_reason(self) -> dict[str, int]:
        """How many lines for each reason, most frequent first."""
        return dict(Counter(line.code for line in self.refused).most_common())


@group.command(name="list")
def list_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="One value a line, CSV (first column), JSON, or a TagPack (YAML).")],
    role: Annotated[
        str | None, typer.Option(help="What the values are in the scheme: scam-site, recruiter ... A TagPack says it.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Kind of every line; else each line says.")] = None,
    key: Annotated[str | None, typer.Option(help="For a JSON object of arrays: which one.")] = None,
    to: Annotated[str | None, typer.Option(help="Peer to share the values with; else they stay on this desk.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the list; else the file's.")] = None,
    prefix: Annotated[str, typer.Option(help="Put before values that lack a word and a colon: xmr:")] = "",
    confidence: Annotated[int | None, typer.Option(min=0, max=100, help="How sure the source is.")] = None,
    refused: Annotated[Path | None, typer.Option(help="File for every line that was refused, with its reason.")] = None,
) -> None:
    """Import a list: one record for each value, each once, however often it is imported. Nothing is skipped without its reason."""
    here = session(context)
    raw = read_file(file, LIST_BYTES_MAX)
    values, lines, form, title = _read(raw, role, kind, key, prefix)
    summary = Summary(str(file), sha256(raw).hexdigest(), form)
    summary.refused = [RefusedLine(line.number, line.code, dict(line.facts)) for line in lines]
    about = {
        "source": name or title or file.name,
        "source_sha256": summary.sha256,
        "audience": to,
        "confidence": confidence,
    }
    with here.desk() as desk:
        for answer in _send(desk, values, about, quiet=here.as_json):
            summary.new += answer["new"]
            summary.known += answer["known"]
            summary.suppressed += answer["suppressed"]
            summary.origin = answer["origin"]
            summary.refused += [RefusedLine(0, each["code"], each["facts"]) for each in answer["refused"]]
    if refused is not None:
        write_file(refused, "".join(_as_text(line) for line in summary.refused).encode())
    shown = {**msgspec.to_builtins(summary), "refused_by_reason": summary.by_reason}
    here.show(shown, lambda console: _summary(console, summary, refused))


def _read(
    raw: bytes, role: str | None, kind: str | None, key: str | None, prefix: str
) -> tuple[Sequence[Listing], Sequence[Line], str, str]:
    """Values, refused lines, form and title of a file."""
    if key is None and looks_like_tag_pack(raw):
        pack = read_tag_pack(raw)
        given = [replace(listing, role=role) for listing in pack.listings] if role else pack.listings
        return given, pack.refused, "tag pack", pack.title[:120]
    if role is None:
        raise typer.BadParameter("a plain list doesn't say what its values are: add --role", param_hint="--role")
    read = read_plain_list(raw, kind, key=key, prefix=prefix)
    return [Listing(value, role) for value in read.indicators], read.refused, read.form, ""


def _send(desk: Desk, values: Sequence[Listing], about: dict[str, Any], *, quiet: bool) -> Iterator[dict[str, Any]]:
    """One answer for each batch."""
    columns = (TextColumn("importing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err(), disable=quiet or not err().is_terminal, transient=True) as progress:
        task = progress.add_task("importing", total=len(values))
        for start in range(0, len(values), BATCH):
            batch = values[start : start + BATCH]
            given = [
                {"kind": x.value.kind, "value": x.value.value, "role": x.role, "note": x.note, "said_on": x.said_on}
                for x in batch
            ]
            yield desk.post("/imports/listings", {**about, "listings": given})
            progress.advance(task, len(batch))


def _as_text(line: RefusedLine) -> str:
    return f"{line.line}\t{line.code}\t{plain(msgspec.json.encode(line.facts, enc_hook=str).decode())}\n"


def _summary(console: Console, summary: Summary, refused: Path | None) -> None:
    say(console, f"{summary.file} ({summary.form}) is imported.")
    rows = [
        ("new", summary.new),
        ("there before", summary.known),
        ("on a warning list", f"{summary.suppressed} of them: kept and shown, nothing is raised because of them"),
        ("refused", len(summary.refused)),
        *[(f"  {code}", count) for code, count in summary.by_reason.items()],
        ("channel", summary.origin),
        ("SHA-256", summary.sha256),
    ]
    pairs(console, rows)
    if summary.refused:
        where = f"All of them: {refused}" if refused is not None else "To see each line: --refused FILE"
        say(console, where)


@group.command()
def suppress(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Domains, one a line, CSV (first column) or JSON.")],
    name: Annotated[str, typer.Option(help="Name under which the list is kept; a newer one takes its place.")],
    key: Annotated[str | None, typer.Option(help="For a JSON object of arrays: which one.")] = None,
) -> None:
    """Keep a list of shared hosts as a warning list: none of them is acted on as a whole, pages below them may be."""
    here = session(context)
    raw = read_file(file, WARNING_LIST_BYTES_MAX)
    read = read_host_list(raw, key=key)
    about = {
        "name": name,
        "source_sha256": sha256(raw).hexdigest(),
        "values": list(read.hosts),
    }
    with here.desk() as desk:
        kept = desk.post("/imports/suppressing-list", about)
    refused = [RefusedLine(line.number, line.code, dict(line.facts)) for line in read.refused]

    def human(console: Console) -> None:
        _lists(console, [kept])
        for line in refused:
            say(console, f"line {line.line} gave nothing: {line.code}")

    here.show({"kept": kept, "refused": msgspec.to_builtins(refused)}, human)


@group.command()
def warnings(
    context: typer.Context,
    paths: Annotated[list[Path] | None, typer.Argument(help="MISP warning lists, or folders of them.")] = None,
) -> None:
    """Import MISP warning lists; without a path, list those that are here. A newer list of the same name takes the old one's place."""
    here = session(context)
    if not paths:
        with here.desk(inspect=True) as desk:
            there: list[dict[str, Any]] = desk.get("/imports/warning-lists")
        here.show(there, lambda console: _lists(console, there))
        return
    kept: list[dict[str, Any]] = []
    failed: list[tuple[Path, Failed]] = []
    with here.desk() as desk:
        for file in _files(paths):
            try:
                kept.append(desk.post("/imports/warning-list", msgspec.Raw(read_file(file, WARNING_LIST_BYTES_MAX))))
            except Failed as failure:
                if failure.code == "officer-not-named":
                    raise
                failed.append((file, failure))
    shown = {"kept": kept, "refused": [{"file": str(f), "code": x.code, "facts": x.facts} for f, x in failed]}

    def human(console: Console) -> None:
        _lists(console, kept)
        for file, failure in failed:
            for what, _ in lines_for(failure, {**WORDING, **WORDS}):
                say(console, f"{file}: {what}", "red")

    here.show(shown, human)
    if failed:
        raise typer.Exit(failed[0][1].exit_code)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            found = sorted(path.glob("*.json"))
            if not found:
                raise NotFound("file-missing", file=str(path), why="no *.json in this folder")
            yield from found
        else:
            yield path


def _lists(console: Console, found: list[dict[str, Any]]) -> None:
    if not found:
        say(console, "No warning lists yet. Next: comity import warnings FILE")
        return
    rows = [(each["name"], each["version"], each["type"], each["entries"], moment(each["at"])) for each in found]
    table(console, ("warning list", "version", "type", "entries", "kept"), rows)
