"""The story as values, read from the files beside this one."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

import msgspec

_FOLDER = files("comity.faces.demo")


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What all parts share: nothing in the file is passed over."""


class Actor(_Part, frozen=True):
    """One of the three nodes, and who works there.

    key    its folder in the demo's home; label  how a line of the demo names it
    """

    key: str
    label: str
    name: str
    country: str
    title: str
    officer: str
    approver: str

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
    refusal_ground: str
    refusal_reason: str


class Story(_Part, frozen=True):
    """The whole of it."""

    node: tuple[Actor, ...]
    list: SharedList
    later: ListPart
    report: Report
    preservation: Ask
    takedown: Ask
    too_broad: Ask
    answers: Answers

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


def draft_of(ask: Ask, to: str, report: str) -> dict[str, Any]:
    """The body of `POST /requests`. Any: JSON."""
    return {
        "measure": ask.measure,
        "to": to,
        "route": ask.route,
        "nature": ask.nature,
        "offence": ask.offence,
        "targets": [{"value": value} for value in ask.targets],
        "facts": ask.facts,
        "form": ask.form,
        "report": report,
    }
