"""Coming in: by password, by passkey, by an invitation or a reset, by a one-time code.

Whoever asks for a name learns nothing from the answer: a wrong password, a name that nobody has, an account that is suspended or has
no password yet all cost one count, one computation of a hash, the same questions to the store, and get the same answer.
"""

from __future__ import annotations

from dataclasses import replace

from comity.domain.people import (
    CHALLENGE_MS,
    FORGOTTEN_MS,
    Account,
    Ticket,
    TicketKind,
    account_key,
    against_password,
    as_typed,
    code_as_typed,
    device_key,
    key_of,
    login_as_typed,
    source_key,
)
from comity.domain.terms import Granted, Instant, Reason, Refused
from comity.errors import Conflict, Malformed, Unproven
from comity.flows.journal import not_let_in
from comity.flows.people.whence import Came, Whence, known_device, let_in
from comity.ports import Fact, Noticed, World
from comity.ports.people import (
    AccountKept,
    PasskeyKept,
    SessionsEnded,
    Site,
    TicketKept,
    TicketsClosed,
    TicketUsed,
    TryBegun,
    TrySucceeded,
)

NOT_LET_IN = Refused((Reason("not-let-in", {"mend": "check name and password; an administrator can help"}),))
LINK_ENDED = Refused((Reason("link-ended", {"mend": "ask an administrator for a new one"}),))


def by_password(world: World, login: str, password: str, whence: Whence) -> Granted[Came] | Refused:
    """With name and password."""
    name = login_as_typed(login)
    account = world.people.account_named(name)
    device = known_device(world, account, whence)
    keys = (device_key(device.key),) if device is not None else (account_key(name), source_key(whence.source))
    if wait := _must_wait(world, keys):
        return not_let_in(world, name, wait)
    typed, kept = as_typed(password), account.password if account is not None else ""
    fits = world.hasher.fits(kept or world.hasher.stand_in, typed)
    if account is None or not kept or not fits or account.standing != "active":
        return not_let_in(world, name, NOT_LET_IN)
    facts: list[Fact] = [TrySucceeded(keys[:1], keys[1:])]
    if world.hasher.is_outdated(kept):
        account, before = replace(account, password=world.hasher.hash(typed), version=account.version + 1), account
        facts.append(AccountKept(account, over=before.version))
    return Granted(let_in(world, account, "password", whence, facts))


