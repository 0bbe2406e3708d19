"""The roster: which nodes are ours to work with, admitted by invitation and a fingerprint that two officers compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from comity.domain.ledger import BETWEEN_NODES, Admission, Channel, Lane, Peer
from comity.domain.terms import Actor, Granted, Instant, NodeName, Reason, Refused, instant_text
from comity.errors import Malformed, NotFound
from comity.flows.filing import new_channel, outgoing
from comity.flows.invitation import (
    INVITATION_BYTES_MAX,
    Invitation,
    fingerprint,
    grouped,
    read_invitation,
    write_invitation,
)
from comity.ports import Fact, Noticed, Opened, PeerKept, World

__all__ = [
    "INVITATION_BYTES_MAX",
    "accept",
    "expel",
    "fingerprint",
    "grouped",
    "invite",
    "peer_named",
    "resume",
    "suspend",
]

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


def invite(world: World, to: NodeName, lanes: Sequence[Lane] = (Lane.URGENT, Lane.BULK), *, by: Actor) -> bytes:
    """The invitation for `to`, with the channels that we write for it; those that don't exist yet are opened.

    Raises Malformed when `to` is this node, or a lane is one that never leaves its node.
    """
    if to == world.me.name:
        raise Malformed("invitation-for-ourselves", node=to)
    if not lanes or Lane.DESK in lanes:
        raise Malformed("lane-not-for-peers", lanes=[lane.value for lane in lanes])
    found = {lane: outgoing(world, to, lane) for lane in dict.fromkeys(lanes)}
    fresh = [new_channel(world, to, lane) for lane, origin in found.items() if origin is None]
    now = world.clock.now()
    if fresh:
        about = {"peer": to, "lanes": [channel.lane.value for channel in fresh], "by": by.name}
        notice = Noticed(f"invited {to} {now}", now, "peer-invited", about)
        world.store.keep([], [*map(Opened, fresh), notice])
    ours = fresh + [world.store.channel(origin) for origin in found.values() if origin is not None]
    ours.sort(key=lambda channel: (channel.lane.rank, channel.origin))
    return write_invitation(world, to, ours, now)


def accept(world: World, raw: bytes, fingerprint: str, *, by: Actor) -> Granted[Peer] | Refused:
    """Admits the node that made this invitation for us, if `fingerprint` is what its officer read out.

    The same invitation a second time changes nothing. A known peer may bring a new address, title or further lanes; another
    certificate or key is refused. Raises Malformed when `raw` isn't an invitation.
    """
    invitation, known = read_invitation(raw), {peer.name: peer for peer in world.store.peers()}
    peer = known.get(invitation.node)
    reasons = _why_not(invitation, fingerprint, world.me.name, known)
    if reasons:
        return Refused(tuple(reasons))
    if peer is not None and peer.fingerprint == invitation.digest:
        return Granted(peer)
    now = world.clock.now()
    admitted = _admitted(invitation, peer, now)
    channels = [Channel(key, admitted.name, world.me.name, lane, now) for key, lane in admitted.channels]
    about = {"peer": admitted.name, "fingerprint": invitation.digest.hex(), "by": by.name}
    notice = Noticed(f"accepted {admitted.name} {invitation.digest.hex()}", now, "peer-accepted", about)
    world.store.keep([], [PeerKept(admitted), *map(Opened, channels), notice])
    return Granted(admitted)


def suspend(world: World, name: NodeName, reason: str, *, by: Actor) -> Granted[Peer] | Refused:
    """Nothing goes to this peer and nothing is pulled from it, until `resume`."""
    return _move(world, name, {Admission.ACCEPTED}, Admission.SUSPENDED, reason, by)


def resume(world: World, name: NodeName, reason: str, *, by: Actor) -> Granted[Peer] | Refused:
    """Ends a suspension. An expelled peer isn't resumed: it takes a new invitation and a new comparison."""
    return _move(world, name, {Admission.SUSPENDED}, Admission.ACCEPTED, reason, by)


