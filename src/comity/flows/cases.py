"""Cases: opened, given members and things, and opened in an emergency, which is loud, short and judged afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace

from comity.domain.access import (
    GLASS_MS,
    GLASS_REASON_MIN,
    STATES,
    CaseFile,
    CaseMoved,
    CaseState,
    Grant,
    Link,
    Member,
    Subject,
    Thing,
)
from comity.domain.terms import Actor, Granted, Instant, Reason, Refused
from comity.errors import Malformed, NotFound
from comity.flows.access import permit, there
from comity.flows.request_state import dossier
from comity.ports import Noticed, World

TITLE_MAX = 300
REASON_MAX = 2000
MOVE_REASON_MIN = 8


@dataclass(frozen=True)
class NewCase:
    """What an officer fills in."""

    number: str
    title: str
    purposes: tuple[str, ...] = ("crime",)
    basis: str | None = None
    basis_until: Instant | None = None


@dataclass(frozen=True)
class Opened:
    """A case as its members see it; `moves` are the changes of its state, oldest first."""

    file: CaseFile
    members: tuple[Member, ...]
    links: tuple[Link, ...]
    moves: tuple[CaseMoved, ...] = ()


def open_case(world: World, actor: Actor, asked: NewCase) -> Granted[Opened] | Refused:
    """Opens a case; who opens it leads it and is its first member. Conflict when its number is taken."""
    reasons = permit(world, actor, "open-case")
    if not asked.number.strip() or not asked.title.strip() or not asked.purposes:
        reasons += (Reason("case-incomplete", {"mend": "give a number, a title and a purpose"}),)
    if asked.basis_until is not None and asked.basis is None:
        reasons += (Reason("basis-missing", {"field": "basis", "mend": "name the basis that holds until then"}),)
    if reasons:
        return Refused(reasons)
    now, whose = world.clock.now(), _whose(actor)
    file = CaseFile(
        world.mint.record_id(),
        asked.number.strip(),
        asked.title.strip(),
        tuple(dict.fromkeys(asked.purposes)),
        whose,
        now,
        asked.basis,
        asked.basis_until,
    )
    world.store.keep([], [file, Member(file.id, whose, "lead", now)])
    return Granted(Opened(file, world.store.members(file.id), ()))


def cases_of(world: World, actor: Actor) -> tuple[CaseFile, ...]:
    """The cases that are open to the actor, newest first; all of them on a node without accounts."""
    if not actor.account:
        return world.store.cases()
    return world.store.cases(world.store.open_to(actor.account, world.clock.now()))


def case_named(world: World, actor: Actor, case: str) -> Opened:
    """One case. NotFound when there is none, or it isn't open to the actor: both alike."""
    mine = world.store.open_to(actor.account, world.clock.now()) if actor.account else None
    file = world.store.case(case)
    if file is None or (mine is not None and case not in mine):
        file = None
    members, links, moves = world.store.members(case), world.store.links(case), world.store.case_moves(case)
    if file is None:
        raise NotFound("case", case=case[:60])
    return Opened(file, members, links, moves)


def add_member(world: World, actor: Actor, case: str, account: str, role: str) -> Granted[Opened] | Refused:
    """Somebody works in the case from now on. `account` is an account's id or login; on a node without accounts, a name."""
    found = case_named(world, actor, case)
    reasons = permit(world, actor, "manage-case", _in(case))
    if world.store.has_accounts():
        known = world.store.account(account) or world.store.account_named(account)
        if known is None:
            reasons += (Reason("account-unknown", {"account": account[:60]}),)
        else:
            account = known.id
    if _present(found, account, world.clock.now()) is not None:
        reasons += (Reason("member-already", {"account": account}),)
    if reasons:
        return Refused(reasons)
    world.store.keep([], [Member(case, account, role, world.clock.now())])
    return Granted(case_named(world, actor, case))


def remove_member(world: World, actor: Actor, case: str, account: str) -> Granted[Opened] | Refused:
    """Somebody works in the case no more; that they did stays. The last one can't be removed."""
    found = case_named(world, actor, case)
    reasons = permit(world, actor, "manage-case", _in(case))
    now = world.clock.now()
    member = _present(found, account, now)
    if member is None:
        raise NotFound("member", account=account[:60])
    if len([m for m in found.members if m.until is None]) == 1:
        reasons += (Reason("last-member", {"account": account, "mend": "add somebody first"}),)
    if reasons:
        return Refused(reasons)
    world.store.keep([], [replace(member, until=now)])
    return Granted(Opened(found.file, world.store.members(case), found.links, found.moves))


def link(world: World, actor: Actor, case: str, what: Thing, thing: str) -> Granted[Opened] | Refused:
    """A thing lies in the case from now on. Only what one sees can be put there; `world` is the actor's own."""
    case_named(world, actor, case)
    _must_be_there(world, what, thing)
    reasons = permit(world, actor, "manage-case", _in(case))
    if reasons:
        return Refused(reasons)
    world.store.keep([], [Link(case, what, thing, _whose(actor), world.clock.now())])
    return Granted(case_named(world, actor, case))


