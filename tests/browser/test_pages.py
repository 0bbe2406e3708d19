"""Every second page of the console, in five languages, light and dark, on three widths: nothing axe-core objects to, nothing sticks out.

The others are in test_other_pages.py, so that two workers share them.
"""

from __future__ import annotations

import pytest

from tests.browser.desk import Looked, clipped, overflowing
from tests.browser.pages import PAGES, faults


@pytest.mark.parametrize("path", PAGES[::2])
def test_a_page_is_whole_in_every_language_at_every_width(walker: Looked, path: str) -> None:
    assert faults(walker, path) == {}


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
