"""Folding: one form for every way of writing, found again in the text as it was written."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.domain.search import fold, mapped, words
from comity.domain.search.tokens import run_tokens, word_tokens
from tests.search.corpus import runs_of

SIGNS = "가각각ㄱㅏ한글ភ្នំពេញ\u200b\u200d\u00ad đĐơƯéạКйΑΆς℡ﬁＫａ柬埔寨①½゙か.,-_'\n"
TEXTS = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(SIGNS)), max_size=20)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert words(words(text)) == words(text)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_runs_are_those_of_the_definition_for_every_text_in_normal_use(text: str) -> None:
    settled = unicodedata.normalize("NFKC", text).casefold()
    assert words(settled).split() == [run for _, run in runs_of(settled)]


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_every_folded_character_knows_where_it_came_from(text: str) -> None:
    folded, spans = mapped(text)
    assert folded == words(text)
    assert len(spans) == len(folded)
    places = [span for char, span in zip(folded, spans, strict=True) if char != " "]
    assert all(0 <= start < stop <= len(text) for start, stop in places)
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Đỗ Ｋａｋａｏ", "do kakao"),
        ("LỪA ĐẢO", "lua dao"),
        (unicodedata.normalize("NFD", "해외취업"), "해외취업"),
        ("ឆបោក\u200bតាម", "ឆបោកតាម"),
        ("월500만원", "월 500 만원"),
        ("soft\u00adhyphen", "softhyphen"),
        ("℡ ﬁne", "tel fine"),
    ],
)
def test_ways_of_writing_come_to_one(written: str, folded: str) -> None:
    assert words(written) == folded


def test_pairs_and_a_closing_one() -> None:
    assert run_tokens("가나다") == ["가나", "나다", "다"]
    assert run_tokens("zalo") == ["zalo"]
    assert list(word_tokens(words("모집\u200b공고, Zalo"))) == [
        "모집", "집공", "공고", "고", "zalo", "··", "·고", "·공", "·모", "·집", "›zal",
    ]  # fmt: skip
