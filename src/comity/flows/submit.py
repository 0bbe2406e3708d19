"""W5: our checkpoints go to the witnesses that we chose, and their lines come back into the notes that we serve.

Nothing is remembered that a witness doesn't know better: where it stands it tells itself, by a 409. One that has seen more of a
channel than we have shows that our store is older than its signatures.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from comity.domain.ledger import (
    BETWEEN_NODES,
    Channel,
    Lane,
    Line,
    Peer,
    Standing,
    TileSource,
    VerifierKey,
    asked_for,
    consistency_proof,
    open_checkpoint,
    open_note,
    parse_note,
    tree_root,
)
from comity.domain.record import decode_fields, open_record
from comity.domain.record.kinds import witness_1
from comity.domain.terms import NodeName
from comity.errors import Malformed, MalformedNote, NotFound, Unproven
from comity.flows.carry import NOTE_BYTES_MAX, fence_if_signed
from comity.flows.filing import letter, outgoing, sealed
from comity.ports import Merged, Noticed, World

TRIES = 3
PURPOSE = "witness"


class Submitted(StrEnum):
    """What came of one submission.

    DONE     the newest checkpoint carries the witness's line, now or before
    LATER    the witness doesn't know the channel yet, or somebody was quicker each time
    REFUSED  it won't, and that was noticed
    FENCED   it has our signature on what we don't have: the channel may not be signed on
    """

    DONE = "done"
    LATER = "later"
    REFUSED = "refused"
    FENCED = "fenced"


def to_witness(world: World) -> list[Channel]:
    """Channels of ours that other nodes read, most pressing first; ended ones keep their last checkpoint witnessed."""
    ours = [
        channel
        for channel in world.store.channels()
        if channel.writer == world.me.name
        and channel.lane in BETWEEN_NODES
        and channel.standing in (Standing.OPEN, Standing.RETIRED)
    ]
    return sorted(ours, key=lambda channel: (channel.lane.rank, channel.origin))


def wish(world: World, witness: NodeName) -> int:
    """Tells a witness by record which channels of ours it may cosign; returns how many of them it hadn't been told."""
    origin = outgoing(world, witness, Lane.URGENT) or outgoing(world, witness, Lane.BULK)
    if origin is None:
        return 0
    told = _told(world, witness)
    missing = [channel.key.text for channel in to_witness(world) if channel.key.text not in told][: witness_1.LOGS_MAX]
    if missing:
        record = sealed(world, witness_1.Body(logs=tuple(missing)), purpose=PURPOSE)
        world.store.keep([letter(origin, record)])
    return len(missing)


def _told(world: World, witness: NodeName) -> set[str]:
    theirs = {c.origin for c in world.store.channels() if c.writer == world.me.name and c.audience == witness}
    told: set[str] = set()
    for place in world.store.of_kind(witness_1.KIND):
        if place.origin in theirs:
            for entry in world.store.entries(place.origin, place.index, place.index + 1):
                if entry.envelope is not None:
                    told |= set(open_record(entry.envelope, decode_fields(entry.fields)).body.logs)
    return told


@dataclass
class Submitter:
    """Brings our channels to one witness; what it remembers is only a guess, and saves a question."""

    world: World
    witness: Peer
    _stands_at: dict[str, int] = field(default_factory=dict)

    def submit(self, origin: str) -> Submitted:
        """One channel up to its newest checkpoint. Raises Unreachable, Malformed."""
        world, key = self.world, self.witness.witness_key
        channel = world.store.channel(origin)
        if key is None:
            return Submitted.LATER
        for _ in range(TRIES):
            size = world.store.position(origin).size
            if not size or any(line.name == key.name for line in world.store.lines(origin, size)):
                return Submitted.DONE
            old = self._stands_at.get(origin, 0)
            if old > size:
                return self._look_back(channel)
            note = world.store.note(origin, size)
            proof = consistency_proof(old, size, self._tiles(origin)) if old else ()
            reply = world.courier.post(self.witness, "/witness/add-checkpoint", asked_for(old, proof, note).to_bytes())
            match reply.status:
                case 200:
                    self._merge(channel, size, note, reply.body, key)
                    self._stands_at[origin] = size
                    return Submitted.DONE
                case 409:
                    self._stands_at[origin] = _size_in(reply.body)
                case 404 | 503:
                    return Submitted.LATER
                case _:
                    back = self._look_back(channel)
                    return back if back is Submitted.FENCED else self._refused(channel, size, f"status-{reply.status}")
        return Submitted.LATER

    def _merge(self, channel: Channel, size: int, note: bytes, lines: bytes, key: VerifierKey) -> None:
        """Of what came back only the line by the witness's known key counts; BadSignature, UnknownKey when there is none."""
        text = parse_note(note).text
        opened = open_note(text + b"\n" + lines, (key,))
        raw = next(line.to_bytes() for line in opened.note.signatures if (line.name, line.id) == (key.name, key.id))
        self.world.store.keep([], [Merged(channel.origin, Line(key.name, size, opened.good[key] or 0, raw))])
        self.world.step("W5")

    def _look_back(self, channel: Channel) -> Submitted:
        """What the witness has of this channel: if that is ours and not in our store, nothing more is signed on it."""
        path = f"/witness/{sha256(channel.origin.encode()).hexdigest()}/checkpoint"
        origin = channel.origin
        self._stands_at.pop(origin, None)
        try:
            raw = self.world.courier.get(self.witness, path, NOTE_BYTES_MAX)
            shown = open_checkpoint(raw, channel.key)
        except (NotFound, Unproven, MalformedNote):
            return self._refused(channel, 0, "witness-shows-nothing-of-ours")
        size = self.world.store.position(origin).size
        if shown.size <= size and shown.root == tree_root(shown.size, self._tiles(origin)):
            return Submitted.LATER
        fence_if_signed(self.world, channel, raw)
        return Submitted.FENCED

    def _tiles(self, origin: str) -> TileSource:
        return lambda level, n, width: self.world.store.tile(origin, level, n, width)

    def _refused(self, channel: Channel, size: int, code: str) -> Submitted:
        about = {"origin": channel.origin, "size": size, "witness": self.witness.name, "code": code}
        key = f"witness-refused {self.witness.name} {channel.origin} {code}"
        self.world.store.keep([], [Noticed(key, self.world.clock.now(), "witness-refused", about)])
        return Submitted.REFUSED


def _size_in(body: bytes) -> int:
    text = body.decode("ascii", "replace")
    if not text.endswith("\n") or not text[:-1].isdecimal() or len(text) > 20:
        raise Malformed("witness-size", text=text[:30])
    return int(text)
