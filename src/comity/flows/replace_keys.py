"""A peer whose keys were lost or stolen: new keys in a new invitation, compared anew, and an end to the old ones.

The past stays as good as it was. What the old keys signed after the moment of loss counts for nothing here, whatever time it bears
is looked at: a thief can write any time, so witnesses' and readers' lines are what bounds it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from comity.domain.ledger import Admission, Channel, PastKey, Peer, Predecessor, Standing, VerifierKey
from comity.domain.terms import Actor, Granted, Instant, NodeName, Reason, Refused, instant_text
from comity.flows.invitation import Invitation, read_invitation
from comity.flows.receipt_keys import farthest_line, receipt_keys
from comity.flows.roster import expelled_since, not_the_fingerprint, written_again
from comity.ports import Fact, Noticed, Opened, PeerKept, Stopped, World

WHYS = ("lost", "stolen")


@dataclass(frozen=True)
class Loss:
    """What happened to the peer's keys: `lost` or `stolen`, since when at the latest they can't be trusted, in whose words."""

    why: str
    since: Instant
    reason: str


def replace_keys(world: World, raw: bytes, fingerprint: str, loss: Loss, *, by: Actor) -> Granted[Peer] | Refused:
    """Takes the keys in this invitation for those of a peer that is known here. Raises Malformed when `raw` isn't an invitation.

    Its old keys end at the moment of loss; its old channels are retired as far as they are held; its new ones go on from them.
    """
    invitation, now = read_invitation(raw), world.clock.now()
    known = {peer.name: peer for peer in world.store.peers()}
    before = known.get(invitation.node)
    reasons = _why_not(invitation, fingerprint, loss, world.me.name, known, now)
    if reasons or before is None:
        return Refused(tuple(reasons))
    if before.fingerprint == invitation.digest:
        return Granted(before)
    facts: list[Fact] = []
    after = _after(invitation, before, loss, now)
    facts += [PeerKept(after, over=before), *written_again(world, after.name, now)]
    facts += _channels(world, invitation, loss, now)
    about: dict[str, object] = {
        "peer": after.name,
        "why": loss.why,
        "since": instant_text(loss.since),
        "reason": loss.reason[:1000],
    }
    about |= {"by": by.name, "fingerprint": invitation.digest.hex(), "doubtful": _doubtful(world, before, loss.since)}
    facts.append(Noticed(f"replaced {after.name} {invitation.digest.hex()}", now, "peer-keys-replaced", about))
    world.store.keep([], facts)
    return Granted(after)


def _why_not(
    invitation: Invitation, told: str, loss: Loss, me: NodeName, known: dict[NodeName, Peer], now: Instant
) -> list[Reason]:
    """Pure: every reason against it."""
    reasons = not_the_fingerprint(invitation, told)
    before = known.get(invitation.node)
    if invitation.audience != me:
        reasons.append(Reason("invitation-for-another", {"for": invitation.audience, "here": me}))
    if before is None:
        return [*reasons, Reason("nobody-to-replace", {"peer": invitation.node})]
    if before.fingerprint == invitation.digest:
        return reasons
    if loss.why not in WHYS:
        reasons.append(Reason("why-unknown", {"why": loss.why[:40], "choices": list(WHYS)}))
    if not loss.reason.strip():
        reasons.append(Reason("reason-not-given", {"peer": before.name}))
    if loss.since > now:
        reasons.append(Reason("loss-in-the-future", {"since": instant_text(loss.since)}))
    others = [peer for name, peer in known.items() if name != invitation.node]
    if any(invitation.certificate in (peer.certificate, peer.next_certificate) for peer in others):
        reasons.append(Reason("certificate-of-another-peer", {"peer": invitation.node}))
    standing, past = set(_keys(before)), {each.key for each in before.past}
    for key in (invitation.receipt_key, invitation.witness_key, *(key for key, _ in invitation.channels)):
        used = {each.name for each in standing | past if each != key}
        if key is not None and (key.name in used or key in past):
            reasons.append(Reason("key-name-used-before", {"key": key.name}))
    return reasons + expelled_since(invitation, before)


def _keys(peer: Peer) -> Iterable[VerifierKey]:
    yield peer.receipt_key
    if peer.witness_key is not None:
        yield peer.witness_key
    yield from (key for key, _ in peer.channels)


def _after(invitation: Invitation, before: Peer, loss: Loss, now: Instant) -> Peer:
    """Pure: the entry with the new keys; what went is past, a suspension stays, rosters are counted anew."""
    fresh = {invitation.receipt_key, invitation.witness_key, *(key for key, _ in invitation.channels)}
    gone = tuple(PastKey(key, loss.since, loss.why) for key in _keys(before) if key not in fresh)
    suspended = before.admission is Admission.SUSPENDED
    return replace(
        before,
        country=invitation.country,
        title=invitation.title,
        address=invitation.address,
        certificate=invitation.certificate,
        next_certificate=b"",
        receipt_key=invitation.receipt_key,
        witness_key=invitation.witness_key,
        seal_key=invitation.seal_key,
        channels=invitation.channels,
        fingerprint=invitation.digest,
        admission=Admission.SUSPENDED if suspended else Admission.ACCEPTED,
        since=now,
        past=(*before.past, *gone),
        version=0,
    )


def _channels(world: World, invitation: Invitation, loss: Loss, now: Instant) -> list[Fact]:
    """Old channels end where we hold them; the new one of a lane goes on from the last old one."""
    facts: list[Fact] = []
    named = {key.name for key, _ in invitation.channels}
    old = [c for c in world.store.channels() if c.writer == invitation.node and c.origin not in named]
    for channel in old:
        if channel.standing is Standing.OPEN:
            facts.append(Stopped(channel.origin, Standing.RETIRED.value, loss.why, now))
    last = {channel.lane: channel for channel in sorted(old, key=lambda channel: channel.opened)}
    for key, lane in invitation.channels:
        before = last.get(lane)
        follows = None
        if before is not None and before.standing is not Standing.STOPPED:
            position = world.store.position(before.origin)
            follows = Predecessor(before.origin, position.size, position.root)
        facts.append(Opened(Channel(key, invitation.node, world.me.name, lane, now, follows=follows)))
    return facts


def _doubtful(world: World, before: Peer, since: Instant) -> list[dict[str, object]]:
    """What came by the old keys after the moment of loss: confirmations of ours, and entries that we took for the peer's."""
    found: list[dict[str, object]] = []
    for channel in world.store.channels():
        size = world.store.position(channel.origin).size
        if channel.writer == before.name:
            mine = _size_by(world, channel.origin, world.me.name, size, since)
            if mine < size:
                found.append({"origin": channel.origin, "records_from": mine, "records_to": size})
        elif channel.audience == before.name:
            line = farthest_line(world, channel.origin, before.name, size)
            if line is not None and line.time_s * 1000 > since:
                sure = _size_by(world, channel.origin, before.name, size, since)
                found.append({"origin": channel.origin, "confirmed_from": sure, "confirmed_to": line.size})
    return found


def _size_by(world: World, origin: str, reader: NodeName, size: int, since: Instant) -> int:
    """The largest size that the reader had confirmed by that time; by halving, since times never fall along a channel."""
    names = [key.name for key, _ in receipt_keys(world, reader)]
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        lines = [line for name in names if (line := world.store.cosigned(origin, name, middle)) is not None]
        line = min(lines, key=lambda each: each.size, default=None)
        if line is None or line.time_s * 1000 > since:
            high = middle
        else:
            low = line.size
    return low
