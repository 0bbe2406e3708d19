"""The roster: which nodes are ours to work with, admitted by invitation and a fingerprint that two officers compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256

from comity.domain.ledger import BETWEEN_NODES, Admission, Channel, Lane, Peer, Standing
from comity.domain.terms import Actor, Granted, Instant, NodeName, Reason, Refused, instant_text
from comity.domain.terms.lookalike import taken_for
from comity.errors import Conflict, Malformed, NotFound
from comity.flows.continue_channel import continue_channel
from comity.flows.filing import REMOVED, new_channel, open_channel
from comity.flows.invitation import (
    INVITATION_BYTES_MAX,
    Invitation,
    fingerprint,
    grouped,
    read_invitation,
    write_invitation,
)
from comity.ports import Fact, Noticed, Opened, PeerKept, Stopped, World

__all__ = [
    "INVITATION_BYTES_MAX",
    "accept",
    "expel",
    "expelled_since",
    "fingerprint",
    "grouped",
    "invite",
    "not_the_fingerprint",
    "peer_named",
    "promote",
    "resume",
    "suspend",
    "written_again",
]

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


def invite(world: World, to: NodeName, lanes: Sequence[Lane] = BETWEEN_NODES, *, by: Actor) -> bytes:
    """The invitation for `to`, with the channels that we write for it; those that don't exist yet are opened.

    A peer that was expelled is written to again only once it is admitted anew. Raises Malformed when `to` is this node,
    or a lane is one that never leaves its node.
    """
    if to == world.me.name:
        raise Malformed("invitation-for-ourselves", node=to)
    if not lanes or any(lane.at_home for lane in lanes):
        raise Malformed("lane-not-for-peers", lanes=[lane.value for lane in lanes])
    found = {lane: open_channel(world, to, lane) for lane in dict.fromkeys(lanes)}
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
    certificate or key is refused: it tells those by a roster in a channel that is trusted, or, where its keys are gone, by an
    invitation that replaces them (replace_keys.py). Raises Malformed when `raw` isn't an invitation.
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
    facts = [PeerKept(admitted, over=peer), *map(Opened, channels), *written_again(world, admitted.name, now)]
    about = {"peer": admitted.name, "fingerprint": invitation.digest.hex(), "by": by.name}
    notice = Noticed(f"accepted {admitted.name} {invitation.digest.hex()}", now, "peer-accepted", about)
    world.store.keep([], [*facts, notice])
    return Granted(admitted)


def written_again(world: World, name: NodeName, now: Instant) -> list[Fact]:
    """Channels in which nothing but orders was written for a removed member take everything again."""
    open_again = [channel.origin for channel in _ours_for(world, name) if channel.why == REMOVED]
    return [Stopped(origin, Standing.OPEN.value, "", now) for origin in open_again]


def promote(world: World, peer: Peer) -> Peer:
    """The peer has shown the certificate that it had announced: from now on that is the one, and the old one is nobody's."""
    promoted = replace(peer, certificate=peer.next_certificate, next_certificate=b"")
    now = world.clock.now()
    about = {"peer": peer.name, "certificate_sha256": sha256(promoted.certificate).hexdigest()}
    with suppress(Conflict):  # its entry changes at this very moment; the next connection comes soon
        key = f"certificate {peer.name} {about['certificate_sha256']}"
        world.store.keep([], [PeerKept(promoted, over=peer), Noticed(key, now, "peer-certificate-changed", about)])
    return promoted


def suspend(world: World, name: NodeName, reason: str, *, by: Actor) -> Granted[Peer] | Refused:
    """Nothing goes to this peer and nothing is pulled from it, until `resume`."""
    return _move(world, name, {Admission.ACCEPTED}, Admission.SUSPENDED, reason, by)


def resume(world: World, name: NodeName, reason: str, *, by: Actor) -> Granted[Peer] | Refused:
    """Ends a suspension. An expelled peer isn't resumed: it takes a new invitation and a new comparison."""
    return _move(world, name, {Admission.SUSPENDED}, Admission.ACCEPTED, reason, by)


def expel(world: World, name: NodeName, reason: str, *, by: Actor) -> Granted[Peer] | Refused:
    """The peer is out; only an invitation made after this moment, compared anew, lets it in again.

    What it has from us it may still be told to erase: every channel to it is continued by one in which nothing stands but orders.
    """
    allowed = {Admission.ACCEPTED, Admission.SUSPENDED}
    if reasons := _why_not_moved(peer_named(world, name), allowed, Admission.EXPELLED, reason):
        return Refused(reasons)
    for channel in _ours_for(world, name):
        if channel.why != REMOVED:  # a crash between these steps is mended by doing it again
            continue_channel(world, channel.origin, REMOVED, by=by.name)
    return _move(world, name, allowed, Admission.EXPELLED, reason, by)


def _ours_for(world: World, name: NodeName) -> list[Channel]:
    ours = [c for c in world.store.channels() if c.writer == world.me.name and c.audience == name]
    return [channel for channel in ours if channel.standing is Standing.OPEN]


