"""What an index holds of a page, and what a question asks of it: the same rules on both sides, so that both stores are exact.

A Latin run is one token. Any other run is all its pairs of neighbours, then its last character alone: that closing one keeps a
question from reaching across the end of a run. Beside them stand, each behind a sign that is no letter:

    ·x      a character that occurs in a run that isn't Latin         for questions of one character
    ·abc    three neighbours in a value: a handle, domain, wallet     for questions that are a part of one
    ›abc    the first three characters of a Latin run                 for suggestions
    ¤…      what the record is: kind, issuer, month, keys of values   for filters and exact look-up
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from comity.domain.search.fold import BREAK, is_latin

PIECE_CHARS: Final = 3
BETWEEN: Final = "··"


def run_tokens(run: str) -> list[str]:
    """Of one run that is closed at both ends."""
    if is_latin(run) or len(run) == 1:
        return [run]
    return [*(run[at : at + 2] for at in range(len(run) - 1)), run[-1]]


def word_tokens(text: str) -> Iterator[str]:
    """Of what `words` gives; texts are kept apart by BREAK. In their order, then what stands for itself."""
    runs = text.split()
    for run in runs:
        if run == BREAK:
            yield BETWEEN
        else:
            yield from run_tokens(run)
    yield BETWEEN
    other = {char for run in runs if run != BREAK and not is_latin(run) for char in run}
    yield from (BREAK + char for char in sorted(other))
    heads = {run[:PIECE_CHARS] for run in runs if is_latin(run) and len(run) >= PIECE_CHARS}
    yield from ("›" + head for head in sorted(heads))


def piece_tokens(values: str) -> Iterator[str]:
    """Of values with spaces between: three neighbours each, and a sign between two values."""
    for value in values.split():
        yield from pieces(value)
        yield BETWEEN


def pieces(value: str) -> list[str]:
    """All three neighbours of one value; none of a shorter one."""
    return [BREAK + value[at : at + PIECE_CHARS] for at in range(len(value) - PIECE_CHARS + 1)]
