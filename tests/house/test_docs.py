"""Pages lead somewhere: links resolve, the index names every page, decisions have all their parts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.tracked import ROOT

DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
PARTS = ["Context", "Options", "Choice", "Cost", "What would change our mind"]


def local_links(page: Path) -> list[str]:
    prose = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(), flags=re.DOTALL)
    return [link for link in LINK.findall(prose) if "://" not in link and not link.startswith("mailto:")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_on_a_page_leads_to_a_file(page: Path) -> None:
    assert [link for link in local_links(page) if not (page.parent / link).exists()] == []


def test_the_index_names_every_page() -> None:
    named = {(DOCS / link).resolve() for link in local_links(DOCS / "README.md")}
    assert {page for page in DOCS.rglob("*.md") if page.resolve() not in named} <= {DOCS / "README.md"}


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_all_its_parts(page: Path) -> None:
    assert re.findall(r"^## (.+)$", page.read_text(), re.MULTILINE) == PARTS


def test_decisions_are_numbered_without_gaps() -> None:
    assert [page.name[:4] for page in DECISIONS] == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]
