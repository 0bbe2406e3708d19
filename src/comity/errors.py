"""Every fault, drawn once as a tree.

An error says what should not have happened: a stable code and plain facts. It knows no wording, no HTTP status and no exit
code; each face keeps one complete table for those (a test holds the tables against this tree). A lawful "no" is not an error
but a value: `comity.domain.terms.Refused`.

    ComityError
    ├── Malformed            outside bytes or input that can't be read as what they claim to be
    │   ├── MalformedNote        signed note, checkpoint, key, policy or proof text
    │   └── MalformedRecord      envelope, fields or bundle
    ├── Unproven             well-formed, but the evidence doesn't hold
    │   ├── BadSignature         a known key's signature fails
    │   ├── BadProof             hashes don't lead to the signed root
    │   └── UnknownKey           nobody whose key we trust has signed
    ├── Misconduct           a peer broke the protocol: the channel stops, the evidence is kept
    │   ├── Equivocation         two signed roots that can't both be true
    │   └── Rollback             a signed size below one already held
    ├── NotFound             no such channel, record, request, peer, catalog entry
    ├── Conflict             the thing exists, or has moved on, in a way that rules this act out
    ├── Fenced               this channel may not be signed on: the store is behind its own signatures
    ├── Misconfigured        settings, keys or files of this node don't fit together
    ├── Busy                 the queue is full; come back later
    │   └── NoSpace              a disk of this node is full; later there may be room
    └── Unreachable          a peer can't be reached, or not over a connection we may trust
"""

from __future__ import annotations


class ComityError(Exception):
    """Root of the tree.

    code   stable, kebab-case, for programs and translations
    facts  JSON-able values that the wording may name; never secrets, never personal values
    """

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code} ({told})" if told else self.code


class Malformed(ComityError):
    """Outside input that can't be read as what it claims to be."""


class MalformedNote(Malformed):
    """A signed note, checkpoint, verifier key, policy or proof that breaks its format."""


class MalformedRecord(Malformed):
    """An envelope, a field or a bundle that breaks its format."""


class Unproven(ComityError):
    """Well-formed evidence that doesn't hold."""


class BadSignature(Unproven):
    """A known key's signature fails."""


class BadProof(Unproven):
    """Hashes that don't lead to the signed root."""


class UnknownKey(Unproven):
    """Nobody whose key is trusted has signed."""


class Misconduct(ComityError):
    """A peer broke the protocol; the channel stops and the evidence is kept."""


class Equivocation(Misconduct):
    """Two signed roots that can't both be true."""


class Rollback(Misconduct):
    """A signed size below one already held."""


class NotFound(ComityError):
    """No such thing here, or not for this caller: both answer alike."""


class Conflict(ComityError):
    """The thing exists, or has moved on, in a way that rules this act out."""


class Fenced(ComityError):
    """The store is behind its own signatures; it may not sign on this channel again."""


class Misconfigured(ComityError):
    """Settings, keys or files of this node don't fit together."""


class Busy(ComityError):
    """The queue is full; come back later."""


class NoSpace(Busy):
    """A disk of this node is full: nothing half-written was kept, and there may be room later."""


class Unreachable(ComityError):
    """A peer can't be reached, or not over a connection that may be trusted."""