def expel(world: World, name: NodeName, reason: str, *, by: Actor) -> Granted[Peer] | Refused:
    """The peer is out; only an invitation made after this moment, compared anew, lets it in again."""
    return _move(world, name, {Admission.ACCEPTED, Admission.SUSPENDED}, Admission.EXPELLED, reason, by)


def peer_named(world: World, name: str) -> Peer:
    """The roster's entry; NotFound when there is none."""
    for peer in world.store.peers():
        if peer.name == name:
            return peer
    raise NotFound("peer", name=name[:130])


def _why_not(invitation: Invitation, told: str, me: NodeName, known: dict[NodeName, Peer]) -> list[Reason]:
    """Pure: every reason against taking this invitation."""
    reasons = []
    digits = "".join(told.split()).lower().replace(":", "").replace("-", "")
    if not digits:
        reasons.append(Reason("fingerprint-not-given"))
    elif _FINGERPRINT.fullmatch(digits) is None:
        reasons.append(Reason("fingerprint-shape", {"digits": len(digits), "wanted": 64}))
    elif digits != invitation.digest.hex():
        reasons.append(Reason("fingerprint-differs", {"peer": invitation.node}))
    if invitation.audience != me:
        reasons.append(Reason("invitation-for-another", {"for": invitation.audience, "here": me}))
    if invitation.node == me:
        reasons.append(Reason("invitation-by-ourselves", {"node": me}))
    if any(peer.certificate == invitation.certificate for name, peer in known.items() if name != invitation.node):
        reasons.append(Reason("certificate-of-another-peer", {"peer": invitation.node}))
    peer = known.get(invitation.node)
    return reasons + (_why_not_again(invitation, peer) if peer is not None else [])


def _why_not_again(invitation: Invitation, peer: Peer) -> list[Reason]:
    """What speaks against a further invitation of a known peer."""
    reasons = []
    if peer.admission is Admission.EXPELLED and (
        invitation.digest == peer.fingerprint or invitation.made <= peer.since
    ):
        reasons.append(Reason("peer-expelled", {"peer": peer.name, "since": instant_text(peer.since)}))
    if invitation.certificate != peer.certificate:
        reasons.append(Reason("certificate-changed", {"peer": peer.name}))
    if invitation.receipt_key != peer.receipt_key:
        reasons.append(Reason("receipt-key-changed", {"peer": peer.name}))
    for lane in BETWEEN_NODES:
        before = {key for key, its_lane in peer.channels if its_lane is lane}
        now = {key for key, its_lane in invitation.channels if its_lane is lane}
        if before and now and before != now:
            reasons.append(Reason("channel-key-changed", {"peer": peer.name, "lane": lane.value}))
    return reasons


def _admitted(invitation: Invitation, before: Peer | None, now: Instant) -> Peer:
    """Pure: the roster's entry after this invitation; a suspension stays."""
    suspended = before is not None and before.admission is Admission.SUSPENDED
    kept = before.channels if before is not None else ()
    return Peer(
        name=invitation.node,
        country=invitation.country,
        title=invitation.title,
        address=invitation.address,
        certificate=invitation.certificate,
        receipt_key=invitation.receipt_key,
        channels=tuple(dict.fromkeys((*kept, *invitation.channels))),
        fingerprint=invitation.digest,
        admission=Admission.SUSPENDED if suspended else Admission.ACCEPTED,
        since=now,
    )


def _move(
    world: World, name: NodeName, allowed: set[Admission], to: Admission, reason: str, by: Actor
) -> Granted[Peer] | Refused:
    peer = peer_named(world, name)
    if peer.admission not in allowed:
        facts = {"peer": name, "admission": peer.admission.value, "wanted": to.value}
        return Refused((Reason("admission-rules-this-out", facts),))
    if not reason.strip():
        return Refused((Reason("reason-not-given", {"peer": name}),))
    now = world.clock.now()
    moved = replace(peer, admission=to, since=now)
    about = {"peer": name, "admission": to.value, "reason": reason[:1000], "by": by.name}
    facts_kept: list[Fact] = [PeerKept(moved), Noticed(f"{to.value} {name} {now}", now, f"peer-{to.value}", about)]
    world.store.keep([], facts_kept)
    return Granted(moved)
