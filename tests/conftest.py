"""What all tests share: where the public data lie, and the rule that a missing thing is said, never swallowed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests import postgres
from tests.browser import find

hypothesis.settings.register_profile("comity", deadline=None)  # tests count work; a busy machine is no fault
hypothesis.settings.load_profile("comity")

LONG = ("browser", "story", "demo", "faults", "line", "restore", "model", "evidence", "node", "record")
"""Folders of tests that take long, the longest first."""
REQUIRED = {word for word in os.environ.get("COMITY_REQUIRE", "").split(",") if word}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that nobody is left alone with it at the end."""
    here = Path(__file__).parent

    def turn(item: pytest.Item) -> int:
        folder = item.path.relative_to(here).parts[0]
        return LONG.index(folder) if folder in LONG else len(LONG)

    items.sort(key=turn)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the public data and vectors: `$COMITY_SHARED/data`, else `../shared/data` beside the checkout."""
    root = Path(os.environ.get("COMITY_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    if not (root / "data").is_dir():
        message = f"public data not found at {root / 'data'}; set COMITY_SHARED to the folder that holds data/"
        if "shared" in REQUIRED:
            pytest.fail(message)
        pytest.skip(message)
    return root / "data"


@pytest.fixture(autouse=True)
def _postgres(request: pytest.FixtureRequest) -> Iterator[None]:
    """For tests marked `pg`: a server is there, and the databases that the test used are empty again after it."""
    if request.node.get_closest_marker("pg") is None:
        yield
        return
    _must_have_postgres()
    yield
    postgres.server().wipe()


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[postgres.Server]:
    """For nodes that all tests of a module share: their databases are empty again after the last of these tests."""
    _must_have_postgres()
    yield postgres.server()
    postgres.server().wipe()


@pytest.fixture(scope="session")
def browser_path() -> Path:
    """The browser that pages are looked at with; `make test` gets one where there is none."""
    path = find.found()
    if path is None:
        message = "no browser for tests: install chromium, name one in COMITY_BROWSER, or run .ci/browser.py"
        if "browser" in REQUIRED:
            pytest.fail(message)
        pytest.skip(message)
    return path


def _must_have_postgres() -> None:
    if postgres.MISSING:
        message = f"no PostgreSQL server for tests: {', '.join(postgres.MISSING)} not installed"
        if "pg" in REQUIRED:
            pytest.fail(message)
        pytest.skip(message)