def peer_named(world: World, name: str) -> Peer:
    """The roster's entry; NotFound when there is none."""
    for peer in world.store.peers():
        if peer.name == name:
            return peer
    raise NotFound("peer", name=name[:130])


def _why_not(invitation: Invitation, told: str, me: NodeName, known: dict[NodeName, Peer]) -> list[Reason]:
    """Pure: every reason against taking this invitation."""
    reasons = not_the_fingerprint(invitation, told)
    if invitation.audience != me:
        reasons.append(Reason("invitation-for-another", {"for": invitation.audience, "here": me}))
    if invitation.node == me:
        reasons.append(Reason("invitation-by-ourselves", {"node": me}))
    others = [peer for name, peer in known.items() if name != invitation.node]
    if any(invitation.certificate in (peer.certificate, peer.next_certificate) for peer in others):
        reasons.append(Reason("certificate-of-another-peer", {"peer": invitation.node}))
    peer = known.get(invitation.node)
    if peer is None and (like := taken_for(invitation.node, [me, *known])) is not None:
        reasons.append(Reason("node-name-looks-like", {"node": invitation.node, "like": like}))
    return reasons + (_why_not_again(invitation, peer) if peer is not None else [])


def not_the_fingerprint(invitation: Invitation, told: str) -> list[Reason]:
    """What is wrong with the fingerprint that was read out; nothing when it is that of the invitation."""
    digits = "".join(told.split()).lower().replace(":", "").replace("-", "")
    if not digits:
        return [Reason("fingerprint-not-given")]
    if _FINGERPRINT.fullmatch(digits) is None:
        return [Reason("fingerprint-shape", {"digits": len(digits), "wanted": 64})]
    if digits != invitation.digest.hex():
        return [Reason("fingerprint-differs", {"peer": invitation.node})]
    return []


def _why_not_again(invitation: Invitation, peer: Peer) -> list[Reason]:
    """What speaks against a further invitation of a known peer."""
    reasons = expelled_since(invitation, peer)
    if invitation.certificate not in (peer.certificate, peer.next_certificate):
        reasons.append(Reason("certificate-changed", {"peer": peer.name}))
    if invitation.receipt_key != peer.receipt_key:
        reasons.append(Reason("receipt-key-changed", {"peer": peer.name}))
    if peer.witness_key is not None and invitation.witness_key not in (None, peer.witness_key):
        reasons.append(Reason("witness-key-changed", {"peer": peer.name}))
    for lane in BETWEEN_NODES:
        before = {key for key, its_lane in peer.channels if its_lane is lane}
        now = {key for key, its_lane in invitation.channels if its_lane is lane}
        if before and now - before:
            reasons.append(Reason("channel-key-changed", {"peer": peer.name, "lane": lane.value}))
    return reasons


def expelled_since(invitation: Invitation, peer: Peer) -> list[Reason]:
    """Whether the peer was expelled after this invitation was made."""
    newer = invitation.digest != peer.fingerprint and invitation.made > peer.since
    if peer.admission is not Admission.EXPELLED or newer:
        return []
    return [Reason("peer-expelled", {"peer": peer.name, "since": instant_text(peer.since)})]


def _admitted(invitation: Invitation, before: Peer | None, now: Instant) -> Peer:
    """Pure: the roster's entry after this invitation; a suspension stays."""
    suspended = before is not None and before.admission is Admission.SUSPENDED
    kept = before.channels if before is not None else ()
    admitted = Peer(
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
        witness_key=invitation.witness_key,
        seal_key=invitation.seal_key,
    )
    if before is None:
        return admitted
    return replace(
        admitted,
        certificate=before.certificate,
        next_certificate=before.next_certificate,
        witness_key=invitation.witness_key or before.witness_key,
        seal_key=invitation.seal_key or before.seal_key,
        past=before.past,
        version=before.version,
        contact=before.contact,
    )


def _why_not_moved(peer: Peer, allowed: set[Admission], to: Admission, reason: str) -> tuple[Reason, ...]:
    if peer.admission not in allowed:
        facts = {"peer": peer.name, "admission": peer.admission.value, "wanted": to.value}
        return (Reason("admission-rules-this-out", facts),)
    return () if reason.strip() else (Reason("reason-not-given", {"peer": peer.name}),)


def _move(
    world: World, name: NodeName, allowed: set[Admission], to: Admission, reason: str, by: Actor
) -> Granted[Peer] | Refused:
    peer = peer_named(world, name)
    if reasons := _why_not_moved(peer, allowed, to, reason):
        return Refused(reasons)
    now = world.clock.now()
    moved = replace(peer, admission=to, since=now)
    about = {"peer": name, "admission": to.value, "reason": reason[:1000], "by": by.name}
    facts_kept: list[Fact] = [
        PeerKept(moved, over=peer),
        Noticed(f"{to.value} {name} {now}", now, f"peer-{to.value}", about),
    ]
    world.store.keep([], facts_kept)
    return Granted(moved)
