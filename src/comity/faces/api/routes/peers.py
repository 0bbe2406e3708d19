"""Peers: invited, admitted, looked at, suspended and expelled."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from comity.domain.ledger import Lane, Peer
from comity.domain.terms import instant_text, node_name
from comity.faces.api.asking import Here, House, Officer, granted
from comity.flows import roster

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=roster.INVITATION_BYTES_MAX)]
Name = Annotated[str, msgspec.Meta(min_length=3, max_length=120)]


class PeerChannel(msgspec.Struct, frozen=True):
    """A channel that the peer writes for us."""

    origin: str
    lane: str


class PeerView(msgspec.Struct, frozen=True):
    """A peer as the roster has it. `fingerprint` is of the invitation that officers compared."""

    name: str
    country: str
    title: str
    address: str
    admission: str
    since: str
    fingerprint: str
    certificate_sha256: str
    channels: list[PeerChannel]


class Invite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is invited."""

    to: Name
    lanes: tuple[Literal["rescue", "urgent", "bulk"], ...] = ("urgent", "bulk")


class Invited(msgspec.Struct, frozen=True):
    """`invitation` is the file's content, to the byte; `fingerprint` is what is read out."""

    node: str
    to: str
    invitation: str
    fingerprint: str


class Accept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An invitation, and the fingerprint that the other side's officer read out."""

    invitation: Text
    fingerprint: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Why(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a peer's admission changes."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class Step(msgspec.Struct, frozen=True):
    """One step of the way to a peer."""

    step: str
    good: bool
    code: str
    facts: dict[str, object]


@get("/peers", sync_to_thread=True)
def peers(world: Here) -> list[PeerView]:
    """The roster."""
    return [_view(peer) for peer in sorted(world.store.peers(), key=lambda peer: peer.name)]


@get("/peers/{name:str}", sync_to_thread=True)
def peer(world: Here, name: FromPath[str]) -> PeerView:
    """One peer."""
    return _view(roster.peer_named(world, name))


@post("/peers/invite", sync_to_thread=True, status_code=200)
def invite(world: Here, officer: Officer, data: JSONBody[Invite]) -> Invited:
    """Our invitation for a node, with the channels that we write for it."""
    raw = roster.invite(world, node_name(data.to), [Lane(word) for word in data.lanes], by=officer)
    return Invited(world.me.name, data.to, raw.decode(), roster.fingerprint(raw))


@post("/peers", sync_to_thread=True, status_code=200)
def accept(node: House, world: Here, officer: Officer, data: JSONBody[Accept]) -> PeerView:
    """Admits the node that made this invitation."""
    admitted = granted(roster.accept(world, data.invitation.encode(), data.fingerprint, by=officer))
    node.pulling.look()
    return _view(admitted)


@post("/peers/{name:str}/check", sync_to_thread=True, status_code=200)
def check(node: House, world: Here, name: FromPath[str]) -> list[Step]:
    """Walks the way to a peer, step by step."""
    found = node.check(roster.peer_named(world, name))
    return [Step(each.step, each.good, each.code, each.facts) for each in found]


@post("/peers/{name:str}/suspend", sync_to_thread=True, status_code=200)
def suspend(node: House, world: Here, officer: Officer, name: FromPath[str], data: JSONBody[Why]) -> PeerView:
    """Nothing to it and nothing from it, for the time being."""
    moved = granted(roster.suspend(world, node_name(name), data.reason, by=officer))
    node.pulling.look()
    return _view(moved)


@post("/peers/{name:str}/resume", sync_to_thread=True, status_code=200)
def resume(node: House, world: Here, officer: Officer, name: FromPath[str], data: JSONBody[Why]) -> PeerView:
    """Ends a suspension."""
    moved = granted(roster.resume(world, node_name(name), data.reason, by=officer))
    node.pulling.look()
    return _view(moved)


@post("/peers/{name:str}/expel", sync_to_thread=True, status_code=200)
def expel(node: House, world: Here, officer: Officer, name: FromPath[str], data: JSONBody[Why]) -> PeerView:
    """Ends working with a peer."""
    moved = granted(roster.expel(world, node_name(name), data.reason, by=officer))
    node.pulling.look()
    return _view(moved)


def _view(peer: Peer) -> PeerView:
    return PeerView(
        name=peer.name,
        country=peer.country,
        title=peer.title,
        address=peer.address,
        admission=peer.admission.value,
        since=instant_text(peer.since),
        fingerprint=roster.grouped(peer.fingerprint),
        certificate_sha256=sha256(peer.certificate).hexdigest(),
        channels=[PeerChannel(key.name, lane.value) for key, lane in peer.channels],
    )


routes = [peers, peer, invite, accept, check, suspend, resume, expel]
