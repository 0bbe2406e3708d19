"""What a member of a form may hold, by the type that its file gives it.

A type that only a person can judge (`text`, `party_ref`, `officer_ref`, `file`) takes anything. A member whose name ends in `[]` may
list several values between commas; each of them is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache

_WORDS = re.compile(r"enum\((.+)\)")
_LONGEST = re.compile(r"(?:text|url)\((\d+)\)")
_DAYS = re.compile(r"date (\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)")
_SHAPES = {
    "int": r"-?\d{1,18}",
    "decimal": r"\d{1,9}(?:\.\d{1,9})?",
    "decimal string": r"\d{1,40}(?:\.\d{1,40})?",
    "iso3166": r"[A-Z]{2}",
    "EU/EEA country codes": r"[A-Z]{2}",
    "e164": r"\+[1-9]\d{6,14}",
    "email": r"[^\s@]{1,64}@[^\s@.]+(?:\.[^\s@.]+)+",
    "url": r"https?://\S+",
    "fqdn": r"(?=.{4,253}\Z)(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W_](?:[\w-]*[^\W_])",
    "bcp47": r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|\d{3}))?",
    "language code, upper case": r"[A-Z]{2}",
    "iana_tz": r"UTC|[A-Z][A-Za-z_]+(?:/[A-Za-z0-9_+-]+){1,2}",
    "uuid": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "hex64": r"[0-9a-f]{64}",
    "sha256": r"[0-9a-f]{64}",
    "latlon": r"-?(?:[0-8]?\d(?:\.\d+)?|90(?:\.0+)?),\s?-?(?:(?:1[0-7]|\d)?\d(?:\.\d+)?|180(?:\.0+)?)",
    "13 digits": r"\d{13}",
    "[A-Za-z0-9_-]+ up to 500": r"[A-Za-z0-9_-]{1,500}",
}


def unfit(name: str, type_: str, text: str) -> str | None:
    """Why the text can't stand in a member of this name and type, as a code; None where it may.

    Codes: `not-one-of`, `too-long`, `not-true-or-false`, `not-a-date`, `not-a-time`, `no-offset`, `out-of-range`, `not-of-this-shape`.
    """
    check = _check_of(type_)
    if check is None:
        return None
    parts = [part.strip() for part in text.split(",")] if name.endswith("[]") else [text.strip()]
    return next((why for part in parts if (why := check(part)) is not None), None)


def choices_of(type_: str) -> tuple[str, ...]:
    """The words that a member of this type may hold; none where it is no choice, or where its source knows more than is written here."""
    if type_ == "bool":
        return ("true", "false")
    found = _WORDS.fullmatch(type_)
    return tuple(found[1].split("|")) if found and "more upstream" not in found[1] else ()


def _one_of(words: tuple[str, ...]) -> Callable[[str], str | None]:
    why = "not-true-or-false" if words == ("true", "false") else "not-one-of"
    return lambda text: None if text in words else why


def _is_date(text: str) -> str | None:
    try:
        return None if len(text) == 10 and date.fromisoformat(text) else "not-a-date"
    except ValueError:
        return "not-a-date"


def _is_time(text: str) -> str | None:
    if len(text) < 16 or text[10:11] not in ("T", " "):
        return "not-a-time"
    try:
        return "no-offset" if datetime.fromisoformat(text).tzinfo is None else None
    except ValueError:
        return "not-a-time"


def _is_between(first: str, last: str) -> Callable[[str], str | None]:
    return lambda text: _is_date(text) or (None if first <= text <= last else "out-of-range")


@lru_cache(maxsize=256)
def _check_of(type_: str) -> Callable[[str], str | None] | None:
    if words := choices_of(type_):
        return _one_of(words)
    if type_ == "date":
        return _is_date
    if type_ == "datetime":
        return _is_time
    if days := _DAYS.fullmatch(type_):
        return _is_between(days[1], days[2])
    if type_ in _SHAPES:
        shape = re.compile(_SHAPES[type_])
        return lambda text: None if shape.fullmatch(text) else "not-of-this-shape"
    if longest := _LONGEST.fullmatch(type_):
        most = int(longest[1])
        return lambda text: "too-long" if len(text) > most else None
    return None
