"""Every reason that a flow can give has words in five languages: the codes are looked for in the source, so that a new one can't be forgotten."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

import comity
from comity.faces.console.words import LANGUAGES, book

HOUSE = Path(comity.__file__).parent
MADE_BY = {"Reason": 0, "finding": 0, "objection": 0, "_because": 1}
"""What makes a reason, and which of its arguments is the code."""
AT_START = {
    "adapters/catalog/files.py",
    "domain/access/role.py",
    "domain/law/book.py",
    "domain/law/cases.py",
    "domain/law/rights.py",
    "domain/request/machine.py",
}
"""These say what is wrong with the catalog's own files, before the node starts: a maintainer reads them, in English."""
PASSED_ON = {
    ("domain/action/done.py", "code"),
    ("domain/law/draft.py", "code"),
    ("domain/law/grounds.py", "code"),
    ("domain/law/grounds.py", "why.code"),
    ("domain/law/lint.py", "reason.code"),
    ("domain/law/opening.py", "opener"),  # a step that would open a route: told in words of its own
    ("faces/console/pages/drafting.py", "r.code"),
    ("faces/console/pages/request.py", "r.code"),
    ("faces/console/pages/people.py", "code"),
}
"""(file, expression): the code comes from a reason of elsewhere, where it is found, or is told in words of its own."""
FAULT = "fault.code"
"""The code of a fault: told as it stands, in words of its own where there are any."""


def calls(node: ast.AST, around: ast.AST) -> Iterator[tuple[ast.expr, ast.AST]]:
    """(the code's expression, the function around it)"""
    for inside in ast.iter_child_nodes(node):
        yield from calls(inside, inside if isinstance(inside, ast.FunctionDef) else around)
    if isinstance(node, ast.Call):
        number = MADE_BY.get(getattr(node.func, "id", getattr(node.func, "attr", "")))
        if number is not None and len(node.args) > number:
            yield node.args[number], around


def constants(code: ast.expr, around: ast.AST) -> list[str]:
    """What the expression can be, where that can be read."""
    if isinstance(code, ast.Constant):
        return [str(code.value)]
    if isinstance(code, ast.IfExp):
        return [*constants(code.body, around), *constants(code.orelse, around)]
    if isinstance(code, ast.Name):
        return [
            text
            for each in ast.walk(around)
            if isinstance(each, ast.Assign) and any(getattr(target, "id", "") == code.id for target in each.targets)
            for text in constants(each.value, around)
        ]
    return []


@lru_cache(maxsize=1)
def found() -> tuple[dict[str, str], set[tuple[str, str]]]:
    """(code -> a file that gives it, what couldn't be read)"""
    codes: dict[str, str] = {}
    unread: set[tuple[str, str]] = set()
    for file in sorted(HOUSE.rglob("*.py")):
        name = file.relative_to(HOUSE).as_posix()
        if name in AT_START:
            continue
        text = file.read_text()
        if not any(f"{maker}(" in text for maker in MADE_BY):
            continue
        tree = ast.parse(text)
        for code, around in calls(tree, tree):
            texts = constants(code, around)
            codes |= dict.fromkeys(texts, name)
            if not texts and ast.unparse(code) != FAULT:
                unread.add((name, ast.unparse(code)))
    return codes, unread


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_has_its_words(lang: str) -> None:
    codes, _ = found()
    words = book()[lang]
    assert {code: where for code, where in codes.items() if not words.has(f"reason.{code}")} == {}


def test_every_code_is_read_or_known_to_come_from_elsewhere() -> None:
    assert found()[1] - PASSED_ON == set()


def test_no_words_are_kept_for_a_reason_that_nobody_gives() -> None:
    codes, _ = found()
    faults = {"rights-gate", "value-of-no-kind"}
    kept = {key.removeprefix("reason.") for key in book()["en"].texts if key.startswith("reason.")}
    assert kept - set(codes) - faults == set()


def test_the_search_finds_what_it_should() -> None:
    codes, _ = found()
    assert len(codes) > 200
    assert {"four-eyes", "reason-missing", "event-is-no-action", "row-from-memory", "member-open"} <= set(codes)
