"""The rail at the side: which pages there are, in which group, and how many things wait on each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

GROUPS = ("work", "know", "trust", "node")


@dataclass(frozen=True)
class Entry:
    """A page that the rail leads to.

    key    message `nav.<key>`; also the word by which a template says that it is here
    group  one of GROUPS
    icon   in icons.svg, without `i-`
    order  within the group, small first
    go     the letter after `g` on the keyboard, or nothing
    act    shown to those alone whose roles include it; empty: to everybody
    count  asked at each page for the number beside it; 0 shows none. Keep it to one cheap question
    """

    key: str
    path: str
    group: str
    icon: str
    order: int
    go: str = ""
    count: Callable[[Any], int] = lambda _: 0
    act: str = ""


@dataclass(frozen=True)
class Verb:
    """A command of the palette.

    key   message with which it is offered
    note  message of what it needs besides (a second signature), or nothing
    act   offered to those alone whose roles include it; empty: to everybody
    """

    key: str
    path: str
    icon: str
    note: str = ""
    act: str = ""


@dataclass(frozen=True)
class Line:
    """An entry with its number."""

    entry: Entry
    count: int


@dataclass(frozen=True)
class Group:
    """One part of the rail."""

    key: str
    lines: tuple[Line, ...]


def grouped_rail(entries: Iterable[Entry], desk: Any) -> list[Group]:
    """In the order of GROUPS; a group without pages is left out."""
    found = sorted((entry for entry in entries if desk.may(entry.act)), key=lambda entry: (entry.order, entry.key))
    groups = []
    for key in GROUPS:
        lines = tuple(Line(entry, entry.count(desk)) for entry in found if entry.group == key)
        if lines:
            groups.append(Group(key, lines))
    return groups
