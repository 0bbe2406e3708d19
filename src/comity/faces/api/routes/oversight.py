"""Overseers: who reads the journal from outside, what they are given and confirm, and acts followed to their basis."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from comity.faces.api.asking import Here, Officer, granted
from comity.faces.api.routes.journal import JournalLine, journal_line
from comity.faces.api.views import Word
from comity.flows import oversight
from comity.flows.carry import Continued
from comity.flows.follow import Lack, Trail, compare, follow
from comity.flows.two_persons import Proposed

OCTETS = "application/octet-stream"
Vkey = Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
NoteText = Annotated[str, msgspec.Meta(min_length=1, max_length=65_536)]


class NewOverseer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body outside the node's chain of command, and its key.

    order  of a court or authority by which it reads names and reasons too; null: it reads the skeleton
    """

    name: Word
    vkey: Vkey
    order: Word | None = None


class Decided(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the second person lets a proposal go."""

    confirmed: bool


class Cosigned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A checkpoint of the journal with the overseer's line."""

    note: NoteText


class ProposalView(msgspec.Struct, frozen=True):
    """What one person has proposed, and what another has made of it."""

    proposal: str
    terms: dict[str, str]
    by: str
    at: str
    state: str
    decided_by: str | None
    decided_at: str | None


class OverseerView(msgspec.Struct, frozen=True):
    """One overseer, and how far it has confirmed the journal.

    silent  its daily cosignature is missing
    """

    name: str
    vkey: str
    order: str | None
    origin: str
    confirmed: int
    confirmed_at: str | None
    behind: int
    silent: bool


class Overseers(msgspec.Struct, frozen=True):
    """Who oversees this node, its journals, and everything that was proposed about overseers."""

    overseers: list[OverseerView]
    journals: dict[str, str]
    proposals: list[ProposalView]


class JournalHead(msgspec.Struct, frozen=True):
    """The journal at its newest size, as a channel of static files."""

    origin: str
    writer: str
    vkey: str
    lane: str
    size: int
    root: str
    checkpoint: str
    continues: Continued | None
    parted: list[int]


class TrailView(msgspec.Struct, frozen=True):
    """An act followed to its basis. `limit`: what it can't show."""

    thing: str
    acts: list[JournalLine]
    route: str | None
    documents: list[dict[str, str]]
    approvals: list[dict[str, str]]
    cases: list[dict[str, str | None]]
    lacking: list[LackView]
    limit: str


class LackView(msgspec.Struct, frozen=True):
    """One side has it and the other hasn't; `index` is -1 where there is no place."""

    code: str
    record: str
    origin: str
    index: int


class ComparedView(msgspec.Struct, frozen=True):
    """Channels between nodes held against the journal. `limit`: what that can't show."""

    sent: int
    receipted: int
    received: int
    acts: int
    before: int
    lacking: list[LackView]
    limit: str


def proposal_view(found: Proposed) -> ProposalView:
    """A proposal as the API shows it, without what is personal in it."""
    terms = dict(found.terms)
    return ProposalView(found.id, terms, found.by, found.at, found.state, found.decided_by, found.decided_at)


@get("/oversight", sync_to_thread=True, opt={"act": "audit"})
def overseers(world: Here, officer: Officer) -> Overseers:
    """Who oversees this node, and whose daily cosignature is missing."""
    found = [_overseer(each) for each in oversight.watches(world)]
    proposals = [proposal_view(each) for each in oversight.proposed(world)]
    return Overseers(found, oversight.journal_keys(world), proposals)


@post("/oversight", sync_to_thread=True, opt={"asks": "manage-keys"})
def enrol(world: Here, officer: Officer, data: JSONBody[NewOverseer]) -> ProposalView:
    """First of two persons."""
    return proposal_view(granted(oversight.enrol(world, officer, data.name, data.vkey, data.order or "")))


@post("/oversight/end/{overseer:str}", sync_to_thread=True, opt={"asks": "manage-keys"})
def end(world: Here, officer: Officer, overseer: FromPath[str]) -> ProposalView:
    """First of two persons: the overseer reads no longer."""
    return proposal_view(granted(oversight.end(world, officer, overseer)))


@post("/oversight/proposals/{proposal:str}", sync_to_thread=True, status_code=200, opt={"asks": "confirm"})
def decide(world: Here, officer: Officer, proposal: FromPath[str], data: JSONBody[Decided]) -> ProposalView:
    """Second of two persons."""
    return proposal_view(granted(oversight.decide(world, officer, proposal, confirmed=data.confirmed)))


@post("/oversight/lines", sync_to_thread=True, status_code=200, opt={"act": "audit"})
def take_line(world: Here, officer: Officer, data: JSONBody[Cosigned]) -> OverseerView:
    """Takes an overseer's cosignature, which proves itself."""
    return _overseer(granted(oversight.take_line(world, data.note.encode())))


@get("/oversight/pages/{overseer:str}/{host:str}/{channel:str}", sync_to_thread=True, opt={"act": "audit"})
def head(
    world: Here, officer: Officer, overseer: FromPath[str], host: FromPath[str], channel: FromPath[str]
) -> JournalHead:
    """The journal at its newest size."""
    oversight.overseer_named(world, overseer)
    found = oversight.head(world, f"{host}/ch/{channel}")
    return JournalHead(
        found.origin,
        found.writer,
        found.vkey,
        found.lane,
        found.size,
        found.root,
        found.checkpoint,
        found.continues,
        list(found.parted),
    )


@get(
    "/oversight/pages/{overseer:str}/{host:str}/{channel:str}/{rest:path}",
    sync_to_thread=True,
    media_type=OCTETS,
    opt={"act": "audit"},
)
def page(
    world: Here,
    officer: Officer,
    overseer: FromPath[str],
    host: FromPath[str],
    channel: FromPath[str],
    rest: FromPath[str],
) -> Response[bytes]:
    """A page of the journal for this overseer; without an order names and reasons are withheld from it."""
    reader = oversight.overseer_named(world, overseer)
    raw = oversight.page(world, f"{host}/ch/{channel}", rest.removeprefix("/"), reader)
    return Response(raw, media_type=OCTETS, headers={"content-type": OCTETS, "cache-control": "no-store"})


@get("/oversight/acts/{thing:str}", sync_to_thread=True, opt={"asks": "audit"})
def act(world: Here, officer: Officer, thing: FromPath[str]) -> TrailView:
    """One act, by the id of a record, a request, a report or a case, to its basis."""
    return _trail(granted(follow(world, officer, thing)))


@get("/oversight/compare", sync_to_thread=True, opt={"asks": "audit"})
def compared(world: Here, officer: Officer) -> ComparedView:
    """What was sent and received against the journal: which lacks what."""
    found = granted(compare(world, officer))
    lacking = [_lack(each) for each in found.lacking]
    return ComparedView(found.sent, found.receipted, found.received, found.acts, found.before, lacking, found.limit)


def _overseer(found: oversight.Watch) -> OverseerView:
    told = oversight.told(found)
    return OverseerView(
        found.overseer.name,
        found.overseer.key.text,
        found.overseer.order,
        found.origin,
        found.size,
        str(told["at"]) if told["at"] is not None else None,
        found.behind,
        found.silent,
    )


def _lack(lack: Lack) -> LackView:
    return LackView(lack.code, lack.record, lack.origin, lack.index)


def _trail(found: Trail) -> TrailView:
    return TrailView(
        found.thing,
        [journal_line(each) for each in found.acts],
        found.route,
        [{"title": d.title, "sha256": d.sha256, "by": d.by, "at": d.at} for d in found.documents],
        [{"record": a.record, "event": a.event, "by": a.by, "role": a.role, "at": a.at} for a in found.approvals],
        [{"case": c.id, "number": c.number, "basis": c.basis} for c in found.cases],
        [_lack(each) for each in found.lacking],
        found.limit,
    )


routes = [overseers, enrol, end, decide, take_line, head, page, act, compared]
