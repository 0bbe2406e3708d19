"""Pulling a channel: verify, hold, cosign (R1-R7).

A cosignature of ours says that everything below its size is durably stored here. So nothing is cosigned before it is held,
nothing is held before it is whole and hangs under the signed root, and a line that was stored is what is posted, to the byte.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import InitVar, dataclass, field
from enum import StrEnum

from comity.domain.ledger import (
    TILE_WIDTH,
    Channel,
    Checkpoint,
    CompactRange,
    Line,
    Peer,
    Position,
    Standing,
    cosignature_line,
    leaf_of,
    leaves_root,
    note_bytes,
    open_checkpoint,
    parse_note,
    quorum_stands,
)
from comity.domain.record import ERASE, Entry, State, order_in
from comity.domain.terms import seconds
from comity.errors import BadProof, ComityError, Conflict, Equivocation, Malformed, NotFound
from comity.flows.evidence import split_document
from comity.flows.fetch import Fetcher, all_at_once, path_of
from comity.flows.lines import demanded, fresh_lines
from comity.flows.receipt_keys import signing_key
from comity.flows.taking_up import end_of, settle_chain
from comity.ports import Noticed, Stopped, World

LEAVES_MAX = 1 << 22
"""How far a size may lie ahead of what is held to be followed in one step: its leaves are in memory until they lead to the root."""
PROVEN_LEAVES_MAX = 1 << 20
"""So many leaves are fetched once more, at most, to prove that a writer's tree isn't the one that is held."""


class Verdict(StrEnum):
    """What a checkpoint says, held against what we have."""

    STALE = "stale"
    SAME = "same"
    NEWER = "newer"
    RESUME = "resume"
    FORK = "fork"
    UNWITNESSED = "unwitnessed"


@dataclass(frozen=True)
class Pulled:
    """What one round brought.

    verdict   of the checkpoint
    size      held after the round
    fresh     entries newly held
    lacking   indexes that the writer did not give us yet
    posted    size of the cosignature that the writer has now
    more      the writer has signed more than that, and nothing stands in its way: another round brings it
    """

    verdict: Verdict
    size: int
    fresh: int = 0
    lacking: tuple[int, ...] = ()
    posted: int = 0
    more: bool = False


def compare(position: Position, signed: Checkpoint, pending_root: bytes | None) -> Verdict:
    """R1, pure: the same size with another root is a fork; a smaller size proves nothing yet."""
    if signed.size == position.size:
        return Verdict.SAME if signed.root == position.root else Verdict.FORK
    if signed.size < position.size:
        return Verdict.STALE
    if signed.size < position.pending:
        return Verdict.RESUME
    if signed.size == position.pending:
        return Verdict.RESUME if signed.root == pending_root else Verdict.FORK
    return Verdict.NEWER


@dataclass
class Puller:
    """Pulls the channels of one peer; remembers only what it has posted and fetched since it started.

    fetch        how the peer is asked; in one go unless told
    unwitnessed  channels on which the writer has signed more than a quorum of witnesses has seen
    """

    world: World
    peer: Peer
    posted: dict[str, int] = field(default_factory=dict)
    unwitnessed: set[str] = field(default_factory=set, init=False)
    fetch: Fetcher = field(init=False)
    portion: InitVar[Callable[[], int]] = all_at_once
    _reach: dict[str, int] = field(default_factory=dict, init=False)
    _looked: set[tuple[str, int]] = field(default_factory=set, init=False)

    def __post_init__(self, portion: Callable[[], int]) -> None:
        self.fetch = Fetcher(self.world, self.peer, portion)

    def pull(self, origin: str) -> Pulled:
        """One round. Raises Unreachable, Malformed, Unproven; a proven fork stops the channel and is an answer."""
        world = self.world
        channel = world.store.channel(origin)
        if channel.standing not in (Standing.OPEN, Standing.BEHIND):
            return Pulled(Verdict.FORK, world.store.position(origin).size)
        try:
            note = self.fetch.note(origin)
        except NotFound:
            if world.store.position(origin).pending:
                raise
            return Pulled(Verdict.SAME, 0)  # announced, and nothing written yet
        signed = open_checkpoint(note, channel.key)
        world.step("R1")
        whole, note = note, _writers_own(note, channel)
        position = world.store.position(origin)
        pending_root = None
        end = end_of(world, origin)
        if end is not None and signed.size == end < position.pending > position.size:
            # Pending lies beyond the end: it never comes, and gives way to the end.
            leaves = self._leaves(channel, position, signed, end) if position.size < end else []
            world.store.pend(origin, note, end, leaves)
            position = world.store.position(origin)
        if position.pending > position.size:
            pending_root = open_checkpoint(position.pending_note, channel.key).root
        verdict = compare(position, signed, pending_root)
        if verdict is Verdict.NEWER:
            shown = demanded(world, channel, whole, lambda: self.fetch.witnessed_note(origin))
            if shown is None:
                verdict = Verdict.UNWITNESSED
            elif shown != whole:
                whole, note, signed = shown, _writers_own(shown, channel), open_checkpoint(shown, channel.key)
                verdict = compare(position, signed, pending_root)
                if verdict in (Verdict.SAME, Verdict.STALE):
                    verdict = Verdict.UNWITNESSED
        (self.unwitnessed.add if verdict is Verdict.UNWITNESSED else self.unwitnessed.discard)(origin)
        if verdict is Verdict.FORK:
            return self._stop(channel, position, signed, note)
        if verdict is Verdict.NEWER and self._is_past_the_end(channel, signed):
            verdict = Verdict.STALE
        lacking: tuple[int, ...] = ()
        if verdict in (Verdict.NEWER, Verdict.RESUME):
            try:
                lacking = self._advance(channel, position, signed, note)
            except Equivocation:
                return Pulled(Verdict.FORK, position.size)
        elif verdict is Verdict.UNWITNESSED and position.pending > position.size:
            lacking = self._fill(channel) or self._hold(channel)
        size = world.store.position(origin).size
        if size == signed.size and (lines := fresh_lines(world, origin, whole)):
            world.store.keep([], lines)
        more = size < signed.size and not lacking and verdict in (Verdict.NEWER, Verdict.RESUME)
        if channel.standing is Standing.BEHIND:  # until it has caught up, nothing of it is confirmed
            return Pulled(verdict, size, size - position.size, lacking, more=more)
        posted = self._cosign(channel)
        if posted >= size:
            settle_chain(world, origin)
        more = more and world.store.channel(origin).standing is Standing.OPEN
        return Pulled(verdict, size, size - position.size, lacking, posted, more)

    def _stop(
        self, channel: Channel, position: Position, signed: Checkpoint, note: bytes, parted: bytes = b""
    ) -> Pulled:
        """Two signed histories: both notes are kept, or the document that shows where they part; nothing more is pulled."""
        ours = position.note if signed.size == position.size else position.pending_note
        evidence = (parted,) if parted else (ours, note)
        world, now = self.world, self.world.clock.now()
        about = {"origin": channel.origin, "writer": channel.writer, "size": signed.size}
        world.store.keep(
            [],
            [
                Stopped(channel.origin, Standing.STOPPED.value, "equivocation", now, evidence),
                Noticed(f"fork {channel.origin} {signed.size}", now, "fork", about),
            ],
        )
        return Pulled(Verdict.FORK, position.size)

    def _is_past_the_end(self, channel: Channel, signed: Checkpoint) -> bool:
        """Another channel goes on from a smaller size, so whoever signs this has only got hold of the old key: an alarm."""
        end = end_of(self.world, channel.origin)
        if end is None or signed.size <= end:
            return False
        about = {"origin": channel.origin, "writer": channel.writer, "size": signed.size, "end": end}
        key, now = f"past-end {channel.origin} {signed.size}", self.world.clock.now()
        self.world.store.keep([], [Noticed(key, now, "signed-past-the-end", about)])
        return True

    def _advance(self, channel: Channel, position: Position, signed: Checkpoint, note: bytes) -> tuple[int, ...]:
        """R2-R6; returns what is still lacking."""
        world, origin = self.world, channel.origin
        idle = position.pending == position.size
        one_answer = min(_tile_end(position.size), position.size + self.fetch.width)
        if idle and signed.size <= one_answer and self._hold_small(channel, position, signed, note):
            return ()
        if not idle:
            lacking = self._fill(channel)
            if not lacking:
                return self._hold(channel)
            if signed.size <= position.pending:
                return lacking
        latest = signed.size
        signed, note = self._stone(channel, position, signed, note)
        leaves = self._leaves(channel, position, signed, latest)
        world.step("R2")
        try:
            world.store.pend(origin, note, signed.size, leaves)
        except Conflict:  # two signed roots, two leaf lists, one place where they part: that is proof
            held = world.store.leaves(origin, 0, position.size)
            awaited = [*held, *world.store.pending_leaves(origin)]
            parted = split_document(position.pending_note, awaited, note, [*held, *leaves])
            if parted is None:
                raise
            self._stop(channel, position, signed, note, parted)
            return ()
        world.step("R3")
        return self._fill(channel) or self._hold(channel)

    def _hold_small(self, channel: Channel, position: Position, signed: Checkpoint, note: bytes) -> bool:
        """R2-R6 in one go, from the records alone; False when an order took something from one of them."""
        _, fresh = self.fetch.entries(channel.origin, position.size, signed.size)
        if len(fresh) < signed.size - position.size:
            return False
        peaks = CompactRange.from_bytes(position.size, position.peaks)
        for entry in fresh:
            if entry.salt is None or entry.envelope is None or entry.order is not None:
                return False
            peaks.append(leaf_of(entry.salt, entry.envelope))
        if peaks.size != signed.size or peaks.root() != signed.root:
            raise self._parted(channel, position, signed) or self._astray(channel, signed)
        self.world.step("R5")
        self.world.store.hold(channel.origin, signed.size, note, fresh)
        self.world.step("R6")
        return True

    def _stone(self, channel: Channel, position: Position, signed: Checkpoint, note: bytes) -> tuple[Checkpoint, bytes]:
        """The size to make pending: the latest, or one on the way there that the writer signed too, so that a far end comes nearer in steps.

        A writer that keeps no smaller sizes answers with its latest; so does one that doesn't know the question.
        """
        want = max(position.size + self.fetch.step, position.pending + 1, self._reach.get(channel.origin, 0))
        if want >= signed.size:
            return signed, note
        nearer = self.fetch.note(channel.origin, want)
        stone = open_checkpoint(nearer, channel.key)
        policy = self.world.quorums.get(channel.lane)
        if not position.pending < stone.size < signed.size or (policy and not quorum_stands(policy, nearer)):
            return signed, note
        return stone, _writers_own(nearer, channel)

    def _leaves(self, channel: Channel, position: Position, signed: Checkpoint, latest: int) -> list[bytes]:
        """R2: leaf hashes of [held, signed), which must lead from what we hold to the signed root."""
        if signed.size - position.size > LEAVES_MAX:
            raise Malformed(
                "too-far-ahead", origin=channel.origin, size=signed.size, held=position.size, most=LEAVES_MAX
            )
        leaves = self.fetch.leaves(channel, position.size, signed.size, latest)
        peaks = CompactRange.from_bytes(position.size, position.peaks)
        peaks.extend(leaves)
        if peaks.root() != signed.root:
            self.fetch.forget(channel.origin)
            raise self._parted(channel, position, signed) or self._astray(channel, signed)
        return leaves

    def _parted(self, channel: Channel, position: Position, signed: Checkpoint) -> Equivocation | None:
        """If the writer itself hands out all leaves of the tree that it signed, and they aren't those we hold: proof, and a stop."""
        once = (channel.origin, signed.size)
        if once in self._looked or not 0 < position.size <= signed.size <= PROVEN_LEAVES_MAX:
            return None
        self._looked.add(once)
        others = self.fetch.leaves(channel, 0, signed.size, signed.size)
        self.fetch.forget(channel.origin)
        if leaves_root(others) != signed.root:
            return None
        note = _writers_own(self.fetch.note(channel.origin, signed.size), channel)
        if open_checkpoint(note, channel.key) != signed:
            return None
        held = self.world.store.leaves(channel.origin, 0, position.size)
        parted = split_document(position.note, held, note, others)
        if parted is None:
            return None
        self._stop(channel, position, signed, note, parted)
        return Equivocation("two-histories", origin=channel.origin, sizes=[position.size, signed.size])

    def _astray(self, channel: Channel, signed: Checkpoint) -> BadProof:
        """The root isn't reached: bad transport, or a fork that is not proven. An alarm, not an accusation."""
        about = {"origin": channel.origin, "writer": channel.writer, "size": signed.size}
        now = self.world.clock.now()
        self.world.store.keep([], [Noticed(f"astray {channel.origin} {signed.size}", now, "root-not-reached", about)])
        return BadProof("root-not-reached", **about)

    def _fill(self, channel: Channel) -> tuple[int, ...]:
        """R4: asks for what is lacking, portion by portion; one transaction each."""
        world, origin = self.world, channel.origin
        missing = world.store.missing(origin)
        if not missing:
            return ()
        pending = world.store.position(origin).pending
        wrong: dict[int, str] = {}
        at = 0
        while at < len(missing):
            start, stop = self._portion(missing, at, pending)
            stop, entries = self.fetch.entries(origin, start, stop)
            covered = [entry for entry in entries if self._covered(channel, entry, pending)]
            asked = missing[at : bisect_left(missing, stop)]
            if world.store.fill(origin, covered) < len(asked):
                wrong |= _why_lacking(set(asked) & set(world.store.missing(origin)), entries, covered)
            world.step("R4")
            at += len(asked)
        if wrong:
            about = {"origin": origin, "writer": channel.writer, "indexes": sorted(wrong)[:20], "count": len(wrong)}
            about["why"] = sorted(set(wrong.values()))
            world.store.keep([], [Noticed(f"withheld {origin} {pending}", world.clock.now(), "withheld", about)])
        return tuple(world.store.missing(origin))

    def _portion(self, missing: Sequence[int], at: int, pending: int) -> tuple[int, int]:
        """What to ask for next: from the first that is lacking to the last, within one tile and what the line carries at once."""
        start = missing[at]
        stop = min(_tile_end(start), start + self.fetch.width, pending)
        return start, missing[bisect_left(missing, stop) - 1] + 1

    def _covered(self, channel: Channel, entry: Entry, pending: int) -> bool:
        """An entry that is said to be erased counts only if its order will be held: here, or in a channel that goes on."""
        if entry.state is State.WITHHELD:
            return False
        if entry.order is None:
            return True
        if entry.order.origin == channel.origin:
            self._reach[channel.origin] = max(self._reach.get(channel.origin, 0), entry.order.index + 1)
            return entry.order.index < pending
        try:
            other = self.world.store.channel(entry.order.origin)
        except NotFound:
            return False
        return other.writer == channel.writer and entry.order.index < self.world.store.position(other.origin).size

    def _hold(self, channel: Channel) -> tuple[int, ...]:
        """R5-R6: every erased entry must be named by its order; then all of it becomes held at once."""
        world, origin = self.world, channel.origin
        position = world.store.position(origin)
        parted = world.store.parted(origin, position.size, position.pending)
        unfounded = [entry.index for entry in parted if not self._ordered(channel, entry)]
        if unfounded:
            about = {"origin": origin, "writer": channel.writer, "indexes": unfounded[:20]}
            world.store.keep(
                [], [Noticed(f"unfounded {origin} {unfounded[0]}", world.clock.now(), "erased-without-order", about)]
            )
            world.store.unfill(origin, unfounded)
            return tuple(unfounded)
        world.step("R5")
        world.store.hold(origin, position.pending, position.pending_note)
        self.fetch.forget(origin, position.pending)
        world.step("R6")
        return ()

    def _ordered(self, channel: Channel, entry: Entry) -> bool:
        assert entry.order is not None
        found = self.world.store.entries(entry.order.origin, entry.order.index, entry.order.index + 1)
        if not found or found[0].envelope is None:
            return False
        order = order_in(found[0].envelope, found[0].fields)
        return order is not None and any(
            (target.origin, target.index) == (channel.origin, entry.index)
            and order.kind == ERASE
            and order.issuer == channel.writer
            and (entry.state is State.PARTED or target.pointers is None)
            for target in order.targets
        )

    def _cosign(self, channel: Channel) -> int:
        """R7: sign once per size, store the line, then post what is stored until the writer has it."""
        world, origin = self.world, channel.origin
        position, line = world.store.position(origin), world.store.line(origin)
        if position.size and (line is None or line.size < position.size):
            line = self._sign(channel, position)
        if line is None or self.posted.get(origin, 0) >= line.size:
            return self.posted.get(origin, 0)
        text = parse_note(world.store.note(origin, line.size)).text
        reply = world.courier.post(self.peer, path_of(origin, "cosign"), note_bytes(text, [line.line]))
        world.step("R7c")
        if reply.status == 200:
            self.posted[origin] = line.size
        elif reply.status in (403, 409):
            about = {"origin": origin, "size": line.size, "status": reply.status}
            world.store.keep(
                [], [Noticed(f"cosign {origin} {line.size}", world.clock.now(), "cosignature-refused", about)]
            )
        return self.posted.get(origin, 0)

    def _sign(self, channel: Channel, position: Position) -> Line:
        world = self.world
        key = signing_key(world, channel.writer)
        time_s = max(seconds(world.clock.now()), world.store.last_time_s())
        text = parse_note(position.note).text
        raw = cosignature_line(key, lambda message: world.keyring.sign(key.name, message), text, time_s)
        line = Line(key.name, position.size, time_s, raw)
        world.step("R7a")
        world.store.keep_line(channel.origin, line)
        world.step("R7b")
        return line


