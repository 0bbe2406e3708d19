"""Telling a program by webhook: one signed POST, to the address that was looked at and no other.

comity-timestamp   POSIX seconds at which it was sent
comity-signature   v1=<hex HMAC-SHA256 over timestamp ‖ "." ‖ body, under the shared secret>
body               {"key", "node", "subject", "text", "at"}; the same key again is the same word again
"""

from __future__ import annotations

import hmac
import ipaddress
import socket
import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import msgspec

from comity.adapters.partner.whereto import is_public, refuse_public
from comity.domain.terms import instant_text
from comity.errors import Misconfigured, Unreachable
from comity.ports import Word

WAIT_S = 20.0


@dataclass(frozen=True)
class WebhookHerald:
    """Posts each word to one address. https only, or http to this machine; redirects are not followed, nothing is read from the answer.

    private  lets the address be private, or this machine
    ca       file of certificates to trust instead of the system's
    """

    node: str
    url: str
    secret: bytes = field(repr=False)
    private: bool = False
    ca: Path | None = None

    def tell(self, word: Word) -> None:
        body = msgspec.json.encode(
            {
                "key": word.key,
                "node": self.node,
                "subject": word.subject,
                "text": word.text,
                "at": instant_text(word.at),
            }
        )
        sent_s = str(int(time.time()))
        url = _url(self.url)
        address = self._address(url)
        headers = {
            "host": url.netloc.decode("ascii"),
            "content-type": "application/json",
            "user-agent": "comity",
            "comity-timestamp": sent_s,
            "comity-signature": signature(self.secret, sent_s, body),
        }
        try:
            with (
                httpx2.Client(
                    verify=self._context(), trust_env=False, follow_redirects=False, timeout=WAIT_S
                ) as client,
                # The name is asked once: who answers differently a moment later gets no connection.
                client.stream(
                    "POST",
                    url.copy_with(host=address),
                    content=body,
                    headers=headers,
                    extensions={"sni_hostname": url.host},
                ) as answer,
            ):
                status = answer.status_code
        except (httpx2.TransportError, ssl.SSLError) as fault:
            raise Unreachable("webhook-unreachable", host=url.host) from fault
        if not 200 <= status < 300:
            raise Unreachable("webhook-refused", host=url.host, status=status)

    def _address(self, url: httpx2.URL) -> str:
        """Where the name leads. Every address it has must be one that we may go to."""
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = socket.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
        except OSError as fault:
            raise Unreachable("webhook-host-unknown", host=url.host) from fault
        addresses = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
        if not self.private and not all(map(is_public, addresses)):
            raise Misconfigured("webhook-address-private", host=url.host)
        if url.scheme != "https":
            refuse_public(url.host, addresses)
        return str(addresses[0])

    def _context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.ca)
        except (OSError, ssl.SSLError) as fault:
            raise Misconfigured("webhook-ca-unreadable", file=str(self.ca)) from fault


def signature(secret: bytes, sent_s: str, body: bytes) -> str:
    """What the receiver recomputes, and compares in constant time; an old timestamp is a replay."""
    return "v1=" + hmac.new(secret, sent_s.encode() + b"." + body, "sha256").hexdigest()


def _url(text: str) -> httpx2.URL:
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL as fault:
        raise Misconfigured("webhook-url", why="not a URL") from fault
    if url.scheme not in ("https", "http") or not url.host or url.userinfo or url.fragment:
        raise Misconfigured("webhook-url", why="write https://host/path, without user and fragment")
    return url
