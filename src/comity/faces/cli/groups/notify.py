"""`comity notify`: what waits here, and who is told so outside."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from comity.faces.cli.exits import UNREACHABLE
from comity.faces.cli.session import session
from comity.faces.cli.showing import flat, moment, say, table
from comity.faces.cli.wording import told, told_plainly

ORDER = 90
WORDS: dict[str, tuple[str, str]] = {
    "mail-certificate-not-trusted": ("The mail server {host} shows a certificate that isn't trusted: {why}", "Name its authority's file as smtp_ca in [notify], or correct smtp_host."),
    "mail-refused": ("The mail server {host} refuses the message (status {status}).", "Check user, password file and mail_from in [notify]."),
    "mail-recipients-refused": ("The mail server {host} refuses every recipient.", "Check mail_to in [notify]."),
    "mail-server-unreachable": ("The mail server {host} can't be reached on port {port}, or doesn't offer TLS.", "Check smtp_host, smtp_port and smtp_security in [notify]."),
    "mail-ca-unreadable": ("The certificates in {file} can't be read.", "Correct smtp_ca in [notify]."),
    "webhook-unreachable": ("The webhook at {host} can't be reached over a connection that may be trusted.", "Check webhook_url and webhook_ca in [notify]."),
    "webhook-refused": ("The webhook at {host} answers with status {status}.", "Ask whoever keeps it; redirects aren't followed."),
    "webhook-host-unknown": ("The host {host} isn't known.", "Correct webhook_url in [notify]."),
    "webhook-address-private": ("The webhook's host {host} leads to a private address or to this machine.", "If that is wanted: webhook_private = true in [notify]"),
    "webhook-not-https": ("Plain http goes to this machine only, and {host} is another one.", "Use https in webhook_url."),
    "webhook-url": ("webhook_url can't be used: {why}", "Correct it in [notify]."),
    "webhook-ca-unreadable": ("The certificates in {file} can't be read.", "Correct webhook_ca in [notify]."),
}  # fmt: skip
group = typer.Typer(help="What waits here, and who is told so by e-mail or webhook.", no_args_is_help=True)


@group.command(name="list")
def list_(
    context: typer.Context, limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 50
) -> None:
    """List the newest notices: what an officer should look at."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: list[dict[str, Any]] = desk.get("/notices", limit=limit)

    def human(console: Console) -> None:
        rows = [
            (moment(each["at"]), each["kind"], ", ".join(f"{name} {value}" for name, value in flat(each["about"])))
            for each in found
        ]
        if rows:
            table(console, ("at", "kind", "about"), rows)
        else:
            say(console, "Nothing to look at.")

    here.show(found, human)


@group.command()
def status(context: typer.Context) -> None:
    """Show how it goes with each herald."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: list[dict[str, Any]] = desk.get("/heralds")

    def human(console: Console) -> None:
        if not found:
            say(console, "Nobody is told outside. See [notify] in comity.toml.")
        for each in found:
            last = f"last word {moment(each['told_at'])}" if each["told_at"] else "no word since the start"
            say(console, f"{each['herald']}: {each['told']} told, {last}")
            if each["last"]:
                what, mend = told(each["last"], {}, WORDS) or (told_plainly(each["last"], {}), "")
                say(console, f"    failing: {what} {mend}", "red")

    here.show(found, human)


@group.command()
def test(context: typer.Context) -> None:
    """Send a test word by every herald, and say what became of each."""
    here = session(context)
    with here.desk() as desk:
        tried: list[dict[str, Any]] = desk.post("/heralds/test")

    def human(console: Console) -> None:
        if not tried:
            say(console, "Nobody is told outside. See [notify] in comity.toml.")
        for each in tried:
            if not each["code"]:
                say(console, f"{each['herald']}: handed over", "green")
                continue
            what, mend = told(each["code"], each["facts"], WORDS) or (told_plainly(each["code"], each["facts"]), "")
            say(console, f"{each['herald']}: {what}", "red")
            say(console, f"    {mend}")

    here.show(tried, human)
    if any(each["code"] for each in tried):
        raise typer.Exit(UNREACHABLE)
