"""Between a reader and a writer on this machine: a place where connections can be cut at any byte, and answers changed.

`Middle` holds the keys of both ends, so it sees the plain bytes and cuts between any two of them. `Cutter` holds no key: it counts TLS
records and cuts in, before and after each, also inside the handshake.
"""

from __future__ import annotations

import re
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from comity.ports import World

Ending = Literal["fin", "rst", "bye"]
"""How a connection ends: TCP's goodbye alone, a reset, or TLS's goodbye and then TCP's."""
WAIT_S = 20.0
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)\r\n")


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    raw: bytes
    head: int

    @property
    def resource(self) -> str:
        """The part of the path that tells what is asked for."""
        parts = self.path.partition("?")[0].split("/")
        return parts[3] if parts[1] == "ch" else parts[1]


@dataclass(frozen=True)
class Answer:
    """One answer as the far end gave it."""

    head: bytes
    body: bytes

    @property
    def raw(self) -> bytes:
        return self.head + self.body


@dataclass(frozen=True)
class Sent:
    """What the middle does with a request.

    back   goes to the one who asks
    end    how the connection ends then; None keeps it
    there  so many bytes of the request go to the far end, whose connection ends alike
    """

    back: Iterable[bytes] = ()
    end: Ending | None = None
    there: int | None = None


Far = Callable[[], Answer]
Plan = Callable[[Asked, Far], Sent | None]
"""Decides on each request; None lets it and its answer pass."""


def pass_on(_asked: Asked, _far: Far) -> Sent | None:
    """Changes nothing."""
    return None


def end(plain: socket.socket, how: Ending) -> None:
    """Ends a connection whose TLS, if there was any, is detached already."""
    with suppress(OSError):
        if how == "rst":
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            plain.shutdown(socket.SHUT_RDWR)
    plain.close()


def _end_tls(line: ssl.SSLSocket, how: Ending) -> None:
    if how == "bye":
        line.settimeout(0.0)  # its goodbye goes out; nobody waits for the other one
        with suppress(OSError, ValueError):
            line.unwrap()
    end(socket.socket(fileno=line.detach()), how)


