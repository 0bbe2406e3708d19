"""A process that attacks one listener until its stdin ends: `python -m bench.apparatus.attackers HOST-NAME PORT CA CERTIFICATE KEY`.

Five threads: handshakes without a certificate, heads that never end, requests beyond any share, forged cosignatures, and paths in disguise.
"""

from __future__ import annotations

import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

SLOW_LINES = 20
FROM = ("127.0.0.2", 0)
"""An address other than the honest peer's, as attackers have."""


class Attackers:
    """What all threads share: whom they attack, and as whom."""

    def __init__(self, name: str, port: int, ca: str, certificate: str, key: str) -> None:
        self._name, self._port = name, port
        self._known = ssl.create_default_context(cafile=ca)
        self._known.load_cert_chain(certificate, key)
        self._nobody = ssl.create_default_context(cafile=ca)
        self.ending = threading.Event()

    def run(self) -> None:
        """Until `ending`."""
        acts = (self._knock, self._drip, self._flood, self._forge, self._disguise)
        threads = [threading.Thread(target=self._again, args=(act,), daemon=True) for act in acts]
        for thread in threads:
            thread.start()
        self.ending.wait()

    def _again(self, act: Callable[[], None]) -> None:
        while not self.ending.is_set():
            with suppress(OSError):
                act()

    @contextmanager
    def _line(self, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
        with (
            socket.create_connection(("127.0.0.1", self._port), 5, FROM) as plain,
            context.wrap_socket(plain, server_hostname=self._name) as line,
        ):
            yield line

    def _knock(self) -> None:
        with self._line(self._nobody) as line:
            line.recv(1)

    def _drip(self) -> None:
        lines = [socket.create_connection(("127.0.0.1", self._port), 5, FROM) for _ in range(SLOW_LINES)]
        with self._line(self._known) as line:
            line.sendall(b"GET / HTTP/1.1\r\nX: ")
            self.ending.wait(1)
        for each in lines:
            each.close()

    def _flood(self) -> None:
        self._ask(b"GET /.well-known/comity HTTP/1.1\r\nHost: %b\r\n\r\n", 50)

    def _forge(self) -> None:
        body = b"x" * 1000
        head = b"POST /ch/0123456789abcdef/cosign HTTP/1.1\r\nHost: %b\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\n"
        self._ask(head, 20, body)

    def _disguise(self) -> None:
        self._ask(b"GET /%%2e%%2e/ch HTTP/1.1\r\nHost: %b\r\n\r\n", 1)

    def _ask(self, head: bytes, times: int, body: bytes = b"") -> None:
        with self._line(self._known) as line:
            for _ in range(times):
                line.sendall(head % self._name.encode() + body)
                if not line.recv(65536):
                    return


def main(name: str, port: str, ca: str, certificate: str, key: str) -> None:
    attackers = Attackers(name, int(port), ca, certificate, key)
    running = threading.Thread(target=attackers.run)
    running.start()
    print("attacking", flush=True)
    sys.stdin.read()
    attackers.ending.set()
    running.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
