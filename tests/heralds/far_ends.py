"""Real servers that heralds talk to: a mail server with TLS, and an HTTP server with or without it, all on loopback."""

from __future__ import annotations

import http.server
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from comity.adapters.keyring.certificate import fresh_private_key, self_signed
from comity.domain.terms import NodeName
from tests.node.homes import free_port
from tests.worlds import START


def certificate(folder: Path, name: str = "localhost") -> tuple[Path, Path]:
    """(certificate, key) of a server with this name."""
    key = fresh_private_key()
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(self_signed(NodeName(name), key, START))
    paths[1].write_bytes(key)
    return paths


def server_context(folder: Path, name: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(folder, name))
    return context


@dataclass
class Mails:
    """What a mail server took: raw messages with their envelopes. It may be told to refuse."""

    taken: list[Envelope] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    refuse: str = ""
    refuse_to: str = ""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refuse:
            return self.refuse
        self.taken.append(envelope)
        self.encrypted.append(session.ssl is not None)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address == self.refuse_to:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def raw(self) -> bytes:
        """Every byte of every message and envelope."""
        parts = [(each.content, repr((each.mail_from, each.rcpt_tos)).encode()) for each in self.taken]
        return b"\n".join(bytes(part or b"") for pair in parts for part in pair)


@contextmanager
def mail_server(
    mails: Mails,
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    login: tuple[str, str] | None = None,
) -> Iterator[int]:
    """Listens inside the block; its port."""

    def let_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
        good = isinstance(given, LoginPassword) and (given.login.decode(), given.password.decode()) == login
        return AuthResult(success=good, handled=good)

    settings: dict[str, Any] = {"tls_context": starttls, "require_starttls": starttls is not None}
    if login is not None:
        settings |= {"authenticator": let_in, "auth_required": True, "auth_require_tls": tls is None}
    controller = Controller(mails, hostname="127.0.0.1", port=free_port(), ssl_context=tls, **settings)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@dataclass
class Posts:
    """What an HTTP server got: (path, headers, body) each. It answers with `status`."""

    taken: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    status: int = 204
    location: str = ""

    def raw(self) -> bytes:
        return b"\n".join(repr((path, headers)).encode() + body for path, headers, body in self.taken)


@contextmanager
def http_server(posts: Posts, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[int]:
    """Listens inside the block; its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            posts.taken.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(posts.status)
            if posts.location:
                self.send_header("location", posts.location)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = http.server.ThreadingHTTPServer((host, 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
