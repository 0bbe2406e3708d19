"""`comity oversight`: who reads the journal from outside; and the overseer's own desk, which needs no node."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
import typer
from rich.console import Console

from comity.domain.ledger import VerifierKey
from comity.errors import NotFound
from comity.faces.cli.client import Desk
from comity.faces.cli.exits import REFUSED
from comity.faces.cli.session import Session, read_file, session, write_file
from comity.faces.cli.showing import moment, moment_s, say, table
from comity.flows.carry import NOTE_BYTES_MAX
from comity.flows.check_journal import JournalChecked
from comity.flows.pages import Head

ORDER = 87
RECEIPT_BYTES_MAX = 2 * 1024 * 1024
LIMITS = {
    "never-entered-cannot-be-proven": "An act that was never entered, and of which nobody else has anything, can't be found this way.",
}
WORDS: dict[str, tuple[str, str]] = {
    "not-a-cosigners-key": ("{name} is no key of a cosigner.", "Take the vkey that `comity oversight key` shows."),
    "overseer-name": ("That can't be the name of an overseer.", "Use 1 to 120 characters."),
    "overseer-is-ourselves": ("{name} is a key of this node.", "An overseer stands outside: take its own key."),
    "overseer": ("There is no overseer {overseer}.", "See: comity oversight list"),
    "overseer-key-name": ("{name} can't be the name of a key.", "Use a host of the overseer and a word: court.kr.example/oversight"),
    "overseer-desk": ("{folder} is no desk of an overseer.", "Make one: comity oversight key"),
    "overseer-memory-unreadable": ("{file} can't be read.", "Restore it from a copy. Beginning anew would accept any other journal."),
    "decided-already": ("That is {state} already.", "See: comity oversight list"),
    "second-person": ("{by} has proposed it.", "Somebody else decides."),
    "not-our-journal": ("{origin} is no journal of this node.", "Send it to the node whose journal it is."),
    "size-not-signed": ("This node has signed no journal of {size} records.", "Find out where that checkpoint comes from: it may be another copy of this node."),
    "another-root": ("At {size} records this node's journal is another one.", "Keep both: that is evidence of a fork. comity evidence"),
    "no-overseers-line": ("No enrolled overseer has signed that.", "See: comity oversight list"),
    "journal-went-back": ("The journal has {size} records, and had {seen_size} when it was cosigned.", "Keep both copies, and ask the node."),
    "journal-forked": ("The first {seen_size} records of the journal aren't those that were cosigned.", "Keep both copies: the two checkpoints prove it."),
    "no-journal": ("This node keeps no journal yet.", "Start it once."),
    "overseer-silent": ("{overseer} has not cosigned the journal for more than a day; {behind} records are unconfirmed.", "Write it out: comity oversight export, and ask the overseer."),
    "line-not-taken": ("{peer} doesn't take the cosignature (status {status}).", "Is this node its overseer, and the file of its journal?"),
    "journal-list": ("{peer} tells no list of journals: {why}", "Ask its officer which version its node has."),
    "act": ("Nothing here has the id {act}.", "Give the id of a record, a request, a report or a case."),
}  # fmt: skip
group = typer.Typer(help="Who reads the journal from outside, and that overseer's own desk.", no_args_is_help=True)

Proposal = Annotated[str, typer.Argument(help="Id of the proposal.")]
Folder = Annotated[Path, typer.Argument(help="Folder that `comity oversight export` wrote, or a copy of it.")]
Log = Annotated[str, typer.Option("--log", help="vkey of the journal, got from the node by a way you trust.")]
DeskFolder = Annotated[Path, typer.Option("--desk", help="The overseer's own folder, which `key` made.")]


# ---- at the node ----------------------------------------------------------------------------------------------------------


@group.command(name="list")
def list_(context: typer.Context) -> None:
    """Show overseers and how far they have confirmed, the journal's vkeys, and what waits for a second person."""
    here = session(context)
    with here.desk() as desk:
        found: dict[str, Any] = desk.get("/oversight")

    def human(console: Console) -> None:
        rows = [
            (e["name"], "order " + e["order"] if e["order"] else "skeleton", e["confirmed"], e["behind"],
             moment(e["confirmed_at"]), "MISSING" if e["silent"] else "")
            for e in found["overseers"]
        ]  # fmt: skip
        table(console, ("overseer", "reads", "confirmed", "behind", "at", "today's line"), rows)
        for origin, vkey in found["journals"].items():
            say(console, f"journal {origin}: {vkey}")
        for each in found["proposals"]:
            if each["state"] == "proposed":
                say(console, f"waits for a second person: {each['proposal']} {each['terms']} by {each['by']}")

    here.show(found, human)


@group.command()
def enroll(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What the overseer is called here.")],
    vkey: Annotated[str, typer.Argument(help="Its vkey, got by a way you trust.")],
    order: Annotated[str | None, typer.Option(help="Order by which it reads names and reasons too.")] = None,
) -> None:
    """Propose that somebody outside reads the journal and confirms it daily; a second person confirms."""
    _post(context, "/oversight", {"name": name, "vkey": vkey, "order": order}, _say_proposal)


