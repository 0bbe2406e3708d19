"""Every fault has its HTTP answer."""

from __future__ import annotations

import inspect

import msgspec
import pytest

from comity import errors
from comity.faces.api.problems import PROBLEMS, problem_of, problem_response

TREE = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.ComityError)]


def test_the_table_holds_every_class_of_the_tree_and_nothing_else() -> None:
    assert set(PROBLEMS) == set(TREE)


@pytest.mark.parametrize("kind", TREE)
def test_a_fault_is_told_as_a_problem_document(kind: type[errors.ComityError]) -> None:
    answer = problem_response(problem_of(kind("some-code", size=5)))
    told = msgspec.json.decode(answer.content)
    assert answer.media_type == "application/problem+json"
    assert told["status"] == answer.status_code == PROBLEMS[kind][0]
    assert told["code"] == "some-code"
    assert told["type"].startswith("urn:comity:problem:")
    assert told["title"]


@pytest.mark.parametrize("kind", [errors.NotFound, errors.Misconfigured, errors.Unreachable, errors.ComityError])
def test_what_a_caller_must_not_learn_is_left_out(kind: type[errors.ComityError]) -> None:
    assert "secret-place" not in problem_response(problem_of(kind("some-code", where="secret-place"))).content.decode()


def test_a_busy_node_says_when_to_come_back() -> None:
    assert int(problem_response(problem_of(errors.Busy("queue-full"))).headers["retry-after"]) > 0


def test_a_class_below_the_tree_takes_the_answer_of_its_nearest_ancestor() -> None:
    class Stray(errors.MalformedNote):
        """A class that the table doesn't know."""

    assert problem_of(Stray("x")).status == PROBLEMS[errors.MalformedNote][0]
