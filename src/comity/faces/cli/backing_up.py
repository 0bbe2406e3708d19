"""`comity node backup` and what belongs to it: making backups, listing them, letting old ones die, putting one back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from comity.config import FILE_NAME, read_config
from comity.errors import Malformed, Misconfigured
from comity.faces.cli.session import Session, read_file, session

KEYS_BYTES_MAX = 4 * 1024 * 1024
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

WORDS: dict[str, tuple[str, str]] = {
    "backup-exists": ("{file} is there already.", "Give another name; a backup never replaces one."),
    "backup-in-the-wrong-place": ("{file} would lie among the marks, the keys or in the store.", "Write it elsewhere, best to another disk."),
    "backup-damaged": ("The backup has been altered or cut short ({why}).", "Don't restore it. Take another one."),
    "not-a-backup": ("This file is no backup of a node.", "Give a file that comity node backup wrote."),
    "not-backup-keys": ("This file doesn't hold keys of backups.", "Give a file that comity node backup-keys wrote."),
    "backup-key": ("No key opens backups of {day}: it was destroyed, or lies elsewhere.", "If it lies elsewhere, give it: --keys-from FILE. If it was destroyed, that backup is gone, and so it should be."),
    "backup-of-another-node": ("The backup is of {node}, and this home is of {here}.", "Choose another --home."),
    "backup-keys-unreadable": ("The keys of backups can't be read.", "Look at the marks folder; nobody but the node writes there."),
    "database": ("There is no database to back up: {file}", "Give the right --home."),
    "database-damaged": ("The database in it doesn't hold together: {why}", "Don't restore it. Take another backup."),
    "day-shape": ("{day} isn't a day.", "Write it as 2026-11-24."),
    "restore-unfinished": ("A restore was begun in {home} and not ended.", "Repeat it: comity node restore BACKUP"),
    "restored-not-recovered": ("This node was put back from a backup of {made}; what it signed since is not in it.", "Run: comity node recover"),
}  # fmt: skip


def backup(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(help="File to write; it must not exist.")],
    with_keys: Annotated[bool, typer.Option("--with-keys", help="Put the private keys in too.")] = False,
) -> None:
    """Write a backup, while the node runs or not: database, files, settings. Never the marks."""
    from comity.node.backup import make_backup  # here: it costs time that other commands needn't pay

    here = session(context)
    config = here.config()
    made = make_backup(config, out, with_keys=with_keys)

    def human(console: Console) -> None:
        console.print(f"{made.to}: {made.bytes} bytes, {made.made}", markup=False)
        if not with_keys:
            console.print(f"Without the private keys in {config.keys}: keep those apart.", markup=False)
        console.print(f"It opens with the key of {made.day} in {config.marks}, and no other way.", markup=False)

    here.show(made, human)


def backups(context: typer.Context) -> None:
    """List the backups that were made, and what they still hold that has been erased since."""
    from comity.node.backup import kept_backups

    here = session(context)
    found = kept_backups(here.config())

    def human(console: Console) -> None:
        table = Table("made", "opens", "erased since, still in it", "bytes", "file")
        for each in found:
            held = str(each.holds) if each.opens else "nothing readable"
            table.add_row(each.made, "yes" if each.opens else "no", held, str(each.bytes), each.to)
        console.print(table)
        if any(each.opens and each.holds for each in found):
            console.print("To let old ones die: comity node backup-forget --before DAY")

    here.show(found, human)


def forget(
    context: typer.Context,
    before: Annotated[str, typer.Option("--before", help="Day: backups made before it can't be opened any more.")],
) -> None:
    """Destroy the keys of old backups: whatever copies there are, nobody opens them again."""
    from comity.node.backup_keys import BackupKeys

    here = session(context)
    if _DAY.fullmatch(before) is None:
        raise Malformed("day-shape", day=before[:40])
    gone = BackupKeys(here.config().marks).forget(before)

    def human(console: Console) -> None:
        console.print(f"Keys of {len(gone)} days destroyed: {', '.join(gone) or 'none'}", markup=False)
        if gone:
            console.print("Destroy exported copies of them too, and export anew: comity node backup-keys FILE")

    here.show({"destroyed": gone}, human)


def keys(
    context: typer.Context, out: Annotated[Path, typer.Argument(help="File to write; it must not exist.")]
) -> None:
    """Write the keys of all backups to a file for a safe: without it, losing the marks is losing the backups."""
    from comity.node.backup import write_new
    from comity.node.backup_keys import BackupKeys

    here = session(context)
    keyring = BackupKeys(here.config().marks)
    write_new(out, keyring.export())
    told = {"file": str(out), "days": keyring.days()}
    here.show(told, lambda console: console.print(f"{out}: {len(told['days'])} days. Keep it apart.", markup=False))


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A backup.")],
    check: Annotated[bool, typer.Option("--check", help="Only open it and check every byte.")] = False,
    marks: Annotated[Path | None, typer.Option(help="Marks folder, when the home is empty; else beside it.")] = None,
    keys_from: Annotated[Path | None, typer.Option(help="Keys of backups, as backup-keys wrote them.")] = None,
) -> None:
    """Put a backup back. The node must not run; what is replaced is moved aside; then: comity node recover."""
    from comity.node import restoring

    here = session(context)
    folder = _marks(here, marks)
    day_keys = _day_keys(file, folder, keys_from)
    if check:
        beside = here.home if here.home.is_dir() else file.absolute().parent
        manifest = restoring.check(file, day_keys, beside)
        count = len(manifest.files)
        text = f"{file} is whole: {manifest.node}, {manifest.made}, {count} files"
        here.show(manifest, lambda console: console.print(text, markup=False))
        return
    manifest, aside = restoring.restore(here.home, folder, file, day_keys)
    told = {"node": manifest.node, "made": manifest.made, "home": str(here.home), "aside": aside and str(aside)}

    def human(console: Console) -> None:
        console.print(f"{manifest.node} stands in {here.home} as it was on {manifest.made}", markup=False)
        if aside:
            console.print(f"What was there lies in {aside}; remove it when all is well.", markup=False)
        if not (here.home / "keys").is_dir():
            console.print("Put the key folder back too.")
        console.print("Next: comity node recover")

    here.show(told, human)


def _marks(here: Session, given: Path | None) -> Path:
    if (here.home / FILE_NAME).exists():
        return read_config(here.home).marks
    return (given or here.home.parent / f"{here.home.name}.marks").absolute()


def _day_keys(file: Path, marks: Path, keys_from: Path | None) -> dict[str, bytes]:
    from comity.node.backup import day_of
    from comity.node.backup_keys import BackupKeys, read_day_keys

    if keys_from is not None:
        return read_day_keys(read_file(keys_from, KEYS_BYTES_MAX))
    day = day_of(file)
    if not marks.is_dir():
        raise Misconfigured("backup-key", day=day, folder=str(marks))
    return {day: BackupKeys(marks).key_of(day)}
