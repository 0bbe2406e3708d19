"""Answering an order: what we did, and what those did to whom we had passed the record on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from comity.domain.ledger import Lane
from comity.domain.record import Marking
from comity.domain.record.custody import tally
from comity.domain.record.kinds import ack_2
from comity.domain.terms import instant_text
from comity.flows.filing import about_place, letter, outgoing, sealed
from comity.flows.holders import Act, Heard, answered, counted, holders_of, rule_of, upstream
from comity.ports import Letter, Place, World

ACKS = Marking(tlp="AMBER", hcodes=("H0",), pap="GREEN")
State = Literal["done", "partly", "refused", "reversed", "cannot-reverse", "legal-hold"]


@dataclass(frozen=True)
class Outcome:
    """What a node did with an order, or with a record that was passed to it."""

    state: State = "done"
    reason: str | None = None
    review: str | None = None


_RANK: dict[str, int] = {"done": 0, "reversed": 0, "cannot-reverse": 1, "partly": 2, "refused": 3, "legal-hold": 4}


def worst(outcomes: list[Outcome]) -> Outcome:
    """One answer for all targets of an order: that of the one that went least well."""
    return max(outcomes, key=lambda outcome: _RANK[outcome.state], default=Outcome())


def ack(
    world: World, place: Place, of: str, of_kind: str, outcome: Outcome, *, behind: int = 0, by: str | None = None
) -> Letter | None:
    """The first answer to what stands at `place`, for whoever wrote it there; None without a channel to send it in.

    behind   nodes that have just been told and are silent yet
    """
    complied = int(outcome.state in ("done", "reversed"))
    body = ack_2.Body(
        of=of,
        of_kind=of_kind,
        state=outcome.state,
        at=instant_text(world.clock.now()),
        counts=ack_2.Counts(holders=1 + behind, complied=complied, overdue=0),
        reason=outcome.reason,
        review=outcome.review,
        by=by,
    )
    return _letter(world, place, body)


def _letter(world: World, place: Place, body: ack_2.Body) -> Letter | None:
    origin = outgoing(world, world.store.channel(place.origin).writer, Lane.URGENT)
    if origin is None:
        return None
    about = (about_place(world, place),)
    return letter(origin, sealed(world, body, purpose="acknowledgement", marking=ACKS, about=about))


def report(
    world: World, act: Act, heard: Heard | None = None, *, said: Outcome | None = None, by: str | None = None
) -> list[Letter]:
    """What goes up about a foreign order when something changed: our own answer, and the counts of all behind us.

    said   our new answer; None keeps the last one, and nothing goes when the counts are as they were told
    """
    last = answered(world, act.id, world.me.name)
    if last is None and said is None:
        return []
    rule, now = rule_of(world, act), world.clock.now()
    behind = tally(holders_of(world, act, heard), rule, now)
    state = said.state if said is not None else last.state if last is not None else "done"
    itself = int(state in rule.complies)
    body = counted(
        _said(last, act, said, by),
        1 + behind.holders,
        itself + behind.complied,
        behind.overdue,
        behind.named_overdue,
        instant_text(now),
    )
    if said is None and last is not None and (last.counts, last.named) == (body.counts, body.named):
        return []
    letters = [_letter(world, place, body) for place in upstream(world, act)]
    return [each for each in letters if each is not None]


def _said(last: ack_2.Body | None, act: Act, said: Outcome | None, by: str | None) -> ack_2.Body:
    if said is None and last is not None:
        return last
    outcome = said or Outcome()
    return ack_2.Body(
        of=act.id,
        of_kind=act.command.kind,
        state=outcome.state,
        at=act.command.made,
        reason=outcome.reason,
        review=outcome.review,
        by=by,
    )
