"""Witnesses' lines under checkpoints: whose they are, how far they reach, and which note carries most of them."""

from __future__ import annotations

from collections.abc import Callable

from comity.domain.ledger import (
    COSIGNATURE,
    MLDSA44,
    Channel,
    Line,
    VerifierKey,
    open_checkpoint,
    open_note,
    parse_note,
    quorum_stands,
)
from comity.errors import NotFound, Unproven
from comity.ports import Merged, World

_LATER_MAX = 16
"""Later checkpoints of one witness that are looked at for one receipt."""


def witness_keys(world: World) -> tuple[VerifierKey, ...]:
    """Keys whose lines count as a witness's here: those of peers, present and past, and of the policies in force."""
    found: dict[VerifierKey, None] = {}
    for peer in world.store.peers():
        if peer.witness_key is not None:
            found[peer.witness_key] = None
        past = (each.key for each in peer.past if each.key.kind in (COSIGNATURE, MLDSA44))
        found |= dict.fromkeys(key for key in past if "/witness" in key.name)
    for policy in world.quorums.values():
        found |= dict.fromkeys(each.key for each in policy.witnesses)
    return tuple(found)


def largest_line(world: World, origin: str, name: str, size: int) -> Line | None:
    """The line by `name` over the largest size up to `size`; by halving, since the store tells only the smallest above a size."""
    low, best = 0, None
    while low < size:
        middle = (low + size) // 2
        line = world.store.cosigned(origin, name, middle)
        if line is None:
            size = middle
        else:
            low, best = line.size, line
    return best


def witnessed_size(world: World, origin: str) -> int:
    """The size under which most witnesses have signed, the largest of those; 0 when no witness has."""
    size, names = world.store.position(origin).size, {key.name for key in witness_keys(world)}
    sizes = {line.size for name in names if (line := largest_line(world, origin, name, size)) is not None}

    def reach(at: int) -> tuple[int, int]:
        return len({line.name for line in world.store.lines(origin, at)} & names), at

    return max(sizes, key=reach, default=0)


def demanded(world: World, channel: Channel, note: bytes, ask: Callable[[], bytes]) -> bytes | None:
    """The note to hold by: this one, or the newest that its writer has with witnesses' lines; None while no quorum stands.

    note  with all its lines; `ask` brings the other one
    Where nothing is demanded of this lane, it is the note itself. Raises BadSignature when a witness's line fails.
    """
    policy = world.quorums.get(channel.lane)
    if policy is None or quorum_stands(policy, note):
        return note
    try:
        other = ask()
        open_checkpoint(other, channel.key)
    except (NotFound, Unproven):
        return None
    return other if quorum_stands(policy, other) else None


def fresh_lines(world: World, origin: str, note: bytes) -> list[Merged]:
    """Good witnesses' lines under this note that aren't stored yet, for receipts that are made here.

    note  of a size that is signed or held here, with all its lines; a line that fails is passed over
    """
    size = int(parse_note(note).text.split(b"\n")[1])
    there = {line.name for line in world.store.lines(origin, size)} | {origin}
    signed = {(line.name, line.id): line for line in parse_note(note).signatures if line.name not in there}
    if not signed:
        return []
    found = []
    for key in witness_keys(world):
        line = signed.get((key.name, key.id))
        if line is None:
            continue
        try:
            time_s = open_note(note, (key,)).good[key]
        except Unproven:
            continue
        found.append(Merged(origin, Line(key.name, size, time_s or 0, line.to_bytes())))
    return found


def with_witnesses(world: World, origin: str, line: Line) -> Line:
    """The reader's line that a receipt is best made with: the given one, or a later one of the same key beside more witnesses'."""
    names = {key.name for key in witness_keys(world)}

    def count(size: int) -> int:
        return len(names & {each.name for each in world.store.lines(origin, size)})

    best, most = line, count(line.size) if names else 0
    for name in sorted(names):
        above = line.size
        for _ in range(_LATER_MAX):
            later = world.store.cosigned(origin, name, above)
            if later is None:
                break
            above = later.size
            beside = next((each for each in world.store.lines(origin, above) if each.name == line.name), None)
            if beside is not None and count(above) > most:
                best, most = beside, count(above)
    return best


def witnessed_sizes(world: World, origin: str) -> dict[str, int]:
    """By witness key, the largest size of this channel that it has cosigned, of those whose line we have."""
    size = world.store.position(origin).size
    found = {key.name: largest_line(world, origin, key.name, size) for key in witness_keys(world)}
    return {name: line.size for name, line in sorted(found.items()) if line is not None}
