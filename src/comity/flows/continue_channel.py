"""A channel of ours ends and another one takes its place: a new key, and everything written so far stays where it stands."""

from __future__ import annotations

from dataclasses import replace

from comity.domain.ledger import Channel, Predecessor, Standing, successor
from comity.domain.record.kinds import continues_1
from comity.errors import Conflict
from comity.flows.filing import REMOVED, letter, new_channel, sealed
from comity.flows.own_roster import PURPOSE, announced, own_roster
from comity.ports import Fact, Noticed, Opened, Stopped, World

_TRIES = 5


def continue_channel(world: World, origin: str, why: str, *, by: str = "") -> Channel:
    """The channel that goes on from this one; made now unless there is one already.

    One transaction: the old channel is retired where it stands, the new one opens with a `continues` record, and every other
    open channel of the same reader says so. A reader that no open channel reaches learns of it when it asks for its channels.

    why      code: `rotated`, `stolen`, `restored-from-backup` …; after `removed-member` nothing but orders is written on
    raises   Conflict: not our channel, or it grows faster than it can be retired; Fenced, NotFound
    """
    for _ in range(_TRIES):
        channels = world.store.channels()
        old = world.store.channel(origin)
        if old.writer != world.me.name:
            raise Conflict("not-our-channel", origin=origin)
        there = successor(origin, channels)
        if there is not None:
            return there
        try:
            return _continued(world, old, why, by)
        except Conflict as moved:
            if moved.code not in ("predecessor-moved-on", "cursor-elsewhere"):
                raise
    raise Conflict("predecessor-moved-on", origin=origin)


def _continued(world: World, old: Channel, why: str, by: str) -> Channel:
    own = own_roster(world) if not old.lane.at_home else None
    position = world.store.position(old.origin)
    follows = Predecessor(old.origin, position.size, position.root)
    new = replace(new_channel(world, old.audience, old.lane), follows=follows, why=REMOVED if why == REMOVED else "")
    first = continues_1.Body(origin=old.origin, size=position.size, root=position.root.hex(), why=why)
    now = world.clock.now()
    retired = replace(old, standing=Standing.RETIRED, why=why)
    channels = [retired if channel.origin == old.origin else channel for channel in world.store.channels()]
    letters = [letter(new.origin, sealed(world, first, purpose=PURPOSE))]
    facts: list[Fact] = []
    if own is not None:
        told, turn = announced(world, own, [*channels, new])
        letters += [each for each in told if each.origin != new.origin]
        facts.append(turn)
    about = {"origin": old.origin, "successor": new.origin, "size": position.size, "why": why, "by": by}
    world.store.keep(
        letters,
        [
            Stopped(old.origin, Standing.RETIRED.value, why, now),
            Opened(new),
            Noticed(f"continued {old.origin}", now, "channel-continued", about),
            *facts,
        ],
    )
    return new
