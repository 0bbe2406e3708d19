"""What a store keeps of people, and the facts by which it changes: always whole values, each in the transaction of its act."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from comity.domain.people import Account, Passkey, Session, Ticket, TicketKind, Tries
from comity.domain.terms import Instant
from comity.errors import Misconfigured


@dataclass(frozen=True)
class AccountKept:
    """An account, new or changed. Conflict when another version than `over` stands there (0: none), or when another account
    has its login name or its display name.
    """

    account: Account
    over: int = 0


@dataclass(frozen=True)
class PasskeyKept:
    """A passkey, new or changed. Conflict when `over` isn't what stands there now."""

    passkey: Passkey
    over: Passkey | None = None


@dataclass(frozen=True)
class SessionKept:
    """A new session. Conflict when there is one of this key or id."""

    session: Session


@dataclass(frozen=True)
class SessionSeen:
    """A session was used at this moment; the later one counts."""

    key: bytes
    at: Instant


@dataclass(frozen=True)
class ContextChosen:
    """In which case, for which purpose and on which basis a session's person acts from now on, and why they say so."""

    session: str
    account: str
    at: Instant
    case: str | None
    purpose: str
    basis: str | None
    reason: str


@dataclass(frozen=True)
class SessionsEnded:
    """Sessions of one account end: all that haven't ended, but for one, or only the one with this id."""

    account: str
    at: Instant
    why: str
    only: str | None = None
    but: str | None = None


@dataclass(frozen=True)
class TicketKept:
    """A new ticket; those that ended before `swept` go. Conflict when there is one of this key."""

    ticket: Ticket
    swept: Instant


@dataclass(frozen=True)
class TicketUsed:
    """A ticket is used up. Conflict when it was before, or there is none."""

    key: bytes
    at: Instant


@dataclass(frozen=True)
class TicketsClosed:
    """All tickets of these kinds that an account still has open are used up."""

    account: str
    kinds: tuple[TicketKind, ...]
    at: Instant


@dataclass(frozen=True)
class TryBegun:
    """One more try under each of these keys, counted as a failure until it succeeds.

    Conflict `too-many-tries` with `wait_ms` when one of them has to wait: counting and asking are one step, so that a hundred
    tries at the same moment are a hundred tries. What was last counted before `forgotten` is forgotten.
    """

    keys: tuple[str, ...]
    at: Instant
    forgotten: Instant


@dataclass(frozen=True)
class TrySucceeded:
    """A try that was begun has succeeded: nothing counts against `forget` any more, and one less against `less`."""

    forget: tuple[str, ...]
    less: tuple[str, ...] = ()


PeopleFact = (
    AccountKept
    | PasskeyKept
    | SessionKept
    | SessionSeen
    | ContextChosen
    | SessionsEnded
    | TicketKept
    | TicketUsed
    | TicketsClosed
    | TryBegun
    | TrySucceeded
)


class People(Protocol):
    """Who may come in, and by what; all of it changes by facts alone."""

    def has_accounts(self) -> bool:
        """Whether this node has ever had an account."""

    def account(self, account: str) -> Account | None: ...
    def account_named(self, login: str) -> Account | None: ...
    def accounts(self) -> tuple[Account, ...]:
        """All, in the order of their login names."""

    def passkey(self, credential: bytes) -> Passkey | None:
        """Also one that was removed."""

    def passkeys(self, account: str) -> tuple[Passkey, ...]:
        """All that were ever enrolled, oldest first."""

    def whose(self, key: bytes) -> tuple[Session, Account] | None:
        """The session of this key, live or not, with its account: one question."""

    def sessions(self, account: str) -> tuple[Session, ...]:
        """Newest first, ended ones too."""

    def contexts(self, session: str) -> tuple[ContextChosen, ...]:
        """What was chosen in a session, oldest first."""

    def ticket(self, key: bytes) -> Ticket | None: ...
    def tickets(self, account: str, *kinds: TicketKind) -> tuple[Ticket, ...]:
        """Newest first, used ones too."""

    def tries(self, keys: Collection[str]) -> tuple[Tries, ...]:
        """Those of these keys under which anything failed."""


