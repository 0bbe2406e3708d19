"""`comity request`: drafts, attests, submits, approves, sends, follows and answers requests."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import typer

from comity.faces.cli.asked import from_file, given_only, given_value, members
from comity.faces.cli.exits import REFUSED
from comity.faces.cli.linting import as_json, language, looked_over, print_findings
from comity.faces.cli.request_text import request_brief, request_list, request_whole, route_table
from comity.faces.cli.sentence_words import WORDS as SENTENCE
from comity.faces.cli.session import read_file, session
from comity.faces.cli.showing import table
from comity.node.reading import catalog_here

ORDER = 65
WORDS = SENTENCE
TEXT_BYTES_MAX = 512 * 1024 * 1024
group = typer.Typer(help="Requests to other nodes, and theirs to this one.", no_args_is_help=True)

Request = Annotated[str, typer.Argument(help="Id of the request.")]
Measure = Annotated[str, typer.Option(help="What is asked; see: comity request measures")]


@group.command()
def measures(context: typer.Context) -> None:
    """List the measures that the catalog has."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: list[dict[str, Any]] = desk.get("/measures")
    rows = [(m["id"], m["label"].get("en", ""), ", ".join(m["targets"]), ", ".join(m["acts"])) for m in found]
    here.show(found, lambda console: table(console, ("measure", "", "aimed at", "told by an action"), rows))


@group.command()
def routes(
    context: typer.Context,
    measure: Measure,
    to: Annotated[str, typer.Option(help="The peer that would be asked.")],
) -> None:
    """Weigh every route from here to a peer: gate, reasons, conditions, source; best first."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: list[dict[str, Any]] = desk.get("/routes", measure=measure, to=to)
    here.show(found, lambda console: route_table(console, found))


@group.command(name="lint")
def lint_file(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="The draft as TOML or JSON; - for stdin.")],
    sender: Annotated[str | None, typer.Option("--from", help="Country that asks, if the file doesn't say.")] = None,
    receiver: Annotated[
        str | None, typer.Option("--to", help="Country that is asked, if the file doesn't say.")
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of the findings: en, ko, vi, km or zh.")] = "en",
) -> None:
    """Look a draft over without a node: everything that would be refused abroad, each with its field. Exit code 1 if anything blocks."""
    here = session(context)
    told = from_file(file) | given_only({"from": sender, "to": receiver})
    spoken = language(lang)
    found = looked_over(catalog_here(here.home), told)
    here.show(as_json(found), lambda console: print_findings(console, found, spoken))
    if found.blocking:
        raise typer.Exit(REFUSED)


@group.command()
def draft(
    context: typer.Context,
    file: Annotated[str | None, typer.Argument(help="The draft as TOML or JSON; - for stdin.")] = None,
    measure: Annotated[str | None, typer.Option(help="What is asked; see: comity request measures")] = None,
    to: Annotated[str | None, typer.Option(help="The peer that is asked.")] = None,
    route: Annotated[str | None, typer.Option(help="Id of the route; see: comity request routes")] = None,
    nature: Annotated[str | None, typer.Option(help="binding-order, via-state or voluntary.")] = None,
    law_of: Annotated[str | None, typer.Option(help="For a binding order: whose law.")] = None,
    offence: Annotated[str | None, typer.Option(help="What is investigated: fraud")] = None,
    target: Annotated[list[str] | None, typer.Option(help="VALUE or KIND=VALUE; may be given often.")] = None,
    facts: Annotated[str | None, typer.Option(help="What happened. Sealed.")] = None,
    form: Annotated[
        list[str] | None, typer.Option(help="NAME=TEXT of the route's form; nothing about persons.")
    ] = None,
    form_personal: Annotated[list[str] | None, typer.Option(help="NAME=TEXT about persons. Sealed.")] = None,
    urgency: Annotated[str | None, typer.Option(help="routine, urgent or emergency.")] = None,
    deadline: Annotated[str | None, typer.Option(help="2026-12-24T10:00:00Z")] = None,
    report: Annotated[str | None, typer.Option(help="Id of the report that led to it.")] = None,
    replaces: Annotated[str | None, typer.Option(help="Id of the request that it takes the place of.")] = None,
) -> None:
    """Keep a draft and say what is still missing; nothing leaves. An option takes the place of the file's member."""
    here = session(context)
    body: dict[str, Any] = from_file(file) if file is not None else {}
    body |= given_only(
        {
            "measure": measure,
            "to": to,
            "route": route,
            "nature": nature,
            "law_of": law_of,
            "offence": offence,
            "targets": [given_value(each) for each in target or ()],
            "facts": facts,
            "urgency": urgency,
            "deadline": deadline,
            "report": report,
            "replaces_request": replaces,
        }
    )
    for name, given in (("form", form), ("form_personal", form_personal)):
        if given:
            body[name] = {**body.get(name, {}), **members(given, f"--{name.replace('_', '-')}")}
    for name in ("measure", "to", "nature"):
        if name not in body:
            raise typer.BadParameter("is needed, here or in the file", param_hint=f"--{name}")
    with here.desk() as desk:
        view: dict[str, Any] = desk.post("/requests", body)
    here.show(view, lambda console: request_brief(console, view))


