"""Whatever the node notices has words: no page shows a code."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from comity.faces.console.words import book
from tests.house.tracked import ROOT


def kinds() -> Iterator[str]:
    """The kind of every notice that the source makes, where it stands there as a word."""
    for file in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Noticed" and len(node.args) > 2:
                kind = node.args[2]
                if isinstance(kind, ast.Constant):
                    yield str(kind.value)


def test_every_notice_has_words_in_every_language() -> None:
    found = set(kinds())
    assert len(found) > 40
    lacking = {(lang, kind) for lang, told in book().items() for kind in found if f"notice.{kind}" not in told.texts}
    assert lacking == set()
