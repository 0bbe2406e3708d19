"""A bad line between two machines: slow, far, shared by everything that goes over it, and cut now and then in the middle.

What is simulated is a bottleneck: one budget of bytes for all connections in both directions, first come first served in pieces of a
packet's size, and a delay each way. A cut takes a connection away at a byte that chance names, with a goodbye (FIN) or without (RST).
"""

from __future__ import annotations

import asyncio
import math
import random
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

PIECE = 1024
HELD_BYTES = 4096
"""What the machines at either end of the line may have on its way: more would be a second line."""


@dataclass(frozen=True)
class Character:
    """What kind of line it is.

    bytes_s    for all connections and both directions together
    latency_s  each way
    cut_share  of the connections that are cut
    cut_bytes  at most so many bytes go over one of those; less is likelier
    """

    bytes_s: float
    latency_s: float
    cut_share: float = 0.0
    cut_bytes: int = 20_000
    seed: int = 1


@dataclass
class Carried:
    """What one connection has had: bytes towards the server and back, and whether it was cut."""

    there: int = 0
    back: int = 0
    cut: str = ""


@dataclass
class Line:
    """A line that runs in a thread of its own.

    ways  port that one side calls → port that the other listens on
    """

    character: Character
    ways: dict[int, int]
    connections: list[Carried] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.character.seed)
        self._free_s = 0.0
        self._turn: asyncio.Lock | None = None

    @property
    def carried(self) -> int:
        """Bytes of all connections, both ways."""
        return sum(one.there + one.back for one in self.connections)

    @property
    def cuts(self) -> int:
        return sum(bool(one.cut) for one in self.connections)

    async def serve(self, ready: threading.Event, ending: asyncio.Event) -> None:
        self._turn = asyncio.Lock()
        servers = []
        for near, far in self.ways.items():
            listening = socket.create_server(("127.0.0.1", near))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, HELD_BYTES)
            servers.append(
                await asyncio.start_server(lambda r, w, far=far: self._carry(r, w, far), sock=listening, limit=PIECE)
            )  # type: ignore[misc]
        ready.set()
        await ending.wait()
        for server in servers:
            server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _carry(self, near: asyncio.StreamReader, back: asyncio.StreamWriter, port: int) -> None:
        carried = Carried()
        self.connections.append(carried)
        limit = self._limit()
        await asyncio.sleep(2 * self.character.latency_s)
        try:
            plain = socket.socket()
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, HELD_BYTES)
            plain.setblocking(False)
            await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", port))
            far, there = await asyncio.open_connection(sock=plain, limit=PIECE)
        except OSError:
            _reset(back)
            return
        ways = [
            asyncio.ensure_future(self._pump(near, there, carried, "there", limit)),
            asyncio.ensure_future(self._pump(far, back, carried, "back", limit)),
        ]
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            cut = any(one.result() for one in done if not one.cancelled())
            if cut:
                carried.cut = self._chance.choice(("fin", "rst"))
            elif len(done) < 2:
                await asyncio.wait(ways, timeout=2.0)
        except asyncio.CancelledError:
            pass  # the line ends; the library would complain of a task that says so
        finally:
            for way in ways:
                way.cancel()
            for writer in (there, back):
                _reset(writer) if carried.cut == "rst" else writer.close()

    def _limit(self) -> float:
        if self._chance.random() >= self.character.cut_share:
            return math.inf
        return math.exp(self._chance.uniform(0, math.log(self.character.cut_bytes)))

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, carried: Carried, way: str, limit: float
    ) -> bool:
        """Carries until the end; says whether that was a cut."""
        flying: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        landing = asyncio.ensure_future(_land(flying, sink))
        cut = False
        try:
            while not cut and (piece := await source.read(PIECE)):
                left = limit - carried.there - carried.back
                cut = len(piece) >= left
                piece = piece[: max(0, int(left))] if cut else piece
                await self._budget(len(piece))
                setattr(carried, way, getattr(carried, way) + len(piece))
                flying.put_nowait((asyncio.get_running_loop().time() + self.character.latency_s, piece))
        except OSError:
            pass
        finally:
            flying.put_nowait((asyncio.get_running_loop().time() + self.character.latency_s, b""))
            with suppress(OSError):
                await landing
        return cut

    async def _budget(self, count: int) -> None:
        assert self._turn is not None
        clock = asyncio.get_running_loop().time
        async with self._turn:
            self._free_s = max(self._free_s, clock()) + count / self.character.bytes_s
            await asyncio.sleep(self._free_s - clock())


async def _land(flying: asyncio.Queue[tuple[float, bytes]], sink: asyncio.StreamWriter) -> None:
    while True:
        due_s, piece = await flying.get()
        await asyncio.sleep(max(0.0, due_s - asyncio.get_running_loop().time()))
        if not piece:
            return
        sink.write(piece)
        await sink.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    plain = writer.get_extra_info("socket")
    if plain is not None:
        with suppress(OSError):
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextmanager
def line(character: Character, ways: dict[int, int]) -> Iterator[Line]:
    """The line carries inside the block."""
    made, ready = Line(character, ways), threading.Event()
    loop, ending = asyncio.new_event_loop(), asyncio.Event()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(made.serve(ready, ending))
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    thread = threading.Thread(target=run, name="line", daemon=True)
    thread.start()
    assert ready.wait(10), "the line does not come up"
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(ending.set)
        thread.join(10)
