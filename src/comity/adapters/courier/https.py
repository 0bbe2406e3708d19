"""Bytes between nodes over HTTPS: one keep-alive client for each peer, whose far end is the pinned certificate.

No redirects, no proxies, no cookies, no compression, nothing from the environment.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx2

from comity.adapters.courier.check import Finding, check_peer
from comity.adapters.courier.faults import unreachable
from comity.adapters.courier.nudges import Announced, announced_in
from comity.adapters.courier.pace import Pace
from comity.adapters.courier.pinned import pinned_context
from comity.domain.ledger import Peer
from comity.domain.terms import Instant
from comity.errors import Malformed, NotFound, Unreachable
from comity.ports import Reply

REPLY_BYTES_MAX = 256 * 1024
PACE_BYTES_S = 512
"""A body that comes slower than this (after the first `read_s` seconds) is given up: a drip would hold a thread for days."""
RETRY_S_MAX = 900
"""Longer than this nobody is left waiting by a `Retry-After`."""
GIVEN_WAY = "given-way"
"""Code of what was broken off because something more pressing had to go first."""

_HEADERS = {"accept-encoding": "identity", "accept": "*/*", "user-agent": "comity"}
# Longer than a poll's pause, so that what is pressing finds a connection open; shorter than the server's, so that we never write on
# one that it's just closing.
_KEEP_ALIVE_S = 60.0


@dataclass(frozen=True)
class _Line:
    """A client together with what it was made for."""

    address: str
    certificates: tuple[bytes, ...]
    http: httpx2.Client


class HttpsCourier:
    """Carries bytes to and from peers; safe from several threads.

    certificate, key   PEM files of our own certificate
    silence_s          how long an event stream may be silent; the peer sends a comment every 20 seconds
    """

    def __init__(
        self, certificate: Path, key: Path, *, connect_s: float = 10.0, read_s: float = 20.0, silence_s: float = 60.0
    ) -> None:
        self._own = (certificate, key)
        self._connect_s, self._read_s, self._silence_s = connect_s, read_s, silence_s
        self._lock = threading.Lock()
        self._lines: dict[str, _Line] = {}
        self._streams: set[socket.socket] = set()
        self._bodies: set[socket.socket] = set()
        self._closed = False
        self._cuts = 0
        self._pace = Pace()

    @property
    def portion(self) -> int:
        """Bytes that had better not be asked for more than at once, as answers have come so far from all that was asked here."""
        return self._pace.portion

    def get(self, peer: Peer, path: str, body_bytes_max: int) -> bytes:
        cuts = self._cuts
        with self._answer(peer, "GET", path, self._read_s) as response:
            _must_be_ok(response, peer, path)
            start_s = time.monotonic()
            try:
                with self._remembered(response, self._bodies):
                    if self._cuts != cuts:
                        raise Unreachable(GIVEN_WAY, peer=peer.name)
                    body = self._body(response, peer, body_bytes_max)
            except httpx2.TransportError as fault:
                self._pace.broke()
                if self._cuts != cuts:
                    raise Unreachable(GIVEN_WAY, peer=peer.name) from fault
                raise
            self._pace.came(len(body), time.monotonic() - start_s)
            return body

    def post(self, peer: Peer, path: str, body: bytes) -> Reply:
        with self._answer(peer, "POST", path, self._read_s, body) as response:
            return Reply(response.status_code, self._body(response, peer, REPLY_BYTES_MAX))

    def events(self, peer: Peer, path: str) -> Iterator[Announced]:
        """Sizes that the peer announces; ends when the connection does."""
        with self._answer(peer, "GET", path, self._silence_s) as response:
            _must_be_ok(response, peer, path)
            with self._remembered(response, self._streams):
                try:
                    yield from announced_in(response.iter_raw())
                except httpx2.TransportError:
                    return  # a nudge lost costs only delay; the caller listens anew

    def check(self, peer: Peer, now: Instant) -> list[Finding]:
        """Tests the way to a peer step by step and says which one fails. TLS 1.3 tells a refused client nothing itself."""

        def ask(path: str) -> tuple[int, str, bytes]:
            with self._answer(peer, "GET", path, self._read_s) as response:
                dated = response.headers.get("date", "")
                return response.status_code, dated, self._body(response, peer, REPLY_BYTES_MAX)

        return check_peer(peer, now, self._own, self._connect_s, ask)

    def cut(self) -> None:
        """Breaks off the answers that are on their way to `get`, to leave the line to something else; not again and again."""
        if self._pace.patient:
            return
        with self._lock:
            self._cuts += 1
            bodies = list(self._bodies)
        for body in bodies:
            _hang_up(body)

    def close(self) -> None:
        """Ends every connection; event streams that are being read end at once."""
        with self._lock:
            self._closed = True
            lines, self._lines = list(self._lines.values()), {}
            streams = [*self._streams, *self._bodies]
        for stream in streams:
            _hang_up(stream)
        for line in lines:
            line.http.close()

    @contextmanager
    def _answer(
        self, peer: Peer, method: str, path: str, read_s: float, body: bytes | None = None
    ) -> Iterator[httpx2.Response]:
        headers: dict[str, str] = {"host": peer.name}
        if body is not None:
            headers["content-type"] = "text/plain; charset=utf-8"
        timeout = httpx2.Timeout(read_s, connect=self._connect_s, pool=self._connect_s)
        try:
            url = httpx2.URL(peer.address).copy_with(raw_path=path.encode("ascii"))
            if url.scheme != "https":
                raise Unreachable("address-not-https", peer=peer.name, address=peer.address)
            if not 0 < (url.port or 443) < 65536:
                # The resolver would quietly take the rest modulo 2^16.
                raise Unreachable("address-unusable", peer=peer.name, address=peer.address)
            # Whose name the certificate must bear is the roster's word, wherever the address leads.
            named = {"sni_hostname": peer.name}
            http = self._client(peer)
            with http.stream(method, url, content=body, headers=headers, timeout=timeout, extensions=named) as response:
                response.extensions["network_stream"].get_extra_info("socket").has_head()
                yield response
        except (httpx2.TransportError, httpx2.InvalidURL, ssl.SSLError) as fault:
            raise unreachable(peer, fault) from fault
        except RuntimeError as fault:
            # The client's only word for having been closed under us: the peer's entry has changed, or we end.
            if not http.is_closed:
                raise
            raise Unreachable("courier-closed", peer=peer.name) from fault

    def _client(self, peer: Peer) -> httpx2.Client:
        with self._lock:
            if self._closed:
                raise Unreachable("courier-closed", peer=peer.name)
            line = self._lines.get(peer.name)
            announced = (peer.next_certificate,) if peer.next_certificate else ()
            certificates = (peer.certificate, *announced)
            if line is None or (line.address, line.certificates) != (peer.address, certificates):
                fresh = _Line(peer.address, certificates, self._fresh_client(peer, certificates))
                self._lines[peer.name] = fresh
                if line is not None:
                    line.http.close()
                line = fresh
            return line.http

    def _fresh_client(self, peer: Peer, certificates: tuple[bytes, ...]) -> httpx2.Client:
        try:
            context = pinned_context(*self._own, *certificates)
        except (ssl.SSLError, ValueError) as fault:
            raise Unreachable("pinned-certificate-unreadable", peer=peer.name) from fault
        return httpx2.Client(
            verify=context,
            trust_env=False,
            follow_redirects=False,
            headers=_HEADERS,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            limits=httpx2.Limits(max_connections=64, max_keepalive_connections=8, keepalive_expiry=_KEEP_ALIVE_S),
        )

    def _body(self, response: httpx2.Response, peer: Peer, bytes_max: int) -> bytes:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Malformed("body-is-encoded", peer=peer.name)
        body = bytearray()
        start_s = time.monotonic()
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > bytes_max:
                raise Malformed("body-too-large", peer=peer.name, bytes_max=bytes_max)
            if time.monotonic() - start_s > self._read_s + len(body) / PACE_BYTES_S:
                raise Unreachable("body-too-slow", peer=peer.name, bytes=len(body))
        return bytes(body)

    @contextmanager
    def _remembered(self, response: httpx2.Response, among: set[socket.socket]) -> Iterator[None]:
        """Remembers the answer's socket, so that another thread can end the read that this one waits in."""
        stream = response.extensions["network_stream"].get_extra_info("socket")
        with self._lock:
            among.add(stream)
            closed = self._closed
        if closed:
            _hang_up(stream)
        try:
            yield
        finally:
            with self._lock:
                among.discard(stream)


def _must_be_ok(response: httpx2.Response, peer: Peer, path: str) -> None:
    if response.status_code == 404:
        raise NotFound("not-at-peer", peer=peer.name, path=path)
    if response.status_code == 429:
        asked_s = _whole_seconds(response.headers.get("retry-after", ""))
        raise Unreachable("peer-status", peer=peer.name, path=path, status=429, retry_after_s=asked_s)
    if response.status_code != 200:
        raise Unreachable("peer-status", peer=peer.name, path=path, status=response.status_code)


def _whole_seconds(text: str) -> int:
    """What a peer asks us to wait: some seconds at least, and not more than a while."""
    return min(int(text), RETRY_S_MAX) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def _hang_up(stream: socket.socket) -> None:
    with suppress(OSError):  # it may be gone already
        # Past SSLSocket.shutdown, which would take the TLS state away from under the reading thread.
        socket.socket.shutdown(stream, socket.SHUT_RDWR)
