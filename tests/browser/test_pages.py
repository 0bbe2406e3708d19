"""Every page of the console, in five languages, light and dark, on three widths: nothing axe-core objects to, nothing that sticks out."""

from __future__ import annotations

from collections.abc import Iterator

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
    "/desk/requests/{freeze}",
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
    "/desk/basis",
    "/desk/basis/offences",
    "/desk/clocks",
    "/desk/check",
    "/desk/signals",
    "/desk/signals/new",
    "/desk/signals/{signal}",
    "/desk/signals/{taken_back}",
    "/desk/custody",
    "/desk/custody/{order}",
    "/desk/custody/{proposal}",
    "/desk/custody/{signal}",
    "/desk/custody/{signal}/amend",
    "/desk/custody/{told_signal}",
    "/desk/people",
    "/desk/people/new",
    "/desk/account",
    "/desk/journal",
    "/desk/journal?view=two",
    "/desk/journal?view=emergency",
    "/desk/journal?view=check",
    "/desk/oversight",
    "/desk/oversight/acts/{asked}",
    "/desk/subject-access",
    "/desk/subject-access/{access}",
    "/desk/cases",
    "/desk/cases/{case}",
    "/desk/emergency",
    "/desk/context",
    "/desk/requests/{gated}/rights",
    "/desk/nothing-here",
)


def looks(path: str) -> Iterator[tuple[str, int, Theme]]:
    """A page in each language, with the width and the theme at which axe-core reads it: six pairs that go on from page to page."""
    pairs = [(width, theme) for width in WIDTHS for theme in THEMES]
    for number, lang in enumerate(LANGUAGES):
        yield lang, *pairs[(PAGES.index(path) + number) % len(pairs)]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_in_every_language_at_every_width(looked: Looked, path: str) -> None:
    found: dict[str, list[str]] = {}
    for lang, read_at, theme in looks(path):
        page = looked.open(looked.again(read_at, theme=theme, lang=lang), path.format(**looked.desk.named))
        if wrong := violations(page):
            found[f"{lang} {read_at} {theme}"] = wrong
        for width in WIDTHS:
            looked.again(width, theme=theme, lang=lang)
            if wrong := [*overflowing(page), *clipped(page)]:
                found[f"{lang} {width}"] = wrong
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
