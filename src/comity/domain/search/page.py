"""What of a record can be searched: its texts, its values, and what it is. Made from the record alone, at any time anew."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final
from unicodedata import decimal

import msgspec

from comity.domain.access import VICTIM_POINTERS
from comity.domain.indicator.refang import refang_dots, refang_scheme
from comity.domain.record import Envelope, Field, Kind, decode_fields, kinds
from comity.domain.record.envelope import DECODE_FAULTS
from comity.domain.record.opened import Said, Trace
from comity.domain.search.fold import BREAK, is_latin, words
from comity.domain.search.tokens import PIECE_CHARS, piece_tokens, word_tokens
from comity.domain.terms import Instant, instant_from
from comity.errors import Malformed

DIGITS_MIN: Final = 7
"""Fewer digits in a text are no number that somebody would look for without its separators."""
YEARS: Final = (2000, 2100)
_NUMBER: Final = re.compile(r"[+(]*\d(?:[\s().\-/+\u2010-\u2015\uff0d]{0,3}\d){6,}")
_DEFANGED: Final = re.compile(r"h(?:xx|\*\*|__)ps?\b|[\[({]\s?(?:\.|dot)\s?[\])}]", re.IGNORECASE)
_BELOW: Final = tuple(f"{each}/" for each in VICTIM_POINTERS)
_WORD: Final = re.compile(r"\S+")
_envelope = msgspec.json.Decoder(Envelope).decode


@dataclass(frozen=True)
class Page:
    """One record as an index has it.

    words, parts           what anybody finds who sees the record: texts folded into runs, and values to be found by a part
    kept, kept_parts       the same of what tells who suffers or where somebody is
    marks                  what the record is, as tokens
    issuer, record         whose record it is; of one that is passed on, of the record inside
    """

    words: str
    parts: str
    kept: str
    kept_parts: str
    marks: str
    issuer: str
    record: str
    made: Instant

    def open_tokens(self) -> list[str]:
        return [*word_tokens(self.words), *piece_tokens(self.parts), *self.marks.split()]

    def kept_tokens(self) -> list[str]:
        return [*word_tokens(self.kept), *piece_tokens(self.kept_parts)] if self.kept else []


def is_kept(pointer: str) -> bool:
    """Whether what stands there tells who suffers, or where somebody is."""
    return pointer.startswith(_BELOW) or pointer in VICTIM_POINTERS


def said_in(envelope_raw: bytes, fields_raw: bytes) -> tuple[Said, ...]:
    """The texts of a record that was filed without fault, as they stand in it; none of a kind that nobody searches."""
    found = _innermost(envelope_raw, fields_raw)
    return tuple(found[1]) if found is not None else ()


def page_of(envelope_raw: bytes, fields_raw: bytes, traces: Iterable[Trace]) -> Page | None:
    """What an index keeps of a record that was filed without fault; None of a kind that nobody searches.

    traces   those that it was filed with: keys of its values among them
    """
    found = _innermost(envelope_raw, fields_raw)
    if found is None:
        return None
    envelope, said, outer = found
    open_, kept = _Side(), _Side()
    for one in said:
        (kept if is_kept(one.pointer) else open_).take(one)
    made = instant_from(outer.made)
    marks = {mark("a", ""), *_of(outer), *_of(envelope), month_mark(made), year_mark(made)}
    marks |= {key_mark(trace.key) for trace in traces if trace.name == "value"}
    return Page(
        open_.words,
        " ".join(open_.parts),
        kept.words,
        " ".join(kept.parts),
        " ".join(sorted(marks)),
        envelope.issuer,
        envelope.id,
        made,
    )


class _Side:
    """Texts and values of a record that the same people may see."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self.parts: dict[str, None] = {}

    @property
    def words(self) -> str:
        return f" {BREAK} ".join(self._texts)

    def take(self, said: Said) -> None:
        """One text: its words, of a value those that may be found by a part, and long numbers."""
        text = said.text
        if folded := words(text):
            self._texts.append(folded)
        if said.kind is not None:
            self.parts |= dict.fromkeys(run for run in folded.split() if is_latin(run) and len(run) >= PIECE_CHARS)
        if plain := plainly(text):
            self._texts.append(words(plain))
        for digits, _, _ in numbers_in(text):
            self.parts[digits] = None


