"""The door: by the node's token where there are no accounts, else by password, passkey, invitation or a written-down code."""

from __future__ import annotations

import secrets
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.response import Redirect

from comity.domain.terms import Granted, Refused
from comity.errors import Malformed
from comity.faces.api.asking import OFFICER_CHARACTERS_MAX
from comity.faces.api.door import cookies_for, cookies_gone, site_of
from comity.faces.console.forms import Form, Sent
from comity.faces.console.render import Desk, Seen
from comity.faces.console.who import (
    choice_cookie,
    cookie_name,
    name_said,
    session_cookie,
    session_id,
    whence,
)
from comity.faces.console.words import LANGUAGES
from comity.flows.people import entering, sessions
from comity.flows.people.whence import Came

HOME = "/desk/today"
STRANGERS = {"open": True}
TYPED_MAX = 1000


@get(["/", "/desk"], sync_to_thread=False, opt=STRANGERS)
def root() -> Response[Any]:
    """To the day's work."""
    return Redirect(HOME, status_code=303)


@get("/desk/login", sync_to_thread=True, opt=STRANGERS)
def door(desk: Seen) -> Response[Any]:
    """The form; whoever is inside already goes on."""
    back = inside(desk.request.query_params.get("back", ""))
    if desk.session is not None:
        return desk.go(back)
    return _door(desk, Form(), back)


@post("/desk/login", sync_to_thread=True, opt=STRANGERS)
def enter(desk: Seen, form: Sent) -> Response[Any]:
    """Begins a session, or says what doesn't fit; which of name and password was wrong isn't told."""
    back = inside(form.text("back"))
    if desk.node.world.people.has_accounts():
        login, password = form.must("login", most=TYPED_MAX), _typed(form, "password")
        if not form.good:
            return _door(desk, form, back, status=422)
        came = entering.by_password(desk.node.world, login, password, whence(desk.request, desk.node))
        return _in(desk, came, back) or _door(desk, _turned(form, came, "password"), back, status=422)
    given = form.must("token", most=400)
    try:
        name = name_said(form.text("name", most=OFFICER_CHARACTERS_MAX))
    except Malformed:
        name = ""
        form.fault("name", "fault.name", most=OFFICER_CHARACTERS_MAX)
    if given and not secrets.compare_digest(given.encode(), desk.request.app.state.token.encode()):
        form.fault("token", "login.token_wrong")
    if not form.good:
        return _door(desk, form, back, status=422)
    told = desk.request.app.state.sessions.begin(name)
    return desk.go(back, cookies=(session_cookie(desk.request, told),))


@get("/desk/enter", sync_to_thread=True, opt=STRANGERS)
def invited(desk: Seen) -> Response[Any]:
    """First steps: the invitation stands behind the `#` of the link, which no server and no log ever sees; or it is typed."""
    return desk.show("enter.html", form=Form())


@post("/desk/enter", sync_to_thread=True, opt=STRANGERS)
def enter_by_link(desk: Seen, form: Sent) -> Response[Any]:
    """Takes an invitation or a reset, and the password that counts from now on."""
    secret, password = form.must("secret", most=TYPED_MAX), _new_password(form)
    if form.good:
        came = entering.by_link(desk.node.world, secret, password, whence(desk.request, desk.node))
        if (answer := _in(desk, came, "/desk/settings", did="welcome")) is not None:
            return answer
        _turned(form, came, "secret")
    return desk.show("enter.html", status=422, form=form)


@get("/desk/recover", sync_to_thread=True, opt=STRANGERS)
def lost(desk: Seen) -> Response[Any]:
    """For whoever has a one-time code on paper, and for whoever hasn't."""
    return desk.show("recover.html", form=Form())


@post("/desk/recover", sync_to_thread=True, opt=STRANGERS)
def enter_by_code(desk: Seen, form: Sent) -> Response[Any]:
    """Takes a one-time code, and the password that counts from now on; every other session of that person ends."""
    login, code, password = form.must("login", most=TYPED_MAX), form.must("code", most=TYPED_MAX), _new_password(form)
    if form.good:
        came = entering.by_code(desk.node.world, login, code, password, whence(desk.request, desk.node))
        if (answer := _in(desk, came, HOME, did="welcome")) is not None:
            return answer
        _turned(form, came, "code")
    return desk.show("recover.html", status=422, form=form)


@post("/desk/leave", sync_to_thread=True, opt=STRANGERS)
def leave(desk: Seen) -> Response[Any]:
    """Ends the session here and in the browser."""
    desk.request.app.state.sessions.end(session_id(desk.request))
    if desk.session is not None and desk.session.person is not None:
        sessions.end(desk.node.world, desk.session.person.account, desk.session.person.session.id)
    gone = Cookie(
        cookie_name(desk.request, "desk"), value="", path="/desk", max_age=0, httponly=True, samesite="strict"
    )
    return desk.go("/desk/login", did="left", cookies=(gone, *cookies_gone(desk.request, desk.node)))


@post("/desk/language", sync_to_thread=True, opt=STRANGERS)
def language(desk: Seen, form: Sent) -> Response[Any]:
    """Another language for this browser, and back to the same page."""
    lang = form.one_of("lang", LANGUAGES)
    return desk.go(inside(form.text("back"), door=True), cookies=(choice_cookie(desk.request, "lang", lang),))


def inside(path: str, *, door: bool = False) -> str:
    """A path of this console to go back to; the day's work for whatever else, so that no link leads out of here."""
    plain = path.isprintable() and "\\" not in path and "//" not in path.partition("?")[0]
    return path if plain and path.startswith("/desk/") and (door or not path.startswith("/desk/login")) else HOME


def _door(desk: Desk, form: Form, back: str, *, status: int = 200) -> Response[Any]:
    accounts = desk.node.world.people.has_accounts()
    host = desk.request.headers.get("host", "")
    return desk.show(
        "login.html",
        status=status,
        form=form,
        back=back,
        accounts=accounts,
        passkeys=accounts and site_of(desk.request, desk.node) is not None,
        named=f"http://localhost:{host.rpartition(':')[2]}/desk/login" if host.rpartition(":")[2].isdigit() else "",
    )


def _in(desk: Desk, came: Granted[Came] | Refused, path: str, did: str = "") -> Response[Any] | None:
    """On to the page with the session's cookies; None when nobody was let in."""
    if isinstance(came, Refused):
        return None
    return desk.go(path, did=did, cookies=tuple(cookies_for(desk.request, desk.node, came.value)))


def _turned(form: Form, came: Granted[Came] | Refused, field: str) -> Form:
    """Every reason that the flow gave, at the field where it can be mended."""
    for reason in came.reasons if isinstance(came, Refused) else ():
        if reason.code == "too-many-tries":
            form.fault(field, "login.wait", n=max(1, -(-int(str(reason.facts["wait_s"])) // 60)))
        elif reason.code.startswith("password"):
            form.fault("password", "login.password_weak")
        else:
            form.fault(field, "login.not_let_in")
    return form


def _typed(form: Form, name: str) -> str:
    """As it was typed, blanks and all."""
    said = (form.values.get(name) or ("",))[0]
    if not said:
        form.fault(name, "fault.empty")
    return said[:TYPED_MAX]


def _new_password(form: Form) -> str:
    """Twice the same."""
    said, again = _typed(form, "password"), _typed(form, "again")
    if said and again and said != again:
        form.fault("again", "login.differ")
    return said


pages = [root, enter, door, enter_by_link, invited, enter_by_code, lost, leave, language]
