"""What an import can't show: the inner storeys ask nobody for the time, for chance, for a file or for a prompt."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tracked import ROOT

HOUSE = ROOT / "src" / "comity"
INNER = sorted([*(HOUSE / "domain").rglob("*.py"), *(HOUSE / "flows").rglob("*.py"), *(HOUSE / "ports").rglob("*.py")])
BUILTINS = {"open", "print", "input", "breakpoint", "exec", "eval", "compile"}
CALLS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "uuid": {"uuid1", "uuid4", "uuid6", "uuid7", "getnode"},
    "sys": {"exit", "stdin", "stdout", "stderr"},
    "importlib": {"resources"},
}
FROM = {
    "uuid": {"uuid1", "uuid4", "uuid6", "uuid7", "getnode"},
    "urllib": {"request"},
    "urllib.request": {"*"},
    "importlib": {"resources"},
    "importlib.resources": {"*"},
}


def offences(source: str) -> Iterator[tuple[int, str]]:
    """(line, what) of every look at the outside world that no import contract sees."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BUILTINS:
            yield node.lineno, node.func.id
        elif isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            if node.attr in CALLS.get(owner, ()):
                yield node.lineno, f"{owner}.{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            barred = FROM.get(node.module or "", set())
            yield from ((node.lineno, f"{node.module}.{n.name}") for n in node.names if barred & {n.name, "*"})
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, n.name) for n in node.names if "*" in FROM.get(n.name, ()))


@pytest.mark.parametrize("file", INNER, ids=lambda file: file.relative_to(HOUSE).as_posix())
def test_an_inner_file_looks_at_nothing_outside(file: Path) -> None:
    assert list(offences(file.read_text())) == []


@pytest.mark.parametrize(
    "planted",
    [
        "from datetime import datetime\nat = datetime.now()",
        "import datetime\nat = datetime.datetime.now()",
        "from datetime import date\nat = date.today()",
        "import uuid\nname = uuid.uuid4()",
        "from uuid import uuid4",
        "import urllib.request",
        "from urllib import request",
        "from importlib.resources import files",
        "text = open('list.txt').read()",
        "print('found')",
        "import sys\nsys.stdout.write('found')",
    ],
)
def test_a_planted_look_outside_is_found(planted: str) -> None:
    assert len(list(offences(planted))) == 1


@pytest.mark.parametrize(
    "clean", ["at = world.clock.now()", "import uuid\nuuid.UUID(text)", "from urllib.parse import urlsplit"]
)
def test_what_comes_through_a_port_is_no_offence(clean: str) -> None:
    assert list(offences(clean)) == []
