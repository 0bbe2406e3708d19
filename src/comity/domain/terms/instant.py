"""A moment, as records write it: RFC 3339 in UTC, whole milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NewType

from comity.errors import MalformedRecord

Instant = NewType("Instant", int)
"""Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted."""

_SHAPE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{3}))?Z", re.ASCII)


def instant_text(at: Instant) -> str:
    """`2026-11-24T09:30:00.123Z`; the milliseconds are always there."""
    whole, ms = divmod(at, 1000)
    return datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{ms:03d}Z"


def instant_from(text: str) -> Instant:
    """Reads RFC 3339 in UTC with no or three decimals of a second; anything else raises MalformedRecord."""
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise MalformedRecord("time-not-rfc3339-utc", text=text[:40])
    try:
        moment = datetime.fromisoformat(text[:19] + "+00:00")
    except ValueError as fault:
        raise MalformedRecord("time-not-rfc3339-utc", text=text[:40]) from fault
    if text[11:13] == "24":  # the end of a day, which some versions of Python read as the next
        raise MalformedRecord("time-not-rfc3339-utc", text=text[:40])
    return Instant(int(moment.timestamp()) * 1000 + int(shape[1] or 0))


def seconds(at: Instant) -> int:
    """Whole POSIX seconds, rounded down: the unit of cosignature times."""
    return at // 1000
