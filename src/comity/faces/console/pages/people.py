"""People: who works at this node, with which roles; made, invited, changed, suspended, and let in again by two administrators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from comity.domain.people import ADMINISTRATOR, Account
from comity.domain.terms import Instant, Reason, Refused
from comity.faces.api.asking import granted
from comity.faces.api.door import origin_of
from comity.faces.api.person_view import person_view, session_view
from comity.faces.console.forms import Form, Sent
from comity.faces.console.rail import Entry, Verb
from comity.faces.console.render import Desk, Seen
from comity.faces.console.spoken import zones_known
from comity.faces.console.words import LANGUAGES
from comity.flows.access import permit
from comity.flows.people import accounts, recovering, sessions
from comity.flows.people.accounts import MANAGE, NewPerson, named

PAGE = 100
SHOWN = {
    "invited": ("wait", "sent"),
    "active": ("go", "tick"),
    "suspended": ("stop", "pause"),
    "gone": ("rest", "exit"),
}
"""Standing -> (tone, icon)."""
ABOUT = {"own-roles": "roles", "last-administrator": "roles"}
"""Reason -> the field that it is about, where the flow names none."""
READS = {"act": MANAGE}
ASKS = {"asks": MANAGE}


@get("/desk/people", sync_to_thread=True, opt=READS)
def people(desk: Seen) -> Response[Any]:
    """Everybody who has or had an account, in the order of their login names."""
    world, query = desk.node.world, desk.request.query_params
    everybody = world.people.accounts()
    wanted = query.get("standing", "")
    found = [each for each in everybody if wanted in ("", each.standing)]
    begin = query.get("from", "0")
    start = int(begin) if begin.isascii() and begin.isdigit() and len(begin) < 9 else 0
    here = found[start : start + PAGE]
    return desk.show(
        "people.html",
        shown_here=here,
        resets={each.id for each in here if each.standing == "active" and recovering.waiting(world, each) is not None},
        counts={standing: sum(each.standing == standing for each in everybody) for standing in SHOWN},
        wanted=wanted if wanted in SHOWN else "",
        everybody=len(everybody),
        onward=start + PAGE if start + PAGE < len(found) else None,
        shown=SHOWN,
    )


@get("/desk/people/new", sync_to_thread=True, opt=READS)
def blank(desk: Seen) -> Response[Any]:
    """The form of an account."""
    return _form(desk, Form())


@post("/desk/people/new", sync_to_thread=True, opt=ASKS)
def make(desk: Seen, form: Sent) -> Response[Any]:
    """A new account. Its invitation is shown this once, to be handed to its person alone."""
    asked = NewPerson(
        form.must("login", most=200),
        form.must("name", most=200),
        form.all("roles"),
        form.one_of("language", LANGUAGES),
        form.one_of("zone", zones_known()),
    )
    if not form.good:
        return _form(desk, form, status=422)
    done = accounts.add(desk.node.world, desk.officer, asked)
    if isinstance(done, Refused):
        return _form(desk, _told(form, done), status=422)
    return _link(desk, done.value.account, done.value.secret, done.value.until, "invited")


@get("/desk/people/{login:str}", sync_to_thread=True, opt=READS)
def one(desk: Seen, login: FromPath[str]) -> Response[Any]:
    """One account: roles, standing, sessions, and what may be done with it."""
    return _one(desk, login, Form())


@post("/desk/people/{login:str}", sync_to_thread=True, opt=ASKS)
def change(desk: Seen, login: FromPath[str], form: Sent) -> Response[Any]:
    """Another name, other roles, another language or zone."""
    name, roles = form.must("name", most=200), form.all("roles")
    language, zone = form.one_of("language", LANGUAGES), form.one_of("zone", zones_known())
    if not form.good:
        return _one(desk, login, form, status=422)
    done = accounts.change(desk.node.world, desk.officer, login, name=name, roles=roles, language=language, zone=zone)
    if isinstance(done, Refused):
        return _one(desk, login, _told(form, done), status=422)
    return desk.go(f"/desk/people/{done.value.login}", did="person_changed")


@post("/desk/people/{login:str}/invite", sync_to_thread=True, opt=ASKS)
def invite(desk: Seen, login: FromPath[str]) -> Response[Any]:
    """A new invitation for somebody who hasn't come yet; the old one ends."""
    done = granted(accounts.invite_again(desk.node.world, desk.officer, login))
    return _link(desk, done.account, done.secret, done.until, "invited")


@post("/desk/people/{login:str}/standing", sync_to_thread=True, opt=ASKS)
def stand(desk: Seen, login: FromPath[str], form: Sent) -> Response[Any]:
    """Suspended, as before, or gone for good."""
    ways = {"suspend": accounts.suspend, "reinstate": accounts.reinstate, "leave": accounts.leave}
    way = form.one_of("to", ways)
    if not form.good:
        return _one(desk, login, form, status=422)
    done = granted(ways[way](desk.node.world, desk.officer, login))
    return desk.go(f"/desk/people/{done.login}", did=f"person_{way}")