@group.command()
def end(context: typer.Context, name: Annotated[str, typer.Argument(help="Name of the overseer.")]) -> None:
    """Propose that an overseer reads no longer; a second person confirms."""
    _post(context, f"/oversight/end/{quote(name, safe='')}", {}, _say_proposal)


@group.command()
def confirm(context: typer.Context, proposal: Proposal) -> None:
    """Confirm what somebody else has proposed about an overseer."""
    _post(context, f"/oversight/proposals/{proposal}", {"confirmed": True}, _say_decision)


@group.command()
def reject(context: typer.Context, proposal: Proposal) -> None:
    """Reject what somebody else has proposed about an overseer."""
    _post(context, f"/oversight/proposals/{proposal}", {"confirmed": False}, _say_decision)


@group.command()
def export(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the overseer.")],
    folder: Annotated[Path, typer.Argument(help="Folder for the files; made if it isn't there.")],
) -> None:
    """Write the journal for an overseer as plain files; again to bring them up to date."""
    here = session(context)
    with here.desk() as desk:
        found: dict[str, Any] = desk.get("/oversight")
        base = f"/oversight/pages/{quote(name, safe='')}"
        _write(here, desk, folder, [f"{base}/{origin.replace('/ch/', '/')}" for origin in found["journals"]])


@group.command()
def pull(
    context: typer.Context,
    peer: Annotated[str, typer.Argument(help="Node whose overseer we are.")],
    folder: Annotated[Path, typer.Argument(help="Folder for the files; made if it isn't there.")],
) -> None:
    """At an overseer that has a node: fetch a peer's journal over the exchange, as plain files; then `cosign` and `bring`."""
    here = session(context)
    with here.desk() as desk:
        found: dict[str, Any] = desk.get(f"/overseeing/{peer}")
        channels = [VerifierKey.parse(vkey).name.rpartition("/")[2] for vkey in found["vkeys"]]
        _write(here, desk, folder, [f"/overseeing/{peer}/{channel}" for channel in channels])


@group.command()
def bring(
    context: typer.Context,
    peer: Annotated[str, typer.Argument(help="Node whose journal it is.")],
    file: Annotated[Path, typer.Argument(help="File that `cosign` wrote.")],
) -> None:
    """At an overseer that has a node: bring its cosignature over the exchange."""
    note = read_file(file, NOTE_BYTES_MAX).decode("utf-8", "replace")
    _post(context, f"/overseeing/{peer}/cosign", {"note": note}, lambda console, _: say(console, f"{peer} has it."))


def _write(here: Session, desk: Desk, folder: Path, bases: list[str]) -> None:
    from comity.node.static_files import write_channel, write_listing, writing  # here: others needn't pay for the store

    written, heads = [], []
    with writing(folder):
        for base in bases:

            def ask(base: str = base) -> Head:
                heads.append(msgspec.convert(desk.get(base), Head))
                return heads[-1]

            def get(path: str, base: str = base) -> bytes:
                return bytes(desk.get_bytes(f"{base}/{path}"))

            written.append(write_channel(folder, ask, get, records=True, told=lambda _done, _of: None))
        write_listing(folder, heads)

    def human(console: Console) -> None:
        for each in written:
            say(console, f"{each.origin}: {each.before} -> {each.size} records in {folder}")

    here.show(written, human)


@group.command()
def take(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="File that `comity oversight cosign` wrote.")],
) -> None:
    """Take an overseer's cosignature."""
    note = read_file(file, NOTE_BYTES_MAX).decode("utf-8", "replace")
    _post(
        context,
        "/oversight/lines",
        {"note": note},
        lambda console, found: say(console, f"{found['name']} has confirmed {found['confirmed']} records."),
    )


@group.command()
def follow(
    context: typer.Context,
    act: Annotated[str, typer.Argument(help="Id of a record, a request, a report or a case.")],
) -> None:
    """Follow an act to its basis: who did what, the route, the texts that were read, the approvals, the cases."""
    here = session(context)
    with here.desk() as desk:
        found: dict[str, Any] = desk.get(f"/oversight/acts/{quote(act, safe='')}")

    def human(console: Console) -> None:
        for each in found["acts"]:
            entry = each["entry"]
            who = each["name"] or each["actor"] or ", ".join(each["roles"])
            outcome = "" if entry.get("outcome", "granted") == "granted" else f" REFUSED {entry.get('reasons')}"
            basis = entry.get("basis") or "-"
            say(
                console,
                f"{moment(entry['at'])} {who}: {entry['act']}{outcome}, purpose {entry.get('purpose')}, basis {basis}",
            )
        say(console, f"route: {found['route'] or 'none'}")
        for each in found["documents"]:
            say(console, f"text read by {each['by']}: {each['title']}, sha256 {each['sha256']}")
        for each in found["approvals"]:
            say(console, f"decided: {each['event']} by {each['by']} as {each['role']}, {moment(each['at'])}")
        for each in found["cases"]:
            say(console, f"case {each['number']}, basis {each['basis'] or '-'}")
        _say_lacking(console, found)

    here.show(found, human)
    if found["lacking"]:
        raise typer.Exit(REFUSED)


