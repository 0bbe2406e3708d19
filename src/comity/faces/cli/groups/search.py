"""`comity search`: everything that one may see, by words, phrases and values in any notation."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from comity.faces.cli.session import session
from comity.faces.cli.showing import moment, plain, say, table, text

ORDER = 61
WORDS: dict[str, tuple[str, str]] = {
    "search-empty": ("There is nothing in it to search for.", "Give {form}."),
    "search-too-long": ("The question has {characters} characters.", "Use at most {characters_max}."),
    "search-too-many-words": ("The question has {words} words.", "Use at most {words_max}; put words that follow one another in quotes."),
    "search-quote-open": ("A quotation mark at character {at} has no partner.", "Write {form}."),
    "search-day": ("{filter}:{text} at character {at} names no day.", "Write {form}."),
    "search-kind-unknown": ("No records of kind {text} can be searched (character {at}).", "Use one of: {known}"),
    "search-node-name": ("{text} at character {at} is no name of a node.", "Write {form}."),
    "search-after-unknown": ("The page before isn't there any more.", "Ask from the first page on, without --after."),
}  # fmt: skip


def command(
    context: typer.Context,
    question: Annotated[
        str, typer.Argument(help='Words, "a phrase", a value in any notation; kind:, from:, before:, after: narrow it.')
    ],
    limit: Annotated[int, typer.Option(help="Records on a page.", min=1, max=100)] = 20,
    after: Annotated[str | None, typer.Option(help="Go on where the page before ended.")] = None,
) -> None:
    """Search reports, requests, messages, decisions, actions, indicators, partners and cases."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        # In the body: what is searched for may be a person's own.
        answer: dict[str, Any] = desk.post("/search", {"q": question, "limit": limit, "after": after})
    here.show(answer, lambda console: _human(console, answer))


def _human(console: Console, answer: dict[str, Any]) -> None:
    """Any: as `SearchView` of the API has it."""
    if answer["peers"]:
        rows = [(each["name"], each["title"], each["country"]) for each in answer["peers"]]
        table(console, ("partner", "title", "country"), rows)
    if answer["cases"]:
        table(console, ("case", "title"), [(each["number"], each["title"]) for each in answer["cases"]])
    many = f"{answer['count']}" if answer["exact"] else f"more than {answer['count']}"
    if not answer["records"]:
        say(console, "No record holds it.")
        return
    say(console, f"{many} records hold it.", "bold")
    made = Table("made", "kind", "by", "what it says", "where")
    for each in answer["records"]:
        kind = each["kind"].partition("/")[0]
        where = text(f"{each['origin']} {each['index']}")
        made.add_row(text(moment(each["made"])), text(kind), text(each["issuer"]), _marked(each["snippet"]), where)
    console.print(made)
    if answer["after"]:
        say(console, f"There are more: --after {answer['after']}")


def _marked(snippet: dict[str, Any] | None) -> Text:
    """The text with what was found in bold. Any: as `SnippetView` of the API has it."""
    if snippet is None:
        return Text("")
    shown, at = Text("… " if snippet["cut_before"] else ""), 0
    for start, stop in snippet["spans"]:
        shown.append(_line(snippet["text"][at:start]))
        shown.append(_line(snippet["text"][start:stop]), style="bold")
        at = stop
    shown.append(_line(snippet["text"][at:]) + (" …" if snippet["cut_after"] else ""))
    return shown


def _line(part: str) -> str:
    return plain(part).replace("\n", " ")
