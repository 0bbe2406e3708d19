"""Changing this node's own keys without a stop: what is new is announced first, and used once the others know it.

What the old keys have signed stays as good as it was; a receipt needs no new signature.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

from comity.domain.ledger import COSIGNATURE, Admission, Channel, Standing, VerifierKey
from comity.domain.record.kinds import roster_2
from comity.domain.terms import Actor, Granted, Instant, NodeName, Reason, Refused, instant_from, instant_text
from comity.flows.continue_channel import continue_channel
from comity.flows.own_roster import RECEIPT, OwnRoster, announced, own_records, own_roster
from comity.flows.receipt_keys import nearest_line, next_name
from comity.flows.roster_news import OVERLAP_MS, ROTATED
from comity.ports import Noticed, World

WHYS = (ROTATED, "lost", "stolen")


def rotate_receipt_key(world: World, why: str = ROTATED, *, by: Actor) -> Granted[VerifierKey] | Refused:
    """A new key for confirming receipt, under the next number. Each writer gets confirmations by it once it knows it.

    why   `rotated`: the old key goes on for a day at most. `lost`, `stolen`: it confirms nothing more from this moment
    """
    own, now = own_roster(world), world.clock.now()
    if why not in WHYS:
        return Refused((Reason("why-unknown", {"why": why[:40], "choices": list(WHYS)}),))
    going = [key for key in own.keys if key.lane == RECEIPT and key.valid_to and instant_from(key.valid_to) > now]
    if going and why == ROTATED:
        return Refused((Reason("rotation-under-way", {"until": going[0].valid_to}),))
    key = world.keyring.create(next_name(world, own, RECEIPT), COSIGNATURE)
    until = Instant(now + OVERLAP_MS) if why == ROTATED else now
    fresh = roster_2.Key(vkey=key.text, lane=RECEIPT, audience=(), valid_from=instant_text(now))
    told = replace(own, keys=(*(_ended(each, until, why) for each in own.keys), fresh))
    _tell(world, told, Noticed(f"receipt-key {key.name}", now, "receipt-key-replaced", _about(key.name, why, by)))
    return Granted(key)


def announce_certificate(world: World, *, by: Actor) -> Granted[bytes] | Refused:
    """The certificate that is to take the present one's place, made now and told to every reader; they take both from then on.

    returns  its DER
    """
    own, now = own_roster(world), world.clock.now()
    der = world.keyring.next_certificate(world.me.name, now)
    told = replace(own, certificate=b64encode(der).decode("ascii"))
    if told.certificate != own.certificate:
        _tell(world, told, Noticed(f"certificate {now}", now, "certificate-announced", {"by": by.name}))
    return Granted(der)


def switch_certificate(world: World, *, by: Actor, without: tuple[NodeName, ...] = ()) -> Granted[bytes] | Refused:
    """From the next start on the announced certificate is shown.

    without   peers that needn't know it: they will be cut off until they are invited anew
    Refused while nothing is announced, or a peer has not confirmed that it knows it.
    """
    own, now = own_roster(world), world.clock.now()
    der = world.keyring.next_certificate(world.me.name, now)
    if own.certificate != b64encode(der).decode("ascii"):
        return Refused((Reason("certificate-not-announced", {"mend": "announce it first"}),))
    unaware = [name for name in _accepted(world) if name not in without and not _knows(world, name, own)]
    if unaware:
        return Refused(tuple(Reason("certificate-not-confirmed", {"peer": name}) for name in unaware))
    world.keyring.switch_certificate()
    about = {"by": by.name, "without": list(without)}
    world.store.keep([], [Noticed(f"certificate-switch {now}", now, "certificate-switches-at-start", about)])
    return Granted(der)


def rotate_channel(world: World, origin: str, why: str = ROTATED, *, by: Actor) -> Granted[Channel] | Refused:
    """A channel of ours goes on under a new key, in a new channel."""
    if why not in WHYS:
        return Refused((Reason("why-unknown", {"why": why[:40], "choices": list(WHYS)}),))
    channel = world.store.channel(origin)
    if channel.writer != world.me.name or channel.audience == world.me.name:
        return Refused((Reason("not-a-channel-to-a-peer", {"origin": origin}),))
    if channel.standing is not Standing.OPEN:
        return Refused((Reason("channel-has-ended", {"origin": origin, "standing": channel.standing.value}),))
    return Granted(continue_channel(world, origin, why, by=by.name))


def _ended(key: roster_2.Key, until: Instant, why: str) -> roster_2.Key:
    """The key in use ends; one that is ending already ends no later."""
    if key.lane != RECEIPT or (key.valid_to is not None and instant_from(key.valid_to) <= until):
        return key
    return roster_2.Key(
        vkey=key.vkey,
        lane=key.lane,
        audience=key.audience,
        valid_from=key.valid_from,
        valid_to=instant_text(until),
        ended_why=why,
    )


def _tell(world: World, own: OwnRoster, notice: Noticed) -> None:
    letters, turn = announced(world, own, world.store.channels())
    world.store.keep(letters, [turn, notice])


def _accepted(world: World) -> list[NodeName]:
    return [peer.name for peer in world.store.peers() if peer.admission is Admission.ACCEPTED]


def _knows(world: World, reader: NodeName, own: OwnRoster) -> bool:
    """Whether the reader has confirmed a roster of ours with this certificate."""
    for place, body in own_records(world, reader):
        if body.certificate == own.certificate and nearest_line(world, place.origin, reader, place.index) is not None:
            return True
    return False


def _about(name: str, why: str, by: Actor) -> dict[str, object]:
    return {"name": name, "why": why, "by": by.name}
