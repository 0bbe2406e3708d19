"""What every store promises about people, held against each of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from comity.domain.people import Account, Passkey, Session, Ticket
from comity.domain.terms import Instant
from comity.errors import Conflict
from comity.ports import Noticed, World
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

NEVER = Instant(0)


def account(n: int, **other: object) -> Account:
    made = Account(
        f"a{n}", f"kim{n}", f"Kim {n} (fictional)", ("officer",), "ko", "Asia/Seoul", "active", Instant(n), ""
    )
    return replace(made, **other)  # type: ignore[arg-type]  # members of an account


def session(n: int, account: str = "a1") -> Session:
    return Session(
        bytes([n]) * 32, f"s{n}", account, "browser", "password", Instant(n), Instant(n), Instant(9_000), 500
    )


def ticket(n: int, account: str = "a1", until: int = 100) -> Ticket:
    return Ticket(bytes([n]) * 32, "code", account, Instant(n), Instant(until), b"\x00about")


def keep(world: World, *facts: PeopleFact) -> None:
    world.store.keep([], facts)


def test_a_node_has_accounts_from_the_first_one_on(world: World) -> None:
    assert not world.people.has_accounts()
    keep(world, AccountKept(account(1, standing="invited")))
    assert world.people.has_accounts()
    assert world.people.accounts() == (account(1, standing="invited"),)
    assert world.people.account("a1") == world.people.account_named("kim1") == account(1, standing="invited")
    assert world.people.account("a2") is world.people.account_named("kim") is None


def test_an_account_changes_only_over_the_version_that_was_read(world: World) -> None:
    keep(world, AccountKept(account(1)))
    changed = account(1, roles=("approver", "officer"), password="$phc", version=2)
    keep(world, AccountKept(changed, over=1))
    assert world.people.account("a1") == changed
    for stale in (AccountKept(account(1, version=2), over=1), AccountKept(account(1)), AccountKept(account(5), over=1)):
        with pytest.raises(Conflict, match="account-changed-meanwhile"):
            keep(world, stale)
    assert world.people.accounts() == (changed,)


def test_no_two_accounts_have_one_login_or_one_name(world: World) -> None:
    keep(world, AccountKept(account(1)))
    with pytest.raises(Conflict, match="login-taken"):
        keep(world, AccountKept(account(2, login="kim1")))
    with pytest.raises(Conflict, match="name-taken"):
        keep(world, AccountKept(account(2, name="KIM  1 (Fictional)")))
    keep(world, AccountKept(account(2)))
    with pytest.raises(Conflict, match="login-taken"):
        keep(world, AccountKept(account(2, login="kim1", version=2), over=1))
    assert [each.login for each in world.people.accounts()] == ["kim1", "kim2"]


def test_a_passkey_changes_only_over_what_was_read(world: World) -> None:
    first = Passkey(b"\x00\xff1", "a1", "phone", b"cose", 0, Instant(1), transports=("usb",))
    other = Passkey(b"2", "a1", "key", b"cose", 7, Instant(2), Instant(3), True)
    keep(world, PasskeyKept(first), PasskeyKept(other), PasskeyKept(replace(first, id=b"3", account="a2")))
    assert world.people.passkeys("a1") == (first, other)
    used = replace(other, count=8, used=Instant(9))
    keep(world, PasskeyKept(used, over=other))
    with pytest.raises(Conflict, match="passkey-changed-meanwhile"):
        keep(world, PasskeyKept(replace(used, count=9), over=other))
    with pytest.raises(Conflict, match="passkey-changed-meanwhile"):
        keep(world, PasskeyKept(first))
    assert (world.people.passkey(b"2"), world.people.passkey(b"4")) == (used, None)


def test_a_session_is_found_by_its_key_with_its_account(world: World) -> None:
    keep(world, AccountKept(account(1)), SessionKept(session(1)), SessionKept(session(2)))
    assert world.people.whose(b"\x01" * 32) == (session(1), account(1))
    assert world.people.whose(b"\x03" * 32) is None
    keep(world, SessionSeen(b"\x01" * 32, Instant(70)))
    keep(world, SessionSeen(b"\x01" * 32, Instant(60)))
    found = world.people.whose(b"\x01" * 32)
    assert found is not None
    assert found[0].seen == 70
    assert [each.id for each in world.people.sessions("a1")] == ["s2", "s1"]
    for twice in (session(1), replace(session(4), id="s2"), replace(session(4), key=b"\x02" * 32)):
        with pytest.raises(Conflict, match="session-there-already"):
            keep(world, SessionKept(twice))


def test_sessions_end_alone_together_or_all_but_one(world: World) -> None:
    keep(world, *(SessionKept(session(n)) for n in (1, 2, 3)), SessionKept(session(4, "a2")))
    keep(world, SessionsEnded("a2", Instant(5), "left", only="s1"))
    keep(world, SessionsEnded("a1", Instant(6), "left", only="s1"))
    keep(world, SessionsEnded("a1", Instant(7), "password", but="s3"))
    ended = {each.id: (each.ended, each.why) for each in world.people.sessions("a1")}
    assert ended == {"s1": (6, "left"), "s2": (7, "password"), "s3": (None, "")}
    keep(world, SessionsEnded("a1", Instant(8), "suspended"))
    assert [each.ended for each in world.people.sessions("a1")] == [8, 7, 6]
    assert world.people.sessions("a2")[0].ended is None


def test_what_a_session_is_for_is_kept_with_every_change_of_it(world: World) -> None:
    keep(world, AccountKept(account(1)), SessionKept(session(1)))
    first = ContextChosen("s1", "a1", Instant(2), "case-1", "crime", "act-1", "tip of today (fictional)")
    second = ContextChosen("s1", "a1", Instant(3), None, "rescue", None, "called out (fictional)")
    keep(world, first, second, ContextChosen("s1", "a2", Instant(4), None, "court", None, "not theirs"))
    found = world.people.whose(b"\x01" * 32)
    assert found is not None
    assert (found[0].case, found[0].purpose, found[0].basis) == (None, "rescue", None)
    assert world.people.contexts("s1")[:2] == (first, second)


def test_a_ticket_opens_once(world: World) -> None:
    keep(world, TicketKept(ticket(1), NEVER), TicketKept(ticket(2), NEVER))
    assert world.people.ticket(b"\x01" * 32) == ticket(1)
    keep(world, TicketUsed(b"\x01" * 32, Instant(9)))
    for key in (b"\x01" * 32, b"\x05" * 32):
        with pytest.raises(Conflict, match="ticket-used"):
            keep(world, TicketUsed(key, Instant(10)))
    with pytest.raises(Conflict, match="ticket-there-already"):
        keep(world, TicketKept(ticket(2), NEVER))
    keep(world, TicketKept(ticket(3, "a2"), NEVER), TicketsClosed("a1", ("code",), Instant(11)))
    assert [each.used for each in world.people.tickets("a1", "code", "reset")] == [11, 9]
    assert world.people.tickets("a2", "code") == (ticket(3, "a2"),)
    assert world.people.tickets("a1", "reset") == ()


def test_tickets_that_ended_are_swept_when_another_is_made(world: World) -> None:
    keep(world, TicketKept(ticket(1, until=50), NEVER), TicketKept(ticket(2, until=60), NEVER))
    keep(world, TicketKept(ticket(3), swept=Instant(60)))
    assert [each.key[0] for each in world.people.tickets("a1", "code")] == [3, 2]


def test_failures_are_counted_and_forgotten(world: World) -> None:
    for n in (1, 2, 3):
        keep(world, TryBegun(("account:x", f"source:{n}"), Instant(n), NEVER))
    told = {each.key: (each.failures, each.last) for each in world.people.tries(("account:x", "source:1", "source:9"))}
    assert told == {"account:x": (3, 3), "source:1": (1, 1)}
    keep(world, TryBegun(("source:9",), Instant(9), Instant(3)))
    assert [each.key for each in world.people.tries(("account:x", "source:1", "source:3"))] == ["account:x", "source:3"]
    keep(world, TryBegun(("source:9",), Instant(9), NEVER), TrySucceeded(("account:x",), ("source:9", "source:77")))
    assert [(each.key, each.failures) for each in world.people.tries(("account:x", "source:9"))] == [("source:9", 1)]


def test_too_many_tries_at_one_moment_are_too_many(world: World) -> None:
    """Asking whether somebody has to wait, and counting that they tried, are one step."""
    at = Instant(1_000_000)
    with ThreadPoolExecutor(16) as many:
        tried = [many.submit(keep, world, TryBegun(("account:x", "source:1"), at, NEVER)) for _ in range(40)]
    faults = [one.exception() for one in tried]
    assert sum(fault is None for fault in faults) == 5
    waits = {fault.facts["wait_ms"] for fault in faults if isinstance(fault, Conflict)}
    assert waits == {15_000}
    assert {each.failures for each in world.people.tries(("account:x", "source:1"))} == {5}
    keep(world, TryBegun(("account:x",), Instant(at + 15_000), NEVER))
    with pytest.raises(Conflict, match="wait_ms=30000"):
        keep(world, TryBegun(("account:x",), Instant(at + 15_000), NEVER))


def test_a_fact_that_is_refused_takes_the_others_of_its_act_with_it(world: World) -> None:
    keep(world, AccountKept(account(1)), TicketKept(ticket(1), NEVER), TicketUsed(b"\x01" * 32, Instant(2)))
    with pytest.raises(Conflict):
        world.store.keep(
            [],
            [
                AccountKept(account(1, password="$new", version=2), over=1),
                Noticed("k", Instant(1), "k"),
                TicketUsed(b"\x01" * 32, Instant(3)),
            ],
        )
    assert world.people.account("a1") == account(1)
    assert world.store.notices() == ()
