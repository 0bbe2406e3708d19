"""A far end that answers whatever a test wants, over real TLS."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.faces.exchange.nodes import Node

Answering = Callable[[ssl.SSLSocket, bytes], None]
"""Gets the connection and the request's head."""


@contextmanager
def far_end(node: Node, answer: Answering | bytes, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> Iterator[str]:
    """Listens with the node's certificate, asks for none, and yields the address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(node.keyring.certificate_path, node.keyring.certificate_key_path)
    context.maximum_version = version
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            with suppress(OSError), context.wrap_socket(plain, server_side=True) as line:
                head = b""
                while b"\r\n\r\n" not in head and (more := line.recv(65536)):
                    head += more
                # Read what was sent to the end: closing on unread bytes would reset the connection and lose the answer.
                top, _, body = head.partition(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: (\d+)", top)
                while length and len(body) < int(length[1]) and (more := line.recv(65536)):
                    body += more
                if head:
                    answer(line, head) if callable(answer) else line.sendall(answer)

    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    try:
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        serving.join(5)
