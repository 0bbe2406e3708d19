"""Channels: who writes to whom, how far each has come, and who has confirmed it."""

from __future__ import annotations

import msgspec
from litestar import get

from comity.domain.ledger import Channel
from comity.domain.terms import Instant, instant_text
from comity.faces.api.asking import Here
from comity.flows.lines import witnessed_sizes
from comity.flows.receipt_keys import farthest_line
from comity.ports import World


class ChannelView(msgspec.Struct, frozen=True):
    """One channel.

    ours       whether we write it
    size       signed by us, or held and verified by us
    pending    a signed size that is being fetched; equal to `size` when nothing is
    drained    entries that have had their effect here
    confirmed  largest size that the other side has cosigned (ours), or that we have (theirs); 0 when none
    confirmed_at  time of that cosignature
    witnessed     by witness key, the largest size that it has cosigned
    """

    origin: str
    writer: str
    audience: str
    lane: str
    ours: bool
    opened: str
    standing: str
    why: str
    size: int
    pending: int
    drained: int
    confirmed: int
    confirmed_at: str | None
    witnessed: dict[str, int]


@get("/channels", sync_to_thread=True, opt={"act": "audit"})
def channels(world: Here) -> list[ChannelView]:
    """Every channel of this node, ours first, urgent before bulk."""
    return channels_of(world)


def channels_of(world: World) -> list[ChannelView]:
    """The same, for whoever shows them otherwise."""
    found = sorted(world.store.channels(), key=lambda c: (c.writer != world.me.name, c.lane.rank, c.origin))
    return [_view(world, channel) for channel in found]


def _view(world: World, channel: Channel) -> ChannelView:
    position = world.store.position(channel.origin)
    ours = channel.writer == world.me.name
    size, time_s = _confirmed(world, channel, ours, position.size)
    return ChannelView(
        origin=channel.origin,
        writer=channel.writer,
        audience=channel.audience,
        lane=channel.lane.value,
        ours=ours,
        opened=instant_text(channel.opened),
        standing=channel.standing.value,
        why=channel.why,
        size=position.size,
        pending=position.pending,
        drained=position.drained,
        confirmed=size,
        confirmed_at=instant_text(Instant(time_s * 1000)) if size else None,
        witnessed=witnessed_sizes(world, channel.origin),
    )


def _confirmed(world: World, channel: Channel, ours: bool, size: int) -> tuple[int, int]:
    """(size, time in seconds) of the newest cosignature that counts as proof of service; zeros when there is none."""
    if not ours:
        line = world.store.line(channel.origin)
        return (line.size, line.time_s) if line is not None else (0, 0)
    line = farthest_line(world, channel.origin, channel.audience, size)
    return (line.size, line.time_s) if line is not None else (0, 0)


routes = [channels]
