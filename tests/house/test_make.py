"""Commands that are written down can be run: the Makefile explains every target, and no page names one that isn't there."""

from __future__ import annotations

import re

from tests.house.tracked import ROOT, texts

RULE = re.compile(r"^([a-z][a-z-]*):(?!=)(?:.*## (\S.*))?", re.MULTILINE)
# `make X` in a code span, or at the start of a line of a code block
SPOKEN = re.compile(r"(?:`|^ {0,8}(?:\$ )?)(?:[A-Z_]+=\S+ )*make ([a-z][a-z-]*)", re.MULTILINE)


def targets() -> dict[str, str]:
    return dict(RULE.findall((ROOT / "Makefile").read_text()))


def spoken(text: str) -> set[str]:
    return set(SPOKEN.findall(text))


def test_every_target_explains_itself() -> None:
    assert [name for name, said in targets().items() if not said] == []


def test_every_target_is_phony() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == set(targets())


def test_every_make_command_on_a_page_exists() -> None:
    pages = {path: text for path, text in texts().items() if path.endswith(".md")}
    assert {path: gone for path, text in pages.items() if (gone := spoken(text) - set(targets()))} == {}


def test_the_readme_shows_the_two_commands() -> None:
    assert {"demo", "test"} <= spoken((ROOT / "README.md").read_text())


def test_a_planted_command_is_found() -> None:
    assert spoken("Run `make dmeo`:\n\n    make tset\n    ONCE=1 make bnech\nmakes make sense") == {
        "dmeo",
        "tset",
        "bnech",
    }
