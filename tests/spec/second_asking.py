"""The writer's answers to what a reader asks for, and an event stream, read from docs/spec/priority.md alone."""

from __future__ import annotations

import re

from tests.spec.second_json import need

_DECIMAL = "(0|[1-9][0-9]*)"
_RECORDS = re.compile(rf"records/((?:x[0-9]{{3}}/)*[0-9]{{3}})(?:\.p/([1-9][0-9]*))?(?:\?skip={_DECIMAL})?")
LINE_MAX = 1024


def note_for(signed: list[int], least: int) -> int | None:
    """Size of the note that this writer answers with."""
    return max(signed) if least == 0 else min((size for size in signed if size >= least), default=None)


def entries_for(size: int, path: str) -> list[int] | None:
    """First and last index of the entries in the answer, at this signed size."""
    found = _RECORDS.fullmatch(path)
    if found is None or (found[2] and int(found[2]) > 255):
        return None
    first = 256 * int(found[1].replace("x", "").replace("/", ""))
    width, skip = int(found[2] or 256), int(found[3] or 0)
    if skip >= width or first + width > size:
        return None
    return [first + skip, first + width - 1]


def announced(raw: bytes) -> list[list[object]]:
    """Channel and size of each event."""
    said: list[list[object]] = []
    event = data = ""
    for line in raw.decode("ascii").split("\n")[:-1]:
        text = line.removesuffix("\r")
        need(len(line) <= LINE_MAX, "event-line-too-long")
        if not text:
            if event == "checkpoint":
                found = re.fullmatch(rf"(?:([0-9a-f]{{16}}) )?{_DECIMAL}", data)
                need(found, "event-size")
                assert found is not None
                said.append([found[1] or "", int(found[2])])
            event = data = ""
            continue
        name, _, value = text.partition(":")
        if name == "event":
            event = value.removeprefix(" ")
        elif name == "data":
            data = value.removeprefix(" ")
    return said
