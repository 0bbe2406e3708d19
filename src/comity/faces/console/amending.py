"""A record's body as fields of a form, and back: what is a text, a number or a yes stays one; what is deeper stays as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = "m."


@dataclass(frozen=True)
class Leaf:
    """One value that can be put right. `name` is its field: members joined by points; `long` asks for several lines."""

    name: str
    label: str
    value: str
    kind: str
    long: bool = False


def leaves(body: Mapping[str, Any]) -> list[Leaf]:
    """Texts, numbers and yes or no, in the order of the body; lists are left as they are, and not shown."""
    return list(_leaves(body, ()))


def _leaves(body: Mapping[str, Any], before: tuple[str, ...]) -> Iterator[Leaf]:
    for name, value in body.items():
        path = (*before, name)
        key = PREFIX + ".".join(path)
        if isinstance(value, bool):
            yield Leaf(key, ".".join(path), "yes" if value else "no", "flag")
        elif isinstance(value, int):
            yield Leaf(key, ".".join(path), str(value), "number")
        elif isinstance(value, str):
            yield Leaf(key, ".".join(path), value, "text", len(value) > 80 or "\n" in value)
        elif isinstance(value, Mapping) and all("." not in inner for inner in value):
            yield from _leaves(value, path)


def written(body: Mapping[str, Any], said: Mapping[str, str]) -> dict[str, Any]:
    """The body with what was typed in its place. A text that was emptied leaves its member out; a number that is none stays text."""
    return {name: value for name, value in _written(body, said, ()) if value is not None}


def _written(body: Mapping[str, Any], said: Mapping[str, str], before: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for name, value in body.items():
        path = (*before, name)
        typed = said.get(PREFIX + ".".join(path))
        if isinstance(value, Mapping) and all("." not in inner for inner in value):
            yield name, {key: inner for key, inner in _written(value, said, path) if inner is not None}
        elif typed is None or not isinstance(value, bool | int | str):
            yield name, value
        elif isinstance(value, bool):
            yield name, typed == "yes"
        elif isinstance(value, int):
            yield name, int(typed) if typed.lstrip("-").isascii() and typed.lstrip("-").isdigit() else typed
        else:
            yield name, typed or None
