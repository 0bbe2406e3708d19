"""`comity verify`: checks a receipt file offline, without a node and without believing anything that came with it."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from comity.domain.ledger import Policy, parse_note, parse_policy, parse_proof
from comity.domain.receipt import Verified, verify_receipt
from comity.domain.record import decode_fields
from comity.domain.record.limits import ENVELOPE_BYTES_MAX, FIELDS_BYTES_MAX
from comity.errors import ComityError, Malformed, NotFound, Unproven
from comity.faces.cli.exits import MALFORMED, OK, REFUSED, UNPROVEN_KEYS, USAGE, failed
from comity.faces.cli.receipt_words import not_shown, part_of
from comity.faces.cli.session import Session, err, read_file, session
from comity.faces.cli.showing import flat, moment, moment_s, pairs, plain, say
from comity.faces.cli.wording import WORDS as WORDING
from comity.faces.cli.wording import lines_for

ORDER = 90
RECEIPT_BYTES_MAX = 2_000_000
POLICY_BYTES_MAX = 4 * 1024 * 1024
LATER = "Get the policy from somebody you trust (comity receipt policy on their node), and check again with --policy."


def command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The receipt: NAME.tlog-proof")],
    policy: Annotated[
        Path | None, typer.Option(help="Policy file with the keys you trust. Never one that came with the receipt.")
    ] = None,
    fields: Annotated[Path | None, typer.Option(help="Opened values beside it: NAME.fields")] = None,
    envelope: Annotated[Path | None, typer.Option(help="The record, where the receipt doesn't hold it.")] = None,
) -> None:
    """Check a receipt: who said what, who held it when, under which keys; and what it doesn't show.

    Works offline, without a node. Exit codes: 0 verified, 1 refused, 2 a file is missing, 3 malformed, 5 consistent but keys unproven.
    """
    here = session(context)
    try:
        raw = read_file(file, RECEIPT_BYTES_MAX)
        trusted = read_file(policy, POLICY_BYTES_MAX) if policy is not None else None
        beside = read_file(fields, FIELDS_BYTES_MAX) if fields is not None else b""
        record = read_file(envelope, ENVELOPE_BYTES_MAX) if envelope is not None else None
    except NotFound as fault:
        # Not "refused": nothing was checked.
        (what, mend), *_ = lines_for(failed(fault), WORDING)
        raise typer.Exit(_fail(here, "not-checked", fault, f"{what}\n{mend}", USAGE)) from fault
    except Malformed as fault:
        text = f"{plain(fault.facts['file'])} is too large for what it should be."
        raise typer.Exit(_fail(here, "malformed", fault, text, MALFORMED)) from fault
    try:
        believed = parse_policy(trusted) if trusted is not None else None
        opened = decode_fields(beside) if beside else ()
        shown = verify_receipt(raw, policy=believed, envelope=record, fields=opened)
    except Malformed as fault:
        raise typer.Exit(_fail(here, "malformed", fault, f"What fails: {part_of(fault)}.", MALFORMED)) from fault
    except Unproven as fault:
        raise typer.Exit(_fail(here, "refused", fault, f"What fails: {part_of(fault)}.", REFUSED)) from fault
    told = _told(shown, raw, trusted, believed)
    here.show(told, lambda console: _print(console, file, shown, told))
    raise typer.Exit(OK if shown.keys_proven else UNPROVEN_KEYS)


def _fail(here: Session, verdict: str, fault: ComityError, text: str, code: int) -> int:
    told = {"verdict": verdict, "code": fault.code, "what": text, "facts": fault.facts, "exit": code}
    heads = {"refused": "REFUSED: this receipt doesn't hold.", "malformed": "MALFORMED: this can't be read."}
    if here.as_json:
        here.show(told, lambda console: None)
        return code
    console = err()
    if verdict in heads:
        say(console, heads[verdict], "bold red")
    say(console, text)
    if verdict == "refused":
        say(console, "Don't rely on it. Ask for it again by another way.")
    elif verdict == "malformed":
        say(console, "Fetch it again; not one byte may be edited.")
    if verdict in heads:
        say(console, f"({fault})", "dim")
    return code


def _told(shown: Verified, raw: bytes, trusted: bytes | None, policy: Policy | None) -> dict[str, Any]:
    note = parse_note(parse_proof(raw).note)
    names = {witness.key.name: witness.name for witness in policy.witnesses} if policy is not None else {}
    return {
        "verdict": "verified" if shown.keys_proven else "consistent-keys-unproven",
        "what": {
            "kind": shown.header.kind if shown.header is not None else None,
            "record": shown.header.id if shown.header is not None else None,
            "issuer": shown.header.issuer if shown.header is not None else None,
            "made": shown.record.envelope.made if shown.record is not None else None,
            "basis": shown.record.envelope.basis if shown.record is not None else None,
            "body": msgspec.to_builtins(shown.record.body) if shown.record is not None else None,
            "unreadable": shown.fault,
        },
        "place": {"origin": shown.origin, "index": shown.index, "size": shown.size},
        "served": {
            "at": moment_s(shown.served_s) if shown.served_s is not None else None,
            "to": [{"name": c.name, "at": moment_s(c.time_s)} for c in shown.delivered],
        },
        "cosigned_by": [
            {"name": c.name, "capacity": c.capacity, "at": moment_s(c.time_s), "in_policy_as": names.get(c.name)}
            for c in shown.cosigners
        ],
        "opened": list(shown.opened),
        "closed": list(shown.closed),
        "unknown_signatures": shown.unknown_lines,
        "compare": {
            "root": shown.root.hex(),
            "receipt_sha256": sha256(raw).hexdigest(),
            "policy_sha256": sha256(trusted).hexdigest() if trusted is not None else None,
            "signed_by": [{"name": line.name, "key_id": line.id.hex()} for line in note.signatures],
        },
        "signed_with_passkey": msgspec.to_builtins(shown.signed) if shown.signed is not None else None,
        "does_not_show": not_shown(signed=shown.signed is not None),
        "exit": OK if shown.keys_proven else UNPROVEN_KEYS,
    }


def _print(console: Console, file: Path, shown: Verified, told: dict[str, Any]) -> None:
    if shown.keys_proven:
        say(console, f"VERIFIED {file.name}, under the keys in the policy you gave.", "bold green")
    else:
        say(console, f"CONSISTENT, KEYS UNPROVEN: {file.name}", "bold yellow")
        say(console, "Its parts fit together. Whoever forges everything gets that far too, so it proves nothing yet.")
    what, place = told["what"], told["place"]
    pairs(
        console,
        [
            ("what", f"{what['kind']} {what['record']}" if what["kind"] else None),
            ("", f"its content can't be read here: {what['unreadable']}" if what["unreadable"] else None),
            ("who", _who(shown)),
            ("made", f"{moment(what['made'])}, as the issuer says" if what["made"] else None),
            ("place", f"number {place['index']} of {place['size']} in {place['origin']}"),
            ("served", _served(shown)),
            *[("cosigned", f"{c.name} at {moment_s(c.time_s)}") for c in shown.cosigners],
            ("signed", _signed(shown)),
            ("open", ", ".join(shown.opened)),
            ("closed", f"{', '.join(shown.closed)} (sealed; the receipt commits to the values)" if shown.closed else None),
            ("unknown", f"{shown.unknown_lines} signatures by keys that the policy doesn't name" if _strange(shown) else None),
        ],
    )  # fmt: skip
    if shown.record is not None:
        say(console, "It says:")
        body = {name: value for name, value in what["body"].items() if name != "signed"}  # told above, in words
        pairs(console, flat(body), indent=4)
    say(console, "Compare over a way that you already trust:" if not shown.keys_proven else "Fingerprints:")
    compare = told["compare"]
    pairs(
        console,
        [
            ("root", compare["root"]),
            ("receipt SHA-256", compare["receipt_sha256"]),
            ("policy SHA-256", compare["policy_sha256"]),
            *[("signed by", f"{line['name']}, key id {line['key_id']}") for line in compare["signed_by"]],
        ],
        indent=4,
    )
    say(console, "It doesn't show:")
    for sentence in told["does_not_show"]:
        say(console, f"    - {sentence}")
    if not shown.keys_proven:
        say(console, LATER, "yellow")


def _signed(shown: Verified) -> str | None:
    if (by := shown.signed) is None:
        return None
    return (
        f"with a passkey ({by.algorithm}) that the issuer enrolled for the account of {by.by}, at {moment(by.at)} as the issuer says, "
        f"over the record with SHA-256 {by.subject}"
    )


def _who(shown: Verified) -> str:
    host = shown.origin.partition("/ch/")[0]
    if shown.header is not None and shown.header.issuer != host:
        return f"{shown.header.issuer}, in a channel of {host}"
    return host if shown.keys_proven else f"{host}, as the receipt claims"


def _served(shown: Verified) -> str:
    if not shown.keys_proven:
        return "not known: no cosignature can be checked without its key"
    if not shown.cosigners:
        return "not shown: nobody but the writer has signed"
    at = moment_s(shown.served_s)
    if not shown.delivered:
        return f"cosigned at {at}; no other node says that it holds the record"
    return f"{at}, held by {', '.join(c.name.rpartition('/')[0] for c in shown.delivered)}"


def _strange(shown: Verified) -> bool:
    return shown.keys_proven and shown.unknown_lines > 0
