"""What stands before the exchange's app: who asks for what, whether that is within its share, and what is told when it isn't.

Decided from memory alone, before a thread or the store has any work with it. A rescue is counted like everything else and never refused.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from litestar.concurrency import sync_to_thread
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from comity.domain.ledger import ASKED_BYTES_MAX, Lane
from comity.faces.api.problems import PROBLEM_TYPE, refusal
from comity.faces.api.wire import PeerCertProtocol
from comity.flows.carry import NOTE_BYTES_MAX
from comity.node.guarding import Guarding
from comity.node.quotas import Purpose

BODY_BYTES_MAX = max(NOTE_BYTES_MAX, ASKED_BYTES_MAX)
PIECE_BYTES = 64 * 1024
"""An answer is handed on in pieces, the next one when the last was taken: so an answer nobody takes is under way, and counts."""

# Plain segments only: no escapes, no empty or dotted ones, no end slash. What else there is has no resource here.
PLAIN_PATH = re.compile(rb"(?:/\.?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)+")
_CHANNEL = re.compile(r"/ch/([0-9a-f]{16})/([a-z]+)")
_METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "PATCH")
"""Those that the app answers itself: with 405 where a resource doesn't take them."""
_OVERRIDES = {b"x-http-method-override", b"x-http-method", b"x-method-override", b"x-original-url", b"x-rewrite-url"}
_PURPOSES = {Lane.RESCUE: Purpose.RESCUE, Lane.URGENT: Purpose.URGENT, Lane.BULK: Purpose.BULK}
_OVER = {Purpose.RESCUE: "over-quota-rescue", Purpose.URGENT: "over-quota-urgent"}
_BY_STATUS = {400: "malformed", 405: "method-trick", 413: "body-too-large", 415: "wrong-type"}


