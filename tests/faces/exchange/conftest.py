"""A writer with two readers, all listening."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from comity.domain.ledger import Lane, Peer
from tests.faces.exchange.nodes import Node, make_node, serving


@dataclass(frozen=True)
class Three:
    """`writer` writes `origin` for `reader` (305 records, signed at 3 and 305) and `secret` for `other`."""

    writer: Node
    reader: Node
    other: Node
    origin: str
    secret: str

    @property
    def peer(self) -> Peer:
        """The writer, as the reader's roster has it."""
        return self.writer.card()

    @property
    def path(self) -> str:
        return self.origin.removeprefix(self.writer.name)


def make_three(folder: Path) -> Three:
    writer = make_node(folder, "police.kr.example")
    reader = make_node(folder, "police.kh.example")
    other = make_node(folder, "exchange.sg.example")
    writer.accept(reader)
    writer.accept(other)
    origin, secret = writer.open_channel(reader.name, Lane.URGENT), writer.open_channel(other.name)
    writer.append(origin, 3)
    writer.append(origin, 302)
    writer.append(secret, 2)
    writer.open_channel(writer.name, Lane.DESK)
    return Three(writer, reader, other, origin, secret)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    """Shared by the tests of a module that only read."""
    made = make_three(tmp_path_factory.mktemp("three"))
    with serving(made.writer):
        yield made


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Three]:
    """For one test that changes things."""
    made = make_three(tmp_path)
    with serving(made.writer):
        yield made
