"""TLS towards one peer: its pinned certificate, or the one that it has announced, and no other, decided before a byte of ours goes out."""

from __future__ import annotations

import ssl
import time
from pathlib import Path
from typing import Any

HEAD_BYTES_MAX = 128 * 1024
HEAD_S = 60.0
"""How much may come, and how long, before a request has the head of its answer: a far end may send hints, or drip, for ever."""


class HeadTooLong(OSError):
    """An answer doesn't begin."""


class PinnedSocket(ssl.SSLSocket):
    """Ends the handshake with a fault unless the far end showed exactly the pinned certificate.

    Then it waits for the head of each answer no longer than HEAD_S and HEAD_BYTES_MAX; `has_head` says that it has come.
    """

    _asked_s: float | None = None
    _came = 0

    def send(self, data: Any, flags: int = 0) -> int:
        self._asked_s, self._came = time.monotonic(), 0
        return super().send(data, flags)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        if self._asked_s is not None:
            if self._came > HEAD_BYTES_MAX or time.monotonic() - self._asked_s > HEAD_S:
                raise HeadTooLong("the head of an answer doesn't end")
            got = super().recv(buflen, flags)
            self._came += len(got)
            return got
        return super().recv(buflen, flags)

    def has_head(self) -> None:
        """What comes from now on, until something is sent again, is a body: whoever reads it sets its bounds."""
        self._asked_s = None

    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        context = self.context
        assert isinstance(context, PinnedContext)
        # The trust store holds these certificates alone; but were one allowed to issue others, those would pass there.
        if self.getpeercert(binary_form=True) not in context.pinned:
            raise ssl.SSLCertVerificationError("another certificate than the pinned one")


class PinnedContext(ssl.SSLContext):
    """A client context that trusts one certificate, and the one that is to take its place."""

    pinned: tuple[bytes, ...] = ()
    sslsocket_class = PinnedSocket


def pinned_context(certificate: Path, key: Path, *peer_certificates: bytes) -> PinnedContext:
    """TLS 1.3 with our certificate towards the holder of one of these (DER), whose host name is checked too.

    Raises ssl.SSLError or ValueError when the peer's certificate can't be read, OSError when ours can't.
    """
    context = PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    for pinned in peer_certificates:
        context.load_verify_locations(cadata=pinned)
    context.load_cert_chain(certificate, key)
    context.pinned = peer_certificates
    return context


def unpinned_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Shakes hands with anybody: to look at the certificate of who answers, never to send anything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(certificate, key)
    return context