@group.command()
def attest(
    context: typer.Context,
    request: Request,
    title: Annotated[str, typer.Option(help="Title of the text that you have read.")],
    text: Annotated[
        Path | None, typer.Option(help="The text's file: its SHA-256 is taken here, the file stays.")
    ] = None,
    text_sha256: Annotated[str | None, typer.Option("--sha256", help="The SHA-256, where the file isn't here.")] = None,
) -> None:
    """Record that you, the acting officer, have read the text that applies."""
    if (text is None) == (text_sha256 is None):
        raise typer.BadParameter("give one of them", param_hint="--text / --sha256")
    digest = text_sha256 or sha256(read_file(text or Path(), TEXT_BYTES_MAX)).hexdigest()
    _act(context, request, "attest", {"text_title": title, "text_sha256": digest})


@group.command()
def submit(context: typer.Context, request: Request) -> None:
    """Hand the draft to whoever approves."""
    _act(context, request, "submit")


@group.command()
def approve(context: typer.Context, request: Request) -> None:
    """Approve it; somebody other than its author."""
    _act(context, request, "approve")


@group.command()
def send(context: typer.Context, request: Request) -> None:
    """Put the approved request into the peer's channel, signed and numbered."""
    _act(context, request, "send")


@group.command()
def show(context: typer.Context, request: Request) -> None:
    """Show where it stands, how it came there, what may come next; a named officer's first look is told to the other side."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        if here.officer is not None:
            desk.post(f"/requests/{request}/opened")
        view: dict[str, Any] = desk.get(f"/requests/{request}")
    here.show(view, lambda console: request_whole(console, view))


@group.command(name="list")
def list_(
    context: typer.Context, limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 100
) -> None:
    """List the newest requests, ours and theirs."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        found: list[dict[str, Any]] = desk.get("/requests", limit=limit)
    here.show(found, lambda console: request_list(console, found))


@group.command()
def answer(
    context: typer.Context,
    request: Request,
    event: Annotated[str, typer.Argument(help="One of those that `comity request show` calls possible.")],
    ground: Annotated[str | None, typer.Option(help="Code of the ground, for a refusal.")] = None,
    reason: Annotated[str | None, typer.Option(help="In words. Sealed.")] = None,
    term: Annotated[list[str] | None, typer.Option(help="A condition; may be given often.")] = None,
    until: Annotated[str | None, typer.Option(help="Until when the terms hold: 2026-12-24T10:00:00Z")] = None,
    choice: Annotated[str | None, typer.Option(help="The state meant, where there are several.")] = None,
    role: Annotated[str, typer.Option(help="officer or approver.")] = "officer",
) -> None:
    """Take one step for our side: accept, ask, offer terms, refuse ... as the measure allows."""
    terms = [given_only({"text": text, "until": until}) for text in term or ()]
    step = {"event": event, "ground": ground, "reason": reason, "terms": terms, "choice": choice, "role": role}
    _act(context, request, "steps", given_only(step))


def _act(context: typer.Context, request: str, what: str, body: dict[str, Any] | None = None) -> None:
    here = session(context)
    with here.desk() as desk:
        view: dict[str, Any] = desk.post(f"/requests/{request}/{what}", body)
    here.show(view, lambda console: request_brief(console, view))
