"""What is known about a value, in words: who said so and when, and why nothing is raised where a warning list names it."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from comity.faces.cli.showing import moment, say

# `why` of a suppression: how the entry hits. A code without words is shown as it is.
WHY = {
    "listed": "it is on the list",
    "parent-listed": "a domain above it is on the list",
    "registrable-listed": "its registrable domain is on the list",
    "mail-domain-listed": "its mail domain is on the list",
    "address-in-network": "its address lies in a network on the list",
    "pattern": "it fits a pattern on the list",
    "act-on-path": "its host is well known or shared: act on this page or account, never on the host",
}


def known_lines(console: Console, known: dict[str, Any]) -> None:
    """One value. Any: as `KnownView` of the API has it."""
    value = known["value"]
    say(console, f"{value['kind']} {value['value']}", "bold")
    for each in known["statements"]:
        covers = "" if each["exact"] else f", by covering it with {each['value']['kind']} {each['value']['value']}"
        role = f" as {each['role']}" if each["role"] else ""
        source = f", source {each['source']}" if each["source"] else ""
        kind = each["kind"].partition("/")[0]
        via = f", passed on by {each['via']}" if each.get("via") else ""
        course = each.get("course", "current")
        since = "" if course == "current" else f"; {course} since, so it weighs nothing"
        say(
            console,
            f"  {each['said_by']} said so on {moment(each['said_at'])} ({kind}){role}{source}{covers}{via}{since}",
        )
    if not known["statements"]:
        say(console, "  Nobody here or among the peers has named it. That doesn't make it harmless.")
    for each in known["suppressed"]:
        why = WHY.get(each["why"], each["why"])
        say(console, f"  Warning list “{each['list']}” names {each['entry']}: {why}.", "yellow")
    if known["suppressed"]:
        say(console, "  So nothing is raised because of it; an officer decides.", "yellow")
