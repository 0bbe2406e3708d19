"""How values from anywhere are put on a terminal: nothing in them moves the cursor, and every time has its zone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

# Khmer and other scripts need these to be written rightly; they are format characters like the dangerous ones.
_HARMLESS = frozenset("\u200b\u200c\u200d")


def plain(value: object) -> str:
    """Text that a terminal shows and doesn't obey: control and direction-changing characters become escapes."""
    return "".join(
        sign if sign.isprintable() or sign in _HARMLESS or sign == "\n" else sign.encode("unicode_escape").decode()
        for sign in str(value)
    )


def text(value: object, style: str = "") -> Text:
    """`plain`, without markup."""
    return Text(plain(value), style=style)


def say(console: Console, value: object, style: str = "") -> None:
    """One line or paragraph; a long word stays whole, so that it can be copied."""
    console.print(text(value, style), soft_wrap=True)


def moment(written: str | None) -> str:
    """`2026-11-24 09:30:00 UTC` for RFC 3339 in UTC; a dash for none."""
    if not written:
        return "–"
    return f"{written[:19].replace('T', ' ')} UTC"


def moment_s(time_s: int | None) -> str:
    """The same for POSIX seconds."""
    if time_s is None:
        return "–"
    try:
        return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return f"{time_s} s after 1970, UTC"


def pairs(console: Console, rows: Iterable[tuple[str, object]], indent: int = 2) -> None:
    """Names and values, one below the other; values keep their line feeds and are never cut."""
    kept = [(name, plain(value)) for name, value in rows if value not in (None, "", [], {})]
    width = max((len(name) for name, _ in kept), default=0)
    for name, value in kept:
        first, *more = value.split("\n") or [""]
        say(console, f"{' ' * indent}{name:<{width}}  {first}")
        for line in more:
            say(console, f"{' ' * (indent + width + 2)}{line}")


def table(console: Console, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table whose cells are never read as markup."""
    made = Table(*heads)
    for row in rows:
        made.add_row(*(text("" if cell is None else cell) for cell in row))
    console.print(made)


def flat(value: Any, prefix: str = "") -> list[tuple[str, object]]:
    """A decoded JSON object as names and values: `targets[0].value`. Any: its shape is its kind's."""
    if isinstance(value, dict):
        inner = [(f"{prefix}.{name}" if prefix else str(name), each) for name, each in value.items()]
    elif isinstance(value, list | tuple) and any(isinstance(each, dict | list | tuple) for each in value):
        inner = [(f"{prefix}[{number}]", each) for number, each in enumerate(value)]
    elif isinstance(value, list | tuple):
        return [(prefix, ", ".join(map(str, value)))]
    else:
        return [(prefix, {True: "yes", False: "no"}[value] if isinstance(value, bool) else value)]
    return [pair for name, each in inner for pair in flat(each, name)]
