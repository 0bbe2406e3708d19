"""One console for the tests of a module, asked in this process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from comity.faces.api.desk import desk_app
from comity.faces.console.app import above
from tests.console.asked import Asked
from tests.faces.routes.desks import TOKEN, Desks, opened_desks


@pytest.fixture(scope="session")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    with opened_desks(tmp_path_factory.mktemp("desks")) as made:
        yield made


@pytest.fixture
def asked(desks: Desks) -> Iterator[Asked]:
    """A browser's part, without the browser, as an officer who has logged in."""
    node = desks.kr.node
    client: TestClient[Any]
    with TestClient(
        above(desk_app(node.itself, TOKEN), node.itself, TOKEN), base_url="http://127.0.0.1:8711"
    ) as client:
        yield Asked(client, desks)
