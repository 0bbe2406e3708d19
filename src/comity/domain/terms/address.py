"""Where a node's exchange is reached."""

from __future__ import annotations

from urllib.parse import urlsplit

ADDRESS_CHARACTERS_MAX = 200


def is_exchange_address(text: str) -> bool:
    """Whether this is `https://host` or `https://host:port`, in plain ASCII and with nothing more."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    plain = text.isascii() and text.isprintable() and len(text) <= ADDRESS_CHARACTERS_MAX
    alone = text == f"https://{parts.netloc}" and "@" not in parts.netloc and " " not in text
    return plain and alone and bool(parts.hostname) and port != 0
