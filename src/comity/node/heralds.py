"""The heralds that the settings name, with their secrets read from files that are closed to others."""

from __future__ import annotations

import os
from pathlib import Path

from comity.adapters.keyring.durable import read_secret
from comity.adapters.partner.smtp import SmtpHerald
from comity.adapters.partner.webhook import WebhookHerald
from comity.config import Config
from comity.errors import Misconfigured
from comity.ports import Herald

SECRET_BYTES_MIN = 16


def heralds_of(config: Config) -> dict[str, Herald]:
    """By name: `smtp` when there is a mail host, `webhook` when there is an address. Misconfigured when a secret can't be read."""
    told, found = config.notify, dict[str, Herald]()
    if told.smtp_host:
        login = None
        if told.smtp_user:
            login = (told.smtp_user, read_secret(_in(config, told.smtp_password_file)).decode().rstrip("\r\n"))
        found["smtp"] = SmtpHerald(
            node=config.name,
            host=told.smtp_host,
            port=told.smtp_port,
            security=told.smtp_security,
            sender=told.mail_from,
            to=told.mail_to,
            ca=_in(config, told.smtp_ca) if told.smtp_ca else None,
            login=login,
        )
    if told.webhook_url:
        secret = read_secret(_in(config, told.webhook_secret_file)).rstrip(b"\r\n")
        if len(secret) < SECRET_BYTES_MIN:
            raise Misconfigured("webhook-secret-short", file=told.webhook_secret_file, bytes_min=SECRET_BYTES_MIN)
        found["webhook"] = WebhookHerald(
            node=config.name,
            url=told.webhook_url,
            secret=secret,
            private=told.webhook_private,
            ca=_in(config, told.webhook_ca) if told.webhook_ca else None,
        )
    return found


def _in(config: Config, path: str) -> Path:
    """Files may be given relative to the node's home."""
    return Path(os.path.normpath(config.home / path))
