"""What flows need from the world, on one screen.

Adapters implement these; `node.py` binds them into a `World`. All calls are synchronous and safe to make from several threads.
Faults are those of `comity.errors`. Sizes are in entries, times in milliseconds (`Instant`) unless the name says seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from comity.domain.access import CaseFile, CaseMoved, Grant, Link, Member, Role, Sight
from comity.domain.law import LawBook, Measure, RightsRow
from comity.domain.ledger import Channel, Lane, Line, Peer, Policy, Position, VerifierKey
from comity.domain.people import Rules
from comity.domain.record import Entry, Sealed, Told
from comity.domain.record.custody import OrderRule
from comity.domain.request import Machine
from comity.domain.search import Asked
from comity.domain.terms import Country, Instant, NodeName
from comity.errors import Misconfigured, NotFound
from comity.ports.cases import Cases
from comity.ports.people import NO_CEREMONIES, NO_HASHER, Ceremonies, Hasher, People, PeopleFact
from comity.ports.places import Hit as Hit
from comity.ports.places import Hits as Hits
from comity.ports.places import Place as Place
from comity.ports.requests import Requests


@dataclass(frozen=True)
class Erasure:
    """What an order takes away: the whole record at `place`, or only the fields at `pointers`."""

    place: Place
    pointers: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Letter:
    """One record to append to one of our channels, with what the index is told about it and what it erases there."""

    origin: str
    sealed: Sealed
    told: Told
    erases: tuple[Erasure, ...] = ()


# ---- facts: rows that change in the very transaction that appends the letters -----------------------------------------


@dataclass(frozen=True)
class Opened:
    """A channel exists from now on; the same channel twice is one. Whom it follows may be told later, once.

    Conflict when it is ours, and the one that it follows doesn't stand at that size and root now.
    """

    channel: Channel


@dataclass(frozen=True)
class PeerKept:
    """The roster's entry of a peer, new or changed. Conflict when `over` is given and isn't what stands there now."""

    peer: Peer
    over: Peer | None = None


@dataclass(frozen=True)
class Drained:
    """Entries [before, after) of a held channel have had their effect. Conflict when the channel stands elsewhere."""

    origin: str
    before: int
    after: int
    told: tuple[Told, ...]


@dataclass(frozen=True)
class Erased:
    """A held record, or some of its fields, goes, by the order that stands at `order`."""

    erasure: Erasure
    order: Place


@dataclass(frozen=True)
class Buried:
    """An envelope id that was erased or withdrawn: a copy that comes later is never shown and never acted on."""

    issuer: NodeName
    record: str
    order: Place


@dataclass(frozen=True)
class Acted:
    """An outside effect took place once for this envelope. Conflict when it already had."""

    issuer: NodeName
    record: str
    at: Instant
    outcome: str


@dataclass(frozen=True)
class Listed:
    """A warning list as it came, under its name; a newer one replaces it."""

    name: str
    sha256: str
    raw: bytes
    by: str
    at: Instant


@dataclass(frozen=True)
class Noticed:
    """Something an officer should look at. `about` holds JSON-able facts; the same `key` is noticed once."""

    key: str
    at: Instant
    kind: str
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stopped:
    """A channel's standing changes: stopped, fenced, retired, behind, or open again, with the notes that show why."""

    origin: str
    standing: str
    why: str
    at: Instant
    evidence: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Merged:
    """A cosignature line of a recipient or witness on one of our checkpoints. The first one of a name and size stays."""

    origin: str
    line: Line


@dataclass(frozen=True)
class Copied:
    """A copy of a record has left our control: an exported receipt, a printed file, a message in another system.

    issuer, record  the envelope
    what    code: `receipt`, `print`, `partner-export` …
    sha256  of the bytes that left
    """

    issuer: NodeName
    record: str
    what: str
    sha256: str
    by: str
    at: Instant


@dataclass(frozen=True)
class Moved:
    """A named cursor goes from `before` to `after`. Conflict when it stands elsewhere; one that was never moved stands at 0."""

    name: str
    before: int
    after: int


@dataclass(frozen=True)
class LogKept:
    """A log whose roots we witness, with the node that told us its key; the same origin twice is one, another key Conflict."""

    key: VerifierKey
    writer: NodeName
    at: Instant


@dataclass(frozen=True)
class Witnessed:
    """As a witness we cosigned this checkpoint. Conflict unless the size recorded before is `before` (0: none yet).

    note  the log's checkpoint with its own line
    line  our cosignature over it
    """

    origin: str
    before: int
    size: int
    root: bytes
    note: bytes
    line: Line


