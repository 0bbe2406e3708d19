"""Two channels, one state: both ends fold the same steps to the same answer, in whatever order they arrived.

Each side's steps keep the order of its own channel, and each step names what it had seen of the other side (`after`). That is
a partial order; this is its one linear reading:

1. The request record comes first. Until it is here only the requester's own drafting steps count.
2. A step is judged when everything it names in `after` has been judged.
3. When both sides have such a step, neither knew of the other: the **addressee's goes first**.

Rule 3, because a letter can't undo what was done before it was read. It follows that what an addressee did lawfully by what it
knew is never refused later, whatever the requester sends; a requester's step may turn out to be overtaken, and is shown so.
A withdrawal that crosses an acceptance still withdraws; one that crosses a finished execution doesn't.

A step that isn't allowed where it is judged is refused: kept, shown, without effect.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable

from comity.domain.request.machine import Machine, Side
from comity.domain.request.step import RefusedStep, RequestView, Step, Taken
from comity.domain.terms import NodeName, Reason

_OTHER: dict[Side, Side] = {"requester": "requested", "requested": "requester"}


def fold_request(
    steps: Iterable[Step],
    machine: Machine,
    *,
    requester: NodeName | None = None,
    addressee: NodeName | None = None,
    request: str | None = None,
    gone: Collection[str] = (),
) -> RequestView:
    """The state of one request.

    steps       in any order, with repetitions; a record issued again under its id counts once
    requester   who asks; without it, the issuer of the first request record among the steps
    addressee   who is asked; without it, the node that the request record names
    gone        ids of records that were erased whole: they can't be judged any more, and nothing waits for them
    """
    told = _once(steps)
    opening = next((s for s in told if s.kind == "request" and s.issuer == (requester or s.issuer)), None)
    if opening is not None:
        requester, addressee = requester or opening.issuer, addressee or opening.to
    fold = _Fold(machine, frozenset(gone))
    sides: dict[Side, deque[Step]] = {"requester": deque(), "requested": deque()}
    for step in told:
        if step.issuer == requester:
            sides["requester"].append(step)
        elif addressee is None or step.issuer == addressee:
            sides["requested"].append(step)
        else:
            fold.refuse(step, Reason("step-of-a-third-party", {"issuer": step.issuer}))
    _open(fold, sides["requester"])
    while fold.opened:
        side = _next_side(fold, sides)
        if side is None:
            break
        fold.judge(sides[side].popleft(), side)
    return RequestView(
        request=request,
        requester=requester,
        addressee=addressee,
        state=fold.state,
        history=tuple(fold.history),
        refused_steps=tuple(fold.refused),
        waiting=tuple(sorted((*sides["requested"], *sides["requester"]), key=_place)),
        seen=fold.seen,
    )


def _place(step: Step) -> tuple[tuple[int, int], str, str]:
    return step.order, step.issuer, step.id


def _once(steps: Iterable[Step]) -> list[Step]:
    first: dict[tuple[str, str], Step] = {}
    for step in sorted(steps, key=_place):
        first.setdefault((step.issuer, step.id), step)
    return list(first.values())


def _open(fold: _Fold, own: deque[Step]) -> None:
    """Judges the requester's drafting steps, up to and with the request record."""
    while own and not fold.opened:
        fold.judge(own.popleft(), "requester")


def _next_side(fold: _Fold, sides: dict[Side, deque[Step]]) -> Side | None:
    order: tuple[Side, Side] = ("requested", "requester")
    return next((side for side in order if sides[side] and fold.is_ready(sides[side][0], side)), None)


class _Fold:
    """The state as the steps go by."""

    def __init__(self, machine: Machine, gone: frozenset[str]) -> None:
        self.machine = machine
        self.state = machine.initial
        self.opened = False
        self.history: list[Taken] = []
        self.refused: list[RefusedStep] = []
        self.seen: dict[Side, str] = {}
        self._gone = gone
        self._rank: dict[tuple[Side, str], int] = {}

    def is_ready(self, step: Step, side: Side) -> bool:
        """Whether all that the issuer had seen of the other side has been judged."""
        return all((_OTHER[side], ref) in self._rank or ref in self._gone for ref in step.after)

    def judge(self, step: Step, side: Side) -> None:
        to, why = self._outcome(step, side)
        if to is None:
            self.refuse(step, why)
        else:
            self.history.append(Taken(step, side, self.state, to))
            self.state = to
        self._rank[side, step.id] = len(self._rank)
        self.seen[side] = step.id

    def refuse(self, step: Step, why: Reason) -> None:
        self.refused.append(RefusedStep(step, self.state, why))

    def _outcome(self, step: Step, side: Side) -> tuple[str | None, Reason]:
        if step.kind == "request":
            return self._opening(side)
        facts = {"event": step.event, "state": self.state}
        if step.event not in self.machine.known_events:
            return None, Reason("event-unknown", facts)
        targets = self.machine.targets(self.state, step.event)
        if not targets:
            return None, Reason("event-not-allowed-here", facts | self._overtaken_by(step, side))
        if not self.machine.allows(self.state, step.event, side):
            return None, Reason("event-of-the-other-side", facts | {"side": side})
        to = self.machine.next(self.state, step.event, step.choice)
        return to, Reason("outcome-not-named", facts | {"choices": list(targets)})

    def _opening(self, side: Side) -> tuple[str | None, Reason]:
        if side != "requester":
            return None, Reason("event-of-the-other-side", {"event": self.machine.opens, "side": side})
        if self.opened:
            return None, Reason("request-repeated", {"state": self.state})
        self.opened = True
        return self.machine.opened, Reason("request-repeated")

    def _overtaken_by(self, step: Step, side: Side) -> dict[str, object]:
        """What the other side did that the issuer of this step didn't know of."""
        other = _OTHER[side]
        known = max((self._rank.get((other, ref), -1) for ref in step.after), default=-1)
        crossing = [t.step.id for t in self.history if t.side == other and self._rank[other, t.step.id] > known]
        return {"overtaken_by": crossing} if crossing else {}
