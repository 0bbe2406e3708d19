"""The server listens where it may, and stops when told."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from comity.errors import Misconfigured
from comity.faces.api.tls import Server


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "node.example", ""])
def test_a_host_beyond_loopback_needs_an_express_word(host: str) -> None:
    with pytest.raises(Misconfigured) as told:
        Server(_nothing, host, 0)
    assert told.value.code == "host-not-loopback"


def test_the_port_is_known_before_the_start_and_free_after_the_stop() -> None:
    server = Server(_nothing, "127.0.0.1", 0)
    assert server.address == f"http://127.0.0.1:{server.port}"
    with server, socket.create_connection(("127.0.0.1", server.port), 5) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 204")
    server.stop()
    with Server(_nothing, "127.0.0.1", server.port) as again:
        assert again.port == server.port


def test_a_taken_port_is_told() -> None:
    server = Server(_nothing, "127.0.0.1", 0)
    with pytest.raises(Misconfigured) as told:
        Server(_nothing, "127.0.0.1", server.port)
    assert told.value.code == "port-unusable"
    server.stop()
