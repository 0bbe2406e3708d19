"""A test that can't fail is a defect: every test function holds something that can."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.house.tracked import ROOT

TESTS = ROOT / "tests"
MODULES = sorted(TESTS.rglob("test_*.py"))
# Functions of ours that answer nothing and raise when what they check doesn't hold.
RAISING = ("verify", "check_", "assert_")
PYTEST = {"raises", "warns", "fail", "deprecated_call"}
# "Nothing but these faults": whatever else is raised passes through and fails the test.
ONLY = {"suppress"}
SKIPPING = {"skip", "skipif", "xfail", "importorskip"}


def called(node: ast.AST) -> set[str]:
    """Last names of everything called below the node."""
    calls = (part.func for part in ast.walk(node) if isinstance(part, ast.Call))
    return {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}


def can_fail(function: ast.AST, local: dict[str, ast.AST], seen: frozenset[str] = frozenset()) -> bool:
    """True if the function asserts, expects a fault, or hands on to something that does."""
    if any(isinstance(part, ast.Assert) for part in ast.walk(function)):
        return True
    names = called(function)
    if names & (PYTEST | ONLY) or any(name.startswith(RAISING) for name in names):
        return True
    return any(can_fail(local[name], local, seen | {name}) for name in (names & set(local)) - seen)


def functions(tree: ast.AST) -> dict[str, ast.AST]:
    return {part.name: part for part in ast.walk(tree) if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)}


def known_to(file: Path) -> dict[str, ast.AST]:
    """Functions that a test module defines, or takes from another module of the tests."""
    tree = ast.parse(file.read_text())
    known: dict[str, ast.AST] = {}
    for part in ast.walk(tree):
        if isinstance(part, ast.ImportFrom) and (part.module or "").startswith("tests."):
            source = ROOT / f"{(part.module or '').replace('.', '/')}.py"
            if source.is_file():
                known |= functions(ast.parse(source.read_text()))
    return known | functions(tree)


def toothless(file: Path) -> list[str]:
    known = known_to(file)
    return [
        name
        for name in functions(ast.parse(file.read_text()))
        if name.startswith("test_") and not can_fail(known[name], known)
    ]


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.relative_to(TESTS).as_posix())
def test_every_test_can_fail(file: Path) -> None:
    assert toothless(file) == []


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.relative_to(TESTS).as_posix())
def test_a_module_of_tests_holds_tests(file: Path) -> None:
    tree = ast.parse(file.read_text())
    machines = [part for part in ast.walk(tree) if isinstance(part, ast.Attribute) and part.attr == "TestCase"]
    assert machines or any(name.startswith("test_") for name in functions(tree))


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.relative_to(TESTS).as_posix())
def test_no_test_excuses_itself(file: Path) -> None:
    """What may be missing is said once, in tests/conftest.py, where COMITY_REQUIRE turns it into a failure."""
    tree = ast.parse(file.read_text())
    marks = {
        part.attr
        for part in ast.walk(tree)
        if isinstance(part, ast.Attribute) and ast.unparse(part.value).startswith("pytest")
    }
    assert marks & SKIPPING == set()


def test_a_planted_toothless_test_is_found(tmp_path: Path) -> None:
    file = tmp_path / "test_planted.py"
    file.write_text(
        "def holds(x):\n    assert x\n\n"
        "def test_by_itself():\n    assert 1 + 1 == 2\n\n"
        "def test_by_another():\n    holds(3)\n\n"
        "def test_by_a_fault():\n    with pytest.raises(ValueError):\n        int('x')\n\n"
        "def test_of_nothing():\n    print('looks busy')\n"
    )
    assert toothless(file) == ["test_of_nothing"]