# ---- marks ------------------------------------------------------------------------------------------------------------


@lru_cache(4096)
def mark(name: str, value: str) -> str:
    """The token of one thing that a record is: `t` kind, `i` issuer; `a` stands in each."""
    return f"¤{name}{blake2b(value.encode(), digest_size=8).hexdigest() if value else ''}"


def _of(envelope: Envelope) -> tuple[str, str]:
    return mark("t", envelope.kind.partition("/")[0]), mark("i", envelope.issuer)


def key_mark(key: bytes) -> str:
    return f"¤k{key.hex()}"


def month_mark(at: Instant) -> str:
    year, month = _month(at)
    return f"¤m{year:04}{month:02}"


def year_mark(at: Instant) -> str:
    return f"¤y{_month(at)[0]:04}"


def span_marks(since: Instant | None, until: Instant | None) -> tuple[str, ...]:
    """Years and months that cover [since, until), few of them: a record of that time has one, others may too."""
    first = (YEARS[0], 1) if since is None else _month(since)
    last = (YEARS[1], 12) if until is None else _month(Instant(until - 1))
    found: list[str] = []
    for year in range(first[0], last[0] + 1):
        low, high = (first[1] if year == first[0] else 1), (last[1] if year == last[0] else 12)
        if (low, high) == (1, 12):
            found.append(f"¤y{year:04}")
        else:
            found += [f"¤m{year:04}{month:02}" for month in range(low, high + 1)]
    return tuple(found)


def _month(at: Instant) -> tuple[int, int]:
    """Year and month, clock at UTC; times outside the years that are told apart count to the first or last month."""
    day = datetime.fromtimestamp(at // 1000, UTC)
    if day.year < YEARS[0]:
        return YEARS[0], 1
    return (YEARS[1], 12) if day.year > YEARS[1] else (day.year, day.month)


# ---- texts and values -------------------------------------------------------------------------------------------------


def numbers_in(text: str) -> Iterator[tuple[str, int, int]]:
    """Long numbers however they are set apart: their digits, and where each stands in the text."""
    for found in _NUMBER.finditer(text):
        yield "".join(str(decimal(char)) for char in found[0] if char.isdecimal()), found.start(), found.end()


def plainly(text: str) -> str:
    """The text with the safety catch off: `hxxps://bad[.]example` as `https://bad.example`; "" where there is none."""
    if _DEFANGED.search(text) is None:
        return ""
    return _WORD.sub(lambda word: refang_scheme(word[0]), refang_dots(text))


# ---- reading ----------------------------------------------------------------------------------------------------------


def _innermost(envelope_raw: bytes, fields_raw: bytes) -> tuple[Envelope, list[Said], Envelope] | None:
    """The record that says something, what it says, and the one that carries it: mostly itself."""
    found = _read(envelope_raw, fields_raw)
    if found is None:
        return None
    outer, body, kind = found
    own = list(kind.texts(body)) if kind.texts is not None else None
    if kind.carries is None:
        return (outer, own, outer) if own is not None else None
    inside = kind.carries(body)
    inner = _read(*inside) if inside is not None else None
    if inner is None or inner[2].texts is None:
        return (outer, own, outer) if own else None
    return inner[0], [*inner[2].texts(inner[1]), *(own or ())], outer


def _read(envelope_raw: bytes, fields_raw: bytes) -> tuple[Envelope, Any, Kind] | None:
    """Envelope and body, without holding them to anything again: filing did. Any: the kind's own body."""
    try:
        envelope = _envelope(envelope_raw)
        kind = kinds().get(envelope.kind)
        if kind is None or (kind.texts is None and kind.carries is None):
            return None
        fields = decode_fields(fields_raw) if fields_raw else ()
        return envelope, kind.decode(_merged(bytes(envelope.body), fields, kind)), kind
    except (*DECODE_FAULTS, Malformed):
        return None


def _merged(body: bytes, fields: Iterable[Field], kind: Kind) -> bytes:
    members = b",".join(b'"%s":%s' % (kind.personal[f.pointer].encode(), f.value) for f in fields)
    if not members:
        return body
    open_end = body.rstrip(b" \t\r\n")[:-1]
    return open_end + (b"" if open_end.rstrip(b" \t\r\n") == b"{" else b",") + members + b"}"
