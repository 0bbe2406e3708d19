"""What was refused because it breaks the rules of the exchange: counted by peer and kind, told once a day, kept in little room.

A flood adds to two numbers and writes no further row, so nobody can fill a disk by being refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from comity.domain.terms import Instant
from comity.errors import ComityError, Malformed, Misconduct, Unproven, Unreachable
from comity.ports import Fact, Moved, Noticed, World

DAY_MS = 86_400_000
NOBODY = ""
"""Stands for whoever has shown no certificate of a known peer."""

KINDS = (
    # before anybody is known
    "handshake-stalled",
    "no-certificate",
    "foreign-certificate",
    "certificate-out-of-date",
    "old-tls",
    "tls-nonsense",
    "connections-over-quota",
    "lines-over-quota",
    "not-admitted",
    # what was asked, and how
    "head-too-large",
    "head-too-slow",
    "body-too-slow",
    "body-too-large",
    "reading-too-slow",
    "not-http",
    "framing",
    "pipelining",
    "encoded-body",
    "wrong-type",
    "path-trick",
    "host-trick",
    "method-trick",
    "override-header",
    "malformed",
    "forged-cosignature",
    # how much of it
    "over-quota",
    "over-quota-urgent",
    "over-quota-rescue",
    "records-over-quota",
    # what was answered to us, or written for us
    "answer-redirects",
    "answer-encoded",
    "answer-too-large",
    "answer-too-slow",
    "answer-broken",
    "answer-malformed",
    "answer-unproven",
    "quarantined",
    "claim-unfounded",
    "false-name",
)
"""The closed list; a face has words for each. Names stay, since counts are kept under them."""

_ANSWERS = {
    "body-is-encoded": "answer-encoded",
    "body-too-large": "answer-too-large",
    "body-too-slow": "answer-too-slow",
    "answer-not-http": "answer-broken",
    "head-too-long": "answer-broken",
}


@dataclass(frozen=True)
class Met:
    """So many refusals of one kind. `peer` is a name of the roster, or NOBODY."""

    peer: str
    kind: str
    count: int
    last: Instant


def attacked(world: World, met: Sequence[Met]) -> None:
    """Notes refusals: the one place that does. Conflict when somebody else counts at the same moment; then count again."""
    facts: list[Fact] = []
    for each in met:
        count, last = (world.store.cursor(name) for name in _cursors(each.peer, each.kind))
        counted, told = _cursors(each.peer, each.kind)
        facts.append(Moved(counted, count, count + each.count))
        if each.last > last:
            facts.append(Moved(told, last, each.last))
        about = {"peer": each.peer, "attack": each.kind}
        facts.append(Noticed(f"attack {each.kind} {each.last // DAY_MS} {each.peer}", each.last, "attack", about))
    if facts:
        world.store.keep((), facts)


def attacks(world: World, peers: Iterable[str]) -> list[Met]:
    """What was noted about these peers, and about nobody in particular."""
    found = []
    for peer in (NOBODY, *peers):
        for kind in KINDS:
            counted, told = _cursors(peer, kind)
            if count := world.store.cursor(counted):
                found.append(Met(peer, kind, count, Instant(world.store.cursor(told))))
    return found


def attack_of(fault: ComityError) -> str | None:
    """The kind of refusal that this fault of asking a peer is; None where it may be the line, or our own doing."""
    match fault:
        case Malformed(code=code) | Unreachable(code=code) if code in _ANSWERS:
            return _ANSWERS[code]
        case Unreachable(code="peer-status", facts={"status": int(status)}) if 300 <= status < 400:
            return "answer-redirects"
        case Malformed():
            return "answer-malformed"
        case Unproven() | Misconduct():
            return "answer-unproven"
    return None


def _cursors(peer: str, kind: str) -> tuple[str, str]:
    return f"attacks {kind} {peer}", f"attacked {kind} {peer}"