@dataclass(frozen=True)
class _No:
    """A refusal. The connection ends with it: what may still come of a body isn't waited for."""

    kind: str
    status: int
    code: str
    title: str
    headers: tuple[tuple[bytes, bytes], ...] = ()

    async def answer(self, send: Send) -> None:
        body = msgspec.json.encode(refusal(self.status, self.code, self.title))
        told = [
            (b"content-type", PROBLEM_TYPE.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
            *self.headers,
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": told})
        await send({"type": "http.response.body", "body": body, "more_body": False})


_NO_METHOD = _No("method-trick", 405, "method-not-allowed", "Method not allowed", ((b"allow", b"GET, POST"),))
_NO_PATH = _No("path-trick", 404, "no-such-resource", "Not found")
_NO_HOST = _No("host-trick", 421, "another-host", "This node bears another name")
_NO_OVERRIDE = _No("override-header", 400, "override-header", "A request is what its first line says")
_NO_ENCODING = _No("encoded-body", 415, "encoded-body", "Send the body as it is")
_NO_BODY = _No("body-too-large", 413, "request-entity-too-large", "The body is too large")
_TOO_MUCH = _No("over-quota", 429, "over-quota", "More than this node gives you at once; come back later")


class Guard:
    """An ASGI app around the exchange's."""

    def __init__(self, app: ASGIApp, guarding: Guarding) -> None:
        self.app, self._guarding = app, guarding

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        guarding = self._guarding
        peer = await self._caller(scope)
        if (no := self._form(scope)) is not None:
            guarding.saw(no.kind, peer)
            await no.answer(send)
            return
        purpose, nudges = self._purpose(scope["path"], peer)
        wait_s = guarding.quotas.wait_s(peer, purpose)
        if wait_s:
            guarding.saw(_OVER.get(purpose, "over-quota"), peer)
            if purpose is not Purpose.RESCUE:
                await replace(_TOO_MUCH, headers=((b"retry-after", b"%d" % max(1, math.ceil(wait_s))),)).answer(send)
                return
        sending = _Sending(send)
        body = await _body(scope, receive)
        if body is None:
            return  # hung up on us in the middle of it
        if len(body) > BODY_BYTES_MAX:
            guarding.saw(_NO_BODY.kind, peer)
            await _NO_BODY.answer(send)
            return
        receive = _once(body, receive)
        if nudges:  # open for hours: counted by the app, which bounds them
            await self.app(scope, receive, sending)
        else:
            guarding.quotas.begin(peer, purpose)
            try:
                await self.app(scope, receive, sending)
            finally:
                guarding.quotas.end(peer, purpose, sending.body_bytes)
        self._tell(scope, peer, sending.status)

    async def _caller(self, scope: HTTPScope) -> str:
        """The peer's name; one that isn't known, or asks for a channel that isn't, makes us look at the store now and then."""
        connection = (scope.get("extensions") or {}).get("connection")
        certificate = connection.certificate if isinstance(connection, PeerCertProtocol) else b""
        found = _CHANNEL.match(scope["path"])
        peer = self._guarding.name_of(certificate)
        strange = not peer or (found is not None and self._guarding.lane_of(found[1], peer) is None)
        if strange and self._guarding.is_stale():
            await sync_to_thread(self._guarding.look)
        return self._guarding.name_of(certificate)

    def _form(self, scope: HTTPScope) -> _No | None:
        """What is refused by its form alone."""
        headers = dict(scope["headers"])
        if scope["method"] not in _METHODS:
            return _NO_METHOD
        if PLAIN_PATH.fullmatch(scope["raw_path"]) is None:
            return _NO_PATH
        if not _names(headers.get(b"host", b""), self._guarding.me):
            return _NO_HOST
        if not _OVERRIDES.isdisjoint(headers):
            return _NO_OVERRIDE
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            return _NO_ENCODING
        return None

    def _purpose(self, path: str, peer: str) -> tuple[Purpose, bool]:
        """What a request is for, and whether it is a stream of nudges."""
        found = _CHANNEL.match(path)
        if found is None:
            return Purpose.OTHER, path == "/events"
        lane = self._guarding.lane_of(found[1], peer)
        if lane is not Lane.RESCUE and found[2] == "files":
            return Purpose.FILES, False
        return (Purpose.OTHER if lane is None else _PURPOSES.get(lane, Purpose.OTHER)), found[2] == "events"

    def _tell(self, scope: HTTPScope, peer: str, status: int) -> None:
        if status == 403:
            handed_in = scope["path"].endswith("/cosign") or scope["path"].startswith("/witness/")
            self._guarding.saw("forged-cosignature" if handed_in and peer else "not-admitted", peer)
        elif status in _BY_STATUS:
            self._guarding.saw(_BY_STATUS[status], peer)


class _Sending:
    """Hands an answer on in pieces, and knows how it went."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = self.body_bytes = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self.status in (413, 415):  # the rest of a body that nobody reads isn't waited for
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await self._send(message)
            return
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        body, more = message["body"], message.get("more_body", False)
        self.body_bytes += len(body)
        for at in range(0, len(body), PIECE_BYTES):
            piece, rest = body[at : at + PIECE_BYTES], at + PIECE_BYTES < len(body)
            await self._send({"type": "http.response.body", "body": piece, "more_body": more or rest})
        if not body:
            await self._send(message)


async def _body(scope: HTTPScope, receive: Receive) -> bytes | None:
    """The whole body, so that nobody works on half a one; cut off where it is too large, None when it never came whole."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    if lengths and int(lengths[0]) > BODY_BYTES_MAX:
        return bytes(BODY_BYTES_MAX + 1)
    body, more = bytearray(), True
    while more and len(body) <= BODY_BYTES_MAX:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message["body"]
        more = message.get("more_body", False)
    return bytes(body)


def _once(body: bytes, receive: Receive) -> Receive:
    """Gives the body first, and then whatever else happens on the connection."""
    left = [body]

    async def again() -> Any:  # Any: one of the messages of the ASGI specification
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return again


def _names(host: bytes, me: str) -> bool:
    name, _, port = host.partition(b":")
    return name == me.encode("ascii") and (not port or port.isdigit())
