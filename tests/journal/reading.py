"""What the tests read out of a node's journal."""

from __future__ import annotations

from typing import Any, cast

from comity.domain.terms import Actor
from comity.flows.journal import Journalled, journals
from comity.flows.journal_read import Kept, walk
from comity.ports import World

BASIS = "kr_kh.mou"


def kept(world: World, since: int = 0) -> list[Kept]:
    """Every entry from the record `since` on; what waits is kept first."""
    store = cast(Any, world.store)
    if isinstance(store, Journalled):
        store.waiting.flush()
    (channel,) = journals(world)
    return list(walk(world, since, channel.origin))


def size(world: World) -> int:
    """Records in the journal, after what waits is kept."""
    store = cast(Any, world.store)
    if isinstance(store, Journalled):
        store.waiting.flush()
    return world.store.position(journals(world)[0].origin).size


def by(entries: list[Kept], actor: Actor | str | None) -> list[Kept]:
    wanted = actor.account if isinstance(actor, Actor) else actor
    return [each for each in entries if each.actor == wanted]
