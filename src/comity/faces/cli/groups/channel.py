"""`comity channel`: who writes to whom, how far it has come, and channels as plain files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from comity.domain.ledger import Policy, parse_policy
from comity.errors import ComityError, NotFound
from comity.faces.cli.client import Desk
from comity.faces.cli.exits import OK, REFUSED, UNPROVEN_KEYS, failed
from comity.faces.cli.groups.verify import POLICY_BYTES_MAX
from comity.faces.cli.session import Session, read_file, session
from comity.faces.cli.showing import moment_s, say, table
from comity.flows.check_pages import Checked, check_pages
from comity.flows.pages import Head
from comity.node.static_files import Written, homes, reader, write_channel, write_listing, writing

ORDER = 30
PAGES_A_WORD = 200
"""So many pages go by until something is told of them."""
ENTRIES_A_WORD = 50_000
group = typer.Typer(help="Channels between this node and others.", no_args_is_help=True)
WORDS = {
    "static-in-use": ("Somebody else is writing to {folder}.", "Wait until that export has ended."),
    "static-ahead": (
        "{folder} shows {shown} entries of {origin}, and this node has {size}.",
        "If a backup was put back, see Restore in docs/operate.md; else write to another folder.",
    ),
    "static-another-tree": (
        "{folder} holds another tree than {origin}.",
        "Nothing of it was changed. Write to another folder, and find out where this one comes from.",
    ),
    "static-no-rest": ("Orders to erase come faster than {origin} is written out.", "Try again later."),
    "channel-behind": ("{origin} has not caught up after a restore yet.", "Let the node reach its writer first."),
    "nothing-signed-yet": ("Nothing is signed in {origin} yet.", "There is nothing to write out."),
    "no-pages": ("There are no pages of a channel in {folder}.", "Give the folder that `comity channel export` wrote."),
    "page-missing": ("A page is missing: {path}", "Copy the folder again, or have it written again."),
    "tile-differs": ("{path} of {origin} isn't what the level below it makes.", "Don't rely on it."),
    "root-not-reached": ("The tiles of {origin} don't lead to the signed root.", "Don't rely on it."),
    "record-not-under-leaf": ("Record {index} of {origin} isn't the one that was signed for.", "Don't rely on it."),
    "field-not-sealed-so": (
        "A value beside record {index} of {origin} isn't the one that was sealed: {why}",
        "Don't rely on it.",
    ),
    "record-withheld": ("Record {index} of {origin} is withheld, and no order says why.", "Ask its writer for it."),
    "erased-without-order": (
        "Record {index} of {origin} is said to be erased, and {order} is no order of its writer for that.",
        "Ask its writer for it.",
    ),
    "origin-not-in-policy": ("The policy doesn't name {origin}.", "Get its key by a way you trust."),
}


@group.command(name="list")
def list_(context: typer.Context) -> None:
    """List every channel: size, what has had its effect, and what is confirmed by its reader and by witnesses."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: list[dict[str, Any]] = desk.get("/channels")
    here.show(found, lambda console: _table(console, found))


def _table(console: Console, found: list[dict[str, Any]]) -> None:
    table = Table("writer", "audience", "lane", "standing", "size", "drained", "confirmed", "witnessed", "origin")
    for each in found:
        numbers = [str(each[key]) for key in ("size", "drained", "confirmed")]
        words = [each[key] for key in ("writer", "audience", "lane", "standing")]
        witnessed = str(max(each["witnessed"].values())) if each["witnessed"] else "-"
        table.add_row(*words, *numbers, witnessed, each["origin"].rpartition("/")[2])
    console.print(table)


@group.command()
def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder for the files; made if it isn't there.")],
    channel: Annotated[
        list[str] | None,
        typer.Option("--channel", help="Origin of a channel; may be given again. Else all between nodes."),
    ] = None,
    without_records: Annotated[
        bool, typer.Option("--without-records", help="Only what proves the tree; bodies that are there go.")
    ] = False,
) -> None:
    """Write channels as plain files that any web server can hand out and anybody can check; again to bring them up to date.

    Only what is new is written. What was erased since goes from the files: until then it stays in them, so run it often.
    """
    here = session(context)
    written: list[Written] = []
    with here.desk() as desk, writing(folder):
        origins = list(channel) if channel else [str(origin) for origin in desk.get("/pages")]
        heads = []
        try:
            for origin in origins:
                head, done = _write(here, desk, folder, origin, records=not without_records)
                heads.append(head)
                written.append(done)
        except OSError as fault:
            raise NotFound("file-not-written", file=str(folder), why=fault.strerror or "") from fault
        finally:
            write_listing(folder, heads)
    here.show(written, lambda console: _say_written(console, folder, written))


