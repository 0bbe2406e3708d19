"""What of a record is shown beside a hit: the text in which most was found, and where. Positions, no markup."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from comity.domain.indicator import indicator
from comity.domain.record.opened import Said
from comity.domain.search.fold import mapped
from comity.domain.search.page import key_mark, numbers_in
from comity.domain.search.query import Asked, Head, Mark, Phrase, Piece, Term, Way
from comity.errors import Malformed

CHARS: Final = 160
BEFORE: Final = 40
WORD_CHARS_MAX: Final = 24
Span = tuple[int, int]


@dataclass(frozen=True)
class Snippet:
    """A part of one text, exactly as it was written.

    pointer      where the text stands in the record's body
    spans        what was found, as positions in `text`: ordered, none touching another
    cut_before   whether the text begins earlier
    cut_after    whether it goes on
    """

    pointer: str
    text: str
    spans: tuple[Span, ...]
    cut_before: bool = False
    cut_after: bool = False


def snippet(said: Sequence[Said], asked: Asked) -> Snippet | None:
    """None where nothing is said at all."""
    best: tuple[int, int, Said, list[Span]] | None = None
    terms = [term for terms in asked.either for term in terms]
    for at, one in enumerate(said):
        found = [spans_of(term, one) for term in terms]
        counted = (sum(map(bool, found)), -at, one, _joined(span for spans in found for span in spans))
        if best is None or counted[:2] > best[:2]:
            best = counted
    return _cut(best[2], best[3]) if best is not None else None


def spans_of(term: Term, said: Said) -> list[Span]:
    """Where one term stands in one text, by any of its ways."""
    return [span for way in term for span in _spans(way, said)]


def completions(said: Iterable[Said], start: str) -> Iterator[str]:
    """Runs of these texts that begin so; what is longer than a word is no help."""
    for one in said:
        for run in mapped(one.text)[0].split():
            if run.startswith(start) and len(run) <= WORD_CHARS_MAX:
                yield run


def _spans(way: Way, said: Said) -> Iterator[Span]:
    match way:
        case Phrase():
            yield from _phrase_spans(way.pattern, said.text)
        case Head(text):
            yield from _phrase_spans(f" {text}", said.text)
        case Piece(text):
            if said.kind is not None:
                yield from _inside(text, said.text)
            for digits, start, stop in numbers_in(said.text):
                if text in digits:
                    yield start, stop
        case Mark(token):
            if said.kind is not None and _is(token, said):
                yield 0, len(said.text)


def _is(token: str, said: Said) -> bool:
    try:
        return token == key_mark(indicator(said.kind or "", said.text).key)
    except Malformed:
        return False


def _phrase_spans(pattern: str, text: str) -> Iterator[Span]:
    folded, spans = mapped(text)
    whole = f" {folded} "
    at = whole.find(pattern)
    while at >= 0:
        first = at - 1 + (len(pattern) - len(pattern.lstrip()))
        last = first + len(pattern.strip()) - 1
        yield spans[first][0], spans[last][1]
        at = whole.find(pattern, at + 1)


def _inside(part: str, text: str) -> Iterator[Span]:
    folded, spans = mapped(text)
    at = folded.find(part)
    while at >= 0:
        yield spans[at][0], spans[at + len(part) - 1][1]
        at = folded.find(part, at + 1)


def _joined(spans: Iterable[Span]) -> list[Span]:
    out: list[Span] = []
    for start, stop in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(stop, out[-1][1]))
        else:
            out.append((start, stop))
    return out


def _cut(said: Said, spans: list[Span]) -> Snippet:
    """A window over the text that begins a little before the first place found, at the end of a word if one is near."""
    text, first = said.text, spans[0][0] if spans else 0
    start = max(first - BEFORE, 0)
    if start:
        near = text.find(" ", start, first)
        start = near + 1 if near >= 0 else start
    stop = min(max(start + CHARS, spans[0][1] if spans else 0), len(text))
    shown = tuple((a - start, min(b, stop) - start) for a, b in spans if start <= a < stop)
    return Snippet(said.pointer, text[start:stop], shown, start > 0, stop < len(text))