Fact = (
    Opened
    | PeerKept
    | Drained
    | Erased
    | Buried
    | Acted
    | Listed
    | Noticed
    | Stopped
    | Merged
    | Copied
    | Moved
    | LogKept
    | Witnessed
    | CaseFile
    | CaseMoved
    | Member
    | Link
    | Grant
    | PeopleFact
)


class Store(Cases, People, Requests, Protocol):
    """Durable memory of one node. What a call has answered survives the loss of the process."""

    def seen(self, sight: Sight) -> Store:
        """The same store as this person sees it: what is hidden is not there, in no answer and no count."""

    def whole(self) -> Store:
        """The store behind what a person sees; itself where nobody's sight limits it."""

    def hidden(self, name: str, keys: Sequence[bytes]) -> frozenset[bytes]:
        """Of these keys, those that have postings of which none is seen; none without a sight."""

    # writer
    def keep(self, letters: Sequence[Letter], facts: Sequence[Fact] = ()) -> tuple[Place, ...]:
        """Appends letters and applies facts in one transaction (W1-W4); answers after it is on disk.

        A letter whose id already stands in its channel, or in one that it goes on from, is not appended again; its old place
        is returned.
        Raises Conflict (a fact's guard), Fenced (a channel that may not be signed on), NotFound, Busy (queue full).
        """

    # reader
    def pend(self, origin: str, note: bytes, size: int, leaves: Sequence[bytes]) -> None:
        """R3: `size` becomes pending; `leaves` are those of [held, size). Conflict unless it extends what is pending."""

    def fill(self, origin: str, entries: Sequence[Entry]) -> int:
        """R4: stores the entries that the pending size still lacks and whose leaf fits; drops others; returns how many stayed."""

    def missing(self, origin: str) -> list[int]:
        """Indexes that the pending size still lacks, ascending."""

    def unfill(self, origin: str, indexes: Sequence[int]) -> None:
        """Forgets pending entries, to ask for them again."""

    def hold(self, origin: str, size: int, note: bytes, entries: Sequence[Entry] = ()) -> None:
        """R5-R6: everything below `size` is held; `entries` come along when nothing was pending (small gap). One transaction.

        Conflict when something is missing or the held root is not the note's.
        """

    def line(self, origin: str) -> Line | None:
        """Our own cosignature line with the largest size on this channel."""

    def keep_line(self, origin: str, line: Line) -> None:
        """R7: stores our line before it is posted. Conflict when size or time would go back."""

    def last_time_s(self) -> int:
        """Latest time of any of our own lines; 0 when there is none."""

    # after a restore from backup
    def regain(self, origin: str, note: bytes, entries: Sequence[Entry], leaves: Sequence[bytes] = ()) -> None:
        """Takes back the end of a channel of ours that a reader still holds: entries from our size to the note's, all of them.

        leaves   those of the same entries; needed only where one is erased, because its leaf can't be computed any more

        Only for a channel that is fenced or retired: nothing is signed. Conflict when something is missing or the root isn't
        the note's; NotFound, Unproven as for any channel.
        """

    # reading
    def channels(self) -> tuple[Channel, ...]: ...
    def channel(self, origin: str) -> Channel: ...
    def position(self, origin: str) -> Position: ...
    def entries(self, origin: str, start: int, stop: int) -> list[Entry]:
        """Entries below what is signed or held (or pending and filled, for the puller); missing ones are left out."""

    def parted(self, origin: str, start: int, stop: int) -> list[Entry]:
        """Of those entries, the ones from which an order took something."""

    def leaves(self, origin: str, start: int, stop: int) -> list[bytes]: ...
    def pending_leaves(self, origin: str) -> list[bytes]:
        """Those of [held, pending), as they were made pending."""

    def tile(self, origin: str, level: int, n: int, width: int) -> bytes: ...
    def note(self, origin: str, size: int) -> bytes:
        """The writer's note at exactly `size`; NotFound when that size was never signed or held."""

    def sizes(self, origin: str, above: int) -> list[int]:
        """Signed or held sizes greater than `above`, ascending (at most 1,000)."""

    def lines(self, origin: str, size: int) -> tuple[Line, ...]: ...
    def cosigned(self, origin: str, name: str, above: int) -> Line | None:
        """The smallest line by `name` over a size greater than `above`."""

    def told(self, places: Sequence[Place]) -> dict[Place, Told]:
        """What settled records told; `traces` are all their postings, ordered, `about` among them."""

    def standing(self, origin: str, records: Sequence[str]) -> dict[str, int]:
        """Of these envelope ids, those that settled entries of this channel have, each with the lowest index."""

    def find(self, record: str) -> list[Place]:
        """Every place of an envelope id, own channels first."""

    def traced(self, name: str, keys: Sequence[bytes]) -> dict[bytes, list[Place]]:
        """Postings: where each key occurs, in settled entries only."""

    def of_kind(self, kind: str, limit: int = 1000) -> list[Place]:
        """Newest first."""

    def searched(self, asked: Asked, limit: int, after: Place | None = None) -> Hits:
        """Settled records that hold what is asked for, without those that their issuer has taken back.

        after   a place that was found by the same question; Malformed when there is no such place, or none that is seen
        """

    def buried(self, issuer: str, records: Sequence[str]) -> dict[str, Place]:
        """Of these envelope ids, those that were erased or withdrawn, each with its order."""

    def acted(self, issuer: str, record: str) -> str | None: ...
    def peers(self) -> tuple[Peer, ...]: ...
    def warning_lists(self) -> tuple[Listed, ...]: ...
    def warning_versions(self) -> tuple[tuple[str, str], ...]:
        """Name and SHA-256 of each warning list, in the order of names: cheap to ask before every look-up."""

    def notices(self, limit: int = 200) -> tuple[Noticed, ...]: ...
    def evidence(self, origin: str) -> tuple[bytes, ...]: ...
    def copies(self, issuer: str, record: str) -> tuple[Copied, ...]:
        """What has left our control of one record, oldest first."""

    def cursor(self, name: str) -> int:
        """Where a named cursor stands; 0 when it was never moved."""

    def notices_after(self, seq: int, limit: int = 200) -> tuple[tuple[int, Noticed], ...]:
        """Notices with their running number, oldest first, from the one after `seq`: for what passes them on."""

    def logs(self) -> tuple[LogKept, ...]:
        """Logs that we witness."""

    def witnessed(self, origin: str) -> Witnessed | None:
        """The last checkpoint of this log that we cosigned as a witness."""

    # projections
    def rebuild(self, *, write: bool) -> tuple[str, ...]:
        """Recomputes what is derived from records and returns every difference found; `write` puts it right."""

    def close(self) -> None: ...


