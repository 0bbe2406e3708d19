"""`comity people`: who works at this node."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from comity.faces.cli.session import Session, session
from comity.faces.cli.showing import moment, say, table

ORDER = 16
WORDS: dict[str, tuple[str, str]] = {
    "first-account-administers": ("The first account of a node has to administer it.", "Add it with: --role administrator"),
    "login-name": ("{value} can't be a login name.", "Use {mend}."),
    "display-name": ("That can't be a name: {value}", "Use {mend}."),
    "no-role": ("An account needs a role.", "--role, one of: {known}"),
    "role-unknown": ("There is no role {value}.", "Use one of: {known}"),
    "time-zone": ("{value} isn't a time zone.", "Use {mend}."),
    "login-taken": ("Somebody has the login name {login} already.", "Choose another; names are never given twice."),
    "name-taken": ("Somebody is called {name} already.", "Add a unit or a number: records name whoever decided."),
    "own-roles": ("Nobody changes their own roles.", "Ask another administrator."),
    "own-standing": ("Nobody suspends or removes themselves.", "Ask another administrator."),
    "own-reset": ("Nobody resets their own account.", "Ask two other administrators."),
    "last-administrator": ("That is the last administrator.", "Make another one first."),
    "no-reset-asked": ("No reset of this account waits for a second administrator.", "comity people reset NAME, by the first one"),
    "standing": ("That account is {standing}.", "It would have to be: {allowed}"),
    "not-invited": ("This person has come in already.", "To let them start over: comity people reset NAME"),
    "account-changed-meanwhile": ("Somebody else has just changed this account.", "Look again, then repeat it."),
}  # fmt: skip
group = typer.Typer(help="Who works at this node: accounts, roles, sessions.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Login name.")]
Roles = Annotated[list[str] | None, typer.Option("--role", help="Name of a role; may be given several times.")]


@group.command(name="list")
def list_(context: typer.Context) -> None:
    """List everybody who has or had an account."""
    here = session(context)
    with here.desk() as desk:
        found: list[dict[str, Any]] = desk.get("/people")

    def human(console: Console) -> None:
        if not found:
            say(console, "No accounts: whoever has api.token acts as whom they name. Next: comity people add")
            return
        rows = (
            (each["login"], each["name"], ", ".join(each["roles"]), each["standing"], each["passkeys"])
            for each in found
        )
        table(console, ("login", "name", "roles", "standing", "passkeys"), rows)

    here.show(found, human)


@group.command()
def add(
    context: typer.Context,
    name: Name,
    full_name: Annotated[str, typer.Option("--name", help="As records and pages call them.")],
    role: Roles = None,
    language: Annotated[str, typer.Option(help="en, ko, vi, km or zh.")] = "en",
    zone: Annotated[str, typer.Option(help="Time zone: Asia/Seoul")] = "UTC",
) -> None:
    """Make an account, and show the invitation for its person. The first one administers the node."""
    here = session(context)
    body = {"login": name, "name": full_name, "roles": role or [], "language": language, "zone": zone}
    with here.desk() as desk:
        _show_link(here, desk.post("/people", body), "has an account")


@group.command()
def invite(context: typer.Context, name: Name) -> None:
    """Make a new invitation for somebody who hasn't come yet; the old one ends."""
    here = session(context)
    with here.desk() as desk:
        _show_link(here, desk.post(f"/people/{name}/invite"), "is invited again")


@group.command()
def roles(context: typer.Context, name: Name, role: Roles = None) -> None:
    """Give somebody these roles and no others; without --role, show all roles that there are."""
    here = session(context)
    if role:
        _change(here, name, {"roles": role})
        return
    with here.desk() as desk:
        found: list[dict[str, Any]] = desk.get("/people/roles")
    here.show(found, lambda console: table(console, ("role", "what it is"), ((r["id"], r["note"]) for r in found)))


@group.command()
def rename(context: typer.Context, name: Name, full_name: str) -> None:
    """Call somebody otherwise in what is recorded from now on."""
    _change(session(context), name, {"name": full_name})


@group.command()
def suspend(context: typer.Context, name: Name) -> None:
    """Let somebody in no more until `reinstate`; what they have open ends at once."""
    _move(session(context), name, "suspend")


@group.command()
def reinstate(context: typer.Context, name: Name) -> None:
    """End a suspension."""
    _move(session(context), name, "reinstate")


@group.command()
def leave(context: typer.Context, name: Name) -> None:
    """Say that somebody has left for good; the account stays, because records name them."""
    _move(session(context), name, "leave")


@group.command()
def reset(
    context: typer.Context,
    name: Name,
    confirm: Annotated[bool, typer.Option("--confirm", help="As the second administrator: show the link.")] = False,
) -> None:
    """Let somebody start over who can't come in any more; two administrators do it together."""
    here = session(context)
    with here.desk() as desk:
        if confirm:
            _show_link(here, desk.post(f"/people/{name}/reset/confirm"), "starts over")
            return
        asked: dict[str, Any] = desk.post(f"/people/{name}/reset")
    told = f"Another administrator has to confirm it by {moment(asked['until'])}: comity people reset {name} --confirm"
    here.show(asked, lambda console: say(console, told))


@group.command()
def sessions(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Login name; left out, your own.")] = "",
    end: Annotated[bool, typer.Option("--end", help="End them; of your own, all but this one.")] = False,
) -> None:
    """List sessions, or end them."""
    here = session(context)
    with here.desk() as desk:
        if end:
            ended: dict[str, Any] = desk.post(f"/people/{name}/sessions/end") if name else desk.delete("/sessions")
            here.show(ended, lambda console: say(console, f"{ended['ended']} sessions have ended."))
            return
        found: list[dict[str, Any]] = desk.get(f"/people/{name}/sessions" if name else "/sessions")

    def human(console: Console) -> None:
        rows = [
            (("this one" if each["this"] else ""), each["kind"], each["how"], each["label"], moment(each["seen"]), moment(each["ends"]))
            for each in found
        ]  # fmt: skip
        table(console, ("", "kind", "by", "on", "seen", "ends"), rows)

    here.show(found, human)


def _change(here: Session, name: str, body: dict[str, Any]) -> None:
    with here.desk() as desk:
        kept: dict[str, Any] = desk.post(f"/people/{name}", body)
    here.show(kept, lambda console: say(console, f"{kept['name']} ({kept['login']}): {', '.join(kept['roles'])}"))


def _move(here: Session, name: str, act: str) -> None:
    with here.desk() as desk:
        kept: dict[str, Any] = desk.post(f"/people/{name}/{act}")
    here.show(kept, lambda console: say(console, f"{kept['name']} ({kept['login']}) is {kept['standing']}."))


def _show_link(here: Session, made: dict[str, Any], what: str) -> None:
    person = made["person"]

    def human(console: Console) -> None:
        say(
            console,
            f"{person['name']} ({person['login']}) {what}. Hand this to them alone, by {moment(made['until'])}:",
        )
        say(console, f"  {made['path']}")
        say(console, f"  or on the command line: comity login --link {made['secret']}")

    here.show(made, human)
