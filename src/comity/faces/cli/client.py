"""The command line as a client of the desk's API: the node that runs, or the same app in this process.

One code path: a request, an answer. Only the transport differs, loopback HTTP or a call.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import httpx2
import msgspec

from comity.config import Config
from comity.errors import Misconfigured, Unreachable
from comity.faces.cli.exits import failed_there
from comity.node.presence import read_token, running

HERE = "http://127.0.0.1"
PATIENCE_S = 30.0
WAIT = httpx2.Timeout(600.0, connect=5.0)


@dataclass(frozen=True)
class Desk:
    """Asks the API; a problem document comes out as `Failed`.

    transport   None for a node that runs; else the app in this process
    context     headers that name case, purpose and basis of every act, and why
    """

    address: str
    token: str
    officer: str | None
    transport: httpx2.AsyncBaseTransport | None = None
    context: Mapping[str, str] = field(default_factory=dict)

    def get(self, path: str, **query: str | int | bool | list[str]) -> Any:
        """Decoded JSON: `Any`, since its shape is the route's."""
        return self._ask("GET", path, query=query)

    def post(self, path: str, body: object = None) -> Any:
        """Decoded JSON of the answer to `body`, anything that msgspec encodes."""
        return self._ask("POST", path, content=msgspec.json.encode({} if body is None else body))

    def delete(self, path: str) -> Any:
        """Decoded JSON of what ends something."""
        return self._ask("DELETE", path)

    def post_bytes(self, path: str, raw: bytes) -> Any:
        """Decoded JSON of the answer to a body that is no JSON."""
        answer = asyncio.run(self._send("POST", path, {}, raw, "application/octet-stream"))
        return msgspec.json.decode(answer) if answer else None

    def post_stream(self, path: str, pieces: Iterator[bytes]) -> Any:
        """Decoded JSON of the answer to bytes that are sent as they are read."""

        async def sent() -> AsyncIterator[bytes]:
            for piece in pieces:
                yield piece

        answer = asyncio.run(self._send("POST", path, {}, sent(), "application/octet-stream"))
        return msgspec.json.decode(answer) if answer else None

    def post_for_bytes(self, path: str, body: object) -> bytes:
        """The answer's body as it came."""
        return asyncio.run(self._send("POST", path, {}, msgspec.json.encode(body)))

    def get_bytes(self, path: str, **query: str | int | bool | list[str]) -> bytes:
        """The answer's body as it came."""
        return asyncio.run(self._send("GET", path, query, None))

    def _ask(self, method: str, path: str, *, query: dict[str, Any] | None = None, content: bytes | None = None) -> Any:
        raw = asyncio.run(self._send(method, path, query or {}, content))
        return msgspec.json.decode(raw) if raw else None

    async def _send(
        self,
        method: str,
        path: str,
        query: dict[str, Any],
        content: bytes | AsyncIterator[bytes] | None,
        kind: str = "application/json",
    ) -> bytes:
        headers = {"authorization": f"Bearer {self.token}", "content-type": kind, **self.context}
        if self.officer:
            headers["x-comity-officer"] = quote(self.officer)
        params = {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items()}
        async with httpx2.AsyncClient(
            base_url=self.address, transport=self.transport, trust_env=False, timeout=WAIT
        ) as client:
            try:
                answer = await client.request(method, path, params=params, content=content, headers=headers)
            except httpx2.TransportError as fault:
                raise Unreachable("desk-unreachable", desk=self.address) from fault
        if answer.status_code >= 400:
            raise failed_there(answer.status_code, _problem(answer.content))
        return answer.content


@contextmanager
def open_desk(
    config: Config,
    officer: str | None,
    *,
    inspect: bool = False,
    own: str | None = None,
    context: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Desk]:
    """The desk of the node in this home, wherever it is answered.

    inspect   may also open a store that is behind its own signatures; for what only reads
    own       token of who is logged in at this command line; without one the node's
    """
    node_token, patience = read_token(config), time.monotonic() + PATIENCE_S
    token = own or node_token
    while True:
        told = running(config)
        if told is not None:
            yield Desk(told.desk, token, officer, context=context)
            return
        # Here, since they cost a second, and a running node makes them needless.
        from comity.faces.api.desk import desk_app
        from comity.node.assembly import open_node

        try:
            node = open_node(config, inspect=inspect)
        except Misconfigured as fault:
            # Another command has the store for a moment, or a node is just starting or stopping.
            if fault.code != "store-in-use" or time.monotonic() > patience:
                raise
            time.sleep(0.1)
            continue
        with node:
            app: Any = desk_app(node.itself, node_token)  # the two libraries spell the types of an ASGI app differently
            yield Desk(HERE, token, officer, httpx2.ASGITransport(app=app), context)
        return


def _problem(raw: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}