class Files(Protocol):
    """Files that records name by SHA-256: kept encrypted, each under a key of its own, and forgotten by destroying that key."""

    def keep(self, chunks: Iterable[bytes], *, sha256: str | None = None) -> tuple[str, int]:
        """Stores a file and returns (hex SHA-256, bytes). Durable before it answers; the same file twice is one.

        Malformed when `sha256` is given and the bytes have another one: nothing is kept then.
        """

    def begun(self, sha256: str) -> int:
        """Bytes that `extend` has brought, durably, of a file that isn't whole yet; 0 when there are none."""

    def extend(self, sha256: str, size: int, start: int, chunks: Iterable[bytes]) -> int:
        """Goes on at `start` = `begun` with a file that is to have `size` bytes; returns how many are here now.

        What came before a fault of `chunks` stays, as far as it fills pieces of 64 KiB. With the last byte the file is kept.
        Malformed when it has another digest or more bytes: then nothing of it stays. Conflict when it stands elsewhere.
        """

    def size(self, sha256: str) -> int | None:
        """Bytes of a file that is here; None when it isn't."""

    def read(self, sha256: str, start: int = 0) -> Iterator[bytes]:
        """The bytes from `start`, in chunks. NotFound; Malformed when what is on disk isn't what was stored."""

    def forget(self, sha256: str) -> bool:
        """Destroys the key, then the bytes; says whether there was anything. Durable before it answers."""

    def names(self) -> tuple[str, ...]:
        """SHA-256 of every file that is here, ordered."""


@dataclass(frozen=True)
class Word:
    """What is told outside the system: that something waits, never what it says.

    subject, text  plain text without values, names of persons or content of records
    key            the same word again has the same key, so that whoever gets it twice can tell
    """

    key: str
    subject: str
    text: str
    at: Instant


class Herald(Protocol):
    """Tells people outside the system that something waits: by e-mail, by webhook."""

    def tell(self, word: Word) -> None:
        """Hands the word over. Unreachable when it couldn't be; repeating it is harmless."""


