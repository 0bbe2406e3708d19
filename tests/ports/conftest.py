"""Each test of a store runs on each of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.ports import (
    World,
)
from tests.worlds import node_world

STORES = ["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.pg)]


@pytest.fixture(params=STORES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def world(kind: str, tmp_path: Path) -> Iterator[World]:
    made = node_world(tmp_path / "a", "police.kr.example", "KR", None, None, store=kind)  # type: ignore[arg-type]
    yield made
    made.store.close()


@pytest.fixture
def far(kind: str, tmp_path: Path) -> Iterator[World]:
    made = node_world(tmp_path / "b", "taskforce.kh.example", "KH", None, None, store=kind, seed=9)  # type: ignore[arg-type]
    yield made
    made.store.close()
