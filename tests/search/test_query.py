"""A question is read, or what can't be read in it is told with its place and a form that would do."""

from __future__ import annotations

import pytest

from comity.domain.search import Mark, Phrase, Piece, read_query, read_start
from comity.errors import Malformed


@pytest.mark.parametrize(
    ("question", "code", "fact"),
    [
        ("", "search-empty", "form"),
        ("  ?! ", "search-empty", "form"),
        ("kind:report …", "search-empty", "form"),
        ('scam "half a phrase', "search-quote-open", "at"),
        ("kind:nonsense", "search-kind-unknown", "known"),
        ("scam kind:roster", "search-kind-unknown", "known"),
        ("before:yesterday", "search-day", "form"),
        ("after:2026-02-30 scam", "search-day", "form"),
        ("from:NOT_A_NODE", "search-node-name", "form"),
        ("x" * 401, "search-too-long", "characters_max"),
        (" ".join(map(str, range(17))), "search-too-many-words", "words_max"),
    ],
)
def test_what_cant_be_read_is_told(question: str, code: str, fact: str) -> None:
    with pytest.raises(Malformed) as told:
        read_query(question)
    assert told.value.code == code
    assert fact in told.value.facts


def test_the_place_of_a_fault_is_told() -> None:
    with pytest.raises(Malformed) as told:
        read_query("scam before:soon")
    assert told.value.facts["at"] == 6


def test_a_word_with_a_colon_is_a_word_unless_it_names_a_filter() -> None:
    ((term,),) = read_query("note:this").either
    assert term == (Phrase(("note", "this")),)


def test_filters_alone_are_a_question() -> None:
    asked = read_query("kind:report after:2026-11-24 before:2026-11-26")
    assert asked.either == ((),)
    assert asked.since is not None
    assert asked.until is not None
    assert asked.until - asked.since == 86_400_000


def test_a_value_is_asked_for_by_its_key_and_by_its_words() -> None:
    ((term,),) = read_query("lure[.]example").either
    assert {type(way) for way in term} == {Phrase, Mark}
    ((part,),) = read_query("lure").either
    assert part == (Phrase(("lure",)), Piece("lure"))


@pytest.mark.parametrize(("typed", "start"), [("sca", "sca"), ("two wor", "wor"), ("해", "해"), ("LỪA", "lua")])
def test_suggestions_begin_where_a_word_tells_something(typed: str, start: str) -> None:
    found = read_start(typed)
    assert found is not None
    assert found[1] == start


@pytest.mark.parametrize("typed", ["", "sc", "scam ", "…"])
def test_too_little_suggests_nothing(typed: str) -> None:
    assert read_start(typed) is None
