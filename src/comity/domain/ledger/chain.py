"""Channels that go on from each other: a new key, and the old channel's entries stay where they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from comity.domain.ledger.channel import Channel


def chain_order(channels: Iterable[Channel]) -> dict[str, int]:
    """For each origin, how many channels of its chain are known that come before it.

    Places sorted by (this, index) stand in the order in which one writer wrote them along a chain. Both ends of a chain get the
    same numbers, in whatever order they came to know its channels.
    """
    known = {channel.origin: channel for channel in channels}
    return {origin: sum(1 for _ in predecessors(channel, known)) for origin, channel in known.items()}


def predecessors(channel: Channel, known: Mapping[str, Channel]) -> Iterator[tuple[Channel, int]]:
    """The channels that this one goes on from, nearest first, each with the number of its entries that count."""
    seen = {channel.origin}
    while channel.follows is not None and channel.follows.origin not in seen:
        size, earlier = channel.follows.size, known.get(channel.follows.origin)
        if earlier is None:
            return
        seen.add(earlier.origin)
        yield earlier, size
        channel = earlier


def successor(origin: str, channels: Iterable[Channel]) -> Channel | None:
    """The channel that goes on from this one; the first that was opened, should there be several."""
    next_ones = [channel for channel in channels if channel.follows is not None and channel.follows.origin == origin]
    return min(next_ones, key=lambda channel: (channel.opened, channel.origin), default=None)
