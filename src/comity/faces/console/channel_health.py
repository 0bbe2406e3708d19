"""How each channel is: level, behind, silent, stopped, in one word with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from comity.domain.ledger import Lane
from comity.domain.terms import Instant, instant_from
from comity.errors import ComityError
from comity.faces.api.routes.channels import ChannelView, channels_of
from comity.node.assembly import Node
from comity.ports import World

SILENT_MS = 24 * 3_600_000
"""So long without a confirmation while something waits for one."""


@dataclass(frozen=True)
class Health:
    """One channel and what is to be said of it.

    word   message `health.<word>`; `tone` and `icon` go with it
    behind records that the reader's side has not confirmed, or that have not had their effect here
    pulled_at, fault   of the last round at this partner, while the node runs
    """

    view: ChannelView
    other: str
    word: str
    tone: str
    icon: str
    behind: int
    pulled_at: Instant | None
    fault: str


def healths(node: Node, world: World) -> list[Health]:
    """Every channel between us and a partner, the worst first."""
    pulls = {str(state.name): state for state in node.pulling.states()}
    found = []
    for view in channels_of(world):
        if view.writer == view.audience or view.lane == Lane.DESK.value:
            continue
        other = view.audience if view.ours else view.writer
        state = pulls.get(other)
        pulled = state.pulled_at if state is not None else None
        fault = state.last if state is not None else ""
        behind = view.size - view.confirmed if view.ours else view.pending - view.drained
        word, tone, icon = _said(world, view, behind, pulled, fault)
        found.append(Health(view, other, word, tone, icon, behind, pulled, fault))
    order = {"stop": 0, "wait": 1, "move": 2, "go": 3, "rest": 4}
    return sorted(found, key=lambda each: (order[each.tone], each.other, not each.view.ours, each.view.lane))


def _said(world: World, view: ChannelView, behind: int, pulled: Instant | None, fault: str) -> tuple[str, str, str]:
    if view.standing in ("stopped", "fenced", "behind"):
        return view.standing, "stop", "off"
    if view.standing == "retired":
        return "retired", "rest", "lock"
    now = world.clock.now()
    last = _last(view, pulled)
    if behind and last is not None and now - last > SILENT_MS:
        return "silent", "stop", "off"
    if fault and not view.ours:
        return "unreached", "wait", "off"
    if behind:
        return "waiting", "move", "clock"
    return "level", "go", "tick"


def _last(view: ChannelView, pulled: Instant | None) -> Instant | None:
    """When the other side was last heard on this channel."""
    if view.confirmed_at:
        try:
            return instant_from(view.confirmed_at)
        except ComityError:
            return None
    return pulled if pulled is not None else instant_from(view.opened)