def unlink(world: World, actor: Actor, case: str, thing: str) -> Granted[Opened] | Refused:
    """A thing lies in the case no more: in no other one, it is back on the desk, where every officer sees it."""
    found = case_named(world, actor, case)
    lying = next((each for each in found.links if each.id == thing), None)
    if lying is None:
        raise NotFound("link", thing=thing[:70])
    reasons = permit(world, actor, "manage-case", _in(case))
    if reasons:
        return Refused(reasons)
    world.store.keep([], [replace(lying, until=world.clock.now())])
    return Granted(case_named(world, actor, case))


def move_case(world: World, actor: Actor, case: str, state: CaseState, reason: str) -> Granted[Opened] | Refused:
    """The case goes on to another state, or is reopened; with a reason, which stands in the case and in the journal.

    It is closed only when no request that lies in it is open. What lies in it stays, and who was in it stays in it.
    Conflict when somebody else moved it meanwhile.
    """
    found = case_named(world, actor, case)
    before, said = found.file.state, reason.strip()
    reasons = permit(world, actor, "manage-case", _in(case))
    if state not in STATES[before]:
        facts = {"state": before, "wanted": state[:20], "allowed": list(STATES[before])}
        reasons += (Reason("case-state", facts),)
    elif state == "closed":
        reasons += tuple(
            Reason("case-request-open", {"request": each.id, "mend": "close it, or take it out of the case"})
            for each in found.links
            if each.what == "request" and _is_open(world, each.id)
        )
    if not MOVE_REASON_MIN <= len(said) <= REASON_MAX:
        told = {"field": "reason", "characters": len(said), "least": MOVE_REASON_MIN, "most": REASON_MAX}
        reasons += (Reason("reason-length", told),)
    if reasons:
        return Refused(reasons)
    world.store.keep([], [CaseMoved(case, before, state, _whose(actor), world.clock.now(), said)])
    return Granted(case_named(world, actor, case))


# ---- emergency access


def break_glass(world: World, actor: Actor, number: str, reason: str) -> Granted[Grant] | Refused:
    """Opens a case of others for four hours, by its number. Whoever judges such access is told at once.

    Refused to somebody of whose accesses one has waited for a judgement for more than 72 hours, until it is judged.
    """
    reasons = permit(world, actor, "break-glass")
    said = reason.strip()
    if not GLASS_REASON_MIN <= len(said) <= REASON_MAX:
        facts = {"field": "reason", "characters": len(said), "least": GLASS_REASON_MIN, "most": REASON_MAX}
        reasons += (Reason("reason-length", facts),)
    now, whose = world.clock.now(), _whose(actor)
    for earlier in world.store.grants(whose):
        if earlier.verdict is None and earlier.due <= now:
            reasons += (Reason("access-unreviewed", {"grant": earlier.id, "mend": "have it judged"}),)
    if reasons:
        return Refused(reasons)
    file = next((each for each in world.store.cases() if each.number == number), None)
    if file is None:
        raise NotFound("case", number=number[:60])
    grant = Grant(world.mint.record_id(), file.id, whose, said, now, Instant(now + GLASS_MS))
    about = {"grant": grant.id, "case": file.id, "number": file.number, "account": whose, "by": actor.name}
    world.store.keep([], [grant, Noticed(f"break-glass {grant.id}", now, "break-glass", about)])
    return Granted(grant)


def accesses(world: World, actor: Actor) -> tuple[Grant, ...]:
    """Emergency accesses: all of them for whoever judges, one's own for anybody else; newest first."""
    if permit(world, actor, "review-access"):
        return world.store.grants(_whose(actor))
    return world.store.grants()


def judge_access(world: World, actor: Actor, grant: str, verdict: str) -> Granted[Grant] | Refused:
    """Somebody else says whether it was right. A wrong one ends at once."""
    reasons = permit(world, actor, "review-access")
    if verdict not in ("right", "wrong"):
        raise Malformed("verdict", value=verdict[:40])
    if reasons:
        return Refused(reasons)
    found = next((each for each in world.store.grants() if each.id == grant), None)
    if found is None:
        raise NotFound("grant", grant=grant[:60])
    if found.account == _whose(actor):
        reasons += (Reason("judge-of-oneself", {"grant": grant}),)
    if found.verdict is not None:
        reasons += (Reason("judged-already", {"by": found.judged_by, "verdict": found.verdict}),)
    if reasons:
        return Refused(reasons)
    now = world.clock.now()
    until = min(found.until, now) if verdict == "wrong" else found.until
    judged = replace(found, verdict=verdict, judged_by=_whose(actor), judged_at=now, until=Instant(until))
    world.store.keep([], [judged])
    return Granted(judged)


def _in(case: str) -> Subject:
    return Subject(cases=(frozenset({case}),))


def _whose(actor: Actor) -> str:
    return actor.account or actor.name


def _present(found: Opened, account: str, now: Instant) -> Member | None:
    there = [m for m in found.members if m.account == account and (m.until is None or m.until > now)]
    return there[0] if there else None


def _is_open(world: World, request: str) -> bool:
    try:
        found = dossier(world, request)
    except NotFound:
        return False
    return found.view.state not in found.machine.terminal


def _must_be_there(world: World, what: Thing, thing: str) -> None:
    """NotFound unless the actor sees it; what isn't there and what is hidden answer alike."""
    if not there(world, what, thing):
        raise NotFound(what, thing=thing[:70])
