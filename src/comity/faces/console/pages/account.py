"""One's own account: sessions, passkeys, password and the codes for a bad day."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from comity.domain.terms import Reason, Refused
from comity.faces.api.asking import RefusedHere, granted
from comity.faces.api.door import csrf_of, session_cookie, site_of
from comity.faces.api.person_view import me, passkey_view, session_view, unb64
from comity.faces.console.forms import Form, Sent
from comity.faces.console.rail import Verb
from comity.faces.console.render import Desk, Seen
from comity.flows.people import passkeys, recovering, sessions
from comity.flows.people.sessions import Person

OWN = {"own": True}
TYPED_MAX = 1000
HOW = ("come-in-again", "passkey-name", "passkey-known", "passkey-not-made", "too-many-passkeys", "ceremony-ended")
"""Reasons that the browser words by itself while a passkey is made."""


@get("/desk/account", sync_to_thread=True, opt=OWN)
def account(desk: Seen) -> Response[Any]:
    """The page."""
    return _shown(desk, Form())


@post("/desk/account/sessions/{session_id:str}/end", sync_to_thread=True, opt=OWN)
def end_one(desk: Seen, session_id: FromPath[str]) -> Response[Any]:
    """One session of one's own ends."""
    sessions.end(desk.node.world, _person(desk).account, session_id, "ended-by-me")
    return desk.go("/desk/account#sessions", did="session_ended")


@post("/desk/account/sessions/end", sync_to_thread=True, opt=OWN)
def end_others(desk: Seen) -> Response[Any]:
    """Every session but this one ends."""
    sessions.end_others(desk.node.world, _person(desk))
    return desk.go("/desk/account#sessions", did="sessions_ended")


@post("/desk/account/password", sync_to_thread=True, opt=OWN)
def password(desk: Seen, form: Sent) -> Response[Any]:
    """Another password; every other session ends."""
    present, wanted, again = (_typed(form, name) for name in ("present", "password", "again"))
    if wanted and again and wanted != again:
        form.fault("again", "login.differ")
    if form.good:
        done = sessions.change_password(desk.node.world, _person(desk), present, wanted)
        if not isinstance(done, Refused):
            return desk.go("/desk/account", did="password")
        for reason in done.reasons:
            form.fault("present" if reason.facts.get("field") == "present" else "password", f"reason.{reason.code}")
    return _shown(desk, form, status=422)


@post("/desk/account/codes", sync_to_thread=True, opt=OWN)
def codes(desk: Seen) -> Response[Any]:
    """Ten new codes, shown this once; earlier ones end."""
    made = granted(recovering.codes(desk.node.world, _person(desk)))
    return desk.show("codes.html", codes=made)


@post("/desk/account/passkeys/{passkey:str}/name", sync_to_thread=True, opt=OWN)
def rename(desk: Seen, passkey: FromPath[str], form: Sent) -> Response[Any]:
    """What its person calls the device."""
    name = form.must("name", most=200)
    if form.good:
        done = passkeys.rename(desk.node.world, _person(desk), unb64(passkey), name)
        if not isinstance(done, Refused):
            return desk.go("/desk/account#passkeys", did="passkey_named")
        for reason in done.reasons:
            form.fault("name", f"reason.{reason.code}")
    return _shown(desk, form, status=422, renaming=passkey)


@post("/desk/account/passkeys/{passkey:str}/remove", sync_to_thread=True, opt=OWN)
def remove(desk: Seen, passkey: FromPath[str]) -> Response[Any]:
    """It opens and signs nothing any more; what it signed stays signed."""
    granted(passkeys.remove(desk.node.world, _person(desk), unb64(passkey)))
    return desk.go("/desk/account#passkeys", did="passkey_removed")


def _person(desk: Desk) -> Person:
    """Whose account it is; a node without accounts has nothing to look after here."""
    if desk.session is None or desk.session.person is None:
        raise RefusedHere((Reason("no-account", {}),))
    return desk.session.person


def _typed(form: Form, name: str) -> str:
    """As it was typed, blanks and all."""
    said = (form.values.get(name) or ("",))[0]
    if not said:
        form.fault(name, "fault.empty")
    return said[:TYPED_MAX]


def _shown(desk: Desk, form: Form, status: int = 200, renaming: str = "") -> Response[Any]:
    person = desk.session.person if desk.session is not None else None
    if person is None:
        return desk.show("account_none.html")
    world = desk.node.world
    token = desk.request.cookies.get(session_cookie(desk.request, desk.node), "")
    port = desk.request.headers.get("host", "").rpartition(":")[2]
    return desk.show(
        "account.html",
        status=status,
        form=form,
        mine=me(world, person, csrf_of(token)),
        live=[session_view(each, person.session.id) for each in sessions.live(world, person.account)],
        passkeys=[passkey_view(each) for each in passkeys.held(world, person.account.id)],
        renaming=renaming,
        here_site=site_of(desk.request, desk.node) is not None,
        named_here=f"http://localhost:{port}/desk/account" if port.isdigit() else "",
        fresh=person.session.is_fresh(world.clock.now()),
        how=HOW,
    )


pages = [account, end_one, end_others, password, codes, rename, remove]
verbs = [Verb("verb.account", "/desk/account", "key")]
