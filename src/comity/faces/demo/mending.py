"""What was shared turns out wrong: one value is taken back, one is put right, and the holder says that it has complied."""

from __future__ import annotations

from typing import Any

from comity.faces.demo.desk import Desk
from comity.faces.demo.stage import Stage, until


def mend(on: Stage) -> None:
    """Nobody edits: the issuer says so by new records, and every holder answers."""
    said, far = on.story.custody, on.taskforce
    on.tell.act("custody", "nobody edits: a record is taken back or put right by another, and holders answer")
    with on.tell.step(far.who.said_by(far.who.officer), f"withdraws what it said of {said.withdrawn}") as step:
        order = {"records": [_record(far, said.withdrawn)], "reason_code": said.withdraw_reason}
        done = far.post("/custody/withdrawals", order)
        step.clocked()
        step.note(_complied(far, done["order"]))
        until("the withdrawal to be obeyed", lambda: _unsaid(on.police, far, said.withdrawn))
        step.note("the police still see that it was said, and that it was taken back; it raises nothing")
        step.look.append(on.command(far, f"custody show {done['order']}"))
    with on.tell.step(far.who.said_by(far.who.officer), f"amends what it said of {said.amended}") as step:
        record = _record(far, said.amended)
        body = _amended(on)
        done = far.post("/custody/amendments", {"record": record, "body": body, "reason_code": said.amend_reason})
        step.clocked()
        step.note(_complied(far, done["order"]))
        role = until("the amendment to be seen", lambda: _role(on.police, said.amended, said.amended_role))
        step.note(f"the police now read: {role}; what was said before stays readable to an auditor")


def _known(desk: Desk, value: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.post("/lookup", {"value": value})
    return found


def _record(desk: Desk, value: str) -> str:
    """Id of our own statement about a value."""
    statements: list[dict[str, Any]] = _known(desk, value)["statements"]
    return str(next(each["record"] for each in statements if each["exact"] and each["said_by"] == desk.who.name))


def _amended(on: Stage) -> dict[str, Any]:
    said = on.story.custody
    return {
        "kind": "handle",
        "value": said.amended,
        "role": said.amended_role,
        "source": {"name": on.story.list.source},
    }


def _complied(desk: Desk, order: str) -> str:
    """The count, once every holder has answered."""

    def look() -> str | None:
        found = desk.get(f"/custody/{order}")["order"]
        done = found["holders"] and all(each["stage"] == "complied" for each in found["holders"])
        return str(found["summary"]) if done else None

    return until("the holders to comply", look)


def _unsaid(desk: Desk, issuer: Desk, value: str) -> bool | None:
    """Whether nothing that the issuer said of the value holds any more."""
    said = [each for each in _current(desk, value) if each["said_by"] == issuer.who.name]
    return None if said else True


def _current(desk: Desk, value: str) -> list[dict[str, Any]]:
    """Statements about the value itself that neither an amendment nor a withdrawal has overtaken."""
    return [each for each in _known(desk, value)["statements"] if each["exact"] and each["course"] == "current"]


def _role(desk: Desk, value: str, wanted: str) -> str | None:
    roles = {each["role"] for each in _current(desk, value) if each["role"]}
    return wanted if roles == {wanted} else None
