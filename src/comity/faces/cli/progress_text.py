"""What stands beside a request's state, in words: what is held, what is due, what took its place."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from comity.faces.cli.showing import moment, say


def progress(console: Console, view: dict[str, Any]) -> None:
    """Any: as `RequestView` of the API has it."""
    said = view["progress"]
    if (earlier := view["ask"].get("replaces_request")) is not None:
        say(console, f"It takes the place of {earlier}.")
    for later in said["replaced_by"]:
        say(console, f"{later} takes its place.", "bold")
    if said["hold"] is not None:
        _hold(console, said["hold"])
    if (signed := said["second_signature"]) is not None:
        if signed["by"]:
            say(
                console,
                f"Countersigned by {signed['by']}, {moment(signed['at'])}{', late' if signed['overdue'] else ''}.",
            )
        else:
            say(console, f"Second signature due {moment(signed['due'])}.", "red" if signed["overdue"] else "")
    if (answer := said["answer"]) is not None and not answer["at"]:
        say(console, f"An answer is looked for until {moment(answer['due'])}.", "red" if answer["overdue"] else "")
    if "en" in said["note"] and not view["closed"]:
        say(console, said["note"]["en"], "bold")


def _hold(console: Console, hold: dict[str, Any]) -> None:
    asked = (
        f"{hold['asked']} of {hold['asset']}" if hold["asked"] is not None else f"the whole account ({hold['asset']})"
    )
    say(console, f"Asked: {asked}, until {moment(hold['ends_at'])}")
    if hold["lapsed"]:
        say(console, f"Lapsed at {moment(hold['until'])}: nothing is held any more.", "red")
    elif not hold["held"]:
        say(console, "Held: nothing")
    for each in hold["held"]:
        say(console, f"Held: {each['amount']} of {each['asset']}, until {moment(hold['until'])}", "bold")
