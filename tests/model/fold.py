"""The second model: records of several channels, held and handled in any order, must fold into one state.

One reader; channels stand in the order of their `continues` chain. A record that this build can't decode goes into quarantine until
the decoder is upgraded, which may happen at any moment. The first model guards the bodies; this one guards the meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from .rules import FoldRule
from .search import Goal, Model, Process, Truth

Place = tuple[int, int]  # channel in its chain, index


class Item(NamedTuple):
    """A record about the envelope id `id`. kind: new, amend, withdraw, erase."""

    kind: str
    id: str
    value: int = 0
    readable: bool = True

    def __str__(self) -> str:
        return f"{self.kind} {self.id}" + (f" to {self.value}" if self.kind == "amend" else "")


class Mind(NamedTuple):
    """What the reader holds, has handled and made of it."""

    held: tuple[int, ...]
    handled: tuple[int, ...]
    upgraded: bool = False
    quarantine: frozenset[Place] = frozenset()
    suspended: frozenset[str] = frozenset()
    bodies: frozenset[str] = frozenset()
    tombs: frozenset[str] = frozenset()
    acts: tuple[str, ...] = ()
    wrong: frozenset[str] = frozenset()
    amends: tuple[tuple[Place, Item], ...] = ()  # with the place at which each was folded


@dataclass(frozen=True)
class FoldScope:
    channels: tuple[tuple[Item, ...], ...]
    broken: frozenset[FoldRule] = field(default=frozenset())

    def keeps(self, rule: FoldRule) -> bool:
        return rule not in self.broken

    def without(self, rule: FoldRule) -> FoldScope:
        return replace(self, broken=self.broken | {rule})

    def held(self, mind: Mind) -> Iterator[tuple[Place, Item]]:
        for channel, size in enumerate(mind.held):
            for index in range(size):
                yield (channel, index), self.channels[channel][index]

    def ended(self, mind: Mind) -> bool:
        return mind.upgraded and not mind.quarantine and mind.handled == tuple(map(len, self.channels))


def step(scope: FoldScope, mind: Mind) -> Iterator[tuple[str, tuple[Mind]]]:
    for channel, log in enumerate(scope.channels):
        held, handled = mind.held[channel], mind.handled[channel]
        if held < len(log):
            yield f"reader holds {channel}/{held} ({log[held]})", (mind._replace(held=_plus(mind.held, channel)),)
        if handled < held:
            after, place = mind._replace(handled=_plus(mind.handled, channel)), (channel, handled)
            if log[handled].readable or mind.upgraded:
                yield (
                    f"handler takes {channel}/{handled} ({log[handled]})",
                    (_resume(scope, _take(scope, after, place, place)),),
                )
            else:
                put_by = after._replace(quarantine=after.quarantine | {place})
                yield f"handler can't decode {channel}/{handled}: quarantine", (put_by,)
    if not mind.upgraded:
        yield "the decoder is upgraded", (_resume(scope, mind._replace(upgraded=True)),)
    elif mind.quarantine:
        place = min(mind.quarantine)
        after = mind._replace(quarantine=mind.quarantine - {place})
        at = place if scope.keeps(FoldRule.refold) else (len(scope.channels), len(mind.amends))
        yield f"{place[0]}/{place[1]} leaves quarantine", (_resume(scope, _take(scope, after, place, at)),)


def _plus(counts: tuple[int, ...], channel: int) -> tuple[int, ...]:
    return (*counts[:channel], counts[channel] + 1, *counts[channel + 1 :])


def _take(scope: FoldScope, mind: Mind, place: Place, at: Place) -> Mind:
    """Folds a readable record; `at` is where it counts as standing."""
    item = scope.channels[place[0]][place[1]]
    match item.kind:
        case "new":
            if item.id in mind.tombs and scope.keeps(FoldRule.tombstone):
                return mind
            return _act(scope, mind._replace(bodies=mind.bodies | {item.id}), item.id)
        case "amend":
            where = at if scope.keeps(FoldRule.chain_order) else (0, len(mind.amends))
            return mind._replace(amends=(*mind.amends, (where, item)))
        case "erase":
            mind = mind._replace(bodies=mind.bodies - {item.id})
    return mind._replace(tombs=mind.tombs | {item.id}, suspended=mind.suspended - {item.id})


def _act(scope: FoldScope, mind: Mind, name: str) -> Mind:
    """The outside effect of a record, unless something held speaks against it."""
    about = [(place, item) for place, item in scope.held(mind) if item.id == name and item.kind != "new"]
    ends = {"erase", "withdraw"}
    if name in mind.acts and scope.keeps(FoldRule.same_id_once):
        return mind
    if any(item.kind in ends and (item.readable or mind.upgraded) for _, item in about):
        return mind
    unread = any(not item.readable and (not mind.upgraded or place in mind.quarantine) for place, item in about)
    if unread and scope.keeps(FoldRule.about_suspends):
        return mind._replace(suspended=mind.suspended | {name})
    wrong = mind.wrong | {name} if any(item.kind in ends for _, item in about) else mind.wrong
    return mind._replace(acts=(*mind.acts, name), suspended=mind.suspended - {name}, wrong=wrong)


def _resume(scope: FoldScope, mind: Mind) -> Mind:
    """Tries again what was suspended: after an upgrade, a release, and any record that may settle it."""
    if scope.keeps(FoldRule.resume):
        for name in sorted(mind.suspended):
            mind = _act(scope, mind, name)
    return mind


def shown(mind: Mind, name: str) -> int:
    """The version that the reader shows: the amendment that stands last."""
    return max(((where, item.value) for where, item in mind.amends if item.id == name), default=((0, 0), 0))[1]


def what_was_erased_stays_erased(scope: FoldScope, mind: Mind) -> str | None:
    for channel, count in enumerate(mind.handled):
        for index, item in enumerate(scope.channels[channel][:count]):
            if item.kind == "erase" and (channel, index) not in mind.quarantine and item.id in mind.bodies:
                return f"ERASE: the erasure of {item.id} was handled, and its body is there"
    return None


def acts_are_right(mind: Mind) -> str | None:
    for name in mind.acts:
        if mind.acts.count(name) > 1:
            return f"TWICE: the reader acted twice on {name}"
    if mind.wrong:
        return f"EFFECT: the reader acted on {min(mind.wrong)} while it held, unread, its withdrawal"
    return None


def both_ends_agree(scope: FoldScope, mind: Mind) -> str | None:
    """At the end the reader shows what the issuer shows, who reads the chain from its beginning."""
    if not scope.ended(mind):
        return None
    chain = [item for log in scope.channels for item in log]
    for name in sorted({item.id for item in chain}):
        kinds = {item.kind for item in chain if item.id == name}
        last = [item.value for item in chain if item.id == name and item.kind == "amend"][-1:] or [0]
        if shown(mind, name) != last[0]:
            return f"FOLD: the issuer shows version {last[0]} of {name}, the reader version {shown(mind, name)}"
        if "new" in kinds and not kinds & {"erase", "withdraw"} and name not in mind.acts:
            return f"LOST: everything is handled, and {name} was never acted on"
    return None


def model(scope: FoldScope) -> Model:
    none = (0,) * len(scope.channels)
    truths = (
        Truth((0,), acts_are_right),
        Truth((0,), partial(what_was_erased_stays_erased, scope)),
        Truth((0,), partial(both_ends_agree, scope)),
    )
    return Model((Mind(none, none),), (Process((0,), partial(step, scope)),), truths, Goal((0,), scope.ended))
