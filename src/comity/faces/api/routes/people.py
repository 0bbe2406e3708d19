"""Accounts: who works at this node, made and looked after by administrators."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from comity.domain.terms import Actor, instant_text
from comity.faces.api.asking import Asking, House, Officer, acting_in, granted
from comity.faces.api.person_view import PersonView, SessionView, person_view, session_view
from comity.flows.people import accounts, recovering, sessions
from comity.flows.people.accounts import Invited, NewPerson, named

ASKS = {"asks": "manage-people"}
Short = Annotated[str, msgspec.Meta(max_length=200)]
Roles = Annotated[tuple[Short, ...], msgspec.Meta(max_length=20)]


class NewAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One person. `roles` are names of roles of the catalog."""

    login: Short
    name: Short
    roles: Roles
    language: Literal["en", "ko", "vi", "km", "zh"] = "en"
    zone: Short = "UTC"


class Changed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be otherwise; left out, it stays."""

    name: Short | None = None
    roles: Roles | None = None
    language: Literal["en", "ko", "vi", "km", "zh"] | None = None
    zone: Short | None = None


class Link(msgspec.Struct, frozen=True):
    """An account that waits for its person.

    secret  opens it once, until then; told this once. Hand it to its person alone
    path    the page of the console that takes it
    """

    person: PersonView
    secret: str
    path: str
    until: str


class ResetView(msgspec.Struct, frozen=True):
    """A reset that waits for a second administrator."""

    person: PersonView
    proposed_by: str
    until: str


class RoleView(msgspec.Struct, frozen=True):
    """One role of the catalog, and what it lets people do."""

    id: str
    title: str
    note: str
    acts: list[str]


class Ended(msgspec.Struct, frozen=True):
    """How many sessions have ended."""

    ended: int


@get("/people", sync_to_thread=True, opt={"act": "manage-people", "token": True})
def people(node: House) -> list[PersonView]:
    """Everybody who has or had an account, in the order of their login names."""
    return [person_view(node.world, each) for each in node.world.people.accounts()]


@post("/people", sync_to_thread=True, opt={**ASKS, "token": True})
def add(node: House, request: Asking, data: JSONBody[NewAccount]) -> Link:
    """A new account, with an invitation for its person. The first one administers the node; from then on every act has a person."""
    asked = NewPerson(data.login, data.name, data.roles, data.language, data.zone)
    actor = acting_in(request) or Actor("api.token", node.world.me.name, "administrator")
    return _link(node, granted(accounts.add(node.world, actor, asked)))


@get("/people/roles", sync_to_thread=True, opt={"act": "status", "token": True})
def roles(node: House) -> list[RoleView]:
    """Every role that there is."""
    known = node.world.catalog.roles()
    return [RoleView(each.id, each.title, each.note, list(each.acts)) for _, each in sorted(known.items())]


@get("/people/{person_name:str}", sync_to_thread=True, opt={"act": "manage-people"})
def one(node: House, person_name: FromPath[str]) -> PersonView:
    """One account, by login name or id."""
    return person_view(node.world, named(node.world, person_name))


@post("/people/{person_name:str}", sync_to_thread=True, status_code=200, opt=ASKS)
def change(node: House, officer: Officer, person_name: FromPath[str], data: JSONBody[Changed]) -> PersonView:
    """Another name, other roles, another language or zone."""
    changed = accounts.change(
        node.world,
        officer,
        person_name,
        name=data.name,
        roles=data.roles,
        language=data.language,
        zone=data.zone,
    )
    return person_view(node.world, granted(changed))


@post("/people/{person_name:str}/invite", sync_to_thread=True, status_code=200, opt=ASKS)
def invite(node: House, officer: Officer, person_name: FromPath[str]) -> Link:
    """A new invitation for somebody who hasn't come yet."""
    return _link(node, granted(accounts.invite_again(node.world, officer, person_name)))


@post("/people/{person_name:str}/suspend", sync_to_thread=True, status_code=200, opt=ASKS)
def suspend(node: House, officer: Officer, person_name: FromPath[str]) -> PersonView:
    """Nobody comes in with this account until it is reinstated; its sessions end at once."""
    return person_view(node.world, granted(accounts.suspend(node.world, officer, person_name)))


@post("/people/{person_name:str}/reinstate", sync_to_thread=True, status_code=200, opt=ASKS)
def reinstate(node: House, officer: Officer, person_name: FromPath[str]) -> PersonView:
    """A suspended account is as before."""
    return person_view(node.world, granted(accounts.reinstate(node.world, officer, person_name)))


@post("/people/{person_name:str}/leave", sync_to_thread=True, status_code=200, opt=ASKS)
def leave(node: House, officer: Officer, person_name: FromPath[str]) -> PersonView:
    """Its person has left for good; the account stays, because records name them."""
    return person_view(node.world, granted(accounts.leave(node.world, officer, person_name)))


@post("/people/{person_name:str}/reset", sync_to_thread=True, status_code=200, opt=ASKS)
def propose_reset(node: House, officer: Officer, person_name: FromPath[str]) -> ResetView:
    """Say that somebody can't come in any more; another administrator has to confirm it."""
    asked = granted(recovering.propose(node.world, officer, person_name))
    return ResetView(person_view(node.world, asked.account), asked.proposed_by, instant_text(asked.until))


@post("/people/{person_name:str}/reset/confirm", sync_to_thread=True, status_code=200, opt=ASKS)
def confirm_reset(node: House, officer: Officer, person_name: FromPath[str]) -> Link:
    """Confirm what another administrator proposed: its person starts over with a link, and nothing else opens the account."""
    done = granted(recovering.confirm(node.world, officer, person_name))
    return _link(node, Invited(done.account, done.secret or "", done.until))


@get("/people/{person_name:str}/sessions", sync_to_thread=True, opt={"act": "manage-people"})
def sessions_of(node: House, person_name: FromPath[str]) -> list[SessionView]:
    """Somebody's sessions, newest first."""
    return [session_view(each) for each in sessions.live(node.world, named(node.world, person_name))]


@post("/people/{person_name:str}/sessions/end", sync_to_thread=True, status_code=200, opt=ASKS)
def end_sessions(node: House, officer: Officer, person_name: FromPath[str]) -> Ended:
    """Every session of somebody ends."""
    return Ended(granted(sessions.end_of(node.world, officer, person_name)))


def _link(node: House, invited: Invited) -> Link:
    # After the `#`, so that no proxy and no log ever sees it.
    path = f"/desk/enter#{invited.secret}"
    return Link(person_view(node.world, invited.account), invited.secret, path, instant_text(invited.until))


routes = [
    people,
    add,
    roles,
    one,
    change,
    invite,
    suspend,
    reinstate,
    leave,
    propose_reset,
    confirm_reset,
    sessions_of,
    end_sessions,
]
