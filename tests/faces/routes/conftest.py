"""Two desks, made once: every test adds to them, and none counts what others have added."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faces.routes.desks import Desks, opened_desks


@pytest.fixture(scope="session")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    with opened_desks(tmp_path_factory.mktemp("desks")) as made:
        yield made
