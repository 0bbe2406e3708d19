"""Writers that really break the protocol, with real keys: their trees are their own, and what they serve is what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from comity.domain.ledger import (
    Channel,
    Checkpoint,
    leaf_of,
    leaves_root,
    note_bytes,
    parse_tile_path,
    signature_line,
)
from comity.domain.record import Entry, Sealed, State, encode_bundle, encode_fields
from comity.errors import NotFound
from comity.ports import Peer, Reply, World


@dataclass
class Liar:
    """A courier to a writer that serves whatever `said` holds for a channel, and the honest node for all others."""

    world: World
    honest: object
    said: dict[str, list[tuple[bytes, Sealed]]] = field(default_factory=dict)

    def say(self, channel: Channel, records: Sequence[Sealed], salt: int = 0) -> None:
        """From now on these are the channel's records."""
        self.said[channel.origin] = [(bytes([salt + n % 200]) * 32, record) for n, record in enumerate(records)]

    def note(self, origin: str, size: int | None = None) -> bytes:
        rows = self.said[origin][:size]
        leaves = [leaf_of(salt, record.envelope) for salt, record in rows]
        text = Checkpoint(origin, len(rows), leaves_root(leaves)).text()
        key = self.world.keyring.key(origin)
        return note_bytes(text, [signature_line(key, lambda message: self.world.keyring.sign(origin, message), text)])

    def get(self, peer: Peer, path: str, body_bytes_max: int) -> bytes:
        chid, _, rest = path.removeprefix("/ch/").partition("/")
        origin = f"{self.world.me.name}/ch/{chid}"
        if origin not in self.said:
            return self.honest.get(peer, path, body_bytes_max)  # type: ignore[attr-defined, no-any-return]
        rest, _, asked = rest.partition("?")
        rows = self.said[origin]
        if rest == "checkpoint":
            if not rows:
                raise NotFound("nothing-signed-yet")
            return self.note(origin)
        level, n, width = parse_tile_path(rest)
        number = int(asked.partition("=")[2] or 0)
        if level == "records":
            rows = rows[n * 256 + number : n * 256 + width]
            return encode_bundle(
                Entry(i, State.PRESENT, salt, sealed.envelope, encode_fields(sealed.fields), None)
                for i, (salt, sealed) in enumerate(rows, n * 256 + number)
            )
        assert level == 0
        return b"".join(leaf_of(salt, sealed.envelope) for salt, sealed in rows[n * 256 : n * 256 + width])

    def post(self, peer: Peer, path: str, body: bytes) -> Reply:
        origin = f"{self.world.me.name}/ch/{path.split('/')[2]}"
        if origin in self.said:
            return Reply(200, b"")
        return self.honest.post(peer, path, body)  # type: ignore[attr-defined, no-any-return]
