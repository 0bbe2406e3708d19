"""Each dependency has its page entry with all four answers, and no entry outlives its dependency."""

from __future__ import annotations

import re

from tests.house.test_locks import asked
from tests.house.tracked import ROOT

ANSWERS = ("Without it", "Kept by", "Pulls in", "Leaving")


def entries() -> dict[str, str]:
    """Name -> text of its section in docs/dependencies.md."""
    parts = re.split(r"^### (\S+).*$", (ROOT / "docs" / "dependencies.md").read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_dependency_is_accounted_for_and_nothing_else() -> None:
    assert set(entries()) == asked(dev=True)


def test_every_account_gives_all_four_answers() -> None:
    assert {
        name: gone for name, text in entries().items() if (gone := [a for a in ANSWERS if f"**{a}:** " not in text])
    } == {}
