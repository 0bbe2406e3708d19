"""What every act shares: the desks, the story, the teller, the folder, and waiting until something is so."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from comity.errors import Conflict
from comity.faces.demo.desk import Desk
from comity.faces.demo.story import Story
from comity.faces.demo.telling import Step, Teller

T = TypeVar("T")
PATIENCE_S = 30.0
LOOK_S = 0.02


@dataclass
class Stage:
    """The demo while it is played.

    comity    how the command is spelt from where the user stands
    requests  label -> id of what the police have asked
    """

    story: Story
    home: Path
    shown_home: str
    comity: str
    tell: Teller
    desks: dict[str, Desk]
    report: str = ""
    requests: dict[str, str] = field(default_factory=dict)

    @property
    def police(self) -> Desk:
        return self.desks["police"]

    @property
    def taskforce(self) -> Desk:
        return self.desks["taskforce"]

    @property
    def platform(self) -> Desk:
        return self.desks["platform"]

    @property
    def vasp(self) -> Desk:
        return self.desks["vasp"]

    @property
    def hub(self) -> Desk:
        return self.desks["hub"]

    def command(self, desk: Desk, words: str) -> str:
        """A command that shows something at one node."""
        return f"{self.comity} --home {self.shown_home}/{desk.who.key} {words}"

    def reasons(self, reasons: list[dict[str, Any]]) -> list[str]:
        """Reasons in words. Any: as the API shows them."""
        return [self.tell.words.reason(reason) for reason in reasons]


def until(what: str, look: Callable[[], T | None]) -> T:
    """What `look` finds, as soon as it finds something; Conflict when that takes too long."""
    patience = time.monotonic() + PATIENCE_S
    while True:
        found = look()
        if found is not None:
            return found
        if time.monotonic() > patience:
            raise Conflict("demo-waited-in-vain", what=what, seconds=PATIENCE_S)
        time.sleep(LOOK_S)


def until_held(step: Step, writer: Desk, origin: str, size: int) -> None:
    """Waits until the reader has cosigned the first `size` records of a channel; its cosignature is back at the writer then."""
    until(f"the cosignature on {size} records of {origin}", lambda: _confirmed(writer, origin, size))
    step.held()


def _confirmed(writer: Desk, origin: str, size: int) -> bool | None:
    found: list[dict[str, Any]] = writer.get("/channels")
    return True if any(each["origin"] == origin and each["confirmed"] >= size for each in found) else None


def until_state(desk: Desk, request: str, *states: str) -> dict[str, Any]:
    """The request as this node has it, once it is in one of these states there."""

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] | None = desk.find(f"/requests/{request}")
        return found if found is not None and found["state"] in states else None

    return until(f"{request} to be {' or '.join(states)} at {desk.who.name}", look)


def sent_by(desk: Desk, view: dict[str, Any]) -> tuple[str, int]:
    """Channel, and size up to which it holds what our side has said in this request."""
    ours = [each for each in view["records"] if each["issuer"] == desk.who.name]
    crossing = [each for each in ours if each["origin"] != _desk_channel(desk)]
    last = max(crossing, key=lambda each: int(each["index"]))
    return last["origin"], last["index"] + 1


def _desk_channel(desk: Desk) -> str:
    """Origin of the node's private channel."""
    found: list[dict[str, Any]] = desk.get("/channels")
    return next((str(each["origin"]) for each in found if each["audience"] == desk.who.name), "")