def _why_lacking(lacking: Iterable[int], entries: Sequence[Entry], covered: Sequence[Entry]) -> dict[int, str]:
    """What is wrong with the answer for each of these; nothing where only the order that erased it isn't held yet."""
    states, fit = {entry.index: entry.state for entry in entries}, {entry.index for entry in covered}
    wrong = {}
    for index in lacking:
        if index not in states:
            wrong[index] = "not-given"
        elif states[index] is State.WITHHELD:
            wrong[index] = "said-so"
        elif index in fit:
            wrong[index] = "not-under-leaf"
    return wrong


def _tile_end(index: int) -> int:
    return (index // TILE_WIDTH + 1) * TILE_WIDTH


def _writers_own(note: bytes, channel: Channel) -> bytes:
    """The note with the writer's line alone: others' lines are kept apart."""
    parsed = parse_note(note)
    own = [line.to_bytes() for line in parsed.signatures if (line.name, line.id) == (channel.key.name, channel.key.id)]
    return note_bytes(parsed.text, own)


def order_of_pull(channels: Iterable[Channel]) -> Sequence[Channel]:
    """Rescue before urgent, urgent before bulk: a reader cosigns only what it holds whole, so nothing urgent may queue behind bulk."""
    return sorted(channels, key=lambda channel: (channel.lane.rank, channel.origin))


def pull_all(puller: Puller) -> dict[str, Pulled | ComityError]:
    """One round over every channel that the peer writes for us; a fault of one does not disturb the others."""
    results: dict[str, Pulled | ComityError] = {}
    theirs = [c for c in puller.world.store.channels() if c.writer == puller.peer.name]
    for channel in order_of_pull(theirs):
        try:
            results[channel.origin] = puller.pull(channel.origin)
        except Conflict:
            raise
        except ComityError as fault:
            results[channel.origin] = fault
    return results
