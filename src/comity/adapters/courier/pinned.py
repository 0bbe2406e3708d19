"""TLS towards one peer: its pinned certificate and no other, decided before a byte of ours goes out."""

from __future__ import annotations

import ssl
from pathlib import Path


class PinnedSocket(ssl.SSLSocket):
    """Ends the handshake with a fault unless the far end showed exactly the pinned certificate."""

    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        context = self.context
        assert isinstance(context, PinnedContext)
        # The trust store holds this certificate alone; but were it allowed to issue others, those would pass there.
        if self.getpeercert(binary_form=True) != context.pinned:
            raise ssl.SSLCertVerificationError("another certificate than the pinned one")


class PinnedContext(ssl.SSLContext):
    """A client context that trusts one certificate."""

    pinned: bytes = b""
    sslsocket_class = PinnedSocket


def pinned_context(certificate: Path, key: Path, peer_certificate: bytes) -> PinnedContext:
    """TLS 1.3 with our certificate towards the holder of `peer_certificate` (DER), whose host name is checked too.

    Raises ssl.SSLError or ValueError when the peer's certificate can't be read, OSError when ours can't.
    """
    context = PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cadata=peer_certificate)
    context.load_cert_chain(certificate, key)
    context.pinned = peer_certificate
    return context


def unpinned_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Shakes hands with anybody: to look at the certificate of who answers, never to send anything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(certificate, key)
    return context
