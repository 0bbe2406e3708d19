"""`comity evidence`: what shows that a node broke the protocol, kept, handed on, and judged by anybody."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from comity.domain.ledger import parse_policy
from comity.domain.receipt.evidence import EVIDENCE_BYTES_MAX, Judgement, judge_evidence
from comity.domain.terms import Reason, Refused
from comity.faces.cli.exits import OK, REFUSED, failed_by
from comity.faces.cli.session import read_file, session, write_file
from comity.faces.cli.showing import flat, pairs, say, table

ORDER = 85
POLICY_BYTES_MAX = 4 * 1024 * 1024
group = typer.Typer(help="Evidence of misconduct that a third machine can judge.", no_args_is_help=True)

SHOWN = {
    "two-roots-of-one-size": "The log's key signed two different trees of one size.",
    "two-histories": "The log's key signed two trees in which different entries stand at one place; neither can have grown from the other.",
    "one-id-twice": "The log's key signed a tree in which one record id stands at two places.",
    "claims-to-be-older-than-its-place": "The record wasn't in the tree that others cosigned, and claims to have been made long before that.",
    "cosigned-two-roots-of-one-size": "The cosigner's key signed two different trees of one size.",
    "cosigned-a-smaller-tree-later": "The cosigner's key signed a smaller tree at a later time than a larger one.",
}
NOT_SHOWN = {
    "intent": "whether it was meant, or a restored backup, a fault or a thief",
    "who-held-the-key": "who used the key: it shows only that nobody without it could have made this",
    "which-history-is-true": "which of two histories is the true one",
    "clock-beyond-cosigners": "a time better than the clocks of those who cosigned",
}
WORDS = {
    "evidence": ("There is no such evidence here.", "See: comity evidence list"),
    "evidence-shape": ("This is no evidence file: {why}", "Fetch it again; not one byte may be edited."),
    "evidence-unknown": ("Evidence of this kind isn't known here: {kind}", "Judge it with a newer version."),
    "evidence-not-canonical": ("The file has been edited or reformatted.", "Fetch it again; not one byte may be edited."),
    "nothing-kept": ("Nothing is kept against {origin}.", "See: comity evidence list"),
}  # fmt: skip


@group.command(name="list")
def list_(context: typer.Context) -> None:
    """List what this node can show, and about whom."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: list[dict[str, Any]] = desk.get("/evidence")

    def human(console: Console) -> None:
        rows = [(each["origin"], each["kind"], each["standing"], each["why"]) for each in found]
        if rows:
            table(console, ("channel", "shows", "standing", "why"), rows)
        else:
            say(console, "Nothing is kept against anybody.")

    here.show(found, human)


@group.command()
def export(
    context: typer.Context,
    origin: Annotated[str, typer.Argument(help="The channel: police.kr.example/ch/0123456789abcdef")],
    into: Annotated[Path, typer.Option("--dir", help="Folder to write to.")] = Path("."),
) -> None:
    """Write everything that is kept about a channel to KIND-NUMBER-CHANNEL.evidence."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found = [each for each in desk.get("/evidence") if each["origin"] == origin]
        if not found:
            raise failed_by(Refused((Reason("nothing-kept", {"origin": origin}),)))
        files = []
        for number, each in enumerate(found):
            path = into / f"{each['kind']}-{number}-{origin.rpartition('/')[2]}.evidence"
            write_file(path, desk.get_bytes(each["file"]))
            files.append(str(path))

    def human(console: Console) -> None:
        for file in files:
            say(console, file)
        say(console, "Anybody can judge them: comity evidence judge FILE --policy POLICY")

    here.show({"files": files}, human)


@group.command()
def judge(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The evidence: NAME.evidence")],
    policy: Annotated[
        Path, typer.Option(help="Policy with the keys you trust. Never one that came with the evidence.")
    ],
) -> None:
    """Say whether FILE proves what it shows, under the keys in POLICY. Works offline, without a node.

    Exit codes: 0 proven, 1 not proven, 3 malformed.
    """
    here = session(context)
    raw, trusted = read_file(file, EVIDENCE_BYTES_MAX), read_file(policy, POLICY_BYTES_MAX)
    found = judge_evidence(raw, parse_policy(trusted))
    here.show(_told(found), lambda console: _print(console, file, found))
    raise typer.Exit(OK if found.proven else REFUSED)


def _told(found: Judgement) -> dict[str, Any]:
    return {
        "verdict": "proven" if found.proven else "not-proven",
        "kind": found.kind,
        "accused": found.accused or None,
        "reason": found.reason,
        "what": SHOWN.get(found.reason),
        "facts": found.facts,
        "does_not_show": [NOT_SHOWN[code] for code in found.shows_not] if found.proven else [],
    }


def _print(console: Console, file: Path, found: Judgement) -> None:
    if not found.proven:
        say(console, f"NOT PROVEN: {file.name} shows nothing under these keys ({found.reason}).", "bold yellow")
        pairs(console, flat(found.facts), indent=4)
        return
    say(console, f"PROVEN against {found.accused}", "bold red")
    say(console, SHOWN[found.reason])
    pairs(console, flat(found.facts), indent=4)
    say(console, "It doesn't show:")
    for code in found.shows_not:
        say(console, f"    - {NOT_SHOWN[code]}")
