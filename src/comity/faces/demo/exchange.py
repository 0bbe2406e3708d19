"""Report and match: one country shares, a family in another reports, and the node says at once what is known."""

from __future__ import annotations

from typing import Any

from comity.faces.demo.desk import Desk
from comity.faces.demo.stage import Stage, until, until_held
from comity.faces.demo.story import ListPart, digest, raw


def share(on: Stage) -> None:
    """The Cambodian side shares a list; the police load a warning list."""
    on.tell.act("share", "Cambodia tells Korea what it has seen; each keeps its own data")
    values = sum(len(part.values) for part in on.story.list.part)
    with on.tell.step(on.taskforce.who.label, f"shares {values} values with the police") as step:
        size = 0
        for part in on.story.list.part:
            origin, new = _import(on, on.taskforce, part)
            size += new
        step.clocked()
        until_held(step, on.taskforce, origin, size)
        for part in on.story.list.part:
            step.note(f"{part.role}: {', '.join(part.values)}")
        step.look.append(on.command(on.police, f"lookup {on.story.list.part[0].values[0]}"))
    with on.tell.step(on.police.who.label, "loads a warning list of names too popular to act on") as step:
        listed = on.police.post("/imports/warning-list", raw("warning-list.json"))
        step.note(f"“{listed['name']}”: {listed['entries']} name")
    until("the list to have had its effect", lambda: _drained(on.police, origin, size))


def report(on: Stage) -> None:
    """A family reports; the answer comes with the receipt of the report."""
    said = on.story.report
    on.tell.act("report", "a family tells the police; what is known elsewhere is answered at once")
    with on.tell.step(on.police.who.label, f"takes the report of {said.reporter['name']}") as step:
        body = {
            "country": on.police.who.country,
            "category": said.category,
            "channel_in": "citizen",
            "values": [{"value": value} for value in said.values],
            "narrative": said.narrative,
            "reporter": said.reporter,
            "victims": [said.victim],
            "language": said.language,
            "fictional": True,
        }
        taken = on.police.post("/reports", body)
        step.clocked()
        on.report = taken["report"]
        step.note(f"missing: {said.victim['name']}; the names and the narrative are sealed, and stay here")
        step.look.append(on.command(on.police, f"report show {on.report}"))
    on.tell.act("match", "the answer to the report, value by value")
    for known in taken["known"]:
        _told(on, known)


def match_later(on: Stage) -> None:
    """What comes after a report is matched when it arrives."""
    value = on.story.later.values[0]
    with on.tell.step(on.taskforce.who.label, "shares one more value") as step:
        before = {notice["key"] for notice in on.police.get("/notices")}
        origin, _ = _import(on, on.taskforce, on.story.later)
        step.clocked()
        until_held(step, on.taskforce, origin, _size(on.taskforce, origin))
        notice = until("a match to be noticed", lambda: _fresh_match(on.police, before))
        step.note(value)
        step.note(
            f"the report names it: the police's node noticed by itself at {notice['at'][11:19]} UTC ({notice['kind']})"
        )


def _import(on: Stage, desk: Desk, part: ListPart) -> tuple[str, int]:
    batch = {
        "values": part.values,
        "role": part.role,
        "source": on.story.list.source,
        "source_sha256": digest("story.toml"),
        "audience": on.police.who.name,
    }
    kept = desk.post("/imports", batch)
    return kept["origin"], kept["new"]


def _told(on: Stage, known: dict[str, Any]) -> None:
    value = f"{known['value']['kind']} {known['value']['value']}"
    said = [_statement(each) for each in known["statements"]] or ["not known; that doesn't make it harmless"]
    for each in known["suppressed"]:
        said.append(f"but “{each['list']}” names {each['entry']}: {on.tell.words.why(each['why'])}")
    on.tell.line("RAISED" if known["raised"] else "not raised", value, said)


def _statement(each: dict[str, Any]) -> str:
    at = f"{each['said_by']}, {each['said_at'][11:19]} UTC: {each['role']}"
    return at if each["exact"] else f"{at} {each['value']['value']}, which covers this"


def _size(desk: Desk, origin: str) -> int:
    return next(int(each["size"]) for each in desk.get("/channels") if each["origin"] == origin)


def _drained(desk: Desk, origin: str, size: int) -> bool | None:
    found = next((each for each in desk.get("/channels") if each["origin"] == origin), None)
    return True if found is not None and found["drained"] >= size else None


def _fresh_match(desk: Desk, before: set[str]) -> dict[str, Any] | None:
    found: list[dict[str, Any]] = desk.get("/notices")
    return next((each for each in found if each["kind"] == "match" and each["key"] not in before), None)
