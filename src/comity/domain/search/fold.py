"""Folding: one form for every way in which the same words may be written, and where each of its characters came from.

Case, width, compatibility forms and Latin, Greek and Cyrillic diacritics go; Khmer and Hangul signs stay. Characters without an
own shape (zero-width space and joiners, soft hyphens, marks of direction) go first, since they would split words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

VERSION: Final = 2
"""Of all rules in this folder by which an index is filled: a store that was filled by others is filled anew."""
Span = tuple[int, int]
LATIN_END: Final = 0x250
"""Basic Latin, Latin-1, Extended-A and -B: written with spaces, so that a run of them is a word."""
BREAK: Final = "·"
"""Stands between two texts of one record, as no letter, mark or digit: no phrase reaches across it."""

_MARKS: Final = dict.fromkeys(range(0x300, 0x370))
_SAME: Final = {ord("đ"): "d", ord("ı"): "i", **_MARKS}
_UNSEEN: Final = "\u00ad\u034f\u200b\u200c\u200d\u2060\ufeff"
_JAMO: Final = range(0x1160, 0x1200)
_ASCII: Final = re.compile("[a-z0-9]+")
_CUT: Final = re.compile("(?<=[!-\u024f])(?=[\u0250-\U0010ffff])|(?<=[\u0250-\U0010ffff])(?=[!-\u024f])")


class _Shapeless(dict[int, int | None]):
    """Of each character: itself, or None where it has no shape of its own. Filled as characters come."""

    def __missing__(self, code: int) -> int | None:
        found = self[code] = None if unicodedata.category(chr(code)) == "Cf" or code == 0x34F else code
        return found


class _Apart(dict[int, str]):
    """Of each folded character: itself, or a space where it is no letter, mark or digit."""

    def __missing__(self, code: int) -> str:
        found = self[code] = chr(code) if unicodedata.category(chr(code))[0] in "LMN" else " "
        return found


_SHAPELESS, _APART = _Shapeless(), _Apart()


def fold(text: str) -> str:
    """The one form; folding it again changes nothing."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.translate(_SHAPELESS).casefold())
    again = unicodedata.normalize("NFKD", plain.casefold())  # some signs hide capitals: ℡
    return unicodedata.normalize("NFC", again.translate(_SAME))


def words(text: str) -> str:
    """The runs of a text with one space between two: of letters, marks and digits, cut also where Latin meets anything else."""
    if text.isascii():
        return " ".join(_ASCII.findall(text.lower()))
    return " ".join(_CUT.sub(" ", fold(text).translate(_APART)).split())


def is_latin(run: str) -> bool:
    """Whether a run is a word of its own; of any other one each part counts, because its words aren't set apart."""
    return ord(run[0]) < LATIN_END


@lru_cache(256)
def mapped(text: str) -> tuple[str, tuple[Span, ...]]:
    """`words`, and for each of its characters the span of the text that it came from; spaces have an empty one."""
    out: list[str] = []
    spans: list[Span] = []
    end, latin = 0, False
    for start, whole in _pieces(text):
        alone = whole - start == 1
        stop = whole if alone else start + max(len(text[start:whole].rstrip(_UNSEEN)), 1)
        for char in _folded(text[start:whole]):
            apart, side = char == " ", ord(char) < LATIN_END
            if out and out[-1] != " " and (apart or latin != side):
                out.append(" ")
                spans.append((end, end))
            if not apart:
                out.append(char)
                spans.append((start, stop))
                latin = side
            end = stop
    if out and out[-1] == " ":
        out.pop()
        spans.pop()
    return "".join(out), tuple(spans)


@lru_cache(4096)
def _folded(piece: str) -> str:
    return fold(piece).translate(_APART)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Where the text may be cut so that the folded pieces, put together, are the folded text."""
    start = 0
    for at in range(1, len(text)):
        if not _leans(text[at]):
            yield start, at
            start = at
    if text:
        yield start, len(text)


@lru_cache(4096)
def _leans(char: str) -> bool:
    """Whether a character may melt into what stands before it."""
    if char.isascii():
        return False
    first = unicodedata.normalize("NFKD", char)[0]
    kind = unicodedata.category(first)
    return kind[0] == "M" or kind == "Cf" or ord(first) in _JAMO or unicodedata.combining(first) != 0
