"""The story as values, read from the files beside this one."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

import msgspec

_FROM_NOW = re.compile(r"\{\+(\d{1,3})d\}")
_FOLDER = files("comity.faces.demo")


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What all parts share: nothing in the file is passed over."""


class Actor(_Part, frozen=True):
    """One of the nodes, and who works there.

    key      its folder in the demo's home
    label    how a line of the demo names it
    witness  whether it cosigns the others' roots, and sees no record of theirs
    """

    key: str
    label: str
    name: str
    country: str
    title: str
    officer: str
    approver: str
    witness: bool = False

    def said_by(self, person: str) -> str:
        """How a line of the demo names somebody of this node."""
        return f"{self.label}, {person.removesuffix(' (fictional)')}"


class ListPart(_Part, frozen=True):
    """Values that play one role in the scheme."""

    role: str
    values: tuple[str, ...]


class SharedList(_Part, frozen=True):
    """A list of indicators, by role."""

    source: str
    part: tuple[ListPart, ...]


class Report(_Part, frozen=True):
    """What a family tells the police."""

    category: str
    language: str
    narrative: str
    reporter: dict[str, str]
    victim: dict[str, str]
    values: tuple[str, ...]


class Ask(_Part, frozen=True):
    """A request as its author fills it in; `text_title` is the text that they read."""

    label: str
    measure: str
    to: str
    route: str
    nature: str
    offence: str
    targets: tuple[str, ...]
    facts: str
    text_title: str
    form: dict[str, str]
    replaces: str = ""


class Rescue(_Part, frozen=True):
    """An alert, and the text that an officer has read beforehand, for so many days."""

    label: str
    to: str
    route: str
    facts: str
    text_title: str
    readings_days: int


class Custody(_Part, frozen=True):
    """What is taken back, and what is put right."""

    withdrawn: str
    withdraw_reason: str
    amended: str
    amended_role: str
    amend_reason: str


class Answers(_Part, frozen=True):
    """What the two that are asked say and do."""

    term: str
    term_kind: str
    taken: str
    hold_days: int
    evidence_name: str
    evidence_media_type: str
    evidence_method: str
    evidence_text: str
    removed: str
    freeze_term: str
    freeze_term_kind: str
    freeze_taken: str
    freeze_held_units: str
    rescue_state: str
    refusal_ground: str
    refusal_reason: str


class Story(_Part, frozen=True):
    """The whole of it."""

    node: tuple[Actor, ...]
    list: SharedList
    later: ListPart
    report: Report
    rescue: Rescue
    too_broad: Ask
    preservation: Ask
    takedown: Ask
    freeze: Ask
    answers: Answers
    custody: Custody

    @property
    def witnesses(self) -> tuple[str, ...]:
        """Names of the nodes that witness."""
        return tuple(each.name for each in self.node if each.witness)

    @property
    def asks(self) -> tuple[Ask, ...]:
        """Every request, in the order of the story."""
        return (self.too_broad, self.preservation, self.takedown, self.freeze)

    def actor(self, key: str) -> Actor:
        """The node with this key."""
        return next(each for each in self.node if each.key == key)


@lru_cache(maxsize=1)
def story() -> Story:
    """Reads the story. A file that doesn't fit is a fault of the package, so the decoder's own words will do."""
    found: Story = msgspec.toml.decode(raw("story.toml"), type=Story)
    return found


def raw(name: str) -> bytes:
    """A file of the story."""
    return (_FOLDER / name).read_bytes()


def digest(name: str) -> str:
    """SHA-256 of a file of the story, as hex digits."""
    return sha256(raw(name)).hexdigest()


def draft_of(ask: Ask, to: str, report: str, replaced: str | None, now: datetime) -> dict[str, Any]:
    """The body of `POST /requests`; days that the form counts from now become dates. Any: JSON."""

    def day(found: re.Match[str]) -> str:
        return (now + timedelta(days=int(found[1]))).strftime("%Y-%m-%dT00:00:00Z")

    return {
        "measure": ask.measure,
        "to": to,
        "route": ask.route,
        "nature": ask.nature,
        "offence": ask.offence,
        "targets": [{"value": value} for value in ask.targets],
        "facts": ask.facts,
        "form": {name: _FROM_NOW.sub(day, text) for name, text in ask.form.items()},
        "report": report,
        "replaces_request": replaced,
    }
