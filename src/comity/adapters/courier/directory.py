"""A courier for what lies in a folder: the pages of one crossing, read as if a node answered, and the answers collected.

A page that holds more than was asked for is cut to it: the reader asks by what it has, the folder was written by what its writer knew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from comity.domain.ledger import TILE_WIDTH, Peer, parse_tile_path, tile_path
from comity.domain.record import decode_bundle, encode_bundle
from comity.errors import Malformed, MalformedNote, NotFound
from comity.ports import Reply

_PATH = re.compile(r"/ch/([0-9a-f]{16})/([a-z0-9./]+)(?:\?skip=([0-9]{1,3})|\?least=[0-9]+)?")
HASH_BYTES = 32


class DirectoryCourier:
    """Port `Courier` over one folder. `answers` holds what would have been posted, by the channel's 16 hex digits."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.answers: dict[str, bytes] = {}

    def get(self, peer: Peer, path: str, body_bytes_max: int) -> bytes:
        return self.read(path, body_bytes_max)

    def read(self, path: str, body_bytes_max: int) -> bytes:
        """The same for who has no peer: the folder is all there is."""
        found = _PATH.fullmatch(path)
        if found is None:
            raise NotFound("not-in-crossing", path=path[:200])
        folder, rest, skip = self._folder / found[1], found[2], int(found[3] or 0)
        raw = self._whole(folder / rest, body_bytes_max) if rest == "checkpoint" else self._page(folder, rest, skip)
        if len(raw) > body_bytes_max:
            raise Malformed("body-too-large", path=path[:200], bytes_max=body_bytes_max)
        return raw

    def post(self, peer: Peer, path: str, body: bytes) -> Reply:
        found = _PATH.fullmatch(path)
        if found is None or found[2] != "cosign":
            return Reply(404, b"")
        self.answers[found[1]] = body
        return Reply(200, body)

    def events(self, peer: Peer, path: str) -> Iterator[int]:
        return iter(())

    def _page(self, folder: Path, rest: str, skip: int) -> bytes:
        try:
            level, n, width = parse_tile_path(rest)
        except MalformedNote:
            raise NotFound("not-in-crossing", path=rest[:200]) from None
        for wide in [width, *(w for w in self._widths(folder, level, n) if w > width)]:
            file = folder / tile_path(level, n, wide)
            if file.is_file():
                raw = file.read_bytes()
                break
        else:
            raise NotFound("not-in-crossing", path=rest[:200])
        if level != "records":
            return raw[: width * HASH_BYTES] if isinstance(level, int) else raw
        entries = decode_bundle(raw, n * TILE_WIDTH, TILE_WIDTH)
        return encode_bundle([entry for entry in entries if skip <= entry.index - n * TILE_WIDTH < width])

    @staticmethod
    def _widths(folder: Path, level: int | str, n: int) -> list[int]:
        """Widths in which this page lies here, ascending."""
        full = folder / tile_path(level, n, TILE_WIDTH)
        partial = full.with_name(full.name + ".p")
        found = [int(file.name) for file in partial.glob("*") if file.name.isdigit()] if partial.is_dir() else []
        return sorted([*found, TILE_WIDTH])

    @staticmethod
    def _whole(file: Path, bytes_max: int) -> bytes:
        if not file.is_file():
            raise NotFound("not-in-crossing", path=file.name)
        with open(file, "rb") as opened:
            return opened.read(bytes_max + 1)
