"""By which keys a node confirms receipt, and which lines count: its present key, and an earlier one up to its end.

The name of a key changes with the key, so nobody builds one to find a line: whoever looks for a reader's word asks here.
"""

from __future__ import annotations

from collections.abc import Sequence

from comity.domain.ledger import Line, Peer, VerifierKey
from comity.domain.terms import Instant, NodeName, instant_from
from comity.flows.own_roster import OWN, RECEIPT, OwnRoster, first_receipt_key, numbered, own_records, own_roster
from comity.flows.roster_news import is_own
from comity.ports import World

Until = Instant | None
"""The moment from which a line by the key no longer counts; None while it is in use."""


def keys_of(peer: Peer) -> tuple[tuple[VerifierKey, Until], ...]:
    """A peer's receipt keys, the one in use first."""
    past = [(each.key, each.until) for each in reversed(peer.past) if is_own(each.key, peer.name, RECEIPT)]
    return ((peer.receipt_key, None), *past)


def receipt_keys(world: World, node: NodeName) -> tuple[tuple[VerifierKey, Until], ...]:
    """Receipt keys of a peer or of this node, the one in use first; none of a node that isn't known."""
    if node == world.me.name:
        told = world.store.cursor(OWN)
        return _own_keys(own_roster(world)) if told else ((first_receipt_key(world.keyring, node), None),)
    return next((keys_of(peer) for peer in world.store.peers() if peer.name == node), ())


def counts(line: Line, until: Until) -> bool:
    """Whether the line was made before its key ended."""
    return until is None or line.time_s * 1000 <= until


def nearest_line(world: World, origin: str, reader: NodeName, index: int) -> Line | None:
    """The reader's word over the smallest size that covers the entry."""
    return nearest_by(world, origin, index, receipt_keys(world, reader))


def nearest_by(world: World, origin: str, index: int, keys: Sequence[tuple[VerifierKey, Until]]) -> Line | None:
    """The same by these keys of the reader."""
    found = ((world.store.cosigned(origin, key.name, index), until) for key, until in keys)
    good = [line for line, until in found if line is not None and counts(line, until)]
    return min(good, key=lambda line: line.size, default=None)


def farthest_line(world: World, origin: str, reader: NodeName, size: int) -> Line | None:
    """The reader's word over the largest size up to `size`; by halving, since the store tells only the smallest above a size."""
    best: Line | None = None
    for key, until in receipt_keys(world, reader):
        low, high = best.size if best is not None else 0, size
        while low < high:
            middle = (low + high) // 2
            line = world.store.cosigned(origin, key.name, middle)
            if line is None or line.size > size or not counts(line, until):
                high = middle
            else:
                low, best = line.size, line
    return best


def lines_between(world: World, origin: str, reader: NodeName, above: int, size: int) -> list[Line]:
    """The reader's words over sizes in (above, size], smallest first; one question to the store for each, and one more a key."""
    found: list[Line] = []
    for key, until in receipt_keys(world, reader):
        line = world.store.cosigned(origin, key.name, above)
        while line is not None and line.size <= size:
            if counts(line, until):
                found.append(line)
            line = world.store.cosigned(origin, key.name, line.size)
    return sorted(found, key=lambda line: line.size)


def signing_key(world: World, writer: NodeName) -> VerifierKey:
    """The key by which we confirm to this writer: a new one once it has confirmed that it knows it, or the old one has ended."""
    first = first_receipt_key(world.keyring, world.me.name)
    if not world.store.cursor(OWN):
        return first
    (key, _), *earlier = _own_keys(own_roster(world))
    if not earlier or _knows(world, writer, key):
        return key
    before, until = earlier[0]
    return before if until is not None and world.clock.now() < until else key


def _knows(world: World, writer: NodeName, key: VerifierKey) -> bool:
    """Whether the writer has confirmed a roster of ours with this key in use."""
    for place, body in own_records(world, writer):
        if any(each.vkey == key.text and each.valid_to is None for each in body.keys):
            return nearest_line(world, place.origin, writer, place.index) is not None
    return False


def next_name(world: World, own: OwnRoster, capacity: str) -> str:
    """Name of the next key in this capacity: one more than any that there was."""
    had = {VerifierKey.parse(each.vkey).name for each in own.keys}
    number = 2
    while numbered(world.me.name, capacity, number) in had:
        number += 1
    return numbered(world.me.name, capacity, number)


def _own_keys(own: OwnRoster) -> tuple[tuple[VerifierKey, Until], ...]:
    receipts = [
        (VerifierKey.parse(key.vkey), instant_from(key.valid_to) if key.valid_to is not None else None)
        for key in own.keys
        if key.lane == RECEIPT
    ]
    return tuple(sorted(receipts, key=lambda each: -(each[1] if each[1] is not None else 1 << 62)))
