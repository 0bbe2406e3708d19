"""Search: what of a record can be found, what a question means, and what is shown beside a hit. The same rules for every store."""

from comity.domain.search.fold import BREAK, VERSION, fold, is_latin, mapped, words
from comity.domain.search.page import Page, is_kept, page_of, said_in
from comity.domain.search.query import (
    Asked,
    Head,
    Mark,
    Phrase,
    Piece,
    Term,
    Way,
    answers,
    read_query,
    read_start,
    text_answers,
    way_in,
)
from comity.domain.search.snippet import Snippet, completions, snippet
from comity.domain.search.tokens import PIECE_CHARS

__all__ = [
    "BREAK",
    "PIECE_CHARS",
    "VERSION",
    "Asked",
    "Head",
    "Mark",
    "Page",
    "Phrase",
    "Piece",
    "Snippet",
    "Term",
    "Way",
    "answers",
    "completions",
    "fold",
    "is_kept",
    "is_latin",
    "mapped",
    "page_of",
    "read_query",
    "read_start",
    "said_in",
    "snippet",
    "text_answers",
    "way_in",
    "words",
]
