"""One listening socket: takes connections in, shakes hands within a time, and gives each caller no more than its share of them.

A handshake costs a signature, so nobody's comes before it is known that their address may have one more: beyond that a line ends unread.
Where there is no room left, what gives way is the oldest handshake that isn't done, then the idle connections of whoever has most.
"""

from __future__ import annotations

import asyncio
import resource
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress

from comity.faces.api.wire import Doorkeeper, Patience, PeerCertProtocol
from comity.node.quotas import Bucket

CONNECTIONS_MAX = 2048
HANDSHAKES_MAX = 128
ACCEPTED_AT_ONCE = 64
ADDRESSES_MAX = 4096
"""Addresses that are counted apart; those that have made no new line for longest are forgotten first."""
GOING_MAX = 64
GOING_S = 1.0
"""How long a line that is let go may hang on, and how many at once."""
FULL_S = 0.2
"""How long nothing is taken in after the system had no more file descriptors."""
_EXPIRED, _NOT_YET = 10, 9  # OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID


def connections_max() -> int:
    """How many connections there may be: half of the files that this process may open, and not more than some thousand."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return CONNECTIONS_MAX if soft == resource.RLIM_INFINITY else max(16, min(CONNECTIONS_MAX, soft // 2))


class Listener:
    """Used from the server's event loop alone; has the two methods that uvicorn asks of a server."""

    def __init__(
        self,
        listening: socket.socket,
        tls: ssl.SSLContext | None,
        patience: Patience,
        door: Doorkeeper,
        share: Callable[[str], int],
    ) -> None:
        self._listening, self._tls, self._patience, self._door, self._share = listening, tls, patience, door, share
        self._loop = asyncio.get_running_loop()
        self._handshakes: dict[asyncio.Task[None], socket.socket] = {}
        self._open: dict[str, dict[PeerCertProtocol, None]] = {}
        self._peers: dict[PeerCertProtocol, str] = {}
        self._most = connections_max()
        self._lines: dict[str, Bucket] = {}
        self._going: set[socket.socket] = set()
        self.factory: Callable[[], asyncio.Protocol] = asyncio.Protocol

    def start(self) -> None:
        self._listening.setblocking(False)
        self._loop.add_reader(self._listening, self._accept)

    def close(self) -> None:
        """Takes in nothing more, and ends handshakes."""
        self._loop.remove_reader(self._listening)
        for task in list(self._handshakes):
            task.cancel()
        for line in list(self._going):
            self._gone(line)

    async def wait_closed(self) -> None:
        await asyncio.gather(*self._handshakes, return_exceptions=True)

    def made(self, connection: PeerCertProtocol) -> None:
        """A handshake is done. Over its share, a peer's own oldest idle connection ends; never the new one, which may be pressing."""
        peer = connection.peer
        theirs = self._open.setdefault(peer, {})
        theirs[connection] = None
        self._peers[connection] = peer
        if self._tls is not None and len(theirs) > self._share(peer):
            self._door.saw("connections-over-quota", peer)
            self._end_one(peer, but=connection)

    def lost(self, connection: PeerCertProtocol) -> None:
        """It has ended."""
        peer = self._peers.pop(connection, None)
        if peer is not None:
            self._open[peer].pop(connection, None)
            if not self._open[peer]:
                del self._open[peer]

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                line, address = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:
                self._loop.remove_reader(self._listening)
                self._loop.call_later(FULL_S, self._go_on)
                return
            if self._tls is not None and not self._may_shake(str(address[0])):
                self._door.saw("lines-over-quota")
                self._let_go(line)
                continue
            line.setblocking(False)
            self._make_room()
            task = self._loop.create_task(self._shake(line))
            self._handshakes[task] = line
            task.add_done_callback(self._done)

    def _may_shake(self, address: str) -> bool:
        """Whether this address has a handshake left. Lines that are open already are not touched."""
        now_s, burst = self._loop.time(), float(self._patience.lines_burst)
        bucket = self._lines.pop(address, None) or Bucket(self._patience.lines_s, burst, burst, now_s)
        self._lines[address] = bucket  # now the last one
        if len(self._lines) > ADDRESSES_MAX:
            del self._lines[next(iter(self._lines))]
        return not bucket.take(now_s)

    def _let_go(self, line: socket.socket) -> None:
        """Ends it unread, after a moment: who tries again and again waits for each answer, and so comes less often."""
        if len(self._going) >= GOING_MAX:
            line.close()
            return
        self._going.add(line)
        self._loop.call_later(GOING_S, self._gone, line)

    def _gone(self, line: socket.socket) -> None:
        self._going.discard(line)
        line.close()

    def _go_on(self) -> None:
        if self._listening.fileno() >= 0:
            self._loop.add_reader(self._listening, self._accept)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._handshakes.pop(task, None)

    async def _shake(self, line: socket.socket) -> None:
        longest_s = self._patience.handshake_s if self._tls is not None else None
        try:
            await self._loop.connect_accepted_socket(
                lambda: self.factory(), line, ssl=self._tls, ssl_handshake_timeout=longest_s
            )
        except ssl.SSLError as fault:
            self._door.saw(_kind(fault))
        except (TimeoutError, ConnectionAbortedError):
            self._door.saw("handshake-stalled")
        except OSError:
            pass  # hung up on us before it was done: a look at the port, or a line that broke
        else:
            return
        with suppress(OSError):
            line.close()

    def _make_room(self) -> None:
        if len(self._handshakes) >= HANDSHAKES_MAX:
            self._door.saw("handshake-stalled")
            _hang_up(next(iter(self._handshakes.values())))
        if self._peers and len(self._peers) + len(self._handshakes) >= self._most:
            peer = max(self._open, key=lambda name: len(self._open[name]))
            self._door.saw("connections-over-quota", peer)
            self._end_one(peer)

    def _end_one(self, peer: str, but: PeerCertProtocol | None = None) -> None:
        others = [each for each in self._open[peer] if each is not but]
        ending = next((each for each in others if each.idle), next(iter(others), None))
        if ending is not None:
            self.lost(ending)
            ending.transport.abort()


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _kind(fault: ssl.SSLError) -> str:
    """What the far end did wrong, out of OpenSSL's words."""
    reason = fault.reason or ""
    if isinstance(fault, ssl.SSLCertVerificationError) or reason == "CERTIFICATE_VERIFY_FAILED":
        dated = getattr(fault, "verify_code", 0) in (_EXPIRED, _NOT_YET)
        return "certificate-out-of-date" if dated else "foreign-certificate"
    if reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE":
        return "no-certificate"
    if reason in ("UNSUPPORTED_PROTOCOL", "VERSION_TOO_LOW", "NO_PROTOCOLS_AVAILABLE"):
        return "old-tls"
    return "tls-nonsense"
