"""Every question is answered exactly as by somebody who reads all records: on each store, letter by letter, in five languages."""

from __future__ import annotations

import pytest

from comity.domain.ledger import Lane
from comity.domain.search import Asked, read_query
from comity.ports import Place, World
from tests.search.corpus import Written, corpus, sealed
from tests.search.questions import KEPT, QUESTIONS, Rule
from tests.worlds import channel_to, letter


def filled(here: World) -> list[Written]:
    """The corpus, kept as letters of our own, some at once and some one by one; each knows its id."""
    origin = channel_to(here, "taskforce.kh.example", Lane.BULK, "1" * 16).origin
    records = corpus()
    letters = []
    for written in records:
        one = sealed(here, written.body)
        written.ids.append(one.id)
        letters.append(letter(origin, one))
    here.store.keep(letters[:40])
    for each in letters[40:50]:
        here.store.keep([each])
    here.store.keep(letters[50:])
    return records


def found(here: World, asked: Asked, limit: int = 7) -> list[str]:
    """Ids of all hits, page by page."""
    ids: list[str] = []
    after: Place | None = None
    while True:
        page = here.store.searched(asked, limit, after)
        ids += [hit.header.id for hit in page.found]
        assert page.exact
        after = page.after
        if after is None:
            assert page.count == len(ids)
            return ids


def test_there_are_sixty_questions_and_most_find_something_and_not_everything() -> None:
    records = corpus()
    counts = {question: sum(map(rule, records)) for question, rule in QUESTIONS.items()}
    assert len(QUESTIONS) >= 60
    assert sum(0 < count < len(records) for count in counts.values()) >= 60, counts


def test_every_question_is_answered_exactly(world: World) -> None:
    records = filled(world)
    wrong = {}
    for question, rule in QUESTIONS.items():
        want = _expected(records, rule)
        got = found(world, read_query(question))
        if got != want:
            wrong[question] = (sorted(set(got) - set(want)), sorted(set(want) - set(got)))
    assert wrong == {}


def test_who_suffers_is_found_by_those_who_may_read_it(world: World) -> None:
    records = filled(world)
    for question, rule in KEPT.items():
        assert found(world, read_query(question, kept=True)) == _expected(records, rule), question
    assert found(world, read_query("Kampot 모집", kept=True)) == _expected(
        records, lambda written: KEPT["Kampot"](written) and QUESTIONS["모집"](written)
    )


def _expected(records: list[Written], rule: Rule) -> list[str]:
    """The last ones filed first."""
    return [written.ids[0] for written in reversed(records) if rule(written)]


@pytest.mark.parametrize("question", ["집", "scam", "kind:report"])
def test_pages_neither_repeat_nor_pass_over(world: World, question: str) -> None:
    filled(world)
    whole = [hit.header.id for hit in world.store.searched(read_query(question), 500).found]
    assert found(world, read_query(question), 3) == whole
    assert len(set(whole)) == len(whole) > 3
