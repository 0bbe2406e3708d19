"""Reads the pages of a channel, wherever they lie, and checks all of them: every hash up to the signed root, every record under its leaf.

Nothing that lies beside the pages is believed: keys come from the policy of whoever checks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from comity.domain.ledger import (
    TILE_WIDTH,
    Checkpoint,
    CompactRange,
    Policy,
    VerifierKey,
    leaf_of,
    open_checkpoint,
    open_note,
    parse_checkpoint,
    parse_note,
    split_hashes,
    tile_path,
    tile_root,
    tiles_for,
)
from comity.domain.record import (
    ERASE,
    Entry,
    State,
    check_fields,
    decode_bundle,
    decode_fields,
    order_in,
    read_envelope,
)
from comity.errors import BadProof, MalformedNote, MalformedRecord, UnknownKey
from comity.flows.carry import NOTE_BYTES_MAX

TILE_BYTES = 8192
BUNDLE_BYTES_MAX = 512 * 1024 * 1024

Get = Callable[[str, int], bytes]
"""The bytes of a page by its path below the channel, at most so many; NotFound when it isn't there."""


@dataclass(frozen=True)
class Checked:
    """A channel whose pages hold.

    root         hexadecimal
    keys_proven  the policy names the writer's key, and it has signed
    cosigned_by  name and POSIX seconds of each good cosignature by a key of the policy
    quorum       whether the policy's quorum stands; None without a policy
    states       entries by what of them is there: `present`, `erased` …; empty when the pages hold no records
    elsewhere    entries whose order stands in another channel: that order wasn't looked at
    """

    origin: str
    size: int
    root: str
    keys_proven: bool
    cosigned_by: tuple[tuple[str, int], ...]
    quorum: bool | None
    states: dict[str, int]
    elsewhere: int


def check_pages(
    get: Get, channel: str, policy: Policy | None, *, records: bool, told: Callable[[int], None]
) -> Checked:
    """Checks a channel by its 16 digits. `told` hears how many entries are done, of each step; `records`: bundles are there too.

    Raises NotFound for a page that is missing, Malformed, BadSignature, BadProof (`tile-differs`, `root-not-reached`,
    `record-not-under-leaf`, `field-not-sealed-so`, `record-withheld`, `erased-without-order`), UnknownKey when a policy doesn't name the writer.
    """
    note = get("checkpoint", NOTE_BYTES_MAX)
    signed = parse_checkpoint(parse_note(note).text)
    if signed.origin.rpartition("/ch/")[2] != channel:
        raise MalformedNote("checkpoint-of-another-origin", origin=signed.origin[:150], channel=channel)
    cosigned: dict[VerifierKey, int] = {}
    if policy is not None:
        cosigned = _opened(note, signed, policy)
    _check_tree(get, signed)
    states: Counter[str] = Counter()
    elsewhere = _check_records(get, signed, states, told) if records else 0
    return Checked(
        origin=signed.origin,
        size=signed.size,
        root=signed.root.hex(),
        keys_proven=policy is not None,
        cosigned_by=tuple(sorted((key.name, time_s) for key, time_s in cosigned.items())),
        quorum=None if policy is None else policy.satisfied(policy.names(cosigned)),
        states=dict(sorted(states.items())),
        elsewhere=elsewhere,
    )


def _opened(note: bytes, signed: Checkpoint, policy: Policy) -> dict[VerifierKey, int]:
    """Cosigners of the policy with their times; the writer's own signature must be there and good."""
    log = next((log.key for log in policy.logs if log.key.name == signed.origin), None)
    if log is None:
        raise UnknownKey("origin-not-in-policy", origin=signed.origin)
    open_checkpoint(note, log)
    good = open_note(note, policy.keys()).good
    times = {key: time_s for key, time_s in good.items() if key.name != signed.origin and time_s is not None}
    return {key: time_s for key, time_s in times.items() if policy.ended_by(key, time_s) is None}


