"""`comity login`: come in as oneself; what one does from here on is done in one's own name."""

from __future__ import annotations

import os
import platform
import sys
from typing import Annotated, Any

import typer

from comity.faces.cli.own_token import keep_token
from comity.faces.cli.session import session
from comity.faces.cli.showing import moment, say

ORDER = 14
WORDS: dict[str, tuple[str, str]] = {
    "person-needed": ("This node has accounts, and nobody is logged in here.", "comity login NAME"),
    "session-ended": ("This login has ended.", "comity login NAME"),
    "not-let-in": ("That opens nothing here.", "Check name and password. An administrator can help: comity people reset NAME"),
    "too-many-tries": ("Too many wrong tries.", "Wait a little. A passkey, or a browser that you have come in with before, doesn't wait."),
    "reads-only": ("This login may only read.", "comity login NAME, without --read-only"),
    "link-ended": ("This link was used, has ended, or never was one.", "Ask an administrator for a new one: comity people invite NAME"),
    "password-short": ("The password has {characters} characters; it needs {characters_min}.", "Take three or four words that don't belong together."),
    "password-long": ("The password is too long.", "At most {characters_max} characters."),
    "password-has-name": ("The password contains a part of a name: {part}", "Take words that have nothing to do with you or this node."),
    "password-common": ("That password is among the first that anybody tries.", "Take three or four words that don't belong together."),
}  # fmt: skip


def command(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Your login name; with --link none is needed.")] = "",
    link: Annotated[str, typer.Option(help="An invitation or reset that you were given: sets your password.")] = "",
    code: Annotated[str, typer.Option(help="One of your one-time codes: sets a new password.")] = "",
    days: Annotated[int, typer.Option(min=1, max=365, help="How long this login lasts.")] = 1,
    read_only: Annotated[bool, typer.Option("--read-only", help="It may change nothing.")] = False,
) -> None:
    """Come in as yourself. The password is asked for, or read from stdin where that isn't a terminal."""
    here = session(context)
    if not name and not link:
        raise typer.BadParameter("give your login name, or --link")
    password = _password("New password" if link or code else "Password", twice=bool(link or code))
    body: dict[str, Any] = {
        "kind": "token",
        "label": f"comity on {platform.node()}"[:120],
        "days": days,
        "scope": "read" if read_only else "act",
        "password": password,
    }
    path = "/session"
    if link:
        path, body = "/session/link", {**body, "secret": link.rpartition("#")[2]}
    elif code:
        path, body = "/session/code", {**body, "login": name, "code": code}
    else:
        body["login"] = name
    config = here.config()
    with here.desk(as_operator=True) as desk:
        came: dict[str, Any] = desk.post(path, body)
    file = keep_token(config.name, came["token"])
    ends = moment(came["session"]["ends"])
    shown = {"login": came["login"], "name": came["name"], "roles": came["roles"], "ends": ends, "file": str(file)}
    here.show(
        shown, lambda console: say(console, f"You are {came['name']} here until {ends}. To end it: comity logout")
    )


def _password(prompt: str, *, twice: bool) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip(os.linesep)
    said: str = typer.prompt(prompt, hide_input=True, confirmation_prompt=twice, err=True)
    return said
