"""The door: who shows the node's token and says their name has a session; leaving ends it. And the choice of language."""

from __future__ import annotations

import secrets
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.response import Redirect

from comity.errors import Malformed
from comity.faces.api.asking import OFFICER_CHARACTERS_MAX
from comity.faces.console.forms import Form, Sent
from comity.faces.console.render import Seen
from comity.faces.console.who import (
    choice_cookie,
    cookie_name,
    name_said,
    session_cookie,
    session_id,
)
from comity.faces.console.words import LANGUAGES

HOME = "/desk/today"


@get(["/", "/desk"], sync_to_thread=False, opt={"open": True})
def root() -> Response[Any]:
    """To the day's work."""
    return Redirect(HOME, status_code=303)


@get("/desk/login", sync_to_thread=True, opt={"open": True})
def door(desk: Seen) -> Response[Any]:
    """The form; whoever is inside already goes on."""
    back = inside(desk.request.query_params.get("back", ""))
    if desk.session is not None:
        return desk.go(back)
    return desk.show("login.html", form=Form(), back=back)


@post("/desk/login", sync_to_thread=True, opt={"open": True})
def enter(desk: Seen, form: Sent) -> Response[Any]:
    """Begins a session, or says what doesn't fit; a wrong token is told apart from no token, never from another wrong one."""
    back = inside(form.text("back"))
    given = form.must("token", most=400)
    try:
        name = name_said(form.text("name", most=OFFICER_CHARACTERS_MAX))
    except Malformed:
        name = ""
        form.fault("name", "fault.name", most=OFFICER_CHARACTERS_MAX)
    if given and not secrets.compare_digest(given.encode(), desk.request.app.state.token.encode()):
        form.fault("token", "login.token_wrong")
    if not form.good:
        return desk.show("login.html", status=422, form=form, back=back)
    told = desk.request.app.state.sessions.begin(name)
    return desk.go(back, cookies=(session_cookie(desk.request, told),))


@post("/desk/leave", sync_to_thread=True, opt={"open": True})
def leave(desk: Seen) -> Response[Any]:
    """Ends the session here and in the browser."""
    desk.request.app.state.sessions.end(session_id(desk.request))
    gone = Cookie(
        cookie_name(desk.request, "desk"), value="", path="/desk", max_age=0, httponly=True, samesite="strict"
    )
    return desk.go("/desk/login", did="left", cookies=(gone,))


@post("/desk/language", sync_to_thread=True, opt={"open": True})
def language(desk: Seen, form: Sent) -> Response[Any]:
    """Another language for this browser, and back to the same page."""
    lang = form.one_of("lang", LANGUAGES)
    return desk.go(inside(form.text("back"), door=True), cookies=(choice_cookie(desk.request, "lang", lang),))


def inside(path: str, *, door: bool = False) -> str:
    """A path of this console to go back to; the day's work for whatever else, so that no link leads out of here."""
    plain = path.isprintable() and "\\" not in path and "//" not in path.partition("?")[0]
    return path if plain and path.startswith("/desk/") and (door or not path.startswith("/desk/login")) else HOME


pages = [root, enter, door, leave, language]
