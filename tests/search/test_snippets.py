"""What is shown beside a hit is the text as it was written, and what is marked in it is what was asked for."""

from __future__ import annotations

import unicodedata

import pytest

from comity.domain.record.opened import Said
from comity.domain.search import completions, read_query, snippet, words


def marked(text: str, question: str, kind: str | None = None) -> list[str]:
    shown = snippet([Said("/narrative", text, kind)], read_query(question))
    assert shown is not None
    assert all(0 <= start < stop <= len(shown.text) for start, stop in shown.spans)
    return [shown.text[start:stop] for start, stop in shown.spans]


@pytest.mark.parametrize(
    ("text", "question", "found"),
    [
        ("캄보디아 고수익 해외취업 모집", "해외", ["해외"]),
        (unicodedata.normalize("NFD", "투자 사기 피해"), "사기", [unicodedata.normalize("NFD", "사기")]),
        ("Lừa đảo, lừa đảo!", "lua", ["Lừa", "lừa"]),
        ("ឆបោក\u200bតាម\u200bអ៊ីនធឺណិត", "ឆបោកតាម", ["ឆបោក\u200bតាម"]),
        ("ＫａｋａｏＴａｌｋ 오픈채팅", "kakaotalk", ["ＫａｋａｏＴａｌｋ"]),
        ("护照被扣押，无法离开", '"扣押 无法"', ["扣押，无法"]),
        ("월500만원 지급", "500만", ["500만"]),
        ("call +82 (0)10-5550-1234 now", "1055501234", ["+82 (0)10-5550-1234"]),
        ("They can't leave", "can't", ["can't"]),
    ],
)
def test_what_was_found_is_marked_where_it_stands(text: str, question: str, found: list[str]) -> None:
    assert marked(text, question) == found


def test_a_value_is_marked_whole_or_by_its_part() -> None:
    assert marked("mylureshop.example", "reshop", "domain") == ["reshop"]
    assert marked("https://jobs.lure.example/apply", "hxxps://jobs[.]lure[.]example/apply", "url") == [
        "https://jobs.lure.example/apply"
    ]


def test_the_text_with_most_of_it_is_shown_and_cut_around_what_was_found() -> None:
    long = "word " * 100 + "scam compound near the border " + "word " * 100
    said = [Said("/category", "scam"), Said("/narrative", long)]
    shown = snippet(said, read_query("scam compound"))
    assert shown is not None
    assert (shown.pointer, shown.cut_before, shown.cut_after) == ("/narrative", True, True)
    assert shown.text in long
    assert [shown.text[a:b] for a, b in shown.spans] == ["scam", "compound"]
    assert len(shown.text) <= 160


def test_without_a_text_there_is_nothing_to_show() -> None:
    assert snippet([], read_query("scam")) is None


def test_suggestions_are_words_that_begin_so() -> None:
    said = [Said("/narrative", "Scam scams SCAMMER escaped; 해외취업 해외"), Said("/by", "x" * 30)]
    assert set(completions(said, "scam")) == {"scam", "scams", "scammer"}
    assert set(completions(said, "해")) == {"해외취업", "해외"}
    assert set(completions(said, "xxx")) == set()
    assert words("Scam") == "scam"
