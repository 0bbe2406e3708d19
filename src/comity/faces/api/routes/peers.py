"""Peers: invited, admitted, looked at, suspended and expelled."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from comity.domain.ledger import Lane, Peer
from comity.domain.terms import instant_from, instant_text, node_name
from comity.faces.api.asking import Here, House, Officer, granted
from comity.flows import roster
from comity.flows.call_back import CONTACT_CHARACTERS_MAX, note_contact
from comity.flows.replace_keys import Loss, replace_keys

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=roster.INVITATION_BYTES_MAX)]
Name = Annotated[str, msgspec.Meta(min_length=3, max_length=120)]


class PeerChannel(msgspec.Struct, frozen=True):
    """A channel that the peer writes for us."""

    origin: str
    lane: str


class PastKeyView(msgspec.Struct, frozen=True):
    """A key that the peer had, and until when it counts."""

    name: str
    until: str
    why: str


class PeerView(msgspec.Struct, frozen=True):
    """A peer as the roster has it. `fingerprint` is of the invitation that officers compared.

    next_certificate_sha256  of the one that it has announced; null when none is
    version                  of its last roster that was taken up; 0 before the first
    contact                  how its officers are called, as ours noted it; empty when nobody did
    """

    name: str
    country: str
    title: str
    address: str
    admission: str
    since: str
    fingerprint: str
    certificate_sha256: str
    next_certificate_sha256: str | None
    receipt_key: str
    witness_key: str | None
    version: int
    past: list[PastKeyView]
    channels: list[PeerChannel]
    contact: str


class Invite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is invited."""

    to: Name
    lanes: tuple[Literal["rescue", "urgent", "bulk"], ...] = ("rescue", "urgent", "bulk")


class Invited(msgspec.Struct, frozen=True):
    """`invitation` is the file's content, to the byte; `fingerprint` is what is read out."""

    node: str
    to: str
    invitation: str
    fingerprint: str


class Replaces(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happened to the keys that a known peer had, and since when at the latest they can't be trusted."""

    why: Literal["lost", "stolen"]
    since: Annotated[str, msgspec.Meta(max_length=40)]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class Accept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An invitation, and the fingerprint that the other side's officer read out; `replaces` where a known peer has new keys."""

    invitation: Text
    fingerprint: Annotated[str, msgspec.Meta(max_length=200)] = ""
    replaces: Replaces | None = None


class Why(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a peer's admission changes."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class Contact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a peer's officers are called, compared over a way that ours already trusted; an empty text takes it away."""

    contact: Annotated[str, msgspec.Meta(max_length=CONTACT_CHARACTERS_MAX)]


class Step(msgspec.Struct, frozen=True):
    """One step of the way to a peer."""

    step: str
    good: bool
    code: str
    facts: dict[str, object]


@get("/peers", sync_to_thread=True, opt={"act": "status"})
def peers(world: Here) -> list[PeerView]:
    """The roster."""
    return [_view(peer) for peer in sorted(world.store.peers(), key=lambda peer: peer.name)]


@get("/peers/{name:str}", sync_to_thread=True, opt={"act": "status"})
def peer(world: Here, name: FromPath[str]) -> PeerView:
    """One peer."""
    return _view(roster.peer_named(world, name))


@post("/peers/invite", sync_to_thread=True, status_code=200, opt={"act": "manage-peers"})
def invite(world: Here, officer: Officer, data: JSONBody[Invite]) -> Invited:
    """Our invitation for a node, with the channels that we write for it."""
    raw = roster.invite(world, node_name(data.to), [Lane(word) for word in data.lanes], by=officer)
    return Invited(world.me.name, data.to, raw.decode(), roster.fingerprint(raw))


@post("/peers", sync_to_thread=True, status_code=200, opt={"act": "manage-peers"})
def accept(node: House, world: Here, officer: Officer, data: JSONBody[Accept]) -> PeerView:
    """Admits the node that made this invitation."""
    raw = data.invitation.encode()
    if data.replaces is not None:
        loss = Loss(data.replaces.why, instant_from(data.replaces.since), data.replaces.reason)
        admitted = granted(replace_keys(world, raw, data.fingerprint, loss, by=officer))
    else:
        admitted = granted(roster.accept(world, raw, data.fingerprint, by=officer))
    node.pulling.look()
    return _view(admitted)


@post("/peers/{name:str}/check", sync_to_thread=True, status_code=200, opt={"act": "manage-peers"})
def check(node: House, world: Here, name: FromPath[str]) -> list[Step]:
    """Walks the way to a peer, step by step."""
    found = node.check(roster.peer_named(world, name))
    return [Step(each.step, each.good, each.code, each.facts) for each in found]


@post("/peers/{name:str}/suspend", sync_to_thread=True, status_code=200, opt={"act": "manage-peers"})
def suspend(node: House, world: Here, officer: Officer, name: FromPath[str], data: JSONBody[Why]) -> PeerView:
    """Nothing to it and nothing from it, for the time being."""
    moved = granted(roster.suspend(world, node_name(name), data.reason, by=officer))
    node.pulling.look()
    return _view(moved)


@post("/peers/{name:str}/resume", sync_to_thread=True, status_code=200, opt={"act": "manage-peers"})
def resume(node: House, world: Here, officer: Officer, name: FromPath[str], data: JSONBody[Why]) -> PeerView:
    """Ends a suspension."""
    moved = granted(roster.resume(world, node_name(name), data.reason, by=officer))
    node.pulling.look()
    return _view(moved)


@post("/peers/{name:str}/expel", sync_to_thread=True, status_code=200, opt={"act": "manage-peers"})
def expel(node: House, world: Here, officer: Officer, name: FromPath[str], data: JSONBody[Why]) -> PeerView:
    """Ends working with a peer."""
    moved = granted(roster.expel(world, node_name(name), data.reason, by=officer))
    node.pulling.look()
    return _view(moved)


@post("/peers/{name:str}/contact", sync_to_thread=True, status_code=200, opt={"act": "manage-peers"})
def contact(world: Here, officer: Officer, name: FromPath[str], data: JSONBody[Contact]) -> PeerView:
    """Notes how the peer's officers are called. It is shown with every request of the peer; what a request says itself isn't."""
    return _view(granted(note_contact(world, node_name(name), data.contact, by=officer)))


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
        next_certificate_sha256=sha256(peer.next_certificate).hexdigest() if peer.next_certificate else None,
        receipt_key=peer.receipt_key.name,
        witness_key=peer.witness_key.name if peer.witness_key is not None else None,
        version=peer.version,
        past=[PastKeyView(past.key.name, instant_text(past.until), past.why) for past in peer.past],
        channels=[PeerChannel(key.name, lane.value) for key, lane in peer.channels],
        contact=peer.contact,
    )


routes = [peers, peer, invite, accept, check, suspend, resume, expel, contact]
