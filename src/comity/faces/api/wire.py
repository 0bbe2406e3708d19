"""The protocol on one connection: who is at the other end, and how long and how much it may send before anything is done for it.

What is refused here never gets to the app: a head that is too large, slow or ambiguous, a body that drips, an answer that nobody takes.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import Any, Protocol

import httptools
import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from comity.faces.api.problems import PROBLEM_TYPE, Problem

HEAD_BYTES_MAX = 32 * 1024
HEADERS_MAX = 64
PIPELINE_MAX = 8
LET_GO_S = 0.05
LINGER_S = 0.1
"""How long what still comes is read and thrown away after a refusal."""
_TITLES = {
    400: "This is no request that can be read with one meaning",
    408: "The request came too slowly",
    431: "The head of the request is too large",
}


@dataclass(frozen=True)
class Patience:
    """How long the far end may take. What comes at `floor_bytes_s`, after the first seconds, is let go on.

    handshake_s  from the connection to the end of the TLS handshake
    head_s       from the first byte of a head, or from the handshake, to the head's end
    body_s       a body may take so long, and longer only at the floor's pace
    stall_s      the same for taking an answer
    tick_s       how often it is looked at
    lines_s      new connections from one address in a second; `lines_burst` of them at once
    """

    handshake_s: float = 10.0
    head_s: float = 10.0
    body_s: float = 10.0
    stall_s: float = 30.0
    floor_bytes_s: int = 512
    tick_s: float = 1.0
    lines_s: float = 10.0
    lines_burst: int = 300


class Doorkeeper(Protocol):
    """What is remembered of those who call."""

    def name_of(self, certificate: bytes) -> str: ...
    def saw(self, kind: str, peer: str = "") -> None: ...


class Unwatched:
    """Remembers nothing."""

    def name_of(self, certificate: bytes) -> str:
        return ""

    def saw(self, kind: str, peer: str = "") -> None:
        return


class House(Protocol):
    """Whoever keeps account of the connections that are open."""

    def made(self, connection: PeerCertProtocol) -> None: ...
    def lost(self, connection: PeerCertProtocol) -> None: ...


class PeerCertProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which also tells the app who is at the other end and when the server closes.

    scope["extensions"]["tls"]["client_cert_chain"]   the client's certificate, PEM, as the ASGI TLS extension names it
    scope["extensions"]["closing"]                    an asyncio.Event, set when this connection is asked to end
    scope["extensions"]["connection"]                 this object

    WebSocket upgrades would leave this class and lose all of it: run with ws="none". `app`, `connection_made`, `data_received`,
    `send_400_response`, `cycle` and `shutdown` are uvicorn's internals; its minor version is pinned and tests/faces/exchange and
    tests/hostile hold this class to it.
    """

    def __init__(self, *args: Any, patience: Patience, door: Doorkeeper, house: House, **named: Any) -> None:
        super().__init__(*args, **named)
        self._patience, self._door, self._house = patience, door, house
        self.certificate = b""
        self.begun_s = self.loop.time()
        self._head_since: float | None = self.begun_s
        self._body_since: float | None = None
        self._body_bytes = self._head_bytes = 0
        self._taking_since: float | None = None
        self._taking_bytes = 0
        self._refused: tuple[int, str] | None = None
        self._ticking: asyncio.TimerHandle | None = None

    @property
    def peer(self) -> str:
        """The name that the roster has for this certificate; empty for none."""
        return self._door.name_of(self.certificate) if self.certificate else ""

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return self.cycle is None or bool(self.cycle.response_complete)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.closing = asyncio.Event()
        extensions: dict[str, Any] = {"closing": self.closing, "connection": self}
        if (tls := transport.get_extra_info("ssl_object")) is not None:
            der = tls.getpeercert(binary_form=True)
            self.certificate = der or b""
            extensions["tls"] = {"client_cert_chain": (ssl.DER_cert_to_PEM_cert(der),) if der else ()}
        inner = self.app

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {}).update(extensions)
            await inner(scope, receive, send)

        self.app = app
        self._ticking = self.loop.call_later(self._patience.tick_s, self._tick)
        self._house.made(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
        self._house.lost(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """As uvicorn has it, without a line in the log for each caller that talks nonsense: that is counted."""
        if self._refused is not None:
            return  # it has had its answer
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.send_400_response("")

    # ---- the head -------------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = 0
        if self._head_since is None:
            self._head_since = self.loop.time()

    def on_url(self, url: bytes) -> None:
        self._count_head(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_head(len(name) + len(value))
        if self._body_since is not None:  # a trailer: nothing here reads one, and the app has its headers already
            self._refuse(400, "framing")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        names = [name for name, _ in self.headers]
        if names.count(b"host") != 1 or names.count(b"content-length") > 1 or names.count(b"transfer-encoding") > 1:
            self._refuse(400, "framing")
        if b"transfer-encoding" in names and (b"content-length" in names or self.parser.get_http_version() != "1.1"):
            self._refuse(400, "framing")
        if self.parser.should_upgrade():  # CONNECT too: nothing but HTTP is spoken here
            self._refuse(400, "method-trick")
        if not self.url.startswith(b"/"):  # another host's name, `*`, or nothing
            self._refuse(400, "path-trick")
        if len(self.pipeline) >= PIPELINE_MAX:
            self._refuse(400, "pipelining")
        super().on_headers_complete()
        self._head_since, self._body_since, self._body_bytes = None, self.loop.time(), 0

    def _count_head(self, more: int) -> None:
        self._head_bytes += more
        if self._head_bytes > HEAD_BYTES_MAX or len(self.headers) >= HEADERS_MAX:
            self._refuse(431, "head-too-large")

    # ---- the body -------------------------------------------------------------------------------------------------

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._body_since = None
        super().on_message_complete()

    # ---- the answer -----------------------------------------------------------------------------------------------

    def pause_writing(self) -> None:
        super().pause_writing()
        self._taking_since, self._taking_bytes = self.loop.time(), self.transport.get_write_buffer_size()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._taking_since = None

    # ---- refusing -------------------------------------------------------------------------------------------------

    def _refuse(self, status: int, kind: str) -> None:
        """Out of the parser: it turns any fault of a callback into its own, which ends in `send_400_response`."""
        self._refused = (status, kind)
        raise ValueError(kind)

    def send_400_response(self, msg: str) -> None:
        """The answer to what isn't HTTP, or was refused by its head; the connection ends with it."""
        status, kind = self._refused or (400, "not-http")
        self._refused = (status, kind)
        self._door.saw(kind, self.peer)
        if not self.idle and self.cycle.response_started:  # another answer is on its way: two would be mixed up
            self.transport.abort()
            return
        problem = Problem(f"urn:comity:problem:{kind}", _TITLES[status], status, kind)
        body = msgspec.json.encode(problem)
        head = b"content-type: %b\r\ncache-control: no-store\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self.transport.write(STATUS_LINE[status] + head % (PROBLEM_TYPE.encode(), len(body)) + body)
        # Closing on what is still coming in would reset the connection, and the answer be lost.
        self.loop.call_later(LINGER_S, self._hang_up)

    def _hang_up(self) -> None:
        self.transport.close()
        self._let_go()

    def _tick(self) -> None:
        self._ticking = self.loop.call_later(self._patience.tick_s, self._tick)
        if self._refused is not None or self.transport.is_closing():
            return
        now_s, patience = self.loop.time(), self._patience
        if self._head_since is not None and now_s - self._head_since > patience.head_s:
            self._refused = (408, "head-too-slow")
            self.send_400_response("")
        elif (
            self._body_since is not None
            and not self.flow.read_paused  # else it is we who don't read
            and self._lags(now_s - self._body_since - patience.body_s, self._body_bytes)
        ):
            self._refused = (408, "body-too-slow")
            self.send_400_response("")
        elif self._taking_since is not None and self._lags(
            now_s - self._taking_since - patience.stall_s,
            self._taking_bytes - self.transport.get_write_buffer_size(),
        ):
            self._door.saw("reading-too-slow", self.peer)
            self.transport.abort()
        elif self._waits_for_nothing():
            self._head_since = now_s

    def _lags(self, over_s: float, came_bytes: int) -> bool:
        return over_s > 0 and came_bytes < over_s * self._patience.floor_bytes_s

    def _waits_for_nothing(self) -> bool:
        """Something came after an answer that isn't the beginning of a request: the idle clock has stopped, the head's hasn't begun."""
        return (
            self.idle and self._head_since is None and self._body_since is None and self.timeout_keep_alive_task is None
        )

    # ---- ending ---------------------------------------------------------------------------------------------------

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
