"""Refusals in words: what a peer, or somebody unknown, tried. A test holds the list against `flows.attacks.KINDS`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from comity.faces.cli.showing import moment, say, table

KINDS: Mapping[str, str] = {
    "handshake-stalled": "handshakes begun and not finished",
    "no-certificate": "no client certificate shown",
    "foreign-certificate": "a certificate that isn't a peer's",
    "certificate-out-of-date": "a peer's certificate past its dates",
    "old-tls": "TLS older than 1.3",
    "tls-nonsense": "something that is no TLS handshake",
    "connections-over-quota": "more connections than its share: its oldest ended",
    "lines-over-quota": "new connections faster than one address may make them",
    "not-admitted": "a certificate whose owner isn't accepted (any more)",
    "head-too-large": "a request head that is too large",
    "head-too-slow": "a request head that came too slowly",
    "body-too-slow": "a body that came too slowly",
    "body-too-large": "a body that is too large",
    "reading-too-slow": "answers asked for and not taken",
    "not-http": "something that is no HTTP/1.1",
    "framing": "a request with more than one reading",
    "pipelining": "too many requests ahead of their answers",
    "encoded-body": "a compressed body",
    "wrong-type": "a body of a type that nobody reads",
    "path-trick": "a path that isn't spelled plainly",
    "host-trick": "another host's name",
    "method-trick": "a method that a resource doesn't take",
    "override-header": "a header that would change the request's meaning",
    "malformed": "a body that can't be read",
    "forged-cosignature": "a cosignature that isn't the caller's word",
    "over-quota": "more requests than its share",
    "over-quota-urgent": "more urgent requests than its share",
    "over-quota-rescue": "more in the rescue lane than its share: answered all the same",
    "records-over-quota": "more records in a day than are taken in: the rest waits",
    "answer-redirects": "a redirect, which nobody follows",
    "answer-encoded": "a compressed answer, which nobody opens",
    "answer-too-large": "an answer beyond its limit",
    "answer-too-slow": "an answer that came too slowly",
    "answer-broken": "an answer that is no HTTP, or whose head has no end",
    "answer-malformed": "an answer that can't be read",
    "answer-unproven": "an answer whose proof or signature fails",
    "quarantined": "records that can't be read: kept, shown to nobody",
    "claim-unfounded": "claims about records that it never had",
    "false-name": "names made to be taken for others",
}
NOBODY = "unknown"


def show_attacks(console: Console, attacks: Sequence[Mapping[str, Any]]) -> None:
    """A table, most recent first; nothing where there is nothing. `attacks` are rows of `GET /status`."""
    if not attacks:
        return
    say(console, "Refused, because it breaks the rules of the exchange:", "yellow")
    newest = sorted(attacks, key=lambda row: row["last"], reverse=True)
    rows = [
        (row["peer"] or NOBODY, KINDS.get(row["kind"], row["kind"]), row["count"], moment(row["last"]))
        for row in newest
    ]
    table(console, ("from", "what", "times", "last"), rows)
