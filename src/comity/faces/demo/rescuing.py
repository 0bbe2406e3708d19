"""Rescue: a name is enough, one officer on duty, a lane of its own; the second signature comes afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from comity.faces.demo.desk import Desk
from comity.faces.demo.stage import Stage, sent_by, until, until_held, until_state
from comity.faces.demo.story import digest


def rescue(on: Stage) -> None:
    """Before anything else: the missing person."""
    said, police, far = on.story.rescue, on.police, on.taskforce
    on.tell.act("rescue", "life first: it leaves on a name alone, by one officer, and waits for nobody")
    until_day = (datetime.now(UTC) + timedelta(days=said.readings_days)).strftime("%Y-%m-%dT00:00:00Z")
    reading = {
        "to": far.who.name,
        "route": said.route,
        "text_title": said.text_title,
        "text_sha256": digest("placeholder.txt"),
        "valid_until": until_day,
    }
    with on.tell.step(police.who.said_by(police.who.approver), "has read the text of the route beforehand") as step:
        police.post("/rescue/attestations", reading, by=police.who.approver)
        step.note(f"{said.route}, until {until_day[:10]}")
    alert = {"to": far.who.name, "name": _name(on), "facts": said.facts, "report": on.report}
    with on.tell.step(police.who.said_by(police.who.officer), f"alerts {far.who.name}") as step:
        sent = police.post("/rescue/alerts", alert)
        step.clocked()
        request = on.requests[said.label] = sent["request"]
        view = police.get(f"/requests/{request}")
        until_held(step, police, *sent_by(police, view))
        step.note(f"lane {sent['lane']}, route {sent['route']}; second signature until {sent['countersign_by'][:16]}Z")
        step.look.append(on.command(police, "rescue list"))
    _answered(on, request)
    with on.tell.step(police.who.said_by(police.who.approver), "gives the second signature") as step:
        police.post(f"/rescue/alerts/{request}/countersign", by=police.who.approver)


def _answered(on: Stage, request: str) -> None:
    far = on.taskforce
    with on.tell.step(far.who.said_by(far.who.officer), "opens the alert and acknowledges it") as step:
        until_state(far, request, "handed_over")
        far.post(f"/requests/{request}/opened")
        view = far.post(f"/requests/{request}/steps", {"event": "acknowledge"})
        step.clocked()
        until_held(step, far, *sent_by(far, view))
        service = until("the officer's look to be told", lambda: _opened(on.police, request))
        step.note(f"stored by the machine {service['stored_at'][11:19]} UTC, opened {service['opened_at'][11:19]} UTC")
    until_state(on.police, request, "acknowledged")


def _opened(desk: Desk, request: str) -> dict[str, Any] | None:
    """How the alert was served, once both facts are there."""
    records: list[dict[str, Any]] = desk.get(f"/requests/{request}")["records"]
    asked = [
        each["service"] for each in records if each["kind"].startswith("request") and each["issuer"] == desk.who.name
    ]
    return next((each for each in asked if each["stored_at"] and each["opened_at"]), None)


def _name(on: Stage) -> str:
    """Of the missing person, without the word that marks it as fictional."""
    return on.story.report.victim["name"].removesuffix(" (fictional)")