class Keyring(Protocol):
    """Private keys of one node, each with one name and one meaning."""

    def create(self, name: str, kind: int) -> VerifierKey:
        """Makes a key, or returns the one that has this name. Durable before it answers."""

    def key(self, name: str) -> VerifierKey: ...
    def sign(self, name: str, message: bytes) -> bytes: ...
    def certificate(self) -> bytes:
        """DER of the node's own certificate."""

    def next_certificate(self, name: NodeName, now: Instant) -> bytes:
        """DER of the certificate that is to take its place; made now if there is none yet. Durable before it answers."""

    def switch_certificate(self) -> None:
        """From the next start of the node on it takes its place; NotFound when there is none."""

    def seal_key(self) -> bytes:
        """The public key to which others seal what is carried to this node by hand."""

    def unseal(self, sealed: bytes, info: bytes) -> bytes:
        """A key of 32 bytes that was sealed to it. Malformed when it was sealed to another, or with another info."""


@dataclass(frozen=True)
class Reply:
    """What a peer answered to a POST."""

    status: int
    body: bytes


class Courier(Protocol):
    """Carries bytes between nodes over connections whose far end is the pinned certificate, and nothing else."""

    def get(self, peer: Peer, path: str, body_bytes_max: int) -> bytes:
        """NotFound on 404; Unreachable when there is no trusted connection or answer; Malformed when over the limit."""

    def post(self, peer: Peer, path: str, body: bytes) -> Reply: ...


class Catalog(Protocol):
    """Law and measures, read from folders."""

    def book(self) -> LawBook: ...
    def measures(self) -> Mapping[str, Measure]: ...
    def machine(self, name: str) -> Machine: ...
    def orders(self) -> Mapping[str, OrderRule]:
        """By name without version: how long holders have for an order, and which answers comply."""

    def roles(self) -> Mapping[str, Role]: ...
    def rights(self) -> Mapping[str, RightsRow]: ...


class Clock(Protocol):
    """The time, as this machine believes it."""

    def now(self) -> Instant: ...


class Mint(Protocol):
    """Identity and chance."""

    def record_id(self) -> str:
        """A fresh UUIDv7."""

    def salt(self) -> bytes:
        """32 random bytes."""

    def channel_id(self) -> str:
        """16 random hex digits."""


Step = Callable[[str], None]
"""Told of every boundary W1..W5, R1..R8 as it is passed; does nothing in production, ends the process in fault tests."""


def no_step(name: str) -> None:
    """Passes on."""


class _NoFiles:
    """A node without a place for files: it has none, and takes none."""

    def keep(self, chunks: Iterable[bytes], *, sha256: str | None = None) -> tuple[str, int]:
        raise Misconfigured("no-place-for-files", sha256=sha256 or "")

    def begun(self, sha256: str) -> int:
        return 0

    def extend(self, sha256: str, size: int, start: int, chunks: Iterable[bytes]) -> int:
        raise Misconfigured("no-place-for-files", sha256=sha256)

    def size(self, sha256: str) -> int | None:
        return None

    def read(self, sha256: str, start: int = 0) -> Iterator[bytes]:
        raise NotFound("file", sha256=sha256)

    def forget(self, sha256: str) -> bool:
        return False

    def names(self) -> tuple[str, ...]:
        return ()


NO_FILES: Files = _NoFiles()
RULES = Rules()


@dataclass(frozen=True)
class Self:
    """Who this node is."""

    name: NodeName
    country: Country
    title: str
    address: str


@dataclass(frozen=True, eq=False)  # a world is itself alone
class World:
    """Everything a flow may touch.

    quorums  on these lanes nothing is held before the policy's witnesses have cosigned the writer's note
    skew_ms  how far a record's time may lie ahead of our clock, or before what was confirmed, until somebody is told
    """

    me: Self
    store: Store
    keyring: Keyring
    courier: Courier
    catalog: Catalog
    clock: Clock
    mint: Mint
    step: Step = no_step
    files: Files = NO_FILES
    heralds: Mapping[str, Herald] = field(default_factory=dict)
    quorums: Mapping[Lane, Policy] = field(default_factory=dict)
    skew_ms: int = 86_400_000
    hasher: Hasher = NO_HASHER
    ceremonies: Ceremonies = NO_CEREMONIES
    rules: Rules = RULES

    @property
    def people(self) -> People:
        """Who may come in, and by what."""
        return self.store
