"""What two persons decide about the node itself: one proposes, somebody else confirms or rejects.

Both stand in the journal as decisions: no search of anybody finds them there, and overseers see them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from uuid import UUID

from msgspec import UNSET

from comity.domain.record import decode_fields, open_record
from comity.domain.record.kinds import decision_1, decision_2
from comity.domain.record.opened import uuid_trace
from comity.domain.terms import Actor, Granted, Reason, Refused, instant_text
from comity.errors import NotFound
from comity.flows.access import permit, whole
from comity.flows.filing import letter, sealed
from comity.flows.journal import PURPOSE, journal_channel, own
from comity.flows.request import ON_DESK
from comity.ports import Fact, World

PROPOSED, CONFIRMED, REJECTED = "propose", "confirm", "reject"
PROPOSAL = "proposal"
"""Kind of the term that names the proposal which is decided on."""
CONFIRM = "confirm"


@dataclass(frozen=True)
class Proposed:
    """One proposal and what became of it.

    terms    by kind; what the proposal is about
    reason   what is personal in it; None where that is erased or there was none
    state    `proposed`, `confirmed`, `rejected`
    answer   why it was decided so, where somebody said; None where that is erased
    """

    id: str
    by: str
    at: str
    terms: Mapping[str, str]
    reason: str | None
    state: str
    decided_by: str | None = None
    decided_at: str | None = None
    answer: str | None = None


def topic(word: str) -> str:
    """The UUID under which all proposals of one sort stand; nothing else has it, for it bears no time."""
    raw = word.encode("ascii")[:6].ljust(6, b"\x00")
    return str(UUID(bytes=b"\x00" * 6 + b"\x70\x00\x80\x00" + raw))


def topic_of(word: str, thing: str) -> str:
    """The same of one thing, so that what is proposed about it is found without all the others. Its time lies before any record."""
    raw = bytearray(sha256(f"{word} {thing}".encode()).digest()[:16])
    raw[0], raw[6], raw[8] = 0, 0x70 | raw[6] & 0x0F, 0x80 | raw[8] & 0x3F
    return str(UUID(bytes=bytes(raw)))


def propose(
    world: World,
    actor: Actor,
    act: str,
    about: str,
    terms: Mapping[str, str],
    reason: str = "",
    facts: Callable[[str], Sequence[Fact]] = lambda _: (),
) -> Granted[Proposed] | Refused:
    """First of two persons. `about` is a topic; `facts` are kept with the proposal, whose id they are made from."""
    reasons = permit(world, actor, act)
    if reasons:
        return Refused(reasons)
    told = tuple(decision_1.Term(text, kind) for kind, text in terms.items())
    body = _body(world, actor, about, PROPOSED, told, "officer", reason)
    record = sealed(world, body, purpose=PURPOSE, marking=ON_DESK)
    world.store.keep([letter(journal_channel(own(world)), record)], facts(record.id))
    return Granted(Proposed(record.id, actor.name, body.at, dict(terms), reason or None, "proposed"))


def decide_on(
    world: World, actor: Actor, about: str, wanted: str, *, confirmed: bool, answer: str = ""
) -> Granted[Proposed] | Refused:
    """Second of two persons. NotFound for what isn't a proposal of this topic. `answer`: why they decide so."""
    found = named(world, about, wanted)
    reasons = permit(world, actor, CONFIRM)
    if found.state != "proposed":
        reasons += (Reason("decided-already", {"state": found.state, "by": found.decided_by or ""}),)
    if found.by == actor.name:
        reasons += (Reason("second-person", {"by": found.by, "mend": "somebody else decides"}),)
    if reasons:
        return Refused(reasons)
    event = CONFIRMED if confirmed else REJECTED
    body = _body(world, actor, about, event, (decision_1.Term(found.id, PROPOSAL),), "approver", answer)
    world.store.keep([letter(journal_channel(own(world)), sealed(world, body, purpose=PURPOSE, marking=ON_DESK))])
    return Granted(named(world, about, wanted))


def proposals(world: World, about: str) -> list[Proposed]:
    """All of a topic, oldest first, each with what became of it."""
    everything, key = whole(world), uuid_trace("request", about).key
    found: dict[str, Proposed] = {}
    for place in everything.store.traced("request", [key]).get(key, []):
        for entry in everything.store.entries(place.origin, place.index, place.index + 1):
            if entry.envelope is None:
                continue
            record = open_record(entry.envelope, decode_fields(entry.fields) if entry.fields else ())
            body = record.body
            if not isinstance(body, decision_1.Body | decision_2.Body):
                continue
            terms = {term.kind: term.text for term in body.terms}
            if body.event == PROPOSED:
                reason = body.reason if isinstance(body.reason, str) else None
                found[record.envelope.id] = Proposed(record.envelope.id, body.by, body.at, terms, reason, "proposed")
            elif (before := found.get(terms.get(PROPOSAL, ""))) is not None and before.state == "proposed":
                state = "confirmed" if body.event == CONFIRMED else "rejected"
                answer = body.reason if isinstance(body.reason, str) else None
                found[before.id] = replace(before, state=state, decided_by=body.by, decided_at=body.at, answer=answer)
    return list(found.values())


def named(world: World, about: str, wanted: str) -> Proposed:
    """One proposal by its id."""
    for each in proposals(world, about):
        if each.id == wanted:
            return each
    raise NotFound("proposal", proposal=wanted[:60])


def _body(
    world: World,
    actor: Actor,
    about: str,
    event: str,
    terms: tuple[decision_1.Term, ...],
    role: str,
    reason: str,
) -> decision_1.Body:
    at = instant_text(world.clock.now())
    return decision_1.Body(
        request=about, event=event, by=actor.name, role=role, at=at, terms=terms, reason=reason or UNSET
    )
