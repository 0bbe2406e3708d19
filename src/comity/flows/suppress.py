"""Warning lists of this node: names so well known, or so widely shared, that nothing is raised because of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256

from comity.domain.indicator import Indicator
from comity.domain.match import Suppression, Suppressors, parse_warning_list, written_warning_list
from comity.domain.terms import Actor
from comity.ports import Listed, Store, World


def import_warning_list(world: World, actor: Actor, raw: bytes) -> Listed:
    """Keeps a MISP warning list as it came; a newer one of the same name replaces it. Malformed when it can't be read."""
    parsed = parse_warning_list(raw)
    listed = Listed(parsed.name, sha256(raw).hexdigest(), raw, actor.name, world.clock.now())
    world.store.keep([], [listed])
    return listed


def import_suppressing_list(
    world: World, actor: Actor, hosts: Sequence[str], *, name: str, source_sha256: str
) -> Listed:
    """Keeps hosts that must not be acted on as a whole as a warning list of ours, under this name."""
    return import_warning_list(world, actor, written_warning_list(hosts, name=name, source_sha256=source_sha256))


@dataclass(frozen=True)
class _Lists:
    """Lists by name and digest; where they are read from is no part of what they are."""

    versions: tuple[tuple[str, str], ...]
    store: Store = field(compare=False)


@lru_cache(maxsize=2)
def _indexed(lists: _Lists) -> Suppressors:
    return Suppressors(parse_warning_list(listed.raw) for listed in lists.store.warning_lists())


def suppressors(world: World) -> Suppressors:
    """All lists of the node, indexed; the index is made once for each set of lists."""
    return _indexed(_Lists(world.store.warning_versions(), world.store))


def suppressed(world: World, ind: Indicator) -> tuple[Suppression, ...]:
    """Why nothing is to be raised because of this value; empty when nothing speaks against it."""
    return suppressors(world).check(ind)