def _check_tree(get: Get, signed: Checkpoint) -> None:
    """Every tile of every level: what stands in it must be what the level below makes."""
    tree = CompactRange()
    above: dict[int, list[bytes]] = {}
    for level, n, width in tiles_for(signed.size):
        raw = _tile(get, level, n, width)
        hashes = split_hashes(raw)
        if level == 0:
            tree.extend(hashes)
        elif hashes != above[level][n * TILE_WIDTH : n * TILE_WIDTH + width]:
            raise BadProof("tile-differs", origin=signed.origin, path=tile_path(level, n, width))
        if width == TILE_WIDTH:
            above.setdefault(level + 1, []).append(tile_root(raw))
    if tree.root() != signed.root:
        raise BadProof("root-not-reached", origin=signed.origin, size=signed.size)


def _tile(get: Get, level: int, n: int, width: int) -> bytes:
    path = tile_path(level, n, width)
    raw = get(path, TILE_BYTES)
    if len(raw) != 32 * width:
        raise MalformedNote("tile-length", path=path, bytes=len(raw), expected=32 * width)
    return raw


def _check_records(get: Get, signed: Checkpoint, states: Counter[str], told: Callable[[int], None]) -> int:
    """Each record under its leaf, and each erased one under an order of its writer; returns how many orders stand elsewhere."""
    unordered: dict[int, list[Entry]] = {}
    elsewhere = 0
    for n in range(-(-signed.size // TILE_WIDTH)):
        width = min(TILE_WIDTH, signed.size - n * TILE_WIDTH)
        leaves = split_hashes(_tile(get, 0, n, width))
        entries = _bundle(get, n, width)
        for entry, leaf in zip(entries, leaves, strict=True):
            states[entry.state.name.lower()] += 1
            if entry.state is State.WITHHELD:
                raise BadProof("record-withheld", origin=signed.origin, index=entry.index)
            if entry.salt is not None and entry.envelope is not None and leaf_of(entry.salt, entry.envelope) != leaf:
                raise BadProof("record-not-under-leaf", origin=signed.origin, index=entry.index)
            _check_fields(signed, entry)
            if entry.order is not None and entry.order.origin == signed.origin:
                unordered.setdefault(entry.order.index, []).append(entry)
            elif entry.order is not None:
                elsewhere += 1
        told(n * TILE_WIDTH + width)
    for index in sorted(unordered):
        if index >= signed.size or not _orders(get, signed, index, unordered[index]):
            wrong = unordered[index][0].index
            raise BadProof("erased-without-order", origin=signed.origin, index=wrong, order=index)
    return elsewhere


def _check_fields(signed: Checkpoint, entry: Entry) -> None:
    """Values must be those that the envelope was sealed with; one that nobody can read seals nothing, and is counted all the same."""
    if not entry.fields or entry.envelope is None:
        return
    try:
        envelope = read_envelope(entry.envelope)
    except MalformedRecord:
        return
    try:
        check_fields(envelope, decode_fields(entry.fields))
    except MalformedRecord as fault:
        raise BadProof("field-not-sealed-so", origin=signed.origin, index=entry.index, why=fault.code) from fault


def _bundle(get: Get, n: int, width: int) -> list[Entry]:
    path = tile_path("records", n, width)
    entries = decode_bundle(get(path, BUNDLE_BYTES_MAX), n * TILE_WIDTH, width)
    if len(entries) != width:
        raise MalformedRecord("bundle-too-few", path=path, entries=len(entries), expected=width)
    return entries


def _orders(get: Get, signed: Checkpoint, index: int, erased: list[Entry]) -> bool:
    """Whether the record at `index` is the writer's order for each of these entries; the whole of it where the whole is gone."""
    n = index // TILE_WIDTH
    entry = _bundle(get, n, min(TILE_WIDTH, signed.size - n * TILE_WIDTH))[index % TILE_WIDTH]
    order = order_in(entry.envelope, entry.fields) if entry.envelope is not None else None
    if order is None or order.kind != ERASE or order.issuer != signed.origin.partition("/ch/")[0]:
        return False
    named = {(t.index, t.pointers is None) for t in order.targets if t.origin == signed.origin}
    parted = {index for index, _ in named}
    return all((e.index, True) in named or (e.state is State.PARTED and e.index in parted) for e in erased)
