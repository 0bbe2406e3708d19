"""Telling people by e-mail, over TLS that is verified."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Literal

from comity.errors import Misconfigured, Unreachable
from comity.ports import Word

WAIT_S = 20.0
Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True)
class SmtpHerald:
    """Hands each word to one mail server, for every recipient.

    node      whose name the message ids and the greeting bear
    security  `starttls` and `tls` verify the server's certificate and name; `none` is for a server on this machine
    ca        file of certificates to trust instead of the system's
    login     (user, password), or none
    """

    node: str
    host: str
    port: int
    security: Security
    sender: str
    to: tuple[str, ...]
    ca: Path | None = None
    login: tuple[str, str] | None = field(default=None, repr=False)

    def tell(self, word: Word) -> None:
        mail = message(word, self.node, self.sender, self.to)
        try:
            with self._server() as server:
                # Who is refused alone doesn't keep the others from being told: the word has gone out.
                server.send_message(mail, self.sender, list(self.to))
        except ssl.SSLCertVerificationError as fault:
            raise Unreachable("mail-certificate-not-trusted", host=self.host, why=fault.verify_message) from fault
        except smtplib.SMTPResponseException as fault:
            raise Unreachable("mail-refused", host=self.host, status=fault.smtp_code) from fault
        except smtplib.SMTPRecipientsRefused as fault:
            raise Unreachable("mail-recipients-refused", host=self.host, count=len(fault.recipients)) from fault
        except (smtplib.SMTPException, OSError) as fault:
            raise Unreachable("mail-server-unreachable", host=self.host, port=self.port) from fault

    @contextmanager
    def _server(self) -> Iterator[smtplib.SMTP]:
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, self.node, timeout=WAIT_S, context=self._context()
            )
        else:
            server = smtplib.SMTP(self.host, self.port, self.node, timeout=WAIT_S)
        try:
            if self.security == "starttls":
                server.starttls(context=self._context())
            if self.login is not None:
                server.login(*self.login)
            yield server
            with suppress(smtplib.SMTPException, OSError):  # it has taken the message; a goodbye adds nothing
                server.quit()
        finally:
            server.close()

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ca)
        except (OSError, ssl.SSLError) as fault:
            raise Misconfigured("mail-ca-unreadable", file=str(self.ca)) from fault
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


def message(word: Word, node: str, sender: str, to: tuple[str, ...]) -> EmailMessage:
    """The word as a mail. The same word has the same id, so that who gets it twice can tell; no machine answers it (RFC 3834)."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, ", ".join(to), word.subject
    mail["Date"] = datetime.fromtimestamp(word.at / 1000, UTC)
    mail["Message-ID"] = f"<{sha256(word.key.encode()).hexdigest()[:40]}@{node}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(word.text)
    return mail
