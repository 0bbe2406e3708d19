"""Searching everything that somebody may see: records, partners, cases; with what is shown beside each hit, and suggestions.

The store answers as that person's own: what is hidden is in no hit, no count, no snippet and no suggestion, and costs no question more.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from comity.domain.access import CaseFile
from comity.domain.ledger import Peer
from comity.domain.record import Entry, Header
from comity.domain.record.opened import Said
from comity.domain.search import (
    Snippet,
    completions,
    is_kept,
    read_query,
    read_start,
    said_in,
    snippet,
    text_answers,
)
from comity.domain.terms import Actor
from comity.flows.access import permit
from comity.ports import Place, World

SHOWN: Final = 20
SHOWN_MAX: Final = 100
SUGGESTED: Final = 8
LOOKED_AT: Final = 50
"""Records, the last filed first, out of which words are suggested."""


@dataclass(frozen=True)
class Found:
    """One record, and what of it is shown; no snippet where it was found by what it is alone and says nothing."""

    place: Place
    header: Header
    snippet: Snippet | None


@dataclass(frozen=True)
class Answer:
    """What a question finds.

    count, exact   how many records there are, and whether all of them were counted
    after          where the next ones go on; None when these were the last
    peers, cases   on the first page alone, all that there are
    """

    records: tuple[Found, ...]
    count: int
    exact: bool
    after: Place | None
    peers: tuple[Peer, ...] = ()
    cases: tuple[CaseFile, ...] = ()


def search(world: World, actor: Actor, text: str, limit: int = SHOWN, after: Place | None = None) -> Answer:
    """What this person finds. Malformed says what can't be read in the question, where, and what would do.

    world   as the person sees it
    after   what the page before said
    """
    kept = _may_read_victims(world, actor)
    asked = read_query(text, kept=kept)
    hits = world.store.searched(asked, min(limit, SHOWN_MAX), after)
    found = tuple(Found(hit.place, hit.header, snippet(_said(hit.entry, kept=kept), asked)) for hit in hits.found)
    beside = not asked.only and asked.since is None and asked.until is None
    if after is not None or not beside:
        return Answer(found, hits.count, hits.exact, hits.after)
    peers = tuple(peer for peer in world.store.peers() if text_answers((peer.title, peer.name), asked))
    cases = tuple(case for case in _cases(world, actor) if text_answers((case.title, case.number), asked))
    return Answer(found, hits.count, hits.exact, hits.after, peers, cases)


def suggest(world: World, actor: Actor, text: str) -> tuple[str, ...]:
    """How the last word may go on: words of the last records that hold it, the most common first."""
    kept = _may_read_victims(world, actor)
    start = read_start(text, kept=kept)
    if start is None:
        return ()
    asked, begun = start
    counted: Counter[str] = Counter()
    for hit in world.store.searched(asked, LOOKED_AT).found:
        counted.update(set(completions(_said(hit.entry, kept=kept), begun)))
    return tuple(word for word, _ in sorted(counted.items(), key=lambda each: (-each[1], each[0])))[:SUGGESTED]


def _may_read_victims(world: World, actor: Actor) -> bool:
    return not permit(world, actor, "read-victim")


def _said(entry: Entry, *, kept: bool) -> list[Said]:
    if entry.envelope is None:
        return []
    return [one for one in said_in(entry.envelope, entry.fields) if kept or not is_kept(one.pointer)]


def _cases(world: World, actor: Actor) -> tuple[CaseFile, ...]:
    """Those that are open to the person; all of them on a node without accounts."""
    if not actor.account:
        return world.store.cases()
    return world.store.cases(world.store.open_to(actor.account, world.clock.now()))
