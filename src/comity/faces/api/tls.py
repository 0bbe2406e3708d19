"""The listening end: TLS 1.3 with a demanded client certificate, and a server that runs in a thread of its own."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from litestar.types import ASGIApp
from uvicorn import Config
from uvicorn import Server as UvicornServer

from comity.errors import Misconfigured
from comity.faces.api.listening import CONNECTIONS_MAX, Listener
from comity.faces.api.wire import Doorkeeper, Patience, PeerCertProtocol, Unwatched

KEEP_ALIVE_S = 75
START_S = 10.0
STOP_S = 5


class _Uvicorn(UvicornServer):
    """uvicorn, except that a listener of ours takes the connections in."""

    def __init__(self, config: Config, listen: Callable[[], Listener]) -> None:
        super().__init__(config)
        self._listen = listen

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=[])
        listener = self._listen()
        making: Any = self.config.http_protocol_class  # Any: a class of ours behind uvicorn's type
        protocol = partial(making, house=listener)
        listener.factory = lambda: protocol(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        self.servers = [listener]  # type: ignore[list-item]  # it has the two methods that are called
        listener.start()


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

    port      0 takes a free one; `port` tells which, from the start on
    patience  how long the far end may take
    door      is told of what was refused
    share     how many connections a peer may hold open
    """

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        beyond_loopback: bool = False,
        patience: Patience | None = None,
        door: Doorkeeper | None = None,
        share: Callable[[str], int] = lambda _peer: CONNECTIONS_MAX,
    ) -> None:
        if not beyond_loopback and not _is_loopback(host):
            raise Misconfigured("host-not-loopback", host=host)
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._socket = socket.create_server((host, port), family=family, backlog=512)
        except OSError as fault:
            raise Misconfigured("port-unusable", host=host, port=port, why=fault.strerror or "") from fault
        self.host, self.port = host, self._socket.getsockname()[1]
        told, slow = door or Unwatched(), patience or Patience()
        config = Config(
            app,
            http=partial(PeerCertProtocol, patience=slow, door=told),  # type: ignore[arg-type]  # what is called makes one
            ws="none",
            lifespan="auto",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=STOP_S,
        )
        self.app = app
        self._scheme = "http" if tls is None else "https"
        self._uvicorn = _Uvicorn(config, lambda: Listener(self._socket, tls, slow, told, share))
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
