"""Addresses, numbers and names that stand in a free text, with the place of each: what somebody tells holds what a search needs.

Only what a kind recognises beyond doubt is taken; names of persons and wordings of advertisements are nobody's to guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from comity.domain.indicator import Indicator, guess

FOUND_MAX = 200
LOOKED_AT_MAX = 5000
"""Pieces of a text that are tried: what comes after stays in the text, unmarked."""
_NEVER = frozenset({"person_name", "job_ad"})
_PHONE = re.compile(r"\+[0-9][0-9 ().\u00a0-]{6,24}[0-9]", re.ASCII)
_IBAN = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: [A-Z0-9]{2,4}){3,8}\b", re.ASCII)
# One word of what addresses are made of; other scripts glue their particles to it, and end it.
_WORD = re.compile(r"[!-~]{4,600}", re.ASCII)
_BEFORE, _AFTER = "\"'(<[{`*_,;", "\"')>]}`*_.,;:!?"
_LIKELY = re.compile(r"[.:@/]|[A-Za-z0-9]{25,}", re.ASCII)


@dataclass(frozen=True)
class Found:
    """A value where it stands: `text[start:end]` reads as it."""

    start: int
    end: int
    value: Indicator


def found_in(text: str) -> tuple[Found, ...]:
    """What the text names, in its order; nothing overlaps. The same value may stand at several places."""
    found: list[Found] = []
    for tried, (start, end) in enumerate(_pieces(text)):
        if len(found) >= FOUND_MAX or tried >= LOOKED_AT_MAX:
            break
        if any(start < each.end and each.start < end for each in found):
            continue
        value = next((one for one in guess(text[start:end]) if one.kind not in _NEVER), None)
        if value is not None:
            found.append(Found(start, end, value))
    return tuple(sorted(found, key=lambda each: each.start))


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """What has blanks in it first, since a word of it could be taken for something else."""
    for shape in (_PHONE, _IBAN):
        yield from (hit.span() for hit in shape.finditer(text))
    for hit in _WORD.finditer(text):
        start, end = hit.span()
        while start < end and text[start] in _BEFORE:
            start += 1
        while start < end and text[end - 1] in _AFTER:
            end -= 1
        if end - start >= 4 and _LIKELY.search(text, start, end):
            yield start, end
