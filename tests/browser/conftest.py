"""One node with a fictional desk, served on loopback, and one browser, for all tests of a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from comity.faces.console import render, words
from tests.browser import find
from tests.browser.desk import Looked, ServedDesk, served_desk


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedDesk]:
    with served_desk(tmp_path_factory.mktemp("console")) as made:
        yield made


@pytest.fixture(scope="module")  # the driver has a loop in this thread; it must have ended when other tests run theirs
def chromium(browser_path: Path) -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(browser_path), args=list(find.ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def stretched(monkeypatch: pytest.MonkeyPatch) -> None:
    """English, every text longer by two fifths."""
    longer = {**words.book(), "en": words.stretched(words.book()["en"])}
    monkeypatch.setattr(render, "book", lambda: longer)


@pytest.fixture
def looked(chromium: Browser, desk: ServedDesk) -> Iterator[Looked]:
    """Opens pages as an officer who has logged in; at the end no page may have complained or asked another origin."""
    look = Looked(chromium, desk)
    yield look
    look.close()
    assert look.complaints == []


@pytest.fixture(scope="module")
def walker(chromium: Browser, desk: ServedDesk) -> Iterator[Looked]:
    """An officer who goes from page to page in one window; whoever uses it looks at its complaints."""
    look = Looked(chromium, desk)
    yield look
    look.close()
