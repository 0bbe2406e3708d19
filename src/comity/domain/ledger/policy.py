"""Whom a verifier believes: logs, witnesses, and how many of them must have signed.

source   C2SP tlog-policy (untagged). Stricter here: text is UTF-8, and no public key may stand on two lines, be it once as log
         and once as witness. That format has no notion of time; a line `#ends <name>+<id> <time> <why>`, which others take for a
         comment, says until when a key counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from comity.domain.ledger.keys import COSIGNATURE, ED25519, MLDSA44, VerifierKey
from comity.domain.ledger.lines import decimal
from comity.domain.terms import Instant, instant_from, instant_text
from comity.errors import Malformed, MalformedNote

POLICY_CHARACTERS_MAX = 1024 * 1024
_NONE = "none"
_ENDS = "#ends"
_WHY = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)
_BLANK = re.compile(r"[ \t]+")
_LOG_KINDS = frozenset({ED25519, MLDSA44})
_WITNESS_KINDS = frozenset({COSIGNATURE, MLDSA44})


@dataclass(frozen=True)
class PolicyLog:
    """A writer whose checkpoints are accepted; the key's name is the origin."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True)
class PolicyWitness:
    """A cosigner, under the name that this policy gives it."""

    name: str
    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True)
class PolicyGroup:
    """`need` of the members, each a witness or an earlier group."""

    name: str
    need: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class PolicyEnd:
    """A key that counts no longer than this; `why` is a code: `rotated`, `lost`, `stolen` …"""

    key: VerifierKey
    until: Instant
    why: str