def _must_wait(world: World, keys: tuple[str, ...]) -> Refused | None:
    """Counts a try, or says how long the next one has to wait."""
    now = world.clock.now()
    try:
        world.store.keep([], [TryBegun(keys, now, Instant(now - FORGOTTEN_MS))])
    except Conflict as fault:
        if fault.code != "too-many-tries":
            raise
        wait_ms = fault.facts["wait_ms"]
        assert isinstance(wait_ms, int)
        return Refused((Reason("too-many-tries", {"wait_s": -(-wait_ms // 1000)}),))
    return None


def by_link(world: World, secret: str, password: str, whence: Whence) -> Granted[Came] | Refused:
    """With an invitation or a reset, which is used up; from then on the password counts."""
    now = world.clock.now()
    ticket = world.people.ticket(key_of(secret))
    if ticket is None or not (ticket.is_open("invitation", now) or ticket.is_open("reset", now)):
        return not_let_in(world, "", LINK_ENDED)
    account = world.people.account(ticket.account)
    invited = ticket.kind == "invitation"
    if account is None or account.standing != ("invited" if invited else "active"):
        return not_let_in(world, "", LINK_ENDED)
    if reasons := against_password(password, names_of(world, account)):
        return Refused(reasons)
    with_password = _with_password(world, account, password)
    facts: list[Fact] = [TicketUsed(ticket.key, now), AccountKept(with_password, over=account.version)]
    facts.append(SessionsEnded(account.id, now, "reset"))
    return Granted(let_in(world, with_password, "invitation" if invited else "reset", whence, facts))


def by_code(world: World, login: str, code: str, password: str, whence: Whence) -> Granted[Came] | Refused:
    """With one of the codes that its person wrote down, which is used up, and a new password; every other session ends."""
    now, name = world.clock.now(), login_as_typed(login)
    account = world.people.account_named(name)
    keys = (account_key(f"code {name}"), source_key(whence.source))
    if wait := _must_wait(world, keys):
        return not_let_in(world, name, wait)
    ticket = world.people.ticket(key_of(code_as_typed(code)))
    if ticket is None or account is None or ticket.account != account.id or not ticket.is_open("code", now):
        return not_let_in(world, name, NOT_LET_IN)
    if account.standing != "active":
        return not_let_in(world, name, NOT_LET_IN)
    if reasons := against_password(password, names_of(world, account)):
        return Refused(reasons)
    changed = _with_password(world, account, password)
    left = sum(each.used is None for each in world.people.tickets(account.id, "code")) - 1
    about = {"account": account.id, "name": account.name, "left": left}
    facts: list[Fact] = [
        TrySucceeded(keys[:1], keys[1:]),
        TicketUsed(ticket.key, now),
        AccountKept(changed, over=account.version),
        SessionsEnded(account.id, now, "code"),
        Noticed(f"code-used {ticket.key.hex()}", now, "code-used", about),
    ]
    return Granted(let_in(world, changed, "code", whence, facts))


def _with_password(world: World, account: Account, password: str) -> Account:
    """Here, with this password."""
    kept = world.hasher.hash(as_typed(password))
    return replace(account, password=kept, standing="active", version=account.version + 1)


def names_of(world: World, account: Account) -> tuple[str, ...]:
    """What must not stand in this person's password."""
    return account.login, account.name, world.me.name, world.me.title


# ---- passkeys -----------------------------------------------------------------------------------------------------------


def to_enter(world: World, site: Site) -> bytes:
    """What a browser needs to ask its person for a passkey: nobody says who they are, the key does."""
    return world.ceremonies.to_sign(site, challenge(world, "enter", ""), ())


def challenge(world: World, kind: TicketKind, account: str, about: bytes = b"", value: bytes | None = None) -> bytes:
    """32 bytes that are good for five minutes and once."""
    now = world.clock.now()
    made = world.mint.salt() if value is None else value
    ticket = Ticket(key_of(made.hex()), kind, account, now, Instant(now + CHALLENGE_MS), about)
    world.store.keep([], [TicketKept(ticket, now)])
    return made


def asked(world: World, kind: TicketKind, account: str, answer: bytes) -> tuple[bytes, Ticket] | None:
    """The challenge of ours that an answer is about; None when it is none, another person's, or used up."""
    value = world.ceremonies.challenge_in(answer)
    ticket = world.people.ticket(key_of(value.hex()))
    if ticket is None or ticket.account != account or not ticket.is_open(kind, world.clock.now()):
        return None
    return value, ticket


def by_passkey(world: World, site: Site, answer: bytes, whence: Whence) -> Granted[Came] | Refused:
    """With a passkey alone: it is on a device of its person, who has unlocked it."""
    now = world.clock.now()
    try:
        found = asked(world, "enter", "", answer)
        passkey = world.people.passkey(world.ceremonies.credential_in(answer))
        if found is None or passkey is None or passkey.removed is not None:
            return not_let_in(world, "", NOT_LET_IN)
        value, ticket = found
        shown = world.ceremonies.signed(site, value, answer, passkey)
    except (Malformed, Unproven):
        return not_let_in(world, "", NOT_LET_IN)
    account = world.people.account(passkey.account)
    if account is None or account.standing != "active":
        return not_let_in(world, "", NOT_LET_IN)
    used = replace(passkey, count=shown.count, backed_up=shown.backed_up, used=now)
    facts: list[Fact] = [TicketUsed(ticket.key, now), PasskeyKept(used, over=passkey)]
    return Granted(let_in(world, account, "passkey", whence, facts))


def close_ways(account: Account, now: Instant) -> list[Fact]:
    """Facts that end every way in but the password: for who is suspended, or starts over."""
    kinds: tuple[TicketKind, ...] = ("invitation", "reset", "reset-asked", "code", "device", "enrol", "sign")
    return [TicketsClosed(account.id, kinds, now)]