@group.command()
def compare(context: typer.Context) -> None:
    """Hold everything that was sent and received against the journal: which lacks what. Exit code 1 if anything is lacking."""
    here = session(context)
    with here.desk() as desk:
        found: dict[str, Any] = desk.get("/oversight/compare")

    def human(console: Console) -> None:
        say(console, f"{found['sent']} sent ({found['receipted']} confirmed by their readers), {found['received']} received; "
            f"{found['acts']} records in the journal; {found['before']} are older than it.")  # fmt: skip
        _say_lacking(console, found)

    here.show(found, human)
    if found["lacking"]:
        raise typer.Exit(REFUSED)


# ---- at the overseer's desk -----------------------------------------------------------------------------------------------


@group.command()
def key(
    context: typer.Context,
    desk: Annotated[Path, typer.Argument(help="Folder of the overseer's desk; made if it isn't there.")],
    name: Annotated[str, typer.Argument(help="Name of its key: court.kr.example/oversight")],
) -> None:
    """Make the overseer's key, on its own machine, and show the vkey that the node enrolls."""
    from comity.node.overseeing import make_key

    here = session(context)
    made = make_key(desk, name)
    here.show({"vkey": made.text}, lambda console: say(console, made.text))


@group.command()
def check(
    context: typer.Context,
    folder: Folder,
    log: Log,
    desk: Annotated[
        Path | None, typer.Option("--desk", help="The overseer's own folder: what it saw last counts.")
    ] = None,
    receipt: Annotated[
        list[Path] | None, typer.Option("--receipt", help="A partner's receipt of an act of this node.")
    ] = None,
) -> None:
    """Check a journal without a node: whole, the same as last time and more, and with an entry for each receipt. Exit code 1 if not."""
    from comity.node.overseeing import examine

    here = session(context)
    given = [(str(path), read_file(path, RECEIPT_BYTES_MAX)) for path in receipt or ()]
    found = examine(desk, folder, VerifierKey.parse(log), given)
    here.show(found, lambda console: _say_checked(console, found))
    if found.missing:
        raise typer.Exit(REFUSED)


@group.command()
def cosign(
    context: typer.Context,
    folder: Folder,
    log: Log,
    desk: DeskFolder,
    out: Annotated[Path, typer.Option(help="File for the checkpoint with the overseer's line, for the node.")],
) -> None:
    """Check a journal, remember it, and confirm it by the overseer's key; daily. Nothing is signed that isn't what was seen before, and more."""
    from comity.node.overseeing import cosign as cosigned

    here = session(context)
    now_s = int(time.time())
    found, note = cosigned(desk, folder, VerifierKey.parse(log), now_s)
    try:
        write_file(out, note)
    except OSError as fault:
        raise NotFound("file-not-written", file=str(out), why=fault.strerror or "") from fault

    def human(console: Console) -> None:
        _say_checked(console, found)
        say(console, f"cosigned at {moment_s(now_s)}; {out} goes to the node: comity oversight take {out}")

    here.show({"checked": found, "file": str(out)}, human)


def _say_checked(console: Console, found: JournalChecked) -> None:
    say(console, f"HOLDS: {found.pages.origin}, {found.pages.size} records, {found.fresh} of them new", "bold green")
    say(console, f"    {found.entries} acts and reads, root {found.pages.root}")
    for each in found.missing:
        say(console, f"    {each.receipt}: {each.code}, {each.kind} {each.record} of {moment(each.made)}", "bold red")
    say(console, f"    {LIMITS['never-entered-cannot-be-proven']}")


def _post(context: typer.Context, path: str, body: object, human: Callable[[Console, dict[str, Any]], None]) -> None:
    here: Session = session(context)
    with here.desk() as desk:
        found: dict[str, Any] = desk.post(path, body)
    here.show(found, lambda console: human(console, found))


def _say_proposal(console: Console, found: dict[str, Any]) -> None:
    say(console, f"Proposed as {found['proposal']}. Next, somebody else: comity oversight confirm {found['proposal']}")


def _say_decision(console: Console, found: dict[str, Any]) -> None:
    say(console, f"{found['terms'].get('overseer', found['proposal'])} is {found['state']}.")


def _say_lacking(console: Console, found: dict[str, Any]) -> None:
    for each in found["lacking"]:
        where = f" at {each['origin']} {each['index']}" if each["origin"] else ""
        say(console, f"LACKING {each['code']}: {each['record']}{where}", "bold red")
    say(console, LIMITS.get(found["limit"], found["limit"]))
