"""A question as somebody types it, read into what an index can be asked.

charger "해외 취업"     every word and every quoted phrase must stand in the record
+82 10 5550 1234        a value in any notation is looked up by its normal form as well
kind:report from:police.kr.example after:2026-11-01 before:2026-12-01
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from comity.domain.indicator import guess
from comity.domain.indicator import kinds as indicator_kinds
from comity.domain.record import kinds
from comity.domain.search.fold import fold, is_latin, words
from comity.domain.search.page import Page, key_mark, mark, plainly, span_marks
from comity.domain.search.tokens import PIECE_CHARS, pieces, run_tokens
from comity.domain.terms import Instant, node_name
from comity.errors import Malformed

CHARS_MAX: Final = 400
TERMS_MAX: Final = 16
DIGITS_MIN: Final = 6
FILTERS: Final = ("kind", "from", "before", "after")
DAY_MS: Final = 86_400_000

_PART: Final = re.compile(r'(?:(kind|from|before|after):)?(?:"([^"]*)"|(\S+))', re.IGNORECASE)
_DIALLED: Final = re.compile(r"[+(]*[0-9][0-9\s().\-/+]*")


@dataclass(frozen=True)
class Phrase:
    """Runs that follow one another: the first may be the end of a longer one, and the last its beginning, where it isn't Latin."""

    runs: tuple[str, ...]

    @property
    def pattern(self) -> str:
        """What stands in the words of a page, with a space before and after them, exactly if the phrase does."""
        first, last = (" " if is_latin(run) else "" for run in (self.runs[0], self.runs[-1]))
        return f"{first}{' '.join(self.runs)}{last}"

    @property
    def tokens(self) -> tuple[str, ...]:
        """What follows one another in the index."""
        last = self.runs[-1]
        closed = [token for run in self.runs[:-1] for token in run_tokens(run)]
        open_ = [last] if is_latin(last) or len(last) == 1 else run_tokens(last)[:-1]
        return (*closed, *open_)

    @property
    def begins(self) -> bool:
        """Whether the last token need only be the beginning of one."""
        return len(self.runs[-1]) == 1 and not is_latin(self.runs[-1])


@dataclass(frozen=True)
class Piece:
    """A part of a value, or of a long number."""

    text: str

    @property
    def tokens(self) -> tuple[str, ...]:
        return tuple(pieces(self.text))


@dataclass(frozen=True)
class Mark:
    """What a record is: one token."""

    token: str


@dataclass(frozen=True)
class Head:
    """A Latin run that begins so; for suggestions."""

    text: str

    @property
    def token(self) -> str:
        return "›" + self.text[:PIECE_CHARS]


Way = Phrase | Piece | Mark | Head
Term = tuple[Way, ...]
"""Any of these ways will do."""


@dataclass(frozen=True)
class Asked:
    """What a record must hold: of one of `either` every term, and every one of `only`.

    since, until  bounds of the time at which its issuer made it: from the first on, before the second
    kept          whether who suffers and where somebody is may be searched too
    """

    either: tuple[tuple[Term, ...], ...]
    only: tuple[Term, ...] = ()
    since: Instant | None = None
    until: Instant | None = None
    kept: bool = False

    @property
    def covers(self) -> Term:
        """Marks of which each record of that time has one; none where any time will do."""
        if self.since is None and self.until is None:
            return ()
        return tuple(map(Mark, span_marks(self.since, self.until)))


def read_query(text: str, *, kept: bool = False) -> Asked:
    """Malformed says what can't be read, where it stands, and what would do."""
    if len(text) > CHARS_MAX:
        raise Malformed("search-too-long", characters=len(text), characters_max=CHARS_MAX)
    if text.count('"') % 2:
        raise Malformed("search-quote-open", at=text.rindex('"') + 1, form='"a phrase"')
    chunks: list[tuple[str, bool]] = []
    only: list[Term] = []
    bounds: dict[str, Instant] = {}
    for found in _PART.finditer(text):
        name, value = (found[1] or "").lower(), found[3] if found[2] is None else found[2]
        at = found.start() + 1
        if name in ("before", "after"):
            bounds[name] = _day(name, value, at)
        elif name == "kind":
            only.append((Mark(mark("t", _kind(value, at))),))
        elif name == "from":
            only.append((Mark(mark("i", _issuer(value, at))),))
        else:
            chunks.append((value, found[2] is not None))
    terms = [term for chunk, _ in chunks if (term := _term(chunk))]
    if len(terms) > TERMS_MAX:
        raise Malformed("search-too-many-words", words=len(terms), words_max=TERMS_MAX)
    if not terms and (chunks or not (only or bounds)):
        raise Malformed("search-empty", form="one letter, digit or sign of a script at least")
    either = [tuple(terms)]
    if len(chunks) > 1 and not any(quoted for _, quoted in chunks):
        whole = tuple(_exact(" ".join(chunk for chunk, _ in chunks)))
        either += [(whole,)] if whole else []
    since = Instant(bounds["after"] + DAY_MS) if "after" in bounds else None
    return Asked(tuple(either), tuple(only), since, bounds.get("before"), kept)


