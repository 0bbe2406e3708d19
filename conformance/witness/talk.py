"""Requests to the witness, and the reading of what it answers. Every request has a connection of its own."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlsplit

from conformance.witness.note import Cosigner, Log, asking, lines_in

SIZE_TYPE = "text/x.tlog.size"
TIMEOUT_S = 20.0


class Broken(Exception):
    """The witness did what it must not do, or not what it must; the text says what."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    type: str
    body: bytes

    def __str__(self) -> str:
        return f"{self.status} ({self.type or 'no type'}) {self.body[:80]!r}"


class _Connection(http.client.HTTPConnection):
    """TLS with a name of our choosing: a node's certificate bears its name, not the address it is reached at."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None, name: str) -> None:
        super().__init__(host, port, timeout=TIMEOUT_S)
        self._tls, self._name = tls, name

    def connect(self) -> None:
        super().connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is not None:
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._name)


@dataclass
class Witness:
    """The server under test.

    url      its submission prefix
    keys     by which its lines are checked
    monitor  its monitoring prefix; the same unless told otherwise
    """

    url: str
    keys: list[Cosigner]
    monitor: str = ""
    tls: ssl.SSLContext | None = None
    server_name: str = ""
    times: dict[str, int] = field(default_factory=dict)

    def send(
        self, method: str, url: str, body: bytes | None = None, gate: Callable[[], object] | None = None
    ) -> Answer:
        """One request; `gate` is passed after the connection stands and before anything is said."""
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        host, port = parts.hostname or "", parts.port or (443 if secure else 80)
        tls = (self.tls or ssl.create_default_context()) if secure else None
        line = _Connection(host, port, tls, self.server_name or host)
        try:
            line.connect()
            if gate is not None:
                gate()
            headers = {"Content-Type": "text/plain; charset=utf-8"} if body is not None else {}
            if self.server_name:
                headers["Host"] = self.server_name
            line.request(method, parts.path, body, headers)
            got = line.getresponse()
            return Answer(got.status, got.getheader("content-type") or "", got.read(1 << 20))
        finally:
            line.close()

    def add(self, body: bytes, gate: Callable[[], object] | None = None) -> Answer:
        """add-checkpoint."""
        return self.send("POST", f"{self.url}/add-checkpoint", body, gate)

    def latest(self, origin: str) -> Answer:
        """The last cosigned checkpoint of a log."""
        return self.send("GET", f"{self.monitor or self.url}/{sha256(origin.encode()).hexdigest()}/checkpoint")

    def at_once(self, bodies: list[bytes]) -> list[Answer]:
        """All of them in the same moment, each on a connection that already stands."""
        gate, answers = threading.Barrier(len(bodies), timeout=TIMEOUT_S), [Answer(0, "", b"")] * len(bodies)

        def ask(at: int) -> None:
            answers[at] = self.add(bodies[at], gate.wait)

        threads = [threading.Thread(target=ask, args=(at,)) for at in range(len(bodies))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    # ---- what an answer must be
    def cosigned(self, answer: Answer, text: bytes) -> int:
        """The time of the lines that this answer must hold over this checkpoint; every line must be good."""
        if answer.status != 200:
            raise Broken(f"200 expected, got {answer}")
        try:
            lines = lines_in(answer.body)
        except ValueError as fault:
            raise Broken(f"the body of a 200 must be signature lines: {fault}") from fault
        found = [self._time(name, identity, signature, text) for name, identity, signature in lines]
        times = [time_s for time_s in found if time_s is not None]
        if not times:
            raise Broken("none of the lines is by a key of this witness")
        origin = text.decode().partition("\n")[0]
        if min(times) < self.times.get(origin, 0):
            raise Broken(f"time went back from {self.times[origin]} to {min(times)}")
        self.times[origin] = max(times)
        return min(times)

    def _time(self, name: str, identity: bytes, signature: bytes, text: bytes) -> int | None:
        for key in self.keys:
            if (key.name, key.id) == (name, identity):
                try:
                    return key.time_of(signature, text)
                except ValueError as fault:
                    raise Broken(f"the line by {name}: {fault}") from fault
        return None

    def take(self, log: Log, old: int, size: int, turns: tuple[int, ...] = ()) -> int:
        """An honest step, which must be cosigned; its time."""
        return self.cosigned(self.add(log.body(old, size, turns)), log.text(size, turns))


def refused(answer: Answer, *statuses: int) -> None:
    """The answer must be one of these, and must hold no line that somebody could use."""
    if answer.status not in statuses:
        raise Broken(f"{' or '.join(map(str, statuses))} expected, got {answer}")
    if "\u2014 ".encode() in answer.body:
        raise Broken(f"a refusal with a signature line in it: {answer}")


def conflict(answer: Answer, size: int) -> None:
    """409 with the recorded size, and nothing else, in the type for it."""
    refused(answer, 409)
    if answer.body != b"%d\n" % size:
        raise Broken(f"the body of a 409 must be {size} and a newline, got {answer.body[:60]!r}")
    if answer.type.partition(";")[0].strip().lower() != SIZE_TYPE:
        raise Broken(f"the type of a 409 must be {SIZE_TYPE}, got {answer.type!r}")


def stands_at(witness: Witness, log: Log, size: int) -> None:
    """The recorded size, asked for as the specification proposes: by starting from nothing."""
    conflict(witness.add(log.body(0, size + 1)), size)


__all__ = ["Answer", "Broken", "Witness", "asking", "conflict", "refused", "stands_at"]
