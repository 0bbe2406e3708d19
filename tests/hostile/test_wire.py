"""The connection itself: answers that nobody takes, and how much room many callers can make us use."""

from __future__ import annotations

import socket
import threading
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from comity.faces.api.tls import Server
from comity.faces.api.wire import Patience

PIECE = bytes(64 * 1024)
PIECES = 512
ASK = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
WAIT_S = 20.0


class Door:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.told = threading.Event()

    def name_of(self, certificate: bytes) -> str:
        return ""

    def saw(self, kind: str, peer: str = "") -> None:
        self.seen[kind] += 1
        self.told.set()


async def _endless(scope: Any, receive: Any, send: Any) -> None:
    """32 MiB in pieces."""
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for left in range(PIECES - 1, -1, -1):
        await send({"type": "http.response.body", "body": PIECE, "more_body": left > 0})


@contextmanager
def _served(door: Door, patience: Patience) -> Iterator[int]:
    with Server(_endless, "127.0.0.1", 0, door=door, patience=patience) as server:
        yield server.port


def _narrow(port: int) -> socket.socket:
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(WAIT_S)
    line.connect(("127.0.0.1", port))
    return line


def _drained(line: socket.socket) -> int:
    taken = 0
    with suppress(OSError):
        while piece := line.recv(1 << 16):
            taken += len(piece)
    return taken


def test_an_answer_that_nobody_takes_ends_and_is_told() -> None:
    door = Door()
    with _served(door, Patience(stall_s=0.5, tick_s=0.1)) as port, _narrow(port) as line:
        line.sendall(ASK)
        assert door.told.wait(WAIT_S)
        assert door.seen["reading-too-slow"] == 1
        assert _drained(line) < len(PIECE) * PIECES  # it had ended: the rest never comes


def test_whoever_takes_a_little_all_the_time_has_the_whole_of_it() -> None:
    """A narrow line isn't an attack: what is let go on is told by bytes, not by time alone."""
    door = Door()
    with _served(door, Patience(stall_s=0.2, tick_s=0.05, floor_bytes_s=1)) as port, _narrow(port) as line:
        line.sendall(ASK)
        assert _drained(line) > len(PIECE) * PIECES
        assert not door.seen


def test_many_answers_that_nobody_takes_need_little_room(record_property: Callable[[str, object], None]) -> None:
    """Forty times 32 MiB are asked for; what is held for them is a few pieces each."""
    door = Door()
    with _served(door, Patience(stall_s=0.5, tick_s=0.1)) as port, ExitStack() as stack:
        tracemalloc.start()
        lines = [stack.enter_context(_narrow(port)) for _ in range(40)]
        for line in lines:
            line.sendall(ASK)
        for line in lines:
            _drained_late(line, door)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    record_property("peak_mib", peak >> 20)
    assert door.seen["reading-too-slow"] >= 1
    assert peak < 64 << 20


def _drained_late(line: socket.socket, door: Door) -> None:
    """Only once somebody was let go."""
    assert door.told.wait(WAIT_S)
    _drained(line)
