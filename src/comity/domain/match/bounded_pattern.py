"""Patterns from outside that can't run away.

Python's `re` has no time limit, and a pattern such as `(a+)+$` takes longer than anyone waits. So a foreign pattern
is read first and the ways to match it are counted: a bound on how often the engine can backtrack on a text of
TEXT_MAX characters. What exceeds WAYS_MAX, or uses what can't be counted (look-around, back references, conditions),
is refused. The count over-estimates; it never under-estimates.
"""

from __future__ import annotations

import re

from comity.errors import Malformed

TEXT_MAX = 320
WAYS_MAX = 2_000_000
_DELIMITED = re.compile(r"([/#~@%!])(.*)\1([a-z]*)", re.DOTALL)
_REPEAT = re.compile(r"(?:[*+?]|\{(?=[0-9,])([0-9]*)(,([0-9]*))?\})[?+]?")
_SET = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]")
_ESCAPE = re.compile(r"\\(?:[dDwWsSbBAZzntr]|x[0-9A-Fa-f]{2}|[^0-9A-Za-z])")
_FLAGS = frozenset("giu")


def php_pattern(text: str) -> re.Pattern[str]:
    """The Python pattern for one in PHP's form, `/.../gi`.

    `i` ignores case; `g` and `u` say nothing new here. Malformed: `pattern-form`, `pattern-flag`, `pattern-syntax`,
    `pattern-unbounded`.
    """
    parts = _DELIMITED.fullmatch(text)
    if parts is None:
        raise Malformed("pattern-form", pattern=text[:80])
    if set(parts[3]) - _FLAGS:
        raise Malformed("pattern-flag", pattern=text[:80], flags=parts[3])
    try:
        compiled = re.compile(parts[2], re.IGNORECASE if "i" in parts[3] else 0)
    except (re.error, OverflowError) as fault:
        raise Malformed("pattern-syntax", pattern=text[:80]) from fault
    if _Count(parts[2]).ways() > WAYS_MAX:
        raise Malformed("pattern-unbounded", pattern=text[:80], ways_max=WAYS_MAX)
    return compiled


class _Count:
    """Reads a pattern left to right and multiplies the choices it leaves to the engine."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def ways(self) -> int:
        return self._alternatives()

    def _alternatives(self) -> int:
        total = self._sequence()
        while self._next("|"):
            total += self._sequence()
        return total

    def _sequence(self) -> int:
        total = 1
        while self._at < len(self._pattern) and self._pattern[self._at] not in "|)":
            total = min(total * self._repeated(self._atom()), WAYS_MAX + 1)
        return total

    def _atom(self) -> int:
        if self._next("("):
            inner = self._group()
            self._next(")")
            return inner
        for shape in (_SET, _ESCAPE):
            found = shape.match(self._pattern, self._at)
            if found is not None:
                self._at = found.end()
                return 1
        if self._pattern[self._at] == "\\":
            raise Malformed("pattern-unbounded", pattern=self._pattern[:80], at=self._at)
        self._at += 1
        return 1

    def _group(self) -> int:
        if self._next("?") and not self._next(":"):
            raise Malformed("pattern-unbounded", pattern=self._pattern[:80], at=self._at)
        return self._alternatives()

    def _repeated(self, ways: int) -> int:
        found = _REPEAT.match(self._pattern, self._at)
        if found is None:
            return ways
        self._at = found.end()
        low, high = _times(found)
        if ways > 1 and high > 64:
            return WAYS_MAX + 1
        return min((high - low + 1) * int(ways**high), WAYS_MAX + 1)

    def _next(self, character: str) -> bool:
        here = self._pattern.startswith(character, self._at)
        self._at += here
        return here


def _times(repeat: re.Match[str]) -> tuple[int, int]:
    if repeat[1] is None:
        return {"*": (0, TEXT_MAX), "+": (1, TEXT_MAX), "?": (0, 1)}[repeat[0][0]]
    # As Python reads it: {,n} begins at none, {n,} and {,} have no end. A text can't repeat anything oftener than it is long.
    low = int(repeat[1] or 0)
    high = low if repeat[2] is None else int(repeat[3]) if repeat[3] else TEXT_MAX
    return min(low, TEXT_MAX), min(max(high, low), TEXT_MAX)
