"""Checking a receipt: in the reader's own browser, without asking anybody; or, where scripts are off, by this node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post

from comity.domain.ledger import Policy, parse_policy
from comity.domain.ledger.proof import HEADER as PROOF_HEADER
from comity.domain.receipt import PROVES_NOT, Verified, verify_receipt
from comity.domain.terms import Instant
from comity.errors import BadProof, BadSignature, ComityError, MalformedNote, MalformedRecord, UnknownKey
from comity.faces.console.forms import Form, Sent
from comity.faces.console.rail import Entry, Verb
from comity.faces.console.render import Seen
from comity.flows.certify import policy_text

FILES_BYTES_MAX = 4 * 1024 * 1024
PARTS = ("form", "signature", "key", "place", "record", "browser")
_PART_OF = {
    MalformedNote: "form",
    MalformedRecord: "record",
    BadSignature: "signature",
    UnknownKey: "key",
    BadProof: "place",
}


@dataclass(frozen=True)
class Checked:
    """What this node found about one file.

    part, code  of what failed; empty where nothing did
    """

    name: str
    seen: Verified | None
    part: str = ""
    code: str = ""
    served: Instant | None = None


@get("/desk/check", sync_to_thread=True)
def check(desk: Seen) -> Response[Any]:
    """The page; `receipt=HOST/CHANNEL/INDEX` names one of ours that is checked at once."""
    return _shown(desk, Form(), ours=_path(desk.request.query_params.get("receipt", "")))


@post("/desk/check", sync_to_thread=True, request_max_body_size=FILES_BYTES_MAX)
def by_the_node(desk: Seen, form: Sent) -> Response[Any]:
    """The same check by this node, for browsers without script; nothing of the files is kept."""
    files = [(file.filename or "file", file.file.read()) for file in form.files.get("files", ())]
    files = [(name, raw) for name, raw in files if raw]
    if not files:
        form.fault("files", "check.no_file")
    policy, named = None, "check.by_nothing"
    try:
        policy, named = _policy(desk, form, files)
    except MalformedNote:
        form.fault("files", "check.policy_unread")
    if not form.good:
        return _shown(desk, form, status=422)
    proofs = [(name, raw) for name, raw in files if is_receipt(raw)]
    beside = next((raw for _, raw in files if not is_receipt(raw) and not is_policy(raw)), None)
    if not proofs:
        form.fault("files", "check.no_receipt")
        return _shown(desk, form, status=422)
    return _shown(desk, form, checked=[checked(name, raw, policy, beside) for name, raw in proofs], named=named)


def checked(name: str, raw: bytes, policy: Policy | None, envelope: bytes | None) -> Checked:
    """One file, part by part; the first part that fails is named."""
    try:
        seen = verify_receipt(raw, policy=policy, envelope=envelope)
    except ComityError as fault:
        return Checked(name, None, part_of(fault), fault.code)
    return Checked(name, seen, served=Instant(seen.served_s * 1000) if seen.served_s is not None else None)


def part_of(fault: ComityError) -> str:
    """Which part of a receipt a fault is about, as the page words it."""
    if fault.code == "issuer-not-the-writer":
        return "record"
    return next((part for kind, part in _PART_OF.items() if isinstance(fault, kind)), "form")


def is_receipt(raw: bytes) -> bool:
    return raw.startswith(PROOF_HEADER.encode())


def is_policy(raw: bytes) -> bool:
    """Whether it begins as a policy does: with a line about a log, a witness, a quorum, or a comment."""
    return raw.startswith((b"log ", b"witness ", b"group ", b"quorum ", b"#"))


def _policy(desk: Seen, form: Form, files: list[tuple[str, bytes]]) -> tuple[Policy | None, str]:
    """The keys that count, and the message that says where they come from."""
    keys = form.text("keys") or "roster"
    if keys == "none":
        return None, "check.by_nothing"
    if keys == "file":
        given = next((raw for _, raw in files if is_policy(raw)), None)
        if given is None:
            form.fault("keys", "check.no_policy")
            return None, "check.by_file"
        return parse_policy(given), "check.by_file"
    return parse_policy(policy_text(desk.world)), "check.by_roster"


def _path(said: str) -> str:
    """`host/channel/index` as part of an address; empty for anything else."""
    parts = said.split("/")
    good = len(parts) == 3 and parts[2].isdecimal() and all(part.isascii() and part.isprintable() for part in parts)
    return said if good and ".." not in said and not set(said) & set(' "<>?#%&\\') else ""


def _shown(
    desk: Seen, form: Form, *, status: int = 200, ours: str = "", checked: list[Checked] | None = None, named: str = ""
) -> Response[Any]:
    return desk.show(
        "check.html",
        status=status,
        form=form,
        ours=ours,
        checked=checked,
        named=named,
        parts=PARTS,
        proves_not=PROVES_NOT,
    )


pages = [check, by_the_node]
rail = [Entry("check", "/desk/check", "trust", "stored", 4, go="k")]
verbs = [Verb("verb.check", "/desk/check", "stored")]
