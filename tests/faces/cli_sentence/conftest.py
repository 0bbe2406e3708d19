"""Two nodes that run, over TLS on loopback, and a command line for each side."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from comity.faces.api.serve import serving
from comity.faces.cli.app import run
from comity.node.assembly import open_node
from comity.node.presence import read_token
from tests.faces.routes.desks import introduced

PATIENCE_S = 40.0


@dataclass(frozen=True)
class Officer:
    """Somebody at a node's command line."""

    home: Path
    name: str
    capsys: pytest.CaptureFixture[str]

    def types(self, *words: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        self.capsys.readouterr()
        code = run([*words, "--home", str(self.home), "--as", self.name])
        told = self.capsys.readouterr()
        return code, told.out, told.err

    def says(self, *words: str) -> str:
        """What a command that succeeds prints."""
        code, out, err = self.types(*words)
        assert code == 0, (words, out, err)
        return out

    def asks(self, *words: str) -> Any:
        """The same as data."""
        return json.loads(self.says(*words, "--json"))

    def is_refused(self, *words: str, code: int = 1) -> str:
        """What a command that doesn't succeed says on stderr."""
        got, out, err = self.types(*words)
        assert got == code, (words, got, out, err)
        return err

    def waits_for(self, *words: str, until: Callable[[Any], bool]) -> Any:
        """The answer, once it is so."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            answer = self.asks(*words)
            if until(answer):
                return answer
            assert time.monotonic() < deadline, answer
            time.sleep(0.1)


@dataclass(frozen=True)
class Officers:
    """Kim drafts and Lee approves in Korea; Sok answers in Cambodia."""

    kim: Officer
    lee: Officer
    sok: Officer


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """Homes of two nodes that run in threads of this process: real sockets, real certificates, real pulling."""
    configs = introduced(tmp_path_factory.mktemp("pair"))
    with ExitStack() as stack:
        for config in configs:
            node = stack.enter_context(open_node(config))
            stack.enter_context(serving(node, read_token(config)))
        yield configs[0].home, configs[1].home


@pytest.fixture
def officers(homes: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> Officers:
    kr, kh = homes
    return Officers(
        Officer(kr, "김 (fictional)", capsys),
        Officer(kr, "lee (fictional)", capsys),
        Officer(kh, "sok (fictional)", capsys),
    )
