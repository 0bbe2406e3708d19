"""Which ports the nodes take: exchange and desk of each, one after the other."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from comity.config import DEFAULT_PORT
from comity.errors import Misconfigured
from comity.faces.demo.story import story

HOST = "127.0.0.1"
VARIABLE = "COMITY_PORT_BASE"


@dataclass(frozen=True)
class Ports:
    """Where one node listens."""

    exchange: int
    desk: int


def ports_of(key: str, base: int) -> Ports:
    """The ports of the node with this key."""
    at = base + 2 * [who.key for who in story().node].index(key)
    return Ports(at, at + 1)


def chosen_base(environment: Mapping[str, str] | None = None) -> int:
    """The first port: `COMITY_PORT_BASE`, else 8710. Misconfigured when that can't be one."""
    text = (os.environ if environment is None else environment).get(VARIABLE) or str(DEFAULT_PORT)
    last = 65536 - 2 * len(story().node)
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1024 <= int(text) <= last):
        raise Misconfigured("demo-port-base", variable=VARIABLE, text=text[:20], least=1024, most=last)
    return int(text)


def must_be_free(base: int) -> None:
    """Misconfigured names every port that somebody else has."""
    taken = []
    for port in range(base, base + 2 * len(story().node)):
        try:
            socket.create_server((HOST, port)).close()
        except OSError:
            taken.append(port)
    if taken:
        raise Misconfigured("demo-port-taken", ports=taken, base=base, variable=VARIABLE)