@dataclass(frozen=True)
class Policy:
    """A whole policy; quorum None asks for no cosignature."""

    logs: tuple[PolicyLog, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: tuple[PolicyGroup, ...]
    quorum: str | None
    ends: tuple[PolicyEnd, ...] = ()

    def ended_by(self, key: VerifierKey, time_s: int) -> PolicyEnd | None:
        """The end of this key, if it was over at that time (POSIX seconds)."""
        return next((end for end in self.ends if end.key == key and time_s * 1000 > end.until), None)

    def keys(self) -> tuple[VerifierKey, ...]:
        """All keys, to open a note with: logs first."""
        return (*(log.key for log in self.logs), *(witness.key for witness in self.witnesses))

    def names(self, good: Iterable[VerifierKey]) -> set[str]:
        """What this policy calls the witnesses among these keys."""
        signed = set(good)
        return {witness.name for witness in self.witnesses if witness.key in signed}

    def satisfied(self, names: set[str]) -> bool:
        """Whether cosignatures by the witnesses of these names make the quorum."""
        if self.quorum is None:
            return True
        stand = {witness.name for witness in self.witnesses} & names
        # Groups name only what stands before them, so one pass settles all.
        for group in self.groups:
            if sum(member in stand for member in group.members) >= group.need:
                stand.add(group.name)
        return self.quorum in stand

    def accepts(self, origin: str, good: Iterable[VerifierKey]) -> bool:
        """Whether a checkpoint of this origin with these good signatures is valid: a listed log of that name, and the quorum.

        A policy without logs accepts no origin: who knows the log from elsewhere asks `satisfied`.
        """
        signed = set(good)
        by_log = any(log.key in signed and log.key.name == origin for log in self.logs)
        return by_log and self.satisfied(self.names(signed))

    def text(self) -> str:
        """The policy as a file: one spelling for each policy."""
        lines = [_line("log", log.key.text, log.url) for log in self.logs]
        lines += [_line("witness", each.name, each.key.text, each.url) for each in self.witnesses]
        for group in self.groups:
            need = {len(group.members): "all", 1: "any"} if len(group.members) > 1 else {1: "all"}
            lines.append(_line("group", group.name, need.get(group.need, str(group.need)), *group.members))
        lines.append(_line("quorum", self.quorum or _NONE))
        lines += [_line(_ENDS, _label(end.key), instant_text(end.until), end.why) for end in self.ends]
        return "".join(lines)


def _label(key: VerifierKey) -> str:
    return f"{key.name}+{key.id.hex()}"


def _line(*words: str | None) -> str:
    return " ".join(word for word in words if word is not None) + "\n"


def parse_policy(text: str | bytes) -> Policy:
    """Reads a policy file; every refusal names the line."""
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as fault:
            raise MalformedNote("policy-not-utf8", at=fault.start) from fault
    if len(text) > POLICY_CHARACTERS_MAX:
        raise MalformedNote("policy-too-large", characters_max=POLICY_CHARACTERS_MAX)
    if any((sign < " " and sign not in "\t\n") or sign == "\x7f" for sign in text):
        raise MalformedNote("policy-control-character")
    lines = text.split("\n")
    if lines.pop():
        raise MalformedNote("policy-final-newline")
    reader = _Reader()
    for number, line in enumerate(lines, 1):
        words = [word for word in _BLANK.split(line) if word]
        if words and (words[0] == _ENDS or not words[0].startswith("#")):
            try:
                reader.take(words)
            except MalformedNote as fault:
                raise MalformedNote(fault.code, **{**fault.facts, "line": number}) from fault
    return reader.policy()


class _Reader:
    """What is defined so far."""

    def __init__(self) -> None:
        self._logs: list[PolicyLog] = []
        self._witnesses: list[PolicyWitness] = []
        self._groups: list[PolicyGroup] = []
        self._quorum: list[str] = []
        self._defined: set[str] = set()
        self._grouped: set[str] = set()
        self._publics: set[bytes] = set()
        self._keys: dict[str, VerifierKey] = {}
        self._ends: dict[str, PolicyEnd] = {}

    def take(self, words: list[str]) -> None:
        match words:
            case ["log", vkey, *url] if len(url) <= 1:
                self._logs.append(PolicyLog(self._key(vkey, _LOG_KINDS), *url))
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._define(name)
                self._witnesses.append(PolicyWitness(name, self._key(vkey, _WITNESS_KINDS), *url))
            case ["group", name, need, *members] if members:
                self._group(name, need, members)
            case ["#ends", label, time, why]:
                self._end(label, time, why)
            case ["quorum", name]:
                if self._quorum:
                    raise MalformedNote("policy-quorum-twice")
                if name != _NONE and name not in self._defined:
                    raise MalformedNote("policy-name-undefined", name=name[:60])
                self._quorum.append(name)
            case _:
                raise MalformedNote("policy-line", word=words[0][:60], words=len(words))

    def policy(self) -> Policy:
        if not self._quorum:
            raise MalformedNote("policy-quorum-missing")
        quorum = None if self._quorum[0] == _NONE else self._quorum[0]
        ends = tuple(self._ends.values())
        return Policy(tuple(self._logs), tuple(self._witnesses), tuple(self._groups), quorum, ends)

    def _end(self, label: str, time: str, why: str) -> None:
        key = self._keys.get(label)
        if key is None:
            raise MalformedNote("policy-name-undefined", name=label[:60])
        if label in self._ends or _WHY.fullmatch(why) is None:
            raise MalformedNote("policy-end", key=label[:60])
        try:
            self._ends[label] = PolicyEnd(key, instant_from(time), why)
        except Malformed as fault:
            raise MalformedNote("policy-end", key=label[:60], time=time[:40]) from fault

    def _key(self, vkey: str, kinds: frozenset[int]) -> VerifierKey:
        key = VerifierKey.parse(vkey)
        if key.kind not in kinds:
            raise MalformedNote("policy-key-kind", name=key.name, kind=key.kind)
        if key.public in self._publics:
            raise MalformedNote("policy-key-twice", name=key.name)
        self._publics.add(key.public)
        self._keys[_label(key)] = key
        return key

    def _group(self, name: str, need: str, members: list[str]) -> None:
        for member in members:
            if member not in self._defined:
                raise MalformedNote("policy-name-undefined", name=member[:60])
            if member in self._grouped:
                # A witness that counted in two groups would make a quorum with itself.
                raise MalformedNote("policy-member-twice", name=member[:60])
            self._grouped.add(member)
        self._define(name)
        count = {"all": len(members), "any": 1}.get(need)
        if count is None:
            count = decimal(need, "policy-group-need")
        if not 1 <= count <= len(members):
            raise MalformedNote("policy-group-need", need=count, members=len(members))
        self._groups.append(PolicyGroup(name, count, tuple(members)))

    def _define(self, name: str) -> None:
        if name == _NONE or name in self._defined:
            raise MalformedNote("policy-name-taken", name=name[:60])
        self._defined.add(name)
