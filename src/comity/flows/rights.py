"""The human-rights gate before anybody is looked up for a request: made of what the request says, before a store is asked anything.

What the gate blocks stays so. What it holds is lifted for one request by two persons: one proposes it with a reason, somebody else lets
it go with theirs; both stand in the journal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec import UNSET

from comity.domain.indicator import Indicator
from comity.domain.law import rights_gate, stops
from comity.domain.law.rights import held
from comity.domain.terms import Actor, Granted, Reason, Refused
from comity.flows.access import permit_on
from comity.flows.lookup import Known, look_up
from comity.flows.request_state import dossier
from comity.flows.two_persons import CONFIRM, Proposed, decide_on, proposals, propose, topic_of
from comity.ports import Fact, Noticed, World

WORD: Final = "rights"
ACT: Final = "look-up"
REASON_MIN, REASON_MAX = 20, 2000


@dataclass(frozen=True)
class Gate:
    """What the gate says of one request.

    rows       each row that speaks of it, with its effect
    lifted     ids of rows that two persons have lifted for it
    proposals  to lift rows, oldest first, with what became of them
    """

    request: str
    rows: tuple[Reason, ...]
    lifted: frozenset[str]
    proposals: tuple[Proposed, ...]

    @property
    def stopping(self) -> tuple[Reason, ...]:
        """What still keeps everybody from looking up."""
        return tuple(each for each in stops(self.rows) if each.facts["row"] not in self.lifted)


def gate_of(world: World, ask: Any) -> tuple[Reason, ...]:
    """What the gate says of a request. Any: a body of some version of a request."""
    personal: object = getattr(ask, "form_personal", UNSET)
    form: Mapping[str, str] = {**ask.form, **(personal if isinstance(personal, dict) else {})}
    return rights_gate(world.catalog.rights().values(), ask.measure, ask.offence or "", form)


def gate(world: World, request: str) -> Gate:
    """The same of a request by its id, with what was lifted. NotFound for one that isn't there; of one of ours nothing is said."""
    found = dossier(world, request)
    return _gate(world, request, gate_of(world, found.ask) if found.side == "requested" else ())


def _gate(world: World, request: str, rows: tuple[Reason, ...]) -> Gate:
    """Only where something is held anybody can have lifted it, and only then the store is asked."""
    made = tuple(proposals(world, topic_of(WORD, request))) if held(rows) else ()
    lifted = frozenset(row for each in made if each.state == "confirmed" for row in _rows(each))
    return Gate(request, rows, lifted & {str(row.facts["row"]) for row in held(rows)}, made)


def look_for(world: World, actor: Actor, request: str) -> Granted[tuple[Known, ...]] | Refused:
    """What is known here about whom or what a request is for. Where the gate stops it, nothing is asked of the store about them."""
    found = dossier(world, request)
    reasons = permit_on(world, actor, ACT, [request], (record for _, record in found.records))
    if found.side == "requested":
        reasons += _gate(world, request, gate_of(world, found.ask)).stopping
    if reasons:
        return Refused(reasons)
    personal = found.ask.personal_targets if found.ask.personal_targets is not UNSET else ()
    return Granted(look_up(world, [Indicator(each.kind, each.value) for each in (*found.ask.targets, *personal)]))


def propose_lift(world: World, actor: Actor, request: str, reason: str) -> Granted[Proposed] | Refused:
    """First of two persons: why this request is looked into all the same. Whoever confirms has a notice.

    Refused where nothing is held, where something is blocked (nobody lifts that), and where a proposal waits already.
    """
    found = dossier(world, request)
    reasons = permit_on(world, actor, ACT, [request], (record for _, record in found.records))
    at = _gate(world, request, gate_of(world, found.ask) if found.side == "requested" else ())
    holds = [str(each.facts["row"]) for each in held(at.stopping)]
    reasons += tuple(each for each in at.stopping if each.facts["effect"] == "block")
    if not at.stopping:
        reasons += (Reason("nothing-held", {"request": request}),)
    if any(each.state == "proposed" for each in at.proposals):
        reasons += (Reason("lift-waits", {"request": request, "mend": "somebody else decides it first"}),)
    reasons += _length(reason)
    if reasons:
        return Refused(reasons)
    terms = {"request": request, "rows": " ".join(holds)}

    def told(proposal: str) -> Sequence[Fact]:
        about = {"request": request, "rows": holds, "by": actor.name}
        return [Noticed(f"rights-lift {proposal}", world.clock.now(), "rights-lift", about)]

    return propose(world, actor, ACT, topic_of(WORD, request), terms, reason.strip(), told)


def decide_lift(
    world: World, actor: Actor, request: str, proposal: str, reason: str, *, confirmed: bool
) -> Granted[Proposed] | Refused:
    """Second of two persons, with a reason of their own, whichever way they decide."""
    found = dossier(world, request)
    reasons = permit_on(world, actor, CONFIRM, [request], (record for _, record in found.records)) + _length(reason)
    if reasons:
        return Refused(reasons)
    return decide_on(world, actor, topic_of(WORD, request), proposal, confirmed=confirmed, answer=reason.strip())


def _rows(proposal: Proposed) -> list[str]:
    return proposal.terms.get("rows", "").split()


def _length(reason: str) -> tuple[Reason, ...]:
    said = len(reason.strip())
    if REASON_MIN <= said <= REASON_MAX:
        return ()
    facts = {"field": "reason", "characters": said, "least": REASON_MIN, "most": REASON_MAX}
    return (Reason("reason-length", facts),)
