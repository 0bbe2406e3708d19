"""What a reader asks a writer for, in portions that suit the line: leaf hashes (R2) and entries (R4).

A portion that has come isn't asked for again: leaf tiles never change, so they are remembered until they are held.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from comity.domain.ledger import TILE_WIDTH, Channel, Peer, tile_path
from comity.domain.record import Entry, decode_bundle
from comity.errors import Malformed, MalformedRecord
from comity.ports import World

NOTE_BYTES_MAX = 128 * 1024
BUNDLE_BYTES_MAX = 64 * 1024 * 1024
STEP_PORTIONS = 32
"""Portions between two sizes that are made pending, when a writer is far ahead: so much may be lost with a lost disk, not more."""
_ENTRY_BYTES = 1024


def all_at_once() -> int:
    """A line on which nothing is too much."""
    return BUNDLE_BYTES_MAX


@dataclass
class Fetcher:
    """Asks one peer.

    portion  bytes that one answer should have at most; asked anew for each
    gained   answers that brought something on, since the start
    """

    world: World
    peer: Peer
    portion: Callable[[], int] = all_at_once
    gained: int = 0
    _entry_bytes: int = _ENTRY_BYTES
    _tiles: dict[str, dict[int, bytes]] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """How many entries one portion has, 1 to 256."""
        return max(1, min(TILE_WIDTH, self.portion() // max(1, self._entry_bytes)))

    @property
    def step(self) -> int:
        """How far ahead of what is held a size may lie to become pending at once."""
        return max(TILE_WIDTH, STEP_PORTIONS * self.width)

    def note(self, origin: str, least: int = 0) -> bytes:
        """The writer's latest note; or that of its smallest size that isn't below `least`."""
        asked = f"?least={least}" if least else ""
        return self.world.courier.get(self.peer, path_of(origin, f"checkpoint{asked}"), NOTE_BYTES_MAX)

    def witnessed_note(self, origin: str) -> bytes:
        """The writer's newest note that witnesses have signed. A writer that doesn't know the question answers with its latest."""
        return self.world.courier.get(self.peer, path_of(origin, "checkpoint?witnessed=1"), NOTE_BYTES_MAX)

    def leaves(self, channel: Channel, start: int, stop: int, signed: int) -> list[bytes]:
        """Leaf hashes [start, stop) as the writer tells them, whole tiles where `signed` allows."""
        known = self._tiles.setdefault(channel.origin, {})
        leaves: list[bytes] = []
        for n in range(start // TILE_WIDTH, (stop - 1) // TILE_WIDTH + 1):
            first, last = max(start - n * TILE_WIDTH, 0), min(stop - n * TILE_WIDTH, TILE_WIDTH)
            raw = known.get(n, b"")
            if len(raw) < last * 32:
                raw = known[n] = self._tile(channel, n, min(signed - n * TILE_WIDTH, TILE_WIDTH))
            leaves += [raw[at * 32 : at * 32 + 32] for at in range(first, last)]
        return leaves

    def _tile(self, channel: Channel, n: int, width: int) -> bytes:
        raw = self.world.courier.get(self.peer, path_of(channel.origin, tile_path(0, n, width)), TILE_WIDTH * 32)
        if len(raw) < width * 32 or len(raw) % 32:
            raise MalformedRecord("tile-length", origin=channel.origin, tile=n, bytes=len(raw))
        self.gained += 1
        return raw[: width * 32]  # beyond that nothing is signed

    def forget(self, origin: str, below: int | None = None) -> None:
        """Leaves below that size are held; all of them may go when they didn't lead to the root."""
        known = self._tiles.get(origin, {})
        for n in [n for n in known if below is None or (n + 1) * TILE_WIDTH <= below]:
            del known[n]

    def entries(self, origin: str, start: int, stop: int) -> tuple[int, list[Entry]]:
        """Entries from `start`, all of one tile, and where they end: at `stop`, or before when those are too much at once."""
        n = start // TILE_WIDTH
        while True:
            rest = tile_path("records", n, stop - n * TILE_WIDTH)
            skip = f"?skip={start - n * TILE_WIDTH}" if start % TILE_WIDTH else ""
            try:
                raw = self.world.courier.get(self.peer, path_of(origin, rest + skip), BUNDLE_BYTES_MAX)
            except Malformed as fault:
                if fault.code != "body-too-large" or stop - start == 1:
                    raise
                stop = start + (stop - start) // 2
                continue
            entries = decode_bundle(raw, start, stop - start)
            self.gained += 1
            self._entry_bytes = (self._entry_bytes + len(raw) // (stop - start)) // 2
            return stop, entries


def path_of(origin: str, rest: str) -> str:
    """Where a resource of a channel is found at its writer."""
    return f"/ch/{origin.rsplit('/', 1)[1]}/{rest}"
