"""Decisions that are signed with a passkey, inside their record: the statement, the answer of the authenticator, and what is kept.

Two steps. First the person's browser is told what to sign: the very decision, about the very bytes, at this moment. Then the act comes
with the authenticator's answer. If anything is otherwise by then, the answer is one to another question, and nothing is done.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import msgspec
from msgspec import structs

from comity.domain.people import Passkey
from comity.domain.record.kinds import decision_1, decision_2
from comity.domain.record.signed import Signed, challenge_of, check_signed, statement
from comity.domain.terms import Actor, Granted, Reason, Refused
from comity.errors import Malformed, Unproven
from comity.flows.people.entering import asked, challenge
from comity.flows.people.passkeys import held
from comity.ports import Fact, World
from comity.ports.people import PasskeyKept, Site, TicketUsed


@dataclass(frozen=True)
class Signature:
    """What a person's authenticator answered, and at which page."""

    site: Site
    answer: bytes


@dataclass(frozen=True)
class Decided:
    """A decision as it goes into its record, and what has to be kept with it."""

    body: decision_1.Body | decision_2.Body
    facts: tuple[Fact, ...] = ()


class _About(msgspec.Struct, frozen=True):
    """What the challenge of a signature keeps: the moment that was signed."""

    at: str


def to_sign(
    world: World, actor: Actor, site: Site, body: decision_1.Body, subject: str, passkey: bytes | None
) -> Granted[bytes] | Refused:
    """What a browser needs to have this decision signed by one passkey: the named one, else the one that was used last."""
    have = {each.id: each for each in held(world, actor.account)}
    chosen = have.get(passkey) if passkey is not None else max(have.values(), key=_last_used, default=None)
    if chosen is None:
        return Refused((Reason("no-passkey", {"mend": "enrol one first"}),))
    said = statement(world.me.name, body, actor.account, subject, chosen.id)
    about = msgspec.json.encode(_About(body.at))
    value = challenge(world, "sign", actor.account, about, challenge_of(said))
    return Granted(world.ceremonies.to_sign(site, value, [chosen.id]))


def _last_used(passkey: Passkey) -> tuple[int, bytes]:
    return passkey.used or passkey.made, passkey.id


def signed_off(
    world: World,
    actor: Actor,
    acts: Collection[str],
    body: decision_1.Body,
    subject: str,
    signature: Signature | None,
) -> Granted[Decided] | Refused:
    """The decision, with the signature if there is one; Refused without one where this node demands it.

    acts     words of `[people] passkey_for` that this decision comes under
    subject  SHA-256 of the envelope that is decided about, as it stands now
    """
    if signature is None:
        needed = sorted(world.rules.passkey_for.intersection(acts)) if actor.account else []
        if needed:
            return Refused((Reason("passkey-needed", {"acts": needed, "mend": "sign it with your passkey"}),))
        return Granted(Decided(body))
    try:
        return _signed(world, actor, body, subject, signature)
    except (Malformed, Unproven) as fault:
        return Refused((Reason("passkey-signature", {"why": str(fault.facts.get("why", fault.code))}),))


def _signed(
    world: World, actor: Actor, body: decision_1.Body, subject: str, signature: Signature
) -> Granted[Decided] | Refused:
    found = asked(world, "sign", actor.account, signature.answer) if actor.account else None
    passkey = world.people.passkey(world.ceremonies.credential_in(signature.answer))
    if found is None or passkey is None or passkey.account != actor.account or passkey.removed is not None:
        return Refused((Reason("ceremony-ended", {"mend": "begin again"}),))
    value, ticket = found
    body = structs.replace(body, at=msgspec.json.decode(ticket.about, type=_About).at)
    if challenge_of(statement(world.me.name, body, actor.account, subject, passkey.id)) != value:
        return Refused((Reason("signed-something-else", {"mend": "look at it again: it has changed; then sign anew"}),))
    shown = world.ceremonies.signed(signature.site, value, signature.answer, passkey)
    signed = Signed(
        account=actor.account,
        subject=subject,
        rp=signature.site.rp,
        credential=passkey.id.hex(),
        key=passkey.public.hex(),
        authenticator=shown.authenticator.hex(),
        client=shown.client.hex(),
        signature=shown.signature.hex(),
    )
    check_signed(world.me.name, body, signed)  # what a stranger will check, by the same rule
    now = world.clock.now()
    used = replace(passkey, count=shown.count, backed_up=shown.backed_up, used=now)
    with_it = decision_2.Body(**{name: getattr(body, name) for name in body.__struct_fields__}, signed=signed)
    return Granted(Decided(with_it, (TicketUsed(ticket.key, now), PasskeyKept(used, over=passkey))))