@post("/desk/people/{login:str}/reset", sync_to_thread=True, opt=ASKS)
def propose_reset(desk: Seen, login: FromPath[str]) -> Response[Any]:
    """One administrator says that somebody can't come in any more. Nothing changes yet."""
    granted(recovering.propose(desk.node.world, desk.officer, login))
    return desk.go(f"/desk/people/{login}#reset", did="reset_asked")


@post("/desk/people/{login:str}/reset/confirm", sync_to_thread=True, opt=ASKS)
def confirm_reset(desk: Seen, login: FromPath[str]) -> Response[Any]:
    """Another one agrees: every way in ends, and its person starts over with the link that is shown this once."""
    done = granted(recovering.confirm(desk.node.world, desk.officer, login))
    return _link(desk, done.account, done.secret or "", done.until, "reset")


@post("/desk/people/{login:str}/sessions/end", sync_to_thread=True, opt=ASKS)
def end_sessions(desk: Seen, login: FromPath[str]) -> Response[Any]:
    """Every session of somebody ends."""
    granted(sessions.end_of(desk.node.world, desk.officer, login))
    return desk.go(f"/desk/people/{login}", did="sessions_ended")


def _told(form: Form, no: Refused) -> Form:
    """Every reason of the flow, at the field where it can be mended."""
    for reason in no.reasons:
        form.fault(str(reason.facts.get("field", "")) or ABOUT.get(reason.code, "name"), f"reason.{reason.code}")
    return form


def _form(desk: Desk, form: Form, status: int = 200) -> Response[Any]:
    first = not desk.node.world.people.has_accounts()
    return desk.show(
        "person_new.html",
        status=status,
        form=form,
        first=first,
        ticked=form.all("roles") if form.values else (ADMINISTRATOR,) if first else ("officer",),
        **_offered(desk),
    )


def _one(desk: Desk, login: str, form: Form, status: int = 200) -> Response[Any]:
    world = desk.node.world
    account = named(world, login)
    reset = recovering.waiting(world, account)
    asked_by = world.people.account(reset.proposed_by) if reset is not None else None
    return desk.show(
        "person.html",
        status=status,
        form=form,
        account=account,
        view=person_view(world, account),
        made_by=_name_of(desk, account.by),
        live=[session_view(each) for each in sessions.live(world, account)],
        reset=reset,
        asked_by=asked_by.name if asked_by is not None else reset.proposed_by if reset is not None else "",
        ticked=form.all("roles") if form.values else account.roles,
        shown=SHOWN,
        against=tuple(_against(desk, account)),
        against_reset=tuple(_against_reset(desk, account, reset)),
        against_roles=_myself(desk, account, "own-roles"),
        **_offered(desk),
    )


def _against(desk: Desk, account: Account) -> Iterator[Reason]:
    """What the flow would say anyway, before the button is pressed."""
    yield from permit(desk.node.world, desk.officer, MANAGE)
    yield from _myself(desk, account, "own-standing")


def _against_reset(desk: Desk, account: Account, reset: recovering.Reset | None) -> Iterator[Reason]:
    yield from permit(desk.node.world, desk.officer, MANAGE)
    yield from _myself(desk, account, "own-reset")
    if reset is not None and reset.proposed_by == (desk.officer.account or desk.officer.name):
        yield Reason("four-eyes", {})


def _myself(desk: Desk, account: Account, code: str) -> tuple[Reason, ...]:
    return (Reason(code, {}),) if desk.officer.account == account.id else ()


def _name_of(desk: Desk, account: str) -> str:
    found = desk.node.world.people.account(account) if account else None
    return found.name if found is not None else ""


def _offered(desk: Desk) -> dict[str, Any]:
    words = desk.words
    return {
        "roles": [
            (each.id, words.word("post", each.id), words.word("post_note", each.id))
            for _, each in sorted(desk.node.world.catalog.roles().items())
        ],
        "zones": [(zone, zone.replace("_", " ")) for zone in zones_known()],
        "tongues": list(LANGUAGES.items()),
    }


def _link(desk: Desk, account: Account, secret: str, until: Instant, kind: str) -> Response[Any]:
    """Told in the answer itself and nowhere else: it stands behind the `#`, which no server and no log sees."""
    link = f"{origin_of(desk.request, desk.node)}/desk/enter#{secret}"
    return desk.show("person_link.html", account=account, link=link, secret=secret, until=until, kind=kind)


pages = [people, blank, make, one, change, invite, stand, propose_reset, confirm_reset, end_sessions]
rail = [Entry("people", "/desk/people", "node", "person", 3, go="p")]
verbs = [Verb("verb.person", "/desk/people/new", "person")]