class Hasher(Protocol):
    """Turns passwords into what is kept of them. Slow on purpose; every call costs the same."""

    @property
    def stand_in(self) -> str:
        """A hash of nothing that anybody knows, made with today's parameters: what a name without an account is checked against."""

    def hash(self, password: str) -> str:
        """In PHC form, with a fresh salt."""

    def fits(self, kept: str, password: str) -> bool:
        """Whether this password was hashed to it. One computation, whatever comes out."""

    def is_outdated(self, kept: str) -> bool:
        """Whether it was made with other parameters than today's."""


@dataclass(frozen=True)
class Site:
    """Where passkeys of this node are valid, as a browser sees it.

    rp       relying party id: the host name, `localhost` on the machine itself
    origin   scheme, host and port of the page
    """

    rp: str
    origin: str


@dataclass(frozen=True)
class Enrolled:
    """What an authenticator showed when a passkey was made."""

    id: bytes
    public: bytes
    count: int
    backed_up: bool
    transports: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """What an authenticator showed when it signed.

    id, authenticator, client, signature   exact bytes, as they came
    """

    id: bytes
    count: int
    backed_up: bool
    authenticator: bytes
    client: bytes
    signature: bytes


class Ceremonies(Protocol):
    """Speaks WebAuthn with browsers. Nothing is kept here: challenges come in and go out.

    Raises Malformed for what isn't an answer of an authenticator, Unproven for one that doesn't hold.
    """

    def to_enrol(
        self, site: Site, challenge: bytes, account: str, login: str, name: str, have: Collection[bytes]
    ) -> bytes:
        """JSON of `PublicKeyCredentialCreationOptions`: user verification required, a discoverable key."""

    def enrolled(self, site: Site, challenge: bytes, answer: bytes) -> Enrolled: ...
    def to_sign(self, site: Site, challenge: bytes, allowed: Collection[bytes]) -> bytes:
        """JSON of `PublicKeyCredentialRequestOptions`; with none allowed, whichever the person's device has."""

    def challenge_in(self, answer: bytes) -> bytes:
        """The challenge that an answer says it is about; nothing is checked yet."""

    def credential_in(self, answer: bytes) -> bytes:
        """The credential id that an answer names; nothing is checked yet."""

    def signed(self, site: Site, challenge: bytes, answer: bytes, passkey: Passkey) -> Shown:
        """Signature, place, user verification and counter hold for this passkey."""


class _Nobody:
    """A world in which nobody can show who they are."""

    @property
    def stand_in(self) -> str:
        raise Misconfigured("no-way-to-come-in")

    def hash(self, password: str) -> str:
        raise Misconfigured("no-way-to-come-in")

    def fits(self, kept: str, password: str) -> bool:
        raise Misconfigured("no-way-to-come-in")

    def is_outdated(self, kept: str) -> bool:
        raise Misconfigured("no-way-to-come-in")

    def to_enrol(
        self, site: Site, challenge: bytes, account: str, login: str, name: str, have: Collection[bytes]
    ) -> bytes:
        raise Misconfigured("no-way-to-come-in")

    def enrolled(self, site: Site, challenge: bytes, answer: bytes) -> Enrolled:
        raise Misconfigured("no-way-to-come-in")

    def to_sign(self, site: Site, challenge: bytes, allowed: Collection[bytes]) -> bytes:
        raise Misconfigured("no-way-to-come-in")

    def challenge_in(self, answer: bytes) -> bytes:
        raise Misconfigured("no-way-to-come-in")

    def credential_in(self, answer: bytes) -> bytes:
        raise Misconfigured("no-way-to-come-in")

    def signed(self, site: Site, challenge: bytes, answer: bytes, passkey: Passkey) -> Shown:
        raise Misconfigured("no-way-to-come-in")


NO_HASHER: Hasher = _Nobody()
NO_CEREMONIES: Ceremonies = _Nobody()
