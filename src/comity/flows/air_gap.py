"""Across an air gap: what a peer may read, as files; and its answer, small enough to be carried by hand.

The pages are those of the exchange under the same paths, so whoever reads them does what it does over the wire (R1-R8). The answer
is one cosigned checkpoint for each channel: the proof of service that otherwise is posted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from comity.domain.ledger import TILE_WIDTH, Peer, parse_checkpoint, parse_note, tile_path
from comity.domain.terms import instant_text
from comity.errors import Malformed, MalformedNote, NotFound
from comity.flows import carry
from comity.flows.certify import policy_text
from comity.flows.receipt_keys import farthest_line, keys_of
from comity.ports import World

ABOUT = "about.json"
POLICY = "policy"
FORMAT = 1
ANSWERS_MAX = 1_000


class Carried(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One channel in a crossing: its entries from `start` to `size`."""

    origin: str
    vkey: str
    lane: str
    start: int
    size: int


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a crossing holds: written first, and no proof of anything; the checkpoints are."""

    format: int
    node: str
    audience: str = msgspec.field(name="for")
    made: str
    channels: tuple[Carried, ...]


@dataclass(frozen=True)
class Answered:
    """What became of one cosigned checkpoint that came back.

    status  200 taken (or there already) · 403 not the peer's word on our checkpoint · 404 no channel of ours for a peer that signed it
            · 409 a size that we never signed
    """

    origin: str
    size: int
    peer: str
    status: int


def crossing(world: World, peer: Peer, *, whole: bool) -> About:
    """What there is to carry: from what the peer has cosigned on, or all of it."""
    channels = []
    for readable in carry.channels_for(world, peer):
        if readable.size:
            start = 0 if whole else _confirmed(world, peer, readable.origin, readable.size)
            channels.append(Carried(readable.origin, readable.vkey, readable.lane, start, readable.size))
    made = instant_text(world.clock.now())
    return About(FORMAT, world.me.name, peer.name, made, tuple(channels))


def pages(world: World, peer: Peer, about: About) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of every file of a crossing, in the order in which they are to be written: each checkpoint comes after all that
    it covers, so what breaks off shows nothing."""
    yield ABOUT, msgspec.json.encode(about, order="deterministic") + b"\n"
    yield POLICY, policy_text(world).encode()
    for channel in about.channels:
        if channel.start == channel.size:
            continue
        folder = channel.origin.rpartition("/")[2]
        for n in range(channel.start // TILE_WIDTH, (channel.size - 1) // TILE_WIDTH + 1):
            width = min(TILE_WIDTH, channel.size - n * TILE_WIDTH)
            yield f"{folder}/{tile_path(0, n, width)}", carry.tile(world, peer, channel.origin, 0, n, width)
            yield f"{folder}/{tile_path('records', n, width)}", carry.records(world, peer, channel.origin, n, width)
        yield f"{folder}/checkpoint", carry.checkpoint_at(world, peer, channel.origin, channel.size)


def _confirmed(world: World, peer: Peer, origin: str, size: int) -> int:
    """The largest size that the peer has cosigned."""
    line = farthest_line(world, origin, peer.name, size)
    return line.size if line is not None else 0


def join_answers(notes: Sequence[bytes]) -> bytes:
    """Cosigned checkpoints as one text, an empty line between them."""
    return b"\n".join(notes)


def split_answers(raw: bytes) -> list[bytes]:
    """The notes in an answer, in its order. Malformed when it isn't one."""
    notes: list[bytes] = []
    lines: list[bytes] = []
    for line in raw.replace(b"\r\n", b"\n").split(b"\n"):
        signed = bool(lines) and lines[-1].startswith("— ".encode())
        if signed and not line.startswith("— ".encode()):
            notes.append(b"\n".join(lines) + b"\n")
            lines = []
        if line or lines:
            lines.append(line)
    if any(lines):
        raise MalformedNote("answer-breaks-off", after=len(notes))
    if not notes or len(notes) > ANSWERS_MAX:
        raise MalformedNote("no-answer", notes=len(notes), max=ANSWERS_MAX)
    return notes


def take_answers(world: World, raw: bytes) -> list[Answered]:
    """Takes every cosigned checkpoint of an answer, each as if it had been posted. Repeating it is harmless."""
    answered = []
    for note in split_answers(raw):
        parsed = parse_note(note)
        checkpoint = parse_checkpoint(parsed.text)
        signers = {(line.name, line.id) for line in parsed.signatures}
        status, name = 404, ""
        for peer in world.store.peers():
            if any((key.name, key.id) in signers for key, _ in keys_of(peer)):
                with suppress(NotFound):
                    name = peer.name
                    status, _ = carry.take_cosignature(world, peer, checkpoint.origin, note)
                break
        answered.append(Answered(checkpoint.origin, checkpoint.size, name, status))
    return answered


def read_about(raw: bytes) -> About:
    """Malformed when it isn't the head of a crossing, or one of a format that nobody here reads."""
    try:
        about = msgspec.json.decode(raw, type=About)
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise Malformed("no-crossing", why=str(fault)[:200]) from fault
    if about.format != FORMAT:
        raise Malformed("crossing-format", format=about.format, known=FORMAT)
    return about