@dataclass
class Middle:
    """Forwards whole requests and answers, one at a time on each connection, unless the plan says otherwise.

    ended   set each time a connection was ended by the plan
    harm    what went wrong in the plan itself
    """

    writer: World
    reader: World
    port: int
    plan: Plan = pass_on
    asked: list[Asked] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    harm: list[Exception] = field(default_factory=list)
    _idle: list[ssl.SSLSocket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._here.load_cert_chain(*_certificate(self.writer))
        self._here.num_tickets = 0
        self._there = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._there.load_verify_locations(cadata=self.writer.keyring.certificate())
        self._there.load_cert_chain(*_certificate(self.reader))

    def carry(self, plain: socket.socket) -> None:
        with suppress(OSError), self._here.wrap_socket(plain, server_side=True) as near:
            while (asked := _request(near)) is not None:
                self.asked.append(asked)
                if not self._deal(near, asked):
                    return

    def _deal(self, near: ssl.SSLSocket, asked: Asked) -> bool:
        def ask() -> Answer:
            far = self._far()
            far.sendall(asked.raw)
            answer = _answer(far)
            self._idle.append(far)
            return answer

        try:
            sent = self.plan(asked, ask)
        except Exception as harm:  # a thread can't fail a test: whoever looks at this does
            self.harm.append(harm)
            raise
        if sent is None:
            near.sendall(ask().raw)
            return True
        if sent.there is not None:
            far = self._far()
            far.sendall(asked.raw[: sent.there])
            _end_tls(far, sent.end or "fin")
        try:
            for piece in sent.back:
                near.sendall(piece)
        except OSError:
            return False  # whoever asked has had enough
        if sent.end is not None:
            _end_tls(near, sent.end)
            self.ended.set()
        return sent.end is None

    def _far(self) -> ssl.SSLSocket:
        if self._idle:
            return self._idle.pop()
        plain = socket.create_connection(("127.0.0.1", self.port), WAIT_S)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._there.wrap_socket(plain, server_hostname=self.writer.me.name)

    def close(self) -> None:
        for line in self._idle:
            line.close()


def _certificate(world: World) -> tuple[str, str]:
    keyring = world.keyring
    return str(keyring.certificate_path), str(keyring.certificate_key_path)  # type: ignore[attr-defined]


def _request(line: ssl.SSLSocket) -> Asked | None:
    raw, length = _head(line)
    if not raw:
        return None
    head = raw.index(b"\r\n\r\n") + 4
    while len(raw) < head + length:
        raw += line.recv(65536)
    method, path, _ = raw.split(b" ", 2)
    return Asked(method.decode(), path.decode(), raw, head)


def _answer(line: ssl.SSLSocket) -> Answer:
    raw, length = _head(line)
    assert raw, "the honest end hangs up"
    head = raw.index(b"\r\n\r\n") + 4
    while len(raw) < head + length:
        more = line.recv(65536)
        assert more, "the honest end breaks off"
        raw += more
    return Answer(raw[:head], raw[head:])


def _head(line: ssl.SSLSocket) -> tuple[bytes, int]:
    raw = b""
    while b"\r\n\r\n" not in raw:
        more = line.recv(65536)
        if not more:
            return b"", 0
        raw += more
    length = _LENGTH.search(raw)
    return raw, int(length[1]) if length else 0


@dataclass
class Cutter:
    """Carries sealed bytes, and cuts one connection at a place that is named by its TLS records.

    record   number of the record, counted over both directions in the order in which they come; None cuts nothing
    inside   (length with its header) → how many of its bytes still pass
    seen     (direction, length) of each record of the first connection since `reset`
    ended    set when the cut has happened; `harm` is what went wrong meanwhile
    """

    port: int
    ending: Ending = "fin"
    record: int | None = None
    inside: Callable[[int], int] = field(default=lambda length: 0)
    at_cut: Callable[[], None] = field(default=lambda: None)
    seen: list[tuple[str, int]] = field(default_factory=list)
    harm: BaseException | None = None
    ended: threading.Event = field(default_factory=threading.Event)
    _connections: int = 0

    def reset(self, record: int | None, inside: Callable[[int], int], ending: Ending) -> None:
        """The next connection is cut there; those after it aren't."""
        self.record, self.inside, self.ending = record, inside, ending
        self.seen, self._connections, self.harm = [], 0, None
        self.ended.clear()

    def carry(self, near: socket.socket) -> None:
        self._connections += 1
        first, cut = self._connections == 1, False
        far = socket.create_connection(("127.0.0.1", self.port), WAIT_S)
        ways = {near: ("there", far), far: ("back", near)}
        rests = {near: b"", far: b""}
        try:
            while True:
                ready, _, _ = select.select(list(ways), [], [], WAIT_S)
                if not ready:
                    return
                for source in ready:
                    piece = source.recv(65536)
                    if not piece:
                        return
                    way, sink = ways[source]
                    rests[source] += piece
                    while (record := _tls_record(rests[source])) is not None:
                        rests[source] = rests[source][len(record) :]
                        cut = first and self._cuts_here(way, record, sink)
                        if cut:
                            return
                        sink.sendall(record)
        except OSError:
            pass
        finally:
            for line in (near, far):
                end(line, self.ending if cut else "fin")
            if cut:
                self.ended.set()

    def _cuts_here(self, way: str, record: bytes, sink: socket.socket) -> bool:
        number = len(self.seen)
        self.seen.append((way, len(record)))
        if number != self.record:
            return False
        sink.sendall(record[: self.inside(len(record))])
        try:
            self.at_cut()
        except BaseException as harm:  # told where the cut is waited for
            self.harm = harm
        return True


def _tls_record(rest: bytes) -> bytes | None:
    if len(rest) < 5:
        return None
    length = 5 + int.from_bytes(rest[3:5])
    return rest[:length] if len(rest) >= length else None


@contextmanager
def listening(between: Middle | Cutter) -> Iterator[str]:
    """Carries every connection that comes, each in a thread of its own; yields the address."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    open_ones: set[socket.socket] = set()

    def carry(plain: socket.socket) -> None:
        try:
            between.carry(plain)
        finally:
            open_ones.discard(plain)

    def accept() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            plain.settimeout(WAIT_S)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            open_ones.add(plain)
            threading.Thread(target=carry, args=(plain,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
