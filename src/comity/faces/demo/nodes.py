"""The nodes as processes: started together, ended together, none left behind."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from comity.config import read_config
from comity.errors import Misconfigured
from comity.faces.demo.home import Home
from comity.faces.demo.story import Actor
from comity.node.presence import running

START_S = 60.0
STOP_S = 20.0
LOOK_S = 0.05


@contextmanager
def nodes_running(
    home: Home, actors: tuple[Actor, ...], port_base: int, *, ready: Callable[[Actor, int], None]
) -> Iterator[None]:
    """Inside the block all of them run; afterwards none does.

    ready   told of each node once its desk answers, with the milliseconds since the start
    Misconfigured when one doesn't start, with the last line that it wrote.
    """
    began = time.monotonic()
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for who in actors:
            children[who.key] = _start(home, who, port_base)
        for who in _as_they_answer(home.path, actors, children, began + START_S):
            ready(who, round((time.monotonic() - began) * 1000))
        yield
    finally:
        _end(children)


def log_of(home: Path, key: str) -> Path:
    """What a node writes while it runs."""
    return home / f"{key}.log"


def _start(home: Home, who: Actor, port_base: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "comity.faces.demo.child", str(home.path / who.key), who.key, str(port_base)]
    with open(log_of(home.path, who.key), "ab") as log:
        # A group of its own: a Ctrl-C at the terminal is for the parent, which ends its nodes in order.
        return subprocess.Popen(  # noqa: S603  our own interpreter and our own words
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True, pass_fds=(home.lock,)
        )


def _as_they_answer(
    home: Path, actors: tuple[Actor, ...], children: dict[str, subprocess.Popen[bytes]], until: float
) -> Iterator[Actor]:
    waiting = list(actors)
    while waiting:
        for who in list(waiting):
            if children[who.key].poll() is not None or time.monotonic() > until:
                raise Misconfigured("demo-node-did-not-start", node=who.name, **_last_words(home, who.key))
            if _answers(home / who.key):
                waiting.remove(who)
                yield who
        time.sleep(LOOK_S)


def _answers(home: Path) -> bool:
    return (home / "node.json").exists() and running(read_config(home, {})) is not None


def _last_words(home: Path, key: str) -> dict[str, str]:
    log = log_of(home, key)
    lines = log.read_text("utf-8", errors="replace").splitlines() if log.exists() else []
    return {"why": lines[-1][:300] if lines else "", "log": str(log)}


def _end(children: dict[str, subprocess.Popen[bytes]]) -> None:
    """Asks all of them, then waits for each; who doesn't listen is ended hard. Only processes started here."""
    for child in children.values():
        child.terminate()
    until = time.monotonic() + STOP_S
    for child in children.values():
        try:
            child.wait(max(until - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stdin is not None:
            child.stdin.close()
