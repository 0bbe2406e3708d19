"""Ports for a demo in a test."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack


def free_base() -> int:
    """The first of six ports in a row that nobody has."""
    for base in range(20_000 + os.getpid() % 4000 * 6, 60_000, 6):
        with ExitStack() as stack:
            try:
                for port in range(base, base + 6):
                    stack.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            return base
    raise AssertionError("no six free ports in a row")