def read_start(text: str, *, kept: bool = False) -> tuple[Asked, str] | None:
    """What records must hold to suggest how the last word goes on, and that word folded; None where it is too short to say.

    A Latin word tells something from its third letter on; what is written without spaces, from its first character on.
    """
    given = text[-CHARS_MAX:]
    runs = words(given).split()
    if not runs or given[-1:].isspace():
        return None
    last = runs[-1]
    if is_latin(last) and len(last) < PIECE_CHARS:
        return None
    way: Way = Head(last) if is_latin(last) else Phrase((last,))
    return Asked((((way,),),), kept=kept), last


def _term(chunk: str) -> Term:
    """A word or phrase as it is written, as the value that it may be, and as a part of one."""
    runs = tuple(words(chunk).split())
    if not runs:
        return ()
    ways: list[Way] = [Phrase(runs)]
    if len(runs) == 1 and is_latin(runs[0]) and len(runs[0]) >= PIECE_CHARS:
        ways.append(Piece(runs[0]))
    if plain := plainly(chunk):
        ways.append(Phrase(tuple(words(plain).split())))
    return tuple(dict.fromkeys((*ways, *_exact(chunk))))


def _exact(text: str) -> Iterator[Way]:
    """The values that the text may be, by their keys and spelled in their normal form; a number also without its separators."""
    known = indicator_kinds()
    for value in guess(text, known):
        yield Mark(key_mark(value.key))
        if runs := tuple(words(value.value).split()):
            yield Phrase(runs)
        if (alone := known[value.kind].alone) is not None and len(part := alone(value.value)) >= DIGITS_MIN:
            yield Piece(part)
    folded = fold(text).strip()
    if _DIALLED.fullmatch(folded) is not None:
        digits = "".join(char for char in folded if char.isdecimal()).lstrip("0")  # what is dialled first at home
        if len(digits) >= DIGITS_MIN:
            yield Piece(digits)


def _day(name: str, value: str, at: int) -> Instant:
    try:
        day = date.fromisoformat(value)
        return Instant(int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000)
    except ValueError as fault:
        raise Malformed("search-day", filter=name, text=value[:40], at=at, form=f"{name}:2026-11-24") from fault


def _kind(value: str, at: int) -> str:
    known = sorted({name.partition("/")[0] for name, kind in kinds().items() if kind.texts is not None})
    stem = value.lower().partition("/")[0]
    if stem not in known:
        raise Malformed("search-kind-unknown", text=value[:40], at=at, known=known)
    return stem


def _issuer(value: str, at: int) -> str:
    try:
        return node_name(value.lower())
    except Malformed as fault:
        raise Malformed("search-node-name", text=value[:80], at=at, form="from:police.kr.example") from fault


# ---- what the question means ------------------------------------------------------------------------------------------


def way_in(way: Way, texts: str, values: Collection[str], marks: Collection[str]) -> bool:
    """Whether a page with these words (a space before and after), values and marks holds it: what an index has to find."""
    match way:
        case Phrase():
            return way.pattern in texts
        case Piece(text):
            return any(text in value for value in values)
        case Mark(token):
            return token in marks
        case Head(text):
            return f" {text}" in texts


def answers(page: Page, asked: Asked) -> bool:
    """Whether a page holds what is asked for."""
    if asked.since is not None and page.made < asked.since:
        return False
    if asked.until is not None and page.made >= asked.until:
        return False
    sides = [(f" {page.words} ", page.parts.split(), page.marks.split())]
    if asked.kept:
        sides.append((f" {page.kept} ", page.kept_parts.split(), []))
    return any(
        all(any(way_in(way, *side) for way in term for side in sides) for term in (*terms, *asked.only))
        for terms in asked.either
    )


def text_answers(texts: Iterable[str], asked: Asked) -> bool:
    """Whether these few texts, which stand in no index, hold what is asked for: a name, a title, a number."""
    folded = " ".join(f" {words(text)} " for text in texts)
    parts = [run for run in folded.split() if is_latin(run)]
    return any(
        bool(terms) and all(any(way_in(way, folded, parts, ()) for way in term) for term in terms)
        for terms in asked.either
    )
