"""Request: routes are weighed, an officer attests, another one approves, and only then does anything leave."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from comity.faces.demo.desk import Declined, Desk
from comity.faces.demo.stage import Stage, sent_by, until_held, until_state
from comity.faces.demo.story import Ask, digest, draft_of
from comity.faces.demo.telling import Step


def ask_too_much(on: Stage) -> None:
    """The first request, step by step; it is bound to be refused."""
    ask, police = on.story.too_broad, on.police
    officer = police.who.said_by(police.who.officer)
    on.tell.act("request", "which law carries it (attest: once an officer has read the text), and who approves")
    with on.tell.step(police.who.label, "weighs the routes to Cambodia for preserving data") as step:
        for route in police.get("/routes", measure=ask.measure, to=on.taskforce.who.name):
            step.note(_route(on, route))
        step.look.append(on.command(police, f"request routes --measure {ask.measure} --to {on.taskforce.who.name}"))
    with on.tell.step(officer, f"drafts: preserve all that {ask.targets[0]} has, by {ask.route}") as step:
        view = _draft(on, ask)
        request = view["request"]
        for reason in view["findings"]["blocking"]:
            step.note(f"missing: {on.tell.words.reason(reason)}")
        step.look.append(on.command(police, f"request show {request}"))
    with on.tell.step(officer, "attests having read the text, and submits") as step:
        _attest(police, ask, request)
        police.post(f"/requests/{request}/submit")
        step.note(ask.text_title)
    with on.tell.step(officer, "tries to approve it too") as step:
        _approve_own(on, step, request)
    with on.tell.step(police.who.said_by(police.who.approver), "approves") as step:
        police.post(f"/requests/{request}/approve", by=police.who.approver)
    _send(on, ask, request)


def ask_anew(on: Stage) -> None:
    """The refused request, mended: the new one names what it replaces, and both ends show it."""
    ask = on.story.preservation
    with on.tell.step(on.police.who.label, f"mends it and sends it anew; {on.police.who.approver} approves") as step:
        request = _prepared(on, ask)
        step.note(f"{len(ask.targets)} targets and a period; replaces {on.requests[ask.replaces]}")
    _send(on, ask, request)


def ask_to_take_down(on: Stage) -> None:
    """The same way for the second addressee, told shortly."""
    ask = on.story.takedown
    with on.tell.step(on.police.who.label, f"drafts and attests a takedown; {on.police.who.approver} approves") as step:
        request = _prepared(on, ask)
        step.note(f"{ask.targets[0]}, by {ask.route}")
    _send(on, ask, request)


def ask_to_freeze(on: Stage) -> None:
    """A voluntary hold: an amount, an end, and how the holder of the account objects; nobody can order it from here."""
    ask = on.story.freeze
    with on.tell.step(on.police.who.label, f"asks the exchange to hold; {on.police.who.approver} approves") as step:
        request = _prepared(on, ask)
        form = on.police.get(f"/requests/{request}")["ask"]["form"]
        step.note(
            f"{int(form['amount_units']):,} units of {form['asset']} until {form['ends_at'][:10]}, then it lapses"
        )
        step.note(f"objections until {form['remedy_until'][:10]} to {form['remedy_address']}")
    _send(on, ask, request)


def _prepared(on: Stage, ask: Ask) -> str:
    request: str = _draft(on, ask)["request"]
    _attest(on.police, ask, request)
    on.police.post(f"/requests/{request}/submit")
    on.police.post(f"/requests/{request}/approve", by=on.police.who.approver)
    return request


def _draft(on: Stage, ask: Ask) -> dict[str, Any]:
    to = on.desks[ask.to].who.name
    replaced = on.requests[ask.replaces] if ask.replaces else None
    body = draft_of(ask, to, on.report, replaced, datetime.now(UTC))
    view: dict[str, Any] = on.police.post("/requests", body)
    on.requests[ask.label] = view["request"]
    return view


def _attest(desk: Desk, ask: Ask, request: str) -> None:
    desk.post(f"/requests/{request}/attest", {"text_title": ask.text_title, "text_sha256": digest("placeholder.txt")})


def _approve_own(on: Stage, step: Step, request: str) -> None:
    try:
        on.police.post(f"/requests/{request}/approve")
    except Declined as no:
        for text in on.reasons(no.reasons):
            step.note(f"refused: {text}")
    else:
        raise AssertionError("a node let an author approve the own request")


def _send(on: Stage, ask: Ask, request: str) -> None:
    far = on.desks[ask.to]
    with on.tell.step(on.police.who.said_by(on.police.who.officer), f"sends it to {far.who.name}") as step:
        view = on.police.post(f"/requests/{request}/send")
        step.clocked()
        until_held(step, on.police, *sent_by(on.police, view))
        until_state(far, request, view["state"])
        step.look.append(on.command(far, f"request show {request}"))


def _route(on: Stage, route: dict[str, Any]) -> tuple[str, ...]:
    """One route as cells: its gate, its name, and what decides it."""
    effect = "blocked" if route["gate"] == "blocked" else "attest"
    shown = on.reasons([reason for reason in route["reasons"] if reason["facts"].get("effect") == effect])
    more = f" And {len(shown) - 1} more." if len(shown) > 1 else ""
    return route["gate"], route["route"], f"{shown[0] if shown else ''}{more}"
