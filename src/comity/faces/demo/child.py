"""One node of the demo as a process of its own: made at the first start, then run until told to end or orphaned.

    python -m comity.faces.demo.child HOME KEY PORT_BASE

Its standard input is a pipe that its parent holds open: when that closes, for whatever reason, the node ends.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path

from comity.config import FILE_NAME, WitnessTable, fresh_config, read_config
from comity.errors import ComityError
from comity.faces.api.serve import serving
from comity.faces.console.app import above
from comity.faces.demo.ports import ports_of
from comity.faces.demo.story import story
from comity.node.assembly import make_node, open_node
from comity.node.presence import read_token


def main(home: Path, key: str, port_base: int) -> int:
    """Runs the node; 2 and one line on stderr when it can't."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    threading.Thread(target=_watch_parent, args=(ending,), name="parent", daemon=True).start()
    try:
        _make(home, key, port_base)
        # Without the environment: settings for another node there must not bend this one.
        config = read_config(home, {})
        with open_node(config) as node, serving(node, read_token(config), above):
            ending.wait()
    except ComityError as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    return 0


def _make(home: Path, key: str, port_base: int) -> None:
    if (home / FILE_NAME).exists():
        return
    who, ports = story().actor(key), ports_of(key, port_base)
    config = fresh_config(
        home,
        name=who.name,
        country=who.country,
        title=who.title,
        port=ports.exchange,
        # The name is not to be found in any directory; the certificate bears it all the same, and is pinned.
        address=f"https://127.0.0.1:{ports.exchange}",
        desk_port=ports.desk,
    )
    asked = () if who.witness else story().witnesses
    make_node(replace(config, witness=WitnessTable(ask=asked)))


def _watch_parent(ending: threading.Event) -> None:
    while os.read(0, 1024):
        pass
    ending.set()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
