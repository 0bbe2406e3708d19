"""Action: the partner sets a condition and preserves, the job site removes, and one request is refused with its ground."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from comity.faces.demo.desk import Desk
from comity.faces.demo.stage import Stage, sent_by, until, until_held, until_state


def preserve(on: Stage) -> None:
    """Acknowledged, accepted, done."""
    far = on.taskforce
    request = on.requests[on.story.preservation.label]
    on.tell.act("action", "each side takes its own steps; both compute the same state from the same records")
    _open(on, far, request)
    _step(on, far, far.who.approver, request, "accepts", {"event": "accept", "role": "approver"})
    _act(on, far, request)
    until_state(on.police, request, "preserved")


def hold(on: Stage) -> None:
    """A condition offered and accepted, ordered by one person and confirmed by another; less is there than was asked."""
    said, far, police = on.story.answers, on.vasp, on.police
    request = on.requests[on.story.freeze.label]
    terms = [{"text": said.freeze_term, "kind": said.freeze_term_kind}]
    _open(on, far, request)
    body = {"event": "offer_terms", "terms": terms, "role": "approver"}
    _step(on, far, far.who.approver, request, "offers to hold, under a condition", body, said.freeze_term)
    until_state(police, request, "conditional")
    body = {"event": "accept_terms", "role": "approver"}
    _step(on, police, police.who.approver, request, "accepts the condition", body)
    until_state(far, request, "accepted")
    _step(on, far, far.who.officer, request, "orders the hold", {"event": "order_hold"})
    _confirm(on, far, request)
    until_state(police, request, "partly_held")


def _confirm(on: Stage, far: Desk, request: str) -> None:
    said, form = on.story.answers, far.get(f"/requests/{request}")["ask"]["form"]
    body = {
        "event": "confirm_hold",
        "taken": said.freeze_taken,
        "hold_until": form["ends_at"],
        "held": [{"asset": form["asset"], "amount": said.freeze_held_units}],
    }
    with on.tell.step(far.who.said_by(far.who.approver), "confirms what is really held") as step:
        view = far.post(f"/requests/{request}/actions", body, by=far.who.approver)
        step.clocked()
        until_held(step, far, *sent_by(far, view))
        step.note(
            f"{int(said.freeze_held_units):,} of {int(form['amount_units']):,} units, until {form['ends_at'][:10]}"
        )
        step.note(f"a receipt of it: {view['proves_not']['en']}")


def _open(on: Stage, far: Desk, request: str) -> None:
    """An officer looks: told apart from the machine's storing."""
    with on.tell.step(
        far.who.said_by(far.who.officer), "opens the request; the police see stored and opened apart"
    ) as step:
        far.post(f"/requests/{request}/opened")
        step.clocked()
        service = until("the officer's look to be told", lambda: _opened(on.police, request))
        step.note(
            f"stored by the machine {service['stored_at'][11:19]} UTC, opened by {service['opened_by']} {service['opened_at'][11:19]} UTC"
        )


def _opened(desk: Desk, request: str) -> dict[str, Any] | None:
    """How the request itself was served, once both facts are there."""
    records: list[dict[str, Any]] = desk.get(f"/requests/{request}")["records"]
    asked = [
        each["service"] for each in records if each["kind"].startswith("request") and each["issuer"] == desk.who.name
    ]
    return next((each for each in asked if each["stored_at"] and each["opened_at"]), None)


def remove(on: Stage) -> None:
    """The job site acknowledges and says what it did."""
    said, far = on.story.answers, on.platform
    request = on.requests[on.story.takedown.label]
    _step(on, far, far.who.officer, request, "acknowledges the takedown", {"event": "acknowledge"})
    with on.tell.step(far.who.said_by(far.who.officer), "removes the advertisement and says so") as step:
        view = far.post(f"/requests/{request}/actions", {"event": "report_action", "taken": said.removed})
        step.clocked()
        until_held(step, far, *sent_by(far, view))
        step.note(f"taken: {said.removed}")
        step.note(f"a receipt of it: {view['proves_not']['en']}")
    until_state(on.police, request, "acted")


def refuse(on: Stage) -> None:
    """A refusal is announced first, and carries its ground and its reason."""
    said, far = on.story.answers, on.taskforce
    request = on.requests[on.story.too_broad.label]
    body = {"event": "intend_to_refuse_or_postpone", "reason": said.refusal_reason}
    _step(on, far, far.who.officer, request, "announces that it intends to refuse", body)
    body = {"event": "refuse", "ground": said.refusal_ground, "reason": said.refusal_reason, "role": "approver"}
    note = f"ground {said.refusal_ground}; {said.refusal_reason}"
    _step(on, far, far.who.approver, request, "refuses", body, note)
    until_state(on.police, request, "refused")


def _step(
    on: Stage, desk: Desk, who: str, request: str, what: str, body: dict[str, Any], note: str | None = None
) -> None:
    with on.tell.step(desk.who.said_by(who), what) as step:
        view = desk.post(f"/requests/{request}/steps", body, by=who)
        step.clocked()
        until_held(step, desk, *sent_by(desk, view))
        if note:
            step.note(note)


def _act(on: Stage, far: Desk, request: str) -> None:
    """Holds the data: the file stays with who has it, its digest goes into the record."""
    said = on.story.answers
    file = on.home / f"{far.who.key}.evidence" / said.evidence_name
    file.parent.mkdir(exist_ok=True)
    raw = said.evidence_text.encode()
    file.write_bytes(raw)
    held_until = (datetime.now(UTC) + timedelta(days=said.hold_days)).strftime("%Y-%m-%dT00:00:00Z")
    digest = sha256(raw).hexdigest()
    item = {
        "sha256": digest,
        "bytes": len(raw),
        "media_type": said.evidence_media_type,
        "method": said.evidence_method,
        "use_limitation": said.term,
    }
    body = {"event": "preserve", "taken": said.taken, "hold_until": held_until, "items": [item]}
    with on.tell.step(far.who.said_by(far.who.officer), "preserves the data and says until when") as step:
        view = far.post(f"/requests/{request}/actions", body)
        step.clocked()
        until_held(step, far, *sent_by(far, view))
        step.note(f"held until {held_until[:10]}; the file stays in Cambodia, its SHA-256 is {digest[:16]}…")
        step.look.append(f"sha256sum {on.shown_home}/{far.who.key}.evidence/{said.evidence_name}")
