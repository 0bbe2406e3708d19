"""Answering people who ask what is held about them: asked for by one officer, confirmed by another."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from comity.faces.api.asking import Here, Officer, granted
from comity.faces.api.routes.oversight import Decided, ProposalView, proposal_view
from comity.faces.api.views import Word
from comity.flows import subject_access

About = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class NewAccess(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The value or name that is asked about, and the reference of the person's request."""

    about: About
    reference: Word


class HeldView(msgspec.Struct, frozen=True):
    """One record that names it; `given` are nodes that got it."""

    kind: str
    made: str
    issuer: str
    purpose: str
    basis: str | None
    fields: list[str]
    given: list[str]


class SeenView(msgspec.Struct, frozen=True):
    """One time somebody opened such a record, or asked for the value."""

    at: str
    act: str
    roles: list[str]
    purpose: str | None
    basis: str | None
    asked: bool


class AccessView(msgspec.Struct, frozen=True):
    """The answer, and the same as text. `withheld`: classes that stand in every answer alike."""

    reference: str
    node: str
    made: str
    about: str
    held: list[HeldView]
    seen: list[SeenView]
    withheld: list[str]
    text: str


@post("/subject-access", sync_to_thread=True, opt={"asks": "subject-access"})
def ask(world: Here, officer: Officer, data: JSONBody[NewAccess]) -> ProposalView:
    """First of two persons."""
    return proposal_view(granted(subject_access.ask(world, officer, data.about, data.reference)))


@get("/subject-access", sync_to_thread=True, opt={"act": "audit"})
def asked(world: Here, officer: Officer) -> list[ProposalView]:
    """Everything that was asked for; about whom isn't told here."""
    return [proposal_view(each) for each in subject_access.asked(world)]


@post("/subject-access/{proposal:str}/decision", sync_to_thread=True, status_code=200, opt={"asks": "confirm"})
def decide(world: Here, officer: Officer, proposal: FromPath[str], data: JSONBody[Decided]) -> ProposalView:
    """Second of two persons."""
    return proposal_view(granted(subject_access.decide(world, officer, proposal, confirmed=data.confirmed)))


@get("/subject-access/{proposal:str}", sync_to_thread=True, opt={"asks": "subject-access"})
def answer(world: Here, officer: Officer, proposal: FromPath[str]) -> AccessView:
    """The answer, once it is confirmed."""
    found = granted(subject_access.answer(world, officer, proposal))
    held = [HeldView(h.kind, h.made, h.issuer, h.purpose, h.basis, list(h.fields), list(h.given)) for h in found.held]
    seen = [SeenView(s.at, s.act, list(s.roles), s.purpose, s.basis, s.asked) for s in found.seen]
    text = subject_access.text_of(found)
    return AccessView(found.reference, found.node, found.made, found.about, held, seen, list(found.withheld), text)


routes = [ask, asked, decide, answer]
