"""How a peer's officers are called: noted here by ours, over a way that they already trusted, and shown with what it asks of us."""

from __future__ import annotations

from dataclasses import replace

from comity.domain.ledger import Peer
from comity.domain.request.call_back import CallBack, claims
from comity.domain.terms import Actor, Granted, Reason, Refused
from comity.errors import NotFound
from comity.flows.access import permit
from comity.flows.request_state import Dossier
from comity.flows.roster import peer_named
from comity.ports import Noticed, PeerKept, World

CONTACT_CHARACTERS_MAX = 200


def note_contact(world: World, name: str, contact: str, *, by: Actor) -> Granted[Peer] | Refused:
    """Keeps how this peer is called; an empty text takes it away. It never comes from the peer."""
    if denied := permit(world, by, "manage-peers"):
        return Refused(denied)
    peer, told = peer_named(world, name), contact.strip()
    if len(told) > CONTACT_CHARACTERS_MAX or not (told.isprintable() or not told):
        facts = {"field": "contact", "characters_max": CONTACT_CHARACTERS_MAX}
        return Refused((Reason("contact-unreadable", facts),))
    now, noted = world.clock.now(), replace(peer, contact=told)
    about = {"peer": peer.name, "by": by.name}
    world.store.keep(
        [], [PeerKept(noted, over=peer), Noticed(f"contact {peer.name} {now}", now, "peer-contact-noted", about)]
    )
    return Granted(noted)


def call_back(world: World, found: Dossier) -> CallBack:
    """For a request of ours or theirs: the other side as the roster has it, and what the request claims beside it."""
    ask = found.ask
    told = [(f"form.{name}", text) for name, text in claims(ask.form.items()).items()]
    if isinstance(ask.form_personal, dict):
        told += [(f"form_personal.{name}", text) for name, text in claims(ask.form_personal.items()).items()]
    try:
        peer = peer_named(world, found.other)
    except NotFound:
        return CallBack(found.other, "", "", dict(told))
    return CallBack(peer.name, peer.title, peer.contact, dict(told))
