"""People in the reference store: written from the port's promises, by going through everything."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from comity.domain.people import Account, Passkey, Session, Ticket, TicketKind, Tries, name_key, wait_ms
from comity.errors import Conflict
from comity.ports.people import (
    AccountKept,
    ContextChosen,
    PasskeyKept,
    PeopleFact,
    SessionKept,
    SessionSeen,
    SessionsEnded,
    TicketKept,
    TicketsClosed,
    TicketUsed,
    TryBegun,
    TrySucceeded,
)


@dataclass
class Staff:
    """All that is kept of people."""

    accounts: dict[str, Account] = field(default_factory=dict)
    passkeys: dict[bytes, Passkey] = field(default_factory=dict)
    sessions: dict[bytes, Session] = field(default_factory=dict)
    contexts: list[ContextChosen] = field(default_factory=list)
    tickets: dict[bytes, Ticket] = field(default_factory=dict)
    tries: dict[str, Tries] = field(default_factory=dict)

    def keep(self, fact: PeopleFact) -> None:
        match fact:
            case AccountKept(account, over):
                self._keep_account(account, over)
            case PasskeyKept(passkey, before):
                if self.passkeys.get(passkey.id) != before:
                    raise Conflict("passkey-changed-meanwhile")
                self.passkeys[passkey.id] = passkey
            case SessionKept(session):
                if session.key in self.sessions or any(s.id == session.id for s in self.sessions.values()):
                    raise Conflict("session-there-already")
                self.sessions[session.key] = session
            case SessionSeen(key, at):
                if key in self.sessions and self.sessions[key].seen < at:
                    self.sessions[key] = replace(self.sessions[key], seen=at)
            case ContextChosen():
                for key, one in self.sessions.items():
                    if (one.id, one.account) == (fact.session, fact.account):
                        chosen = replace(one, case=fact.case, purpose=fact.purpose, basis=fact.basis)
                        self.sessions[key] = chosen
                self.contexts.append(fact)
            case SessionsEnded():
                for key, one in self.sessions.items():
                    named = fact.only in (None, one.id) and (fact.but is None or fact.but != one.id)
                    if one.account == fact.account and one.ended is None and named:
                        self.sessions[key] = one.at_end(fact.at, fact.why)
            case TicketKept(ticket, swept):
                self.tickets = {key: each for key, each in self.tickets.items() if each.until >= swept}
                if ticket.key in self.tickets:
                    raise Conflict("ticket-there-already")
                self.tickets[ticket.key] = ticket
            case TicketUsed(key, at):
                found = self.tickets.get(key)
                if found is None or found.used is not None:
                    raise Conflict("ticket-used")
                self.tickets[key] = replace(found, used=at)
            case TicketsClosed(account=whose, kinds=kinds, at=at):
                for key, each in self.tickets.items():
                    if each.account == whose and each.kind in kinds and each.used is None:
                        self.tickets[key] = replace(each, used=at)
            case TryBegun(keys, at, forgotten):
                self.tries = {key: each for key, each in self.tries.items() if each.last >= forgotten}
                if wait := wait_ms([self.tries[name] for name in keys if name in self.tries], at):
                    raise Conflict("too-many-tries", wait_ms=wait)
                for name in keys:
                    before_it = self.tries.get(name)
                    self.tries[name] = Tries(name, before_it.failures + 1 if before_it else 1, at)
            case TrySucceeded(forget, less):
                self.tries = {key: each for key, each in self.tries.items() if key not in forget}
                for name in less:
                    if name in self.tries:
                        one_less = self.tries[name].failures - 1
                        self.tries[name] = replace(self.tries[name], failures=one_less)

    def _keep_account(self, account: Account, over: int) -> None:
        there = self.accounts.get(account.id)
        if (there.version if there else 0) != over:
            raise Conflict("account-changed-meanwhile", account=account.id)
        others = [each for each in self.accounts.values() if each.id != account.id]
        if any(each.login == account.login for each in others):
            raise Conflict("login-taken", login=account.login)
        if any(name_key(each.name) == name_key(account.name) for each in others):
            raise Conflict("name-taken", name=account.name)
        self.accounts[account.id] = account


class MemoryPeople(ABC):
    """The part of the port that tells of people."""

    @property
    @abstractmethod
    def _staff(self) -> Staff:
        """What the store keeps of people."""

    def has_accounts(self) -> bool:
        return bool(self._staff.accounts)

    def account(self, account: str) -> Account | None:
        return self._staff.accounts.get(account)

    def account_named(self, login: str) -> Account | None:
        return next((each for each in self._staff.accounts.values() if each.login == login), None)

    def accounts(self) -> tuple[Account, ...]:
        return tuple(sorted(self._staff.accounts.values(), key=lambda each: each.login))

    def passkey(self, credential: bytes) -> Passkey | None:
        return self._staff.passkeys.get(credential)

    def passkeys(self, account: str) -> tuple[Passkey, ...]:
        found = [each for each in self._staff.passkeys.values() if each.account == account]
        return tuple(sorted(found, key=lambda each: (each.made, each.id)))

    def whose(self, key: bytes) -> tuple[Session, Account] | None:
        session = self._staff.sessions.get(key)
        account = self._staff.accounts.get(session.account) if session is not None else None
        return (session, account) if session is not None and account is not None else None

    def sessions(self, account: str) -> tuple[Session, ...]:
        found = [each for each in self._staff.sessions.values() if each.account == account]
        return tuple(sorted(found, key=lambda each: (-each.made, each.id)))

    def contexts(self, session: str) -> tuple[ContextChosen, ...]:
        return tuple(each for each in self._staff.contexts if each.session == session)

    def ticket(self, key: bytes) -> Ticket | None:
        return self._staff.tickets.get(key)

    def tickets(self, account: str, *kinds: TicketKind) -> tuple[Ticket, ...]:
        found = [each for each in self._staff.tickets.values() if each.account == account and each.kind in kinds]
        return tuple(sorted(found, key=lambda each: (-each.made, each.key)))

    def tries(self, keys: Collection[str]) -> tuple[Tries, ...]:
        return tuple(self._staff.tries[key] for key in sorted(keys) if key in self._staff.tries)
