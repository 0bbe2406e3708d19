"""Who is told outside that something waits, how that goes, and a word to try it."""

from __future__ import annotations

import msgspec
from litestar import get, post

from comity.domain.terms import instant_text
from comity.errors import ComityError
from comity.faces.api.asking import Here, House, Officer
from comity.flows.herald import cursor_of
from comity.node.heralding import trial_word


class HeraldView(msgspec.Struct, frozen=True):
    """One herald of the settings.

    told, told_at  since this node started; zero and null while it doesn't run
    last           code of the last fault; empty when the last word went well
    passed         number of the last notice that was told
    """

    herald: str
    told: int
    told_at: str | None
    last: str
    faults: dict[str, int]
    passed: int


class TriedView(msgspec.Struct, frozen=True):
    """What became of a test word. `code` says why it didn't go out; empty when it did."""

    herald: str
    code: str
    facts: dict[str, object]


@get("/heralds", sync_to_thread=True, opt={"act": "audit"})
def heralds(node: House) -> list[HeraldView]:
    """The heralds that the settings name."""
    states = {state.name: state for state in node.heralding.states()}
    views = []
    for name in node.world.heralds:
        state, passed = states.get(name), node.world.store.cursor(cursor_of(name))
        if state is None:
            views.append(HeraldView(name, 0, None, "", {}, passed))
        else:
            at = instant_text(state.told_at) if state.told_at is not None else None
            views.append(HeraldView(name, state.told, at, state.last, state.faults, passed))
    return views


@post("/heralds/test", sync_to_thread=True, status_code=200, opt={"act": "manage-node"})
def trial(world: Here, officer: Officer) -> list[TriedView]:
    """Sends a test word by every herald, now, and tells what became of each."""
    tried = []
    for name, herald in world.heralds.items():
        try:
            herald.tell(trial_word(world, name))
        except ComityError as fault:
            tried.append(TriedView(name, fault.code, dict(fault.facts)))
        else:
            tried.append(TriedView(name, "", {}))
    return tried


routes = [heralds, trial]
