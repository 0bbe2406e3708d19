"""Cases: who works in them and what lies in them; and opening one of others in an emergency."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from comity.domain.access import STATES, CaseFile, CaseState, Grant
from comity.domain.terms import instant_from, instant_text
from comity.faces.api.asking import Here, Officer, granted
from comity.faces.api.views import Word
from comity.flows import cases as casework

Title = Annotated[str, msgspec.Meta(min_length=1, max_length=casework.TITLE_MAX)]
Moment = Annotated[str, msgspec.Meta(min_length=20, max_length=24)]
"""RFC 3339 in UTC: `2026-12-24T10:00:00Z`."""
Thing = Annotated[str, msgspec.Meta(min_length=1, max_length=70)]


class NewCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an officer fills in.

    number       as the unit counts its cases; no two are equal
    purposes     for which people act in it
    basis        legal basis that acts in it rest on, and until when it holds
    """

    number: Word
    title: Title
    purposes: Annotated[tuple[Word, ...], msgspec.Meta(min_length=1, max_length=20)] = ("crime",)
    basis: Word | None = None
    basis_until: Moment | None = None


class NewMember(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who works in the case from now on, and as what."""

    account: Word
    role: Word = "investigator"


class NewLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What lies in the case from now on: a request, a report or a record by its id, a file by its SHA-256."""

    what: Literal["record", "request", "report", "file"]
    id: Thing


class NewAccess(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which case, by its number, and why it can't wait: whoever judges such access reads it at once."""

    number: Word
    reason: Annotated[str, msgspec.Meta(max_length=casework.REASON_MAX)]


class NewState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far the work in the case is from now on, and why."""

    state: CaseState
    reason: Annotated[str, msgspec.Meta(max_length=casework.REASON_MAX)]


class Verdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the access was right; a wrong one ends at once."""

    verdict: Literal["right", "wrong"]


class CaseLine(msgspec.Struct, frozen=True):
    """A case in a list."""

    case: str
    number: str
    title: str
    purposes: list[str]
    lead: str
    opened: str
    basis: str | None
    basis_until: str | None
    state: CaseState


class MemberView(msgspec.Struct, frozen=True):
    """Somebody's time in the case; `until` is null while they are in it."""

    account: str
    role: str
    since: str
    until: str | None


class LinkView(msgspec.Struct, frozen=True):
    """A thing that lies in the case, who put it there and when."""

    what: str
    id: str
    by: str
    at: str


class MoveView(msgspec.Struct, frozen=True):
    """A change of the case's state."""

    before: CaseState
    state: CaseState
    by: str
    at: str
    reason: str


class CaseView(msgspec.Struct, frozen=True):
    """A case with its members and what lies in it. `next`: the states that may follow."""

    file: CaseLine
    members: list[MemberView]
    links: list[LinkView]
    moves: list[MoveView]
    next: list[CaseState]


class AccessView(msgspec.Struct, frozen=True):
    """An emergency access. `due` is by when it has to be judged; `verdict` is null until then."""

    access: str
    case: str
    account: str
    reason: str
    at: str
    until: str
    due: str
    verdict: str | None
    judged_by: str | None
    judged_at: str | None


@post("/cases", sync_to_thread=True, opt={"asks": "open-case"})
def open_case(world: Here, officer: Officer, data: JSONBody[NewCase]) -> CaseView:
    """Opens a case; the acting officer leads it and is its first member."""
    until = instant_from(data.basis_until) if data.basis_until is not None else None
    asked = casework.NewCase(data.number, data.title, data.purposes, data.basis, until)
    return case_view(granted(casework.open_case(world, officer, asked)))


@get("/cases", sync_to_thread=True, opt={"act": "status"})
def cases(world: Here, officer: Officer) -> list[CaseLine]:
    """The cases that are open to the acting officer, newest first."""
    return [case_line(file) for file in casework.cases_of(world, officer)]


@get("/cases/{case_id:str}", sync_to_thread=True, opt={"act": "status"})
def case(world: Here, officer: Officer, case_id: FromPath[str]) -> CaseView:
    """One case."""
    return case_view(casework.case_named(world, officer, case_id))


@post("/cases/{case_id:str}/members", sync_to_thread=True, opt={"asks": "manage-case"})
def add_member(world: Here, officer: Officer, case_id: FromPath[str], data: JSONBody[NewMember]) -> CaseView:
    """Somebody works in the case from now on."""
    return case_view(granted(casework.add_member(world, officer, case_id, data.account, data.role)))


@post(
    "/cases/{case_id:str}/members/{account:str}/remove",
    sync_to_thread=True,
    status_code=200,
    opt={"asks": "manage-case"},
)
def remove_member(world: Here, officer: Officer, case_id: FromPath[str], account: FromPath[str]) -> CaseView:
    """Somebody works in the case no more."""
    return case_view(granted(casework.remove_member(world, officer, case_id, account)))


@post("/cases/{case_id:str}/links", sync_to_thread=True, opt={"asks": "manage-case"})
def link(world: Here, officer: Officer, case_id: FromPath[str], data: JSONBody[NewLink]) -> CaseView:
    """A thing lies in the case from now on, and only who works in it sees it."""
    return case_view(granted(casework.link(world, officer, case_id, data.what, data.id)))


@post("/cases/{case_id:str}/links/{thing:str}/undo", sync_to_thread=True, status_code=200, opt={"asks": "manage-case"})
def unlink(world: Here, officer: Officer, case_id: FromPath[str], thing: FromPath[str]) -> CaseView:
    """A thing lies in the case no more."""
    return case_view(granted(casework.unlink(world, officer, case_id, thing)))


@post("/cases/{case_id:str}/state", sync_to_thread=True, status_code=200, opt={"asks": "manage-case"})
def move(world: Here, officer: Officer, case_id: FromPath[str], data: JSONBody[NewState]) -> CaseView:
    """The case goes on: paused, closing, closed, archived; or back to `active`, which reopens it."""
    return case_view(granted(casework.move_case(world, officer, case_id, data.state, data.reason)))


@post("/emergency-accesses", sync_to_thread=True, opt={"asks": "break-glass"})
def break_glass(world: Here, officer: Officer, data: JSONBody[NewAccess]) -> AccessView:
    """Opens a case of others for four hours; whoever judges such access is told at once."""
    return _access(granted(casework.break_glass(world, officer, data.number, data.reason)))


@get("/emergency-accesses", sync_to_thread=True, opt={"act": "status"})
def accesses(world: Here, officer: Officer) -> list[AccessView]:
    """Emergency accesses: all of them for whoever judges, the acting officer's own for anybody else."""
    return [_access(each) for each in casework.accesses(world, officer)]


@post("/emergency-accesses/{access_id:str}/judge", sync_to_thread=True, status_code=200, opt={"asks": "review-access"})
def judge(world: Here, officer: Officer, access_id: FromPath[str], data: JSONBody[Verdict]) -> AccessView:
    """Says whether an emergency access was right; somebody other than who had it."""
    return _access(granted(casework.judge_access(world, officer, access_id, data.verdict)))


def case_line(file: CaseFile) -> CaseLine:
    """A case as a list shows it."""
    until = instant_text(file.basis_until) if file.basis_until is not None else None
    opened = instant_text(file.opened)
    return CaseLine(
        file.id, file.number, file.title, list(file.purposes), file.lead, opened, file.basis, until, file.state
    )


def case_view(found: casework.Opened) -> CaseView:
    """A case as its members see it."""
    members = [
        MemberView(m.account, m.role, instant_text(m.since), instant_text(m.until) if m.until is not None else None)
        for m in found.members
    ]
    links = [LinkView(each.what, each.id, each.by, instant_text(each.at)) for each in found.links]
    moves = [MoveView(each.before, each.state, each.by, instant_text(each.at), each.reason) for each in found.moves]
    return CaseView(case_line(found.file), members, links, moves, list(STATES[found.file.state]))


def _access(grant: Grant) -> AccessView:
    return AccessView(
        access=grant.id,
        case=grant.case,
        account=grant.account,
        reason=grant.reason,
        at=instant_text(grant.at),
        until=instant_text(grant.until),
        due=instant_text(grant.due),
        verdict=grant.verdict,
        judged_by=grant.judged_by,
        judged_at=instant_text(grant.judged_at) if grant.judged_at is not None else None,
    )


routes = [
    open_case,
    cases,
    case,
    add_member,
    remove_member,
    link,
    unlink,
    move,
    break_glass,
    accesses,
    judge,
]