def _write(here: Session, desk: Desk, folder: Path, origin: str, *, records: bool) -> tuple[Head, Written]:
    base = f"/pages/{origin.replace('/ch/', '/')}"
    heads: list[Head] = []

    def ask() -> Head:
        heads.append(msgspec.convert(desk.get(base), Head))
        return heads[-1]

    told = _every(here, PAGES_A_WORD, f"{origin}: {{done}} of {{all}} pages")
    done = write_channel(folder, ask, lambda path: desk.get_bytes(f"{base}/{path}"), records=records, told=told)
    return heads[-1], done


def _every(here: Session, step: int, text: str) -> Callable[[int, int], None]:
    def told(done: int, of: int) -> None:
        if done % step == 0:
            here.progress(text.format(done=done, all=of))

    return told


def _say_written(console: Console, folder: Path, written: list[Written]) -> None:
    rows = [(w.before, w.size, w.pages, len(w.rewritten), w.removed, w.origin) for w in written]
    table(console, ("before", "now", "new pages", "erased in", "taken away", "origin"), rows)
    for each in written:
        for path in each.rewritten:
            say(console, f"{each.origin.rpartition('/')[2]}/{path} was written anew: something in it was erased.")
    say(
        console,
        f"{folder} holds records as they are, open to whoever reads it. Run this again so that erasures reach it.",
    )


@group.command()
def check(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder that `comity channel export` wrote, or a copy of it.")],
    policy: Annotated[
        Path | None, typer.Option(help="Policy file with the keys you trust. Never one that came with the folder.")
    ] = None,
) -> None:
    """Check channels that lie in a folder, offline and without a node: every hash up to the signed root, every record under its leaf.

    Exit codes: 0 all hold, 1 refused, 3 malformed, 5 consistent but keys unproven.
    """
    here = session(context)
    believed = parse_policy(read_file(policy, POLICY_BYTES_MAX)) if policy is not None else None
    found = homes(folder)
    if not found:
        raise NotFound("no-pages", folder=str(folder))
    rows = [_checked(here, home, believed) for home in found]
    here.show(rows, lambda console: _say_checked(console, rows))
    raise typer.Exit(_verdict(rows))


def _checked(here: Session, home: Path, policy: Policy | None) -> dict[str, Any]:
    """What was found of one channel; a fault of one doesn't hide the others."""
    told = _every(here, 1, f"{home.name}: {{done}} entries")
    try:
        found = check_pages(
            reader(home),
            home.name,
            policy,
            records=(home / "records").is_dir(),
            told=lambda done: told(done, 0) if done % ENTRIES_A_WORD < 256 <= done else None,
        )
    except ComityError as fault:
        return {
            "channel": home.name,
            "verdict": "refused",
            "fault": fault.code,
            "facts": fault.facts,
            "exit": failed(fault).exit_code,
        }
    verdict, code = _judged(found)
    return {"channel": home.name, "verdict": verdict, "fault": None, **msgspec.to_builtins(found), "exit": code}


def _judged(found: Checked) -> tuple[str, int]:
    if not found.keys_proven:
        return "consistent-keys-unproven", UNPROVEN_KEYS
    return ("holds", OK) if found.quorum else ("no-quorum", REFUSED)


def _verdict(rows: list[dict[str, Any]]) -> int:
    """The gravest: a refusal, then what can't be read, then keys that nobody vouches for."""
    codes = {row["exit"] for row in rows}
    return REFUSED if REFUSED in codes else max(codes)


def _say_checked(console: Console, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if row["fault"]:
            what, mend = WORDS.get(row["fault"], (f"It can't be believed: {row['fault']}.", "Have it written again."))
            say(console, f"REFUSED {row['channel']}: {what.format_map(row['facts'])}", "bold red")
            say(console, f"    {mend.format_map(row['facts'])}")
            continue
        style = {"holds": "bold green", "no-quorum": "bold red"}.get(row["verdict"], "bold yellow")
        say(console, f"{row['verdict'].upper().replace('-', ' ')}: {row['origin']}, {row['size']} entries", style)
        say(console, f"    root {row['root']}")
        states = ", ".join(f"{count} {state}" for state, count in row["states"].items())
        say(console, f"    records: {states or 'none are here, only the tree was checked'}")
        if row["elsewhere"]:
            say(console, f"    {row['elsewhere']} were erased by orders in other channels, which were not looked at")
        for name, time_s in row["cosigned_by"]:
            say(console, f"    cosigned by {name} at {moment_s(time_s)}")
        if not row["keys_proven"]:
            say(
                console,
                "    Whoever forges everything gets that far too. Get the policy from somebody you trust: --policy",
                "yellow",
            )
