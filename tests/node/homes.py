"""Homes of fictional nodes for tests: made, introduced to each other, and run as processes of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comity.config import Config, fresh_config, read_config
from comity.domain.ledger import Lane
from comity.domain.terms import Actor, Granted, NodeName
from comity.faces.cli.client import Desk
from comity.flows.filing import channel_to
from comity.flows.roster import accept, fingerprint, invite
from comity.node.assembly import make_node, open_node
from comity.node.presence import read_token, running
from tests.worlds import letter, sealed_indicator

PATIENCE_S = 45.0
MODULES = Path(__file__).resolve().parents[2] / ".pytest_cache" / "modules"
"""Compiled modules of nodes that run as processes, kept between runs: compiling all of them takes longer than a start."""
ENTRY = "from comity.faces.cli.app import main; main()"


def officer(node: str) -> Actor:
    return Actor("Kim (fictional)", NodeName(node), "officer")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def fresh_home(home: Path, name: str = "police.kr.example", country: str = "KR") -> Config:
    """A node whose exchange listens on a free port of this machine."""
    port = free_port()
    config = fresh_config(
        home,
        name=name,
        country=country,
        title=f"{name} (fictional)",
        port=port,
        address=f"https://127.0.0.1:{port}",
    )
    make_node(config)
    return read_config(home, {})


def invitation(config: Config, to: str) -> bytes:
    with open_node(config) as node:
        return invite(node.world, NodeName(to), by=officer(config.name))


def admit(config: Config, raw: bytes) -> None:
    """The other side's officer has read the fingerprint out."""
    with open_node(config) as node:
        assert isinstance(accept(node.world, raw, fingerprint(raw), by=officer(config.name)), Granted)


def append(config: Config, to: str, count: int) -> None:
    """Writes fictional indicators for `to`, while the node doesn't run."""
    with open_node(config) as node:
        origin = channel_to(node.world, NodeName(to), Lane.URGENT)
        node.world.store.keep([letter(origin, sealed_indicator(node.world, n)) for n in range(count)])


@dataclass(frozen=True)
class Process:
    """A node that runs in a process of its own."""

    config: Config
    popen: subprocess.Popen[bytes]

    def desk(self) -> Desk:
        """A client of the desk, once the node can be found."""
        told = eventually(lambda: running(self.config))
        return Desk(told.desk, read_token(self.config), "Kim (fictional)")

    def end(self) -> int:
        """SIGTERM; the exit code."""
        self.popen.terminate()
        return self.popen.wait(30)


@contextmanager
def process(config: Config, cache: Path = MODULES) -> Iterator[Process]:
    """`comity node run` in that home. `cache` keeps compiled modules between starts."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("COMITY_", "PYTHONDONT"))},
        "PYTHONPYCACHEPREFIX": str(cache),
        "COMITY_PULL_EVERY_S": "1",
        "COMITY_PULL_PAUSE_MAX_S": "1",
    }
    with open(config.home / "run.log", "ab") as log:
        popen = subprocess.Popen(
            [sys.executable, "-c", ENTRY, "node", "run", "--home", str(config.home)], env=environment, stderr=log
        )
    try:
        yield Process(config, popen)
    finally:
        if popen.poll() is None:
            popen.kill()
            popen.wait()


def eventually(look: Callable[[], Any]) -> Any:
    """What `look` gives once it gives something."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come about")
