"""Faults as exit codes and headlines: one complete table; a test holds it against the tree in errors.py."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from comity import errors
from comity.domain.terms import Refused

OK, REFUSED, USAGE, MALFORMED, UNREACHABLE, UNPROVEN_KEYS = range(6)

REFUSED_WORD = "refused"

# class: (exit code, what happened, how it's mended unless the code has its own words)
EXITS: dict[type[errors.ComityError], tuple[int, str, str]] = {
    errors.ComityError: (
        REFUSED,
        "Something went wrong in this node.",
        "Look at the node's own output, then run: comity doctor",
    ),
    errors.Malformed: (
        MALFORMED,
        "What was given can't be read.",
        "Correct it, or ask whoever made it for a fresh copy.",
    ),
    errors.MalformedNote: (MALFORMED, "The signed note can't be read.", "Fetch it again; it must not be edited."),
    errors.MalformedRecord: (MALFORMED, "The record can't be read.", "Fetch it again; its bytes must not change."),
    errors.Unproven: (REFUSED, "The evidence doesn't hold.", "Don't rely on it. Ask for it again by another way."),
    errors.BadSignature: (
        REFUSED,
        "A signature by a known key fails.",
        "Don't rely on it. Ask the signer for a fresh copy.",
    ),
    errors.BadProof: (
        REFUSED,
        "The proof doesn't lead to the signed root.",
        "Don't rely on it. Ask for it again by another way.",
    ),
    errors.UnknownKey: (
        UNPROVEN_KEYS,
        "Nobody whose key is trusted here has signed this.",
        "Get the signer's key by a way you trust: an invitation, a roster or a policy file.",
    ),
    errors.Misconduct: (
        REFUSED,
        "A peer broke the protocol; its channel has stopped.",
        "Keep the evidence and call the peer's officer.",
    ),
    errors.Equivocation: (
        REFUSED,
        "A peer signed two histories that can't both be true.",
        "Keep the evidence, call the peer's officer, decide about its admission: comity peer suspend",
    ),
    errors.Rollback: (
        REFUSED,
        "A peer went back behind what it had signed.",
        "Keep the evidence and call the peer's officer.",
    ),
    errors.NotFound: (REFUSED, "There is no such thing here.", "Check the name, or list what is there."),
    errors.Conflict: (
        REFUSED,
        "The present state rules this out.",
        "Look at the present state and try what it allows.",
    ),
    errors.Fenced: (
        REFUSED,
        "The store is behind its own signatures and may not sign.",
        "Find the newer database; see Restore in docs/operate.md. To look inside: comity doctor",
    ),
    errors.Misconfigured: (USAGE, "Settings, keys or files of this node don't fit together.", "Run: comity doctor"),
    errors.Busy: (UNREACHABLE, "Too busy at the moment.", "Try again shortly."),
    errors.NoSpace: (
        UNREACHABLE,
        "A disk of this node is full; nothing half-written was kept.",
        "Make room on it, and try again. Where there is little left: comity doctor",
    ),
    errors.Unreachable: (
        UNREACHABLE,
        "A peer can't be reached, or not over a connection that may be trusted.",
        "Run: comity peer check NAME",
    ),
}


@dataclass
class Failed(Exception):
    """A fault or a refusal as the command line reports it.

    kind     class in errors.py; None for a refusal
    reasons  (code, facts) of each reason of a refusal
    """

    kind: type[errors.ComityError] | None
    code: str
    facts: dict[str, Any] = field(default_factory=dict)
    reasons: tuple[tuple[str, dict[str, Any]], ...] = ()
    detail: str = ""

    @property
    def exit_code(self) -> int:
        return REFUSED if self.kind is None else nearest(self.kind)[0]


def nearest(kind: type[errors.ComityError]) -> tuple[int, str, str]:
    """The row of this class, or of the nearest one above it."""
    return next(EXITS[each] for each in kind.__mro__ if each in EXITS)


def failed(fault: errors.ComityError) -> Failed:
    """A fault that arose in this process."""
    return Failed(type(fault), fault.code, dict(fault.facts))


def failed_by(no: Refused) -> Failed:
    """A refusal that arose in this process."""
    return Failed(None, REFUSED_WORD, reasons=tuple((reason.code, reason.facts) for reason in no.reasons))


def failed_there(status: int, problem: dict[str, Any]) -> Failed:
    """A problem document that the API answered with."""
    word = str(problem.get("type", "")).removeprefix("urn:comity:problem:")
    facts: dict[str, Any] = problem.get("facts") or {}
    if word == REFUSED_WORD:
        reasons = tuple((str(each["code"]), dict(each["facts"])) for each in facts.get("reasons", ()))
        return Failed(None, REFUSED_WORD, reasons=reasons)
    by_status = {401: errors.Misconfigured, 403: errors.Misconfigured, 404: errors.NotFound}
    other = by_status.get(status, errors.Malformed if status < 500 else errors.ComityError)
    code, detail = str(problem.get("code", word)), str(problem.get("detail", ""))
    return Failed(_CLASSES.get(word, other), code, facts, detail=detail)


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


_CLASSES = {_kebab(kind.__name__): kind for kind in EXITS}
