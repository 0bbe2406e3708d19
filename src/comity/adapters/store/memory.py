"""The reference store: dictionaries and one lock, written from the port's promises and sharing no code with the SQL store.

It keeps nothing beyond its process and is meant for tests, where it is the second opinion.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from comity.adapters.store.memory_cases import Cabinet, MemoryCases
from comity.adapters.store.memory_content import Content, Shelf
from comity.adapters.store.memory_people import MemoryPeople, Staff
from comity.adapters.store.memory_requests import MemoryRequests
from comity.adapters.store.memory_search import MemorySearch, numbered
from comity.domain.access import CaseFile, CaseMoved, Grant, Link, Member
from comity.domain.ledger import (
    EMPTY_ROOT,
    Channel,
    Checkpoint,
    Line,
    Peer,
    Position,
    Standing,
    leaf_of,
    leaves_root,
    note_bytes,
    open_checkpoint,
    signature_line,
)
from comity.domain.record import Entry, Order, State, Told, decode_fields, encode_fields, filed, postings
from comity.domain.terms import NodeName
from comity.errors import Conflict, Fenced, NotFound
from comity.ports import (
    Acted,
    Buried,
    Catalog,
    Copied,
    Drained,
    Erased,
    Erasure,
    Fact,
    Keyring,
    Letter,
    Listed,
    LogKept,
    Merged,
    Moved,
    Noticed,
    Opened,
    PeerKept,
    Place,
    Step,
    Stopped,
    Witnessed,
    no_step,
)

NOTHING = Told(None, (), None)


def _blocks(size: int) -> list[tuple[int, int]]:
    """Start and length of the perfect subtrees of a tree of this size, largest first."""
    blocks, at = [], 0
    for bit in reversed(range(size.bit_length())):
        if size >> bit & 1:
            blocks.append((at, 1 << bit))
            at += 1 << bit
    return blocks


class MemoryStore(MemoryCases, MemoryPeople, MemorySearch, MemoryRequests):
    """Port `Store` without a disk."""

    def __init__(
        self,
        me: NodeName,
        keyring: Keyring,
        salt: Callable[[], bytes],
        *,
        step: Step = no_step,
        catalog: Catalog | None = None,
    ) -> None:
        self._catalog = catalog
        self._me, self._keyring, self._salt, self._step = me, keyring, salt, step
        self._lock = threading.RLock()
        self._is = Content()

    def close(self) -> None:
        """Nothing to let go of."""

    @property
    def _cabinet(self) -> Cabinet:
        return self._is.cases

    @property
    def _staff(self) -> Staff:
        return self._is.people

    def _kept(self) -> tuple[Content, str]:
        return self._is, self._me

    def _shelf(self, origin: str, content: Content | None = None) -> Shelf:
        found = (content or self._is).shelves.get(origin)
        if found is None:
            raise NotFound("channel", origin=origin)
        return found

    def _theirs(self, origin: str, *, cosigning: bool = False) -> Shelf:
        shelf = self._shelf(origin)
        if shelf.channel.writer == self._me:
            raise Conflict("our-own-channel", origin=origin)
        if shelf.channel.standing in (Standing.STOPPED, Standing.FENCED) or (
            cosigning and shelf.channel.standing is Standing.BEHIND
        ):
            raise Fenced("channel-" + shelf.channel.standing.value, origin=origin, why=shelf.channel.why)
        return shelf

    def _shown(self) -> dict[str, Shelf]:
        """Shelves of which something may be shown."""
        return {o: s for o, s in self._is.shelves.items() if s.channel.standing is not Standing.BEHIND}

    # ---- writer
    def keep(self, letters: Sequence[Letter], facts: Sequence[Fact] = ()) -> tuple[Place, ...]:
        self._step("W1")
        with self._lock:
            trial = copy.deepcopy(self._is) if facts or any(x.erases for x in letters) else self._is
            for fact in facts:
                self._apply(trial, fact)
            for letter in letters:
                self._may_append(trial, letter)
            places = [self._append(trial, letter) for letter in letters]
            for origin in {letter.origin for letter in letters}:
                self._sign(self._shelf(origin, trial))
            self._step("W2")
            self._is = trial
            self._step("W3")
            self._step("W3m")
            self._step("W4")
            return tuple(places)

    def _may_append(self, content: Content, letter: Letter) -> None:
        shelf = self._shelf(letter.origin, content)
        if shelf.channel.writer != self._me:
            raise Conflict("not-our-channel", origin=letter.origin)
        if shelf.channel.standing is not Standing.OPEN:
            raise Fenced("channel-" + shelf.channel.standing.value, origin=letter.origin, why=shelf.channel.why)
        for erasure in letter.erases:
            chain = dict(self._chain(content, letter.origin))
            if erasure.place.origin not in chain:
                raise Conflict("order-in-another-channel", origin=letter.origin, record=erasure.place.origin)
            if not 0 <= erasure.place.index < chain[erasure.place.origin]:
                raise NotFound("record", origin=letter.origin, index=erasure.place.index)

    def _chain(self, content: Content, origin: str) -> list[tuple[str, int]]:
        """This channel and those that it goes on from, each with the number of its entries that count."""
        found = [(origin, self._shelf(origin, content).size)]
        while (follows := content.shelves[found[-1][0]].channel.follows) and follows.origin in content.shelves:
            found.append((follows.origin, follows.size))
        return found

    def _append(self, content: Content, letter: Letter) -> Place:
        shelf = self._shelf(letter.origin, content)
        for origin, size in self._chain(content, letter.origin):
            at = content.shelves[origin].known.get(letter.sealed.id, size)
            if at < size:
                return Place(origin, at)
        index, salt = shelf.size, self._salt()
        fields = encode_fields(letter.sealed.fields)
        shelf.entries[index] = Entry(index, State.PRESENT, salt, letter.sealed.envelope, fields, None)
        shelf.leaves.append(leaf_of(salt, letter.sealed.envelope))
        numbered(letter.told, shelf, index, content)
        shelf.known[letter.sealed.id] = index
        shelf.size = shelf.pending = shelf.drained = index + 1
        for erasure in letter.erases:
            self._erase(content, erasure, Place(letter.origin, index))
        return Place(letter.origin, index)

    def _sign(self, shelf: Shelf) -> None:
        if shelf.size in shelf.notes or not shelf.size:
            return
        key = shelf.channel.key
        text = Checkpoint(key.name, shelf.size, leaves_root(shelf.leaves)).text()
        shelf.note = note_bytes(
            text, [signature_line(key, lambda message: self._keyring.sign(key.name, message), text)]
        )
        shelf.pending_note = shelf.notes[shelf.size] = shelf.note

    def _erase(self, content: Content, erasure: Erasure, order: Place) -> None:
        shelf = self._shelf(erasure.place.origin, content)
        index = erasure.place.index
        entry = shelf.entries.get(index)
        if entry is not None and entry.order is not None and self._is_lost(entry.order, content):
            entry = shelf.entries[index] = replace(entry, order=Order(order.origin, order.index))
        if entry is None or entry.state is State.ERASED:
            return
        by = Order(order.origin, order.index)
        if erasure.pointers is None:
            shelf.entries[index] = Entry(index, State.ERASED, None, None, b"", by)
            after = NOTHING
        else:
            rest = encode_fields([f for f in decode_fields(entry.fields) if f.pointer not in erasure.pointers])
            shelf.entries[index] = Entry(index, State.PARTED, entry.salt, entry.envelope, rest, by)
            after = filed(erasure.place.origin, entry.envelope, rest)
        if index in shelf.told:
            shelf.told[index] = after

    def _is_lost(self, order: Order, content: Content) -> bool:
        """Whether a return from a backup has lost the order that is named."""
        there = content.shelves.get(order.origin)
        return there is not None and order.index >= there.size

    def _apply(self, content: Content, fact: Fact) -> None:
        match fact:
            case Opened(channel):
                if channel.origin not in content.shelves and channel.follows and channel.writer == self._me:
                    ended = self._shelf(channel.follows.origin, content)
                    root = leaves_root(ended.leaves) if ended.leaves else EMPTY_ROOT
                    if (ended.size, root) != (channel.follows.size, channel.follows.root):
                        raise Conflict("predecessor-moved-on", origin=ended.channel.origin, size=ended.size)
                there = content.shelves.setdefault(channel.origin, Shelf(channel))
                follows = there.channel.follows or channel.follows
                same = replace(
                    channel,
                    opened=there.channel.opened,
                    standing=there.channel.standing,
                    why=there.channel.why,
                    follows=channel.follows or follows,
                )
                if same != replace(there.channel, follows=follows):
                    raise Conflict("channel-differs", origin=channel.origin)
                there.channel = same
            case PeerKept(peer, over):
                if over is not None and content.peers.get(peer.name) != over:
                    raise Conflict("peer-changed-meanwhile", peer=peer.name)
                content.peers[peer.name] = peer
            case Drained(origin, before, after, told):
                shelf = self._shelf(origin, content)
                if shelf.drained != before or after > shelf.size or len(told) != after - before:
                    raise Conflict("drained-elsewhere", origin=origin, at=shelf.drained, expected=before)
                for index, one in enumerate(told, before):
                    numbered(one, shelf, index, content)
                shelf.drained = after
            case Erased(erasure, order):
                self._erase(content, erasure, order)
            case Buried(issuer, record, order):
                content.tombs.setdefault((issuer, record), order)
            case Acted(issuer, record, _, outcome):
                if (issuer, record) in content.acted:
                    raise Conflict("already-acted", issuer=issuer, record=record)
                content.acted[(issuer, record)] = outcome
            case Listed():
                content.lists[fact.name] = fact
            case Noticed():
                content.notices.setdefault(fact.key, fact)
            case Stopped(origin, standing, why, _, evidence):
                shelf = self._shelf(origin, content)
                shelf.channel = replace(shelf.channel, standing=Standing(standing), why=why)
                shelf.evidence += evidence
            case Merged(origin, line):
                self._shelf(origin, content).lines.setdefault((line.name, line.size), line)
            case Copied():
                content.copies.append(fact)
            case Moved(name, before, after):
                if content.cursors.get(name, 0) != before:
                    raise Conflict("cursor-elsewhere", name=name, at=content.cursors.get(name, 0), expected=before)
                content.cursors[name] = after
            case LogKept(key):
                if content.logs.setdefault(key.name, fact).key != key:
                    raise Conflict("log-differs", origin=key.name)
            case Witnessed(origin, before, size, root):
                last = content.witnessed.get(origin)
                at = last.size if last else 0
                if at != before:
                    raise Conflict("witnessed-elsewhere", origin=origin, at=at, expected=before)
                if last and (size < at or (size == at and root != last.root)):
                    raise Conflict("witness-goes-back", origin=origin, at=at, size=size)
                content.witnessed[origin] = fact
            case CaseFile() | CaseMoved() | Member() | Link() | Grant():
                content.cases.keep(fact)
            case _:
                content.people.keep(fact)

    # ---- reader
    def pend(self, origin: str, note: bytes, size: int, leaves: Sequence[bytes]) -> None:
        with self._lock:
            shelf = self._theirs(origin)
            if self._let_go(shelf, size) and size <= shelf.size:
                return
            known = shelf.pending_leaves
            if size <= shelf.pending or shelf.size + len(leaves) != size or list(leaves[: len(known)]) != known:
                raise Conflict("pending-not-extended", origin=origin, pending=shelf.pending, size=size)
            shelf.pending, shelf.pending_note, shelf.pending_leaves = size, note, list(leaves)

    def _let_go(self, shelf: Shelf, size: int) -> bool:
        follows = (each.channel.follows for each in self._is.shelves.values())
        end = next((each.size for each in follows if each and each.origin == shelf.channel.origin), None)
        if size >= shelf.pending or size != end:
            return False
        for index in [i for i, e in shelf.entries.items() if i >= shelf.size and (i >= size or e.order is not None)]:
            del shelf.entries[index]
        shelf.pending, shelf.pending_note, shelf.pending_leaves = shelf.size, shelf.note, []
        return True

    def missing(self, origin: str) -> list[int]:
        shelf = self._shelf(origin)
        return [i for i in range(shelf.size, shelf.pending) if i not in shelf.entries]

    def fill(self, origin: str, entries: Sequence[Entry]) -> int:
        with self._lock:
            shelf = self._theirs(origin)
            count = 0
            for entry in entries:
                if (
                    entry.state is State.WITHHELD
                    or not shelf.size <= entry.index < shelf.pending
                    or entry.index in shelf.entries
                ):
                    continue
                if entry.state is not State.ERASED:
                    leaf = leaf_of(entry.salt or b"", entry.envelope or b"")
                    if leaf != shelf.pending_leaves[entry.index - shelf.size]:
                        continue
                shelf.entries[entry.index] = entry
                count += 1
            return count

    def unfill(self, origin: str, indexes: Sequence[int]) -> None:
        with self._lock:
            shelf = self._theirs(origin)
            for index in indexes:
                if index < shelf.size:
                    raise Conflict("already-held", origin=origin, index=index)
            for index in indexes:
                shelf.entries.pop(index, None)

    def hold(self, origin: str, size: int, note: bytes, entries: Sequence[Entry] = ()) -> None:
        with self._lock:
            shelf = self._theirs(origin)
            fresh: dict[int, Entry] = {}
            if entries:
                if shelf.pending != shelf.size:
                    raise Conflict("something-pending", origin=origin, pending=shelf.pending)
                if [x.index for x in entries] != list(range(shelf.size, shelf.size + len(entries))):
                    raise Conflict("entry-missing", origin=origin, index=shelf.size)
                for entry in entries:
                    if entry.salt is None or entry.envelope is None:
                        raise Conflict("entry-missing", origin=origin, index=entry.index)
                leaves = [leaf_of(x.salt or b"", x.envelope or b"") for x in entries]
                fresh = {entry.index: entry for entry in entries}
            else:
                if size != shelf.pending or size == shelf.size:
                    raise Conflict("not-pending", origin=origin, pending=shelf.pending, size=size)
                lacks = self.missing(origin)
                if lacks:
                    raise Conflict("entry-missing", origin=origin, index=lacks[0])
                leaves = shelf.pending_leaves
            whole = shelf.leaves + leaves
            signed = open_checkpoint(note, shelf.channel.key)
            if (signed.size, signed.root) != (len(whole), leaves_root(whole)) or size != len(whole):
                raise Conflict("root-differs", origin=origin, size=size)
            shelf.entries.update(fresh)
            shelf.leaves, shelf.pending_leaves = whole, []
            shelf.size = shelf.pending = size
            shelf.note = shelf.pending_note = shelf.notes[size] = note

    def line(self, origin: str) -> Line | None:
        return self._shelf(origin).own

    def keep_line(self, origin: str, line: Line) -> None:
        with self._lock:
            shelf = self._theirs(origin, cosigning=True)
            if shelf.own is not None and line.size <= shelf.own.size:
                raise Conflict("line-goes-back", origin=origin, size=line.size, stored=shelf.own.size)
            if line.size > shelf.size or line.time_s < self.last_time_s():
                raise Conflict("line-not-allowed", origin=origin, size=line.size, held=shelf.size)
            shelf.own = shelf.lines[(line.name, line.size)] = line

    def last_time_s(self) -> int:
        return max((shelf.own.time_s for shelf in self._is.shelves.values() if shelf.own), default=0)

    # ---- after a restore from backup
    def regain(self, origin: str, note: bytes, entries: Sequence[Entry], leaves: Sequence[bytes] = ()) -> None:
        with self._lock:
            shelf = self._shelf(origin)
            if shelf.channel.writer != self._me:
                raise Conflict("not-our-channel", origin=origin)
            if shelf.channel.standing not in (Standing.FENCED, Standing.RETIRED):
                raise Conflict("channel-goes-on", origin=origin, standing=shelf.channel.standing.value)
            signed = open_checkpoint(note, shelf.channel.key)
            if not entries or [entry.index for entry in entries] != list(range(shelf.size, signed.size)):
                raise Conflict("entry-missing", origin=origin, index=shelf.size, size=signed.size)
            if leaves and len(leaves) != len(entries):
                raise Conflict("leaves-missing", origin=origin, entries=len(entries), leaves=len(leaves))
            tail: list[bytes] = []
            for given, entry in enumerate(entries):
                if entry.salt is None or entry.envelope is None:
                    if entry.state is not State.ERASED or not leaves:
                        raise Conflict("entry-missing", origin=origin, index=entry.index, size=signed.size)
                    tail.append(leaves[given])
                else:
                    tail.append(leaf_of(entry.salt, entry.envelope))
            if leaves_root(shelf.leaves + tail) != signed.root:
                raise Conflict("root-differs", origin=origin, size=signed.size)
            shelf.leaves += tail
            for entry in entries:
                shelf.entries[entry.index] = entry
                told = filed(origin, entry.envelope, entry.fields)
                numbered(told, shelf, entry.index, self._is)
                if told.header is not None:
                    shelf.known.setdefault(told.header.id, entry.index)
            shelf.size = shelf.pending = shelf.drained = signed.size
            shelf.note = shelf.pending_note = note
            shelf.notes.setdefault(signed.size, note)

    # ---- reading
    def channels(self) -> tuple[Channel, ...]:
        return tuple(shelf.channel for shelf in self._is.shelves.values())

    def channel(self, origin: str) -> Channel:
        return self._shelf(origin).channel

    def position(self, origin: str) -> Position:
        s = self._shelf(origin)
        root = leaves_root(s.leaves) if s.leaves else EMPTY_ROOT
        peaks = b"".join(leaves_root(s.leaves[at : at + span]) for at, span in _blocks(len(s.leaves)))
        return Position(s.size, root, peaks, s.pending, s.note, s.pending_note, s.drained)

    def entries(self, origin: str, start: int, stop: int) -> list[Entry]:
        shelf = self._shelf(origin)
        return [shelf.entries[i] for i in sorted(shelf.entries) if start <= i < stop]

    def parted(self, origin: str, start: int, stop: int) -> list[Entry]:
        return [entry for entry in self.entries(origin, start, stop) if entry.order is not None]

    def leaves(self, origin: str, start: int, stop: int) -> list[bytes]:
        return self._shelf(origin).leaves[start:stop]

    def pending_leaves(self, origin: str) -> list[bytes]:
        return list(self._shelf(origin).pending_leaves)

    def standing(self, origin: str, records: Sequence[str]) -> dict[str, int]:
        told = self._shelf(origin).told
        ids = [(one.header.id, index) for index, one in told.items() if one.header is not None]
        return {id_: index for id_, index in sorted(ids, key=lambda each: -each[1]) if id_ in records}

    def tile(self, origin: str, level: int, n: int, width: int) -> bytes:
        leaves = self._shelf(origin).leaves
        span = 256**level
        first = n * 256
        if level < 0 or n < 0 or not 1 <= width <= 256 or (first + width) * span > len(leaves):
            raise NotFound("tile", origin=origin, level=level, n=n, width=width)
        return b"".join(leaves_root(leaves[(first + i) * span : (first + i + 1) * span]) for i in range(width))

    def note(self, origin: str, size: int) -> bytes:
        found = self._shelf(origin).notes.get(size)
        if found is None:
            raise NotFound("checkpoint", origin=origin, size=size)
        return found

    def sizes(self, origin: str, above: int) -> list[int]:
        return sorted(size for size in self._shelf(origin).notes if size > above)[:1000]

    def lines(self, origin: str, size: int) -> tuple[Line, ...]:
        lines = self._shelf(origin).lines.values()
        return tuple(sorted((x for x in lines if x.size == size), key=lambda x: x.name))

    def cosigned(self, origin: str, name: str, above: int) -> Line | None:
        fitting = [x for x in self._shelf(origin).lines.values() if x.name == name and x.size > above]
        return min(fitting, key=lambda x: x.size, default=None)

    def told(self, places: Sequence[Place]) -> dict[Place, Told]:
        shown = self._shown()
        found = {
            p: self._shelf(p.origin).told.get(p.index)
            for p in places
            if p.origin in shown or p.origin not in self._is.shelves
        }
        return {
            place: Told(told.header, tuple(sorted(postings(told), key=lambda x: (x.name, x.key))), told.fault)
            for place, told in found.items()
            if told is not None
        }

    def find(self, record: str) -> list[Place]:
        places, gone = [], []
        for origin, shelf in self._shown().items():
            places += [
                Place(origin, i)
                for i, told in shelf.told.items()
                if told.header is not None and told.header.id == record
            ]
            if record in shelf.known:
                gone.append(Place(origin, shelf.known[record]))
        own = {origin for origin, shelf in self._is.shelves.items() if shelf.channel.writer == self._me}
        return sorted(places or gone, key=lambda x: (x.origin not in own, x.origin, x.index))

    def traced(self, name: str, keys: Sequence[bytes]) -> dict[bytes, list[Place]]:
        found: dict[bytes, list[Place]] = {}
        wanted = set(keys)
        for origin, shelf in self._shown().items():
            for index, told in sorted(shelf.told.items()):
                for trace in postings(told):
                    if trace.name == name and trace.key in wanted:
                        found.setdefault(trace.key, []).append(Place(origin, index))
        return found

    def of_kind(self, kind: str, limit: int = 1000) -> list[Place]:
        rows = [
            (-told.header.made, at, -index, Place(origin, index))
            for at, (origin, shelf) in enumerate(self._shown().items())
            for index, told in shelf.told.items()
            if told.header is not None and told.header.kind == kind
        ]
        return [place for *_, place in sorted(rows)[:limit]]

    def buried(self, issuer: str, records: Sequence[str]) -> dict[str, Place]:
        return {r: self._is.tombs[issuer, r] for r in records if (issuer, r) in self._is.tombs}

    def acted(self, issuer: str, record: str) -> str | None:
        return self._is.acted.get((issuer, record))

    def peers(self) -> tuple[Peer, ...]:
        return tuple(self._is.peers[name] for name in sorted(self._is.peers))

    def warning_lists(self) -> tuple[Listed, ...]:
        return tuple(self._is.lists[name] for name in sorted(self._is.lists))

    def warning_versions(self) -> tuple[tuple[str, str], ...]:
        return tuple((name, self._is.lists[name].sha256) for name in sorted(self._is.lists))

    def notices(self, limit: int = 200) -> tuple[Noticed, ...]:
        return tuple(list(self._is.notices.values())[::-1][:limit])

    def evidence(self, origin: str) -> tuple[bytes, ...]:
        return tuple(self._shelf(origin).evidence)

    def copies(self, issuer: str, record: str) -> tuple[Copied, ...]:
        return tuple(x for x in self._is.copies if (x.issuer, x.record) == (issuer, record))

    def cursor(self, name: str) -> int:
        return self._is.cursors.get(name, 0)

    def notices_after(self, seq: int, limit: int = 200) -> tuple[tuple[int, Noticed], ...]:
        return tuple(enumerate(self._is.notices.values(), 1))[seq : seq + limit]

    def logs(self) -> tuple[LogKept, ...]:
        return tuple(self._is.logs[origin] for origin in sorted(self._is.logs))

    def witnessed(self, origin: str) -> Witnessed | None:
        return self._is.witnessed.get(origin)

    def rebuild(self, *, write: bool) -> tuple[str, ...]:
        found = []
        for origin, shelf in self._is.shelves.items():
            for index, told in list(shelf.told.items()):
                entry = shelf.entries[index]
                want = filed(origin, entry.envelope, entry.fields)
                if (want.header, set(postings(want)), want.fault) != (told.header, set(postings(told)), told.fault):
                    found.append(f"{origin} {index}: header or postings differ from the record")
                    if write:
                        shelf.told[index] = want
        return tuple(found)
