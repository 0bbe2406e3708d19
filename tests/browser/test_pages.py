"""Every page of the console, in five languages, light and dark, on three widths: nothing axe-core objects to, nothing that sticks out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

import pytest

from tests.browser.desk import WIDTHS, Looked, Theme, clipped, overflowing, violations

LANGUAGES = ("en", "ko", "vi", "km", "zh")
THEMES: tuple[Theme, ...] = ("light", "dark")
# `{name}` is the id of the work of that name, see work.py. A new page is one more line.
PAGES = (
    "/desk/today",
    "/desk/requests",
    "/desk/requests?view=closed",
    "/desk/requests/{answered}",
    "/desk/requests/{received}",
    "/desk/requests/{draft}",
    "/desk/requests/{rescue}",
    "/desk/channels",
    "/desk/settings",
    "/desk/search?q=https://lure-hill.example/apply?id=4471",
    "/desk/search?q=a@b.example",
    "/desk/rescue",
    "/desk/rescue/new",
    "/desk/rescue/{rescue}",
    "/desk/reports",
    "/desk/reports/new",
    "/desk/reports/{report}",
    "/desk/requests/new?report={report}",
    "/desk/requests/{draft}/draft",
    "/desk/check",
    "/desk/signals",
    "/desk/signals/new",
    "/desk/signals/{signal}",
    "/desk/signals/{taken_back}",
    "/desk/people",
    "/desk/people/new",
    "/desk/account",
    "/desk/nothing-here",
)


def looks() -> Iterator[tuple[str, int, Theme, str]]:
    """Each page at each width in each theme, the languages by turns: every page is seen in all five, every pair somewhere."""
    languages = cycle(LANGUAGES)
    for path in PAGES:
        for width in WIDTHS:
            for theme in THEMES:
                yield path, width, theme, next(languages)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_at_every_width_in_both_themes(looked: Looked, path: str) -> None:
    found: dict[str, list[str]] = {}
    for width, theme, lang in [each[1:] for each in looks() if each[0] == path]:
        page = looked.open(looked.again(width, theme=theme, lang=lang), path.format(**looked.desk.named))
        if wrong := [*violations(page), *overflowing(page), *clipped(page)]:
            found[f"{width} {theme} {lang}"] = wrong
    looked.forgive(path == "/desk/nothing-here")
    assert found == {}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_telephone_in_every_language(looked: Looked, path: str) -> None:
    found: dict[str, list[str]] = {}
    for lang in LANGUAGES:
        page = looked.open(looked.again(360, theme="light", lang=lang), path.format(**looked.desk.named))
        if wrong := [*overflowing(page), *clipped(page)]:
            found[lang] = wrong
    looked.forgive(path == "/desk/nothing-here")
    assert found == {}


@pytest.mark.parametrize("path", ["/desk/today", "/desk/requests", "/desk/requests/{answered}", "/desk/settings"])
def test_a_page_holds_longer_texts_and_large_print(looked: Looked, path: str, stretched: None) -> None:
    real = path.format(**looked.desk.named)
    found = {}
    for width in (1440, 360):
        page = looked.open(looked.window(width), real)
        found[width] = [*overflowing(page), *clipped(page)]
    assert found == {1440: [], 360: []}


@pytest.mark.parametrize("path", ["/desk/today", "/desk/requests/{answered}", "/desk/login"])
def test_a_page_can_be_read_without_scripts(looked: Looked, path: str) -> None:
    page = looked.window(scripts=False, inside="login" not in path)
    looked.open(page, path.format(**looked.desk.named))
    assert page.locator("h1").inner_text() != ""
    assert page.locator("main").inner_text().count("\n") > 3
