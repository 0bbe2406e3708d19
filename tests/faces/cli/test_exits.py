"""Every fault has its exit code and its words; what the API answers comes out as the same fault."""

from __future__ import annotations

import inspect
import string

import msgspec
import pytest
from litestar import Request as HttpRequest

from comity import errors
from comity.domain.terms import Reason, Refused
from comity.faces.api.asking import Asking, RefusedHere
from comity.faces.api.desk import _on_refusal
from comity.faces.api.problems import problem_of
from comity.faces.cli.app import modules
from comity.faces.cli.exits import EXITS, Failed, failed, failed_by, failed_there
from comity.faces.cli.wording import WORDS, lines_for

TREE = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.ComityError)]


def test_the_table_has_every_class_of_the_tree_and_no_other() -> None:
    assert set(EXITS) == set(TREE)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.NotFound, 1),
        (errors.Conflict, 1),
        (errors.Fenced, 1),
        (errors.BadProof, 1),
        (errors.Equivocation, 1),
        (errors.Misconfigured, 2),
        (errors.Malformed, 3),
        (errors.MalformedNote, 3),
        (errors.MalformedRecord, 3),
        (errors.Unreachable, 4),
        (errors.Busy, 4),
        (errors.UnknownKey, 5),
    ],
)
def test_exit_codes_are_those_that_are_documented(kind: type[errors.ComityError], code: int) -> None:
    assert failed(kind("anything")).exit_code == code


def test_a_refusal_ends_with_one() -> None:
    assert failed_by(Refused((Reason("not-now"),))).exit_code == 1


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_a_fault_is_the_same_whether_it_arose_here_or_behind_the_api(kind: type[errors.ComityError]) -> None:
    fault = kind("some-code", where="here")
    problem = msgspec.structs.replace(problem_of(fault), facts=fault.facts)
    there = failed_there(problem.status, msgspec.json.decode(msgspec.json.encode(problem)))
    assert (there.kind, there.code, there.facts) == (kind, "some-code", {"where": "here"})


def test_a_refusal_keeps_every_reason_on_its_way_through_the_api() -> None:
    no = Refused((Reason("not-now", {"until": "noon"}), Reason("not-here")))
    nobody: Asking = HttpRequest({"type": "http"})  # type: ignore[arg-type]  # nobody acts, so no journal
    answer = _on_refusal(nobody, RefusedHere(no.reasons))
    assert failed_there(422, msgspec.json.decode(answer.content)) == failed_by(no)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, errors.NotFound),
        (405, errors.Malformed),
        (413, errors.Malformed),
        (403, errors.Misconfigured),
        (500, errors.ComityError),
    ],
)
def test_an_answer_without_a_document_of_ours_still_has_a_place(status: int, kind: type[errors.ComityError]) -> None:
    assert failed_there(status, {}).kind is kind


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_a_code_without_words_is_told_with_its_class_its_facts_and_a_way_out(kind: type[errors.ComityError]) -> None:
    ((what, mend),) = lines_for(failed(kind("never-heard-of", where="over there")), WORDS)
    assert "never heard of" in what
    assert "over there" in what
    assert mend


def test_every_reason_of_a_refusal_has_a_line() -> None:
    no = failed_by(Refused((Reason("fingerprint-not-given"), Reason("never-heard-of", {"x": 1}))))
    (known, mend), (unknown, _) = lines_for(no, WORDS)
    assert known.startswith("No fingerprint")
    assert "--fingerprint" in mend
    assert "never heard of (x: 1)" in unknown


def _all_words() -> dict[str, tuple[str, str]]:
    return {**WORDS, **{code: told for module in modules() for code, told in getattr(module, "WORDS", {}).items()}}


@pytest.mark.parametrize("code", sorted(_all_words()))
def test_words_say_what_and_how_to_mend_and_name_facts_plainly(code: str) -> None:
    what, mend = _all_words()[code]
    assert what
    assert mend or code not in WORDS  # what the law says no to may have no way out
    named = [name for text in (what, mend) for _, name, spec, _ in string.Formatter().parse(text) if name is not None]
    assert all(name.isidentifier() or name == "for" for name in named)


def test_a_fact_that_is_missing_shows_its_place() -> None:
    ((what, _),) = lines_for(Failed(errors.NotFound, "peer"), WORDS)
    assert what == "There is no peer {name}."
