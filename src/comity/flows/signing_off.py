"""What can be signed with a passkey, and what exactly would be signed now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from comity.domain.terms import Actor, Granted, Refused
from comity.flows.answer import Said, decision_of
from comity.flows.proposal import confirmation_of
from comity.flows.request import approval_of
from comity.flows.signing import to_sign
from comity.ports import World
from comity.ports.people import Site

Signable = Literal["approve", "countersign", "confirm", "step"]


@dataclass(frozen=True)
class ToSign:
    """One decision that its person is about to take.

    thing   id of the request, or of the proposal
    said    of a step; `role` likewise
    """

    act: Signable
    thing: str
    said: Said | None = None
    role: str = "officer"


def ask(world: World, actor: Actor, site: Site, wanted: ToSign, passkey: bytes | None) -> Granted[bytes] | Refused:
    """What a browser needs; nothing is decided by it. Whether the act is allowed is said when it comes."""
    match wanted.act:
        case "approve":
            body, subject = approval_of(world, actor, wanted.thing)
        case "confirm":
            body, subject = confirmation_of(world, actor, wanted.thing)
        case "countersign":
            body, subject = decision_of(world, actor, wanted.thing, Said("countersign"), "approver")
        case "step":
            body, subject = decision_of(world, actor, wanted.thing, wanted.said or Said(""), wanted.role)
    return to_sign(world, actor, site, body, subject, passkey)
