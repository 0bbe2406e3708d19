"""Warning lists of this node: names so well known, or so widely shared, that nothing is raised because of them."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

from comity.domain.indicator import Indicator
from comity.domain.match import Suppression, Suppressors, parse_warning_list
from comity.domain.terms import Actor
from comity.ports import Listed, World


def import_warning_list(world: World, actor: Actor, raw: bytes) -> Listed:
    """Keeps a MISP warning list as it came; a newer one of the same name replaces it. Malformed when it can't be read."""
    parsed = parse_warning_list(raw)
    listed = Listed(parsed.name, sha256(raw).hexdigest(), raw, actor.name, world.clock.now())
    world.store.keep([], [listed])
    return listed


@lru_cache(maxsize=4)
def _indexed(lists: tuple[tuple[str, bytes], ...]) -> Suppressors:
    return Suppressors(parse_warning_list(raw) for _, raw in lists)


def suppressors(world: World) -> Suppressors:
    """All lists of the node, indexed; the index is made once for each set of lists."""
    return _indexed(tuple((listed.sha256, listed.raw) for listed in world.store.warning_lists()))


def suppressed(world: World, ind: Indicator) -> tuple[Suppression, ...]:
    """Why nothing is to be raised because of this value; empty when nothing speaks against it."""
    return suppressors(world).check(ind)
