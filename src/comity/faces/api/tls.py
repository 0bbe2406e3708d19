"""The listening end: TLS 1.3 with a demanded client certificate, and a server that runs in a thread of its own."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

from litestar.types import ASGIApp
from uvicorn import Config
from uvicorn import Server as UvicornServer
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from comity.errors import Misconfigured

HEAD_BYTES_MAX = 32 * 1024
KEEP_ALIVE_S = 75
START_S = 10.0
STOP_S = 5
LET_GO_S = 0.05


class PeerCertProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which also tells the app who is at the other end and when the server closes.

    scope["extensions"]["tls"]["client_cert_chain"]   the client's certificate, PEM, as the ASGI TLS extension names it
    scope["extensions"]["closing"]                    an asyncio.Event, set when this connection is asked to end

    WebSocket upgrades would leave this class and lose both: run with ws="none". `app`, `connection_made` and `shutdown` are
    uvicorn's internals; its minor version is pinned and tests/faces/exchange holds this class to it.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.closing = asyncio.Event()
        extensions: dict[str, Any] = {"closing": self.closing}
        if (tls := transport.get_extra_info("ssl_object")) is not None:
            der = tls.getpeercert(binary_form=True)
            extensions["tls"] = {"client_cert_chain": (ssl.DER_cert_to_PEM_cert(der),) if der else ()}
        inner = self.app

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {}).update(extensions)
            await inner(scope, receive, send)

        self.app = app

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.head_bytes = 0

    def on_url(self, url: bytes) -> None:
        self._count_head(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_head(len(name) + len(value))
        super().on_header(name, value)

    def shutdown(self) -> None:
        self.closing.set()
        super().shutdown()
        self.loop.call_later(LET_GO_S, self._let_go)

    def _let_go(self) -> None:
        """Closing TLS waits for the client's own goodbye, which an idle one sends late or never."""
        if self not in self.connections:
            return
        if self.transport.is_closing() and not self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.loop.call_later(LET_GO_S, self._let_go)

    def _count_head(self, more: int) -> None:
        self.head_bytes += more
        if self.head_bytes > HEAD_BYTES_MAX:
            # The parser turns any fault of a callback into its own, and uvicorn answers 400 and closes.
            raise ValueError("request head too large")


def tls_context(certificate: Path, key: Path, peers: Iterable[bytes] = ()) -> ssl.SSLContext:
    """TLS 1.3 only; a client must show one of the certificates that were admitted (DER)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    # No resumption: each connection shows its certificate anew.
    context.num_tickets = 0
    context.load_cert_chain(certificate, key)
    for peer in peers:
        admit(context, peer)
    return context


def admit(context: ssl.SSLContext, certificate: bytes) -> None:
    """From now on a client with this certificate (DER) gets through the handshake, without a restart.

    It stays loaded: whether its owner is still welcome is asked of the roster at every request.
    """
    try:
        context.load_verify_locations(cadata=certificate)
    except (ssl.SSLError, ValueError) as fault:
        raise Misconfigured("peer-certificate-unreadable") from fault


class Server:
    """An ASGI app on one listening socket, in its own thread.

    port   0 takes a free one; `port` tells which, from the start on
    """

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        beyond_loopback: bool = False,
    ) -> None:
        if not beyond_loopback and not _is_loopback(host):
            raise Misconfigured("host-not-loopback", host=host)
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._socket = socket.create_server((host, port), family=family, backlog=512)
        except OSError as fault:
            raise Misconfigured("port-unusable", host=host, port=port, why=fault.strerror or "") from fault
        self.host, self.port = host, self._socket.getsockname()[1]
        config = Config(
            app,
            http=PeerCertProtocol,
            ws="none",
            lifespan="auto",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=STOP_S,
            ssl_context_factory=None if tls is None else lambda _config, _default: tls,
        )
        self.app = app
        self._scheme = "http" if tls is None else "https"
        self._uvicorn = UvicornServer(config)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"serve-{self.port}", daemon=True)

    @property
    def address(self) -> str:
        """`https://127.0.0.1:43210`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self._scheme}://{host}:{self.port}"

    def start(self) -> None:
        """Returns when requests are answered; Misconfigured when that doesn't come about."""
        self._thread.start()
        for _ in range(int(START_S / 0.01)):
            if self._uvicorn.started or self._ended.wait(0.01):
                break
        if not self._uvicorn.started:
            self.stop()
            raise Misconfigured("server-did-not-start", host=self.host, port=self.port)

    def stop(self) -> None:
        """Ends event streams at once, lets other answers finish for a few seconds, closes the socket. Safe to repeat."""
        self._uvicorn.should_exit = True
        if self._thread.ident is not None:
            self._thread.join(STOP_S + 5)
        self._socket.close()

    def wait(self) -> None:
        """Until the server ends."""
        self._ended.wait()

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            self._uvicorn.run(sockets=[self._socket])
        finally:
            self._ended.set()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
