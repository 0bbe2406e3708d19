"""Requests and routes in words: where one stands, what is missing, what may come next."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from rich.console import Console

from comity.faces.cli.progress_text import progress
from comity.faces.cli.sentence_words import because
from comity.faces.cli.showing import flat, moment, pairs, say, table

COMMANDS = {
    "submit": "comity request submit {id}",
    "approve": "comity request approve {id} --as SOMEBODY-ELSE",
    "send": "comity request send {id}",
    "steps": "comity request answer {id} {event}",
    "actions": "comity action take {id} --event {event} --taken ...",
}
ALL = ("blocking", "advisory", "warnings")
QUESTIONS = {
    "unclear": "isn't clear",
    "missing": "is missing",
    "contradictory": "contradicts something else",
    "unreadable": "can't be read",
    "too-broad": "is too broad",
    "not-found": "names nothing that is found here",
}
STANDINGS = {"here": "here", "named": "named, not here"}
GATE_STYLES = {"open": "green", "attest": "yellow", "blocked": "red"}


def request_list(console: Console, found: list[dict[str, Any]]) -> None:
    if not found:
        say(console, "No requests yet. Next: comity request routes --measure M --to PEER, then comity request draft")
        return
    rows = [
        (each["request"], _direction(each), each["measure"], each["state"], each["urgency"], moment(each["made"]))
        for each in found
    ]
    table(console, ("request", "", "measure", "state", "urgency", "made"), rows)


def _direction(line: dict[str, Any]) -> str:
    return f"{'to' if line['side'] == 'requester' else 'from'} {line['other']}"


def request_brief(console: Console, view: dict[str, Any]) -> None:
    """After an act: the state, what blocks, and what may come next."""
    say(console, f"Request {view['request']} ({_direction(view)}) is {view['state']}.", "bold")
    # Whoever acts has seen the rest at the start; whoever approves reads `show`.
    at_start = any(each["how"] == "submit" for each in view["allowed"])
    _findings(console, view, ALL if at_start else ("blocking",))
    next_steps(console, view)


def request_whole(console: Console, view: dict[str, Any]) -> None:
    """Everything about a request. Any: as `RequestView` of the API has it."""
    name = view["label"].get("en", view["measure"])
    say(console, f"{name} ({view['measure']}), {_direction(view)}: {view['state']}", "bold")
    pairs(console, [(key, value) for key, value in flat(view["ask"]) if key not in ("measure", "to")])
    _call_back(console, view)
    if view["absent"]:
        say(console, f"Not here: {', '.join(view['absent'])}", "yellow")
    progress(console, view)
    _route(console, view)
    _findings(console, view)
    _history(console, view)
    if view["terms"]:
        say(console, "Terms:")
        for term in view["terms"]:
            until = f", until {moment(term['until'])}" if term["until"] else ""
            say(
                console,
                f"  {term['text']} ({term['kind']}{until}; {term['event']} by {term['by']}, {moment(term['at'])})",
            )
    if view["evidence"]:
        say(console, "Handed over, by digest:")
        for item in view["evidence"]:
            use = f", use: {item['use_limitation']}" if item["use_limitation"] else ""
            say(console, f"  {item['sha256']}  {item['bytes']} bytes  {item['media_type']}  by {item['method']}{use}")
            say(console, f"      {standing_text(item['state'], item['held'], item['bytes'])}", "dim")
    if view["messages"]:
        say(console, "Messages:")
        message_thread(console, view["messages"])
    _records(console, view)
    next_steps(console, view)
    if "en" in view["proves_not"]:
        say(console, f"What a receipt of it doesn't show: {view['proves_not']['en']}", "dim")


def _call_back(console: Console, view: dict[str, Any]) -> None:
    """Whom to call, out of our own roster; of what the request says itself the members alone."""
    if view["side"] != "requested":
        return
    known = view["call_back"]
    contact = known["contact"] or f"nobody has noted how: comity peer contact {known['node']} NUMBER"
    say(console, f"To make sure, call {known['node']} (from your own roster): {contact}")
    if known["claimed"]:
        say(console, f"The request names contacts of its own. Don't call them: {', '.join(known['claimed'])}", "red")


def standing_text(state: str, held: int, size: int) -> str:
    """How far a file has come."""
    return STANDINGS.get(state) or f"still fetching ({held} of {size} bytes)"


def _route(console: Console, view: dict[str, Any]) -> None:
    if view["route"] is not None:
        say(console, "Route, as weighed today:")
        route_whole(console, view["route"], indent="  ")


def _findings(console: Console, view: dict[str, Any], keys: Collection[str] = ALL) -> None:
    found = view["findings"]
    if found is None:
        return
    for title, key, style in (
        ("What keeps it here:", "blocking", "red"),
        ("To be checked before approval:", "advisory", "yellow"),
        ("Warning lists:", "warnings", "yellow"),
    ):
        if found[key] and key in keys:
            say(console, title)
            for reason in found[key]:
                what, mend = because(reason)
                say(console, f"  - {what}", style)
                if mend:
                    say(console, f"      {mend}")


def _history(console: Console, view: dict[str, Any]) -> None:
    if view["history"]:
        say(console, "So far:")
    for step in view["history"]:
        say(console, f"  {moment(step['at'])}  {step['event']} -> {step['state']}, by {step['by']} ({step['node']})")
        pairs(console, [pair for pair in flat(step["told"]) if pair[0] != "role"], indent=6)
    for step in view["refused_steps"]:
        what, _ = because(step["reason"])
        say(
            console,
            f"  {moment(step['at'])}  without effect: {step['event']} by {step['by']} ({step['node']}): {what}",
            "yellow",
        )
    for step in view["waiting"]:
        say(
            console,
            f"  {moment(step['at'])}  waits for a record that isn't here yet: {step['event']} by {step['by']}",
            "yellow",
        )


def _records(console: Console, view: dict[str, Any]) -> None:
    crossed = [each for each in view["records"] if each["service"]["stored_at"]]
    if crossed:
        say(
            console,
            "At the other end (stored: its node's cosignature proves it; opened: its node's word, no proof of reading):",
        )
        for each in crossed:
            say(console, f"  {each['kind']} number {each['index']} of {each['issuer']}")
            _service(console, each["service"], indent="      ")


def _service(console: Console, service: dict[str, Any], indent: str) -> None:
    if service["stored_at"]:
        size, key = service["stored_size"], service["stored_by"]
        say(console, f"{indent}stored by {moment(service['stored_at'])}, cosigned at size {size} by {key}", "dim")
    if service["opened_at"]:
        say(console, f"{indent}opened at {moment(service['opened_at'])} by {service['opened_by']}", "dim")


def message_thread(console: Console, found: list[dict[str, Any]]) -> None:
    """What the two sides wrote, oldest first. Any: as `MessageView` of the API has it."""
    if not found:
        say(console, "No messages yet. Next: comity message send REQUEST --text ...")
    for each in found:
        language = f", {each['lang']}" if each["lang"] else ""
        answers = f", in answer to {each['reply_to']}" if each["reply_to"] else ""
        say(
            console, f"{moment(each['at'])}  {each['by']} ({each['node']}{language}{answers})  {each['record']}", "bold"
        )
        if each["text"]:
            pairs(console, [("", each["text"])])
        for absent in each["absent"]:
            say(console, f"    {absent} isn't here: erased or withheld", "yellow")
        for question in each["asks"]:
            say(console, f"    {question['field']}: {QUESTIONS.get(question['code'], question['code'])}")
        for file in each["attachments"]:
            stands = standing_text(file["state"], file["held"], file["bytes"])
            say(console, f"    {file['sha256']}  {file['bytes']} bytes  {file['media_type']}  {stands}")
        _service(console, each["service"], indent="    ")


def next_steps(console: Console, view: dict[str, Any]) -> None:
    """What our side may do now, as commands."""
    if not view["allowed"]:
        say(console, "Nothing to do here for now.")
        return
    say(console, "Possible now:")
    for each in view["allowed"]:
        command = COMMANDS[each["how"]].format(id=view["request"], event=each["event"])
        choice = f" --choice {'|'.join(each['to'])}" if len(each["to"]) > 1 else ""
        guard = f"   ({'; '.join(each['guard'])})" if each["guard"] else ""
        say(console, f"  {command}{choice}{guard}")


def route_table(console: Console, found: list[dict[str, Any]]) -> None:
    """Routes, best first, each with its reasons."""
    if not found:
        say(console, "The catalog has no route for this measure between the two.")
        return
    for route in found:
        route_whole(console, route)
    say(console, "The software never says that an act is lawful; a named officer decides.", "dim")


def route_whole(console: Console, route: dict[str, Any], indent: str = "") -> None:
    """One weighed route. Any: as `RouteLine` of the API has it."""
    say(console, f"{indent}{route['gate'].upper():7}  {route['route']}", GATE_STYLES.get(route["gate"], ""))
    say(console, f"{indent}    {route['title']}, {route['article']}")
    say(
        console,
        f"{indent}    source: {route['source']} (standing: {route['standing']}); may claim: {', '.join(route['natures'])}",
    )
    for reason in route["reasons"]:
        what, mend = because(reason)
        say(console, f"{indent}    - {reason['facts'].get('effect', '')}: {what}{' ' + mend if mend else ''}")
    for condition in route["conditions"]:
        say(console, f"{indent}    ? {condition}")
    for clock in route["clocks"]:
        say(
            console,
            f"{indent}    clock: {clock['name']}, {clock['kind']} {clock['duration']} from {clock['starts_at']}",
        )
    for form in route["forms"]:
        held = [member["name"] for member in form["members"] if member["held"]]
        if held:
            say(console, f"{indent}    form {form['id']} needs: {', '.join(held)}")
    if route["nearest"]:
        say(console, f"{indent}    the best usable route: {route['nearest']}")
