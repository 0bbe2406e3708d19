"""What went wrong on the way to a peer, as one Unreachable with a code that an operator can act on."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import httpx2

from comity.adapters.courier.pinned import HeadTooLong
from comity.domain.ledger import Peer
from comity.errors import Unreachable

# What the client says of an answer that ended early; its other complaints are about what did come.
_BROKEN_OFF = ("disconnected", "closed connection")


def unreachable(peer: Peer, fault: BaseException) -> Unreachable:
    """The code tells the cause; `why` repeats OpenSSL's word for it."""
    for cause in _causes(fault):
        match cause:
            case ssl.SSLCertVerificationError():
                return Unreachable("certificate-not-the-pinned-one", peer=peer.name, why=_why(cause))
            case ssl.SSLError(reason=str(reason)) if "ALERT" in reason:
                return Unreachable("refused-our-certificate", peer=peer.name, why=reason)
            case ssl.SSLError():
                return Unreachable("tls-failed", peer=peer.name, why=_why(cause))
            case HeadTooLong():
                return Unreachable("head-too-long", peer=peer.name)
            case ConnectionRefusedError():
                return Unreachable("connection-refused", peer=peer.name)
    if isinstance(fault, httpx2.InvalidURL | httpx2.UnsupportedProtocol):
        return Unreachable("address-unusable", peer=peer.name, address=peer.address)
    if isinstance(fault, httpx2.TimeoutException):
        return Unreachable("timeout", peer=peer.name)
    if isinstance(fault, httpx2.ConnectError):
        return Unreachable("connection-failed", peer=peer.name)
    if isinstance(fault, httpx2.RemoteProtocolError) and not any(word in str(fault) for word in _BROKEN_OFF):
        return Unreachable("answer-not-http", peer=peer.name, why=str(fault)[:80])
    return Unreachable("hung-up", peer=peer.name)


def _causes(fault: BaseException | None) -> Iterator[BaseException]:
    while fault is not None:
        yield fault
        fault = fault.__cause__ or fault.__context__


def _why(fault: ssl.SSLError) -> str:
    # Only what OpenSSL raised itself has these words; our own refusal has its text alone.
    told = getattr(fault, "verify_message", None) or getattr(fault, "reason", None) or fault.args[-1]
    return str(told)
