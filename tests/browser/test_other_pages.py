"""The other half of the pages of test_pages.py, looked at in the same way."""

from __future__ import annotations

import pytest

from tests.browser.desk import Looked
from tests.browser.pages import PAGES, faults


@pytest.mark.parametrize("path", PAGES[1::2])
def test_a_page_is_whole_in_every_language_at_every_width(walker: Looked, path: str) -> None:
    assert faults(walker, path) == {}
